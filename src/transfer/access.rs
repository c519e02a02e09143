//! The settings, in the remote's terms.
//!
//! Owns the patience with connections; everything else is as the settings have it.

use std::time::Duration;

use crate::config::{self, RemoteType, Settings};
use crate::env::Env;
use crate::remote::access::{Access, Credentials, Place, S3};

/// Returns how the remote is reached. `None` without one, or where it is ignored.
pub fn of(settings: &Settings, env: &Env) -> Option<Access> {
    let remote = &settings.remote;
    if !remote.is_on() {
        return None;
    }
    let place = match remote.kind {
        RemoteType::Dir => Place::Dir(remote.path.clone()?),
        RemoteType::S3 => Place::S3(S3 {
            bucket: remote.bucket.clone()?,
            endpoint: remote.endpoint.clone(),
            region: remote.region.clone(),
            profile: remote.profile.clone(),
            credentials: remote.credentials.as_ref().map(credentials),
        }),
    };
    Some(Access {
        prefix: remote.prefix.clone(),
        concurrency: settings.s3_concurrency as usize,
        // Nobody waits for one unit longer than that; a connection takes less.
        connect_timeout: remote.timeout.min(Duration::from_secs(3)),
        readonly: settings.why_readonly(env).is_some(),
        ..Access::to(place)
    })
}

fn credentials(given: &config::Credentials) -> Credentials {
    Credentials {
        access_key: given.access_key.clone(),
        secret_key: given.secret_key.clone(),
        session_token: given.session_token.clone(),
    }
}
