//! What must hold for an entry from elsewhere.
//!
//! Owns the rules that need no bytes of files. They say what is possible, not what is true: that is for digests and
//! signatures.

use std::collections::{HashMap, HashSet};

use super::Meta;
use crate::remote::names;

/// Says what is wrong with what an archive tells of itself.
pub(super) fn meta(meta: &Meta) -> Result<(), String> {
    let entry = &meta.entry;
    if names::folder(&meta.crate_name) != meta.crate_name {
        return Err("the crate has an odd name".to_owned());
    }
    let mut contents = HashMap::new();
    for output in &entry.outputs {
        if *contents.entry(output.digest).or_insert(output.size) != output.size {
            return Err(format!("`{}` has two sizes", output.name.escape_debug()));
        }
    }

    let mut files = HashSet::new();
    let dep_info = entry.dep_info.iter().map(|(name, _)| name);
    let directories = entry.tree.directories.iter().map(|(name, _)| name);
    let links = entry.tree.links.iter().map(|(name, _)| name);
    let outputs = entry.outputs.iter().map(|output| &output.name);
    for name in outputs.chain(dep_info).chain(directories).chain(links.clone()) {
        if !is_inside(name) {
            return Err(format!("`{}` is no name of an output", name.escape_debug()));
        }
        if !files.insert(&**name) {
            return Err(format!("`{name}` is there twice"));
        }
    }
    // What lies behind a link is somewhere else.
    let links = links.map(String::as_str).collect::<HashSet<_>>();
    let is_behind = |name: &&&str| parents(name).any(|parent| links.contains(parent));
    if let Some(name) = files.iter().find(is_behind) {
        return Err(format!("`{name}` lies behind a link"));
    }

    let tree = &entry.tree;
    if !tree.permissions.is_empty() && tree.permissions.len() != entry.outputs.len() {
        return Err("not every output has permissions".to_owned());
    }
    let permissions = tree.directories.iter().map(|(_, mode)| mode).chain(&tree.permissions);
    match permissions.copied().find(|mode| mode & !0o777 != 0) {
        Some(mode) => Err(format!("permissions {mode:o} give more than they should")),
        None => Ok(()),
    }
}

/// Whether a name leads to something below the directory of the outputs.
fn is_inside(name: &str) -> bool {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    name.split('/').all(is_plain) && !name.contains('\0')
}

/// Returns the directories that a name lies in, below that of the outputs.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        for name in ["libfoo.rlib", "out/a b/c..rs", ".hidden"] {
            assert!(is_inside(name), "{name}");
        }
        for name in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a\0b"] {
            assert!(!is_inside(name), "{name:?}");
        }
        assert_eq!(parents("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
    }
}
