//! What a library takes from others, by its dynamic symbol table.
//!
//! Owns the reading of that table. Never loads or runs a library.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use object::Endianness;
use object::elf::{DT_NEEDED, Dyn64, FileHeader64, SHT_DYNSYM, Sym64};
use object::read::elf::{Dyn as _, FileHeader as _, Sym as _};
use object::read::{ReadCache, ReadCacheOps};

use crate::fs;

/// What a library takes from others.
pub struct Imports {
    /// Libraries, by the names it knows them by.
    pub libraries: BTreeSet<Vec<u8>>,
    /// Symbols, without versions.
    pub symbols: BTreeSet<Vec<u8>>,
}

impl Imports {
    /// Reads those of the library at `path`. `None`: it can't be read, or holds no such table.
    pub fn of(path: &Path) -> Option<Self> {
        let cache = ReadCache::new(Pieces(fs::open(path).ok()?));
        let data = &cache;
        let header = FileHeader64::<Endianness>::parse(data).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.sections(endian, data).ok()?;

        let (entries, strings) = sections.dynamic(endian, data).ok()??;
        let strings = sections.strings(endian, data, strings).ok()?;
        let needed = entries.iter().filter(|entry| entry.tag32(endian) == Some(DT_NEEDED));
        let library = |entry: &Dyn64<Endianness>| Some(strings.get(entry.val32(endian)?).ok()?.to_vec());
        let libraries = needed.map(library).collect::<Option<_>>()?;

        let table = sections.symbols(endian, data, SHT_DYNSYM).ok()?;
        let undefined = table.iter().filter(|symbol| symbol.is_undefined(endian));
        let symbol = |symbol: &Sym64<Endianness>| Some(symbol.name(endian, table.strings()).ok()?.to_vec());
        let symbols = undefined.map(symbol).collect::<Option<BTreeSet<_>>>()?;
        // The loader goes by another table, which is there even if this one was taken out.
        (!table.is_empty()).then_some(Self { libraries, symbols })
    }
}

/// A file of which only the pieces asked for are read: libraries with debug information are big.
struct Pieces(File);

impl ReadCacheOps for Pieces {
    fn len(&mut self) -> Result<u64, ()> {
        self.0.metadata().map(|metadata| metadata.len()).map_err(drop)
    }

    fn seek(&mut self, pos: u64) -> Result<u64, ()> {
        self.0.seek(SeekFrom::Start(pos)).map_err(drop)
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ()> {
        self.0.read(buf).map_err(drop)
    }

    fn read_exact(&mut self, buf: &mut [u8]) -> Result<(), ()> {
        self.0.read_exact(buf).map_err(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_this_program() {
        let imports = Imports::of(&std::env::current_exe().unwrap()).unwrap();
        assert!(imports.symbols.contains(&b"environ"[..]) && !imports.symbols.contains(&b"main"[..]));
        assert!(imports.libraries.iter().any(|name| name.starts_with(b"libc.")));
    }

    #[test]
    fn of_what_is_no_library() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Imports::of(file.path()).is_none());
        fs::write(
            file.path(),
            "\x7fELF\x02\x01\x01 and then something else, long enough to be a header of one",
        )
        .unwrap();
        assert!(Imports::of(file.path()).is_none());
    }
}
