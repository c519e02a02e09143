//! An index that is lost, damaged, or grows.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cargo_kache::digest::Digest;
use cargo_kache::store::index::Index;

use super::{Subject, assert_none, can_inject};
use crate::support::project;

type Harm<'a> = (&'a str, Box<dyn Fn() + 'a>);

#[track_caller]
fn assert_recovers(subject: &Subject, harms: &[Harm<'_>]) {
    let mut faults = Vec::new();
    for (name, harm) in harms {
        subject.load("full");
        harm();
        if let Err(fault) = subject.recovers() {
            faults.push(format!("{name}: {fault}"));
        }
    }
    assert_none(&faults);
}

#[test]
fn a_lost_or_damaged_index_costs_misses_only() {
    let subject = Subject::library();
    subject.run();
    subject.save("full");
    let index = subject.p.layout().index_file("");
    let cache = subject.p.cache();
    let (data, lock) = (index.join("data.mdb"), index.join("lock.mdb"));
    let size = usize::try_from(fs::metadata(&data).unwrap().len()).unwrap();
    let shorten = |path: &Path, to: usize| fs::write(path, &fs::read(path).unwrap()[..to]).unwrap();
    let garbage = |path: &Path, length: usize| {
        fs::write(path, (0..length).map(|n| (n * 37 + 11) as u8).collect::<Vec<_>>()).unwrap()
    };
    let harms: Vec<Harm<'_>> = vec![
        ("data removed", Box::new(|| fs::remove_file(&data).unwrap())),
        ("lock removed", Box::new(|| fs::remove_file(&lock).unwrap())),
        ("index removed", Box::new(|| fs::remove_dir_all(&index).unwrap())),
        ("all indices removed", Box::new(|| fs::remove_dir_all(index.parent().unwrap()).unwrap())),
        ("store removed", Box::new(|| fs::remove_dir_all(cache.join("store")).unwrap())),
        ("tmp removed", Box::new(|| fs::remove_dir_all(cache.join("tmp")).unwrap())),
        ("logs removed", Box::new(|| fs::remove_dir_all(cache.join("logs")).unwrap())),
        ("data empty", Box::new(|| shorten(&data, 0))),
        ("data of 100 bytes", Box::new(|| shorten(&data, 100))),
        ("data of one page", Box::new(|| shorten(&data, 4096))),
        ("data of two pages", Box::new(|| shorten(&data, 8192))),
        ("data halved", Box::new(|| shorten(&data, size / 2))),
        ("data without its last page", Box::new(|| shorten(&data, size - 4096))),
        ("data all garbage", Box::new(|| garbage(&data, size))),
        ("data all zero", Box::new(|| fs::write(&data, vec![0; size]).unwrap())),
        (
            "data with garbage behind the meta pages",
            Box::new(|| {
                let mut bytes = fs::read(&data).unwrap();
                bytes[8192..].iter_mut().enumerate().for_each(|(n, byte)| *byte = (n * 37 + 11) as u8);
                fs::write(&data, bytes).unwrap();
            }),
        ),
        (
            "data with zeroes behind the meta pages",
            Box::new(|| {
                let mut bytes = fs::read(&data).unwrap();
                bytes[8192..].fill(0);
                fs::write(&data, bytes).unwrap();
            }),
        ),
        ("lock empty", Box::new(|| shorten(&lock, 0))),
        ("lock of 100 bytes", Box::new(|| shorten(&lock, 100))),
        ("lock all garbage", Box::new(|| garbage(&lock, 8192))),
        ("boot note lost", Box::new(|| fs::remove_file(index.with_extension("boot")).unwrap())),
        (
            "boot note of another boot, index halved",
            Box::new(|| {
                fs::write(index.with_extension("boot"), "another").unwrap();
                shorten(&data, size / 2);
            }),
        ),
        (
            "boot note of another boot, index all garbage",
            Box::new(|| {
                fs::write(index.with_extension("boot"), "another").unwrap();
                garbage(&data, size);
            }),
        ),
        (
            "blobs emptied",
            Box::new(|| {
                for (path, _) in subject.p.blobs() {
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
                    fs::write(&path, "").unwrap();
                }
            }),
        ),
        (
            "blobs removed",
            Box::new(|| subject.p.blobs().iter().for_each(|(path, _)| fs::remove_file(path).unwrap())),
        ),
    ];
    assert_recovers(&subject, &harms);
}

/// Nobody does this, and yet it should not end caching for good.
#[test]
fn files_and_directories_in_each_others_place_cost_misses_only() {
    let subject = Subject::library();
    subject.run();
    subject.save("full");
    let index = subject.p.layout().index_file("");
    let data = index.join("data.mdb");
    let harms: Vec<Harm<'_>> = vec![
        (
            "data is a directory",
            Box::new(|| {
                fs::remove_file(&data).unwrap();
                fs::create_dir(&data).unwrap();
            }),
        ),
        (
            "index is a file",
            Box::new(|| {
                fs::remove_dir_all(&index).unwrap();
                fs::write(&index, "").unwrap();
            }),
        ),
        (
            "blobs replaced by directories",
            Box::new(|| {
                for (path, _) in subject.p.blobs() {
                    fs::remove_file(&path).unwrap();
                    fs::create_dir(&path).unwrap();
                }
            }),
        ),
    ];
    assert_recovers(&subject, &harms);
}

