//! What a gc removes, and what it leaves.

use super::*;
use crate::event;
use crate::fs::link;
use crate::store::testing::{Scratch, event};

const DAY: u64 = 24 * 3600 * 1000;

/// Options that remove nothing, a day from now.
fn options() -> Options {
    Options {
        limits: Limits { max_size: u64::MAX, min_free: 0, max_age: None },
        automatic: false,
        clean_incremental: false,
        dry_run: false,
        key_schema: 1,
        now_ms: time_ms(Time::now()) + DAY,
    }
}

fn with_room_for(bytes: u64) -> Options {
    Options { limits: Limits { max_size: bytes, ..options().limits }, ..options() }
}

fn collect(scratch: &Scratch, options: &Options) -> Summary {
    match run(&scratch.store, options).unwrap() {
        Outcome::Done(summary) => summary,
        Outcome::Busy => panic!("another gc is running"),
    }
}

/// Three entries of 100 kB each, used in the order of their names.
fn three() -> Scratch {
    let scratch = Scratch::new();
    for (n, name) in ["a", "b", "c"].into_iter().enumerate() {
        scratch.record(name, &[&vec![n as u8 + 1; 100_000]], 1000 + n as u64);
    }
    scratch
}

#[test]
fn nothing_goes_within_the_limits() {
    let scratch = three();
    let summary = collect(&scratch, &options());
    assert_eq!((summary.entries, summary.entries_removed, summary.bytes_removed), (3, 0, 0));
    assert_eq!(summary.store_bytes, usage::on_disk(&scratch.store.layout).unwrap());
}

#[test]
fn the_least_recently_used_go_first() {
    let scratch = three();
    let a = Digest::of(b"a");
    let hit = event(&a, 5000, event::Outcome::Hit { remote: false });
    scratch.store.log.append(&hit).unwrap();
    let size = usage::on_disk(&scratch.store.layout).unwrap();
    let options = with_room_for(size - 1);
    let foreseen = collect(&scratch, &Options { dry_run: true, ..options });
    assert_eq!(scratch.names(), ["a", "b", "c"]);
    let summary = collect(&scratch, &options);
    assert_eq!(scratch.names(), ["a", "c"]);
    assert_eq!(summary.bytes_freed, summary.bytes_removed);
    assert_eq!((foreseen.entries_removed, foreseen.bytes_freed), (1, summary.bytes_freed));
    assert!(scratch.store.index.read().unwrap().evicted(&Digest::of(b"b")).is_some());
    assert!(!scratch.blob(&[2; 100_000]).exists());
}

#[test]
fn shared_blobs_stay_and_linked_ones_are_told_apart() {
    let scratch = three();
    scratch.record("d", &[&[1; 100_000]], 9000);
    let in_target = scratch.dir.path().join("target");
    link::hard_link(&scratch.blob(&[2; 100_000]), &in_target).unwrap();
    let old = Limits { max_age: Some(Duration::from_millis(options().now_ms - 5000)), ..options().limits };
    let summary = collect(&scratch, &Options { limits: old, ..options() });
    assert_eq!(scratch.names(), ["d"]);
    assert!(scratch.blob(&[1; 100_000]).exists());
    assert_eq!(summary.bytes_freed, summary.bytes_still_linked);
    assert_eq!(summary.bytes_removed, summary.bytes_freed + summary.bytes_still_linked);
    assert_eq!(fs::read(&in_target).unwrap(), [2; 100_000]);
}

#[test]
fn what_was_just_used_is_pinned() {
    let scratch = three();
    let now_ms = 1002 + 1000;
    let summary = collect(&scratch, &Options { now_ms, ..with_room_for(0) });
    assert_eq!((summary.entries_removed, summary.entries_pinned), (0, 3));
}

#[test]
fn by_itself_it_starts_well_above_the_limit_and_ends_well_below() {
    let scratch = three();
    let size = usage::on_disk(&scratch.store.layout).unwrap();
    let options = |max_size| Options { automatic: true, ..with_room_for(max_size) };
    assert_eq!(collect(&scratch, &options(size - 1)).entries_removed, 0);
    let limit = size * 100 / 111;
    let summary = collect(&scratch, &options(limit));
    assert!(summary.entries_removed > 0 && summary.store_bytes <= part(limit, 90), "{summary:?}");
}

#[test]
fn a_full_disk_takes_only_what_frees_space() {
    let scratch = three();
    let in_target = scratch.dir.path().join("target");
    link::hard_link(&scratch.blob(&[1; 100_000]), &in_target).unwrap();
    let limits = Limits { min_free: u64::MAX, ..options().limits };
    collect(&scratch, &Options { limits, ..options() });
    assert_eq!(scratch.names(), ["a"]);
}

#[test]
fn blobs_without_an_entry_go_in_time() {
    let scratch = three();
    scratch.store.index.write(|writer| writer.remove_entry(&Digest::of(b"a"))).unwrap();
    let now_ms = time_ms(Time::now());
    let blob = scratch.blob(&[1; 100_000]);
    collect(&scratch, &Options { now_ms, ..options() });
    assert!(blob.exists());
    let other = scratch.store.layout.index().join("999");
    fs::create_dir_all(&other).unwrap();
    fs::write(&other.join("data.mdb"), "").unwrap();
    collect(&scratch, &options());
    assert!(blob.exists(), "another program may know it");
    let later = now_ms + 20 * DAY;
    collect(&scratch, &Options { now_ms: later, ..options() });
    assert!(!blob.exists() && !other.exists());
}

#[test]
fn unfinished_files_go_with_their_process() {
    let scratch = Scratch::new();
    let tmp = scratch.store.layout.temporary();
    let mine = format!("0123-{}", std::process::id());
    for name in [&mine, "0123-2147483646", "unknown"] {
        fs::write(&tmp.join(name), "part").unwrap();
    }
    collect(&scratch, &Options { now_ms: time_ms(Time::now()), ..options() });
    assert_eq!(fs::list(&tmp).unwrap(), [mine.as_str(), "unknown"]);
    collect(&scratch, &options());
    assert!(fs::list(&tmp).unwrap().is_empty());
}

#[test]
fn entries_of_older_key_schemas_go_once_unused() {
    let scratch = three();
    let options = Options { key_schema: 2, ..options() };
    collect(&scratch, &options);
    assert!(scratch.names().is_empty());
}

#[test]
fn it_is_due_some_time_after_the_last() {
    let scratch = three();
    let (layout, now_ms) = (&scratch.store.layout, options().now_ms);
    assert!(!is_due(layout, now_ms), "the store is new");
    assert!(is_due(layout, now_ms));
    collect(&scratch, &Options { now_ms, ..options() });
    assert!(!is_due(layout, now_ms + 1000));
    assert!(is_due(layout, now_ms + millis(INTERVAL) + 1));
}

#[test]
fn one_at_a_time() {
    let scratch = three();
    let _other = lock::try_exclusive(&scratch.store.layout.gc_lock()).unwrap();
    assert_eq!(run(&scratch.store, &options()).unwrap(), Outcome::Busy);
}
