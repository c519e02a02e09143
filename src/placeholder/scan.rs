//! Looks for the placeholder and for real directories in what the compiler made, before anything is replaced.
//!
//! Owns three questions about an output, by which others decide whether it can be shared between checkouts. Errs on the
//! side of caution: any occurrence of a directory's bytes counts if it is not a short one, since texts in a program
//! follow each other without anything between them, and what can't be told apart counts as seen by the program.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use super::ROOT;
use super::bytes::{Bytes, OpenFile};
use super::object::{self, Kind, Object};
use super::search::{self, Needle};
use crate::fs::{self, AtPath as _};

/// What an output holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Whether the placeholder stands where a program sees it when it runs.
    pub visible: bool,
    /// Whether the bytes of a real directory stand anywhere.
    pub real: bool,
    /// Whether there are parts into which one can't look: compressed sections, or bitcode.
    pub opaque: bool,
}

/// Below this length a directory's name is taken for part of another path, unless it stands by itself.
const COMMON: usize = 12;

/// Looks through an output: a library of any kind, bare metadata, a program.
///
/// Of `real_roots`, short ones like `/app` or `/src` count only where nothing that can belong to a path stands before
/// or behind them: they are parts of many others.
pub fn scan(path: &Path, real_roots: &[&[u8]]) -> fs::Result<Found> {
    let file = OpenFile::new(fs::open(path)?).at("read", path)?;
    look(&file, real_roots).at("read", path)
}

/// Looks through the bytes of an output.
pub fn scan_bytes(bytes: &[u8], real_roots: &[&[u8]]) -> Found {
    // Only files have errors; a range of these bytes that is not there is nobody's.
    look(bytes, real_roots).unwrap_or(Found { visible: true, real: true, opaque: true })
}

fn look(bytes: &(impl Bytes + ?Sized), real_roots: &[&[u8]]) -> io::Result<Found> {
    let objects = object::objects(bytes)?;
    let opaque = objects.iter().any(|object| object.compressed || object.bitcode);
    let mut found = Found { opaque, ..Found::default() };
    let named =
        std::iter::once(ROOT.as_bytes()).chain(real_roots.iter().copied()).filter(|text| !text.is_empty());
    let (texts, needles): (Vec<_>, Vec<_>) =
        named.filter_map(|text| Some((text, Needle::new(text)?))).unzip();
    let mut buffer = Vec::new();
    for range in object::texts(0..bytes.length(), &objects) {
        let flow = search::each(bytes, range, &needles, &mut buffer, &mut |needle, at| {
            match needle {
                0 => found.visible |= is_loaded(at, &objects),
                real => {
                    let length = texts[real].len();
                    found.real |= length >= COMMON || stands_alone(bytes, at, length);
                }
            }
            if found.visible && found.real { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if flow.is_break() {
            break;
        }
    }
    Ok(found)
}

/// Whether what stands before and behind a place can't belong to the same path, but for what lies below it.
fn stands_alone(bytes: &(impl Bytes + ?Sized), at: u64, length: usize) -> bool {
    let mut buffer = Vec::new();
    let mut byte = |at: u64| bytes.get(at..at + 1, &mut buffer).ok().map(|byte| byte[0]);
    let continues = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let before = at.checked_sub(1).and_then(&mut byte);
    let behind = byte(at + length as u64);
    before.is_none_or(|byte| !continues(byte)) && behind.is_none_or(|byte| byte == b'/' || !continues(byte))
}

/// Whether a place is in memory when the program runs. True for places in an object that belong to no section.
fn is_loaded(at: u64, objects: &[Object]) -> bool {
    let Some(object) = object::around(at, objects) else { return false };
    object.section_at(at).is_none_or(|section| section.kind == Kind::Loaded)
}
