//! `doctor --fix`: moves real set-ups from sccache to kache, and leaves them working.
//!
//! Each test has a home of its own with the files that people have there. No test has sccache; where it must be asked
//! something, a program of its name notes that.

mod ci;
mod files;
mod fish;
mod home;
mod purge;
mod repairs;
mod variables;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Project, Run, project};

/// A project in a home of its own, where `cargo kache` is installed. `files` are relative to that home.
fn patient(files: &[(&str, &str)]) -> Project {
    let mut builder = project().at("home/work/app").file("src/lib.rs", "");
    for (path, text) in files {
        builder = builder.file(&format!("../../{path}"), text);
    }
    let mut p = builder.build();
    for name in ["kache", "cargo-kache"] {
        p.symlink(Project::program(), p.beside("bin").join(name).to_str().unwrap());
    }
    let home = p.beside("home");
    let tools = Path::new(env!("CARGO")).parent().unwrap().to_owned();
    // Nothing of whoever runs the tests: they may well have sccache.
    let path = std::env::join_paths([p.beside("bin"), tools]).unwrap();
    p.set("HOME", &home).set("CARGO_HOME", home.join(".cargo")).set("ZDOTDIR", &home).set("PATH", path);
    p.set("XDG_CONFIG_HOME", home.join(".config")).set("XDG_CACHE_HOME", home.join(".cache"));
    // Settings are where people have them, and no remote is asked.
    p.set("KACHE_CONFIG", "").set("KACHE_OFFLINE", "1").set("KACHE_MIN_FREE", "0");
    p.set("AWS_EC2_METADATA_DISABLED", "true");
    p
}

/// A file in the home.
fn home(p: &Project, path: &str) -> PathBuf {
    p.beside("home").join(path)
}

fn settings(p: &Project) -> String {
    fs::read_to_string(home(p, ".config/kache/config.toml")).unwrap_or_default()
}

/// Demands that plain cargo goes through the cache, and that what it recorded hits.
#[track_caller]
fn assert_builds_hit(p: &Project) {
    p.wipe();
    p.cargo("build").success().missed("foo");
    p.wipe();
    p.cargo("build").success().hit("foo");
    p.wipe();
}

/// Demands that a second run changes no byte, and says so.
#[track_caller]
fn assert_settled(p: &Project) {
    let before = tree(p);
    let run = p.kache("doctor --fix");
    assert!(
        run.stdout.contains("Nothing else is left to migrate.") || run.stdout.contains("Nothing to migrate."),
        "{run}"
    );
    assert!(!run.stdout.contains("summary") && !run.stdout.contains("Repairs:"), "{run}");
    assert_eq!(tree(p), before);
}

/// Everything below the temporary directory but what builds write: bytes of files, targets of links.
fn tree(p: &Project) -> BTreeMap<PathBuf, (String, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![p.beside("")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            if path == p.cache() || path == p.target() {
                continue;
            } else if meta.is_dir() {
                folders.push(path.clone());
                found.insert(path, ("folder".to_owned(), Vec::new()));
            } else if meta.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                found.insert(path, (format!("link to {}", target.display()), Vec::new()));
            } else {
                let bytes = fs::read(&path).unwrap();
                found.insert(path, (format!("{:?}", meta.permissions()), bytes));
            }
        }
    }
    found
}

/// Returns the findings of a check: severity and detail.
fn findings(run: &Run, name: &str) -> Vec<(String, String)> {
    let all = run.json()["findings"].as_array().unwrap().clone();
    let named = all.into_iter().filter(|finding| finding["name"] == name);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    named.map(|finding| (text(&finding["severity"]), text(&finding["detail"]))).collect()
}

/// Demands that nothing is wrong with the wrapper.
#[track_caller]
fn assert_wrapped(p: &Project) {
    let run = p.kache("doctor --json");
    let found = findings(&run, "wrapper");
    assert!(found.iter().all(|(severity, _)| severity == "ok"), "{found:?} {run}");
}

/// Does with each line what `doctor` says, as a person would.
fn follow_advice(run: &Run) {
    let lines = run.json()["fix"]["by_hand"].as_array().unwrap().clone();
    for line in lines.iter().rev() {
        let file = Path::new(line["file"].as_str().unwrap());
        let text = fs::read_to_string(file).unwrap();
        let number = usize::try_from(line["line"].as_u64().unwrap()).unwrap();
        let changed = text.lines().enumerate().filter_map(|(at, old)| {
            if at + 1 != number {
                return Some(old.to_owned());
            }
            let indent = &old[..old.len() - old.trim_start().len()];
            match line["action"].as_str().unwrap() {
                "replace" => Some(format!("{indent}{}", line["new"].as_str().unwrap())),
                "remove" => None,
                _ => Some(old.to_owned()),
            }
        });
        let changed = changed.map(|line| line + "\n").collect::<String>();
        fs::write(file, changed).unwrap();
    }
}

/// Saved files by their path in the home.
fn backups(p: &Project) -> BTreeMap<String, String> {
    let folder = home(p, ".config/kache/backups");
    let mut found = BTreeMap::new();
    for run in fs::read_dir(folder).into_iter().flatten() {
        let mut folders = vec![run.unwrap().path().join(p.beside("").strip_prefix("/").unwrap())];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.to_str().unwrap().rsplit_once("/home/").unwrap().1.to_owned();
                    assert_eq!(found.insert(name, fs::read_to_string(&path).unwrap()), None);
                }
            }
        }
    }
    found
}
