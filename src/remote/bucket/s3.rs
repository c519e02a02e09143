//! The S3 protocol.
//!
//! Owns the requests: one for each operation, tried once, with bodies read piece by piece within bounds. Checksums
//! beyond the protocol's own signature are off: many services do not know them. What was asked and failed is judged
//! by [`answer`].
//!
//! Create-only writes are asked of the server (`If-None-Match: *`). One that does not know them is remembered, and then
//! asked first whether the object is there. A large body is never sent before that question either.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, Region, RequestChecksumCalculation, ResponseChecksumValidation,
    SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;

use super::answer::{self, Asked};
use super::credentials::Chain;
use super::{Object, Page, Put, client};
use crate::remote::access::{Access, S3};
use crate::remote::failure::{Denial, Failure, Result, Right};

/// A body larger than this is sent only after asking whether the object is there.
const ASK_FIRST: usize = 1 << 20;

/// A connection slower than this, in bytes a second, is taken for one that hangs.
const LEAST_RATE: u64 = 32 * 1024;

/// A bucket of an S3 service.
pub(super) struct S3Bucket {
    client: Client,
    chain: Chain,
    bucket: String,
    region: String,
    read_timeout: Duration,
    /// Whether the server has said that it knows no create-only writes.
    knows_no_conditions: AtomicBool,
    last_heard: Mutex<Option<Instant>>,
}

