//! What a workspace's `Cargo.lock` names.

use std::collections::HashSet;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table};

use crate::fs;

/// Returns the packages of a lock file, by name and version; members among them. `None` where there is none that can be
/// read.
pub fn packages(workspace: &Path) -> Option<HashSet<(String, String)>> {
    let lock = read(workspace)?;
    Some(
        tables(&lock)
            .filter_map(|package| Some((text(package, "name")?, text(package, "version")?)))
            .collect(),
    )
}

/// Returns the name of the first package that was not fetched.
pub fn first_member(workspace: &Path) -> Option<String> {
    let lock = read(workspace)?;
    tables(&lock).find(|package| !package.contains_key("source")).and_then(|package| text(package, "name"))
}

fn read(workspace: &Path) -> Option<DocumentMut> {
    fs::read_to_string(&workspace.join("Cargo.lock")).ok()?.parse().ok()
}

fn tables(lock: &DocumentMut) -> impl Iterator<Item = &Table> {
    lock.get("package").and_then(Item::as_array_of_tables).into_iter().flatten()
}

fn text(package: &Table, name: &str) -> Option<String> {
    Some(package.get(name)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_read() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(packages(dir.path()), None);
        let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\"b\"]\n\
                    [[package]]\nname = \"b\"\nversion = \"2.0.0+x\"\nsource = \"registry\"\n";
        fs::write(&dir.path().join("Cargo.lock"), lock).unwrap();
        let expected = [("a".to_owned(), "1.0.0".to_owned()), ("b".to_owned(), "2.0.0+x".to_owned())];
        assert_eq!(packages(dir.path()), Some(expected.into()));
        fs::write(&dir.path().join("Cargo.lock"), "version = 4\n").unwrap();
        assert_eq!(packages(dir.path()), Some(HashSet::new()));
    }
}
