//! What can go wrong with a shared cache.
//!
//! Owns one kind per thing that somebody can do about it, its words and its hint. Never holds a secret: texts are made
//! of our own words, names of objects, status numbers, and codes of the protocol.

use std::time::Duration;

/// The result of an operation on a shared cache.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There is no such object.
    #[error("there is no object `{0}`")]
    NotFound(String),
    /// The server, or a setting, says no.
    #[error("access denied: {0}")]
    Denied(Denial),
    /// There is no such bucket.
    #[error("there is no bucket `{0}`")]
    NoBucket(String),
    /// The bucket lies in another region.
    #[error("the bucket is not in region `{asked}`{}", right.as_ref().map(|r| format!(" but in `{r}`")).unwrap_or_default())]
    WrongRegion {
        /// The region that was asked.
        asked: String,
        /// The right one, if the server told.
        right: Option<String>,
    },
    /// Something else answers at this address.
    #[error("no S3 service answers here: {0}")]
    NotS3(String),
    /// The server wants fewer requests.
    #[error("the server asks to slow down (status {status})")]
    Throttled {
        /// The status of the answer.
        status: u16,
        /// How long to wait, if the server told.
        retry_after: Option<Duration>,
    },
    /// The server failed.
    #[error("the server failed (status {0})")]
    Unavailable(u16),
    /// There is no connection.
    #[error("failed to reach the server: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The answer ended before all of it was there.
    #[error("the answer ended early")]
    Truncated,
    /// An object is larger than it may be.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// What came is not what was stored, or what was stored is no entry.
    #[error("damaged: {0}")]
    Damaged(String),
    /// The object was made by another version of this program.
    #[error("made by another version (schema {0})")]
    OtherVersion(u32),
    /// Nobody that we trust vouches for the entry.
    #[error("not trusted: {0}")]
    Untrusted(Distrust),
    /// The server refused the request for a reason of its own.
    #[error("the server refused the request (status {status}, {code})")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// The protocol's word for the reason.
        code: String,
    },
    /// A folder in the bucket's place could not be used.
    #[error("{0}")]
    Folder(String),
}

/// Why access is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// No source has credentials.
    #[error("no credentials found")]
    NoCredentials,
    /// A source has credentials, but could not give them.
    #[error("the credentials of {0} could not be read")]
    Source(&'static str),
    /// The server does not know the access key.
    #[error("the server does not know the access key")]
    AccessKey,
    /// The secret key is not that of the access key.
    #[error("the secret key is wrong")]
    SecretKey,
    /// The session token is invalid, or no longer valid.
    #[error("the session token is invalid or expired")]
    Token,
    /// The clocks differ too much.
    #[error("the clocks of this machine and the server differ")]
    Clock,
    /// These credentials lack a right.
    #[error("no right to {0}")]
    Right(Right),
    /// The settings say that nothing is written.
    #[error("the remote is read-only by the settings")]
    Readonly,
}

/// A right on a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Right {
    /// To read objects.
    #[error("read objects")]
    Read,
    /// To write objects.
    #[error("write objects")]
    Write,
    /// To list objects.
    #[error("list objects")]
    List,
}

/// Why an entry is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Nobody signed it.
    #[error("not signed")]
    Unsigned,
    /// Somebody else signed it.
    #[error("signed by a key that is not trusted")]
    Stranger,
    /// The signature is not one of this content.
    #[error("the signature does not fit")]
    Forged,
}

