//! Static libraries in GNU's form: members behind each other, an index of symbols, a table of long names.
//!
//! Members that name the directory are lifted, all others stay as they are. The index says where each symbol's member
//! begins, with the high byte first; it is as long as before.

use memchr::memmem::Finder;
use object::archive::{Header, MAGIC, TERMINATOR};

use super::elf;

/// A member of an archive.
struct Member<'a> {
    /// Where its header stands.
    at: usize,
    header: &'a [u8],
    content: &'a [u8],
}

/// Replaces the directory for which `finder` looks in an archive. `None` if that can't be done.
pub(super) fn lift(content: &[u8], finder: &Finder<'_>) -> Option<Vec<u8>> {
    let members = members(content)?;
    let mut new = MAGIC.to_vec();
    let mut moves = Vec::new();
    let mut indexes = Vec::new();
    for member in &members {
        moves.push((member.at, new.len()));
        if let Some(width) = member.index_width() {
            indexes.push((new.len() + size_of::<Header>(), width));
        }
        match finder.find(member.content) {
            Some(_) => member.write(&elf::lift(member.content, finder.needle())?, &mut new)?,
            None => member.write(member.content, &mut new)?,
        }
    }
    for (at, width) in indexes {
        move_symbols(new.get_mut(at..)?, width, &moves)?;
    }
    Some(new)
}

/// Reads all members. `None` if any of it is not understood.
fn members(content: &[u8]) -> Option<Vec<Member<'_>>> {
    let mut members = Vec::new();
    let mut at = MAGIC.len();
    while at < content.len() {
        let member = Member::read(content, at)?;
        at = (at + size_of::<Header>() + member.content.len()).next_multiple_of(2);
        members.push(member);
    }
    Some(members)
}

impl<'a> Member<'a> {
    fn read(content: &'a [u8], at: usize) -> Option<Self> {
        let (header, rest) = content.get(at..)?.split_at_checked(size_of::<Header>())?;
        // In BSD's form names stand in the contents, and the index is another.
        let is_bsd = header.starts_with(b"#1/") || header.starts_with(b"__.SYMDEF");
        let size = std::str::from_utf8(&header[48..58]).ok()?.trim_end().parse().ok()?;
        let content = rest.get(..size)?;
        (!is_bsd && header[58..60] == TERMINATOR).then_some(Self { at, header, content })
    }

    /// Returns how wide the numbers of an index of symbols are, if it is one.
    fn index_width(&self) -> Option<usize> {
        match self.header[..16].trim_ascii_end() {
            b"/" => Some(4),
            b"/SYM64/" => Some(8),
            _ => None,
        }
    }

    /// Writes the member with a new content.
    fn write(&self, content: &[u8], new: &mut Vec<u8>) -> Option<()> {
        let size = format!("{:<10}", content.len());
        if size.len() > 10 {
            return None;
        }
        new.extend_from_slice(&self.header[..48]);
        new.extend_from_slice(size.as_bytes());
        new.extend_from_slice(&TERMINATOR);
        new.extend_from_slice(content);
        new.resize(new.len().next_multiple_of(2), b'\n');
        Some(())
    }
}

/// Writes the new places of members into an index.
fn move_symbols(index: &mut [u8], width: usize, moves: &[(usize, usize)]) -> Option<()> {
    let number = |bytes: &[u8]| super::number(bytes, false).and_then(|number| usize::try_from(number).ok());
    let (count, places) = index.split_at_mut_checked(width)?;
    let length = number(count)?.checked_mul(width)?;
    for place in places.get_mut(..length)?.chunks_exact_mut(width) {
        let old = number(place)?;
        let found = moves.binary_search_by_key(&old, |(old, _)| *old).ok()?;
        let new = (moves[found].1 as u64).to_be_bytes();
        let (high, low) = new.split_at(8 - width);
        if high.iter().any(|byte| *byte != 0) {
            return None;
        }
        place.copy_from_slice(low);
    }
    Some(())
}
