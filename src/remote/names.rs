//! What objects are called.
//!
//! Owns the layout of a bucket below its prefix, and the way back from a name to what it is. Names are relative: the
//! prefix is the [`bucket`](super::bucket)'s.
//!
//! ```text
//! {crate}/{key}.tar.zst                               an entry
//! _builds/{workspace}/{context}/{lock digest}.json    what a build needed, in the order of need
//! _packs/{digest}.pack                                many small entries
//! _predictions/{invocation key}.json                  what earlier compiles of an invocation read
//! ```
//!
//! First parts that begin with `_` are reserved. A package may have such a name all the same: its entries are told
//! apart by their ending and by lying one level deep.

use std::fmt;

use crate::digest::Digest;

/// The ending of an entry.
const ENTRY: &str = ".tar.zst";

/// The name of an object, below the prefix.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// An entry.
    Entry {
        /// The package, as [`folder`] writes it.
        package: String,
        /// The entry's key.
        key: Digest,
    },
    /// The record of a build.
    Build {
        /// The workspace.
        workspace: String,
        /// Target, profile and compiler.
        context: String,
        /// Digest of the lock file.
        lock: Digest,
    },
    /// Many small entries.
    Pack(Digest),
    /// What earlier compiles of an invocation read.
    Prediction(Digest),
}

impl Name {
    /// Names an entry of a package.
    pub fn entry(package: &str, key: Digest) -> Self {
        Self::Entry { package: folder(package), key }
    }

    /// Names the record of a build.
    pub fn build(workspace: &str, context: &str, lock: Digest) -> Self {
        Self::Build { workspace: part(workspace), context: part(context), lock }
    }

    /// Reads a name. `None` for what is no object of ours.
    pub fn parse(name: &str) -> Option<Self> {
        let digest = |file: &str, ending| file.strip_suffix(ending)?.parse::<Digest>().ok();
        let parsed = match *name.split('/').collect::<Vec<_>>() {
            ["_builds", workspace, context, file] => Self::Build {
                workspace: workspace.to_owned(),
                context: context.to_owned(),
                lock: digest(file, ".json")?,
            },
            ["_packs", file] if file.ends_with(".pack") => Self::Pack(digest(file, ".pack")?),
            ["_predictions", file] if file.ends_with(".json") => Self::Prediction(digest(file, ".json")?),
            [package, file] => Self::Entry { package: package.to_owned(), key: digest(file, ENTRY)? },
            _ => return None,
        };
        // One object has one name.
        (parsed.to_string() == name && parsed.is_sound()).then_some(parsed)
    }

    /// Whether the free parts are as the constructors write them.
    fn is_sound(&self) -> bool {
        match self {
            Self::Entry { package, .. } => folder(package) == *package,
            Self::Build { workspace, context, .. } => {
                part(workspace) == *workspace && part(context) == *context
            }
            Self::Pack(_) | Self::Prediction(_) => true,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry { package, key } => write!(f, "{package}/{key}{ENTRY}"),
            Self::Build { workspace, context, lock } => {
                write!(f, "_builds/{workspace}/{context}/{lock}.json")
            }
            Self::Pack(digest) => write!(f, "_packs/{digest}.pack"),
            Self::Prediction(invocation) => write!(f, "_predictions/{invocation}.json"),
        }
    }
}

/// Returns the folder of a package: its name with `-` as `_`.
pub fn folder(package: &str) -> String {
    part(&package.replace('-', "_"))
}

/// Returns what all entries of a package begin with.
pub fn entries_of(package: &str) -> String {
    folder(package) + "/"
}

/// Returns what all records of a workspace's builds in a context begin with.
pub fn builds_of(workspace: &str, context: &str) -> String {
    format!("_builds/{}/{}/", part(workspace), part(context))
}

/// Makes one part of a name: every service and file system knows these letters.
fn part(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
    let part: String = text.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    match part.trim_start_matches('.') {
        "" => "_".to_owned(),
        // A file that begins with a dot is hidden in a folder.
        rest => format!("{}{rest}", "_".repeat(part.len() - rest.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        let digest = Digest::of(b"k");
        let hex = digest.to_hex();
        for (name, text) in [
            (Name::entry("serde-json", digest), format!("serde_json/{hex}.tar.zst")),
            (Name::entry("_packs", digest), format!("_packs/{hex}.tar.zst")),
            (Name::build("app", "x86-dev-1.95", digest), format!("_builds/app/x86-dev-1.95/{hex}.json")),
            (Name::Pack(digest), format!("_packs/{hex}.pack")),
            (Name::Prediction(digest), format!("_predictions/{hex}.json")),
        ] {
            assert_eq!(name.to_string(), text);
            assert_eq!(Name::parse(&text), Some(name));
        }
        assert_eq!(entries_of("serde-json"), "serde_json/");
        assert_eq!(builds_of("a/b", "c"), "_builds/a_b/c/");
    }

    #[test]
    fn one_crate_has_one_folder() {
        assert_eq!(folder("foo-bar"), folder("foo_bar"));
    }

    #[test]
    fn odd_parts_stay_one_part() {
        for (text, expected) in
            [("a/../b", "a_.._b"), ("..", "_"), (".git", "_git"), ("", "_"), ("ä b", "__b")]
        {
            assert_eq!(part(text), expected, "{text}");
            assert_eq!(part(expected), expected);
        }
    }

    #[test]
    fn what_is_not_ours_has_no_meaning() {
        let hex = Digest::of(b"k").to_hex();
        for text in [
            String::new(),
            format!("{hex}.tar.zst"),
            format!("serde/{hex}.tar"),
            format!("serde/{}.tar.zst", hex.to_uppercase()),
            format!("serde-json/{hex}.tar.zst"),
            format!("../{hex}.tar.zst"),
            format!("a/b/{hex}.tar.zst"),
            format!("_builds/{hex}.json"),
            format!("_builds/a/b/{hex}.tar.zst"),
            format!("_packs/{hex}.json"),
            "serde/short.tar.zst".to_owned(),
        ] {
            assert_eq!(Name::parse(&text), None, "{text}");
        }
    }
}
