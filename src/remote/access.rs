//! Where the shared cache is, and as whom it is reached.
//!
//! Owns plain options that callers fill from the settings. No secret of theirs is ever shown.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

/// How a bucket is reached.
#[derive(Clone, Debug)]
pub struct Access {
    /// Where it is.
    pub place: Place,
    /// What stands before the name of every object, without outer slashes; may be empty.
    pub prefix: String,
    /// Operations at once.
    pub concurrency: usize,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for the first, or the next, piece of an answer.
    pub read_timeout: Duration,
    /// Whether nothing may be written.
    pub readonly: bool,
}

impl Access {
    /// Reaches a place in the usual way.
    pub fn to(place: Place) -> Self {
        Self {
            place,
            prefix: "artifacts".to_owned(),
            concurrency: 8,
            connect_timeout: Duration::from_secs(3),
            read_timeout: Duration::from_secs(10),
            readonly: false,
        }
    }
}

/// Where objects lie.
#[derive(Clone, Debug)]
pub enum Place {
    /// In a bucket of an S3 service.
    S3(S3),
    /// In a folder: a shared disk, or a test.
    Dir(PathBuf),
}

/// A bucket of an S3 service.
#[derive(Clone, Debug, Default)]
pub struct S3 {
    /// Name of the bucket.
    pub bucket: String,
    /// Address of a service other than AWS; the bucket's name is part of the path then.
    pub endpoint: Option<String>,
    /// Region of the bucket.
    pub region: String,
    /// Profile that holds the credentials.
    pub profile: Option<String>,
    /// The explicit pair; wins over the profile.
    pub credentials: Option<Credentials>,
}

/// An explicit pair of credentials.
#[derive(Clone)]
pub struct Credentials {
    /// Names the holder.
    pub access_key: String,
    /// Proves it.
    pub secret_key: String,
    /// Comes with short-lived pairs.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    /// Shows that there are some, and nothing of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// The moment at which an operation must have ended, one way or the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// Ends `time` from now.
    pub fn within(time: Duration) -> Self {
        // A year is as good as for ever, and can be added to any moment.
        Self(Instant::now() + time.min(Duration::from_secs(365 * 86_400)))
    }

    /// Returns the time that is left.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub(super) fn instant(self) -> Instant {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_credentials_is_shown() {
        let credentials = Credentials {
            access_key: "AKHOLDER".into(),
            secret_key: "hush".into(),
            session_token: Some("token".into()),
        };
        let s3 = S3 { bucket: "b".into(), credentials: Some(credentials), ..S3::default() };
        let shown = format!("{:?}", Access::to(Place::S3(s3)));
        for secret in ["AKHOLDER", "hush", "token\""] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
