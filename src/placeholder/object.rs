//! Which parts of a file are what: the sections of ELF files, alone or as members of an archive.
//!
//! Reads headers only and believes none of them: a range that does not lie within its file is no range.

use std::io;
use std::ops::Range;

use object::{archive, elf};

use super::bytes::Bytes;

/// Sections of numbers that are smaller are searched nevertheless: to step over them costs more.
const WORTH_SKIPPING: u64 = 64 * 1024;

/// An ELF file or a piece of bitcode, whole or as a member of an archive.
pub(super) struct Object {
    /// Where it stands in the file.
    pub(super) range: Range<u64>,
    /// Its sections by place; `None` if they can't be told.
    pub(super) sections: Option<Vec<Section>>,
    /// Whether numbers stand with the low byte first.
    pub(super) little: bool,
    /// Whether a section is compressed.
    pub(super) compressed: bool,
    /// The compressed sections for debuggers that may hold texts.
    pub(super) packed: Vec<Packed>,
    /// Where the last of what the headers tell of ends.
    pub(super) end: u64,
    /// Whether there is code in a compiler's own form: texts are not made of whole bytes in LLVM's, and are compressed
    /// in GCC's.
    pub(super) bitcode: bool,
}

/// A section that has bytes in the file.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// Where it stands in the file.
    pub(super) range: Range<u64>,
    /// What it holds.
    pub(super) kind: Kind,
}

/// A compressed section that is not loaded.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    /// Where it stands in the file.
    pub(super) range: Range<u64>,
    /// Where its header stands in the file.
    pub(super) header: u64,
    /// How its numbers are written.
    pub(super) layout: Layout,
}

/// What a section holds, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What the running program sees.
    Loaded,
    /// Strings with a NUL at the end that others point to, for debuggers.
    Strings,
    /// Line tables of DWARF.
    Lines,
    /// What the compiler tells itself about a crate, and code in its own form.
    Metadata,
    /// Numbers only.
    Numbers,
    /// Anything else that is not loaded.
    Other,
}

impl Object {
    /// Returns the section around a place.
    pub(super) fn section_at(&self, at: u64) -> Option<&Section> {
        let sections = self.sections.as_deref()?;
        let after = sections.partition_point(|section| section.range.start <= at);
        sections[..after].last().filter(|section| at < section.range.end)
    }
}

/// Returns the object around a place.
pub(super) fn around(at: u64, objects: &[Object]) -> Option<&Object> {
    let after = objects.partition_point(|object| object.range.start <= at);
    objects[..after].last().filter(|object| at < object.range.end)
}

/// Returns what of `whole` can hold texts: all but the larger sections of numbers in `objects`.
pub(super) fn texts(whole: Range<u64>, objects: &[Object]) -> Vec<Range<u64>> {
    let sections = objects.iter().filter_map(|object| object.sections.as_deref()).flatten();
    let numbers = sections.filter(|section| section.kind == Kind::Numbers).map(|section| &section.range);
    let mut texts = Vec::new();
    let mut start = whole.start;
    for skipped in numbers.filter(|range| range.end - range.start >= WORTH_SKIPPING) {
        if start < skipped.start {
            texts.push(start..skipped.start);
        }
        start = start.max(skipped.end);
    }
    texts.push(start..whole.end.max(start));
    texts
}

/// Finds the objects in a file, by its first bytes.
pub(super) fn objects(bytes: &(impl Bytes + ?Sized)) -> io::Result<Vec<Object>> {
    let whole = 0..bytes.length();
    match Format::at(bytes, whole.clone())? {
        Format::Archive => members(bytes),
        format => Ok(object(bytes, whole, format)?.into_iter().collect()),
    }
}

/// What the first bytes of a file say.
enum Format {
    Archive,
    Elf,
    Bitcode,
    /// Formats that are left alone. Mach-O would be told here.
    Unknown,
}

