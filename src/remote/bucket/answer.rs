//! What an answer that is no success means.
//!
//! Owns the way from status, code and headers to a [`Failure`]. Texts of the server are never passed on: they may
//! quote the request.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::remote::failure::{Denial, Failure, Right};

/// What was asked.
pub(super) struct Asked<'a> {
    /// The right it takes.
    pub(super) right: Right,
    /// The object.
    pub(super) name: &'a str,
    /// The bucket.
    pub(super) bucket: &'a str,
    /// The region.
    pub(super) region: &'a str,
}

/// What counts of an answer.
#[derive(Debug, Default)]
struct Answer {
    status: u16,
    /// The protocol's word for what went wrong.
    code: Option<String>,
    retry_after: Option<Duration>,
    /// The region that the server names.
    region: Option<String>,
    is_html: bool,
}

/// Returns what a failed call means.
pub(super) fn failure<E>(error: &SdkError<E, HttpResponse>, asked: &Asked) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(service) => judge(&read(service.raw(), service.err().code()), asked),
        SdkError::ResponseError(response) => {
            let answer = read(response.raw(), None);
            match answer.status {
                // The body broke off, or is none of the protocol.
                200..300 if io_of(error).is_some() => broken(error),
                200..300 => not_s3(&answer),
                _ => judge(&answer, asked),
            }
        }
        SdkError::TimeoutError(_) => Failure::TimedOut,
        SdkError::ConstructionFailure(_) => match denied(error) {
            Some(denial) => Failure::Denied(denial),
            None => Failure::NotS3("the endpoint, or the name of the bucket, is invalid".to_owned()),
        },
        other => broken(other),
    }
}

