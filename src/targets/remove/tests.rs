use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::super::measure::measure;
use super::super::testing::Scratch;
use super::*;
use crate::fs::link::hard_link;
use crate::fs::lock;
use crate::store::held::Held;

fn names(path: &Path) -> Vec<std::ffi::OsString> {
    fs::list(path).unwrap()
}

/// Removes, once no child of another test has a lock of ours for the moment between its start and its program.
fn settled(target: &Target) -> Result<u64, Stays> {
    loop {
        match remove(target) {
            Err(Stays::Removing) => std::thread::yield_now(),
            removed => return removed,
        }
    }
}

#[test]
fn all_goes_but_what_links_lead_to() {
    let s = Scratch::new();
    let target = s.project("work/app");
    s.file("precious/letter", "dear");
    symlink(s.path("precious"), target.join("debug/link")).unwrap();
    symlink(s.path("precious/letter"), target.join("debug/deps/link")).unwrap();
    s.file(Path::new("work/app/target/debug").join(OsStr::from_bytes(b"\xff\xfe")).join("x"), "");
    s.file("work/app/target/debug/read-only/x", "");
    let closed = std::fs::Permissions::from_mode(0o555);
    std::fs::set_permissions(target.join("debug/read-only"), closed).unwrap();
    hard_link(&target.join("debug/deps/libapp.rlib"), &target.join("debug/libapp.rlib")).unwrap();
    let found = s.find();
    let foreseen = measure(&found[0], &Held::default()).unwrap();
    assert_eq!(remove(&found[0]).unwrap(), foreseen.bytes);
    assert_eq!(names(&s.path("work/app")), ["Cargo.toml"]);
    assert_eq!(names(&s.path("precious")), ["letter"]);
}

#[test]
fn what_has_names_elsewhere_is_not_counted() {
    let s = Scratch::new();
    let target = s.project("work/app");
    hard_link(&target.join("debug/deps/libapp.rlib"), &s.path("kept")).unwrap();
    let found = s.find();
    let foreseen = measure(&found[0], &Held::default()).unwrap();
    assert!(foreseen.freed() < foreseen.bytes);
    assert_eq!(remove(&found[0]).unwrap(), foreseen.freed());
    assert_eq!(fs::read(&s.path("kept")).unwrap(), [1; 9000]);
}

#[test]
fn a_build_keeps_it() {
    let s = Scratch::new();
    let target = s.project("work/app");
    for place in ["debug/.cargo-lock", "wasm/release/.cargo-lock", ".cargo-lock", "debug/.cargo-build-lock"] {
        let file = s.file(format!("work/app/target/{place}"), "");
        let cargo = lock::try_exclusive(&file).unwrap();
        assert!(matches!(settled(&s.find()[0]), Err(Stays::Building)), "{place}");
        assert_eq!(names(&s.path("work/app")), ["Cargo.toml", "target"]);
        drop(cargo);
    }
    let other = Dir::open(&target).unwrap();
    while !other.try_lock().unwrap() {
        std::thread::yield_now();
    }
    assert!(matches!(remove(&s.find()[0]), Err(Stays::Removing)));
}

#[test]
fn another_directory_in_its_place_stays() {
    let s = Scratch::new();
    let target = s.project("work/app");
    let found = s.find();
    fs::rename(&target, &s.path("old")).unwrap();
    assert!(matches!(remove(&found[0]), Err(Stays::Replaced)));
    symlink(s.path("old"), &target).unwrap();
    assert!(matches!(remove(&found[0]), Err(Stays::Replaced)));
    fs::remove_file(&target).unwrap();
    s.project("work/app");
    assert!(matches!(remove(&found[0]), Err(Stays::Replaced)));
    assert!(target.join("debug/deps/libapp.rlib").exists() && s.path("old/debug").exists());
    // The same one, with something else in it.
    let found = s.find();
    s.file("work/app/target/Cargo.toml", "");
    assert!(matches!(remove(&found[0]), Err(Stays::Replaced)));
}

#[test]
fn leftovers_go_unless_somebody_is_at_it() {
    let s = Scratch::new();
    s.file("work/app/Cargo.toml", "");
    s.file("work/app/.target.kache-removed-1/debug/x", "");
    let found = s.find();
    let other = Dir::open(&found[0].path).unwrap();
    assert!(other.try_lock().unwrap());
    assert!(matches!(remove(&found[0]), Err(Stays::Removing)));
    drop(other);
    assert!(settled(&found[0]).is_ok());
    assert_eq!(names(&s.path("work/app")), ["Cargo.toml"]);
}
