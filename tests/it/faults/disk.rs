//! Disks that are small, full or read-only.

use std::fs;

use cargo_kache::event::{Log, Outcome, UnitEvent};

use super::{assert_right, small};
use crate::support::{Memory, Project, note};

/// A project whose cache lies on a small file system.
fn on_small_disk(size: u64) -> Option<(Project, Memory)> {
    let mut p = small();
    let memory = p.beside("memory");
    let mounted = Memory::mount(&memory, size)?;
    p.set("KACHE_CACHE_DIR", memory.join("cache"));
    Some((p, mounted))
}

fn events(p: &Project) -> Vec<UnitEvent> {
    Log::at(p.beside("memory/cache/logs/events.jsonl")).read_all().unwrap()
}

#[test]
fn a_small_disk_stops_no_build() {
    for size in [4096, 512 << 10] {
        let Some((p, _mounted)) = on_small_disk(size) else { return };
        assert_right(&p);
        assert_right(&p);
        note(&format!("{size}: {:?}", events(&p).iter().map(|e| &e.outcome).collect::<Vec<_>>()));
    }
}

/// What could not be finished must not keep the disk full.
#[test]
fn a_record_that_fails_leaves_no_half_files() {
    let Some((p, _mounted)) = on_small_disk(2 << 20) else { return };
    assert_right(&p);
    let left = fs::read_dir(p.beside("memory/cache/tmp")).unwrap();
    let left =
        left.map(|e| e.unwrap()).map(|e| (e.file_name(), e.metadata().unwrap().len())).collect::<Vec<_>>();
    assert!(left.is_empty(), "{left:?}");
    assert!(!events(&p).is_empty(), "no reason was noted");
}

#[test]
fn a_full_disk_stops_no_build() {
    let Some((p, mounted)) = on_small_disk(8 << 20) else { return };
    assert_right(&p);
    assert!(events(&p).iter().any(|e| matches!(e.outcome, Outcome::Missed { not_recorded: None, .. })));
    for (number, rest) in ["10", "20", "30", "40"].into_iter().zip([100 << 10, 40 << 10, 4096, 0]) {
        let filler = mounted.fill(rest);
        // An edit can't be recorded; known ones are hits.
        let source = p.read("a/src/lib.rs");
        p.replace("a/src/lib.rs", "1", number);
        let before = events(&p).len();
        assert_right(&p);
        p.write("a/src/lib.rs", source);
        assert_right(&p);
        let noted = events(&p);
        note(&format!("{rest} free: {:?}", noted[before..].iter().map(|e| &e.outcome).collect::<Vec<_>>()));
        fs::remove_file(filler).unwrap();
    }
    // With room again, all is as before.
    p.replace("a/src/lib.rs", "1", "3");
    assert_right(&p);
    let before = events(&p).len();
    assert_right(&p);
    let hits = events(&p)[before..].iter().filter(|e| matches!(e.outcome, Outcome::Hit { .. })).count();
    // Two libraries, a script and its run.
    assert_eq!(hits, 4, "{:#?}", &events(&p)[before..]);
}

#[test]
fn a_disk_that_fills_in_the_middle_stops_no_build() {
    let Some((mut p, _mounted)) = on_small_disk(8 << 20) else { return };
    let filler = p.beside("memory/filler");
    p.set("FILL", &filler);
    p.wrapped("build").success();
    assert_eq!(p.run_program("app"), "2\n");
    p.assert_fresh("build");
    note(&format!("{:?}", events(&p).iter().map(|e| &e.outcome).collect::<Vec<_>>()));
    p.unset("FILL");
    fs::remove_file(&filler).unwrap();
    assert_right(&p);
    let before = events(&p).len();
    assert_right(&p);
    let hits = events(&p)[before..].iter().filter(|e| matches!(e.outcome, Outcome::Hit { .. })).count();
    // Two libraries, a script and its run.
    assert_eq!(hits, 4, "{:#?}", &events(&p)[before..]);
}

#[test]
fn a_read_only_cache_stops_no_build() {
    let Some((p, mounted)) = on_small_disk(8 << 20) else { return };
    assert_right(&p);
    mounted.make_read_only();
    assert_right(&p);
    p.replace("a/src/lib.rs", "1", "2");
    assert_right(&p);
    mounted.make_writable();
    assert_right(&p);
    let before = events(&p).len();
    assert_right(&p);
    let hits = events(&p)[before..].iter().filter(|e| matches!(e.outcome, Outcome::Hit { .. })).count();
    // Two libraries, a script and its run.
    assert_eq!(hits, 4, "{:#?}", &events(&p)[before..]);
}

/// The target's file system is full while a unit is put back: the error is then cargo's and rustc's, not ours.
#[test]
fn a_full_target_fails_as_without_the_cache() {
    let mut p = small();
    let memory = p.beside("memory");
    let Some(mounted) = Memory::mount(&memory, 16 << 20) else { return };
    p.wrapped("build").success();
    p.set("CARGO_TARGET_DIR", memory.join("target"));
    p.wrapped("build -p a").success();
    let filler = mounted.fill(8 << 10);
    let run = p.wrapped("build");
    assert_ne!(run.code, 0, "{run}");
    fs::remove_file(filler).unwrap();
    p.wrapped("build").success();
    assert_eq!(p.run_program(memory.join("target/debug/app").to_str().unwrap()), "2\n");
    p.assert_fresh("build");
}
