//! Puts the real root in the place of the placeholder in a linked file.
//!
//! Owns what becomes of each occurrence. The length of the file and the place of everything in it stay, but for debug
//! sections that the linker has compressed: see [`mod@super::unpack`]. Only changed ranges are written, and little between
//! them, each by one call that leaves a file that works; a file without a placeholder is not opened for writing. What is
//! written depends on nothing but the file and the root. Never follows offsets out of the file.
//!
//! | where | what becomes of it |
//! |---|---|
//! | strings for debuggers (`.debug_str`, …) | the string ends earlier; what other strings share of its tail stays |
//! | line tables of DWARF 2 to 4 | the names behind it move up, see [`mod@line`] |
//! | metadata of the compiler in libraries of Rust, bitcode | it stays: what is compiled against them is mapped as well |
//! | anywhere else, and where the above does not fit | the root and `/.` up to the same length |

use std::io;
use std::ops::{ControlFlow, Range};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::bytes::{Bytes, OpenFile, Window};
use super::line::{self, UNIT_HEAD, Unit};
use super::object::{self, Kind, Object, Section};
use super::search::{self, Needle};
use super::unpack::unpack;
use super::{LENGTH, ROOT, is_whole};
use crate::fs::{self, AtPath as _};

/// What [`patch()`] did to a file, in occurrences of the placeholder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patched {
    /// Replaced with nothing more to be seen than the path as it would have been.
    pub strings: usize,
    /// Replaced by the root and `/.` up to the same length.
    pub padded: usize,
    /// Left as they are in what is for the compiler alone: metadata and bitcode.
    pub kept: usize,
    /// Left as they are: no whole path component, or the root does not fit, or the file is damaged there.
    pub left: usize,
    /// Whether there are compressed sections still: without a placeholder, or such as nobody could look into.
    pub compressed: bool,
}

/// Replaces [`ROOT`] by `root` in an executable, a shared library or a static archive, in place.
///
/// Other files stay as they are. The root must be absolute and no longer than the placeholder; with any other all
/// occurrences are left.
pub fn patch(path: &Path, root: &Path) -> fs::Result<Patched> {
    let open = || OpenFile::new(fs::open(path)?).at("read", path);
    let mut file = open()?;
    let mut objects = object::objects(&file).at("read", path)?;
    // What can't be unpacked is no reason to leave all else.
    if fitting(root).is_some() && unpack(path, &file, &objects).unwrap_or(false) {
        file = open()?;
        objects = object::objects(&file).at("read", path)?;
    }
    let (edits, patched) = plan(&file, &objects, root).at("read", path)?;
    if !edits.is_empty() {
        let file = fs::open_for_writing(path)?;
        for edit in &edits {
            file.write_all_at(&edit.bytes, edit.at).at("write", path)?;
        }
    }
    Ok(patched)
}

/// Decides about each placeholder in a file: what will be written, and what came of each.
fn plan(bytes: &(impl Bytes + ?Sized), objects: &[Object], root: &Path) -> io::Result<(Vec<Edit>, Patched)> {
    let compressed = objects.iter().any(|object| object.compressed);
    let hits = hits(bytes, objects)?;
    let Some(root) = fitting(root) else {
        return Ok((Vec::new(), Patched { left: hits.len(), compressed, ..Patched::default() }));
    };
    let patched = Patched { compressed, ..Patched::default() };
    let mut plan = Plan { bytes: Window::new(bytes), root, edits: Vec::new(), patched, unit: 0 };
    let mut rest = hits.as_slice();
    while !rest.is_empty() {
        let count = plan.replace_first(objects, rest)?;
        rest = &rest[count..];
    }
    Ok((plan.edits, plan.patched))
}

/// Finds all placeholders in a file that has objects in it.
fn hits(bytes: &(impl Bytes + ?Sized), objects: &[Object]) -> io::Result<Vec<u64>> {
    let mut hits = Vec::new();
    if objects.is_empty() {
        return Ok(hits);
    }
    let needle = Needle::new(ROOT.as_bytes());
    let mut buffer = Vec::new();
    for range in object::texts(0..bytes.length(), objects) {
        let _ = search::each(bytes, range, needle.as_slice(), &mut buffer, &mut |_, at| {
            hits.push(at);
            ControlFlow::Continue(())
        })?;
    }
    Ok(hits)
}

/// Returns the root as it is written, if it can be.
pub(super) fn fitting(root: &Path) -> Option<&[u8]> {
    let mut bytes = root.as_os_str().as_bytes();
    while let [rest @ .., b'/'] = bytes
        && !rest.is_empty()
    {
        bytes = rest;
    }
    (root.is_absolute() && bytes.len() <= LENGTH && !bytes.contains(&0)).then_some(bytes)
}

/// Where an occurrence stands.
struct Place<'o> {
    object: &'o Object,
    section: Option<&'o Section>,
    /// The section, or the whole object where there is none.
    range: Range<u64>,
}

impl<'o> Place<'o> {
    /// Returns where `hit` stands. `None` if that can't be told, or if it leads over an edge.
    fn around(hit: u64, objects: &'o [Object]) -> Option<Self> {
        let object = object::around(hit, objects).filter(|object| object.sections.is_some())?;
        let section = object.section_at(hit);
        let range = section.map_or(&object.range, |section| &section.range).clone();
        (hit + LENGTH as u64 <= range.end).then_some(Self { object, section, range })
    }

    fn kind(&self) -> Kind {
        self.section.map_or(Kind::Other, |section| section.kind)
    }
}

/// Bytes to be written.
struct Edit {
    at: u64,
    bytes: Vec<u8>,
}

