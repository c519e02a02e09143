//! The directories of a checkout, in what a build script reads and writes.
//!
//! Owns where in any text a directory is named as a whole, and whether one is left over that can't be told apart. A text
//! of no known format has paths behind blanks, quotes, `=`, `:`, or glued to a flag (`-I/w/include`). Never decides what
//! a result that names its place is good for.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use memchr::memmem;

use crate::portable::{Form, Mark, PortableText, Root, Roots};

/// The directories of a checkout.
#[derive(Debug)]
pub(super) struct Places {
    /// Those that can be put in another's place, the innermost first.
    known: Vec<(Root, Vec<u8>)>,
    /// Other forms of the same, and the directories above.
    others: Vec<Other>,
    /// Paths that the key names: they are below a directory above the workspace by chance, and for everybody.
    fixed: Vec<Vec<u8>>,
    /// The name of the workspace's directory, where it says something.
    name: Option<Vec<u8>>,
    /// A directory has a name that may be written in more than one way.
    are_ambiguous: bool,
    /// So many `../` and more lead out of what moves with the checkout.
    steps_out: usize,
}

/// A text that tells of the place.
#[derive(Debug)]
struct Other {
    text: Vec<u8>,
    /// It is a directory above the workspace, and what lies there lies elsewhere for others.
    is_above: bool,
}

/// A text without directories.
#[derive(Debug)]
pub(super) struct Shortened {
    /// The text.
    pub(super) text: PortableText,
    /// Whether it still tells of this checkout's place.
    pub(super) is_bound: bool,
    /// Whether a directory was taken out.
    pub(super) is_changed: bool,
}

impl Places {
    /// Collects what tells of this checkout's place. `out_dir` is where relative paths begin at the deepest.
    pub(super) fn new(roots: &Roots, workspace: Option<&Path>, package: &str, out_dir: &Path) -> Self {
        let bytes = |path: &Path| path.as_os_str().as_encoded_bytes().to_vec();
        let known: Vec<(Root, Vec<u8>)> = roots.iter().map(|(root, path)| (root, bytes(path))).collect();
        let of_checkout = |root: Root| matches!(root, Root::Profile(_) | Root::Workspace);
        let mut others = Vec::new();
        for (_, path) in roots.iter().filter(|(root, _)| of_checkout(*root)) {
            if let Some(real) = path.canonicalize().ok().filter(|real| real != path) {
                others.push(Other { text: bytes(&real), is_above: false });
            }
        }
        // As parts of names and addresses.
        for (_, path) in known.iter().filter(|(root, path)| of_checkout(*root) && path.len() > 4) {
            for separator in [&b"%2F"[..], b"%2f", b"\\/", b"_", b"-", b"."] {
                let text = path[1..].split(|byte| *byte == b'/').collect::<Vec<_>>().join(separator);
                others.push(Other { text, is_above: false });
            }
        }
        let above = workspace.map(|path| path.ancestors().skip(1).collect::<Vec<_>>()).unwrap_or_default();
        let above = above.into_iter().filter(|path| path.components().count() > 2);
        others.extend(above.map(|path| Other { text: bytes(path), is_above: true }));
        // Behind another name of a directory above: `~/project/tree`.
        let tail =
            |path: &Path| path.iter().rev().take(2).map(|name| bytes(name.as_ref())).collect::<Vec<_>>();
        if let Some([name, above]) = workspace.map(tail).as_deref()
            && above != b"/"
        {
            others.push(Other { text: [b"/", &above[..], b"/", &name[..]].concat(), is_above: false });
        }
        let name = workspace.and_then(Path::file_name).map(|name| name.as_encoded_bytes().to_vec());
        let name = name.filter(|name| name.len() > 2 && name != package.as_bytes());
        let odd = |(root, path): &(Root, Vec<u8>)| of_checkout(*root) && !path.iter().all(|b| is_plain(*b));
        let profile = known.iter().filter(|(root, _)| matches!(root, Root::Profile(_)));
        let below = profile.filter_map(|(root, _)| out_dir.strip_prefix(roots.get(*root)?).ok());
        let steps_out = below.map(|rest| rest.components().count() + 1).min().unwrap_or(1);
        Self { are_ambiguous: known.iter().any(odd), known, others, fixed: Vec::new(), name, steps_out }
    }

