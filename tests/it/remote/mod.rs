//! The shared cache: buckets, their faults, keys.

mod buckets;
mod builds;
mod credentials;
mod entries;
mod faults;
mod keys;
mod machines;
mod network;
mod settings;
mod syncs;
mod trouble;

use std::time::Duration;

use bytes::Bytes;
use cargo_kache::remote::access::{Access, Credentials, Deadline, Place, S3};
use cargo_kache::remote::bucket::Bucket;

use crate::support::s3::{ACCESS_KEY, BUCKET, Proxy, REGION, SECRET_KEY, Server};

/// A server, the network in front of it, and what reaches it.
struct Remote {
    server: Server,
    proxy: Proxy,
}

impl Remote {
    fn start() -> Self {
        let server = Server::start();
        let proxy = Proxy::start(server.port());
        Self { server, proxy }
    }

    /// Returns an access that works.
    fn access(&self) -> Access {
        Access {
            prefix: "p".to_owned(),
            connect_timeout: Duration::from_secs(1),
            read_timeout: Duration::from_secs(10),
            ..Access::to(Place::S3(self.s3()))
        }
    }

    fn s3(&self) -> S3 {
        S3 {
            bucket: BUCKET.to_owned(),
            endpoint: Some(self.proxy.endpoint()),
            region: REGION.to_owned(),
            profile: None,
            credentials: Some(pair(ACCESS_KEY, SECRET_KEY)),
        }
    }

    fn bucket(&self) -> Bucket {
        Bucket::open(&self.access())
    }

    /// Returns the bucket reached with other options.
    fn reached(&self, change: impl FnOnce(&mut S3)) -> Bucket {
        let mut s3 = self.s3();
        change(&mut s3);
        Bucket::open(&Access { place: Place::S3(s3), ..self.access() })
    }
}

fn pair(access_key: &str, secret_key: &str) -> Credentials {
    Credentials { access_key: access_key.to_owned(), secret_key: secret_key.to_owned(), session_token: None }
}

/// A moment far enough away that no test should reach it.
fn far() -> Deadline {
    Deadline::within(Duration::from_mins(1))
}

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
