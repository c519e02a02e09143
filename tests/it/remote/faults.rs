//! A server, or a network, in each kind of trouble: what is said of it, and how long it may take.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cargo_kache::remote::access::{Access, Deadline, Place, S3};
use cargo_kache::remote::bucket::Bucket;
use cargo_kache::remote::failure::{Denial, Failure, Result, Right};
use hyper::Method;

use super::{Remote, block_on, bytes, far};
use crate::support::s3::{ACCESS_KEY, Fault, Rule, SECRET_KEY};

/// The time an operation is given here.
const TIME: Duration = Duration::from_millis(1_500);

/// More than any operation with [`TIME`] may take, on a machine that does ten things at once.
const BOUND: Duration = Duration::from_secs(20);

fn soon() -> Deadline {
    Deadline::within(TIME)
}

/// Puts an object `a` of 100 kB there.
fn filled() -> (Remote, Vec<u8>) {
    let remote = Remote::start();
    let content = (0..100_000_u32).map(|n| (n ^ (n >> 7)) as u8).collect::<Vec<_>>();
    std::fs::create_dir_all(remote.server.objects().join("p")).unwrap();
    std::fs::write(remote.server.objects().join("p/a"), &content).unwrap();
    (remote, content)
}

/// What a read, a write, a question and a listing gave.
struct Gave {
    get: Result<Vec<u8>>,
    range: Result<Vec<u8>>,
    put_new: Result<()>,
    put: Result<()>,
    exists: Result<bool>,
    list: Result<usize>,
}

impl Gave {
    /// Asks for everything, with the fault each time.
    fn under(fault: Fault) -> Self {
        let (remote, _) = filled();
        remote.proxy.add(Rule::always(fault));
        Self::of(&remote.bucket())
    }

    fn of(bucket: &Bucket) -> Self {
        let started = Instant::now();
        let gave = block_on(async {
            Self {
                get: bucket.get("a", 1 << 20, soon()).await,
                range: bucket.get_range("a", 10, 50_000, soon()).await,
                put_new: bucket.put_new("b", bytes("x"), soon()).await.map(drop),
                put: bucket.put("b", bytes("x"), soon()).await,
                exists: bucket.exists("a", soon()).await,
                list: bucket.list("").all(soon()).await.map(|objects| objects.len()),
            }
        });
        assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
        gave
    }

    /// Returns all failures. None of them may quote a secret.
    fn failures(self) -> Vec<Failure> {
        let failures = vec![
            self.get.unwrap_err(),
            self.range.unwrap_err(),
            self.put_new.unwrap_err(),
            self.put.unwrap_err(),
            self.exists.unwrap_err(),
            self.list.unwrap_err(),
        ];
        for failure in &failures {
            let shown = format!("{failure} {failure:?} {}", failure.hint().unwrap_or_default());
            assert!(!shown.contains(SECRET_KEY) && !shown.contains(ACCESS_KEY), "{shown}");
            assert!(!failure.to_string().contains('\n'), "{shown}");
        }
        failures
    }
}

#[track_caller]
fn assert_all(fault: Fault, expected: impl Fn(&Failure) -> bool) {
    let shown = format!("{fault:?}");
    for (index, failure) in Gave::under(fault).failures().iter().enumerate() {
        assert!(expected(failure), "operation {index} under {shown}: {failure:?}");
    }
}

#[test]
fn denials_name_the_right() {
    let rights = [Right::Read, Right::Read, Right::Write, Right::Write, Right::Read, Right::List];
    let failures = Gave::under(Fault::error(403, "AccessDenied")).failures();
    assert_eq!(failures, rights.map(|right| Failure::Denied(Denial::Right(right))));
}

#[test]
fn servers_that_fail_are_unavailable() {
    assert_all(Fault::error(500, "InternalError"), |f| *f == Failure::Unavailable(500));
    assert_all(Fault::error(503, "ServiceUnavailable"), |f| *f == Failure::Unavailable(503));
    // A page of whoever stands in front of them says the same.
    assert_all(Fault::Page { status: 502 }, |f| *f == Failure::Unavailable(502));
}

#[test]
fn servers_that_ask_to_wait_are_heeded() {
    for status in [429, 503] {
        let later = Some(Duration::from_hours(1));
        assert_all(Fault::later(status, 3_600), |f| {
            // An answer to HEAD has no body; its headers say it all the same.
            *f == Failure::Throttled { status, retry_after: later }
        });
        let (remote, content) = filled();
        remote.proxy.add(Rule::always(Fault::later(status, 1)).times(1));
        let started = Instant::now();
        assert_eq!(block_on(remote.bucket().get("a", 1 << 20, far())), Ok(content));
        assert!(started.elapsed() >= Duration::from_secs(1));
        assert_eq!(remote.proxy.seen().len(), 2);
    }
}