    /// Leaves paths alone that stand in the key, unless they lead to the checkout or lie in it.
    pub(super) fn but_for<'p>(mut self, paths: impl Iterator<Item = &'p Path>) -> Self {
        let is_of_checkout = |path: &Path| {
            let mut above = self.others.iter().filter(|other| other.is_above).map(|other| &other.text);
            let mut known = self.known.iter().map(|(_, root)| Path::new(OsStr::from_bytes(root)));
            above.any(|above| Path::new(OsStr::from_bytes(above)).starts_with(path))
                || known.any(|root| root.starts_with(path) || path.starts_with(root))
        };
        let fixed =
            paths.filter(|path| !is_of_checkout(path)).map(|path| path.as_os_str().as_bytes().to_vec());
        self.fixed = fixed.collect();
        self
    }

    /// Takes the directories out of a text.
    pub(super) fn shorten(&self, text: &[u8]) -> Shortened {
        let mut portable = PortableText::default();
        let (mut at, mut is_bound) = (0, false);
        for (start, root, length) in self.mentions(text) {
            if start < at {
                continue;
            }
            is_bound |= self.is_told_in(&text[at..start]);
            portable.push_text(&text[at..start]);
            portable.push_mark(Mark { root, form: Form::Plain });
            at = start + length;
        }
        is_bound |= self.is_told_in(&text[at..]) || self.are_ambiguous && at > 0;
        portable.push_text(&text[at..]);
        Shortened { text: portable, is_bound, is_changed: at > 0 }
    }

    /// Returns a text in the form in which it enters keys: NUL, which no variable holds, stands before a marker.
    pub(super) fn key_form(&self, text: &[u8]) -> Vec<u8> {
        let written = |mark: Mark| Some(format!("\0{:?}\0", mark.root).into_bytes());
        self.shorten(text).text.expand(written).expect("every mark has a form")
    }

    /// Whether any bytes name a directory of the checkout.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        let of_checkout =
            self.known.iter().filter(|(root, _)| matches!(root, Root::Profile(_) | Root::Workspace));
        of_checkout.map(|(_, path)| path).any(|path| memmem::find(bytes, path).is_some())
            || self.is_told_in(bytes)
    }

    /// Lists where directories are named, the longest name first where there are several.
    fn mentions(&self, text: &[u8]) -> Vec<(usize, Root, usize)> {
        let mut all = Vec::new();
        for (root, path) in &self.known {
            for start in memmem::find_iter(text, path) {
                let end = start + path.len();
                if ends_here(text.get(end).copied()) && begins_here(&text[..start]) {
                    all.push((start, *root, path.len()));
                }
            }
        }
        all.sort_by_key(|(start, _, length)| (*start, std::cmp::Reverse(*length)));
        all
    }

    /// Whether text outside of the directories still tells where the checkout is.
    fn is_told_in(&self, text: &[u8]) -> bool {
        let of_checkout = |root: Root| matches!(root, Root::Profile(_) | Root::Workspace);
        let known = self.known.iter().filter(|(root, _)| of_checkout(*root)).map(|(_, path)| (path, false));
        let others = self.others.iter().map(|other| (&other.text, other.is_above));
        let is_there = |(path, is_above): (&Vec<u8>, bool)| {
            memmem::find_iter(text, path).any(|start| {
                let next = text.get(start + path.len()).copied();
                let is_fixed = || self.fixed.iter().any(|fixed| begins_with(&text[start..], fixed));
                ends_here(next) && (!is_above || begins_here(&text[..start]) && !is_fixed())
            })
        };
        known.chain(others).any(is_there)
            || steps_up(text) >= self.steps_out
            || self.name.as_ref().is_some_and(|name| is_value(text, name))
    }
}

/// Counts the most `../` in a row.
fn steps_up(text: &[u8]) -> usize {
    let (mut most, mut row, mut end) = (0, 0, 0);
    for start in memmem::find_iter(text, b"../") {
        row = if start == end { row + 1 } else { 1 };
        end = start + 3;
        // The last one may end the path.
        let is_last = text.get(end..end + 2) == Some(b"..") && ends_here(text.get(end + 2).copied());
        most = most.max(row + usize::from(is_last));
    }
    most
}

/// Whether `name` is all there is of a value: behind `=` to the end of a line or to a `/`, in quotes, or a line of its own.
fn is_value(text: &[u8], name: &[u8]) -> bool {
    memmem::find_iter(text, name).any(|start| {
        let before = start.checked_sub(1).map(|at| text[at]);
        let after = text.get(start + name.len()).copied();
        matches!(
            (before, after),
            (Some(b'='), None | Some(b'\n' | b'\r' | b'/'))
                | (Some(b'"'), Some(b'"'))
                | (None | Some(b'\n'), None | Some(b'\n' | b'\r'))
        )
    })
}

