//! Compressed debug sections: made by hand, and by linkers.

use std::path::Path;

use miniz_oxide::deflate::compress_to_vec_zlib;
use object::elf::{ELFCOMPRESS_ZLIB, ELFCOMPRESS_ZSTD};

use super::super::patch::{Patched, patch};
use super::elf::{ALL, COMMON, COMPRESSED, Elf, LOADED, STRINGS, archive};
use super::handmade::{Scratch, find};
use super::{Dice, ROOT, count};
use crate::fs;

const BOTH: [u32; 2] = [ELFCOMPRESS_ZLIB, ELFCOMPRESS_ZSTD];

/// Compresses the content of a section.
fn packed(elf: Elf, method: u32, content: &[u8]) -> Vec<u8> {
    elf.packed(method, content.len(), 8, &compressed(method, content))
}

fn compressed(method: u32, content: &[u8]) -> Vec<u8> {
    match method {
        ELFCOMPRESS_ZLIB => compress_to_vec_zlib(content, 6),
        _ => zstd::encode_all(content, 3).unwrap(),
    }
}

/// Patches a file of these bytes, which need not keep its length.
fn patched(bytes: &[u8]) -> (Vec<u8>, Patched) {
    let scratch = Scratch::new(bytes);
    let said = patch(&scratch.path, Path::new("/work/app")).unwrap();
    (fs::read(&scratch.path).unwrap(), said)
}

#[test]
fn what_holds_a_placeholder_is_written_as_it_was_before() {
    // The placeholder lies over an edge of what is inflated at once.
    let long = [vec![b'x'; 256 * 1024 - 100], format!("\0{ROOT}/gen.rs\0last\0").into_bytes()].concat();
    for (elf, method) in ALL.into_iter().flat_map(|elf| BOTH.map(|method| (elf, method))) {
        let lines = elf.line_table(4, &["core", &ROOT], b"program");
        let without = packed(elf, method, b"nothing to be seen here, at all");
        let file = elf.write(&[
            (".debug_str", COMPRESSED | STRINGS, &packed(elf, method, &long)),
            (".debug_info", COMPRESSED, &without),
            (".debug_line", COMPRESSED, &packed(elf, method, &lines)),
            (".rodata", LOADED, format!("{ROOT}/a").as_bytes()),
        ]);
        let (after, said) = patched(&file);
        assert_eq!(
            said,
            Patched { strings: 2, padded: 1, compressed: true, ..Patched::default() },
            "{elf:?}"
        );
        assert_eq!(count(&after, ROOT.as_bytes()), 0);
        assert_eq!(
            after.len(),
            file.len().next_multiple_of(8) + long.len().next_multiple_of(8) + lines.len()
        );
        assert_eq!(find(&after, &long[..100_000]) % 8, 0);
        assert_eq!(count(&after, b"\0/work/app/gen.rs\0"), 1);
        // What was not unpacked is where it was.
        let at = find(&file, &without);
        assert_eq!(after[at..at + without.len()], without);
        assert_eq!(patched(&after), (after.clone(), Patched { compressed: true, ..Patched::default() }));
        assert_eq!(flags(elf, &file), [COMPRESSED | STRINGS, COMPRESSED, COMPRESSED, LOADED, 0]);
        assert_eq!(flags(elf, &after), [STRINGS, COMPRESSED, 0, LOADED, 0]);
    }
}

/// Reads the flags of all sections but the first.
fn flags(elf: Elf, file: &[u8]) -> Vec<u32> {
    let number = |at: usize, size: usize| {
        let mut bytes = file[at..at + size].to_vec();
        if elf.little {
            bytes.reverse();
        }
        bytes.iter().fold(0_usize, |value, byte| value << 8 | usize::from(*byte))
    };
    let (table, count, entry, size) = match elf.wide {
        true => (number(40, 8), number(60, 2), 64, 8),
        false => (number(32, 4), number(48, 2), 40, 4),
    };
    (1..count).map(|at| number(table + at * entry + 8, size) as u32).collect()
}

