//! Bytes that are read by ranges: a file of any size, or a slice.
//!
//! A file is read by `pread` into a buffer that is used again. That is as fast as a mapping, and a file that shrinks
//! meanwhile is an error instead of the end of the process.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

/// What can be read by ranges.
pub(super) trait Bytes {
    /// How many bytes there are.
    fn length(&self) -> u64;

    /// Reads a range into `buffer`, which then holds nothing else. A range that is not there is an error.
    fn get<'a>(&self, range: Range<u64>, buffer: &'a mut Vec<u8>) -> io::Result<&'a [u8]>;
}

impl Bytes for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn get<'a>(&self, range: Range<u64>, buffer: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        let ends = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let bytes = ends.and_then(|(start, end)| self.get(start..end)).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.clear();
        buffer.extend_from_slice(bytes);
        Ok(buffer)
    }
}

/// An open file and its length at that time.
pub(super) struct OpenFile {
    file: File,
    length: u64,
}

impl OpenFile {
    /// Takes an open file.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }
}

impl Bytes for OpenFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn get<'a>(&self, range: Range<u64>, buffer: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        if range.start > range.end || range.end > self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let length = usize::try_from(range.end - range.start).map_err(|_| io::ErrorKind::OutOfMemory)?;
        buffer.resize(length, 0);
        self.file.read_exact_at(buffer, range.start)?;
        Ok(buffer)
    }
}

/// How much a window shows.
const WINDOW: u64 = 16 * 1024;

/// Bytes of which the part read last is kept: for many small reads, each a little further on than the one before.
pub(super) struct Window<'b, B: ?Sized> {
    bytes: &'b B,
    start: u64,
    shown: Vec<u8>,
}

impl<'b, B: Bytes + ?Sized> Window<'b, B> {
    /// Shows nothing yet.
    pub(super) fn new(bytes: &'b B) -> Self {
        Self { bytes, start: 0, shown: Vec::new() }
    }

    /// Returns the bytes of a range. A range that is not there is an error.
    pub(super) fn get(&mut self, range: Range<u64>) -> io::Result<&[u8]> {
        let length = range.end.checked_sub(range.start).ok_or(io::ErrorKind::UnexpectedEof)?;
        if range.start < self.start || range.end > self.start + self.shown.len() as u64 {
            let end = range.start.saturating_add(WINDOW).min(self.bytes.length()).max(range.end);
            // Should the read fail, nothing is shown.
            let mut buffer = std::mem::take(&mut self.shown);
            self.bytes.get(range.start..end, &mut buffer)?;
            self.start = range.start;
            self.shown = buffer;
        }
        let skipped = (range.start - self.start) as usize;
        Ok(&self.shown[skipped..skipped + length as usize])
    }
}