/// Whether a text begins with a whole path.
fn begins_with(text: &[u8], path: &[u8]) -> bool {
    text.starts_with(path) && ends_here(text.get(path.len()).copied())
}

/// Whether a path can end before this byte: it is no part of a name.
fn ends_here(next: Option<u8>) -> bool {
    next.is_none_or(|byte| !(byte.is_ascii_alphanumeric() || b"-_.+@~%".contains(&byte) || byte >= 0x80))
}

/// Whether an absolute path can begin behind this text: what is glued to it is no path itself.
fn begins_here(before: &[u8]) -> bool {
    let is_glue = |byte: &u8| !byte.is_ascii_whitespace() && !b"\"'`=:;,()[]{}<>|&\0".contains(byte);
    let glued = before.iter().rev().take_while(|byte| is_glue(byte));
    !glued.into_iter().any(|byte| matches!(byte, b'/' | b'\\' | b'.'))
}

/// Whether a byte of a path is written in one way by everybody: no shell, URL or string literal changes it.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-_.+@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn places(root: &str) -> Places {
        let path = |rest: &str| PathBuf::from(format!("{root}{rest}"));
        let roots = Roots::new([(Root::Profile(0), path("/target/debug")), (Root::Workspace, path(""))]);
        let out_dir = path("/target/debug/build/pack-1/out");
        let fixed = ["/usr/bin", "/h/u/bin", "/h/u/tools/x", "/h/u"].map(Path::new);
        Places::new(&roots, Some(Path::new(root)), "pack", &out_dir).but_for(fixed.into_iter())
    }

    fn shown(text: &str) -> (String, bool) {
        let shortened = places("/h/u/tree").shorten(text.as_bytes());
        let written =
            |mark: Mark| Some(if mark.root == Root::Workspace { b"{w}".to_vec() } else { b"{p}".to_vec() });
        (String::from_utf8(shortened.text.expand(written).unwrap()).unwrap(), shortened.is_bound)
    }

    #[test]
    fn whole_paths_are_taken_out() {
        for (text, expected) in [
            ("cargo:root=/h/u/tree/target/debug/build/x/out\n", "cargo:root={p}/build/x/out\n"),
            ("-I/h/u/tree/include -L '/h/u/tree'", "-I{w}/include -L '{w}'"),
            ("-Wl,-rpath,/h/u/tree/lib:/h/u/tree", "-Wl,-rpath,{w}/lib:{w}"),
            ("/h/u/tree/target/debug2", "{w}/target/debug2"),
            ("nothing", "nothing"),
            ("/h/tree2/x /v/h/u", "/h/tree2/x /v/h/u"),
        ] {
            assert_eq!(shown(text), (expected.to_owned(), false), "{text}");
        }
    }

    #[test]
    fn what_is_left_over_binds() {
        for text in [
            "/mnt/h/u/tree/x",
            "file:///h/u/tree",
            "D=/h/u\n",
            "cargo:rustc-env=D=tree\n",
            "const D: &str = \"tree\";",
            "cargo:rustc-env=D=tree/x\n",
            "tree",
            "a\ntree\n",
            // Beside the workspace.
            "/h/u/tools/xy",
            "/h/u/tools",
            "/h/u/tree2/x",
            "-I/h/u/other",
            // Out of the checkout.
            "../../../../../../etc/x",
            "x ../../../..",
            "~/u/tree/x",
        ] {
            assert!(shown(text).1, "{text}");
        }
        for text in [
            "W=/h/u/tools/x",
            "/h/u/bin/cc -c",
            "/h/other",
            "trees",
            "the tree\n",
            "D=trees\n",
            "../../../x",
            "../../../..x",
            "u/tree/x",
        ] {
            assert!(!shown(text).1, "{text}");
        }
    }

    #[test]
    fn names_that_are_written_in_several_ways() {
        let odd = places("/h/my tree");
        assert!(odd.shorten(b"/h/my tree/x").is_bound);
        assert!(!odd.shorten(b"x").is_bound);
    }

    #[test]
    fn keys_are_equal_elsewhere() {
        let form = |root: &str| places(root).key_form(format!("{root}/target/debug:{root}/a").as_bytes());
        assert_eq!(form("/h/u/tree"), form("/other/longer/place"));
        assert_ne!(form("/h/u/tree"), places("/x").key_form(b"/h/u/tree/target/debug:/h/u/tree/a"));
    }
}
