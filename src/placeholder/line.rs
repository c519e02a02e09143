//! The headers of DWARF's line tables, versions 2 to 4: directories and file names stand in them as they are.
//!
//! A shorter path moves what follows it in the header to the left. The length of the header stays, since the program
//! behind it must not move: relocations and other sections point into it. So that no byte is left over before the
//! program, one more directory is put at the end of the list, to which no file refers. (Bytes left over would do
//! for readers that go by the header's length, but LLVM's tools warn of them and Valgrind takes them for the program.)
//!
//! Version 5 keeps its strings in `.debug_line_str`; its headers are left to others.

use super::object::number;
use super::{LENGTH, ROOT, is_whole};

/// Where the parts of a unit are, counted from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// Where the directories begin; `None` if this version has none that are inline.
    pub(super) names: Option<usize>,
    /// Where the program begins.
    pub(super) program: u64,
    /// Where the unit ends.
    pub(super) end: u64,
}

/// The most bytes that [`Unit::read`] needs.
pub(super) const UNIT_HEAD: usize = 12 + 2 + 8 + 6 + 255;

impl Unit {
    /// Reads the head of a unit.
    pub(super) fn read(head: &[u8], little: bool) -> Option<Self> {
        let mut fields = Fields { bytes: head, at: 0, little };
        let mut length = fields.number(4)?;
        let word = if length == 0xffff_ffff { 8 } else { 4 };
        if word == 8 {
            length = fields.number(8)?;
        }
        let end = length.checked_add(fields.at as u64)?;
        let version = fields.number(2)?;
        let inline = (2..=4).contains(&version);
        if !inline {
            return Some(Self { names: None, program: 0, end });
        }
        let header_length = fields.number(word)?;
        let program = header_length.checked_add(fields.at as u64)?;
        // Lengths of instructions, the defaults, and the opcodes.
        fields.at += if version == 4 { 5 } else { 4 };
        let opcodes = usize::try_from(fields.number(1)?).ok()?;
        fields.at += opcodes.saturating_sub(1);
        (program <= end).then_some(Self { names: Some(fields.at), program, end })
    }
}

struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    little: bool,
}

impl Fields<'_> {
    fn number(&mut self, size: usize) -> Option<u64> {
        let value = number(self.bytes.get(self.at..self.at + size)?, self.little)?;
        self.at += size;
        Some(value)
    }
}

/// What stands between the head of a unit and its program, as two lists.
struct Names<'a> {
    directories: Vec<&'a [u8]>,
    /// The name of each file, and the three numbers behind it.
    files: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Names<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut names = Self { directories: Vec::new(), files: Vec::new() };
        // An empty string ends a list.
        loop {
            match take_string(&mut rest)? {
                [] => break,
                directory => names.directories.push(directory),
            }
        }
        loop {
            match take_string(&mut rest)? {
                [] => break,
                file => names.files.push((file, take_numbers(&mut rest, 3)?)),
            }
        }
        Some(names)
    }

    fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for directory in &self.directories {
            bytes.extend_from_slice(directory);
            bytes.push(0);
        }
        bytes.push(0);
        for (file, numbers) in &self.files {
            bytes.extend_from_slice(file);
            bytes.push(0);
            bytes.extend_from_slice(numbers);
        }
        bytes.push(0);
        bytes
    }

    fn strings(&mut self) -> impl Iterator<Item = &mut &'a [u8]> {
        self.directories.iter_mut().chain(self.files.iter_mut().map(|(file, _)| file))
    }
}

/// Takes a string and its NUL.
fn take_string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (string, after) = rest.split_at(memchr::memchr(0, rest)?);
    *rest = &after[1..];
    Some(string)
}

/// Takes a few numbers in LEB128.
fn take_numbers<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let mut ends = rest.iter().enumerate().filter(|(_, byte)| **byte < 0x80).map(|(at, _)| at + 1);
    let (numbers, after) = rest.split_at(ends.nth(count - 1)?);
    *rest = after;
    Some(numbers)
}

/// Returns `names`, all that is between a unit's head and its program, with other strings where `change` gives some.
///
/// The result may have another length. `None` if they can't be read to the end.
pub(super) fn rewrite(names: &[u8], change: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut lists = Names::read(names)?;
    if lists.write() != names {
        return None;
    }
    let changed: Vec<_> = lists.strings().map(|string| change(string)).collect();
    for (string, changed) in lists.strings().zip(&changed) {
        if let Some(changed) = changed {
            *string = changed;
        }
    }
    Some(lists.write())
}

