//! The order of the modules: imports point downwards only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Modules by row, the lowest first. Modules of one row do not know each other, but for the pairs named below.
const ROWS: &[&[&str]] = &[
    &["digest", "env", "fs", "quantity", "signal", "term"],
    &["cargo_config", "launcher", "placeholder", "portable", "rustc", "event", "handover"],
    &["invocation"],
    &["entry"],
    &["key", "remote", "store", "trace"],
    &["config"],
    &["agent", "serve"],
    &["transfer"],
    &["script", "wrapper", "report", "targets"],
    &["daemon", "orchestrate", "tui"],
    &["doctor"],
    &["cli"],
];

/// Within a row: who may use whom.
const NEIGHBOURS: &[(&str, &str)] = &[
    ("fs", "digest"),
    ("invocation", "launcher"),
    ("rustc", "portable"),
    ("placeholder", "portable"),
    ("key", "trace"),
    ("serve", "agent"),
];

#[test]
fn imports_point_downwards() {
    let rank: BTreeMap<&str, usize> =
        ROWS.iter().enumerate().flat_map(|(row, names)| names.iter().map(move |name| (*name, row))).collect();
    let mut upwards = Vec::new();
    for file in source_files() {
        let module = module_of(&file);
        if module == "lib" || module == "main" {
            continue;
        }
        let own = *rank.get(&*module).unwrap_or_else(|| panic!("`{module}` has no row"));
        for used in uses(&cargo_kache::fs::read_to_string(&file).unwrap()) {
            let Some(other) = rank.get(&*used) else { continue };
            let neighbours = NEIGHBOURS.contains(&(&*module, &*used));
            if used != module && *other >= own && !neighbours {
                upwards.push(format!("{}: {module} uses {used}", file.display()));
            }
        }
    }
    assert!(upwards.is_empty(), "imports that point upwards:\n{}", upwards.join("\n"));
}

fn source_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for (name, is_dir) in cargo_kache::fs::list_with_types(&folder).unwrap() {
            let path = folder.join(name);
            if is_dir {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// Returns the top-level module a file belongs to.
fn module_of(file: &Path) -> String {
    let below = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Lists the top-level modules that a source file names by `crate::`, outside of its tests and comments.
fn uses(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    let code = text.split("#[cfg(test)]\nmod").next().unwrap();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let names = match rest.strip_prefix('{') {
                Some(list) => list.split(',').map(str::trim).collect::<Vec<_>>(),
                None => vec![rest],
            };
            for name in names {
                let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
                used.push(name[..end].to_owned());
            }
        }
    }
    used
}
