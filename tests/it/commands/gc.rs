//! `gc`: what it removes, what it spares, and what it says.

use super::{HOUR, again, assert_keys, built, first_column, three, workspace};

#[test]
fn gc_of_what_needs_none() {
    let mut p = built();
    p.set("KACHE_CLEAN_INCREMENTAL", "0");
    p.kache("gc").success().stdout_has("Nothing to remove.\nStore: ").stdout_has(" / 50.0 GB (2 entries)\n");
    p.kache("gc --max-age 1h").success().stdout_has("Nothing to remove.\n");
    let fields = "schema entries_removed bytes_removed bytes_freed bytes_still_linked entries_pinned \
                  incremental_bytes incremental_projects entries store_bytes";
    assert_keys(&p.kache("gc --json").success().json(), fields);
}

#[test]
fn gc_of_an_empty_store_says_so() {
    workspace().kache("gc").success().stdout_has("Nothing to remove.\nStore: ").stdout_has(" (0 entries)\n");
}

#[test]
fn gc_by_age() {
    let p = built();
    p.age("a-one", 25 * HOUR);
    let blobs = p.blobs();
    let listed = p.kache("list").stdout;
    for words in ["gc --max-age 1d --dry-run", "gc --max-age 1d -n"] {
        let run = p.kache(words);
        run.success().stdout_has("Would remove 1 entry (").stdout_has("would become free on disk");
        assert_eq!((p.blobs(), p.kache("list").stdout), (blobs.clone(), listed.clone()), "{run}");
    }
    let run = p.kache("gc --max-age 1d");
    run.success().stdout_has("Removed 1 entry (").stdout_has(" is still linked from target directories.\n");
    run.stdout_has(" / 50.0 GB (1 entry)\n");
    assert_eq!(p.kache("list a-one").stdout, "No cached entries for `a-one`.\n");
    again(&p).missed("a_one").hit("b_two");
    p.assert_store_is_whole();
}

#[test]
fn gc_by_ages_in_days_hours_and_minutes() {
    let mut p = three();
    p.set("KACHE_CLEAN_INCREMENTAL", "0");
    for (age, removed) in
        [("9d", 0), ("7d", 1), ("26h", 1), ("24h", 2), ("1d30m", 2), ("32m", 2), ("30m", 3), ("1800s", 3)]
    {
        let object = p.kache(&format!("gc --max-age {age} --dry-run --json")).success().json();
        assert_eq!(object["entries_removed"], removed, "{age}: {object}");
    }
    for (age, left) in [("7d", vec!["a", "b"]), ("24h", vec!["b"]), ("30m", vec![])] {
        p.kache(&format!("gc --max-age {age}")).success().stdout_has("Removed 1 entry (");
        assert_eq!(p.kache("list --json").json()["entries"].as_array().unwrap().len(), left.len());
        for name in left {
            p.kache(&format!("list {name}")).success().stdout_has("key: ");
        }
    }
}

#[test]
fn gc_on_a_disk_with_little_room() {
    let mut p = built();
    p.age("a-one", HOUR);
    p.set("KACHE_CLEAN_INCREMENTAL", "0").set("KACHE_MIN_FREE", "0");
    p.kache("gc").success().stdout_has("Nothing to remove.\n");
    // No disk has as much.
    p.set("KACHE_MIN_FREE", "900000TB");
    p.kache("gc").success().stdout_has("Removed 1 entry (").stdout_has("\n1 entry stayed: ");
    p.kache("list a-one").success().stdout_is("No cached entries for `a-one`.\n");
}

#[test]
fn what_gc_removed_is_missed_for_that_reason() {
    let p = built();
    p.age("a-one", 25 * HOUR);
    p.kache("gc --max-age 1d").success().stdout_has("Removed 1 entry (");
    again(&p).missed("a_one").stderr_has("Missed a-one v0.1.0 (lib) ").stderr_has(": evicted by gc\n");
}

#[test]
fn gc_removes_the_least_recently_used_first() {
    let mut p = built();
    p.age("a-one", 3 * HOUR);
    p.age("b_two", HOUR);
    let size = p.kache("gc --dry-run --json").success().json()["store_bytes"].as_u64().unwrap();
    p.set("KACHE_MAX_SIZE", (size - 1).to_string());
    p.kache("gc").success().stdout_has("Removed 1 entry (");
    assert_eq!(first_column(&p.kache("list")).len(), 1);
    p.kache("list b_two").success().stdout_has("crate: b_two\n");
}

#[test]
fn gc_spares_what_was_just_used() {
    let mut p = built();
    p.age("a-one", HOUR);
    p.set("KACHE_MAX_SIZE", "1kB");
    let run = p.kache("gc");
    run.success()
        .stdout_has("Removed 1 entry (")
        .stdout_has("\n1 entry stayed: used in the last 2 minutes.\n");
    p.kache("list b_two").success().stdout_has("crate: b_two\n");
}
