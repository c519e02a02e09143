//! The store: what is shared, what is private, and that nobody writes into what is shared.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;

use crate::support::{Inode, Memory, Project, note, project};

/// A program and a library that lies beside the workspace, where all checkouts find it.
fn pair() -> Project {
    project()
        .workspace(&["app"])
        .package("../leaf", "leaf", "")
        .file("../leaf/src/lib.rs", "pub fn text() -> &'static str { \"one\" }")
        .package("app", "app", "[lib]\ncrate-type = [\"lib\", \"cdylib\", \"staticlib\"]\n[dependencies]\nleaf = { path = \"../../leaf\" }\n")
        .file("app/src/lib.rs", "#[no_mangle] pub extern \"C\" fn exported() -> u8 { leaf::text().len() as u8 }")
        .file("app/src/main.rs", "fn main() { println!(\"{}\", leaf::text()); }")
        .build()
}

fn library(p: &Project) -> PathBuf {
    p.find("target/debug/deps", "libleaf-", ".rlib")
}

/// Makes a project whose library has been put into two checkouts.
fn shared() -> (Project, Project) {
    let p = pair();
    p.wrapped("build").success().missed("leaf");
    let second = p.checkout("second");
    second.wrapped("build").success().hit("leaf");
    (p, second)
}

#[test]
fn two_targets_and_the_store_share_one_inode() {
    let (p, second) = shared();
    p.assert_store_is_whole();
    let (here, there) = (Inode::of(library(&p)), Inode::of(library(&second)));
    assert_eq!(here, there);
    assert!(here.has_t0() && here.links >= 3, "{here:?}");
    assert_eq!(here.mode, 0o444);
    assert!(p.blobs().iter().any(|(_, inode)| *inode == here));
    // No temporary files stay behind.
    assert_eq!(fs::read_dir(p.layout().temporary()).unwrap().count(), 0);
}

/// Collects name and mode of all files below `deps`, and demands that none of them has a further name.
#[track_caller]
fn private_modes(p: &Project, what: &[(&str, &str)]) -> Vec<(String, u32)> {
    let mut modes = Vec::new();
    for (begin, end) in what {
        let path = p.find("target/debug/deps", begin, end);
        let inode = Inode::of(&path);
        assert!(!inode.has_t0(), "{}: {inode:?}", path.display());
        assert!(
            p.blobs().iter().all(|(_, blob)| blob.number != inode.number),
            "{} is shared",
            path.display()
        );
        modes.push((path.file_name().unwrap().to_string_lossy().into_owned(), inode.mode));
    }
    modes
}

const PRODUCTS: &[(&str, &str)] = &[("libapp", ".so"), ("libapp", ".a"), ("app-", "")];
const ALL: &[(&str, &str)] =
    &[("libapp", ".so"), ("libapp", ".a"), ("app-", ""), ("libleaf-", ".rlib"), ("libleaf-", ".rmeta")];

#[test]
fn what_people_change_in_place_is_private() {
    let mut p = pair();
    p.set("KACHE_CACHE_EXECUTABLES", "1");
    p.cargo("build").success();
    let plain = private_modes(&p, PRODUCTS);
    p.wipe();
    p.wrapped("build").success().missed("app");
    assert_eq!(private_modes(&p, PRODUCTS), plain, "after recording");
    p.wipe();
    p.wrapped("build").success().hit("app").hit("bin app");
    assert_eq!(private_modes(&p, PRODUCTS), plain, "after restoring");
    for (begin, end) in PRODUCTS {
        fs::write(p.find("target/debug/deps", begin, end), "patched").unwrap();
    }
    p.assert_store_is_whole();
    p.wipe();
    p.wrapped("build").success().hit("app").hit("bin app");
    assert_eq!(p.run_program("app"), "one\n");
}

#[test]
fn copies_have_the_modes_of_plain_cargo() {
    let mut p = pair();
    p.set("KACHE_CACHE_EXECUTABLES", "1").set("KACHE_RESTORE", "copy");
    p.cargo("build").success();
    let plain = private_modes(&p, ALL);
    p.wipe();
    p.wrapped("build").success().missed("leaf");
    assert_eq!(private_modes(&p, ALL), plain);
    p.wipe();
    p.wrapped("build").success().hit("leaf");
    assert_eq!(private_modes(&p, ALL), plain);
    p.assert_fresh("build");
    p.assert_store_is_whole();
}

#[test]
fn a_strict_umask_gets_private_copies() {
    let mut p = pair();
    p.set("KACHE_CACHE_EXECUTABLES", "1");
    let strict = |mut command: std::process::Command| {
        let set = || {
            rustix::process::umask(rustix::fs::Mode::from_bits_retain(0o077));
            Ok(())
        };
        // SAFETY: umask is async-signal-safe.
        unsafe { command.pre_exec(set) };
        p.run(command)
    };
    strict(p.cargo_command("build")).success();
    let plain = private_modes(&p, ALL);
    p.wipe();
    // Recorded under the strict umask, then under the usual one.
    for _ in 0..2 {
        strict(p.wrapped_command("build")).success();
        assert_eq!(private_modes(&p, ALL), plain);
        p.wipe();
    }
    p.wrapped("build").success().hit("leaf");
    p.wipe();
    strict(p.wrapped_command("build")).success().hit("leaf");
    assert_eq!(private_modes(&p, ALL), plain);
    p.assert_store_is_whole();
}

