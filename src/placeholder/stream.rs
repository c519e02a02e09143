//! Puts the real root in the place of the placeholder in what a compiler says, as it says it.
//!
//! Owns how much of a text can go out at once: whole lines always, and of a line that has no end yet all but a tail that
//! may be the beginning of a placeholder. Never reads or writes anything itself.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::search::Needle;
use super::{LENGTH, ROOT};
use crate::portable::Form;

/// Replaces [`ROOT`] in a stream of lines.
///
/// A line that begins with `{` is taken for JSON, in which the root is written as a part of a JSON string.
pub struct Replacer {
    needle: Needle<'static>,
    /// The root as it is written in plain text.
    plain: Vec<u8>,
    /// The root as it is written within a string of JSON.
    json: Vec<u8>,
    /// What did not go out yet: the beginning of a placeholder, or all of it.
    held: Vec<u8>,
    /// The first byte of the line whose end is still to come, if it went out already.
    first: Option<u8>,
}

impl Replacer {
    /// Replaces by `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            needle: Needle::new(ROOT.as_bytes()).expect("the placeholder is not empty"),
            plain: root.as_os_str().as_bytes().to_vec(),
            json: Form::Json.write(root),
            held: Vec::new(),
            first: None,
        }
    }

    /// Takes what came next, and returns what can go out now.
    pub fn push<'a>(&mut self, chunk: &'a [u8]) -> Cow<'a, [u8]> {
        let text = match std::mem::take(&mut self.held) {
            held if held.is_empty() => Cow::Borrowed(chunk),
            held => Cow::Owned([&held, chunk].concat()),
        };
        let cut = text.len() - unfinished(&text);
        self.held = text[cut..].to_vec();
        match text {
            Cow::Borrowed(text) => self.replace(&text[..cut], text.get(cut).copied()),
            Cow::Owned(text) => self.replace(&text[..cut], text.get(cut).copied()).into_owned().into(),
        }
    }

    /// Returns what was held back.
    pub fn finish(mut self) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        self.replace(&held, None).into_owned()
    }

    /// Replaces in a piece of text that `next` follows, which no placeholder crosses the end of.
    fn replace<'a>(&mut self, text: &'a [u8], next: Option<u8>) -> Cow<'a, [u8]> {
        let mut out = Vec::new();
        let mut start = 0;
        let mut from = 0;
        while let Some(at) = self.needle.find(text, from) {
            from = at + LENGTH;
            if ends_component(text.get(from).copied().or(next)) {
                out.extend_from_slice(&text[start..at]);
                out.extend_from_slice(if self.is_json(text, at) { &self.json } else { &self.plain });
                start = from;
            }
        }
        self.first = match memchr::memrchr(b'\n', text) {
            Some(end) => text.get(end + 1).copied(),
            None => self.first.or(text.first().copied()),
        };
        if start == 0 {
            return Cow::Borrowed(text);
        }
        out.extend_from_slice(&text[start..]);
        out.into()
    }

    /// Whether the line around a place is JSON.
    fn is_json(&self, text: &[u8], at: usize) -> bool {
        let first = match memchr::memrchr(b'\n', &text[..at]) {
            Some(end) => text.get(end + 1).copied(),
            None => self.first.or(text.first().copied()),
        };
        first == Some(b'{')
    }
}

/// Returns how many bytes at the end of a text may belong to a placeholder that is not complete, or whose next byte is
/// not known.
fn unfinished(text: &[u8]) -> usize {
    let longest = text.len().min(LENGTH);
    let tails = (1..=longest).rev().map(|length| &text[text.len() - length..]);
    tails.filter(|tail| tail[0] == b'/').find(|tail| ROOT.as_bytes().starts_with(tail)).map_or(0, <[u8]>::len)
}

/// Whether the placeholder in a message is a whole path, or the beginning of one, judged by the byte behind it.
fn ends_component(next: Option<u8>) -> bool {
    let continues = |byte: u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"._-+~@".contains(&byte);
    next.is_none_or(|byte| !continues(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a text in pieces of a size, and returns all that came out.
    fn sent(root: &Path, text: &[u8], size: usize) -> Vec<u8> {
        let mut replacer = Replacer::new(root);
        let mut out: Vec<u8> =
            text.chunks(size).flat_map(|chunk| replacer.push(chunk).into_owned()).collect();
        out.extend(replacer.finish());
        out
    }

    #[test]
    fn any_cut_gives_the_same_text() {
        let text = format!(
            "error: no\n --> {ROOT}/src/lib.rs:1:2\n{{\"file\":\"{ROOT}/a.rs\",\"cwd\":\"{ROOT}\"}}\n\
             {ROOT}x {ROOT}. {ROOT}\n/proc/self/cwd {ROOT}"
        );
        let wanted = format!(
            "error: no\n --> /w \"q\"/src/lib.rs:1:2\n{{\"file\":\"/w \\\"q\\\"/a.rs\",\"cwd\":\"/w \\\"q\\\"\"}}\n\
             {ROOT}x {ROOT}. /w \"q\"\n/proc/self/cwd /w \"q\""
        );
        for size in (1..900).chain([text.len()]) {
            let out = sent(Path::new("/w \"q\""), text.as_bytes(), size);
            assert_eq!(String::from_utf8(out).unwrap(), wanted, "pieces of {size}");
        }
    }

    #[test]
    fn nothing_is_held_that_need_not_be() {
        let mut replacer = Replacer::new(Path::new("/w"));
        assert!(matches!(
            replacer.push(b"   Compiling a\nwarning: "),
            Cow::Borrowed(b"   Compiling a\nwarning: ")
        ));
        assert!(matches!(replacer.push(b"see /proc"), Cow::Borrowed(b"see ")));
        assert_eq!(*replacer.push(b"s"), *b"/procs");
        assert_eq!(*replacer.push(format!("a\n{ROOT}/b\n{ROOT}").as_bytes()), *b"a\n/w/b\n");
        assert_eq!(*replacer.push(b"\n"), *b"/w\n");
        assert_eq!(*replacer.push(b"a/"), *b"a");
        assert_eq!(replacer.finish(), b"/");
    }

    #[test]
    fn the_start_of_a_json_line_may_be_gone_already() {
        let mut replacer = Replacer::new(Path::new("/a\"b"));
        assert_eq!(*replacer.push(b"x\n{\"a\":"), *b"x\n{\"a\":");
        assert_eq!(*replacer.push(format!("\"{ROOT}\"}}\n").as_bytes()), *b"\"/a\\\"b\"}\n");
        assert_eq!(*replacer.push(format!("{ROOT}\n").as_bytes()), *b"/a\"b\n");
    }

    #[test]
    fn roots_that_are_no_text() {
        use std::os::unix::ffi::OsStrExt as _;
        let root = Path::new(std::ffi::OsStr::from_bytes(b"/w\xff"));
        assert_eq!(sent(root, format!("{ROOT}\n").as_bytes(), 1000), b"/w\xff\n");
        assert_eq!(sent(root, format!("{{\"{ROOT}\"}}\n").as_bytes(), 1000), "{\"/w\u{fffd}\"}\n".as_bytes());
    }
}