#[test]
fn what_passes_is_tried_again() {
    for fault in
        [Fault::error(500, "InternalError"), Fault::error(503, "SlowDown"), Fault::Reset, Fault::Truncate]
    {
        let (remote, content) = filled();
        remote.proxy.add(Rule::always(fault.clone()).times(2));
        assert_eq!(block_on(remote.bucket().get("a", 1 << 20, far())), Ok(content), "{fault:?}");
        assert_eq!(remote.proxy.seen().len(), 3, "{fault:?}");
    }
    let (remote, _) = filled();
    remote.proxy.add(Rule::always(Fault::error(500, "InternalError")).method(Method::PUT).times(1));
    assert_eq!(block_on(remote.bucket().put("b", bytes("x"), far())), Ok(()));
    assert_eq!(remote.proxy.count(|seen| seen.method == "PUT"), 2);
}

#[test]
fn what_does_not_pass_is_asked_once() {
    for fault in [
        Fault::error(403, "AccessDenied"),
        Fault::error(404, "NoSuchKey"),
        Fault::region("eu-west-1"),
        Fault::Page { status: 200 },
    ] {
        let (remote, _) = filled();
        remote.proxy.add(Rule::always(fault.clone()));
        block_on(remote.bucket().get("a", 1 << 20, far())).unwrap_err();
        assert_eq!(remote.proxy.seen().len(), 1, "{fault:?}");
    }
}

#[test]
fn the_right_region_is_told() {
    let right = Some("eu-west-1".to_owned());
    let wrong = Failure::WrongRegion { asked: "us-east-1".to_owned(), right };
    assert_all(Fault::region("eu-west-1"), |f| *f == wrong);
    assert_eq!(wrong.hint().unwrap(), "set `KACHE_S3_REGION` to `eu-west-1`");

    let malformed = Fault::Error {
        status: 400,
        code: "AuthorizationHeaderMalformed",
        extra: "<Region>eu-west-1</Region>",
        headers: Vec::new(),
    };
    assert_eq!(Gave::under(malformed).get, Err(wrong));
}

#[test]
fn pages_are_no_answers() {
    for status in [200, 302, 403, 404] {
        assert_all(Fault::Page { status }, |f| matches!(f, Failure::NotS3(_)));
    }
    let failure = Gave::under(Fault::Page { status: 200 }).get.unwrap_err();
    assert_eq!(failure.to_string(), "no S3 service answers here: a web page came");
}

#[test]
fn servers_that_hang_cost_the_deadline() {
    assert_all(Fault::HangBefore, |f| *f == Failure::TimedOut);
    let gave = Gave::under(Fault::HangWithin);
    assert_eq!(gave.get, Err(Failure::TimedOut));
    assert_eq!(gave.range, Err(Failure::TimedOut));
    assert_eq!(gave.list, Err(Failure::TimedOut));
}

#[test]
fn a_silent_connection_is_given_up_before_the_deadline() {
    let (remote, content) = filled();
    remote.proxy.add(Rule::always(Fault::HangWithin).times(1));
    let access = Access { read_timeout: Duration::from_millis(300), ..remote.access() };
    let got = block_on(Bucket::open(&access).get("a", 1 << 20, far()));
    assert_eq!(got, Ok(content));
    assert_eq!(remote.proxy.seen().len(), 2);
}

#[test]
fn connections_that_break_are_told() {
    let gave = Gave::under(Fault::Reset);
    assert!(matches!(gave.get, Err(Failure::Unreachable(_))), "{:?}", gave.get);
    assert!(matches!(gave.range, Err(Failure::Unreachable(_))), "{:?}", gave.range);
    assert!(matches!(gave.list, Err(Failure::Unreachable(_))), "{:?}", gave.list);
    let gave = Gave::under(Fault::Truncate);
    assert_eq!(gave.get, Err(Failure::Truncated));
    assert_eq!(gave.range, Err(Failure::Truncated));
    assert_eq!(gave.list, Err(Failure::Truncated));
}

#[test]
fn a_server_that_vanishes_is_unreachable() {
    let (remote, content) = filled();
    let bucket = remote.bucket();
    block_on(async {
        assert_eq!(bucket.get("a", 1 << 20, far()).await.unwrap(), content);
        remote.proxy.vanish();
        // Whether the kept connection or the next one shows it first is up to the network.
        crate::support::wait_for("the proxy is gone", || {
            std::net::TcpStream::connect(remote.proxy.endpoint().trim_start_matches("http://")).is_err()
        });
        let failure = bucket.get("a", 1 << 20, soon()).await.unwrap_err();
        assert!(matches!(failure, Failure::Unreachable(_)), "{failure:?}");
        assert!(failure.is_of_server());
        remote.proxy.come_back();
        crate::support::wait_for("the proxy is back", || {
            std::net::TcpStream::connect(remote.proxy.endpoint().trim_start_matches("http://")).is_ok()
        });
        assert_eq!(bucket.get("a", 1 << 20, far()).await.unwrap(), content);
    });
}

