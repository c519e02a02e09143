use std::os::unix::fs::symlink;

use super::super::testing::Scratch;
use super::*;
use crate::digest::Digest;
use crate::fs::link::hard_link;
use crate::fs::lock;
use crate::store::layout::Layout;

/// Bytes on disk of a path, itself.
fn on_disk(path: &Path) -> u64 {
    Stat::of_name(path).unwrap().allocated()
}

#[test]
fn parts_are_told_apart_and_add_up() {
    let s = Scratch::new();
    let target = s.project("work/app");
    let library = s.path("work/app/target/debug/deps/libapp.rlib");
    hard_link(&library, &target.join("debug/libapp.rlib")).unwrap();
    let part = |path: &str| s.file(format!("work/app/target/{path}"), [1; 5000]);
    part("debug/incremental/app-1/s-1/part");
    part("debug/build/app-1/out/made");
    part("debug/.fingerprint/app-1/dep");
    part("debug/examples/show");
    part("wasm/release/deps/libapp.rlib");
    part("doc/app/index.html");
    s.file("precious", [1; 90_000]);
    symlink(s.path("precious"), target.join("link")).unwrap();
    let measured = measure(&s.find()[0], &Held::default()).unwrap();
    assert_eq!(measured.profiles, ["debug", "wasm/release"]);
    let parts = measured.parts;
    assert_eq!(parts.named().iter().map(|(_, bytes)| bytes).sum::<u64>(), measured.bytes);
    let folders =
        |paths: &[&str]| paths.iter().map(|path| on_disk(&target.join("debug").join(path))).sum::<u64>();
    let incremental =
        ["incremental", "incremental/app-1", "incremental/app-1/s-1", "incremental/app-1/s-1/part"];
    assert_eq!(parts.incremental, folders(&incremental));
    assert_eq!(parts.build, folders(&["build", "build/app-1", "build/app-1/out", "build/app-1/out/made"]));
    assert_eq!(
        parts.fingerprints,
        folders(&[".fingerprint", ".fingerprint/app-1", ".fingerprint/app-1/dep"])
    );
    // The file at the top, not its other name in `deps`.
    assert_eq!(parts.binaries, folders(&["libapp.rlib", "examples", "examples/show"]));
    assert_eq!(parts.deps, folders(&["deps", "../wasm/release/deps", "../wasm/release/deps/libapp.rlib"]));
    assert_eq!((measured.cached, measured.freed()), (0, measured.bytes));
    assert!(measured.last_used_ms.is_some() && !measured.busy);
}

#[test]
fn what_has_names_elsewhere_is_not_freed() {
    let s = Scratch::new();
    let (one, two) = (s.project("work/one"), s.project("work/two"));
    let layout = Layout::new(s.path("cache"));
    let blob = layout.blob(&Digest::of(b"a"));
    s.file(&blob, [1; 20_000]);
    for target in [&one, &two] {
        hard_link(&blob, &target.join("debug/deps/shared.rlib")).unwrap();
    }
    hard_link(&one.join("debug/deps/libapp.rlib"), &two.join("debug/deps/both.rlib")).unwrap();
    hard_link(&two.join("debug/deps/libapp.rlib"), &s.path("kept")).unwrap();
    let held = Held::by(&layout).unwrap();
    let [first, second] =
        &s.find().iter().map(|target| measure(target, &held).unwrap()).collect::<Vec<_>>()[..]
    else {
        panic!("two target directories");
    };
    let (blob, both, kept) =
        (on_disk(&blob), on_disk(&one.join("debug/deps/libapp.rlib")), on_disk(&s.path("kept")));
    assert_eq!((first.cached, second.cached), (blob, blob));
    assert_eq!(first.freed(), first.bytes - blob - both);
    assert_eq!(second.freed(), second.bytes - blob - both - kept);
    let total = total([first, second]);
    assert_eq!(total.bytes, first.bytes + second.bytes - blob - both);
    assert_eq!((total.cached, total.freed), (blob, total.bytes - blob - kept));
}

#[test]
fn a_build_under_way_shows() {
    let s = Scratch::new();
    let target = s.project("work/app");
    let cargo = lock::try_exclusive(&target.join("debug/.cargo-lock")).unwrap();
    let found = &s.find()[0];
    assert!(measure(found, &Held::default()).unwrap().busy);
    drop(cargo);
    // Another test's child may have the lock for a moment.
    while measure(found, &Held::default()).unwrap().busy {
        std::thread::yield_now();
    }
    fs::remove_dir_all(&target).unwrap();
    assert!(measure(found, &Held::default()).is_err());
}