#[test]
fn building_over_a_restored_file_leaves_the_blob_alone() {
    let (p, second) = shared();
    let before = Inode::of(library(&second));
    let bytes = fs::read(library(&second)).unwrap();
    for build in [Project::wrapped, Project::cargo] {
        p.wipe();
        p.wrapped("build").success().hit("leaf");
        p.replace("../leaf/src/lib.rs", "\"one\"", "\"two\"");
        build(&p, "build").success();
        assert_eq!(p.run_program("app"), "two\n");
        p.replace("../leaf/src/lib.rs", "\"two\"", "\"one\"");
        build(&p, "build").success();
        assert_eq!(p.run_program("app"), "one\n");
    }
    let after = Inode::of(library(&second));
    assert_eq!((after.number, after.modified, after.mode), (before.number, before.modified, before.mode));
    assert_eq!(fs::read(library(&second)).unwrap(), bytes);
    p.assert_store_is_whole();
    assert_eq!(second.run_program("app"), "one\n");
    second.wrapped("build").success().hit("leaf");
    assert_eq!(Inode::of(library(&second)), after);
}

#[test]
fn a_write_through_a_link_is_noticed() {
    for harm in ["longer", "same length"] {
        let (p, second) = shared();
        let path = library(&p);
        let mut bytes = fs::read(&path).unwrap();
        if harm == "longer" {
            bytes.push(0)
        } else {
            bytes[100] ^= 1
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(&path, bytes).unwrap();
        let third = p.checkout("third");
        third.wrapped("build").success().compiled("leaf");
        assert_eq!(third.run_program("app"), "one\n");
        p.assert_store_is_whole();
        second.wipe();
        second.wrapped("build").success().hit("leaf");
        assert_eq!(second.run_program("app"), "one\n");
        p.assert_store_is_whole();
        // The damaged file itself stands in the first target only.
        p.wipe();
        p.wrapped("build").success().hit("leaf");
        assert_eq!(p.run_program("app"), "one\n");
    }
}

/// A blob that was made writable could be written to through the links that are handed out later.
#[test]
fn a_blob_that_lost_its_mode_is_not_shared() {
    let (p, _second) = shared();
    fs::set_permissions(library(&p), fs::Permissions::from_mode(0o644)).unwrap();
    let third = p.checkout("third");
    third.wrapped("build").success();
    assert_eq!(Inode::of(library(&third)).mode & 0o222, 0, "a shared file is writable");
}

#[test]
fn a_cache_on_another_file_system_copies() {
    let mut p = pair();
    let memory = p.beside("memory");
    let Some(_mounted) = Memory::mount(&memory, 64 << 20) else { return };
    p.set("KACHE_CACHE_DIR", memory.join("cache")).set("KACHE_CACHE_EXECUTABLES", "1");
    p.cargo("build").success();
    let plain = private_modes(&p, ALL);
    p.wipe();
    p.wrapped("build").success();
    assert_eq!(private_modes(&p, ALL), plain);
    p.assert_fresh("build");
    p.wipe();
    p.wrapped("build").success();
    let log = cargo_kache::event::Log::at(memory.join("cache/logs/events.jsonl")).read_all().unwrap();
    let is_hit = |event: &&cargo_kache::event::UnitEvent| {
        matches!(event.outcome, cargo_kache::event::Outcome::Hit { .. })
    };
    assert_eq!(log.iter().filter(is_hit).count(), log.len() / 2, "{log:#?}");
    assert_eq!(private_modes(&p, ALL), plain);
    p.assert_fresh("build");
    assert_eq!(p.run_program("app"), "one\n");
}

/// Ext4 allows 65000 names for an inode.
#[test]
fn a_blob_with_too_many_names_is_copied() {
    let p = pair();
    p.wrapped("build").success().missed("leaf");
    let library = library(&p);
    let room = p.beside("names");
    fs::create_dir_all(&room).unwrap();
    for n in 0..70_000 {
        match fs::hard_link(&library, room.join(n.to_string())) {
            Ok(()) => {}
            Err(e) if e.raw_os_error() == Some(libc::EMLINK) => break,
            Err(e) => panic!("{e}"),
        }
    }
    if Inode::of(&library).links >= 70_000 {
        note("skipped: this file system has no limit of names");
        return;
    }
    let second = p.checkout("second");
    let run = second.wrapped("build");
    run.success();
    second.assert_fresh("build");
    let copy = Inode::of(self::library(&second));
    assert_ne!(copy.number, Inode::of(&library).number);
    run.hit("leaf");
    // Recording the same content again meets the same limit.
    second.wipe();
    let run = second.set_and_run("KACHE_RECACHE", "1", "build");
    run.success().missed("leaf");
}
