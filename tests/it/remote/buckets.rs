//! Operations on buckets: the same for S3 and for a folder.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cargo_kache::remote::access::{Access, Place};
use cargo_kache::remote::bucket::{Bucket, Put};
use cargo_kache::remote::failure::{Denial, Failure, Right};

use super::{Remote, block_on, bytes, far, pair};
use crate::support::s3::{Fault, Rule};

/// Runs a test on a bucket of each kind.
fn each(test: impl AsyncFn(Bucket)) {
    let remote = Remote::start();
    block_on(test(remote.bucket()));
    let folder = tempfile::tempdir().unwrap();
    block_on(test(in_folder(folder.path())));
}

fn in_folder(path: &std::path::Path) -> Bucket {
    Bucket::open(&Access { prefix: "/p/".to_owned(), ..Access::to(Place::Dir(path.to_owned())) })
}

#[test]
fn objects_go_in_and_out() {
    each(async |bucket| {
        let absent = Failure::NotFound("serde/a".to_owned());
        assert_eq!(bucket.get("serde/a", 10, far()).await, Err(absent));
        assert_eq!(bucket.exists("serde/a", far()).await, Ok(false));

        assert_eq!(bucket.put_new("serde/a", bytes("one"), far()).await, Ok(Put::Created));
        assert_eq!(bucket.put_new("serde/a", bytes("two"), far()).await, Ok(Put::Exists));
        assert_eq!(bucket.get("serde/a", 3, far()).await.unwrap(), b"one");
        assert_eq!(bucket.exists("serde/a", far()).await, Ok(true));

        assert_eq!(bucket.put("serde/a", bytes("other"), far()).await, Ok(()));
        assert_eq!(bucket.get("serde/a", 10, far()).await.unwrap(), b"other");
        assert_eq!(bucket.get("serde/a", 4, far()).await, Err(Failure::TooLarge(4)));
        assert_eq!(bucket.put("empty", Bytes::new(), far()).await, Ok(()));
        assert_eq!(bucket.get("empty", 0, far()).await.unwrap(), b"");
    });
}

#[test]
fn ranges_are_whole_or_fail() {
    each(async |bucket| {
        bucket.put("a", bytes("0123456789"), far()).await.unwrap();
        assert_eq!(bucket.get_range("a", 0, 1, far()).await.unwrap(), b"0");
        assert_eq!(bucket.get_range("a", 3, 4, far()).await.unwrap(), b"3456");
        assert_eq!(bucket.get_range("a", 9, 1, far()).await.unwrap(), b"9");
        assert_eq!(bucket.get_range("a", 9, 0, far()).await.unwrap(), b"");
        for (offset, length) in [(8, 3), (10, 1), (u64::MAX, 2)] {
            let failure = bucket.get_range("a", offset, length, far()).await.unwrap_err();
            assert!(matches!(failure, Failure::Damaged(_)), "{offset} {length}: {failure}");
        }
        let absent = Failure::NotFound("b".to_owned());
        assert_eq!(bucket.get_range("b", 0, 1, far()).await, Err(absent));
    });
}

#[test]
fn large_bodies_go_through() {
    each(async |bucket| {
        let body = Bytes::from((0..9_000_000_u32).map(|n| (n ^ (n >> 8)) as u8).collect::<Vec<_>>());
        assert_eq!(bucket.put_new("a", body.clone(), far()).await, Ok(Put::Created));
        assert_eq!(bucket.get("a", 9_000_000, far()).await.unwrap(), body);
        assert_eq!(bucket.put_new("a", body, far()).await, Ok(Put::Exists));
    });
}

