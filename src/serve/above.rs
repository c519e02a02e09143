//! Searches upwards.
//!
//! Owns the question whether somebody who looks at a path outside of the workspace may have come there from the
//! workspace, step by step: as those do who look for `.git`, `.env` or a settings file. In another checkout they come by
//! other directories.

use std::path::{Path, PathBuf};

use crate::portable::{PortablePath, Root, Roots};

/// Returns what may be looked for upwards by a look at `path`: a path below the workspace's directory. `apart` lists
/// directories that everybody reaches by their own names.
pub fn search(roots: &Roots, path: &Path, apart: &[PathBuf]) -> Option<PortablePath> {
    let (root, directory) =
        [Root::Workspace, Root::Cwd].iter().find_map(|root| Some((*root, roots.get(*root)?)))?;
    let is_apart = apart.iter().any(|known| path.starts_with(known));
    if is_apart || roots.iter().any(|(_, root)| path.starts_with(root)) {
        return None;
    }
    let common = directory.ancestors().skip(1).find(|above| path.starts_with(above))?;
    let rest = path.strip_prefix(common).ok()?;
    let steps = rest.components().count();
    // Below the root of the file system, only its own names are on the way.
    let is_on_the_way = steps == 1 || common.parent().is_some() && steps > 0;
    is_on_the_way.then(|| Some(PortablePath { root: Some(root), rest: rest.to_str()?.to_owned() }))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for() {
        let roots = Roots::new([(Root::Workspace, "/h/u/ws".into())]);
        let apart = [PathBuf::from("/h/u/.cargo")];
        let rest = |path: &str| search(&roots, Path::new(path), &apart).map(|path| path.rest);
        assert_eq!(rest("/h/u/.env").unwrap(), ".env");
        assert_eq!(rest("/h/.git/HEAD").unwrap(), ".git/HEAD");
        assert_eq!(rest("/.env").unwrap(), ".env");
        for other in ["/h/u/ws/.env", "/usr/bin/cc", "/h/u/.cargo/config.toml", "/h/u"] {
            assert_eq!(rest(other).filter(|rest| rest != "u"), None, "{other}");
        }
    }
}