/// Returns the status of a failed call, if there was an answer.
pub(super) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// Returns what the failure of a connection, or of a body under way, means.
pub(super) fn broken(error: &(dyn Error + 'static)) -> Failure {
    if let Some(denial) = denied(error) {
        return Failure::Denied(denial);
    }
    let says = |text: &str| causes(error).any(|cause| cause.to_string().contains(text));
    let unreachable = |why: &str| Failure::Unreachable(why.to_owned());
    if says("dns error") {
        return unreachable("unknown host");
    }
    if says("TLS handshake") {
        return unreachable("the TLS handshake failed");
    }
    match io_of(error) {
        Some(io::ErrorKind::UnexpectedEof) => Failure::Truncated,
        Some(io::ErrorKind::TimedOut) => Failure::TimedOut,
        Some(kind) => Failure::Unreachable(kind.to_string()),
        None if says("timed out") || says("timeout") => Failure::TimedOut,
        None => unreachable("the connection broke"),
    }
}

/// Whether an answer that claims success is a page.
pub(super) fn page(content_type: Option<&str>) -> Option<Failure> {
    is_html(content_type).then(|| Failure::NotS3("a web page came".to_owned()))
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn io_of(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    // The innermost one is the system's.
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).last().map(io::Error::kind)
}

/// Returns why there are no credentials, if that is what went wrong.
fn denied(error: &(dyn Error + 'static)) -> Option<Denial> {
    causes(error).find_map(|cause| credentials(cause.downcast_ref()?))
}

fn credentials(error: &CredentialsError) -> Option<Denial> {
    let source = causes(error).find_map(|cause| cause.downcast_ref::<super::credentials::FailedSource>());
    Some(match (error, source) {
        (CredentialsError::CredentialsNotLoaded(_), None) => Denial::NoCredentials,
        (_, Some(source)) => Denial::Source(source.0),
        _ => Denial::Source("the AWS configuration"),
    })
}

fn read(response: &HttpResponse, code: Option<&str>) -> Answer {
    let header = |name| response.headers().get(name);
    let body = response.body().bytes().unwrap_or_default();
    Answer {
        status: response.status().as_u16(),
        code: code.map(str::to_owned).or_else(|| element(body, "Code")),
        retry_after: header("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs),
        region: header("x-amz-bucket-region").map(word).or_else(|| element(body, "Region")),
        is_html: is_html(header("content-type")),
    }
}

fn is_html(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|text| text.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// Returns the text of the first element of this name.
fn element(body: &[u8], name: &str) -> Option<String> {
    let text = str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inside, _) = rest.split_once('<')?;
    Some(word(inside))
}

/// Keeps what may stand in a word of the protocol, and not much of it.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(40).collect()
}

fn judge(answer: &Answer, asked: &Asked) -> Failure {
    let denied = |denial| Failure::Denied(denial);
    let elsewhere = || Failure::WrongRegion {
        asked: asked.region.to_owned(),
        right: answer.region.clone().filter(|region| region != asked.region),
    };
    let throttled = || Failure::Throttled { status: answer.status, retry_after: answer.retry_after };
    match answer.code.as_deref().unwrap_or_default() {
        "NoSuchKey" => return Failure::NotFound(asked.name.to_owned()),
        "NoSuchBucket" => return Failure::NoBucket(asked.bucket.to_owned()),
        "InvalidAccessKeyId" | "NotSignedUp" => return denied(Denial::AccessKey),
        "SignatureDoesNotMatch" => return denied(Denial::SecretKey),
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => return denied(Denial::Token),
        "RequestTimeTooSkewed" | "RequestExpired" => return denied(Denial::Clock),
        "PermanentRedirect" | "TemporaryRedirect" | "IllegalLocationConstraintException" => {
            return elsewhere();
        }
        "AuthorizationHeaderMalformed" if answer.region.is_some() => return elsewhere(),
        "SlowDown" | "TooManyRequests" | "RequestLimitExceeded" | "Throttling" | "ThrottlingException" => {
            return throttled();
        }
        "RequestTimeout" => return Failure::TimedOut,
        "OperationAborted" | "ConditionalRequestConflict" => return Failure::Unavailable(answer.status),
        _ => {}
    }
    match answer.status {
        429 => throttled(),
        503 if answer.retry_after.is_some() => throttled(),
        408 => Failure::TimedOut,
        500.. => Failure::Unavailable(answer.status),
        301 | 307 | 400 if answer.region.as_ref().is_some_and(|region| region != asked.region) => elsewhere(),
        _ if answer.is_html => not_s3(answer),
        401 | 403 => denied(Denial::Right(asked.right)),
        404 => Failure::NotFound(asked.name.to_owned()),
        400..500 => Failure::Refused {
            status: answer.status,
            code: answer.code.clone().unwrap_or_else(|| "no reason given".to_owned()),
        },
        _ => not_s3(answer),
    }
}

fn not_s3(answer: &Answer) -> Failure {
    let what = if answer.is_html { "a web page came" } else { "the answer is none of the protocol" };
    Failure::NotS3(format!("{what} (status {})", answer.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, code: &str, change: impl FnOnce(&mut Answer)) -> Failure {
        let mut answer = Answer { status, ..Answer::default() };
        answer.code = (!code.is_empty()).then(|| code.to_owned());
        change(&mut answer);
        let asked = Asked { right: Right::Read, name: "a/b", bucket: "bucket", region: "us-east-1" };
        judge(&answer, &asked)
    }

    #[test]
    fn codes_say_more_than_status() {
        let plain = |status, code| judged(status, code, |_| {});
        assert_eq!(plain(404, "NoSuchKey"), Failure::NotFound("a/b".into()));
        assert_eq!(plain(404, "NoSuchBucket"), Failure::NoBucket("bucket".into()));
        assert_eq!(plain(403, "InvalidAccessKeyId"), Failure::Denied(Denial::AccessKey));
        assert_eq!(plain(403, "SignatureDoesNotMatch"), Failure::Denied(Denial::SecretKey));
        assert_eq!(plain(400, "ExpiredToken"), Failure::Denied(Denial::Token));
        assert_eq!(plain(403, "RequestTimeTooSkewed"), Failure::Denied(Denial::Clock));
        assert_eq!(plain(403, "AccessDenied"), Failure::Denied(Denial::Right(Right::Read)));
        assert_eq!(plain(503, "SlowDown"), Failure::Throttled { status: 503, retry_after: None });
        assert_eq!(plain(409, "ConditionalRequestConflict"), Failure::Unavailable(409));
        assert_eq!(plain(400, "MalformedXML"), Failure::Refused { status: 400, code: "MalformedXML".into() });
    }

    #[test]
    fn a_bare_status_has_a_meaning() {
        let plain = |status| judged(status, "", |_| {});
        assert_eq!(plain(403), Failure::Denied(Denial::Right(Right::Read)));
        assert_eq!(plain(404), Failure::NotFound("a/b".into()));
        assert_eq!(plain(429), Failure::Throttled { status: 429, retry_after: None });
        assert_eq!(plain(502), Failure::Unavailable(502));
        assert!(matches!(plain(302), Failure::NotS3(_)));
        assert!(matches!(plain(418), Failure::Refused { status: 418, .. }));
    }

    #[test]
    fn pages_come_from_others() {
        for status in [302, 403, 404, 407] {
            assert!(matches!(judged(status, "", |a| a.is_html = true), Failure::NotS3(_)), "{status}");
        }
        assert_eq!(judged(502, "", |a| a.is_html = true), Failure::Unavailable(502));
    }

    #[test]
    fn the_right_region_is_told() {
        let wrong = |right: Option<&str>| Failure::WrongRegion {
            asked: "us-east-1".into(),
            right: right.map(str::to_owned),
        };
        let region = |a: &mut Answer| a.region = Some("eu-west-1".into());
        assert_eq!(judged(301, "PermanentRedirect", region), wrong(Some("eu-west-1")));
        assert_eq!(judged(301, "PermanentRedirect", |_| {}), wrong(None));
        assert_eq!(judged(400, "AuthorizationHeaderMalformed", region), wrong(Some("eu-west-1")));
        assert_eq!(judged(301, "", region), wrong(Some("eu-west-1")));
        assert_eq!(judged(400, "", region), wrong(Some("eu-west-1")));
    }

    #[test]
    fn words_of_the_server_are_cut() {
        let body = b"<Error><Code>Bad\n\x1b[1mCode</Code><Region>eu</Region></Error>";
        assert_eq!(element(body, "Code").unwrap(), "Bad1mCode");
        assert_eq!(element(body, "Region").unwrap(), "eu");
        assert_eq!(element(body, "None"), None);
        assert_eq!(word(&"x".repeat(90)).len(), 40);
    }
}
