//! Many small entries in one object.
//!
//! Owns how small archives are laid one behind another, and which parts of a pack are fetched in one go. Each archive in a
//! pack is whole and tells about itself, as it does alone.

use crate::digest::Digest;

use super::record::{Item, Slice};

/// Archives up to this length, in bytes, also lie in packs: fetched alone they would cost a round trip each.
pub const SMALL: usize = 256 << 10;
/// The most that is fetched in one go, in bytes.
const RANGE: u64 = 4 << 20;
/// So much that nobody wants is fetched to save a request, in bytes.
const GAP: u64 = 64 << 10;

/// A pack being made.
#[derive(Debug, Default)]
pub struct Packing {
    body: Vec<u8>,
}

impl Packing {
    /// Appends an archive. Returns where it begins.
    pub fn add(&mut self, archive: &[u8]) -> u64 {
        let offset = self.body.len() as u64;
        self.body.extend_from_slice(archive);
        offset
    }

    /// Returns the pack and its name. `None` for an empty one.
    pub fn finish(self) -> Option<(Digest, Vec<u8>)> {
        (!self.body.is_empty()).then(|| (Digest::of(&self.body), self.body))
    }
}

/// A part of a pack, with entries that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The pack.
    pub pack: Digest,
    /// Where it begins.
    pub offset: u64,
    /// Its length.
    pub length: u64,
    /// The entries in it.
    pub items: Vec<Item>,
}

impl Range {
    /// Returns the bytes of an item in the bytes of the range.
    pub fn slice<'b>(&self, item: &Item, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let start = usize::try_from(item.pack?.offset.checked_sub(self.offset)?).ok()?;
        bytes.get(start..start.checked_add(usize::try_from(item.bytes).ok()?)?)
    }
}

/// Sorts items that lie in packs into few ranges. Those that lie alone come back as they are.
pub fn ranges(items: Vec<Item>) -> (Vec<Range>, Vec<Item>) {
    let (mut packed, alone): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.pack.is_some());
    packed.sort_by_key(|item| item.pack.map(|Slice { pack, offset }| (pack, offset)));
    let mut ranges: Vec<Range> = Vec::new();
    for item in packed {
        let Slice { pack, offset } = item.pack.expect("only those with a pack are left");
        let end = offset.saturating_add(item.bytes);
        match ranges.last_mut() {
            Some(last)
                if last.pack == pack
                    && offset <= last.offset + last.length + GAP
                    && end.saturating_sub(last.offset) <= RANGE =>
            {
                last.length = last.length.max(end - last.offset);
                last.items.push(item);
            }
            _ => ranges.push(Range { pack, offset, length: item.bytes, items: vec![item] }),
        }
    }
    (ranges, alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, bytes: u64, pack: Option<Slice>) -> Item {
        let key = Digest::of(name.as_bytes());
        let (package, version) = (name.to_owned(), String::new());
        Item { key, invocation: key, unit: key, package, version, bytes, compile_ms: 0, pack }
    }

    #[test]
    fn neighbours_come_in_one_go() {
        let mut packing = Packing::default();
        let archives = [&b"one"[..], b"two", b"three"];
        let offsets = archives.map(|archive| packing.add(archive));
        assert_eq!(offsets, [0, 3, 6]);
        let (pack, body) = packing.finish().unwrap();
        let at = |n: usize| item("x", archives[n].len() as u64, Some(Slice { pack, offset: offsets[n] }));
        let far = Slice { pack, offset: RANGE };
        let lone = item("lone", 9, None);
        let (found, alone) = ranges(vec![at(2), lone.clone(), at(1), item("far", 9, Some(far))]);
        assert_eq!(alone, [lone]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].offset, found[0].length), (3, 8));
        let bytes = &body[3..11];
        assert_eq!(found[0].slice(&at(2), bytes), Some(&b"three"[..]));
        assert_eq!(found[0].slice(&at(0), bytes), None);
        assert_eq!(found[1].slice(&found[1].items[0], bytes), None);
        assert_eq!(Packing::default().finish(), None);
    }
}
