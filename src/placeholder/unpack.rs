//! Debug sections that the linker has compressed, and in which the placeholder stands.
//!
//! Owns what becomes of them: they are written as they were before, at the end of the file, where [`patch`](super::patch)
//! meets them like any other. Only linked files that stand alone, no archives. Never touches a section without a
//! placeholder, believes no size that a file names, and never follows offsets out of the file.
//!
//! The contents go first and the headers last, each header by one call: whoever is stopped in between leaves a file that
//! works, with some bytes at its end that nobody reads. The place of the compressed bytes stays unused.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};
use object::elf;

use super::ROOT;
use super::bytes::{Bytes, OpenFile};
use super::object::{ALIGNMENT, FLAGS, Field, Layout, OFFSET, Object, Packed, SIZE};
use super::search::Needle;
use crate::fs::{self, AtPath as _};

/// The most that a section may hold.
const LARGEST: u64 = 4 << 30;

/// The most that a compressed byte may stand for. Debug information is far below it; bombs are not.
const DENSEST: u64 = 1 << 14;

/// The largest alignment of a section for debuggers.
const COARSEST: u64 = 4096;

/// How much is inflated at once.
const CHUNK: usize = 256 * 1024;

/// The most zeros that may stand behind all that the headers tell of.
const TAIL: u64 = 4096;

/// Writes the compressed sections that hold the placeholder as they were before. Returns whether there are any.
pub(super) fn unpack(path: &Path, bytes: &OpenFile, objects: &[Object]) -> fs::Result<bool> {
    let [object] = objects else { return Ok(false) };
    let is_alone = object.range == (0..bytes.length());
    if object.packed.is_empty() || !is_alone || !ends_with_headers(bytes, object.end).at("read", path)? {
        return Ok(false);
    }
    let sections = object.packed.iter().filter_map(|packed| Section::read(bytes, packed));
    let sections: Vec<_> = sections.filter(|section| section.holds_placeholder().unwrap_or(false)).collect();
    if sections.is_empty() {
        return Ok(false);
    }
    let file = fs::open_for_writing(path)?;
    let headers = append(&file, &sections).at("write", path)?;
    for (at, header) in &headers {
        file.write_all_at(header, *at).at("write", path)?;
    }
    Ok(!headers.is_empty())
}

/// Whether nothing but zeros follows what the headers tell of. What else is there may be found from the end.
fn ends_with_headers(bytes: &OpenFile, end: u64) -> io::Result<bool> {
    let tail = end..bytes.length();
    let is_short = tail.end.saturating_sub(tail.start) <= TAIL;
    Ok(is_short && bytes.get(tail, &mut Vec::new())?.iter().all(|byte| *byte == 0))
}

/// Writes the contents at the end of the file. Returns the headers that lead there. A section that can't be written
/// stays where it is.
fn append(file: &File, sections: &[Section<'_>]) -> io::Result<Vec<(u64, Vec<u8>)>> {
    let mut headers = Vec::new();
    let mut end = file.metadata()?.len();
    for section in sections {
        let start = end.next_multiple_of(section.alignment);
        let header = section.moved_to(start);
        match header.map(|header| section.write(file, start).map(|()| header)) {
            Some(Ok(header)) => {
                headers.push((section.packed.header, header));
                end = start + section.size;
            }
            Some(Err(_)) => file.set_len(end)?,
            None => {}
        }
    }
    Ok(headers)
}

/// A compressed section.
struct Section<'f> {
    file: &'f OpenFile,
    packed: &'f Packed,
    /// Its header, as it is in the file.
    header: Vec<u8>,
    method: u32,
    /// How many bytes it has when it is not compressed, as the file says.
    size: u64,
    alignment: u64,
    /// Where the compressed bytes are.
    data: Range<u64>,
}

impl<'f> Section<'f> {
    /// Reads what is said of a section. `None` if it makes no sense.
    fn read(file: &'f OpenFile, packed: &'f Packed) -> Option<Self> {
        let Packed { range, header, layout } = packed;
        let (length, size, alignment) = match layout.wide {
            true => (24, (8, 8), (16, 8)),
            false => (12, (4, 4), (8, 4)),
        };
        let data = range.start + length..range.end;
        let mut buffer = Vec::new();
        let head = file.get(range.start..data.start.min(range.end), &mut buffer).ok()?;
        let number = |(at, size)| layout.number(head, at, size);
        let (method, size, alignment) = (number((0, 4))?, number(size)?, number(alignment)?.max(1));
        let packed_size = data.end.checked_sub(data.start)?;
        let is_sane = size <= LARGEST && size <= packed_size.saturating_mul(DENSEST);
        let is_aligned = alignment.is_power_of_two() && alignment <= COARSEST;
        let header = file.get(*header..header + layout.header_size() as u64, &mut buffer).ok()?.to_vec();
        let method = u32::try_from(method).ok()?;
        (is_sane && is_aligned).then_some(Self { file, packed, header, method, size, alignment, data })
    }