impl S3Bucket {
    /// Prepares the access; contacts nobody.
    pub(super) fn open(s3: &S3, access: &Access) -> Self {
        let options = client::Options {
            endpoint: s3.endpoint.as_deref(),
            connect_timeout: access.connect_timeout,
            connections: access.concurrency,
        };
        let chain = Chain::new(s3, client::lazy(access.connect_timeout));
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(s3.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(chain.clone()))
            .http_client(client::new(&options))
            // Tries, pauses and bounds of time are ours.
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoint) = &s3.endpoint {
            config = config.endpoint_url(endpoint).force_path_style(true);
        }
        Self {
            client: Client::from_conf(config.build()),
            chain,
            bucket: s3.bucket.clone(),
            region: s3.region.clone(),
            read_timeout: access.read_timeout,
            knows_no_conditions: AtomicBool::new(false),
            last_heard: Mutex::default(),
        }
    }

    pub(super) fn credentials_source(&self) -> Option<&'static str> {
        self.chain.source()
    }

    /// Returns when something last came from the server.
    pub(super) fn last_heard(&self) -> Option<Instant> {
        *self.last_heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn get(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let asked = self.asked(Right::Read, name);
        let call = self.client.get_object().bucket(&self.bucket).key(name).send();
        let mut answer = self.timely(call).await?.map_err(|error| answer::failure(&error, &asked))?;
        let length = checked_length(&answer)?;
        if length.is_some_and(|length| length > limit) {
            return Err(Failure::TooLarge(limit));
        }
        let mut content = Vec::with_capacity(usize::try_from(length.unwrap_or(0)).unwrap_or(0));
        while let Some(piece) = self.piece(&mut answer).await? {
            if (content.len() + piece.len()) as u64 > limit {
                return Err(Failure::TooLarge(limit));
            }
            content.extend_from_slice(&piece);
        }
        match length {
            Some(length) if length != content.len() as u64 => Err(Failure::Truncated),
            _ => Ok(content),
        }
    }

    pub(super) async fn get_range(&self, name: &str, offset: u64, length: u64) -> Result<Vec<u8>> {
        let asked = self.asked(Right::Read, name);
        let range = format!("bytes={offset}-{}", offset + length - 1);
        let call = self.client.get_object().bucket(&self.bucket).key(name).range(range).send();
        let mut answer = match self.timely(call).await? {
            Ok(answer) => answer,
            Err(error) if answer::status(&error) == Some(416) => return Err(shorter()),
            Err(error) => return Err(answer::failure(&error, &asked)),
        };
        let announced = checked_length(&answer)?;
        // A service that knows no ranges sends all.
        let mut skip = if answer.content_range().is_some() { 0 } else { offset };
        if announced.is_some_and(|announced| announced < skip.saturating_add(length)) {
            return Err(shorter());
        }
        let mut content = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        while (content.len() as u64) < length {
            let Some(mut piece) = self.piece(&mut answer).await? else { return Err(Failure::Truncated) };
            let before = skip.min(piece.len() as u64);
            skip -= before;
            piece = piece.slice(before as usize..);
            let wanted = (length - content.len() as u64).min(piece.len() as u64);
            content.extend_from_slice(&piece[..wanted as usize]);
        }
        Ok(content)
    }

    pub(super) async fn put_new(&self, name: &str, body: &Bytes) -> Result<Put> {
        let mut conditional = !self.knows_no_conditions.load(Ordering::Relaxed);
        if (!conditional || body.len() > ASK_FIRST) && self.is_known(name).await? {
            return Ok(Put::Exists);
        }
        loop {
            let request = self.put_request(name, body);
            let request = if conditional { request.if_none_match("*") } else { request };
            match self.send(request, name, body.len()).await? {
                Ok(()) => return Ok(Put::Created),
                Err(error) => match answer::status(&error) {
                    Some(412) => return Ok(Put::Exists),
                    Some(400 | 501) if conditional && is_unknown(&error) => {
                        self.knows_no_conditions.store(true, Ordering::Relaxed);
                        conditional = false;
                        if body.len() <= ASK_FIRST && self.is_known(name).await? {
                            return Ok(Put::Exists);
                        }
                    }
                    _ => return Err(answer::failure(&error, &self.asked(Right::Write, name))),
                },
            }
        }
    }

    pub(super) async fn put(&self, name: &str, body: &Bytes) -> Result<()> {
        let sent = self.send(self.put_request(name, body), name, body.len()).await?;
        sent.map_err(|error| answer::failure(&error, &self.asked(Right::Write, name)))
    }

    pub(super) async fn exists(&self, name: &str) -> Result<bool> {
        let call = self.client.head_object().bucket(&self.bucket).key(name).send();
        match self.timely(call).await? {
            Ok(answer) => answer::page(answer.content_type()).map_or(Ok(true), Err),
            Err(error) => match answer::failure(&error, &self.asked(Right::Read, name)) {
                Failure::NotFound(_) => Ok(false),
                failure => Err(failure),
            },
        }
    }

    /// Whether an object is there, as far as a writer can tell: to one without the right to list, what is absent looks
    /// forbidden.
    async fn is_known(&self, name: &str) -> Result<bool> {
        match self.exists(name).await {
            Err(Failure::Denied(Denial::Right(_))) => Ok(false),
            other => other,
        }
    }

    pub(super) async fn list(&self, prefix: &str, token: Option<&str>) -> Result<Page> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let call = request.set_continuation_token(token.map(str::to_owned)).send();
        let page = self.timely(call).await?;
        let page = page.map_err(|error| answer::failure(&error, &self.asked(Right::List, prefix)))?;
        let object = |object: aws_sdk_s3::types::Object| {
            let size = u64::try_from(object.size.unwrap_or(0)).unwrap_or(0);
            let modified = object.last_modified.and_then(|time| time.to_millis().ok());
            let modified_ms = modified.and_then(|time| u64::try_from(time).ok()).unwrap_or(0);
            Some(Object { name: object.key?, size, modified_ms })
        };
        let next = page.next_continuation_token.filter(|_| page.is_truncated == Some(true));
        Ok(Page { objects: page.contents.unwrap_or_default().into_iter().filter_map(object).collect(), next })
    }

    /// Whether objects may be written: a multipart upload takes the same right, and leaves nothing when it is given up.
    pub(super) async fn may_write(&self, name: &str) -> Result<()> {
        let asked = self.asked(Right::Write, name);
        let call = self.client.create_multipart_upload().bucket(&self.bucket).key(name).send();
        let upload = self.timely(call).await?.map_err(|error| answer::failure(&error, &asked))?;
        let Some(id) = upload.upload_id() else {
            return Err(Failure::NotS3("the answer is none of the protocol".to_owned()));
        };
        let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(name);
        let call = request.upload_id(id).send();
        // The right to write is shown; a service forgets uploads that nobody ends.
        self.timely(call).await.map(drop)
    }

    fn put_request(&self, name: &str, body: &Bytes) -> PutObjectFluentBuilder {
        let kind = if name.ends_with(".json") { "application/json" } else { "application/octet-stream" };
        let body = ByteStream::new(SdkBody::from(body.clone()));
        self.client.put_object().bucket(&self.bucket).key(name).content_type(kind).body(body)
    }

    /// Sends an object. An error that the protocol knows is for the caller to read.
    async fn send(
        &self,
        request: PutObjectFluentBuilder,
        name: &str,
        length: usize,
    ) -> Result<std::result::Result<(), SdkError<PutObjectError, HttpResponse>>> {
        let sending = Duration::from_secs(length as u64 / LEAST_RATE);
        let answer = tokio::time::timeout(self.read_timeout + sending, request.send()).await;
        match answer.map_err(|_| Failure::TimedOut)? {
            // Every service tells what it has stored; whoever does not has stored nothing.
            Ok(stored) if stored.e_tag().is_none() => {
                Err(Failure::NotS3(format!("writing `{name}` gave an answer that is none of the protocol")))
            }
            Ok(_) => Ok(Ok(())),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn piece(&self, answer: &mut GetObjectOutput) -> Result<Option<Bytes>> {
        let piece = self.timely(answer.body.next()).await?;
        piece.transpose().map_err(|error| answer::broken(&error))
    }

    /// Waits for an answer, or the next piece of one, as long as the settings allow.
    async fn timely<T>(&self, answer: impl Future<Output = T>) -> Result<T> {
        let answer = tokio::time::timeout(self.read_timeout, answer).await.map_err(|_| Failure::TimedOut)?;
        *self.last_heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(answer)
    }

    fn asked<'a>(&'a self, right: Right, name: &'a str) -> Asked<'a> {
        Asked { right, name, bucket: &self.bucket, region: &self.region }
    }
}

/// Returns the announced length of an answer, which must not be a page.
fn checked_length(answer: &GetObjectOutput) -> Result<Option<u64>> {
    match answer::page(answer.content_type()) {
        Some(failure) => Err(failure),
        None => Ok(answer.content_length().and_then(|length| u64::try_from(length).ok())),
    }
}

fn shorter() -> Failure {
    Failure::Damaged("the object is shorter than it should be".to_owned())
}

/// Whether a server says that it does not know create-only writes.
fn is_unknown(error: &SdkError<PutObjectError, HttpResponse>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    match answer::status(error) {
        Some(501) => true,
        _ => matches!(code, Some("NotImplemented" | "InvalidArgument")),
    }
}
