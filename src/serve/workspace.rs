//! Where the workspace is.
//!
//! Owns the ways to find its directory from what one compiler call knows: cargo tells it to none. Never runs cargo, and
//! answers only where it is sure.
//!
//! For a compile:
//!
//! 1. A crate root that is named relative to the working directory: that is the workspace's then.
//! 2. A target directory in its usual place, in a folder that can only be a workspace's.
//! 3. The manifest of a member that lies elsewhere, which has to name its workspace.
//!
//! For the run of a build script, which is told of no crate root, 2, and else the nearest folder around its package that
//! has a lock file, unless the package was fetched.

use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use crate::fs;

/// Returns the profile directory (`target/debug`) that a folder with outputs belongs to: `deps` or `examples` in it, or
/// one of those in `build`.
pub fn profile_of(directory: &Path) -> Option<&Path> {
    let name = directory.file_name()?;
    if name == "deps" || name == "examples" {
        return directory.parent();
    }
    let parent = directory.parent()?;
    if parent.file_name()? == "build" { parent.parent() } else { None }
}

/// Returns the folder that holds the target directory of a profile directory, if that is a workspace: cargo marks the
/// one by a `CACHEDIR.TAG`, and leaves a `Cargo.lock` in the other. A member may hold a lock file from other days.
pub fn holder(profile_dir: &Path) -> Option<PathBuf> {
    let mut folders = profile_dir.ancestors().take(3);
    let target = folders.find(|folder| folder.join("CACHEDIR.TAG").exists())?;
    let holder = target.parent()?;
    (holder.join("Cargo.lock").exists() && is_root(holder)).then(|| holder.to_owned())
}

/// Returns the nearest folder around a package that has a lock file.
pub fn above(package: &Path) -> Option<PathBuf> {
    let holds = |folder: &&Path| folder.join("Cargo.lock").exists() && folder.join("Cargo.toml").exists();
    package.ancestors().find(holds).map(Path::to_owned)
}

/// Whether the package in a folder can belong to no workspace of another folder.
fn is_root(folder: &Path) -> bool {
    let Ok(manifest) = fs::read_to_string(&folder.join("Cargo.toml")) else { return false };
    if manifest.lines().any(|line| line.trim_start().starts_with("[workspace")) {
        return true;
    }
    named_in(&manifest).is_none()
        && folder.ancestors().skip(1).all(|above| !above.join("Cargo.toml").exists())
}

/// Returns the workspace that the manifest in a folder names.
pub fn named_by(manifest_dir: &Path) -> Option<PathBuf> {
    let manifest = fs::read_to_string(&manifest_dir.join("Cargo.toml")).ok()?;
    manifest_dir.join(named_in(&manifest)?).canonicalize().ok()
}

/// Returns `package.workspace` of a manifest. One that can't be read names nothing, and cargo would not have come here.
fn named_in(manifest: &str) -> Option<PathBuf> {
    let manifest: DocumentMut = manifest.parse().ok()?;
    let named = manifest.get("package")?.get("workspace")?.as_str()?;
    Some(PathBuf::from(named))
}
