//! What the proxy has seen.

use hyper::header::HeaderName;
use hyper::{Method, Request};

/// What an object is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Entry,
    Build,
    Pack,
    Prediction,
    Listing,
    Other,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    /// Path without the bucket.
    pub(crate) name: String,
    pub(crate) query: String,
    pub(crate) kind: Kind,
    pub(crate) range: Option<String>,
    pub(crate) is_conditional: bool,
    /// Who signed it, and for which region.
    pub(crate) access_key: String,
    pub(crate) region: String,
    pub(crate) session_token: Option<String>,
    /// Length of the body.
    pub(crate) sent: u64,
    /// The status it was answered with; 0 while there is none.
    pub(crate) status: u16,
}

impl Seen {
    pub(super) fn new<B>(request: &Request<B>, sent: u64) -> Self {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let path = request.uri().path().trim_start_matches('/');
        let name = path.split_once('/').map_or("", |(_, name)| name).to_owned();
        // `AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/s3/aws4_request, …`
        let signed = header(hyper::header::AUTHORIZATION).and_then(|it| it.split_once("Credential="));
        let mut scope = signed.map_or("", |(_, scope)| scope).split('/').map(str::to_owned);
        let query = request.uri().query().unwrap_or_default().to_owned();
        Self {
            method: request.method().clone(),
            kind: kind(&name, &query),
            access_key: scope.next().unwrap_or_default(),
            region: scope.nth(1).unwrap_or_default(),
            session_token: header(HeaderName::from_static("x-amz-security-token")).map(str::to_owned),
            name,
            query,
            range: header(hyper::header::RANGE).map(str::to_owned),
            is_conditional: header(hyper::header::IF_NONE_MATCH).is_some(),
            sent,
            status: 0,
        }
    }
}

fn kind(name: &str, query: &str) -> Kind {
    if query.contains("list-type=2") {
        Kind::Listing
    } else if name.ends_with(".tar.zst") {
        Kind::Entry
    } else if name.contains("_builds/") {
        Kind::Build
    } else if name.contains("_packs/") {
        Kind::Pack
    } else if name.contains("_predictions/") {
        Kind::Prediction
    } else {
        Kind::Other
    }
}
