//! The network of the tests themselves: what it adds is there, and what it counts is right.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Remote, block_on, bytes, far};
use crate::support::s3::Kind;

#[test]
fn latency_and_bandwidth_take_their_time() {
    let remote = Remote::start();
    let bucket = remote.bucket();
    block_on(async {
        bucket.put("a", Bytes::from(vec![7; 1_000_000]), far()).await.unwrap();
        remote.proxy.set_round_trip(Duration::from_millis(100));
        let started = Instant::now();
        bucket.exists("a", far()).await.unwrap();
        assert!(started.elapsed() >= Duration::from_millis(100));

        remote.proxy.set_round_trip(Duration::ZERO);
        remote.proxy.set_bandwidth(16_000_000);
        let started = Instant::now();
        bucket.get("a", 1 << 20, far()).await.unwrap();
        assert!(started.elapsed() >= Duration::from_millis(480), "{:?}", started.elapsed());
    });
}

#[test]
fn requests_and_bytes_are_counted() {
    let remote = Remote::start();
    let bucket = remote.bucket();
    block_on(async {
        bucket.put_new("serde/0.tar.zst", bytes("12345"), far()).await.unwrap();
        bucket.put("_builds/w/c/l.json", bytes("1"), far()).await.unwrap();
        bucket.get("serde/0.tar.zst", 9, far()).await.unwrap();
        bucket.get_range("serde/0.tar.zst", 1, 2, far()).await.unwrap();
        bucket.list("").all(far()).await.unwrap();
    });
    let seen = remote.proxy.seen();
    let kinds = seen.iter().map(|seen| (seen.method.as_str(), seen.kind)).collect::<Vec<_>>();
    let expected = [
        ("PUT", Kind::Entry),
        ("PUT", Kind::Build),
        ("GET", Kind::Entry),
        ("GET", Kind::Entry),
        ("GET", Kind::Listing),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(seen[3].range.as_deref(), Some("bytes=1-2"));
    assert!(seen.iter().all(|seen| seen.status / 100 == 2), "{seen:?}");
    let (sent, received) = remote.proxy.bytes();
    assert_eq!(sent, 6);
    assert!(received >= 7, "{received}");
    assert_eq!(remote.proxy.connections(), 1);
    remote.proxy.clear();
    assert_eq!((remote.proxy.seen().len(), remote.proxy.bytes()), (0, (0, 0)));
}
