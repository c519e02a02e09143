//! Relocatable objects: sections that may move within the file, and relocations and symbols that point into them.
//!
//! What is understood is changed, and nothing is guessed: an object with anything in it that may point into a section by
//! other means than relocations with addends is refused.

use std::borrow::Cow;

use object::elf;

use super::moved::Moved;
use super::{get, get_size, put};

const FILE_HEADER: usize = 64;
const SECTION_HEADER: usize = 64;
const SYMBOL: usize = 24;
const RELOCATION: usize = 24;

/// Sections whose contents point to strings or to line tables. Linkers need relocations to move these.
const POINTING: [&[u8]; 5] =
    [b".debug_info", b".debug_types", b".debug_line", b".debug_str_offsets", b".debug_names"];

/// Replaces `root` in an object. `None` if that can't be done.
pub(super) fn lift(bytes: &[u8], root: &[u8]) -> Option<Vec<u8>> {
    let mut object = Object::read(bytes)?;
    object.check()?;
    let moved = object.sections.iter().map(|section| section.moved(root)).collect::<Option<Vec<_>>>()?;
    object.point_to(&moved)?;
    for (section, moved) in object.sections.iter_mut().zip(moved) {
        if let Some(moved) = moved {
            section.content = Cow::Owned(moved.content);
        }
    }
    object.write()
}

struct Object<'a> {
    header: &'a [u8],
    machine: u16,
    /// Where the headers of the sections stand.
    table: usize,
    sections: Vec<Section<'a>>,
}

struct Section<'a> {
    header: Vec<u8>,
    name: &'a [u8],
    kind: u32,
    flags: u64,
    /// Where it stands in the file, if only with no bytes.
    at: usize,
    /// Which section it is about: that of the symbols for relocations.
    link: usize,
    /// What these relocations are for.
    info: usize,
    align: usize,
    /// The bytes it has in the file.
    content: Cow<'a, [u8]>,
}

