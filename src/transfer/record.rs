//! What one build needed.
//!
//! Owns the form of a build's record: its entries in the order of need, with what they cost to fetch and to compile, and
//! where small ones lie together. A record is a hint: what it leaves out is looked up one by one, and what it has too
//! much costs bytes.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::agent::message::Build;
use crate::digest::Digest;
use crate::event::{Outcome, UnitEvent};
use crate::fs;
use crate::remote::names::Name;
use crate::transfer::lockfile;

/// The form of records.
pub const SCHEMA: u32 = 1;
/// The largest record that is read, in bytes.
pub const LIMIT: u64 = 32 << 20;
/// Keys kept for one unit: branches differ.
const KEYS_OF_UNIT: usize = 3;
/// Stands for the lock file of whoever came last.
const LATEST: Digest = Digest::from_bytes([0; 32]);

/// What was built: requests that are equal need the same entries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    /// The workspace's name.
    pub workspace: String,
    /// The lock file, by content.
    pub lock: Digest,
    /// The profile directory's name: `debug`, `release` …
    pub profile: String,
    /// The target triple when it is not the host.
    pub triple: Option<String>,
    /// The compiler, as it calls itself.
    pub compiler: String,
}

impl Request {
    /// Describes a build in a workspace. `None` without a lock file.
    pub fn of(workspace: &Path, build: &Build) -> Option<Self> {
        let lock = fs::read(&workspace.join("Cargo.lock")).ok()?;
        Some(Self {
            workspace: workspace_name(workspace),
            lock: Digest::of(&lock),
            profile: build.profile.clone(),
            triple: build.triple.clone(),
            compiler: build.compiler.clone(),
        })
    }

    /// Returns the names of its record, and of the one of whoever built the same with another lock file last.
    pub fn names(&self) -> [Name; 2] {
        let context = self.context();
        [self.lock, LATEST].map(|lock| Name::build(&self.workspace, &context, lock))
    }

    /// What it is built for, and by what. Builds and checks have one record: a check needs macros and build scripts built
    /// as well, and its first unit may be one of them.
    fn context(&self) -> String {
        let host = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
        let triple = self.triple.as_deref().map(|triple| format!("-{triple}")).unwrap_or_default();
        format!("{host}{triple}-{}-{}", self.profile, self.compiler.replace(' ', "-"))
    }
}

/// Returns the name of a workspace: its root package's, else that of its first member. Other checkouts lie in
/// directories of other names.
fn workspace_name(root: &Path) -> String {
    let package = fs::read_to_string(&root.join("Cargo.toml"))
        .ok()
        .and_then(|manifest| manifest.parse::<toml_edit::DocumentMut>().ok())
        .and_then(|manifest| Some(manifest.get("package")?.get("name")?.as_str()?.to_owned()));
    package.or_else(|| lockfile::first_member(root)).unwrap_or_default()
}

/// The record of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was made, in milliseconds since the Unix epoch.
    pub made_ms: u64,
    /// What was needed, in the order of need.
    pub items: Vec<Item>,
}

/// One entry that a build needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The entry's key.
    pub key: Digest,
    /// The invocation it is found by.
    pub invocation: Digest,
    /// The unit, to tell another state of the same one.
    pub unit: Digest,
    /// The package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Length of its archive in bytes; 0 where it is unknown.
    pub bytes: u64,
    /// How long the compile, or the run, took.
    pub compile_ms: u64,
    /// Where it lies together with others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<Slice>,
}

/// A part of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The pack.
    pub pack: Digest,
    /// Where the archive begins there; its length is the item's.
    pub offset: u64,
}

impl Record {
    /// Reads a record. `None` for what is none, or has another form.
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(text).ok().filter(|record| record.schema == SCHEMA)
    }

    /// Adds what an earlier record has besides: other units, and other states of the same units behind the present ones.
    pub fn merge(&mut self, earlier: Self) {
        let mut keys: HashSet<Digest> = self.items.iter().map(|item| item.key).collect();
        let mut of_unit: HashMap<Digest, usize> = HashMap::new();
        for item in &self.items {
            *of_unit.entry(item.unit).or_default() += 1;
        }
        for item in earlier.items {
            let count = of_unit.entry(item.unit).or_default();
            if *count < KEYS_OF_UNIT && keys.insert(item.key) {
                *count += 1;
                self.items.push(item);
            }
        }
    }
}

/// Returns the keys that a build used or made, in the order of need.
pub fn keys(events: &[UnitEvent]) -> Vec<Digest> {
    let is_kept = |event: &&UnitEvent| {
        matches!(event.outcome, Outcome::Hit { .. } | Outcome::Missed { not_recorded: None, .. })
    };
    let mut seen = HashSet::new();
    let keys = events.iter().filter(is_kept).filter_map(|event| event.key.as_ref()?.parse().ok());
    keys.filter(|key| seen.insert(*key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(unit: &str, key: &str) -> Item {
        Item {
            key: Digest::of(key.as_bytes()),
            invocation: Digest::of(unit.as_bytes()),
            unit: Digest::of(unit.as_bytes()),
            package: unit.to_owned(),
            version: "1.0.0".to_owned(),
            bytes: 1,
            compile_ms: 1,
            pack: None,
        }
    }

    #[test]
    fn a_merge_keeps_few_states_of_each_unit() {
        let record = |items: &[(&str, &str)]| Record {
            schema: SCHEMA,
            made_ms: 1,
            items: items.iter().map(|(unit, key)| item(unit, key)).collect(),
        };
        let mut now = record(&[("a", "a4")]);
        now.merge(record(&[("a", "a4"), ("a", "a3"), ("b", "b1"), ("a", "a2"), ("a", "a1")]));
        assert_eq!(now, record(&[("a", "a4"), ("a", "a3"), ("b", "b1"), ("a", "a2")]));
        let text = serde_json::to_vec(&now).unwrap();
        assert_eq!(Record::parse(&text), Some(now));
        assert_eq!(Record::parse(b"{\"schema\":2,\"made_ms\":1,\"items\":[]}"), None);
    }

    #[test]
    fn equal_requests_have_equal_names() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(&dir.path().join(name), text).unwrap();
        let build = Build {
            workspace: String::new(),
            profile: "debug".to_owned(),
            triple: None,
            compiler: "rustc 1.95.0".to_owned(),
            prefetch: true,
        };
        let request = || Request::of(dir.path(), &build);
        assert_eq!(request(), None);
        write("Cargo.lock", "version = 4\n");
        write("Cargo.toml", "[package]\nname = \"app\"\n");
        let [exact, latest] = request().unwrap().names().map(|name| name.to_string());
        assert!(exact.starts_with("_builds/app/") && exact.contains("-debug-rustc-1.95.0/"), "{exact}");
        write("Cargo.lock", "version = 4\n# another\n");
        let [other, same] = request().unwrap().names().map(|name| name.to_string());
        assert_ne!(exact, other);
        assert_eq!(latest, same);
        write("Cargo.toml", "[workspace]\nmembers = [\"b\"]\n");
        write("Cargo.lock", "version = 4\n[[package]]\nname = \"b\"\nversion = \"0.1.0\"\n");
        let [exact, _] = request().unwrap().names().map(|name| name.to_string());
        assert!(exact.starts_with("_builds/b/"), "{exact}");
    }
}
