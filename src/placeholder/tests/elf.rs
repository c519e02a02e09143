//! Writes small ELF files and archives.

use object::{archive, elf};

/// How an ELF file is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elf {
    pub(super) wide: bool,
    pub(super) little: bool,
}

pub(super) const COMMON: Elf = Elf { wide: true, little: true };
pub(super) const ALL: [Elf; 4] = [
    COMMON,
    Elf { wide: true, little: false },
    Elf { wide: false, little: true },
    Elf { wide: false, little: false },
];

pub(super) const STRINGS: u32 = elf::SHF_MERGE | elf::SHF_STRINGS;
pub(super) const LOADED: u32 = elf::SHF_ALLOC;
pub(super) const COMPRESSED: u32 = elf::SHF_COMPRESSED;

impl Elf {
    /// Writes a number of `size` bytes.
    pub(super) fn number(self, value: u64, size: usize) -> Vec<u8> {
        if self.little {
            value.to_le_bytes()[..size].to_vec()
        } else {
            value.to_be_bytes()[8 - size..].to_vec()
        }
    }

    /// Writes a number as wide as an address.
    fn word(self, value: u64) -> Vec<u8> {
        self.number(value, if self.wide { 8 } else { 4 })
    }

    /// Writes a file of these sections: name, flags, contents.
    pub(super) fn write(self, sections: &[(&str, u32, &[u8])]) -> Vec<u8> {
        let (head, entry) = if self.wide { (64, 64) } else { (52, 40) };
        let mut names = b"\0.shstrtab\0".to_vec();
        let mut contents = Vec::new();
        let mut table = vec![0; entry];
        for (name, flags, bytes) in sections {
            table.extend(self.section(
                names.len(),
                elf::SHT_PROGBITS,
                *flags,
                head + contents.len(),
                bytes.len(),
            ));
            names.extend([name.as_bytes(), b"\0"].concat());
            contents.extend_from_slice(bytes);
        }
        table.extend(self.section(1, elf::SHT_STRTAB, 0, head + contents.len(), names.len()));
        contents.extend(names);
        let mut file = self.head(head + contents.len(), entry, sections.len() + 2);
        assert_eq!(file.len(), head);
        file.extend(contents);
        file.extend(table);
        file
    }

    fn head(self, table: usize, entry: usize, count: usize) -> Vec<u8> {
        let class = if self.wide { elf::ELFCLASS64 } else { elf::ELFCLASS32 };
        let order = if self.little { elf::ELFDATA2LSB } else { elf::ELFDATA2MSB };
        let mut head = vec![0x7f, b'E', b'L', b'F', class, order, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        head.extend([self.number(1, 2), self.number(62, 2), self.number(1, 4)].concat());
        head.extend([self.word(0), self.word(0), self.word(table as u64), self.number(0, 4)].concat());
        for short in [0, 0, 0, entry, count, count - 1] {
            head.extend(self.number(short as u64, 2));
        }
        head
    }

    fn section(self, name: usize, kind: u32, flags: u32, offset: usize, size: usize) -> Vec<u8> {
        [
            self.number(name as u64, 4),
            self.number(u64::from(kind), 4),
            self.word(u64::from(flags)),
            self.word(0),
            self.word(offset as u64),
            self.word(size as u64),
            self.number(0, 8),
            self.word(1),
            self.word(0),
        ]
        .concat()
    }

    /// Puts the header of a compressed section before its bytes.
    pub(super) fn packed(self, method: u32, size: usize, alignment: u64, bytes: &[u8]) -> Vec<u8> {
        let gap = self.number(0, if self.wide { 4 } else { 0 });
        let head = [self.number(u64::from(method), 4), gap, self.word(size as u64), self.word(alignment)];
        [head.concat(), bytes.to_vec()].concat()
    }

    /// Writes a line table with these directories and one file; returns it and what follows the header.
    pub(super) fn line_table(self, version: u64, directories: &[&str], program: &[u8]) -> Vec<u8> {
        let mut names: Vec<u8> =
            directories.iter().flat_map(|name| [name.as_bytes(), b"\0"].concat()).collect();
        names.extend(b"\0lib.rs\0\x01\0\0\0");
        let mut header = vec![1; if version == 4 { 5 } else { 4 }];
        header.extend([13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
        header.extend(names);
        let rest =
            [self.number(version, 2), self.number(header.len() as u64, 4), header, program.to_vec()].concat();
        [self.number(rest.len() as u64, 4), rest].concat()
    }
}

/// Writes an archive of members: name, contents.
pub(super) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = archive::MAGIC.to_vec();
    for (name, bytes) in members {
        file.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, bytes.len()).bytes());
        file.extend_from_slice(bytes);
        file.resize(file.len().next_multiple_of(2), b'\n');
    }
    file
}
