//! The memory of a stopped thread.
//!
//! Owns reading from another process: small values and C strings. Never writes there, and never believes what it
//! read: the caller asks the listener afterwards whether the thread still was the one that stopped.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Longest path the kernel takes, its end included.
const PATH_MAX: usize = 4096;

/// Size of the first piece; nearly every path fits.
const FIRST: usize = 256;

/// Smallest page there is: a read that stays inside one never meets an unmapped neighbour.
const PAGE: usize = 4096;

/// The memory of one thread, for one stop.
#[derive(Debug)]
pub(super) struct Memory {
    tid: u32,
}

/// What reading a string gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// It is in the buffer, without its end.
    Read,
    /// Not mapped or too long: the call itself will fail.
    Invalid,
    /// Not allowed to look.
    Denied,
}

impl Memory {
    pub(super) fn of(tid: u32) -> Self {
        Self { tid }
    }

    /// Reads a C string into `out`, which is emptied first.
    pub(super) fn text(&self, address: u64, out: &mut Vec<u8>) -> Text {
        out.clear();
        while out.len() < PATH_MAX {
            let from = address.wrapping_add(out.len() as u64);
            let in_page = PAGE - (from as usize & (PAGE - 1));
            let wanted = in_page.min(if out.is_empty() { FIRST } else { PAGE });
            let start = out.len();
            out.resize(start + wanted, 0);
            let got = match self.read(from, &mut out[start..]) {
                Ok(0) => return Text::Invalid,
                Ok(got) => got,
                Err(e) if is_denied(&e) => return Text::Denied,
                Err(_) => return Text::Invalid,
            };
            out.truncate(start + got);
            if let Some(end) = out[start..].iter().position(|&b| b == 0) {
                out.truncate(start + end);
                return Text::Read;
            }
        }
        Text::Invalid
    }

    /// Reads as many bytes as are mapped at `address`, up to the length of `out`.
    pub(super) fn read(&self, address: u64, out: &mut [u8]) -> io::Result<usize> {
        match self.read_directly(address, out) {
            Err(e) if is_denied(&e) || e.raw_os_error() == Some(libc::ENOSYS) => {
                File::open(format!("/proc/{}/mem", self.tid))?.read_at(out, address)
            }
            result => result,
        }
    }

    fn read_directly(&self, address: u64, out: &mut [u8]) -> io::Result<usize> {
        let local = libc::iovec { iov_base: out.as_mut_ptr().cast(), iov_len: out.len() };
        let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: out.len() };
        // SAFETY: `local` describes a live, exclusively borrowed buffer; `remote` is only ever read, by the kernel,
        // in the other process.
        let got = unsafe { libc::process_vm_readv(self.tid as libc::pid_t, &local, 1, &remote, 1, 0) };
        usize::try_from(got).map_err(|_| io::Error::last_os_error())
    }
}

fn is_denied(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::PermissionDenied
}