/// How near to each other two edits are written as one, with what is between them.
const NEAR: u64 = 4096;

/// The most that is written at once.
const LARGEST: usize = 1024 * 1024;

/// What has been decided so far. Occurrences are taken in the order in which they stand.
struct Plan<'p, B: ?Sized> {
    bytes: Window<'p, B>,
    root: &'p [u8],
    edits: Vec<Edit>,
    patched: Patched,
    /// Where the last line table was found; the next one is not before it.
    unit: u64,
}

impl<B: Bytes + ?Sized> Plan<'_, B> {
    /// Decides about the first of `hits`, or several at once. Returns how many.
    fn replace_first(&mut self, objects: &[Object], hits: &[u64]) -> io::Result<usize> {
        let Some(place) = Place::around(hits[0], objects) else {
            self.patched.left += 1;
            return Ok(1);
        };
        match place.kind() {
            Kind::Strings => self.replace_string(&place, hits[0])?,
            Kind::Lines => return self.replace_lines(&place, hits),
            Kind::Metadata => self.patched.kept += 1,
            Kind::Loaded | Kind::Other | Kind::Numbers => self.pad(&place, hits[0])?,
        }
        Ok(1)
    }

    /// Replaces by a text of equal length, which leads to the same directory.
    fn pad(&mut self, place: &Place<'_>, hit: u64) -> io::Result<()> {
        let end = hit + LENGTH as u64;
        if !is_whole(self.bytes.get(end..place.range.end.min(end + 1))?.first().copied()) {
            self.patched.left += 1;
            return Ok(());
        }
        let exact = self.root.len() == LENGTH;
        *if exact { &mut self.patched.strings } else { &mut self.patched.padded } += 1;
        self.edit(hit, padded(self.root))
    }

    /// Replaces at the start of a string with a NUL at its end.
    fn replace_string(&mut self, place: &Place<'_>, hit: u64) -> io::Result<()> {
        let start = hit.saturating_sub(1).max(place.range.start);
        // With a longer rest the new string would reach into the old one's tail.
        let text = self.bytes.get(start..place.range.end.min(hit + 2 * LENGTH as u64))?;
        let (before, text) = text.split_at((hit - start) as usize);
        let rest = &text[LENGTH..];
        let rest = memchr::memchr(0, rest).map(|end| &rest[..end]);
        let rest = rest.filter(|rest| matches!(before, [] | [0]) && is_whole(rest.first().copied()));
        match rest.and_then(|rest| shortened(self.root, rest)) {
            Some(bytes) => {
                self.patched.strings += 1;
                self.edit(hit, bytes)
            }
            None => self.pad(place, hit),
        }
    }

    /// Replaces in the names of one line table. Returns how many of `hits` there were.
    fn replace_lines(&mut self, place: &Place<'_>, hits: &[u64]) -> io::Result<usize> {
        let Some(names) = self.names_around(place, hits[0])? else {
            self.pad(place, hits[0])?;
            return Ok(1);
        };
        let inside = &hits[..hits.partition_point(|hit| *hit < names.end)];
        match line::replace(self.bytes.get(names.clone())?, self.root, inside.len()) {
            Some(bytes) => {
                self.patched.strings += inside.len();
                self.edit(names.start, bytes)?;
            }
            None => inside.iter().try_for_each(|hit| self.pad(place, *hit))?,
        }
        Ok(inside.len())
    }

    /// Finds the line table around `hit`, and returns where its directories and files are.
    fn names_around(&mut self, place: &Place<'_>, hit: u64) -> io::Result<Option<Range<u64>>> {
        let mut start = if place.range.contains(&self.unit) { self.unit } else { place.range.start };
        while start <= hit {
            let head = self.bytes.get(start..place.range.end.min(start + UNIT_HEAD as u64))?;
            let Some(unit) = Unit::read(head, place.object.little) else { break };
            let [end, program] = [unit.end, unit.program].map(|offset| start.saturating_add(offset));
            if end > place.range.end {
                break;
            }
            if hit < end {
                self.unit = start;
                let names = unit.names.map(|names| start + names as u64..program);
                return Ok(names.filter(|names| names.contains(&hit)));
            }
            start = end;
        }
        Ok(None)
    }

    /// Adds an edit, which stands behind all others, or makes the last one longer.
    fn edit(&mut self, at: u64, bytes: Vec<u8>) -> io::Result<()> {
        if let Some(last) = self.edits.last_mut().filter(|last| last.bytes.len() < LARGEST) {
            let end = last.at + last.bytes.len() as u64;
            if end <= at && at - end < NEAR {
                last.bytes.extend_from_slice(self.bytes.get(end..at)?);
                last.bytes.extend(bytes);
                return Ok(());
            }
        }
        self.edits.push(Edit { at, bytes });
        Ok(())
    }
}

/// Writes the root at the length of the placeholder. The filling ends as the placeholder does: strings that share its
/// tail keep it.
fn padded(root: &[u8]) -> Vec<u8> {
    let gap = LENGTH - root.len();
    let slash: &[u8] = if gap.is_multiple_of(2) { b"" } else { b"/" };
    [root, slash, &b"/.".repeat(gap / 2)].concat()
}

/// How many bytes of the placeholder stay at its end, for strings such as `.` and `./src/lib.rs` that may share them.
const SHARED_TAIL: usize = 8;

/// Writes the root and what follows it, and NULs up to the tail that stays. `None` if it would reach into the tail.
fn shortened(root: &[u8], rest: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = [root, rest].concat();
    // One byte at least is for the NUL.
    (bytes.len() < LENGTH - SHARED_TAIL).then(|| {
        bytes.resize(LENGTH - SHARED_TAIL, 0);
        bytes
    })
}
