//! Finds byte strings in ranges of a file, in one pass through a buffer that stays in the processor's cache.

use std::io;
use std::ops::{ControlFlow, Range};

use memchr::memmem::Finder;

use super::bytes::Bytes;

/// How much is read at once.
const CHUNK: u64 = 256 * 1024;

/// By how many bytes of a needle is searched; the rest is compared. Short needles have the faster search.
const SHORT: usize = 22;

/// A byte string to look for; never empty.
pub(super) struct Needle<'n> {
    finder: Finder<'n>,
    whole: &'n [u8],
}

impl<'n> Needle<'n> {
    /// Prepares the search. `None` for an empty string.
    pub(super) fn new(whole: &'n [u8]) -> Option<Self> {
        let short = &whole[..whole.len().min(SHORT)];
        (!whole.is_empty()).then(|| Self { finder: Finder::new(short), whole })
    }

    /// Returns the first place at or after `from`.
    pub(super) fn find(&self, text: &[u8], mut from: usize) -> Option<usize> {
        loop {
            let at = from + self.finder.find(text.get(from..)?)?;
            if text[at..].starts_with(self.whole) {
                return Some(at);
            }
            from = at + 1;
        }
    }
}

/// Calls `found` with the number of the needle and the place of each occurrence in `range`, chunk by chunk.
pub(super) fn each(
    bytes: &(impl Bytes + ?Sized),
    range: Range<u64>,
    needles: &[Needle<'_>],
    buffer: &mut Vec<u8>,
    found: &mut impl FnMut(usize, u64) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let overlap = needles.iter().map(|needle| needle.whole.len() as u64 - 1).max().unwrap_or(0);
    let mut start = range.start;
    while start < range.end {
        let next = (start + CHUNK).min(range.end);
        let text = bytes.get(start..(next + overlap).min(range.end), buffer)?;
        for (number, needle) in needles.iter().enumerate() {
            let mut from = 0;
            while let Some(at) = needle.find(text, from).filter(|at| start + (*at as u64) < next) {
                if found(number, start + at as u64).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                from = at + 1;
            }
        }
        start = next;
    }
    Ok(ControlFlow::Continue(()))
}
