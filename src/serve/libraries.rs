//! Where programs look for libraries first.
//!
//! Owns the telling apart of what the user has set and what cargo and rustup put in front of it for a build.

use std::ffi::{OsStr, OsString};

use crate::portable::{Root, Roots};

/// The variable that says so.
pub const LIBRARIES: &str = "LD_LIBRARY_PATH";

/// Takes the directories of the build and of toolchains out of a search path.
pub fn of_the_user(path: &OsStr, roots: &Roots) -> OsString {
    let others = std::env::split_paths(path).filter(|directory| {
        let is_of_build =
            roots.iter().any(|(root, at)| matches!(root, Root::Profile(_)) && directory.starts_with(at));
        !is_of_build && !directory.join("rustlib").is_dir()
    });
    std::env::join_paths(others).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn what_cargo_adds_is_none_of_the_users() {
        let dir = tempfile::tempdir().unwrap();
        let toolchain = dir.path().join("toolchain/lib");
        crate::fs::create_private_dir_all(&toolchain.join("rustlib")).unwrap();
        let roots = Roots::new([
            (Root::Profile(0), PathBuf::from("/w/target/debug")),
            (Root::Workspace, PathBuf::from("/w")),
        ]);
        let path = format!("/w/target/debug/deps:/w/target/debug:{}:/w/own:/opt/lib", toolchain.display());
        assert_eq!(of_the_user(path.as_ref(), &roots), "/w/own:/opt/lib");
        assert_eq!(of_the_user("/w/target/debug".as_ref(), &roots), "");
    }
}