#[test]
fn listings_have_names_and_sizes() {
    each(async |bucket| {
        let all = async |prefix| bucket.list(prefix).all(far()).await.unwrap();
        let names = async |prefix| {
            all(prefix).await.into_iter().map(|object| object.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(all("").await, []);
        let before = now_ms();
        for name in ["serde/b", "serde/a", "serde_json/a", "_builds/w/c/l.json"] {
            bucket.put(name, bytes(name), far()).await.unwrap();
        }
        assert_eq!(names("serde/").await, "serde/a serde/b");
        assert_eq!(names("serde").await, "serde/a serde/b serde_json/a");
        assert_eq!(names("_builds/w/c/").await, "_builds/w/c/l.json");
        assert_eq!(names("other/").await, "");
        for object in all("").await {
            assert_eq!(object.size, object.name.len() as u64);
            // Clocks of file systems are coarse, and those of servers count seconds.
            assert!(object.modified_ms + 2_000 > before, "{object:?} {before}");
        }
        assert_eq!(all("").await.len(), 4);
    });
}

#[test]
fn long_listings_come_in_pages() {
    let remote = Remote::start();
    let folder = remote.server.objects().join("p/many");
    std::fs::create_dir_all(&folder).unwrap();
    for number in 0..1_234 {
        std::fs::write(folder.join(format!("{number:04}")), "x").unwrap();
    }
    block_on(async {
        let bucket = remote.bucket();
        let mut listing = bucket.list("many/");
        let first = listing.page(far()).await.unwrap().unwrap();
        assert!(first.len() < 1_234, "{}", first.len());
        let mut all = first;
        while let Some(page) = listing.page(far()).await.unwrap() {
            all.extend(page);
        }
        let names = all.iter().map(|object| object.name.clone()).collect::<Vec<_>>();
        assert_eq!(names, (0..1_234).map(|number| format!("many/{number:04}")).collect::<Vec<_>>());
    });
}

#[test]
fn of_many_writers_one_creates() {
    each(async |bucket| {
        let bucket = Arc::new(bucket);
        let writers = (0..32).map(|number| {
            let bucket = Arc::clone(&bucket);
            tokio::spawn(async move { bucket.put_new("a", format!("{number:02}").into(), far()).await })
        });
        let mut created = Vec::new();
        for (number, writer) in writers.collect::<Vec<_>>().into_iter().enumerate() {
            match writer.await.unwrap().unwrap() {
                Put::Created => created.push(number),
                Put::Exists => {}
            }
        }
        assert_eq!(created.len(), 1, "{created:?}");
        let content = bucket.get("a", 10, far()).await.unwrap();
        assert_eq!(content, format!("{:02}", created[0]).as_bytes());
        let left = bucket.list("").all(far()).await.unwrap();
        assert_eq!(left.len(), 1, "{left:?}");
    });
}

#[test]
fn no_more_operations_at_once_than_allowed() {
    let remote = Remote::start();
    remote.proxy.set_round_trip(Duration::from_millis(40));
    block_on(async {
        let bucket = Arc::new(Bucket::open(&Access { concurrency: 2, ..remote.access() }));
        let reads = (0..12).map(|_| {
            let bucket = Arc::clone(&bucket);
            tokio::spawn(async move { bucket.exists("a", far()).await })
        });
        for read in reads.collect::<Vec<_>>() {
            assert_eq!(read.await.unwrap(), Ok(false));
        }
        // Connections are kept: as many as there were operations at once.
        assert!(remote.proxy.connections() <= 2, "{}", remote.proxy.connections());
        assert_eq!(remote.proxy.seen().len(), 12);
    });
}

#[test]
fn a_readonly_remote_is_never_written() {
    let remote = Remote::start();
    let folder = tempfile::tempdir().unwrap();
    for access in [remote.access(), Access::to(Place::Dir(folder.path().to_owned()))] {
        let bucket = Bucket::open(&Access { readonly: true, ..access });
        let readonly = Failure::Denied(Denial::Readonly);
        block_on(async {
            assert_eq!(bucket.put("a", bytes("x"), far()).await, Err(readonly.clone()));
            assert_eq!(bucket.put_new("a", bytes("x"), far()).await, Err(readonly.clone()));
            let check = bucket.check(far()).await;
            assert_eq!((check.list, check.read, check.write), (Ok(()), Some(Ok(())), Err(readonly)));
        });
    }
    assert_eq!(remote.server.list(), []);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

// What services without create-only writes get.

#[test]
fn a_server_without_create_only_writes_is_asked_first() {
    for (status, code) in [(501, "NotImplemented"), (400, "InvalidArgument")] {
        let remote = Remote::start();
        remote.proxy.add(Rule::always(Fault::error(status, code)).conditional());
        block_on(async {
            let bucket = remote.bucket();
            assert_eq!(bucket.put_new("a", bytes("one"), far()).await, Ok(Put::Created));
            assert_eq!(bucket.put_new("a", bytes("two"), far()).await, Ok(Put::Exists));
            assert_eq!(bucket.put_new("b", bytes("two"), far()).await, Ok(Put::Created));
            assert_eq!(bucket.get("a", 10, far()).await.unwrap(), b"one");
        });
        // The refusal is remembered, and a body that is there already is not sent.
        assert_eq!(remote.proxy.count(|seen| seen.is_conditional), 1);
        assert_eq!(remote.proxy.count(|seen| seen.method == "PUT"), 3);
    }
}

#[test]
fn a_conflict_with_another_writer_is_no_failure() {
    let remote = Remote::start();
    remote.proxy.add(Rule::always(Fault::error(409, "ConditionalRequestConflict")).conditional().times(1));
    assert_eq!(block_on(remote.bucket().put_new("a", bytes("x"), far())), Ok(Put::Created));
    assert_eq!(remote.proxy.count(|seen| seen.is_conditional), 2);
}

#[test]
fn large_bodies_are_not_sent_in_vain() {
    let remote = Remote::start();
    block_on(async {
        let bucket = remote.bucket();
        let body = Bytes::from(vec![7; 2 << 20]);
        assert_eq!(bucket.put_new("a", body.clone(), far()).await, Ok(Put::Created));
        assert_eq!(bucket.put_new("a", body, far()).await, Ok(Put::Exists));
    });
    assert_eq!(remote.proxy.bytes().0, 2 << 20);
}

#[test]
fn whoever_may_not_list_may_still_write_large_bodies() {
    // To such a writer a service says of absent objects that they are forbidden.
    let remote = Remote::start();
    remote.proxy.add(Rule::always(Fault::error(403, "AccessDenied")).method(hyper::Method::HEAD));
    block_on(async {
        let body = Bytes::from(vec![7; 2 << 20]);
        assert_eq!(remote.bucket().put_new("a", body, far()).await, Ok(Put::Created));
    });
    assert_eq!(remote.server.list(), [("p/a".to_owned(), 2 << 20)]);
}

// Rights.

#[test]
fn a_check_leaves_nothing_behind() {
    let remote = Remote::start();
    let check = block_on(async { remote.bucket().check(far()).await });
    assert_eq!((check.list, check.read, check.write), (Ok(()), Some(Ok(())), Ok(())));
    assert_eq!(check.credentials, Some("`KACHE_S3_ACCESS_KEY`"));
    assert_eq!(remote.server.list(), []);

    let folder = tempfile::tempdir().unwrap();
    let check = block_on(async { in_folder(folder.path()).check(far()).await });
    assert_eq!(
        (check.list, check.read, check.write, check.credentials),
        (Ok(()), Some(Ok(())), Ok(()), None)
    );
}

#[test]
fn rights_are_told_apart() {
    let denied = |right| Failure::Denied(Denial::Right(right));
    let forbid = |method: hyper::Method, name: &str| {
        let remote = Remote::start();
        std::fs::create_dir_all(remote.server.objects().join("p")).unwrap();
        std::fs::write(remote.server.objects().join("p/a"), "x").unwrap();
        remote.proxy.add(Rule::always(Fault::error(403, "AccessDenied")).method(method).name(name));
        block_on(async { remote.bucket().check(far()).await })
    };
    let check = forbid(hyper::Method::POST, "");
    assert_eq!((check.list, check.read, check.write), (Ok(()), Some(Ok(())), Err(denied(Right::Write))));
    let check = forbid(hyper::Method::GET, "p/a");
    assert_eq!((check.list, check.read, check.write), (Ok(()), Some(Err(denied(Right::Read))), Ok(())));
    // Whoever may not list can't tell an absent object from a forbidden one.
    let check = forbid(hyper::Method::GET, "");
    assert_eq!((check.list, check.read, check.write), (Err(denied(Right::List)), None, Ok(())));
}

#[test]
fn wrong_credentials_are_told_apart() {
    let remote = Remote::start();
    let secret = remote.reached(|s3| s3.credentials = Some(pair("AKTESTHOLDER", "guess")));
    let key = remote.reached(|s3| s3.credentials = Some(pair("AKSTRANGER", "guess")));
    block_on(async {
        for (bucket, denial) in [(secret, Denial::SecretKey), (key, Denial::AccessKey)] {
            let failure = bucket.get("a", 1, far()).await.unwrap_err();
            assert_eq!(failure, Failure::Denied(denial));
            assert!(failure.hint().unwrap().contains("credentials"));
            let failure = bucket.put_new("a", bytes("x"), far()).await.unwrap_err();
            assert_eq!(failure, Failure::Denied(denial));
        }
    });
    assert_eq!(remote.server.list(), []);
}

#[test]
fn a_missing_bucket_is_named() {
    let remote = Remote::start();
    block_on(async {
        let bucket = remote.reached(|s3| s3.bucket = "elsewhere".to_owned());
        let failure = bucket.list("").all(far()).await.unwrap_err();
        assert_eq!(failure.to_string(), "there is no bucket `elsewhere`");
    });
}

// Folders.

#[test]
fn names_do_not_lead_out_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = in_folder(&folder.path().join("in"));
    block_on(async {
        for name in ["../../x", "a/../../../x", "/x", "a//b", ".hidden", "a\0b"] {
            let failure = bucket.put(name, bytes("x"), far()).await.unwrap_err();
            assert!(matches!(failure, Failure::Folder(_)), "{name:?}: {failure}");
            assert!(matches!(bucket.get(name, 9, far()).await, Err(Failure::Folder(_))), "{name:?}");
        }
    });
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_being_written_is_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = in_folder(folder.path());
    block_on(async {
        bucket.put("serde/a", bytes("x"), far()).await.unwrap();
        std::fs::write(folder.path().join("p/serde/.kache-0-0.tmp"), "half").unwrap();
        assert_eq!(bucket.list("").all(far()).await.unwrap().len(), 1);
    });
}

#[test]
fn a_folder_that_is_not_there_is_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = in_folder(&folder.path().join("new"));
    block_on(async {
        assert_eq!(bucket.list("").all(far()).await.unwrap(), []);
        assert_eq!(bucket.exists("a", far()).await, Ok(false));
        assert_eq!(bucket.put_new("a", bytes("x"), far()).await, Ok(Put::Created));
    });
    let file = folder.path().join("new/p/a");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o444, 0o444 & !umask());
}

/// The bits that this process takes from every new file.
fn umask() -> u32 {
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("a");
    std::fs::write(&path, "").unwrap();
    0o666 & !std::fs::metadata(path).unwrap().permissions().mode()
}

fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis() as u64
}