/// Returns `names`, all that is between a unit's head and its program, with `root` in the place of the placeholder.
///
/// The result is as long as `names`. `None` if they can't be read, or if not exactly `expected` strings begin with the
/// placeholder, or if there is no way to fill the gap.
pub(super) fn replace(names: &[u8], root: &[u8], expected: usize) -> Option<Vec<u8>> {
    let mut lists = Names::read(names)?;
    let mut replaced = Vec::new();
    let stands_for_root =
        |string: &[u8]| string.starts_with(ROOT.as_bytes()) && is_whole(string.get(LENGTH).copied());
    for string in lists.strings() {
        if stands_for_root(string) {
            replaced.push([root, &string[LENGTH..]].concat());
        }
    }
    if replaced.len() != expected {
        return None;
    }
    let mut replacements = replaced.iter();
    for string in lists.strings() {
        if stands_for_root(string) {
            *string = replacements.next()?;
        }
    }
    let spare = names.len().checked_sub(lists.write().len())?;
    let filling: Vec<u8> = b"./".iter().copied().cycle().take(spare.saturating_sub(1)).collect();
    match spare {
        0 => {}
        // A directory takes two bytes at least.
        1 => return None,
        _ => lists.directories.push(&filling),
    }
    Some(lists.write())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directories: &[&str], files: &[&str]) -> Vec<u8> {
        let files = files.iter().map(|file| (file.as_bytes(), &[0x81, 0x01, 0, 0][..])).collect();
        Names { directories: directories.iter().map(|d| d.as_bytes()).collect(), files }.write()
    }

    #[test]
    fn paths_shrink_and_a_directory_fills_the_gap() {
        let [deep, file] = ["/src", "/target/gen.rs"].map(|rest| format!("{ROOT}{rest}"));
        let old = names(&["/rustc", &deep], &["lib.rs", &file]);
        let new = replace(&old, b"/w", 2).unwrap();
        assert_eq!(new.len(), old.len());
        let read = Names::read(&new).unwrap();
        assert_eq!(read.directories[..2], [b"/rustc".as_slice(), b"/w/src"]);
        assert_eq!(read.directories[2], &b"./".repeat(382)[..2 * 382 - 1]);
        assert_eq!(read.files[1], (b"/w/target/gen.rs".as_slice(), [0x81, 0x01, 0, 0].as_slice()));
    }

    #[test]
    fn gaps_of_every_width() {
        let old = names(&[], &[&format!("{ROOT}/a.rs")]);
        for length in 1..=LENGTH {
            let root = "/".repeat(length);
            match replace(&old, root.as_bytes(), 1) {
                Some(new) => {
                    assert_eq!(new.len(), old.len());
                    let read = Names::read(&new).unwrap();
                    assert_eq!(read.files[0].0, format!("{root}/a.rs").as_bytes());
                    assert_eq!(read.directories.len(), usize::from(length < LENGTH));
                }
                None => assert_eq!(length, LENGTH - 1),
            }
        }
    }

    #[test]
    fn other_places_and_other_names_are_refused() {
        let longer = names(&[&format!("{ROOT}x"), &format!("@{ROOT}/b"), &format!("{ROOT}/c")], &["f"]);
        assert!(replace(&longer, b"/w", 2).is_none());
        assert!(replace(&longer, b"/w", 1).is_some());
        for end in 0..longer.len() {
            assert!(replace(&longer[..end], b"/w", 1).is_none(), "{end}");
        }
    }

    #[test]
    fn heads_of_units() {
        let mut head = vec![100, 0, 0, 0, 4, 0, 50, 0, 0, 0, 1, 1, 1, 0, 14, 13];
        head.extend([0; 12]);
        let unit = Unit::read(&head, true).unwrap();
        assert_eq!(unit, Unit { names: Some(28), program: 60, end: 104 });
        head[4] = 5;
        assert_eq!(Unit::read(&head, true).unwrap().names, None);
        head[4] = 3;
        assert_eq!(Unit::read(&head, true).unwrap().names, Some(15 + 13));
        head[6] = 200;
        assert_eq!(Unit::read(&head, true), None);
        assert_eq!(Unit::read(&head[..3], true), None);
    }
}
