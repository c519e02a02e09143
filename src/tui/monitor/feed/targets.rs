//! Measures the target directory of a project.
//!
//! Owns the way from a path in the log, which may be of long ago, to what lies there today. Never changes anything.

use std::path::Path;

use crate::fs::stat::Stat;
use crate::store::held::Held;
use crate::targets::measure;
use crate::targets::{Kind, Parts, Target};

/// What a target directory takes on disk, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Usage {
    pub(in super::super) size: u64,
    /// What of it the store has too.
    pub(in super::super) cached: u64,
    /// What its removal frees.
    pub(in super::super) freed: u64,
    pub(in super::super) parts: Parts,
    /// Profiles, as `debug` or `<triple>/release`.
    pub(in super::super) profiles: Vec<String>,
}

/// Measures a directory that was built in. `None` if there is no target directory any more.
pub(super) fn measure(directory: &Path, held: &Held) -> Option<Usage> {
    let path = directory.canonicalize().ok()?;
    let identity = Stat::of_name(&path).ok()?.identity();
    let measured = measure::measure(&Target { path, kind: Kind::Configured, identity }, held).ok()?;
    Some(Usage {
        size: measured.bytes,
        cached: measured.cached,
        freed: measured.freed(),
        parts: measured.parts,
        profiles: measured.profiles,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs;

    #[test]
    fn what_is_no_target_directory_any_more_takes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        let held = Held::default();
        assert_eq!(measure(&target, &held), None);
        fs::create_dir_all(&target.join("debug/deps")).unwrap();
        fs::create_dir_all(&target.join("debug/.fingerprint")).unwrap();
        assert_eq!(measure(&target, &held), None, "any directory may have such names");
        fs::write(&target.join("CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55").unwrap();
        fs::write(&target.join(".rustc_info.json"), "{}").unwrap();
        let usage = measure(&target, &held).unwrap();
        assert_eq!((usage.profiles, usage.cached), (vec!["debug".to_owned()], 0));
        assert!(usage.size > 0 && usage.size == usage.freed);
    }
}
