//! What the front end hands to the wrappers of its build, in `KACHE_BUILD`.
//!
//! Owns the form of that variable, both ways. Never reads or sets it.
//!
//! ```text
//! ID[;no-remote][;no-prefetch][;inner=PATH]
//! ```
//!
//! The path comes last and may hold anything, also what is no text.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

/// What is handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handover {
    /// The build's id.
    pub id: String,
    /// Whether the remote is left alone.
    pub no_remote: bool,
    /// Whether nothing is fetched ahead.
    pub no_prefetch: bool,
    /// The user's wrapper, to be run inside ours.
    pub inner: Option<PathBuf>,
}

const NO_REMOTE: &str = "no-remote";
const NO_PREFETCH: &str = "no-prefetch";
const INNER: &[u8] = b"inner=";

impl Handover {
    /// Reads a value; words that are unknown are passed over.
    pub fn read(value: &OsStr) -> Self {
        let mut read = Self::default();
        let mut rest = value.as_bytes();
        let mut is_first = true;
        while !rest.is_empty() {
            if let Some(path) = rest.strip_prefix(INNER).filter(|_| !is_first) {
                read.inner = Some(PathBuf::from(OsString::from_vec(path.to_vec())));
                break;
            }
            let end = rest.iter().position(|byte| *byte == b';').unwrap_or(rest.len());
            let word = String::from_utf8_lossy(&rest[..end]);
            match &*word {
                id if is_first => read.id = id.to_owned(),
                NO_REMOTE => read.no_remote = true,
                NO_PREFETCH => read.no_prefetch = true,
                _ => {}
            }
            is_first = false;
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        read
    }

    /// Writes the value.
    pub fn to_value(&self) -> OsString {
        let mut value = OsString::from(&self.id);
        for (is_off, word) in [(self.no_remote, NO_REMOTE), (self.no_prefetch, NO_PREFETCH)] {
            if is_off {
                value.push(format!(";{word}"));
            }
        }
        if let Some(inner) = &self.inner {
            value.push(";");
            value.push(OsStr::from_bytes(INNER));
            value.push(inner);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let id = || "a-1".to_owned();
        let odd = PathBuf::from(OsString::from_vec(b"/x;no-remote\xff;inner=y".to_vec()));
        for (handover, value) in [
            (Handover { id: id(), ..Handover::default() }, "a-1"),
            (Handover { id: id(), no_remote: true, ..Handover::default() }, "a-1;no-remote"),
            (Handover { id: id(), inner: Some("/x;y".into()), ..Handover::default() }, "a-1;inner=/x;y"),
            (
                Handover { id: id(), no_remote: true, no_prefetch: true, inner: Some("/x".into()) },
                "a-1;no-remote;no-prefetch;inner=/x",
            ),
        ] {
            assert_eq!(handover.to_value(), value);
            assert_eq!(Handover::read(OsStr::new(value)), handover);
        }
        let odd = Handover { id: id(), no_prefetch: true, inner: Some(odd), ..Handover::default() };
        assert_eq!(Handover::read(&odd.to_value()), odd);
        let newer = Handover::read(OsStr::new("a-1;something-new;no-remote"));
        assert_eq!(newer, Handover { id: id(), no_remote: true, ..Handover::default() });
        assert_eq!(Handover::read(OsStr::new("inner=x")).id, "inner=x");
    }
}
