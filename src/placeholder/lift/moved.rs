//! The sections in which the directory is replaced, and where what others point to went.
//!
//! Strings may stand in any order, for all that points to them is known: they are sorted, and each is kept once. Line
//! tables stay in their order; those of DWARF 2 to 4 grow.

use std::collections::BTreeSet;

use super::super::line::{self, UNIT_HEAD, Unit};
use super::super::{LENGTH, ROOT, is_whole};
use super::{get, put};

/// A section with the placeholder in it.
pub(super) struct Moved {
    /// Its new content.
    pub(super) content: Vec<u8>,
    /// By their old place.
    parts: Vec<Part>,
}

/// Bytes that stay together.
struct Part {
    old: usize,
    length: usize,
    new: usize,
}

impl Moved {
    /// Returns where a place went. `None` within what was replaced.
    pub(super) fn place(&self, old: u64) -> Option<u64> {
        let old = usize::try_from(old).ok()?;
        let after = self.parts.partition_point(|part| part.old <= old);
        let part = self.parts[..after].last()?;
        let within = old - part.old;
        (within < part.length).then(|| (part.new + within) as u64)
    }

    fn part(&mut self, old: usize, length: usize, new: usize) {
        self.parts.push(Part { old, length, new });
    }

    /// Replaces in strings with a NUL at their end, and sorts them.
    pub(super) fn strings(content: &[u8], root: &[u8]) -> Option<Self> {
        if content.last().is_some_and(|last| *last != 0) {
            return None;
        }
        let old: Vec<&[u8]> = content.split_inclusive(|byte| *byte == 0).collect();
        let new: Vec<Vec<u8>> =
            old.iter().map(|string| lifted(string, root).unwrap_or_else(|| string.to_vec())).collect();
        let sorted: Vec<&Vec<u8>> = new.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut starts = Vec::with_capacity(sorted.len());
        let mut moved = Self { content: Vec::new(), parts: Vec::new() };
        for string in &sorted {
            starts.push(moved.content.len());
            moved.content.extend_from_slice(string);
        }
        let mut at = 0;
        for (old, new) in old.iter().zip(&new) {
            let start = starts[sorted.binary_search(&new).ok()?];
            if old == new {
                moved.part(at, old.len(), start);
            } else {
                // Its start, and what may be shared of its tail.
                moved.part(at, 1, start);
                moved.part(at + root.len(), old.len() - root.len(), start + LENGTH);
            }
            at += old.len();
        }
        Some(moved)
    }

    /// Replaces in line tables.
    pub(super) fn lines(content: &[u8], root: &[u8]) -> Option<Self> {
        let mut moved = Self { content: Vec::new(), parts: Vec::new() };
        let mut at = 0;
        while at < content.len() {
            let head = &content[at..content.len().min(at + UNIT_HEAD)];
            let unit = Unit::read(head, true)?;
            let bytes = content[at..].get(..usize::try_from(unit.end).ok()?)?;
            moved.unit(at, bytes, &unit, root)?;
            at += bytes.len();
        }
        Some(moved)
    }

    /// Replaces in one line table.
    fn unit(&mut self, old: usize, bytes: &[u8], unit: &Unit, root: &[u8]) -> Option<()> {
        let new = self.content.len();
        let Some(names) = unit.names else {
            self.part(old, bytes.len(), new);
            self.content.extend_from_slice(bytes);
            return Some(());
        };
        let program = usize::try_from(unit.program).ok()?;
        let lifted = line::rewrite(bytes.get(names..program)?, |name| lifted(name, root))?;
        let mut head = bytes[..names].to_vec();
        lengthen(&mut head, lifted.len().checked_sub(program - names)?)?;
        self.part(old, names, new);
        self.part(old + program, bytes.len() - program, new + names + lifted.len());
        for part in [&head, &lifted, &bytes[program..]] {
            self.content.extend_from_slice(part);
        }
        Some(())
    }
}