#[test]
fn addresses_that_lead_nowhere_are_unreachable() {
    let s3 = |endpoint: &str| {
        let remote = Remote::start();
        let place = Place::S3(S3 { endpoint: Some(endpoint.to_owned()), ..remote.s3() });
        Gave::of(&Bucket::open(&Access { place, ..remote.access() }))
    };
    // Names below `invalid` never exist.
    for (endpoint, why) in
        [("http://bucket.invalid", "unknown host"), ("http://127.0.0.1:1", "connection refused")]
    {
        for failure in s3(endpoint).failures() {
            assert_eq!(failure, Failure::Unreachable(why.to_owned()), "{endpoint}");
        }
    }
}

#[test]
fn a_server_that_takes_no_connection_costs_the_connect_timeout() {
    let remote = Remote::start();
    // One connection waits to be taken, which nobody does; the system leaves further ones without an answer.
    let socket = reluctant_listener();
    let address = socket.local_addr().unwrap();
    let _waiting = (0..8).map(|_| connect_briefly(address)).collect::<Vec<_>>();
    let s3 = S3 { endpoint: Some(format!("http://{address}")), ..remote.s3() };
    let connect_timeout = Duration::from_millis(200);
    let access = Access { place: Place::S3(s3), connect_timeout, ..remote.access() };
    let started = Instant::now();
    let failure = block_on(Bucket::open(&access).get("a", 1, far())).unwrap_err();
    assert_eq!(failure, Failure::TimedOut);
    // Four tries and their pauses, and much room.
    assert!(started.elapsed() < BOUND, "{:?}", started.elapsed());
}

/// Returns a listener that keeps as few connections waiting as the system lets it.
fn reluctant_listener() -> std::net::TcpListener {
    use rustix::net::{AddressFamily, SocketAddrV4, SocketType, bind, listen, socket};
    let listener = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&listener, &SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    listen(&listener, 0).unwrap();
    listener.into()
}

fn connect_briefly(address: std::net::SocketAddr) -> Option<std::net::TcpStream> {
    std::net::TcpStream::connect_timeout(&address, Duration::from_millis(50)).ok()
}

#[test]
fn what_is_no_address_is_told_at_once() {
    let remote = Remote::start();
    let invalid = |what: &str| Failure::NotS3(format!("{what} is invalid"));
    for endpoint in ["", "no address", "http://", "localhost:9000"] {
        let bucket = remote.reached(|s3| s3.endpoint = Some(endpoint.to_owned()));
        let failure = block_on(bucket.get("a", 1, far())).unwrap_err();
        assert_eq!(failure, invalid("the endpoint"), "{endpoint}");
    }
    for name in ["", "a/b"] {
        let bucket = remote.reached(|s3| s3.bucket = name.to_owned());
        assert_eq!(block_on(bucket.get("a", 1, far())), Err(invalid("the name of the bucket")), "{name}");
    }
    assert_eq!(remote.proxy.seen().len(), 0);
}

#[test]
fn a_server_without_tls_is_unreachable_by_tls() {
    let remote = Remote::start();
    let endpoint = remote.proxy.endpoint().replace("http:", "https:");
    let bucket = remote.reached(|s3| s3.endpoint = Some(endpoint));
    let failure = block_on(bucket.get("a", 1, soon())).unwrap_err();
    assert_eq!(failure, Failure::Unreachable("the TLS handshake failed".to_owned()));
}

#[test]
fn changed_bytes_come_as_they_are() {
    // A bucket does not know what is right: that is for digests.
    let (remote, mut content) = filled();
    remote.proxy.add(Rule::always(Fault::Flip).times(1));
    remote.proxy.add(Rule::always(Fault::Swap(Bytes::from_static(b"another"))).times(1));
    content[50_000] ^= 1;
    let bucket = remote.bucket();
    block_on(async {
        assert_eq!(bucket.get("a", 1 << 20, far()).await, Ok(content));
        assert_eq!(bucket.get("a", 1 << 20, far()).await.unwrap(), b"another");
    });
}

#[test]
fn nothing_shows_a_secret() {
    let remote = Remote::start();
    let shown = format!("{:?}", remote.access());
    assert!(!shown.contains(SECRET_KEY) && !shown.contains(ACCESS_KEY), "{shown}");
}
