//! Programs that are linked where the cache has no part in it, from libraries that came through it before.
//!
//! Owns the question whether they name the sources as plain cargo's programs do.

use super::flags::{WAYS, workspace};
use super::{OTHER, say_as_plain};
use crate::support::{Project, Run};

/// Has the libraries come from the cache in both checkouts, links the program by these words, and demands that it is plain
/// cargo's.
#[track_caller]
fn linked_as_plain(
    set: (&str, &str),
    words: &str,
    program: &str,
    link: fn(&Project, &str) -> Run,
) -> [Run; 2] {
    let first = workspace();
    let other = first.checkout(OTHER);
    let mut both = [first, other];
    let runs = both.each_mut().map(|p| {
        p.wrapped("build -p dep").success();
        p.set(set.0, set.1);
        let run = link(p, words);
        p.unset(set.0);
        run.success();
        run
    });
    say_as_plain([&both[0], &both[1]], words, &[program], WAYS);
    runs
}

const NOTHING: (&str, &str) = ("KACHE_TEST_NOTHING", "");

#[test]
fn with_the_cache_off() {
    for link in [Project::wrapped, Project::kache] {
        linked_as_plain(("KACHE_DISABLED", "1"), "build", "debug/app", link)[1].no_units();
    }
}

#[test]
fn without_a_store_to_use() {
    let store = ("KACHE_CACHE_DIR", "/proc/nowhere");
    for run in linked_as_plain(store, "build", "debug/app", Project::kache) {
        run.stderr_has("warning: cache is off for this build: ").no_units();
    }
}

#[test]
fn while_the_link_says_something() {
    for asked in ["link-args", "native-static-libs"] {
        let words = format!("rustc -p app -- --print {asked}");
        let [run, _] = linked_as_plain(NOTHING, &words, "debug/app", Project::wrapped);
        run.bypassed("bin app");
        assert_eq!(run.stdout.contains("-o"), asked == "link-args", "{run}");
    }
}

#[test]
fn under_another_name() {
    let words = "rustc -p app -- --emit=link=target/named";
    linked_as_plain(NOTHING, words, "named", Project::wrapped)[1].bypassed("bin app");
}
