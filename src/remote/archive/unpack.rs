//! An archive to an entry.
//!
//! Owns the reading, in one pass: `meta.json` is checked before anything behind it is read, and each blob is whole and
//! right before it is handed on. Blobs handed on before a fault shows in a later one are right all the same; without
//! the entry nobody uses them.

use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use tar::{Archive, Entry, EntryType};

use super::{META, META_LIMIT, Meta, SCHEMA, WINDOW_LOG, check};
use crate::digest::Digest;
use crate::entry::Output;
use crate::fs::{self, AtPath as _, link};
use crate::remote::failure::{Failure, Result};
use crate::remote::sign::{self, PublicKey};

/// Blobs up to this size are handed on as bytes: making a file twice costs more than the memory.
const IN_MEMORY: u64 = 8 << 20;

/// What an archive must be.
#[derive(Debug)]
pub struct Expected<'a> {
    /// The key it was asked by.
    pub key: &'a Digest,
    /// The size of all its files together, at most.
    pub size: u64,
    /// The keys of which one must have signed it; none means that nobody needs to.
    pub trusted: &'a [PublicKey],
    /// Where large blobs wait as files; they are removed unless somebody takes them away.
    pub scratch: &'a Path,
}

/// A blob that is what its digest says.
#[derive(Debug)]
pub struct Blob<'a> {
    /// The output that it is, with its digest and length.
    pub output: &'a Output,
    /// Its bytes.
    pub content: Content<'a>,
}

/// Where the bytes of a blob are.
#[derive(Debug)]
pub enum Content<'a> {
    /// In memory.
    Bytes(&'a [u8]),
    /// In a file that may be moved.
    File(&'a Path),
}

/// Reads an archive. Hands each blob to `take`, and returns what the archive says about itself.
pub fn unpack(
    archive: impl Read,
    expected: &Expected,
    mut take: impl FnMut(Blob) -> fs::Result<()>,
) -> Result<Meta> {
    let mut decompressor = zstd::Decoder::new(archive).map_err(broken)?;
    decompressor.window_log_max(WINDOW_LOG).map_err(broken)?;
    // Members, their headers and paddings, and the end of the archive.
    let bound = expected.size.saturating_mul(2).saturating_add(META_LIMIT + (1 << 20));
    let mut archive = Archive::new(decompressor.take(bound));
    // Members that speak about other members, as for long names, are none of ours.
    let mut members = archive.entries().map_err(broken)?.raw(true);

    let meta = read_meta(&mut next(&mut members)?.ok_or_else(|| damaged("it is empty"))?, expected)?;
    for output in meta.blobs() {
        let member = next(&mut members)?.ok_or_else(|| damaged("files are missing"))?;
        if name_of(&member)? != output.digest.to_hex() {
            return Err(damaged("files are not those that it tells of"));
        }
        if member.size() != output.size {
            return Err(damaged("a file has not the size that it tells"));
        }
        hand_on(member, output, expected.scratch, &mut take)?;
    }
    if next(&mut members)?.is_some() {
        return Err(damaged("there are more files than it tells of"));
    }
    end(archive.into_inner())?;
    Ok(meta)
}

fn read_meta(member: &mut Entry<impl Read>, expected: &Expected) -> Result<Meta> {
    /// What every schema has.
    #[derive(serde::Deserialize)]
    struct Head {
        schema: u32,
    }
    if name_of(member)? != META {
        return Err(damaged("it does not begin with `meta.json`"));
    }
    if member.size() > META_LIMIT {
        return Err(damaged("`meta.json` is too large"));
    }
    let mut json = Vec::new();
    member.read_to_end(&mut json).map_err(broken)?;
    let invalid = |_| damaged("`meta.json` is none of ours");
    let head: Head = serde_json::from_slice(&json).map_err(invalid)?;
    if head.schema != SCHEMA {
        return Err(Failure::OtherVersion(head.schema));
    }
    let meta: Meta = serde_json::from_slice(&json).map_err(invalid)?;
    if meta.key != *expected.key {
        return Err(damaged("it is another entry"));
    }
    sign::verify(&meta, expected.trusted).map_err(Failure::Untrusted)?;
    check::meta(&meta).map_err(Failure::Damaged)?;
    let sizes = meta.blobs().into_iter().map(|output| output.size);
    match sizes.clone().try_fold(0_u64, u64::checked_add) {
        Some(total) if total <= expected.size => Ok(meta),
        _ => Err(Failure::TooLarge(expected.size)),
    }
}

fn hand_on(
    mut member: Entry<impl Read>,
    output: &Output,
    scratch: &Path,
    take: &mut impl FnMut(Blob) -> fs::Result<()>,
) -> Result<()> {
    let (digest, size) = (output.digest, output.size);
    let wrong = || damaged("a file has not the content that it tells");
    if size <= IN_MEMORY {
        let mut bytes = Vec::with_capacity(size as usize);
        member.read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 != size {
            return Err(Failure::Truncated);
        }
        if Digest::of(&bytes) != digest {
            return Err(wrong());
        }
        return take(Blob { output, content: Content::Bytes(&bytes) }).map_err(untaken);
    }
    let file = Temporary::new(scratch, &digest).map_err(untaken)?;
    if file.fill(&mut member, size)? != digest {
        return Err(wrong());
    }
    take(Blob { output, content: Content::File(&file.path) }).map_err(untaken)
}

/// Demands that nothing but the padding of the last block follows.
fn end(mut rest: impl Read) -> Result<()> {
    let mut buffer = [0; 8 * 1024];
    let mut total = 0;
    loop {
        match rest.read(&mut buffer).map_err(broken)? {
            0 => return Ok(()),
            count => total += count,
        }
        if total > 64 * 1024 || buffer.iter().any(|byte| *byte != 0) {
            return Err(damaged("something follows its end"));
        }
    }
}

fn next<'a, R: Read>(members: &mut tar::Entries<'a, R>) -> Result<Option<Entry<'a, R>>> {
    members.next().transpose().map_err(broken)
}

