//! What the kernel itself opens when it starts a program.
//!
//! Owns the little of program formats that names further files: `#!` lines and the loader of an ELF file. No system
//! call of the tree shows these. Never decides whether the program may run.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::look;

/// The further file that a program needs to start.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    /// The dynamic loader.
    Loader(Vec<u8>),
    /// The interpreter of a script, absolute.
    Interpreter(Vec<u8>),
    /// A program of another architecture or format, which the kernel may start in ways not seen here.
    Foreign,
}

/// How much of a file the kernel reads to choose a format.
const HEAD: usize = 256;

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = 62;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = 183;

const ELFCLASS64: u8 = 2;
const PT_INTERP: u32 = 3;

/// Reads from the program at `path` what else is needed; relative interpreters start at `directory`.
pub(super) fn needs(path: &[u8], directory: &[u8]) -> Needs {
    let Ok(file) = crate::fs::open(Path::new(OsStr::from_bytes(path))) else { return Needs::Nothing };
    let mut head = [0; HEAD];
    let len = file.read_at(&mut head, 0).unwrap_or(0);
    match &head[..len] {
        [b'#', b'!', line @ ..] => interpreter(line, directory),
        [0x7f, b'E', b'L', b'F', ..] => loader(&file, &head),
        _ if look::has_further_formats() => Needs::Foreign,
        _ => Needs::Nothing,
    }
}

fn interpreter(line: &[u8], directory: &[u8]) -> Needs {
    let line = line.split(|&b| b == b'\n').next().unwrap_or_default().trim_ascii_start();
    let name = line.split(|b| matches!(b, b' ' | b'\t' | 0)).next().unwrap_or_default();
    match name {
        [] => Needs::Nothing,
        [b'/', ..] => Needs::Interpreter(name.to_vec()),
        relative => Needs::Interpreter([directory, b"/", relative].concat()),
    }
}

fn loader(file: &File, head: &[u8; HEAD]) -> Needs {
    if head[4] != ELFCLASS64 || u16_at(head, 18) != MACHINE {
        return Needs::Foreign;
    }
    let (start, size, count) = (u64_at(head, 32), u16_at(head, 54), u16_at(head, 56));
    for index in 0..u64::from(count) {
        let mut header = [0; 56];
        let offset = start.saturating_add(index * u64::from(size));
        if file.read_exact_at(&mut header, offset).is_err() {
            break;
        }
        if u32_at(&header, 0) == PT_INTERP {
            return loader_name(file, u64_at(&header, 8), u64_at(&header, 32));
        }
    }
    Needs::Nothing
}

fn loader_name(file: &File, offset: u64, len: u64) -> Needs {
    let mut name = vec![0; len.min(libc::PATH_MAX as u64) as usize];
    if file.read_exact_at(&mut name, offset).is_err() {
        return Needs::Nothing;
    }
    name.truncate(name.iter().position(|&b| b == 0).unwrap_or(name.len()));
    Needs::Loader(name)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}
