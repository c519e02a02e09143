//! Paths and texts that mean the same in another directory.
//!
//! Owns the replacement of known roots by markers, and back. Only whole path components are replaced, never
//! substrings: a root followed by anything but a separator or the end is left alone.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A directory that a marker stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Root {
    /// The directory that receives the outputs (`target/debug/deps`).
    OutDir,
    /// The n-th profile directory: the one of the outputs, then those of the dependency folders in order.
    Profile(u8),
    /// The working directory of the compiler.
    Cwd,
}

/// Where the roots are in this call.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// Longest first, so that the innermost root wins.
    roots: Vec<(Root, PathBuf)>,
}

impl Roots {
    /// Collects the roots. Of equal directories the first one counts.
    pub fn new(roots: impl IntoIterator<Item = (Root, PathBuf)>) -> Self {
        let mut all: Vec<(Root, PathBuf)> = Vec::new();
        for (root, path) in roots {
            if path.is_absolute() && path.parent().is_some() && all.iter().all(|(_, known)| *known != path) {
                all.push((root, path));
            }
        }
        all.sort_by_key(|(_, path)| std::cmp::Reverse(path.as_os_str().len()));
        Self { roots: all }
    }

    /// Returns the directory of a root.
    pub fn get(&self, root: Root) -> Option<&Path> {
        self.roots.iter().find(|(known, _)| *known == root).map(|(_, path)| path.as_path())
    }

    /// Makes a path portable. `None` for a path that is not UTF-8.
    pub fn shorten(&self, path: &Path) -> Option<PortablePath> {
        for (root, directory) in &self.roots {
            if let Ok(rest) = path.strip_prefix(directory) {
                return Some(PortablePath { root: Some(*root), rest: rest.to_str()?.to_owned() });
            }
        }
        Some(PortablePath { root: None, rest: path.to_str()?.to_owned() })
    }
}

/// A path relative to a root, or as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortablePath {
    /// The root; `None` for a path that lies below none.
    pub root: Option<Root>,
    /// The rest.
    pub rest: String,
}

impl PortablePath {
    /// Returns the path in this call. `None` if the root does not exist in it.
    pub fn expand(&self, roots: &Roots) -> Option<PathBuf> {
        match self.root {
            None => Some(PathBuf::from(&self.rest)),
            Some(root) => roots.get(root).map(|directory| directory.join(&self.rest)),
        }
    }

    /// Returns the form in which the path enters a key and in which people see it.
    pub fn display(&self) -> String {
        match self.root {
            None | Some(Root::Cwd) => self.rest.clone(),
            Some(Root::OutDir) => format!("{{out}}/{}", self.rest),
            Some(Root::Profile(0)) => format!("{{profile}}/{}", self.rest),
            Some(Root::Profile(n)) => format!("{{profile {n}}}/{}", self.rest),
        }
    }
}

/// A text with markers in the place of one root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortableText {
    /// The text between the markers: one marker stands between each two.
    pieces: Vec<Vec<u8>>,
}

impl PortableText {
    /// Takes a text as it is.
    pub fn verbatim(text: Vec<u8>) -> Self {
        Self { pieces: if text.is_empty() { Vec::new() } else { vec![text] } }
    }

    /// Puts a marker in the place of `directory` wherever `starts_there` says that a path begins.
    pub fn shorten(text: &[u8], directory: &[u8], starts_there: impl Fn(&[u8]) -> bool) -> Self {
        let mut pieces = Vec::new();
        let mut start = 0;
        let mut at = 0;
        while !directory.is_empty() && at + directory.len() < text.len() {
            let whole_component = text[at + directory.len()] == b'/';
            if whole_component && text[at..].starts_with(directory) && starts_there(&text[..at]) {
                pieces.push(text[start..at].to_vec());
                at += directory.len();
                start = at;
            } else {
                at += 1;
            }
        }
        if pieces.is_empty() {
            return Self::verbatim(text.to_vec());
        }
        pieces.push(text[start..].to_vec());
        Self { pieces }
    }

    /// Returns the text with `directory` in the place of the markers.
    pub fn expand(&self, directory: &[u8]) -> Vec<u8> {
        self.pieces.join(directory)
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn innermost_root_wins_and_only_whole_components() {
        let roots = Roots::new([
            (Root::Cwd, PathBuf::from("/w")),
            (Root::OutDir, PathBuf::from("/w/target/debug/deps")),
            (Root::Profile(0), PathBuf::from("/w/target/debug")),
        ]);
        let shown = |path: &str| roots.shorten(Path::new(path)).unwrap().display();
        assert_eq!(shown("/w/target/debug/deps/a.rlib"), "{out}/a.rlib");
        assert_eq!(shown("/w/target/debug/build/x/out"), "{profile}/build/x/out");
        assert_eq!(shown("/w/src/lib.rs"), "src/lib.rs");
        assert_eq!(shown("/w2/src/lib.rs"), "/w2/src/lib.rs");
        assert_eq!(shown("src/lib.rs"), "src/lib.rs");
        let path = roots.shorten(Path::new("/w/target/debug/build/x/out")).unwrap();
        assert_eq!(path.expand(&roots).unwrap(), Path::new("/w/target/debug/build/x/out"));
        assert_eq!(path.expand(&Roots::default()), None);
    }

    #[test]
    fn texts_round_trip_and_prefixes_stay() {
        let text = b"/t/d/a.d: /t/d2/x /t/d/b\n/t/d/c: \n";
        let line_start = |before: &[u8]| before.last().is_none_or(|b| *b == b'\n');
        let portable = PortableText::shorten(text, b"/t/d", line_start);
        assert_eq!(portable.expand(b"/t/d"), text);
        assert_eq!(portable.expand(b"/other"), b"/other/a.d: /t/d2/x /t/d/b\n/other/c: \n");
        assert!(PortableText::verbatim(Vec::new()).is_empty());
        assert_eq!(PortableText::shorten(b"abc", b"", |_| true).expand(b"x"), b"abc");
    }
}
