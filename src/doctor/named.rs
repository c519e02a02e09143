//! What a configured program is, by its name.
//!
//! Owns the one rule by which a wrapper is taken for sccache. Never runs anything.

use std::io::Read as _;
use std::path::Path;

use crate::fs;

/// What a program is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// It is sccache.
    Sccache,
    /// It has sccache in its path: a script around it, perhaps. Only a person knows.
    Perhaps,
    /// Something else.
    Other,
}

/// Judges a program as it is written; a relative path belongs to `base`.
pub(super) fn judge(value: &str, base: &Path) -> Named {
    let name = Path::new(value).file_name().unwrap_or_default();
    let is_named = name == "sccache" || name == "sccache.exe";
    if is_named && !(value.contains('/') && is_script(&base.join(value))) {
        Named::Sccache
    } else if value.to_ascii_lowercase().contains("sccache") {
        Named::Perhaps
    } else {
        Named::Other
    }
}

fn is_script(file: &Path) -> bool {
    let mut start = [0; 2];
    fs::open(file).is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && &start == b"#!"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_has_sccache_in_it_is_not_sccache() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(&dir.path().join("tools")).unwrap();
        fs::write(&dir.path().join("tools/sccache"), "#!/bin/sh\nexec sccache \"$@\"\n").unwrap();
        for (value, expected) in [
            ("sccache", Named::Sccache),
            ("/usr/bin/sccache", Named::Sccache),
            ("C:/tools/sccache.exe", Named::Sccache),
            ("tools/sccache", Named::Perhaps),
            ("sccache-wrapper.sh", Named::Perhaps),
            ("/opt/sccache/run", Named::Perhaps),
            ("kache", Named::Other),
        ] {
            assert_eq!(judge(value, dir.path()), expected, "{value}");
        }
    }
}
