//! Who vouches for an entry.
//!
//! Owns the keys, their text, and what a signature covers: the key of the entry, the schema of the key, and all of
//! `meta.json` but the signature itself; through it the digests of the outputs, the streams and the inputs. Never
//! shows a secret key but to write its file.
//!
//! | | Text |
//! |---|---|
//! | secret key | `kache-secret-1:` and 64 hex digits; a file of mode 0600 with this line |
//! | public key | `kache-public-1:` and 64 hex digits |
//! | signature | 128 hex digits |

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::str::FromStr;

use ed25519_dalek::Signer as _;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::archive::Meta;
use super::failure::Distrust;
use crate::digest::{from_hex, to_hex};
use crate::fs::{self, AtPath as _, link};

const SECRET: &str = "kache-secret-1:";
const PUBLIC: &str = "kache-public-1:";

/// Keeps these signatures apart from all others that a key may make.
const DOMAIN: &[u8] = b"cargo-kache entry signature 1\0";

/// Signs entries.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// Tells who signed an entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

/// The signature of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who signed.
    pub by: PublicKey,
    /// The signature, in hex.
    pub signature: String,
}

/// A text that is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// It is something else.
    #[error("expected `{0}` and 64 hex digits")]
    Malformed(&'static str),
    /// It is the other half of a pair.
    #[error("this is a {0} key")]
    OtherHalf(&'static str),
}

/// Why a file gives no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It could not be read.
    #[error(transparent)]
    File(#[from] fs::PathError),
    /// It holds something else.
    #[error("invalid signing key in `{}`", path.display())]
    Invalid {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong.
        #[source]
        source: InvalidKey,
    },
}

impl SigningKey {
    /// Makes a new key.
    pub fn generate() -> std::io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(std::io::Error::other)?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&secret)))
    }

    /// Reads a key from its file.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let text = fs::read_to_string(path)?;
        text.trim().parse().map_err(|source| KeyFileError::Invalid { path: path.to_owned(), source })
    }

    /// Writes the key to a new file that only its owner can read.
    pub fn write(&self, path: &Path) -> fs::Result<()> {
        let mut file = link::create_new(path, 0o600)?;
        let written = writeln!(file, "{SECRET}{}", to_hex(self.0.as_bytes()));
        let written = written.and_then(|()| file.sync_all()).at("write", path);
        if written.is_err() {
            let _ = fs::remove_file(path);
        }
        written
    }

    /// Returns the public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs what an archive tells about its entry.
    pub fn sign(&self, meta: &mut Meta) {
        let signature = self.0.sign(&message(meta)).to_bytes();
        meta.signature = Some(Signature { by: self.public(), signature: to_hex(&signature) });
    }
}

/// Demands a signature by one of the trusted keys. Without any nobody needs to have signed.
pub fn verify(meta: &Meta, trusted: &[PublicKey]) -> Result<(), Distrust> {
    if trusted.is_empty() {
        return Ok(());
    }
    let signature = meta.signature.as_ref().ok_or(Distrust::Unsigned)?;
    let key = trusted.iter().find(|key| **key == signature.by).ok_or(Distrust::Stranger)?;
    let bytes = from_hex(&signature.signature).and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let bytes = bytes.ok_or(Distrust::Forged)?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key.0).map_err(|_| Distrust::Forged)?;
    let signature = ed25519_dalek::Signature::from_bytes(&bytes);
    key.verify_strict(&message(meta), &signature).map_err(|_| Distrust::Forged)
}

/// Returns what is signed.
fn message(meta: &Meta) -> Vec<u8> {
    let schema = meta.entry.key_schema.to_le_bytes();
    [DOMAIN, meta.key.as_bytes(), &schema, meta.digest().as_bytes()].concat()
}

/// Reads the digits of a key behind its prefix.
fn digits(text: &str, prefix: &'static str, other: (&str, &'static str)) -> Result<[u8; 32], InvalidKey> {
    if text.starts_with(other.0) {
        return Err(InvalidKey::OtherHalf(other.1));
    }
    let bytes = text.strip_prefix(prefix).and_then(from_hex);
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(InvalidKey::Malformed(prefix))
}

impl FromStr for SigningKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let secret = digits(text, SECRET, (PUBLIC, "public"))?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&secret)))
    }
}

impl fmt::Debug for SigningKey {
    /// Shows whose key it is, and nothing of the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public())
    }
}

impl FromStr for PublicKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let key = digits(text, PUBLIC, (SECRET, "secret"))?;
        // Not every number is a key.
        let is_key = ed25519_dalek::VerifyingKey::from_bytes(&key).is_ok_and(|key| !key.is_weak());
        if is_key { Ok(Self(key)) } else { Err(InvalidKey::Malformed(PUBLIC)) }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", to_hex(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn texts_are_read_back() {
        let key = SigningKey::generate().unwrap();
        let public = key.public().to_string();
        assert!(public.starts_with(PUBLIC) && public.len() == PUBLIC.len() + 64);
        assert_eq!(public.parse::<PublicKey>().unwrap(), key.public());
        assert_ne!(SigningKey::generate().unwrap().public(), key.public());
        assert!(!format!("{key:?}").contains(&to_hex(key.0.as_bytes())));
    }

    #[test]
    fn halves_are_not_confused() {
        let secret = format!("{SECRET}{}", "01".repeat(32));
        let public = secret.parse::<SigningKey>().unwrap().public().to_string();
        assert_eq!(secret.parse::<PublicKey>(), Err(InvalidKey::OtherHalf("secret")));
        assert_eq!(public.parse::<SigningKey>().unwrap_err(), InvalidKey::OtherHalf("public"));
        for text in ["", "01", "kache-public-1:", "kache-public-1:zz", "kache-public-2:00"] {
            assert_eq!(text.parse::<PublicKey>(), Err(InvalidKey::Malformed(PUBLIC)), "{text}");
        }
        // A point of small order would accept signatures that nobody made.
        let weak = format!("{PUBLIC}01{}", "00".repeat(31));
        assert!(weak.parse::<PublicKey>().is_err());
    }

    #[test]
    fn a_file_is_private_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("signing.key");
        let key = SigningKey::generate().unwrap();
        key.write(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SigningKey::read(&path).unwrap().public(), key.public());

        let other = SigningKey::generate().unwrap();
        assert_eq!(other.write(&path).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(SigningKey::read(&path).unwrap().public(), key.public());

        fs::write(&path, "something else").unwrap();
        let error = SigningKey::read(&path).unwrap_err();
        assert!(matches!(error, KeyFileError::Invalid { .. }), "{error}");
        assert!(!error.to_string().contains("something"));
    }
}
