//! A store for tests, and the words to fill it.

use super::Store;
use super::blob::Form;
use super::layout::Layout;
use crate::digest::Digest;
use crate::entry::{Artefact, Entry, Inputs, Output, OutputKind, Tree};
use crate::event::{BuildId, Bytes, Mode, Outcome, Target, Unit, UnitEvent};
use crate::fs;
use crate::rustc::paths::Loose;

/// A store in a directory of its own.
pub(super) struct Scratch {
    pub(super) dir: tempfile::TempDir,
    pub(super) store: Store,
}

impl Scratch {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(Layout::new(dir.path().join("cache"))).unwrap();
        Self { dir, store }
    }

    /// Records an entry of package `name` with these outputs, which no target directory holds.
    pub(super) fn record(&self, name: &str, outputs: &[&[u8]], created_ms: u64) -> Digest {
        let key = Digest::of(name.as_bytes());
        let place = |bytes: &&[u8]| {
            let digest = Digest::of(bytes);
            let file = self.dir.path().join("new");
            fs::write(&file, bytes).unwrap();
            self.store.blobs.copy_in(&file, &digest, bytes.len() as u64, Form::Data).unwrap();
            fs::remove_file(&file).unwrap();
            Output {
                name: format!("lib{name}.rlib"),
                kind: OutputKind::Library,
                digest,
                size: bytes.len() as u64,
                executable: false,
            }
        };
        let entry = Entry {
            key_schema: 1,
            invocation: key,
            unit: unit(name),
            inputs: Inputs::default(),
            outputs: outputs.iter().map(place).collect(),
            dep_info: None,
            stdout: Default::default(),
            stderr: Default::default(),
            compile_ms: 1,
            created_ms,
            artefact: Artefact {
                closure: Digest::of(b"closure"),
                loads_code: false,
                loose: Loose::default(),
                unsettled: Vec::new(),
            },
            tree: Tree::default(),
        };
        self.store.index.write(|w| w.put_entry(&key, &Digest::of(name.as_bytes()), &entry)).unwrap();
        key
    }

    /// Returns the names of all packages that have entries.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.store.index.read().unwrap().each_entry(|_, entry| names.push(entry.unit.package));
        names.sort();
        names
    }

    /// Returns the path of the blob with this content.
    pub(super) fn blob(&self, bytes: &[u8]) -> std::path::PathBuf {
        self.store.layout.blob(&Digest::of(bytes))
    }
}

pub(super) fn unit(name: &str) -> Unit {
    Unit {
        package: name.into(),
        version: "1.0.0".into(),
        crate_name: name.replace('-', "_"),
        target: Target::Lib,
        mode: Mode::Build,
        profile: "dev".into(),
        triple: None,
    }
}

pub(super) fn event(key: &Digest, at_ms: u64, outcome: Outcome) -> UnitEvent {
    UnitEvent {
        build: BuildId("one".into()),
        at_ms,
        unit: unit("a"),
        outcome,
        key: Some(key.to_hex()),
        compile_ms: 1,
        wrapper_ms: 1,
        bytes: Bytes::default(),
        cwd: "/w".into(),
        out_dir: Some("/w/target/debug/deps".into()),
    }
}