/// Returns the name of a member, which must be a plain file.
fn name_of(member: &Entry<impl Read>) -> Result<String> {
    let header = member.header();
    if header.entry_type() != EntryType::Regular || header.link_name_bytes().is_some() {
        return Err(damaged("it holds something that is no file"));
    }
    Ok(String::from_utf8_lossy(&header.path_bytes()).into_owned())
}

/// A file that goes away unless somebody moved it.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    fn new(scratch: &Path, digest: &Digest) -> fs::Result<Self> {
        let random = getrandom::u64().map_err(io::Error::other).at("create a file in", scratch)?;
        Ok(Self { path: scratch.join(format!("{}-{random:016x}.part", digest.short())) })
    }

    /// Writes all of `member`, and returns its digest.
    fn fill(&self, member: &mut impl Read, size: u64) -> Result<Digest> {
        let mut file = link::create_new(&self.path, 0o600).map_err(untaken)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 128 * 1024];
        let mut total = 0;
        loop {
            match member.read(&mut buffer) {
                Ok(0) if total == size => break,
                Ok(0) => return Err(Failure::Truncated),
                Ok(count) => {
                    hasher.update(&buffer[..count]);
                    file.write_all(&buffer[..count]).at("write", &self.path).map_err(untaken)?;
                    total += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(error)),
            }
        }
        Ok(Digest::from_bytes(*hasher.finalize().as_bytes()))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn damaged(why: &str) -> Failure {
    Failure::Damaged(why.to_owned())
}

/// What reading gives if the bytes make no sense, or end.
fn broken(error: io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Failure::Truncated,
        _ => damaged("it is no archive"),
    }
}

/// A blob could not be kept here.
fn untaken(error: fs::PathError) -> Failure {
    Failure::Folder(format!("{error}: {}", error.source))
}
