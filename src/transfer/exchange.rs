//! One entry in, one entry out.
//!
//! Owns the way between an archive and the store: blobs first, the index last. An entry that came in is whole, right and
//! trusted, or is not there. Index transactions of one process take turns: its map may grow between them only.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;

use crate::config::Settings;
use crate::digest::Digest;
use crate::entry::{Entry, Prediction};
use crate::env::Env;
use crate::event::{BuildId, Direction, Log, TransferEvent};
use crate::key::invocation::unit_id;
use crate::remote::access::Deadline;
use crate::remote::archive::{self, Content, Expected, Meta, PackError};
use crate::remote::bucket::{Bucket, Put};
use crate::remote::failure::{Failure, Result};
use crate::remote::names::Name;
use crate::remote::sign::{PublicKey, SigningKey};
use crate::serve::notes::{chain, millis, now_ms};
use crate::store::blob::{Blobs, Form};
use crate::store::index::RemoteCopy;
use crate::store::layout::Layout;
use crate::store::queue::Queue;
use crate::store::{self, Store};

/// The largest entry that is fetched, in bytes of its archive.
const LARGEST_ARCHIVE: u64 = 1 << 30;
/// The largest entry that is taken in, in bytes of its files.
const LARGEST_ENTRY: u64 = 4 << 30;

/// Why there is no exchange.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// A key of `trusted_keys` is none.
    #[error("`cache.remote.trusted_keys` holds `{0}`, which is no public key")]
    TrustedKey(String),
    /// The signing key can't be used.
    #[error("failed to read the signing key: {0}")]
    SigningKey(String),
}

/// The store, and the remote it exchanges entries with.
pub struct Exchange {
    /// The remote.
    pub bucket: Bucket,
    store: Mutex<Store>,
    blobs: Blobs,
    log: Log,
    layout: Layout,
    trusted: Vec<PublicKey>,
    signing: Option<SigningKey>,
    level: u32,
}

/// An entry that is in the remote now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its archive.
    pub archive: Bytes,
    /// Whether it was there before.
    pub was_there: bool,
}

impl Exchange {
    /// Joins a store with the remote of the settings; contacts nobody. `None` without a remote.
    pub fn open(settings: &Settings, env: &Env, store: Store) -> std::result::Result<Option<Self>, Unusable> {
        let Some(access) = super::access::of(settings, env) else { return Ok(None) };
        let trusted = settings.remote.trusted_keys.iter();
        let trusted = trusted.map(|key| key.parse().map_err(|_| Unusable::TrustedKey(key.clone())));
        let signing = settings.remote.signing_key.as_ref().filter(|_| !access.readonly);
        let signing = signing.map(|path| SigningKey::read(path)).transpose();
        Ok(Some(Self {
            bucket: Bucket::open(&access),
            blobs: store.blobs.clone(),
            log: store.log.clone(),
            layout: store.layout.clone(),
            store: Mutex::new(store),
            trusted: trusted.collect::<std::result::Result<_, _>>()?,
            signing: signing.map_err(|e| Unusable::SigningKey(chain(&e)))?,
            level: settings.compression_level,
        }))
    }

    /// Takes the store for a moment. Whoever panicked with it left it whole.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what waits to be sent.
    pub fn queue(&self) -> Queue {
        self.layout.queue()
    }

    /// Whether the store has an entry.
    pub fn has(&self, key: &Digest) -> bool {
        self.entry(key).is_some()
    }

    /// Returns an entry of the store.
    pub fn entry(&self, key: &Digest) -> Option<Entry> {
        self.store().index.read().ok()?.entry(key)
    }

    /// Fetches an entry into the store. Returns the bytes that went over the network.
    pub async fn pull(
        self: &Arc<Self>,
        package: &str,
        key: Digest,
        build: Option<&BuildId>,
        deadline: Deadline,
    ) -> Result<u64> {
        let started = Instant::now();
        let name = Name::entry(package, key).to_string();
        match self.bucket.get(&name, LARGEST_ARCHIVE, deadline).await {
            Ok(archive) => self.take_in(package, key, build, archive.into(), started).await,
            Err(failure) => {
                if !matches!(failure, Failure::NotFound(_)) {
                    let done = Done { direction: Direction::Pull, key, package, build, started };
                    self.note(done, &Err::<u64, _>(failure.clone()), |bytes| *bytes);
                }
                Err(failure)
            }
        }
    }

    /// Unpacks an archive, whose fetch began at a time, into the store. Returns its length.
    pub async fn take_in(
        self: &Arc<Self>,
        package: &str,
        key: Digest,
        build: Option<&BuildId>,
        archive: Bytes,
        started: Instant,
    ) -> Result<u64> {
        let exchange = Arc::clone(self);
        let taken = blocking(move || exchange.take_in_now(&key, &archive)).await;
        let done = Done { direction: Direction::Pull, key, package, build, started };
        self.note(done, &taken, |bytes| *bytes);
        taken
    }

    fn take_in_now(&self, key: &Digest, bytes: &[u8]) -> Result<u64> {
        let _recording = store::hold(&self.layout).map_err(|e| here(&e))?.ok_or_else(busy)?;
        let scratch = self.layout.temporary();
        let expected = Expected { key, size: LARGEST_ENTRY, trusted: &self.trusted, scratch: &scratch };
        let meta = archive::unpack(bytes, &expected, |blob| {
            let (digest, size, form) = (&blob.output.digest, blob.output.size, Form::of(blob.output));
            match blob.content {
                Content::Bytes(bytes) => self.blobs.put(bytes, digest, form)?,
                Content::File(path) => self.blobs.move_in(path, digest, size, form)?,
            };
            Ok(())
        })?;
        let length = bytes.len() as u64;
        let (unit, predictions) = (unit_id(&meta.entry.unit), meta.prediction.as_slice());
        self.store()
            .index
            .write(|writer| writer.import(key, &unit, &meta.entry, predictions, (length, now_ms())))
            .map_err(|e| here(&e))?;
        Ok(length)
    }

