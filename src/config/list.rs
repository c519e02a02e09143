//! Shows settings as text.
//!
//! Owns what `config list` and `config get` say. Never shows a secret: those have no key, and only keys are shown.

use super::error::ConfigError;
use super::keys::{self, KEYS, Key};
use super::resolve::{Origin, Resolved};

/// One setting as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its key.
    pub key: &'static str,
    /// Its value, in the form [`set`](super::set) takes; `None` if it has none.
    pub value: Option<String>,
    /// Who decided it: `env KACHE_MAX_SIZE`, `file <path>`, `project <path>` or `default`.
    pub from: String,
}

/// Returns every setting that has a key.
pub fn list(resolved: &Resolved) -> Vec<Row> {
    let rows = KEYS.iter().zip(&resolved.origins).filter(|(key, _)| !key.secret);
    let rows = rows.filter_map(|(key, origin)| {
        let value = key.kind.show(&resolved.settings);
        Some(Row { key: key.path?, value, from: from(resolved, key, *origin) })
    });
    rows.collect()
}

/// Returns the value in effect of the setting called `path`.
pub fn get(resolved: &Resolved, path: &str) -> Result<Option<String>, ConfigError> {
    keys::find(path).map(|key| key.kind.show(&resolved.settings))
}

fn from(resolved: &Resolved, key: &Key, origin: Origin) -> String {
    let file = |word, path: &Option<std::path::PathBuf>| {
        let path = path.as_ref().expect("a layer that decided something has a file");
        format!("{word} {}", path.display())
    };
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::User => file("file", &resolved.user_file),
        Origin::Project => file("project", &resolved.project_file),
        Origin::Env => format!("env {}", key.variable.unwrap_or_default()),
    }
}
