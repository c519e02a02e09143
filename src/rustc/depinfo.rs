//! The dep-info files that rustc writes: which files and variables a compile read.
//!
//! Owns the reading of the format. Never trusts it further than rustc does: what macros read on their own account is
//! not in it.

use std::path::{Path, PathBuf};

/// What a dep-info file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DepInfo {
    /// Files that were read, as written: relative to the compiler's working directory or absolute.
    pub files: Vec<PathBuf>,
    /// Variables that `env!` and the like asked for.
    pub variables: Vec<String>,
}

impl DepInfo {
    /// Reads the text of a dep-info file. `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut info = Self::default();
        let mut rules = 0;
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                let name = variable.split_once('=').map_or(variable, |(name, _)| name);
                info.variables.push(unescape_variable(name)?);
            } else if line.starts_with('#') {
                // Checksums and other comments.
            } else if let Some((_, files)) = line.split_once(": ") {
                rules += 1;
                for file in split_words(files) {
                    if !info.files.contains(&file) {
                        info.files.push(file);
                    }
                }
            } else if line.ends_with(':') {
                rules += 1;
            } else if !line.is_empty() {
                // A name with a line break splits its rule, and what it was can't be told.
                return None;
            }
        }
        info.variables.sort();
        info.variables.dedup();
        (rules > 0).then_some(info)
    }
}

/// Returns a path's bytes as rustc writes them into a rule.
pub fn escaped(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace(' ', "\\ ").into_bytes()
}

/// Whether `before` ends where the target of a rule begins.
pub fn target_begins(before: &[u8]) -> bool {
    before.last().is_none_or(|last| *last == b'\n')
}

/// Splits at blanks that no backslash stands before.
fn split_words(text: &str) -> Vec<PathBuf> {
    let mut words = Vec::new();
    let mut pending = String::new();
    for piece in text.split(' ') {
        if let Some(begun) = piece.strip_suffix('\\') {
            pending.push_str(begun);
            pending.push(' ');
            continue;
        }
        pending.push_str(piece);
        if !pending.is_empty() {
            words.push(PathBuf::from(std::mem::take(&mut pending)));
        }
    }
    words
}

fn unescape_variable(name: &str) -> Option<String> {
    let mut plain = String::with_capacity(name.len());
    let mut characters = name.chars();
    while let Some(c) = characters.next() {
        plain.push(match c {
            '\\' => match characters.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_variables() {
        let text = "/t/a.d: src/lib.rs src/my\\ mod.rs ../x.txt\n\n/t/liba.rlib: src/lib.rs src/my\\ mod.rs ../x.txt\n\n\
            src/lib.rs:\nsrc/my\\ mod.rs:\n../x.txt:\n\n# env-dep:SET=a=b\n# env-dep:UNSET\n# env-dep:ODD\\nNAME=1\n";
        let info = DepInfo::parse(text).unwrap();
        assert_eq!(info.files, ["src/lib.rs", "src/my mod.rs", "../x.txt"].map(PathBuf::from));
        assert_eq!(info.variables, ["ODD\nNAME", "SET", "UNSET"]);
        assert_eq!(DepInfo::parse("nothing of the kind"), None);
    }
}
