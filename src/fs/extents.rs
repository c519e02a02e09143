//! Blocks that files share without sharing a name: reflinks, and snapshots of the file system.
//!
//! Owns the question to the kernel which blocks of a file belong to others too. Knows the file systems that can share
//! blocks and tell so; for all others nothing is shared.

use std::fs::File;
use std::path::Path;

/// Blocks of a file that belong to others too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Where they are on the device.
    pub physical: u64,
    /// How many bytes they are.
    pub length: u64,
}

/// Whether files in a directory may share blocks.
pub fn can_share(directory: &Path) -> bool {
    const BTRFS: u32 = 0x9123_683e;
    const XFS: u32 = 0x5846_5342;
    const BCACHEFS: u32 = 0xca45_1a4e;
    super::stat::file_system(directory).is_some_and(|kind| [BTRFS, XFS, BCACHEFS].contains(&kind))
}

/// Returns what a file shares; nothing if the file system does not tell.
pub fn shared(file: &File) -> Vec<Extent> {
    platform::shared(file)
}

#[cfg(target_os = "linux")]
mod platform {
    use std::fs::File;
    use std::os::fd::AsRawFd as _;

    use super::Extent;

    /// `FS_IOC_FIEMAP`: the two structures are those of `linux/fiemap.h`.
    const FIEMAP: libc::Ioctl = 0xc020_660b_u32 as libc::Ioctl;
    /// The last extent of the file.
    const LAST: u32 = 0x0001;
    /// Others have it too.
    const SHARED: u32 = 0x2000;
    /// How many extents are asked for at once.
    const AT_ONCE: usize = 64;

    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Mapped {
        logical: u64,
        physical: u64,
        length: u64,
        reserved: [u64; 2],
        flags: u32,
        reserved_too: [u32; 3],
    }

    #[repr(C)]
    struct Map {
        start: u64,
        length: u64,
        flags: u32,
        mapped: u32,
        count: u32,
        reserved: u32,
        extents: [Mapped; AT_ONCE],
    }

    pub(super) fn shared(file: &File) -> Vec<Extent> {
        let mut shared = Vec::new();
        let mut start = 0;
        while let Some(extents) = mapped_from(file, start) {
            for extent in extents.iter().filter(|extent| extent.flags & SHARED != 0) {
                shared.push(Extent { physical: extent.physical, length: extent.length });
            }
            match extents.last() {
                Some(last) if last.flags & LAST == 0 && last.length > 0 => start = last.logical + last.length,
                _ => break,
            }
        }
        shared
    }

    /// Asks for the extents from an offset on.
    fn mapped_from(file: &File, start: u64) -> Option<Vec<Mapped>> {
        let mut map = Map {
            start,
            length: u64::MAX - start,
            flags: 0,
            mapped: 0,
            count: AT_ONCE as u32,
            reserved: 0,
            extents: [Mapped::default(); AT_ONCE],
        };
        // SAFETY: the descriptor is open, and `map` is the structure of this call with room for `count` extents.
        let answer = unsafe { libc::ioctl(file.as_raw_fd(), FIEMAP, &raw mut map) };
        (answer == 0).then(|| map.extents[..AT_ONCE.min(map.mapped as usize)].to_vec())
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    pub(super) fn shared(_file: &std::fs::File) -> Vec<super::Extent> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs;

    #[test]
    fn a_file_of_ones_own_shares_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, [1; 100_000]).unwrap();
        assert_eq!(shared(&fs::open(&path).unwrap()), []);
    }
}
