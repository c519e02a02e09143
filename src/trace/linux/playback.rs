//! The tape of a tree, read while the tree runs.
//!
//! Owns the reading of notes and the making of room for more. Never waits for those who write: a note is on the tape
//! before its look is made, and what is not on it yet has not happened. See `hook`.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::deed::Deed;
use super::hook::layout::{
    END, LINK, LOCK, LOG, NOTE_HEAD, NOTES, OPEN, OPEN_NAME, REAL, SIZE, STAT, STAT_NAME,
};
use super::resolve::push_clean;

/// A tape that programs write to.
#[derive(Debug)]
pub(super) struct Tape {
    mapping: NonNull<u8>,
    /// What comes before was read.
    read: usize,
    path: Vec<u8>,
}

// SAFETY: the mapping belongs to this value alone, as far as this process goes; words that others write are atomics.
unsafe impl Send for Tape {}

impl Tape {
    /// Maps the tape in a file of ours.
    pub(super) fn open(file: &File) -> Option<Self> {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a new mapping at a place of the kernel's choice.
        let at = unsafe {
            libc::mmap(std::ptr::null_mut(), SIZE, protection, flags, file.as_raw_fd(), LOG as libc::off_t)
        };
        let mapping = NonNull::new(at.cast()).filter(|_| at != libc::MAP_FAILED)?;
        Some(Self { mapping, read: NOTES, path: Vec::new() })
    }

    /// Hands over all that was noted and not read.
    pub(super) fn play(&mut self, mut take: impl FnMut(Deed<'_>)) {
        loop {
            let end = (self.word(END).load(Ordering::Acquire) as usize).min(SIZE);
            if end <= self.read {
                break;
            }
            while self.read < end {
                self.play_one(end, &mut take);
            }
        }
        if self.read > SIZE / 2 {
            self.rewind();
        }
    }

    fn play_one(&mut self, end: usize, take: &mut impl FnMut(Deed<'_>)) {
        let head = self.word(self.read).load(Ordering::Relaxed);
        let (kind, len) = (head >> 24, (head & ((1 << 24) - 1)) as usize);
        let start = self.read + NOTE_HEAD;
        // Whoever can write to the tape can write anything: it is read with care.
        let len = len.min(end.saturating_sub(start));
        self.read = (start + len).next_multiple_of(4);
        // SAFETY: it lies inside the mapping, and a note is not changed before the tape is rewound, by us.
        let text = unsafe { std::slice::from_raw_parts(self.mapping.as_ptr().add(start), len) };
        self.path.clear();
        // Of a way to be resolved, the working directory is no part.
        let (base, text) = match text.iter().position(|&b| b == 0) {
            Some(end) => (&text[..end], &text[end + 1..]),
            None => (&b"/"[..], text),
        };
        push_clean(&mut self.path, text);
        let (path, follow) = (self.path.as_slice(), text.ends_with(b"/"));
        let deed = match kind {
            OPEN => Deed::Open { path, flags: libc::O_RDONLY, follow: true },
            OPEN_NAME => Deed::Open { path, flags: libc::O_RDONLY, follow },
            STAT => Deed::Stat { path, follow: true },
            STAT_NAME => Deed::Stat { path, follow },
            LINK => Deed::ReadLink { path },
            REAL => Deed::ReadLinks { base, path: text },
            _ => return,
        };
        take(deed);
    }

    /// Has the next note written at the beginning again, unless somebody is writing just now.
    fn rewind(&mut self) {
        let lock = self.word(LOCK);
        if lock.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return;
        }
        let rewound = self.word(END).load(Ordering::Acquire) as usize == self.read;
        if rewound {
            self.word(END).store(NOTES as u32, Ordering::Release);
        }
        self.word(LOCK).store(0, Ordering::Release);
        if rewound {
            self.read = NOTES;
        }
    }

    fn word(&self, at: usize) -> &AtomicU32 {
        // SAFETY: the words that are asked for lie inside the mapping, aligned, and are only used as such.
        unsafe { AtomicU32::from_ptr(self.mapping.as_ptr().add(at).cast()) }
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        // SAFETY: the mapping is of this length, and nobody has a reference into it.
        unsafe { libc::munmap(self.mapping.as_ptr().cast(), SIZE) };
    }
}