    /// Inflates from the start.
    fn contents(&self) -> io::Result<Box<dyn Read + 'f>> {
        let packed = BufReader::with_capacity(CHUNK, Data { file: self.file, left: self.data.clone() });
        Ok(match self.method {
            elf::ELFCOMPRESS_ZLIB => Box::new(Zlib::new(packed)),
            elf::ELFCOMPRESS_ZSTD => Box::new(zstd::Decoder::with_buffer(packed)?),
            _ => return Err(io::ErrorKind::Unsupported.into()),
        })
    }

    /// Passes on the contents piece by piece, while `take` wants more; tells it where each begins. An error if there are
    /// more or less than the file says.
    fn each(&self, mut take: impl FnMut(u64, &[u8]) -> io::Result<bool>) -> io::Result<()> {
        let mut contents = self.contents()?.take(self.size + 1);
        let mut buffer = vec![0; CHUNK];
        let mut at = 0;
        loop {
            let read = fill(&mut contents, &mut buffer)?;
            if at + read as u64 > self.size || (read == 0 && at < self.size) {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if read == 0 || !take(at, &buffer[..read])? {
                return Ok(());
            }
            at += read as u64;
        }
    }

    /// Whether a placeholder stands in it.
    fn holds_placeholder(&self) -> io::Result<bool> {
        let Some(needle) = Needle::new(ROOT.as_bytes()) else { return Ok(false) };
        let mut text = Vec::new();
        let mut found = false;
        self.each(|_, piece| {
            // What may be the beginning of one is kept.
            let kept = text.len().min(ROOT.len() - 1);
            text.drain(..text.len() - kept);
            text.extend_from_slice(piece);
            found = needle.find(&text, 0).is_some();
            Ok(!found)
        })?;
        Ok(found)
    }

    /// Writes the contents to a place in the file.
    fn write(&self, file: &File, start: u64) -> io::Result<()> {
        self.each(|at, piece| file.write_all_at(piece, start + at).map(|()| true))
    }

    /// Returns the header of the section as it will be. `None` if the format has no room for the numbers.
    fn moved_to(&self, start: u64) -> Option<Vec<u8>> {
        let layout = self.packed.layout;
        let flags = layout.field(&self.header, FLAGS)? & !u64::from(elf::SHF_COMPRESSED);
        let fits = layout.wide || start + self.size <= u64::from(u32::MAX);
        let mut header = self.header.clone();
        for (field, value) in
            [(FLAGS, flags), (OFFSET, start), (SIZE, self.size), (ALIGNMENT, self.alignment)]
        {
            put(layout, &mut header, field, value);
        }
        fits.then_some(header)
    }
}

/// Writes a field of a header.
fn put(layout: Layout, header: &mut [u8], (wide, narrow): Field, value: u64) {
    let (at, size) = if layout.wide { wide } else { narrow };
    let field = &mut header[at..at + size];
    match layout.little {
        true => field.copy_from_slice(&value.to_le_bytes()[..size]),
        false => field.copy_from_slice(&value.to_be_bytes()[8 - size..]),
    }
}

/// Reads until the buffer is full or nothing is left.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// The compressed bytes, one after another.
struct Data<'f> {
    file: &'f OpenFile,
    left: Range<u64>,
}

impl Read for Data<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let end = self.left.end.min(self.left.start.saturating_add(to.len() as u64));
        let mut buffer = Vec::new();
        let bytes = self.file.get(self.left.start..end, &mut buffer)?;
        to[..bytes.len()].copy_from_slice(bytes);
        self.left.start = end;
        Ok(bytes.len())
    }
}

/// Inflates one stream of zlib's.
struct Zlib<R> {
    from: R,
    state: Box<InflateState>,
    is_over: bool,
}

impl<R> Zlib<R> {
    fn new(from: R) -> Self {
        Self { from, state: InflateState::new_boxed(DataFormat::Zlib), is_over: false }
    }
}

impl<R: BufRead> Read for Zlib<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while !self.is_over && !to.is_empty() {
            let done = inflate(&mut self.state, self.from.fill_buf()?, to, MZFlush::None);
            self.from.consume(done.bytes_consumed);
            self.is_over = done.status == Ok(MZStatus::StreamEnd);
            if done.bytes_written > 0 {
                return Ok(done.bytes_written);
            }
            let goes_on = matches!(done.status, Ok(_) | Err(MZError::Buf)) && done.bytes_consumed > 0;
            if !goes_on && !self.is_over {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Ok(0)
    }
}
