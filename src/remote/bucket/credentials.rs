//! As whom a bucket is reached.
//!
//! Owns the order of the sources: the explicit pair, else the profile, else what AWS tools look at. Remembers which
//! one gave the credentials, and that none did: then nobody is asked again for a while. Never shows any.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_s3::config::Region;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::remote::access::S3;

/// Longest wait for the service that an instance in the cloud asks. Anywhere else nobody answers.
const INSTANCE_CONNECT: Duration = Duration::from_millis(500);
const INSTANCE_READ: Duration = Duration::from_secs(1);

/// How long it is believed that there are none.
const NONE_FOR: Duration = Duration::from_mins(1);

/// Gives the credentials. Clones are the same chain.
#[derive(Clone)]
pub(super) struct Chain {
    sources: Arc<[(&'static str, SharedCredentialsProvider)]>,
    found: Arc<Mutex<Found>>,
}

/// What came of asking.
#[derive(Clone, Copy, Default)]
struct Found {
    source: Option<&'static str>,
    none_since: Option<Instant>,
}

/// The source that has credentials and could not give them.
#[derive(Debug)]
pub(super) struct FailedSource(pub(super) &'static str);

impl fmt::Display for FailedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed", self.0)
    }
}

impl std::error::Error for FailedSource {}

impl Chain {
    /// Makes the chain for a bucket. `client` reaches the services that give credentials.
    pub(super) fn new(s3: &S3, client: SharedHttpClient) -> Self {
        let region = Region::new(s3.region.clone());
        let config = ProviderConfig::without_region().with_region(Some(region)).with_http_client(client);
        let sources = match (&s3.credentials, &s3.profile) {
            (Some(pair), _) => {
                let token = pair.session_token.clone();
                let pair = Credentials::new(&pair.access_key, &pair.secret_key, token, None, "kache");
                vec![("`KACHE_S3_ACCESS_KEY`", SharedCredentialsProvider::new(pair))]
            }
            (None, Some(name)) => vec![("the profile", profile(&config, Some(name)))],
            (None, None) => usual(&config),
        };
        Self { sources: sources.into(), found: Arc::default() }
    }

    /// Names the source that gave credentials.
    pub(super) fn source(&self) -> Option<&'static str> {
        self.found().source
    }

    fn found(&self) -> Found {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, found: Found) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }

    async fn ask(&self) -> provider::Result {
        if self.found().none_since.is_some_and(|since| since.elapsed() < NONE_FOR) {
            return Err(CredentialsError::not_loaded_no_source());
        }
        for (name, source) in &*self.sources {
            match source.provide_credentials().await {
                Ok(credentials) => {
                    self.note(Found { source: Some(name), none_since: None });
                    return Ok(credentials);
                }
                Err(CredentialsError::CredentialsNotLoaded(_)) => {}
                // What the source says may hold secrets; its name is enough.
                Err(_) => return Err(CredentialsError::provider_error(FailedSource(name))),
            }
        }
        self.note(Found { source: None, none_since: Some(Instant::now()) });
        Err(CredentialsError::not_loaded_no_source())
    }
}

/// Returns what AWS tools look at, in their order.
fn usual(config: &ProviderConfig) -> Vec<(&'static str, SharedCredentialsProvider)> {
    let instance = imds::Client::builder()
        .configure(config)
        .max_attempts(1)
        .connect_timeout(INSTANCE_CONNECT)
        .read_timeout(INSTANCE_READ)
        .build();
    let instance = ImdsCredentialsProvider::builder().configure(config).imds_client(instance).build();
    let web = WebIdentityTokenCredentialsProvider::builder().configure(config).build();
    let container = EcsCredentialsProvider::builder().configure(config).build();
    vec![
        ("the AWS variables", SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())),
        ("the default AWS profile", profile(config, None)),
        ("the web identity token", SharedCredentialsProvider::new(web)),
        ("the container", SharedCredentialsProvider::new(container)),
        ("the instance", SharedCredentialsProvider::new(instance)),
    ]
}

fn profile(config: &ProviderConfig, name: Option<&str>) -> SharedCredentialsProvider {
    let mut builder = ProfileFileCredentialsProvider::builder().configure(config);
    if let Some(name) = name {
        builder = builder.profile_name(name);
    }
    SharedCredentialsProvider::new(builder.build())
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.ask())
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.sources.iter().map(|(name, _)| name)).finish()
    }
}