impl Format {
    fn at(bytes: &(impl Bytes + ?Sized), range: Range<u64>) -> io::Result<Self> {
        let mut buffer = Vec::new();
        let head = bytes.get(range.start..range.end.min(range.start.saturating_add(8)), &mut buffer)?;
        Ok(match head {
            [0x7f, b'E', b'L', b'F', ..] => Self::Elf,
            // Alone, and with a header of its own.
            [b'B', b'C', 0xc0, 0xde, ..] | [0xde, 0xc0, 0x17, 0x0b, ..] => Self::Bitcode,
            head if *head == archive::MAGIC => Self::Archive,
            _ => Self::Unknown,
        })
    }
}

fn object(bytes: &(impl Bytes + ?Sized), range: Range<u64>, format: Format) -> io::Result<Option<Object>> {
    match format {
        Format::Elf => read_elf(bytes, range).map(Some),
        Format::Bitcode => Ok(Some(Object { bitcode: true, ..Object::unknown(range) })),
        Format::Archive | Format::Unknown => Ok(None),
    }
}

impl Object {
    fn unknown(range: Range<u64>) -> Self {
        let end = range.start;
        Self {
            range,
            sections: None,
            little: true,
            compressed: false,
            packed: Vec::new(),
            end,
            bitcode: false,
        }
    }
}

/// Length of the header before each member of an archive.
const MEMBER_HEADER: u64 = size_of::<archive::Header>() as u64;

/// Reads the objects in an archive, up to the first header that makes no sense.
fn members(bytes: &(impl Bytes + ?Sized)) -> io::Result<Vec<Object>> {
    let mut found = Vec::new();
    let mut buffer = Vec::new();
    let mut at = archive::MAGIC.len() as u64;
    while at + MEMBER_HEADER <= bytes.length() {
        let header = bytes.get(at..at + MEMBER_HEADER, &mut buffer)?;
        let Some(mut range) = member_range(header, at + MEMBER_HEADER, bytes.length()) else { break };
        at = range.end.next_multiple_of(2);
        range.start += name_length(header).min(range.end - range.start);
        let format = Format::at(bytes, range.clone())?;
        found.extend(object(bytes, range, format)?);
    }
    Ok(found)
}

/// Reads where the member behind a header stands.
fn member_range(header: &[u8], start: u64, limit: u64) -> Option<Range<u64>> {
    let size = decimal(header.get(48..58)?)?;
    let end = start.checked_add(size).filter(|end| *end <= limit)?;
    (header.get(58..60)? == archive::TERMINATOR).then_some(start..end)
}

/// Reads how much of a member is its name: BSD's archives put long names there.
fn name_length(header: &[u8]) -> u64 {
    header.get(..16).and_then(|name| name.strip_prefix(b"#1/")).and_then(decimal).unwrap_or(0)
}

fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.trim_end().parse().ok()
}

/// Reads the section table of an ELF file.
fn read_elf(bytes: &(impl Bytes + ?Sized), range: Range<u64>) -> io::Result<Object> {
    let mut object = Object::unknown(range.clone());
    let mut buffer = Vec::new();
    let head = bytes.get(range.start..range.end.min(range.start + 64), &mut buffer)?;
    let Some(layout) = Layout::of(head) else { return Ok(object) };
    object.little = layout.little;
    let Some(table) = SectionTable::read(bytes, &range, layout, head)? else { return Ok(object) };
    let mut sections = Vec::new();
    object.end = table.end();
    for (header, at) in table.headers().zip(table.places()) {
        let name = table.name(&header);
        let has = |flag: u32| header.flags & u64::from(flag) != 0;
        let is_packed = has(elf::SHF_COMPRESSED);
        let compressed = is_packed || name.starts_with(b".zdebug_");
        object.compressed |= compressed;
        object.bitcode |= holds_bitcode(name);
        if let Some(range) = header.range_in(&range) {
            object.end = object.end.max(range.end);
            let is_text = is_packed && !has(elf::SHF_ALLOC) && kind(&header, name) != Kind::Numbers;
            if is_text && name.starts_with(b".debug_") {
                object.packed.push(Packed { range: range.clone(), header: at, layout });
            }
            let kind = if compressed { Kind::Numbers } else { kind(&header, name) };
            sections.push(Section { range, kind });
        }
    }
    sections.sort_by_key(|section| section.range.start);
    object.sections = Some(sections);
    Ok(object)
}

