//! Our own commands: what they print, what they change, and how they end.

mod common;
mod config;
mod doctor;
mod gc;
mod list;
mod purge;
mod stats;
mod verify;
mod why;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Project, Run, project};

const HOUR: Duration = Duration::from_hours(1);
const COMMANDS: [&str; 14] = [
    "list",
    "stats",
    "why",
    "sync",
    "gc",
    "purge",
    "clean",
    "verify",
    "doctor",
    "config",
    "daemon",
    "completions",
    "key",
    "help",
];

/// A small library `b_two`, a large one `a-one`, which needs it, and nothing built.
fn workspace() -> Project {
    project()
        .settings("")
        .workspace(&["a-one", "b_two"])
        .package("b_two", "b_two", "")
        .file("b_two/src/lib.rs", "pub fn f() -> u8 { 1 }")
        .package("a-one", "a-one", "[dependencies]\nb_two = { path = \"../b_two\" }\n")
        .file("a-one/src/lib.rs", "pub use b_two::f;\npub static A: [u8; 300_000] = [7; 300_000];")
        .build()
}

/// The same, built once: `b_two` first.
fn built() -> Project {
    let p = workspace();
    p.kache("build").success().misses(2);
    p
}

/// Crates whose orders differ: `a`, `b`, `c` by name; `b` is the largest and `a` the smallest; `c` has two hits, `a` one
/// and `b` none. `b` is 31 minutes old, `a` 25 hours, `c` 8 days.
fn three() -> Project {
    let p = project()
        .settings("")
        .workspace(&["a", "b", "c"])
        .package("a", "a", "")
        .file("a/src/lib.rs", "")
        .package("b", "b", "")
        .file("b/src/lib.rs", "pub static B: [u8; 300_000] = [7; 300_000];")
        .package("c", "c", "")
        .file("c/src/lib.rs", "pub static C: [u8; 100_000] = [7; 100_000];")
        .build();
    p.kache("build").success().misses(3);
    for words in ["build -p c", "build -p a -p c"] {
        p.wipe();
        p.kache(words).success().misses(0);
    }
    for (package, age) in [("b", HOUR / 60 * 31), ("a", 25 * HOUR), ("c", 8 * 24 * HOUR)] {
        p.age(package, age);
    }
    p
}

/// Builds again from nothing.
#[track_caller]
fn again(p: &Project) -> Run {
    p.wipe();
    let run = p.kache("build");
    run.success();
    run
}

/// The words of the first column, without its head.
fn first_column(run: &Run) -> Vec<&str> {
    let rows = run.stdout.lines().skip(1).take_while(|line| !line.contains(" entr"));
    rows.filter_map(|line| line.split_whitespace().next()).collect()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn assert_keys(value: &Value, expected: &str) {
    assert_eq!(keys(value), expected.split(' ').collect::<BTreeSet<_>>());
}