    /// Sends an entry, unless the remote has it. `Ok(None)`: the store has it no longer, or not whole.
    pub async fn push(self: &Arc<Self>, key: Digest, deadline: Deadline) -> Result<Option<Sent>> {
        let started = Instant::now();
        let Some((meta, archive)) = self.pack(key).await? else { return Ok(None) };
        let package = meta.entry.unit.package.clone();
        let name = Name::entry(&package, key).to_string();
        let sent = match self.bucket.put_new(&name, archive.clone(), deadline).await {
            // One that nobody has signed may stand there, and would for ever.
            Ok(Put::Exists) if meta.signature.is_some() => {
                self.bucket.put(&name, archive.clone(), deadline).await.map(|()| Put::Created)
            }
            other => other,
        };
        let sent = sent.map(|put| Sent { archive, was_there: put == Put::Exists });
        if !matches!(sent, Ok(Sent { was_there: true, .. })) {
            let done = Done { direction: Direction::Push, key, package: &package, build: None, started };
            self.note(done, &sent, |sent| sent.archive.len() as u64);
        }
        if let Ok(Sent { archive, .. }) = &sent {
            let store = self.store();
            let was_pulled = store.index.read().is_ok_and(|r| r.remote(&key).is_some_and(|it| it.was_pulled));
            let copy = RemoteCopy { was_pulled, bytes: archive.len() as u64 };
            // It only says how long a later fetch will take.
            let _ = store.index.write(|writer| writer.put_remote(&key, copy));
        }
        sent.map(Some)
    }

    /// Packs an entry of the store. `None` where it is gone or damaged.
    pub async fn pack(self: &Arc<Self>, key: Digest) -> Result<Option<(Meta, Bytes)>> {
        let exchange = Arc::clone(self);
        blocking(move || exchange.pack_now(key)).await
    }

    fn pack_now(&self, key: Digest) -> Result<Option<(Meta, Bytes)>> {
        let Some(found) = self.find(&key) else { return Ok(None) };
        let mut meta = Meta::new(key, found.entry, found.prediction);
        // Nobody vouches for what somebody else has made, unless that was vouched for.
        if let Some(signing) = self.signing.as_ref().filter(|_| !found.was_pulled || !self.trusted.is_empty())
        {
            signing.sign(&mut meta);
        }
        let open = |output: &crate::entry::Output| {
            let found = self.blobs.find(&output.digest, output.size, Form::of(output));
            let (path, _) = found.ok_or(io::ErrorKind::NotFound)?;
            std::fs::File::open(path)
        };
        match archive::pack(&meta, self.level, open, Vec::new()) {
            Ok(bytes) => Ok(Some((meta, bytes.into()))),
            Err(PackError::Damaged(_)) => Ok(None),
            Err(PackError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(PackError::Io(error)) => Err(here(&error)),
        }
    }

    fn find(&self, key: &Digest) -> Option<Found> {
        let store = self.store();
        let reader = store.index.read().ok()?;
        let entry = reader.entry(key)?;
        let leads_here = |prediction: &Prediction| {
            let paths = prediction.files.iter().map(|(path, _)| path);
            let names = |name: &String| entry.inputs.variables.iter().any(|(known, _)| known == name);
            paths.eq(entry.inputs.files.iter().map(|(path, _)| path))
                && prediction.bound == entry.inputs.place.is_some()
                && prediction.variables.iter().all(names)
        };
        let prediction = reader.predictions(&entry.invocation).into_iter().find(leads_here);
        let was_pulled = reader.remote(key).is_some_and(|copy| copy.was_pulled);
        Some(Found { entry, prediction, was_pulled })
    }

    fn note<T>(&self, done: Done<'_>, result: &Result<T>, bytes: impl Fn(&T) -> u64) {
        let event = TransferEvent {
            transfer: done.direction,
            build: done.build.cloned(),
            at_ms: now_ms(),
            key: done.key.to_hex(),
            package: done.package.to_owned(),
            bytes: result.as_ref().map_or(0, bytes),
            took_ms: millis(done.started),
            error: result.as_ref().err().map(ToString::to_string),
        };
        // Trouble with the log is no trouble of anybody's.
        let _ = self.log.append(&event);
    }
}

/// An entry of the store.
struct Found {
    entry: Entry,
    /// What has to be looked at to find it.
    prediction: Option<Prediction>,
    /// Whether it was made elsewhere.
    was_pulled: bool,
}

/// What was done, for the log.
struct Done<'a> {
    direction: Direction,
    key: Digest,
    package: &'a str,
    build: Option<&'a BuildId>,
    started: Instant,
}

/// Runs what computes or waits for the disk beside the tasks that wait for the network.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(panicked) => Err(here(&panicked)),
    }
}

/// Trouble on this side.
pub(super) fn here(error: &dyn std::error::Error) -> Failure {
    Failure::Folder(chain(error))
}

fn busy() -> Failure {
    Failure::Folder("another process has kept the store for 10 s".to_owned())
}
