//! An entry to an archive.
//!
//! Owns the order of the members, and the choice of the compressor's window. Equal entries give equal bytes: members
//! have no times and no owners.

use std::io::{self, Read, Write};

use tar::{Builder, EntryType, Header};

use super::{META, Meta, WINDOW_LOG};
use crate::digest::Digest;
use crate::entry::Output;

/// Why an entry could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The bytes of a blob could not be read, or the archive not written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A blob is not what the entry says.
    #[error("the blob of `{0}` is damaged")]
    Damaged(String),
}

/// Writes an entry to `to`, and returns it. `open` gives the bytes of a blob.
pub fn pack<R: Read, W: Write>(
    meta: &Meta,
    level: u32,
    mut open: impl FnMut(&Output) -> io::Result<R>,
    to: W,
) -> Result<W, PackError> {
    let blobs = meta.blobs();
    let json = serde_json::to_vec(meta).map_err(io::Error::from)?;
    let total = json.len() as u64 + blobs.iter().map(|output| output.size + 1024).sum::<u64>();

    let mut compressor = zstd::Encoder::new(to, level.min(22) as i32)?;
    compressor.window_log(window_log(total))?;
    compressor.long_distance_matching(true)?;
    // Digests cover the files, but nothing covers an unsigned `meta.json` against accidents.
    compressor.include_checksum(true)?;
    let mut archive = Builder::new(compressor);
    archive.append(&header(META, json.len() as u64), &*json)?;
    for output in blobs {
        let mut reader = Digesting { reader: open(output)?.take(output.size), hasher: blake3::Hasher::new() };
        let name = output.digest.to_hex();
        let written = archive.append(&header(&name, output.size), &mut reader);
        // A blob that is too short is damaged; the archive is of no use then.
        let is_whole = reader.reader.limit() == 0;
        let digest = Digest::from_bytes(*reader.hasher.finalize().as_bytes());
        if written.is_ok() && (!is_whole || digest != output.digest) {
            return Err(PackError::Damaged(output.name.clone()));
        }
        written?;
    }
    Ok(archive.into_inner()?.finish()?)
}

/// Returns the smallest window, as a power of two, that sees all of `total` bytes, within bounds.
fn window_log(total: u64) -> u32 {
    total.max(1).ilog2().saturating_add(1).clamp(20, WINDOW_LOG)
}

fn header(name: &str, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_path(name).expect("names of members are short and plain");
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    header
}

/// Digests what is read through it.
struct Digesting<R> {
    reader: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_sees_all_of_it_within_bounds() {
        assert_eq!(window_log(0), 20);
        assert_eq!(window_log((1 << 24) + 1), 25);
        assert_eq!(window_log(1 << 40), WINDOW_LOG);
    }
}