impl<'a> Object<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..FILE_HEADER)?;
        let is_known = header.starts_with(&[0x7f, b'E', b'L', b'F', elf::ELFCLASS64, elf::ELFDATA2LSB, 1])
            && get(header, 16, 2)? == u64::from(elf::ET_REL)
            && get_size(header, 52, 2)? == FILE_HEADER
            && get(header, 56, 2)? == 0
            && get_size(header, 58, 2)? == SECTION_HEADER;
        let machine = get(header, 18, 2)? as u16;
        let [table, count, names] = [(40, 8), (60, 2), (62, 2)].map(|(at, size)| get_size(header, at, size));
        let table = table?;
        let headers = bytes.get(table..table.checked_add(count?.checked_mul(SECTION_HEADER)?)?)?;
        if !is_known || !matches!(machine, elf::EM_X86_64 | elf::EM_AARCH64) {
            return None;
        }
        let mut sections = headers
            .chunks_exact(SECTION_HEADER)
            .map(|header| Section::read(header, bytes))
            .collect::<Option<Vec<_>>>()?;
        let names = names?;
        let Cow::Borrowed(names) = sections.get(names)?.content else { return None };
        for section in &mut sections {
            let name = names.get(get_size(&section.header, 0, 4)?..)?;
            section.name = &name[..memchr::memchr(0, name)?];
        }
        let object = Self { header, machine, table, sections };
        object.is_tight(bytes).then_some(object)
    }

    /// Refuses an object with anything unknown in it, and one whose debug information has lost its relocations.
    fn check(&self) -> Option<()> {
        let symbols = self.sections.iter().filter(|section| section.kind == elf::SHT_SYMTAB).count();
        let are_known = self.sections.iter().all(Section::is_known);
        let is_covered = |index: usize| {
            self.sections.iter().any(|section| section.kind == elf::SHT_RELA && section.info == index)
        };
        let is_complete = self.sections.iter().enumerate().all(|(index, section)| {
            section.content.is_empty() || !POINTING.contains(&section.name) || is_covered(index)
        });
        (symbols == 1 && are_known && is_complete).then_some(())
    }

    /// Changes all symbols and relocations that point into moved sections.
    fn point_to(&mut self, moved: &[Option<Moved>]) -> Option<()> {
        let symbols = self.sections.iter().position(|section| section.kind == elf::SHT_SYMTAB)?;
        let old = self.sections[symbols].content.clone();
        let mut new = old.to_vec();
        for symbol in new.chunks_mut(SYMBOL) {
            move_symbol(symbol, moved)?;
        }
        let relocate = Relocate { machine: self.machine, moved, old: &old, new: &new };
        for section in self.sections.iter_mut().filter(|section| section.kind == elf::SHT_RELA) {
            if section.link != symbols {
                return None;
            }
            let place = moved.get(section.info)?.as_ref();
            for relocation in section.content.to_mut().chunks_mut(RELOCATION) {
                relocate.change(relocation, place)?;
            }
        }
        self.sections[symbols].content = Cow::Owned(new);
        Some(())
    }

    /// Returns the numbers of the sections in the order in which they stand.
    fn order(&self) -> Vec<usize> {
        let is_there = |index: &usize| self.sections[*index].kind != elf::SHT_NULL;
        let mut order: Vec<usize> = (0..self.sections.len()).filter(is_there).collect();
        // A section without bytes comes before one that begins at the same place.
        order.sort_by_key(|index| {
            let section = &self.sections[*index];
            (section.at, !section.content.is_empty(), *index)
        });
        order
    }

    /// Whether no bytes belong to two parts of the file, and those that belong to none are zeros.
    fn is_tight(&self, bytes: &[u8]) -> bool {
        let sections = self.order().into_iter().map(|index| &self.sections[index]);
        let mut parts: Vec<_> = sections
            .filter(|section| !section.content.is_empty())
            .map(|section| (section.at, section.content.len()))
            .chain([(self.table, self.sections.len() * SECTION_HEADER), (bytes.len(), 0)])
            .collect();
        parts.sort_unstable();
        let mut end = FILE_HEADER;
        parts.into_iter().all(|(at, length)| {
            let gap = bytes.get(end..at);
            end = at + length;
            gap.is_some_and(|gap| gap.iter().all(|byte| *byte == 0))
        })
    }

    /// Writes the file: all parts in their old order, each at the next place that is aligned.
    fn write(&self) -> Option<Vec<u8>> {
        let order = self.order();
        let behind = order.partition_point(|index| self.sections[*index].at < self.table);
        let mut new = self.header.to_vec();
        let mut headers: Vec<Vec<u8>> = self.sections.iter().map(|section| section.header.clone()).collect();
        for index in &order[..behind] {
            self.sections[*index].write(&mut new, &mut headers[*index])?;
        }
        align(&mut new, 8)?;
        let table = new.len();
        put(&mut new, 40, 8, table as u64)?;
        new.resize(table + headers.len() * SECTION_HEADER, 0);
        for index in &order[behind..] {
            self.sections[*index].write(&mut new, &mut headers[*index])?;
        }
        new[table..table + headers.len() * SECTION_HEADER].copy_from_slice(&headers.concat());
        Some(new)
    }
}

impl<'a> Section<'a> {
    fn read(header: &[u8], bytes: &'a [u8]) -> Option<Self> {
        let kind = get(header, 4, 4)? as u32;
        let at = get_size(header, 24, 8)?;
        let size = get_size(header, 32, 8)?;
        let has_bytes = !matches!(kind, elf::SHT_NULL | elf::SHT_NOBITS);
        let content = if has_bytes { bytes.get(at..at.checked_add(size)?)? } else { &[] };
        Some(Self {
            header: header.to_vec(),
            name: &[],
            kind,
            flags: get(header, 8, 8)?,
            at,
            link: get_size(header, 40, 4)?,
            info: get_size(header, 44, 4)?,
            align: get_size(header, 48, 8)?,
            content: Cow::Borrowed(content),
        })
    }

    /// Whether the section stands where it should, and is of a kind that holds no places in others, or one whose are
    /// changed here.
    fn is_known(&self) -> bool {
        /// What LLVM says of symbols, by their numbers.
        const LLVM_ADDRSIG: u32 = 0x6fff_4c03;
        let is_known = matches!(
            self.kind,
            elf::SHT_NULL
                | elf::SHT_PROGBITS
                | elf::SHT_NOBITS
                | elf::SHT_NOTE
                | elf::SHT_SYMTAB
                | elf::SHT_STRTAB
                | elf::SHT_RELA
                | elf::SHT_GROUP
                | elf::SHT_INIT_ARRAY
                | elf::SHT_FINI_ARRAY
                | elf::SHT_PREINIT_ARRAY
                | elf::SHT_X86_64_UNWIND
                | elf::SHT_AARCH64_ATTRIBUTES
                | LLVM_ADDRSIG
        );
        is_known && self.at.is_multiple_of(self.align.max(1))
    }

