//! How a row lies in the database: keys by table, values under a checksum.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::digest::FieldHasher;
use crate::fs::stat::Stat;

/// The tables, by the first byte of their keys.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Table {
    Predictions = b'p',
    Entries = b'e',
    History = b'h',
    Artefacts = b'a',
    Memos = b'm',
    Usage = b'u',
    Evicted = b'v',
    Remote = b'r',
    Targets = b't',
    Notes = b'n',
    Meta = b'.',
}

pub(super) fn full_key(table: Table, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(1 + key.len());
    full.push(table as u8);
    full.extend_from_slice(key);
    full
}

pub(super) fn inode_key(stat: &Stat) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&stat.device.to_be_bytes());
    key[8..].copy_from_slice(&stat.inode.to_be_bytes());
    key
}

const CHECKSUM: usize = 8;

pub(super) fn encode(key: &[u8], value: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![0; CHECKSUM];
    bytes = postcard::to_extend(value, bytes).expect("plain data serialises");
    let checksum = checksum(key, &bytes[CHECKSUM..]);
    bytes[..CHECKSUM].copy_from_slice(&checksum);
    bytes
}

/// A value belongs to its key: pages of different times may hold whole values in the wrong places.
fn checksum(key: &[u8], value: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = FieldHasher::new("value");
    let digest = hasher.field(key).field(value).finish();
    digest.as_bytes()[..CHECKSUM].try_into().expect("a digest is longer")
}

pub(super) fn unseal<'v>(key: &[u8], bytes: &'v [u8]) -> Option<&'v [u8]> {
    let (sum, value) = bytes.split_at_checked(CHECKSUM)?;
    (checksum(key, value) == *sum).then_some(value)
}

pub(super) fn decode<T: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(unseal(key, bytes)?).ok()
}
