//! The remote of the `remote` scenario: a real S3 server on the loopback, behind a network that is as slow as one.
//!
//! Owns how each tool is told of it, and what went over it. Never builds.

use std::time::{Duration, Instant};

use crate::s3::{ACCESS_KEY, BUCKET, Proxy, REGION, SECRET_KEY, Server};
use crate::tool::Kind;

/// A question and its answer.
const ROUND_TRIP: Duration = Duration::from_millis(50);
/// Bits a second, each way.
const BANDWIDTH: u64 = 500_000_000;
/// Without a request for so long, whoever uploads is done.
const QUIET: Duration = Duration::from_secs(4);

/// A server and the network in front of it.
pub(crate) struct Remote {
    server: Server,
    proxy: Proxy,
}

impl Remote {
    /// Starts an empty one, fast for now.
    pub(crate) fn start() -> Self {
        let server = Server::start();
        let proxy = Proxy::start(server.port());
        Self { server, proxy }
    }

    /// Returns what tells a tool of it.
    pub(crate) fn variables(&self, kind: Kind) -> Vec<(&'static str, String)> {
        let endpoint = self.proxy.endpoint();
        let aws = [
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_REGION", REGION),
        ];
        let mut all: Vec<_> = aws.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        all.extend(match kind {
            Kind::Kache | Kind::Wrapper | Kind::PeerKache => vec![
                ("KACHE_S3_BUCKET", BUCKET.to_owned()),
                ("KACHE_S3_ENDPOINT", endpoint),
                ("KACHE_S3_REGION", REGION.to_owned()),
                ("KACHE_UPLOAD_WAIT", "10m".to_owned()),
            ],
            Kind::Mbx => vec![
                ("MBX_REMOTE_URL", format!("s3://{BUCKET}/mbx")),
                ("MBX_REMOTE_NAMESPACE", "bench".to_owned()),
                ("MBX_REMOTE_S3_ENDPOINT", endpoint),
                ("MBX_REMOTE_S3_REGION", REGION.to_owned()),
                ("MBX_REMOTE_S3_FORCE_PATH_STYLE", "true".to_owned()),
                // Without it only its CI mode uploads.
                ("MBX_REMOTE_TRUST_WRITES", "true".to_owned()),
            ],
            Kind::Sccache => vec![
                ("SCCACHE_BUCKET", BUCKET.to_owned()),
                ("SCCACHE_ENDPOINT", endpoint),
                ("SCCACHE_REGION", REGION.to_owned()),
                ("SCCACHE_S3_USE_SSL", "false".to_owned()),
            ],
            Kind::Plain | Kind::PlainIncremental | Kind::Floor => Vec::new(),
        });
        all
    }

    /// Waits until nobody has asked for anything for a while.
    pub(crate) fn settle(&self) {
        let (mut seen, mut since) = (self.proxy.seen().len(), Instant::now());
        while since.elapsed() < QUIET {
            std::thread::sleep(Duration::from_millis(100));
            let now = self.proxy.seen().len();
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
    }

    /// Becomes as slow as a real one, and forgets what went over it.
    pub(crate) fn slow_down(&self) {
        self.proxy.clear();
        self.proxy.set_round_trip(ROUND_TRIP);
        self.proxy.set_bandwidth(BANDWIDTH);
    }

    /// Tells what went over it, and what lies there.
    pub(crate) fn figures(&self) -> String {
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let (_, received) = self.proxy.bytes();
        let objects = self.server.list();
        let stored = objects.iter().map(|(_, size)| size).sum();
        format!(
            "{} requests on {} connections, {:.1} MB received; {} objects of {:.1} MB in the bucket",
            self.proxy.seen().len(),
            self.proxy.connections(),
            megabytes(received),
            objects.len(),
            megabytes(stored),
        )
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Remote")
    }
}