    /// Replaces in the section, if that is one for debuggers. The outer `None` says that it can't be done.
    fn moved(&self, root: &[u8]) -> Option<Option<Moved>> {
        let mergeable = u64::from(elf::SHF_MERGE | elf::SHF_STRINGS);
        if self.kind != elf::SHT_PROGBITS || self.flags & u64::from(elf::SHF_ALLOC) != 0 {
            return Some(None);
        }
        match self.name {
            b".debug_str" | b".debug_line_str" => {
                let is_plain =
                    self.flags & mergeable == mergeable && self.align <= 1 && get(&self.header, 56, 8)? == 1;
                is_plain.then(|| Moved::strings(&self.content, root))?.map(Some)
            }
            b".debug_line" => (self.align <= 1).then(|| Moved::lines(&self.content, root))?.map(Some),
            _ => Some(None),
        }
    }

    /// Writes the section and its place.
    fn write(&self, new: &mut Vec<u8>, header: &mut [u8]) -> Option<()> {
        align(new, self.align)?;
        put(header, 24, 8, new.len() as u64)?;
        if self.kind != elf::SHT_NOBITS {
            put(header, 32, 8, self.content.len() as u64)?;
        }
        new.extend_from_slice(&self.content);
        Some(())
    }
}

/// The parts of a symbol that matter here.
struct Symbol {
    is_local: bool,
    section: usize,
    value: u64,
    size: u64,
}

impl Symbol {
    fn read(bytes: &[u8]) -> Option<Self> {
        let section = get(bytes, 6, 2)?;
        // Reserved numbers: no section, or one whose number is elsewhere.
        let section = match u16::try_from(section).ok()? {
            elf::SHN_XINDEX => return None,
            elf::SHN_LORESERVE.. => 0,
            section => usize::from(section),
        };
        let is_local = get(bytes, 4, 1)? >> 4 == u64::from(elf::STB_LOCAL);
        Some(Self { is_local, section, value: get(bytes, 8, 8)?, size: get(bytes, 16, 8)? })
    }
}

/// Gives a symbol its new value. At the start of a section it stands for the section.
fn move_symbol(bytes: &mut [u8], moved: &[Option<Moved>]) -> Option<()> {
    let symbol = Symbol::read(bytes)?;
    let Some(moved) = moved.get(symbol.section)? else { return Some(()) };
    // Others can be named by objects that are not known here.
    if !symbol.is_local || symbol.size != 0 {
        return None;
    }
    if symbol.value != 0 {
        put(bytes, 8, 8, moved.place(symbol.value)?)?;
    }
    Some(())
}

/// What relocations are changed by.
struct Relocate<'a> {
    machine: u16,
    moved: &'a [Option<Moved>],
    /// The symbols as they were.
    old: &'a [u8],
    /// The symbols as they are now.
    new: &'a [u8],
}

impl Relocate<'_> {
    /// Changes a relocation in its place, if that moved, and in its target.
    fn change(&self, relocation: &mut [u8], place: Option<&Moved>) -> Option<()> {
        if let Some(place) = place {
            put(relocation, 0, 8, place.place(get(relocation, 0, 8)?)?)?;
        }
        let kind = get(relocation, 8, 4)? as u32;
        let symbol = get_size(relocation, 12, 4)?.checked_mul(SYMBOL)?;
        let addend = get(relocation, 16, 8)?.cast_signed();
        let [old, new] = [self.old, self.new].map(|symbols| Symbol::read(symbols.get(symbol..)?));
        let (old, new) = (old?, new?);
        let Some(target) = self.moved.get(old.section)?.as_ref() else { return Some(()) };
        let target = target.place(old.value.checked_add_signed(addend)?)?;
        is_plain(self.machine, kind).then_some(())?;
        put(relocation, 16, 8, target.wrapping_sub(new.value))
    }
}

/// Whether a relocation writes the sum of its symbol and its addend.
fn is_plain(machine: u16, kind: u32) -> bool {
    match machine {
        elf::EM_X86_64 => matches!(kind, elf::R_X86_64_32 | elf::R_X86_64_64),
        _ => matches!(kind, elf::R_AARCH64_ABS32 | elf::R_AARCH64_ABS64),
    }
}

/// Fills a file up to the next place that is a multiple of `to`.
fn align(new: &mut Vec<u8>, to: usize) -> Option<()> {
    /// No compiler asks for more; what is damaged may.
    const LARGEST: usize = 1 << 16;
    if to > LARGEST {
        return None;
    }
    new.resize(new.len().next_multiple_of(to.max(1)), 0);
    Some(())
}