impl Failure {
    /// Whether another try may end differently.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Throttled { .. }
                | Self::Unavailable(_)
                | Self::Unreachable(_)
                | Self::TimedOut
                | Self::Truncated
        )
    }

    /// Whether the server as a whole is in trouble, or refuses us as a whole, so that asking for something else is no
    /// use either.
    ///
    /// That reading is forbidden does not say so: without the right to list, services say it of what is absent too.
    pub fn is_of_server(&self) -> bool {
        match self {
            Self::NotFound(_)
            | Self::Denied(Denial::Right(Right::Read))
            | Self::TooLarge(_)
            | Self::Damaged(_)
            | Self::OtherVersion(_)
            | Self::Untrusted(_)
            | Self::Refused { .. } => false,
            Self::Denied(_)
            | Self::NoBucket(_)
            | Self::WrongRegion { .. }
            | Self::NotS3(_)
            | Self::Throttled { .. }
            | Self::Unavailable(_)
            | Self::Unreachable(_)
            | Self::TimedOut
            | Self::Truncated
            | Self::Folder(_) => true,
        }
    }

    /// Whether something is there that is of no use, or may be: a mishap of its own that somebody should hear of.
    pub fn is_of_object(&self) -> bool {
        match self {
            Self::Denied(denial) => *denial == Denial::Right(Right::Read),
            Self::TooLarge(_) | Self::Damaged(_) | Self::Untrusted(_) | Self::Refused { .. } => true,
            _ => false,
        }
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoBucket(_) => "create the bucket, or set `KACHE_S3_BUCKET` to one that exists",
            Self::WrongRegion { right: Some(right), .. } => {
                return Some(format!("set `KACHE_S3_REGION` to `{right}`"));
            }
            Self::WrongRegion { right: None, .. } => "set `KACHE_S3_REGION` to the bucket's region",
            Self::NotS3(_) => "check `KACHE_S3_ENDPOINT`, and whether a proxy stands between",
            Self::Unreachable(_) => "check `KACHE_S3_ENDPOINT` and the network",
            Self::Throttled { .. } => "set `KACHE_S3_CONCURRENCY` lower if this goes on",
            Self::OtherVersion(_) => "use one version of cargo-kache everywhere",
            Self::Untrusted(Distrust::Unsigned) => "set `KACHE_SIGNING_KEY` where entries are made",
            Self::Untrusted(_) => "check `trusted_keys` under `[cache.remote]`",
            Self::Denied(denial) => return denial.hint().map(str::to_owned),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Denial {
    fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::NoCredentials => {
                "set `KACHE_S3_ACCESS_KEY` and `KACHE_S3_SECRET_KEY`, or `KACHE_S3_PROFILE`"
            }
            Self::Source(_) => "check the profile and the AWS variables",
            Self::AccessKey | Self::SecretKey => "check the credentials and the service they belong to",
            Self::Token => "log in again",
            Self::Clock => "set the clock of this machine",
            Self::Right(Right::Read) => {
                "grant `s3:GetObject`, and `s3:ListBucket`, without which what is absent looks forbidden"
            }
            Self::Right(Right::Write) => "grant `s3:PutObject`, or set `KACHE_S3_READONLY=1`",
            Self::Right(Right::List) => "grant `s3:ListBucket` on the bucket",
            Self::Readonly => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_line_in_small_letters() {
        let region = |right: Option<&str>| Failure::WrongRegion {
            asked: "us-east-1".into(),
            right: right.map(str::to_owned),
        };
        for (failure, text) in [
            (region(Some("eu-west-1")), "the bucket is not in region `us-east-1` but in `eu-west-1`"),
            (region(None), "the bucket is not in region `us-east-1`"),
            (Failure::Denied(Denial::Right(Right::Write)), "access denied: no right to write objects"),
            (Failure::Untrusted(Distrust::Unsigned), "not trusted: not signed"),
            (Failure::Unavailable(502), "the server failed (status 502)"),
        ] {
            assert_eq!(failure.to_string(), text);
            assert!(failure.hint().is_none_or(|hint| !hint.ends_with('.')));
        }
        assert_eq!(region(Some("eu-west-1")).hint().unwrap(), "set `KACHE_S3_REGION` to `eu-west-1`");
    }

    #[test]
    fn what_is_wrong_with_one_object_says_nothing_of_the_server() {
        assert!(!Failure::NotFound("a".into()).is_of_server());
        assert!(!Failure::Damaged("a".into()).is_of_server());
        assert!(!Failure::Denied(Denial::Right(Right::Read)).is_of_server());
        assert!(Failure::Denied(Denial::Right(Right::Write)).is_of_server());
        assert!(Failure::Denied(Denial::Token).is_of_server());
        assert!(Failure::TimedOut.is_of_server() && Failure::TimedOut.is_passing());
        assert!(!Failure::Denied(Denial::Token).is_passing());
    }
}