#[test]
fn what_can_not_be_unpacked_is_left_as_it_is() {
    let text = format!("\0{ROOT}/a\0").repeat(4);
    let whole = compressed(ELFCOMPRESS_ZLIB, text.as_bytes());
    let (size, cut) = (text.len(), &whole[..whole.len() - 8]);
    let file = |section: Vec<u8>| COMMON.write(&[(".debug_str", COMPRESSED | STRINGS, &section)]);
    let good = file(COMMON.packed(ELFCOMPRESS_ZLIB, size, 1, &whole));
    assert_ne!(patched(&good).0, good);
    for section in [
        // Sizes that are not the real one.
        COMMON.packed(ELFCOMPRESS_ZLIB, size - 1, 1, &whole),
        COMMON.packed(ELFCOMPRESS_ZLIB, size + 1, 1, &whole),
        COMMON.packed(ELFCOMPRESS_ZLIB, 0, 1, &whole),
        COMMON.packed(ELFCOMPRESS_ZLIB, usize::MAX, 1, &whole),
        COMMON.packed(ELFCOMPRESS_ZLIB, 3 << 30, 1, &whole),
        // Alignments of which none is one.
        COMMON.packed(ELFCOMPRESS_ZLIB, size, 3, &whole),
        COMMON.packed(ELFCOMPRESS_ZLIB, size, 1 << 40, &whole),
        // Another form, one that there is not, and half of one.
        COMMON.packed(ELFCOMPRESS_ZSTD, size, 1, &whole),
        COMMON.packed(77, size, 1, &whole),
        COMMON.packed(ELFCOMPRESS_ZLIB, size, 1, cut),
        COMMON.packed(ELFCOMPRESS_ZLIB, size, 1, b"")[..20].to_vec(),
    ] {
        let file = file(section);
        assert_eq!(patched(&file), (file, Patched { compressed: true, ..Patched::default() }));
    }
    // What is found from the end of the file; members of archives; what is loaded; a root that can't be put in.
    let loaded = COMMON.packed(ELFCOMPRESS_ZLIB, size, 1, &whole);
    for file in [
        [&good[..], b"more"].concat(),
        archive(&[("a.o/", &good)]),
        COMMON.write(&[(".debug_str", COMPRESSED | LOADED, &loaded)]),
    ] {
        assert_eq!(patched(&file), (file, Patched { compressed: true, ..Patched::default() }));
    }
    let scratch = Scratch::new(&good);
    patch(&scratch.path, Path::new("relative")).unwrap();
    assert_eq!(fs::read(&scratch.path).unwrap(), good);
    // One of two that can't.
    let section = COMMON.packed(ELFCOMPRESS_ZLIB, size, 1, cut);
    let both = COMMON.write(&[
        (".debug_line_str", COMPRESSED | STRINGS, &section),
        (".debug_str", COMPRESSED | STRINGS, &loaded),
    ]);
    let (after, said) = patched(&both);
    assert_eq!(said, Patched { strings: 4, compressed: true, ..Patched::default() });
    assert_eq!(after.len(), both.len() + size);
}

#[test]
fn damaged_files_never_panic_and_what_they_held_stays() {
    let text = format!("\0{ROOT}/a\0{ROOT}");
    let mut files = Vec::new();
    for (elf, method) in ALL.into_iter().flat_map(|elf| BOTH.map(|method| (elf, method))) {
        let section = packed(elf, method, text.as_bytes());
        files.push(elf.write(&[
            (".debug_str", COMPRESSED | STRINGS, &section),
            (".debug_info", COMPRESSED, &section),
            (".debug_line", COMPRESSED, &section),
        ]));
    }
    let scratch = Scratch::new(b"");
    let mut dice = Dice(7);
    for _ in 0..1000 {
        let mut bytes = files[dice.below(files.len())].clone();
        for _ in 0..=dice.below(4) {
            let at = match dice.below(3) {
                0 => dice.below(100),
                1 => bytes.len() - 1 - dice.below(400.min(bytes.len())),
                _ => dice.below(bytes.len()),
            };
            bytes[at] = [0, 0xff, dice.below(256) as u8][dice.below(3)];
        }
        if dice.below(4) == 0 {
            bytes.truncate(dice.below(bytes.len()));
        }
        fs::write(&scratch.path, &bytes).unwrap();
        patch(&scratch.path, Path::new("/work/app")).unwrap();
        let after = fs::read(&scratch.path).unwrap();
        assert!(after.len() >= bytes.len() && after.len() < bytes.len() + 3 * text.len() + 3 * 4096);
    }
}
