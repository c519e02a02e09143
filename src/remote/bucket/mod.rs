//! Objects in and out of a bucket.
//!
//! Owns the operations, the same for S3 and for a folder; how many run at once; and that each ends by its deadline.
//! Names are relative to the prefix. Never looks into an object, and never remembers one.
//!
//! - [`s3`]: the protocol; [`credentials`]: as whom; [`client`]: over which connections; [`answer`]: what an answer that
//!   is no success means.
//! - [`dir`]: a folder in the bucket's place.
//! - [`retry`]: tries again what may pass, with growing pauses.
//! - [`check`]: which rights there are.

mod answer;
pub mod check;
mod client;
mod credentials;
mod dir;
mod retry;
mod s3;

use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::access::{Access, Deadline, Place};
use super::failure::{Denial, Failure, Result};

/// What came of writing an object that must be new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Created,
    /// It was there before, and is left as it was.
    Exists,
}

/// An object, as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was written, by the server's clock, in milliseconds since the Unix epoch; 0 if unknown.
    pub modified_ms: u64,
}

/// An open bucket.
pub struct Bucket {
    backend: Backend,
    prefix: String,
    slots: Semaphore,
    readonly: bool,
    /// Why no operation can succeed.
    fault: Option<Failure>,
}

enum Backend {
    S3(Box<s3::S3Bucket>),
    Dir(dir::Folder),
}

impl Bucket {
    /// Prepares the access; contacts nobody.
    pub fn open(access: &Access) -> Self {
        let backend = match &access.place {
            Place::S3(s3) => Backend::S3(Box::new(s3::S3Bucket::open(s3, access))),
            Place::Dir(path) => Backend::Dir(dir::Folder::new(path.clone())),
        };
        let prefix = match access.prefix.trim_matches('/') {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        let slots = Semaphore::new(access.concurrency.max(1));
        Self { backend, prefix, slots, readonly: access.readonly, fault: fault(access) }
    }

    /// Returns the content of an object of at most `limit` bytes.
    pub async fn get(&self, name: &str, limit: u64, deadline: Deadline) -> Result<Vec<u8>> {
        let full = self.full(name);
        self.within(deadline, || async {
            match &self.backend {
                Backend::S3(s3) => s3.get(&full, limit).await,
                Backend::Dir(dir) => dir.get(&full, limit).await,
            }
        })
        .await
        .map_err(|failure| self.relative(failure))
    }

    /// Returns `length` bytes of an object from `offset` on: all of them, or a failure.
    pub async fn get_range(
        &self,
        name: &str,
        offset: u64,
        length: u64,
        deadline: Deadline,
    ) -> Result<Vec<u8>> {
        let full = self.full(name);
        if length == 0 {
            return Ok(Vec::new());
        }
        if offset.checked_add(length).is_none() {
            return Err(Failure::Damaged("no object is that long".to_owned()));
        }
        self.within(deadline, || async {
            match &self.backend {
                Backend::S3(s3) => s3.get_range(&full, offset, length).await,
                Backend::Dir(dir) => dir.get_range(&full, offset, length).await,
            }
        })
        .await
        .map_err(|failure| self.relative(failure))
    }

    /// Writes an object unless there is one of this name. Of many who try at once, one creates it.
    ///
    /// Where the service can't promise that, the last one wins; equal names mean equal content, so nothing is lost.
    pub async fn put_new(&self, name: &str, body: Bytes, deadline: Deadline) -> Result<Put> {
        self.writable()?;
        let full = self.full(name);
        self.within(deadline, || async {
            match &self.backend {
                Backend::S3(s3) => s3.put_new(&full, &body).await,
                Backend::Dir(dir) => dir.put_new(&full, &body).await,
            }
        })
        .await
    }

    /// Writes an object, in the place of one that may be there.
    pub async fn put(&self, name: &str, body: Bytes, deadline: Deadline) -> Result<()> {
        self.writable()?;
        let full = self.full(name);
        self.within(deadline, || async {
            match &self.backend {
                Backend::S3(s3) => s3.put(&full, &body).await,
                Backend::Dir(dir) => dir.put(&full, &body).await,
            }
        })
        .await
    }

    /// Whether there is an object of this name.
    pub async fn exists(&self, name: &str, deadline: Deadline) -> Result<bool> {
        let full = self.full(name);
        self.within(deadline, || async {
            match &self.backend {
                Backend::S3(s3) => s3.exists(&full).await,
                Backend::Dir(dir) => dir.exists(&full).await,
            }
        })
        .await
    }

    /// Starts to list the objects whose names begin with `prefix`.
    pub fn list(&self, prefix: &str) -> Listing<'_> {
        Listing { bucket: self, prefix: self.full(prefix), next: Next::First }
    }

