//! What the library wrote.
//!
//! Owns the reading of the log. What does not fit together says nothing: an unfinished record, a second process, an
//! object that was there at the beginning and not at the end.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::ops::Range;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::layout::{
    CURSOR, EARLY, ENDED, FIRST, HEAD, LENGTH, LOG, LOST, OBJECT, PROGRAM, READ, RECORDS, SECOND, SIZE,
    STARTED,
};
use crate::trace::{Object, Variables};

/// Reads the log; nothing if it is not all there.
pub(super) fn read(file: &File) -> Option<Variables> {
    let mut bytes = vec![0; RECORDS];
    file.read_exact_at(&mut bytes, LOG as u64).ok()?;
    let words = [LOST, STARTED, ENDED].map(|at| u32_at(&bytes, at));
    let end = u32_at(&bytes, CURSOR)? as usize;
    if words != [Some(0), Some(1), Some(1)] || !(RECORDS..=SIZE).contains(&end) {
        return None;
    }
    bytes.resize(end, 0);
    file.read_exact_at(&mut bytes, LOG as u64).ok()?;
    assemble(records(&bytes)?)
}

struct Record<'l> {
    kind: u32,
    first: u64,
    second: u64,
    text: &'l [u8],
}

fn records(log: &[u8]) -> Option<Vec<Record<'_>>> {
    let mut records = Vec::new();
    let mut at = RECORDS;
    while at < log.len() {
        let word = u32_at(log, at)?;
        let len = (word & LENGTH) as usize;
        let text = log.get(at + HEAD..at + HEAD + len)?;
        records.push(Record {
            kind: word >> LENGTH.count_ones(),
            first: u64_at(log, at + FIRST)?,
            second: u64_at(log, at + SECOND)?,
            text,
        });
        at += HEAD + len.next_multiple_of(8);
    }
    Some(records)
}

fn assemble(records: Vec<Record<'_>>) -> Option<Variables> {
    let mut program = None;
    let mut early = BTreeSet::new();
    let mut objects: Vec<(Range<u64>, Object)> = Vec::new();
    let mut reads = Vec::new();
    for Record { kind, first, second, text } in records {
        match kind {
            PROGRAM => program = Some(path(text)),
            EARLY => _ = early.insert(first),
            OBJECT => {
                let object =
                    Object { path: path(text), is_early: early.contains(&first), asked: BTreeSet::new() };
                objects.push((first..second, object));
            }
            READ => reads.push((first, OsString::from_vec(text.to_vec()))),
            _ => return None,
        }
    }
    let program = program?;
    let count = objects.iter().filter(|(_, object)| object.is_early).count();
    if early.is_empty() || count != early.len() {
        return None;
    }
    // The program comes first, and has no name there.
    objects.first_mut()?.1.path.clone_from(&program);
    let mut elsewhere = BTreeSet::new();
    for (caller, name) in reads {
        // The address returned to may be the first after the last of an object.
        let object = objects.iter_mut().find(|(range, _)| range.contains(&caller.saturating_sub(1)));
        object.map_or(&mut elsewhere, |(_, object)| &mut object.asked).insert(name);
    }
    let objects = objects.into_iter().map(|(_, object)| object).collect();
    Some(Variables { program, objects, elsewhere })
}

fn path(text: &[u8]) -> PathBuf {
    OsString::from_vec(text.to_vec()).into()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, first: u64, second: u64, text: &[u8]) -> Vec<u8> {
        let word = kind << LENGTH.count_ones() | text.len() as u32;
        let mut bytes = [u64::from(word).to_le_bytes(), first.to_le_bytes(), second.to_le_bytes()].concat();
        bytes.extend_from_slice(text);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    fn log(records: &[Vec<u8>]) -> Vec<u8> {
        [vec![0; RECORDS], records.concat()].concat()
    }

    fn whole() -> Vec<Vec<u8>> {
        vec![
            record(PROGRAM, 0, 0, b"/bin/x"),
            record(EARLY, 0x1000, 0x2000, b""),
            record(READ, 0x1100, 0, b"A"),
            record(READ, 0x3000, 0, b"LAST"),
            record(READ, 0x9000, 0, b"JIT"),
            record(OBJECT, 0x1000, 0x2000, b""),
            record(OBJECT, 0x2000, 0x3000, b"/lib/late.so"),
        ]
    }

    fn assembled(records: &[Vec<u8>]) -> Option<Variables> {
        assemble(super::records(&log(records))?)
    }

    #[test]
    fn both_sides_have_one_word_for_what_is_no_variable() {
        use super::super::layout;
        use crate::trace::{CLOCK, HERE, HOST, PROCESSORS, RANDOM};
        let words = [layout::HERE, layout::CLOCK, layout::RANDOM, layout::HOST, layout::PROCESSORS];
        assert_eq!(words, [HERE, CLOCK, RANDOM, HOST, PROCESSORS].map(str::as_bytes));
    }

    #[test]
    fn callers_are_found_by_address() {
        let seen = assembled(&whole()).unwrap();
        let set = |name: &str| BTreeSet::from([OsString::from(name)]);
        assert_eq!(seen.program, seen.objects[0].path);
        assert_eq!((seen.objects[0].is_early, &seen.objects[0].asked), (true, &set("A")));
        assert_eq!((seen.objects[1].is_early, &seen.objects[1].asked), (false, &set("LAST")));
        assert_eq!(seen.elsewhere, set("JIT"));
    }

    #[test]
    fn what_does_not_fit_together_says_nothing() {
        for missing in [0, 1, 5] {
            let mut records = whole();
            records.remove(missing);
            assert_eq!(assembled(&records), None);
        }
        let mut unfinished = whole();
        unfinished[2][..4].fill(0);
        assert_eq!(assembled(&unfinished), None);
        let mut bytes = log(&whole());
        bytes.truncate(bytes.len() - 8);
        assert!(records(&bytes).is_none());
    }
}