/// Tells what a section holds by its header and its name.
fn kind(header: &SectionHeader, name: &[u8]) -> Kind {
    let has = |flag: u32| header.flags & u64::from(flag) != 0;
    match name {
        _ if holds_numbers(header.kind, name) => Kind::Numbers,
        // Here texts may have their length elsewhere: the file names of panics do, although a NUL follows them.
        _ if has(elf::SHF_ALLOC) => Kind::Loaded,
        b".rustc" | b".rmeta" | b".llvmbc" => Kind::Metadata,
        b".debug_line" | b".debug_line.dwo" => Kind::Lines,
        b".debug_str" | b".debug_line_str" | b".debug_str.dwo" => Kind::Strings,
        _ if has(elf::SHF_STRINGS) => Kind::Strings,
        _ => Kind::Other,
    }
}

fn holds_bitcode(name: &[u8]) -> bool {
    let beginnings: [&[u8]; 4] = [b".llvmbc", b".llvm.lto", b".gnu.lto_", b".gnu.debuglto_"];
    beginnings.iter().any(|beginning| name.starts_with(beginning))
}

fn holds_numbers(kind: u32, name: &[u8]) -> bool {
    let by_kind = matches!(
        kind,
        elf::SHT_REL
            | elf::SHT_RELA
            | elf::SHT_RELR
            | elf::SHT_SYMTAB
            | elf::SHT_DYNSYM
            | elf::SHT_HASH
            | elf::SHT_GNU_HASH
    );
    by_kind
        || matches!(
            name,
            b".eh_frame"
                | b".debug_abbrev"
                | b".debug_addr"
                | b".debug_aranges"
                | b".debug_frame"
                | b".debug_loc"
                | b".debug_loclists"
                | b".debug_ranges"
                | b".debug_rnglists"
                | b".debug_str_offsets"
        )
}

/// How an ELF file writes its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) wide: bool,
    pub(super) little: bool,
}

impl Layout {
    fn of(head: &[u8]) -> Option<Self> {
        let wide = match *head.get(4)? {
            elf::ELFCLASS64 => true,
            elf::ELFCLASS32 => false,
            _ => return None,
        };
        match *head.get(5)? {
            elf::ELFDATA2LSB => Some(Self { wide, little: true }),
            elf::ELFDATA2MSB => Some(Self { wide, little: false }),
            _ => None,
        }
    }

    /// Reads a number of `size` bytes.
    pub(super) fn number(self, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
        number(bytes.get(at..at.checked_add(size)?)?, self.little)
    }

    /// Reads a field by its place and size: in wide files, and in the others.
    pub(super) fn field(self, bytes: &[u8], (wide, narrow): Field) -> Option<u64> {
        let (at, size) = if self.wide { wide } else { narrow };
        self.number(bytes, at, size)
    }

    /// Returns the length of a section header.
    pub(super) fn header_size(self) -> usize {
        if self.wide { 64 } else { 40 }
    }
}