    /// Returns when something last came from a server.
    pub fn last_heard(&self) -> Option<Instant> {
        match &self.backend {
            Backend::S3(s3) => s3.last_heard(),
            Backend::Dir(_) => None,
        }
    }

    /// Names the source of the credentials, once they have been used; never shows them.
    pub fn credentials_source(&self) -> Option<&'static str> {
        match &self.backend {
            Backend::S3(s3) => s3.credentials_source(),
            Backend::Dir(_) => None,
        }
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Names the object as the caller does.
    fn relative(&self, failure: Failure) -> Failure {
        match failure {
            Failure::NotFound(name) => match name.strip_prefix(&self.prefix) {
                Some(rest) => Failure::NotFound(rest.to_owned()),
                None => Failure::NotFound(name),
            },
            other => other,
        }
    }

    fn writable(&self) -> Result<()> {
        if self.readonly { Err(Failure::Denied(Denial::Readonly)) } else { Ok(()) }
    }

    /// Runs an operation when there is a slot, again where that may help, and not past the deadline.
    async fn within<T, F>(&self, deadline: Deadline, operation: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
    {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        retry::run(deadline, || async {
            let _slot = self.slot().await;
            // A request's own type nests deeper than the compiler looks into within callers.
            let operation: Pin<Box<dyn Future<Output = Result<T>> + Send + '_>> = Box::pin(operation());
            operation.await
        })
        .await
    }

    async fn slot(&self) -> SemaphorePermit<'_> {
        self.slots.acquire().await.expect("the semaphore is never closed")
    }
}

/// Says what is wrong with an access before anybody is asked.
fn fault(access: &Access) -> Option<Failure> {
    let Place::S3(s3) = &access.place else { return None };
    let invalid = |what: &str| Some(Failure::NotS3(format!("{what} is invalid")));
    match &s3.endpoint {
        Some(endpoint) if !client::is_address(endpoint) => invalid("the endpoint"),
        _ if s3.bucket.is_empty() || s3.bucket.contains('/') => invalid("the name of the bucket"),
        _ => None,
    }
}

/// A listing under way.
pub struct Listing<'b> {
    bucket: &'b Bucket,
    prefix: String,
    next: Next,
}

enum Next {
    First,
    After(String),
    End,
}

impl Listing<'_> {
    /// Returns the next objects, in the order of names. `None` at the end.
    pub async fn page(&mut self, deadline: Deadline) -> Result<Option<Vec<Object>>> {
        let token = match &self.next {
            Next::First => None,
            Next::After(token) => Some(token.as_str()),
            Next::End => return Ok(None),
        };
        let bucket = self.bucket;
        let page = bucket
            .within(deadline, || async {
                match &bucket.backend {
                    Backend::S3(s3) => s3.list(&self.prefix, token).await,
                    Backend::Dir(dir) => dir.list(&self.prefix).await,
                }
            })
            .await?;
        self.next = page.next.map_or(Next::End, Next::After);
        let relative = |mut object: Object| {
            object.name = object.name.strip_prefix(&bucket.prefix)?.to_owned();
            Some(object)
        };
        Ok(Some(page.objects.into_iter().filter_map(relative).collect()))
    }

    /// Returns all objects.
    pub async fn all(mut self, deadline: Deadline) -> Result<Vec<Object>> {
        let mut all = Vec::new();
        while let Some(page) = self.page(deadline).await? {
            all.extend(page);
        }
        Ok(all)
    }
}

/// A part of a listing.
struct Page {
    objects: Vec<Object>,
    /// Where the next one begins.
    next: Option<String>,
}
