//! Cargo's configuration files, as far as wrappers go.
//!
//! Owns where they are and in which order they count. A file that does not parse is passed over: cargo says so itself.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use super::Subject;
use crate::env;
use crate::fs;

/// One configuration file.
pub(super) struct CargoConfig {
    pub(super) path: PathBuf,
    document: DocumentMut,
}

/// Reads all files that count in the current folder, the strongest first.
pub(super) fn read_all(subject: &Subject<'_>) -> Vec<CargoConfig> {
    let home = subject.env.absolute(env::CARGO_HOME);
    let home = home.or_else(|| Some(subject.env.home()?.join(".cargo")));
    let above = subject.here.ancestors().map(|dir| dir.join(".cargo"));
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for folder in above.chain(home) {
        // The home folder may lie above the current one.
        if seen.contains(&folder) {
            continue;
        }
        found.extend(read(&folder));
        seen.push(folder);
    }
    found
}

/// Reads the file of a folder; the old name without ending wins, as in cargo.
fn read(folder: &Path) -> Option<CargoConfig> {
    let names = ["config", "config.toml"].map(|name| folder.join(name));
    let path = names.into_iter().find(|path| path.is_file())?;
    let document = fs::read_to_string(&path).ok()?.parse().ok()?;
    Some(CargoConfig { path, document })
}

impl CargoConfig {
    /// Returns `build.rustc-wrapper`.
    pub(super) fn wrapper(&self) -> Option<&str> {
        self.document.get("build")?.as_table_like()?.get("rustc-wrapper")?.as_str()
    }

    /// Returns the variables that the file sets, with their values.
    pub(super) fn variables(&self) -> Vec<(&str, String)> {
        let table = self.document.get("env").and_then(Item::as_table_like);
        let value = |item: &Item| match item.as_str() {
            Some(value) => Some(value.to_owned()),
            None => Some(item.as_table_like()?.get("value")?.as_str()?.to_owned()),
        };
        let pairs = table.into_iter().flat_map(|table| table.iter());
        pairs.filter_map(|(name, item)| Some((name, value(item)?))).collect()
    }

    /// Returns the folder that relative programs are relative to.
    pub(super) fn root(&self) -> &Path {
        self.path.parent().and_then(Path::parent).unwrap_or(Path::new("/"))
    }
}
