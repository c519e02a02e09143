//! Which rights there are on a bucket.
//!
//! Owns the questions, each asked apart, so that a person sees what is missing. Leaves no object behind.

use super::{Backend, Bucket};
use crate::remote::access::Deadline;
use crate::remote::failure::{Denial, Failure, Result, Right};

/// What a check has found.
#[derive(Debug)]
pub struct Check {
    /// Where the credentials came from.
    pub credentials: Option<&'static str>,
    /// Whether objects may be listed.
    pub list: Result<()>,
    /// Whether objects may be read. Without the right to list, a service says the same of what is absent and of what is
    /// forbidden: then `None`.
    pub read: Option<Result<()>>,
    /// Whether objects may be written.
    pub write: Result<()>,
}

impl Bucket {
    /// Asks for each right.
    pub async fn check(&self, deadline: Deadline) -> Check {
        let mut listing = self.list("");
        let (list, object) = match listing.page(deadline).await {
            Ok(page) => (Ok(()), page.and_then(|page| page.into_iter().find(|object| object.size > 0))),
            Err(failure) => (Err(failure), None),
        };
        let read = match &object {
            Some(object) => self.get_range(&object.name, 0, 1, deadline).await.map(drop),
            None => self.get("_check/absent", 0, deadline).await.map(drop),
        };
        let read = match read {
            // It could have been read if it were there.
            Err(Failure::NotFound(_)) => Some(Ok(())),
            Err(Failure::Denied(Denial::Right(Right::Read))) if list.is_err() => None,
            other => Some(other),
        };
        let write = match self.writable() {
            Ok(()) => self.may_write(deadline).await,
            Err(failure) => Err(failure),
        };
        Check { credentials: self.credentials_source(), list, read, write }
    }

    async fn may_write(&self, deadline: Deadline) -> Result<()> {
        let name = self.full("_check/write");
        self.within(deadline, || async {
            match &self.backend {
                Backend::S3(s3) => s3.may_write(&name).await,
                Backend::Dir(dir) => dir.may_write(&name).await,
            }
        })
        .await
    }
}
