//! What the proxy can break.

use bytes::Bytes;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};

use super::seen::Seen;

/// A fault.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// An error of the protocol, in the server's place.
    Error { status: u16, code: &'static str, extra: &'static str, headers: Vec<(HeaderName, String)> },
    /// A web page, in the server's place.
    Page { status: u16 },
    /// No answer, ever.
    HangBefore,
    /// Half of the body, and then nothing more.
    HangWithin,
    /// Half of the body, and then a reset of the connection.
    Reset,
    /// Half of the body, and then an orderly end.
    Truncate,
    /// One byte in the middle of the body is another.
    Flip,
    /// Another body.
    Swap(Bytes),
}

impl Fault {
    /// An error that says no more than status and code.
    pub(crate) fn error(status: u16, code: &'static str) -> Self {
        Self::Error { status, code, extra: "", headers: Vec::new() }
    }

    /// The server asks to come back later.
    pub(crate) fn later(status: u16, seconds: u32) -> Self {
        let headers = vec![(RETRY_AFTER, seconds.to_string())];
        Self::Error { status, code: "SlowDown", extra: "", headers }
    }

    /// The bucket lies in another region.
    pub(crate) fn region(right: &str) -> Self {
        let header = HeaderName::from_static("x-amz-bucket-region");
        Self::Error {
            status: 301,
            code: "PermanentRedirect",
            extra: "",
            headers: vec![(header, right.to_owned())],
        }
    }

    /// Returns the answer that the proxy gives by itself.
    pub(super) fn answer(&self) -> Option<Own> {
        match self {
            Self::Error { status, code, extra, headers } => {
                let mut headers = headers.clone();
                headers.push((CONTENT_TYPE, "application/xml".to_owned()));
                // A message with all that a server may quote; none of it may be passed on.
                let text = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>quoted \
                     {}</Message>{extra}<AWSAccessKeyId>{}</AWSAccessKeyId></Error>",
                    super::SECRET_KEY,
                    super::ACCESS_KEY
                );
                Some((*status, headers, text.into()))
            }
            Self::Page { status } => {
                let headers = vec![(CONTENT_TYPE, "text/html; charset=utf-8".to_owned())];
                Some((*status, headers, "<html><body>Please log in</body></html>".into()))
            }
            _ => None,
        }
    }
}

/// An answer of the proxy's own: status, headers, body.
pub(super) type Own = (u16, Vec<(HeaderName, String)>, Bytes);

/// When a fault happens.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    fault: Fault,
    method: Option<Method>,
    name: String,
    conditional: bool,
    left: u32,
}

impl Rule {
    /// Each time.
    pub(crate) fn always(fault: Fault) -> Self {
        Self { fault, method: None, name: String::new(), conditional: false, left: u32::MAX }
    }

    /// So many times.
    pub(crate) fn times(self, left: u32) -> Self {
        Self { left, ..self }
    }

    /// For this method only.
    pub(crate) fn method(self, method: Method) -> Self {
        Self { method: Some(method), ..self }
    }

    /// For names that hold this text only.
    pub(crate) fn name(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// For create-only writes only.
    pub(crate) fn conditional(self) -> Self {
        Self { conditional: true, ..self }
    }

    /// Returns the fault if it happens now.
    pub(super) fn apply(&mut self, seen: &Seen) -> Option<Fault> {
        let method = self.method.as_ref().is_none_or(|method| *method == seen.method);
        let applies = method && seen.name.contains(&self.name) && (!self.conditional || seen.is_conditional);
        if self.left == 0 || !applies {
            return None;
        }
        self.left -= 1;
        Some(self.fault.clone())
    }
}