#[test]
fn flipped_bits_in_the_index_cost_misses_only() {
    let subject = Subject::library();
    subject.run();
    subject.save("full");
    let data = subject.p.layout().index_file("").join("data.mdb");
    let whole = fs::read(&data).unwrap();
    // Bytes in use, all over the file; the meta pages and the heads of pages more densely.
    let used = (0..whole.len()).filter(|at| whole[*at] != 0).collect::<Vec<_>>();
    let heads = used.iter().filter(|at| **at % 4096 < 24).step_by(5);
    let bodies = used.iter().step_by((used.len() / 60).max(1));
    let mut faults = Vec::new();
    for (n, at) in heads.chain(bodies).enumerate() {
        subject.load("full");
        let mut bytes = whole.clone();
        bytes[*at] ^= 1 << (n % 8);
        fs::write(&data, bytes).unwrap();
        if let Err(fault) = subject.recovers() {
            faults.push(format!("bit {} of byte {at}: {fault}", n % 8));
        }
    }
    assert_none(&faults);
}

/// The index is whole when it is asked, and is not any more when the result is to be recorded.
#[test]
fn an_index_that_breaks_during_a_compile_fails_nothing() {
    let mut subject = Subject::library();
    let data = subject.p.layout().index_file("").join("data.mdb");
    let data = data.display();
    let call = subject.call.clone();
    let mut faults = Vec::new();
    for harm in [
        format!("truncate -s 0 {data}"),
        format!("truncate -s 8192 {data}"),
        format!("size=$(stat -c %s {data}); truncate -s $((size / 2)) {data}"),
        format!("size=$(stat -c %s {data}); truncate -s $((size - 4096)) {data}"),
        format!("size=$(stat -c %s {data}); truncate -s 0 {data}; truncate -s $size {data}"),
        format!("size=$(stat -c %s {data}); truncate -s 8192 {data}; truncate -s $size {data}"),
        format!("rm -r {data}"),
    ] {
        subject.load("empty");
        subject.wipe();
        subject.call = call.set("HARM", &harm);
        let first = subject.try_run();
        subject.call = call.clone();
        if let Err(fault) = first.and_then(|_| subject.recovers()) {
            faults.push(format!("{harm}: {fault}"));
        }
    }
    assert_none(&faults);
}

/// A damaged index ends a process by a signal. It may do so when it is written, after the outputs are in place.
#[test]
fn an_index_that_breaks_under_a_commit_fails_nothing() {
    if !can_inject() {
        return;
    }
    let subject = Subject::library();
    subject.run();
    subject.save("full");
    let mut faults = Vec::new();
    for cache in ["empty", "full"] {
        for step in 1..6 {
            subject.load(cache);
            subject.wipe();
            let inject = format!("inject=pwrite64,pwritev:signal=BUS:when={step}");
            let arguments = ["-qq", "-o", "/dev/null", "-e", &inject];
            let run = subject.try_run_by(subject.call.launched("strace", &arguments));
            if let Err(fault) = run.and_then(|_| subject.recovers()) {
                faults.push(format!("commit {step} from {cache}: {fault}"));
            }
        }
    }
    assert_none(&faults);
}

/// After a crash of the machine, a page may hold what another transaction wrote: a whole value, of another key.
#[test]
fn a_value_under_another_key_is_no_value() {
    let p = project()
        .file("src/lib.rs", "pub const A: u8 = 1;")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::A) }")
        .env("KACHE_INCREMENTAL", "never")
        .build();
    p.wrapped("build").success();
    p.write("src/lib.rs", "pub const A: u8 = 2;");
    p.wrapped("build").success();
    swap_entries(&p.layout().index_file(""));
    for (source, expected) in [("pub const A: u8 = 1;", "1\n"), ("pub const A: u8 = 2;", "2\n")] {
        p.write("src/lib.rs", source);
        p.wipe();
        p.wrapped("build").success();
        assert_eq!(p.run_program("foo"), expected);
    }
}

fn swap_entries(index: &Path) {
    use heed::types::Bytes;
    // SAFETY: nobody else has the index open.
    let env = unsafe { heed::EnvOpenOptions::new().map_size(1 << 30).open(index) }.unwrap();
    let mut txn = env.write_txn().unwrap();
    let table: heed::Database<Bytes, Bytes> = env.open_database(&txn, None).unwrap().unwrap();
    let rows = table.prefix_iter(&txn, b"e").unwrap();
    let rows = rows.map(|row| row.map(|(k, v)| (k.to_vec(), v.to_vec())).unwrap()).collect::<Vec<_>>();
    assert_eq!(rows.len(), 2);
    table.put(&mut txn, &rows[0].0, &rows[1].1).unwrap();
    table.put(&mut txn, &rows[1].0, &rows[0].1).unwrap();
    txn.commit().unwrap();
}

/// A reader that was killed must not keep old pages of the index for ever.
#[test]
fn a_killed_reader_does_not_make_the_index_grow() {
    if !can_inject() {
        return;
    }
    let subject = Subject::library();
    subject.run();
    // As long as somebody has it open, nobody starts the table of readers anew.
    let index = Index::open(&subject.p.layout()).unwrap();
    let write = || {
        for n in 0..200 {
            let text = format!("{n}").repeat(1 << 14);
            index.write(|writer| writer.put_note(&Digest::of(b"note"), &text)).unwrap();
        }
        fs::metadata(subject.p.layout().index_file("").join("data.mdb")).unwrap().len()
    };
    let before = write();
    // Files are looked at while a read transaction is open: somewhere in here it dies.
    for step in (10..150).step_by(10) {
        let inject = format!("inject=statx,pread64,openat:signal=KILL:when={step}");
        subject.p.run(subject.call.launched("strace", &["-qq", "-o", "/dev/null", "-e", &inject]));
    }
    let after = write();
    assert!(after < before * 2, "from {before} to {after} bytes");
}
