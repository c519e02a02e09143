//! The dep-info files that rustc writes: which files and variables a compile read.
//!
//! Owns the reading of the format. Never trusts it further than rustc does: what macros read on their own account is
//! not in it.

use std::path::{Path, PathBuf};

use crate::portable::{Form, Mark, PortableText, Root, Roots};

/// How a line begins that names a variable and its value.
const VARIABLE: &str = "# env-dep:";

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
            if let Some(variable) = line.strip_prefix(VARIABLE) {
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

/// Takes directories out of the text of a dep-info file: in its rules, and in the values of `variables`.
///
/// `out_dir` is the output directory as the compiler was given it, which may be relative.
pub fn shorten(text: &str, out_dir: &Path, roots: &Roots, variables: &[String]) -> PortableText {
    let rule_places = places(out_dir, roots, Form::Rule);
    let plain_places = places(out_dir, roots, Form::Plain);
    let mut portable = PortableText::default();
    for line in text.split_inclusive('\n') {
        if let Some(variable) = line.strip_prefix(VARIABLE) {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            let head = line.len() - value.len();
            portable.push_text(&line.as_bytes()[..head]);
            let places = if variables.iter().any(|known| known == name) { &plain_places[..] } else { &[] };
            push_path(&mut portable, value.as_bytes(), places);
        } else if line.starts_with('#') {
            portable.push_text(line.as_bytes());
        } else {
            // A target stands at the beginning, and its blanks as they are.
            let target = plain_places.iter().filter(|(mark, _)| mark.root == Root::OutDir);
            let target = target.map(|(_, directory)| directory).find(|d| line.as_bytes().starts_with(d));
            let mut start = target.map_or(0, |directory| directory.len());
            if start > 0 && line[start..].starts_with('/') {
                portable.push_mark(Mark { root: Root::OutDir, form: Form::Plain });
            } else {
                start = 0;
            }
            // Elsewhere a blank behind a backslash belongs to a path.
            let blanks = line.match_indices(' ').map(|(at, _)| at).skip_while(|at| *at < start);
            let ends = blanks.collect::<Vec<_>>().into_iter().filter(|at| !line[..*at].ends_with('\\'));
            for end in ends.map(|at| at + 1).chain([line.len()]) {
                push_path(&mut portable, &line.as_bytes()[start..end], &rule_places);
                start = end;
            }
        }
    }
    portable
}

/// Lists how directories are written, the innermost first.
fn places(out_dir: &Path, roots: &Roots, form: Form) -> Vec<(Mark, Vec<u8>)> {
    let out_dir = std::iter::once((Root::OutDir, out_dir));
    let place = |(root, directory): (Root, &Path)| (Mark { root, form }, form.write(directory));
    out_dir.chain(roots.iter()).map(place).filter(|(_, written)| !written.is_empty()).collect()
}

/// Appends a word, with a marker for the directory it begins with, if it does.
fn push_path(portable: &mut PortableText, word: &[u8], places: &[(Mark, Vec<u8>)]) {
    for (mark, directory) in places {
        if let Some(rest) = word.strip_prefix(&**directory)
            && matches!(rest.first(), None | Some(b'/' | b'\n'))
        {
            portable.push_mark(*mark);
            return portable.push_text(rest);
        }
    }
    portable.push_text(word);
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

    #[test]
    fn directories_come_back_elsewhere() {
        let at = |root: &str| {
            let path = |rest: &str| PathBuf::from(format!("{root}{rest}"));
            let roots = Roots::new([(Root::Profile(0), path("/t")), (Root::Cwd, path(""))]);
            let escaped = root.replace(' ', "\\ ");
            let text = format!(
                "{root}/t/d/a.d: src/a.rs {escaped}/t/build/x\\ y.rs {escaped}2/b.rs /x{escaped}/c.rs\n\n\
                 {escaped}/t/build/x\\ y.rs:\n\n# env-dep:OUT_DIR={root}/t/build\n# env-dep:HERE={root}\n\
                 # env-dep:KEPT=/w/t\n# other /w/t\n"
            );
            (text, roots, path("/t/d"))
        };
        let (text, roots, out_dir) = at("/w");
        let portable = shorten(&text, &out_dir, &roots, &["OUT_DIR".to_owned(), "HERE".to_owned()]);
        for root in ["/w", "/other place"] {
            let (expected, roots, out_dir) = at(root);
            let written = |mark: Mark| match mark.root {
                Root::OutDir => Some(mark.form.write(&out_dir)),
                root => roots.get(root).map(|directory| mark.form.write(directory)),
            };
            // What only looks like one of the directories stays as it is.
            let expected = match root {
                "/w" => expected,
                _ => expected.replace("/other\\ place2", "/w2").replace("/x/other\\ place", "/x/w"),
            };
            assert_eq!(String::from_utf8(portable.expand(written).unwrap()).unwrap(), expected);
        }
    }
}