/// Reads a number of at most 8 bytes.
pub(super) fn number(bytes: &[u8], little: bool) -> Option<u64> {
    let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    let fits = bytes.len() <= 8;
    fits.then(|| if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
}

/// Place and size of a field: in wide files, and in the others.
pub(super) type Field = ((usize, usize), (usize, usize));

/// Fields of a section header that are changed when a section moves.
pub(super) const FLAGS: Field = ((8, 8), (8, 4));
pub(super) const OFFSET: Field = ((24, 8), (16, 4));
pub(super) const SIZE: Field = ((32, 8), (20, 4));
pub(super) const ALIGNMENT: Field = ((48, 8), (32, 4));

/// The fields of a section header that matter here.
struct SectionHeader {
    name: u64,
    kind: u32,
    flags: u64,
    offset: u64,
    size: u64,
    link: u64,
}

impl SectionHeader {
    fn read(layout: Layout, bytes: &[u8]) -> Option<Self> {
        Some(Self {
            name: layout.number(bytes, 0, 4)?,
            kind: u32::try_from(layout.number(bytes, 4, 4)?).ok()?,
            flags: layout.field(bytes, FLAGS)?,
            offset: layout.field(bytes, OFFSET)?,
            size: layout.field(bytes, SIZE)?,
            link: layout.field(bytes, ((40, 4), (24, 4)))?,
        })
    }

    /// Returns where the section stands in the file, if it does.
    fn range_in(&self, file: &Range<u64>) -> Option<Range<u64>> {
        let start = file.start.checked_add(self.offset)?;
        let end = start.checked_add(self.size)?;
        let has_bytes = self.kind != elf::SHT_NOBITS && self.kind != elf::SHT_NULL && self.size > 0;
        (has_bytes && end <= file.end).then_some(start..end)
    }
}

/// The headers of all sections, and their names.
struct SectionTable {
    layout: Layout,
    start: u64,
    headers: Vec<u8>,
    names: Vec<u8>,
}

impl SectionTable {
    /// Reads the table of the ELF file in `file`, which begins with `head`. `None` if there is none that makes sense.
    fn read(
        bytes: &(impl Bytes + ?Sized),
        file: &Range<u64>,
        layout: Layout,
        head: &[u8],
    ) -> io::Result<Option<Self>> {
        let Some((offset, count, names)) = Self::place(layout, head) else { return Ok(None) };
        let size = layout.header_size() as u64;
        let Some(start) =
            file.start.checked_add(offset).filter(|start| offset > 0 && start + size <= file.end)
        else {
            return Ok(None);
        };
        let mut buffer = Vec::new();
        // The first header holds what does not fit the file's header.
        let Some(first) = SectionHeader::read(layout, bytes.get(start..start + size, &mut buffer)?) else {
            return Ok(None);
        };
        let count = if count == 0 { first.size } else { count };
        let names = if names == u64::from(elf::SHN_XINDEX) { first.link } else { names };
        let end = count.checked_mul(size).and_then(|length| start.checked_add(length));
        let Some(end) = end.filter(|end| *end <= file.end) else { return Ok(None) };
        let headers = bytes.get(start..end, &mut buffer)?.to_vec();
        let mut table = Self { layout, start, headers, names: Vec::new() };
        let range =
            table.headers().nth(usize::try_from(names).unwrap_or(usize::MAX)).and_then(|h| h.range_in(file));
        if let Some(range) = range {
            table.names = bytes.get(range, &mut buffer)?.to_vec();
        }
        Ok(Some(table))
    }

    /// Reads offset and number of the headers, and which section holds the names.
    fn place(layout: Layout, head: &[u8]) -> Option<(u64, u64, u64)> {
        let offset = layout.field(head, ((40, 8), (32, 4)))?;
        let size = layout.field(head, ((58, 2), (46, 2)))?;
        let count = layout.field(head, ((60, 2), (48, 2)))?;
        let names = layout.field(head, ((62, 2), (50, 2)))?;
        (size == layout.header_size() as u64).then_some((offset, count, names))
    }

    /// Returns where the table ends in the file.
    fn end(&self) -> u64 {
        self.start + self.headers.len() as u64
    }

    /// Returns where each header stands in the file.
    fn places(&self) -> impl Iterator<Item = u64> {
        (self.start..).step_by(self.layout.header_size())
    }

    fn headers(&self) -> impl Iterator<Item = SectionHeader> {
        let headers = self.headers.chunks_exact(self.layout.header_size());
        headers.filter_map(|bytes| SectionHeader::read(self.layout, bytes))
    }

    fn name(&self, header: &SectionHeader) -> &[u8] {
        let start = usize::try_from(header.name).unwrap_or(usize::MAX);
        let name = self.names.get(start..).unwrap_or_default();
        &name[..memchr::memchr(0, name).unwrap_or(name.len())]
    }
}