/// Adds to the length of a line table, and to that of its header.
fn lengthen(head: &mut [u8], more: usize) -> Option<()> {
    let is_wide = get(head, 0, 4)? == 0xffff_ffff;
    // The length of the header stands behind the version.
    let lengths = if is_wide { [(4, 8), (14, 8)] } else { [(0, 4), (6, 4)] };
    for (at, size) in lengths {
        let length = get(head, at, size)?.checked_add(more as u64)?;
        // Higher ones say that the table is a wide one.
        if !is_wide && length >= 0xffff_fff0 {
            return None;
        }
        put(head, at, size, length)?;
    }
    Some(())
}

/// Returns a string with the placeholder in the place of the directory, if it begins with that.
fn lifted(string: &[u8], root: &[u8]) -> Option<Vec<u8>> {
    let rest = string.strip_prefix(root)?;
    is_whole(rest.first().copied()).then(|| [ROOT.as_bytes(), rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(content: &[u8], text: &str) -> u64 {
        memchr::memmem::find(content, text.as_bytes()).unwrap() as u64
    }

    #[test]
    fn strings_are_sorted_and_what_points_into_them_follows() {
        let old = b"x\0/w/out\0/w\0\0/works\0a/w\0x\0";
        let moved = Moved::strings(old, b"/w").unwrap();
        let root = &*ROOT;
        let sorted = format!("\0{root}\0{root}/out\0/works\0a/w\0x\0");
        assert_eq!(moved.content, sorted.as_bytes());
        let at = |text: &str| place(&moved.content, text);
        // Both of two equal strings, the middle of one, and the tail that stays of one that is replaced.
        for (text, new) in [
            ("x\0/w", at("x\0")),
            ("works\0", at("works\0")),
            ("/w/out\0", at(&format!("{root}/out"))),
            ("/out\0", at("/out\0")),
            ("/w\0\0", at(&format!("{root}\0"))),
            ("w\0x\0", at("w\0x\0")),
        ] {
            assert_eq!(moved.place(place(old, text)), Some(new), "{text}");
        }
        assert_eq!(moved.place(old.len() as u64 - 2), Some(at("x\0")));
        assert_eq!(moved.place(place(old, "w/out\0")), None);
        assert_eq!(moved.place(old.len() as u64), None);
        assert!(Moved::strings(b"no end", b"/w").is_none());
    }

    /// Writes a line table of DWARF 3 with one directory.
    fn table(wide: bool, directory: &[u8], program: &[u8]) -> Vec<u8> {
        let header = [&[1, 1, 0, 14, 1], directory, b"\0\0f.c\0\x01\0\0\0"].concat();
        let number = |number: usize| {
            let bytes = (number as u64).to_le_bytes();
            if wide { bytes.to_vec() } else { bytes[..4].to_vec() }
        };
        let rest = [&[3, 0][..], &number(header.len()), &header, program].concat();
        let escape: &[u8] = if wide { &[0xff; 4] } else { &[] };
        [escape, &number(rest.len()), &rest].concat()
    }

    #[test]
    fn line_tables_grow() {
        for wide in [false, true] {
            let tables = |directory: &str| {
                let directory = directory.as_bytes();
                [
                    table(wide, b"/usr", b"before"),
                    table(wide, directory, b"inside"),
                    table(!wide, directory, b""),
                ]
            };
            let [old, new] = ["/w/out", &format!("{}/out", &*ROOT)].map(tables);
            let moved = Moved::lines(&old.concat(), b"/w").unwrap();
            assert_eq!(moved.content, new.concat());
            let starts = |tables: &[Vec<u8>; 3]| [0, tables[0].len(), tables[0].len() + tables[1].len()];
            for (old, new) in starts(&old).into_iter().zip(starts(&new)) {
                assert_eq!(moved.place(old as u64), Some(new as u64));
            }
            for text in ["before", "inside", "nside"] {
                assert_eq!(moved.place(place(&old.concat(), text)), Some(place(&new.concat(), text)));
            }
            assert_eq!(moved.place(place(&old.concat(), "/w/out")), None);
            for end in old[0].len() + 1..old[0].len() + old[1].len() {
                assert!(Moved::lines(&old.concat()[..end], b"/w").is_none());
            }
        }
    }
}
