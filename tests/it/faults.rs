//! Faults: whatever happens to the cache, the machine or the process, the build is right, and later ones hit again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_kache::digest::Digest;
use cargo_kache::event::{Bypass, Log, MissReason, Outcome, UnitEvent};
use cargo_kache::store::index::Index;

use crate::support::{Captured, Memory, Project, Run, note, project, wait_for};

/// One compiler call, what it must give, and a cache to begin with.
struct Subject {
    p: Project,
    call: Captured,
    expected: BTreeMap<String, String>,
    plain: Run,
}

impl Subject {
    /// Takes the call of `crate_name`; the cache knows the compiler and the other crates, but not this one.
    ///
    /// The compiler is real once. From then on a script stands in its place that gives the same again, hundreds of
    /// times: it writes over what is there, in place.
    fn new(p: Project, crate_name: &str) -> Self {
        let mut calls = p.capture("build");
        let mut call = calls.remove(crate_name).unwrap();
        let made = p.run(call.plain());
        made.success();
        let extra =
            call.words.iter().find_map(|w| w.to_str()?.strip_prefix("extra-filename=")).unwrap().to_owned();
        let expected =
            call.outputs().into_iter().filter(|(name, _)| name.contains(&extra)).collect::<BTreeMap<_, _>>();
        let room = p.beside("made");
        fs::create_dir_all(&room).unwrap();
        for name in expected.keys() {
            fs::copy(call.out_dir().join(name), room.join(name)).unwrap();
        }
        fs::write(room.join("said"), &made.stderr).unwrap();
        let (room, real, out_dir) = (room.display(), call.words[0].display().to_string(), call.out_dir());
        let script = format!(
            "#!/bin/sh\ncase $* in *'--crate-name {crate_name} '*)\n\
             for file in {room}/*{extra}*; do cat $file > {out}/${{file##*/}}; done\n\
             chmod +x {out}/*{extra}.so 2>/dev/null; cat {room}/said >&2; test -z \"$HARM\" || sh -c \"$HARM\"; exit ;;\nesac\nexec '{real}' \"$@\"\n",
            out = out_dir.display()
        );
        let script = p.write_script(p.beside("bin/rustc"), &script);
        call.words[0] = script.clone().into();
        for mut other in calls.into_values() {
            other.words[0] = script.clone().into();
            other.run(&p).success();
        }
        let plain = p.run(call.plain());
        plain.success();
        let subject = Self { p, call, expected, plain };
        subject.wipe();
        subject.save("empty");
        subject
    }

    fn library() -> Self {
        let p = project().workspace(&["foo", "bar"]).package("foo", "foo", "").package("bar", "bar", "");
        let p = p.file("bar/src/lib.rs", "").file("foo/src/lib.rs", "pub fn a() -> u8 { let unused = 1; 1 }");
        Self::new(p.build(), "foo")
    }

    /// A macro: linked, traced, and restored as a host tool.
    fn proc_macro() -> Self {
        let p = project().workspace(&["mac", "bar"]).package("bar", "bar", "").file("bar/src/lib.rs", "");
        let p = p
            .proc_macro("#[proc_macro] pub fn one(_: TokenStream) -> TokenStream { \"1\".parse().unwrap() }");
        Self::new(p.build(), "mac")
    }

    /// Removes the outputs.
    fn wipe(&self) {
        for name in self.expected.keys() {
            let _ = fs::remove_file(self.call.out_dir().join(name));
        }
    }

    fn saved(&self, name: &str) -> PathBuf {
        self.p.beside(format!("saved-{name}"))
    }

    /// Keeps the present cache under a name.
    fn save(&self, name: &str) {
        copy(&self.p.cache(), &self.saved(name));
    }

    /// Puts a kept cache back.
    fn load(&self, name: &str) {
        copy(&self.saved(name), &self.p.cache());
    }

    /// Makes the call; what is wrong about its result.
    fn try_run(&self) -> Result<Run, String> {
        self.try_run_by(self.call.launched("timeout", &["--signal=KILL", "60"]))
    }

    fn try_run_by(&self, command: Command) -> Result<Run, String> {
        let run = self.p.run(command);
        // LMDB says a last word of its own when it finds its file damaged.
        let is_last_word = |line: &&str| line.contains(": Assertion '");
        let stderr = run.stderr.split_inclusive('\n').filter(|line| !is_last_word(line)).collect::<String>();
        let given = (run.code, &run.stdout, &stderr);
        if given != (self.plain.code, &self.plain.stdout, &self.plain.stderr) {
            return Err(format!("other than {}: {run}", self.plain));
        }
        let outputs = self.call.outputs();
        match self.expected.iter().find(|(name, bytes)| outputs.get(*name) != Some(bytes)) {
            Some((name, _)) => Err(format!("`{name}` differs: {run}")),
            None => Ok(run),
        }
    }

    #[track_caller]
    fn run(&self) -> Run {
        self.try_run().unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// Makes the call until it has been a hit twice in a row: each must be right, and six must be enough. A damaged tree
    /// may give a hit and lose it by what is written next; the call after that starts a new one.
    fn recovers(&self) -> Result<(), String> {
        let mut hits = 0;
        let mut last = None;
        for _ in 0..6 {
            self.wipe();
            last = self.try_run()?.units.into_iter().next().map(|unit| unit.outcome);
            hits = if matches!(last, Some(Outcome::Hit { .. })) { hits + 1 } else { 0 };
            if hits == 2 {
                return Ok(());
            }
        }
        Err(format!("the sixth call is no second hit in a row but {last:?}"))
    }
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

// Crashes.

/// The calls by which anything is changed, or a lock taken or let go.
const CHANGES: &str = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,write,writev,pwrite64,\
    pwritev,ftruncate,copy_file_range,sendfile,fchmod,utimensat,fcntl,flock,exit_group";

fn can_inject() -> bool {
    let possible =
        Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status().is_ok_and(|s| s.success());
    if !possible {
        note("skipped: `strace` does not work here");
    }
    possible
}

/// Kills the call before its first, second … change until it ends by itself; after each kill the same call must give
/// the right result over what is there, and hit from then on.
fn crash_at_every_change(subject: &Subject, cache: &str, stride: usize) {
    if !can_inject() {
        return;
    }
    let mut faults = Vec::new();
    for step in (1..).step_by(stride) {
        subject.load(cache);
        subject.wipe();
        let inject = format!("inject={CHANGES}:signal=KILL:when={step}");
        let killed =
            subject.p.run(subject.call.launched("strace", &["-qq", "-o", "/dev/null", "-e", &inject]));
        if killed.code == 0 {
            assert!(step > 3, "nothing was killed");
            note(&format!("{} steps from {cache}", step - 1));
            break;
        }
        assert_eq!(killed.code, 128 + 9, "{killed}");
        subject.p.assert_store_is_whole();
        let check = || {
            subject.try_run()?;
            subject.p.assert_store_is_whole();
            subject.wipe();
            let second = subject.try_run()?;
            match second.units.first().map(|unit| &unit.outcome) {
                Some(Outcome::Hit { .. }) => Ok(()),
                other => Err(format!("the second call is no hit but {other:?}")),
            }
        };
        if let Err(fault) = check() {
            faults.push(format!("after a kill before change {step} from {cache}: {fault}"));
        }
    }
    assert_none(&faults);
}

#[test]
fn a_crash_while_recording_loses_nothing() {
    let subject = Subject::library();
    crash_at_every_change(&subject, "empty", 1);
}

#[test]
fn a_crash_while_recording_a_macro_loses_nothing() {
    let subject = Subject::proc_macro();
    crash_at_every_change(&subject, "empty", 1);
}

#[test]
fn a_crash_while_restoring_loses_nothing() {
    for subject in [Subject::library(), Subject::proc_macro()] {
        subject.run();
        subject.save("full");
        crash_at_every_change(&subject, "full", 1);
    }
}

#[test]
fn a_crash_while_making_the_cache_loses_nothing() {
    let subject = Subject::library();
    fs::create_dir_all(subject.saved("none")).unwrap();
    crash_at_every_change(&subject, "none", 5);
}

/// Process ids come again soon in small containers.
#[test]
fn temporary_files_of_a_dead_process_are_in_nobodys_way() {
    let p = project().file("src/lib.rs", "pub fn a() {}").build();
    let call = p.capture("build").remove("foo").unwrap();
    call.wipe();
    call.run(&p).success().missed("foo");
    let blobs =
        p.blobs().into_iter().map(|(path, _)| path.file_name().unwrap().to_owned()).collect::<Vec<_>>();
    fs::remove_dir_all(p.layout().blobs()).unwrap();
    fs::create_dir_all(p.layout().blobs()).unwrap();
    fs::create_dir_all(p.layout().temporary()).unwrap();
    // A shell knows its id before it becomes the program.
    let short =
        blobs.iter().map(|name| Digest::short(&name.to_str().unwrap().parse().unwrap())).collect::<Vec<_>>();
    let script = p.write_script(
        p.beside("same-id"),
        &format!(
            "#!/bin/sh\nfor blob in {}; do echo half > \"{}/$blob-$$\"; done\nexec \"$@\"\n",
            short.join(" "),
            p.layout().temporary().display()
        ),
    );
    call.wipe();
    p.run(call.launched(script.to_str().unwrap(), &[])).success().missed("foo");
    p.assert_store_is_whole();
}

// The index.

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

// Blobs.

#[test]
fn a_lost_or_damaged_blob_is_a_miss() {
    let subject = Subject::library();
    subject.run();
    subject.save("full");
    let blobs = subject.p.blobs().len();
    for harm in ["removed", "shortened", "replaced"] {
        for which in 0..blobs {
            subject.load("full");
            let (path, _) = subject.p.blobs().remove(which);
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            match harm {
                "removed" => {}
                "shortened" => fs::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
                _ => fs::write(&path, vec![b'x'; bytes.len()]).unwrap(),
            }
            subject.wipe();
            let run = subject.run();
            if run.units[0].outcome != (Outcome::Hit { remote: false }) {
                assert_eq!(run.reason("foo"), &MissReason::Damaged, "{harm}");
            }
            subject.wipe();
            subject.run().hit("foo");
            // A damaged blob of another crate stays until it is used.
            if run.units[0].outcome != (Outcome::Hit { remote: false }) {
                subject.p.assert_store_is_whole();
            }
        }
    }
}

// The disk.

fn small() -> Project {
    project()
        .workspace(&["a", "b", "app"])
        .package("a", "a", "")
        .file("a/src/lib.rs", "pub fn a() -> u8 { 1 }")
        .package("b", "b", "build = \"build.rs\"\n[dependencies]\na = { path = \"../a\" }\n")
        .file("b/build.rs", "fn main() { println!(\"cargo:rerun-if-changed=build.rs\"); if let Ok(to) = std::env::var(\"FILL\") { while std::fs::OpenOptions::new().append(true).create(true).open(&to).and_then(|mut f| std::io::Write::write_all(&mut f, &[0; 4096])).is_ok() {} } }")
        .file("b/src/lib.rs", "pub fn b() -> u8 { a::a() + 1 }")
        .package("app", "app", "[dependencies]\nb = { path = \"../b\" }\n")
        .file("app/src/main.rs", "fn main() { println!(\"{}\", b::b()); }")
        .build()
}

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

/// Demands that a build from nothing is right, and returns its command's result.
#[track_caller]
fn assert_right(p: &Project) -> Run {
    p.wipe_for("wrapped");
    let mut command = p.command(Path::new("timeout"));
    command.args(["--signal=KILL", "120", env!("CARGO"), "build"]).env("RUSTC_WRAPPER", Project::program());
    let run = p.run(command);
    p.keep_compiler("wrapped");
    p.assert_as_plain(&run, "build");
    p.assert_fresh("build");
    run
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

// Settings.

#[test]
fn a_cache_that_is_a_file_stops_no_build() {
    let p = small();
    fs::write(p.cache(), "").unwrap();
    assert_right(&p);
    assert_eq!(fs::read(p.cache()).unwrap(), b"");
}

#[test]
fn without_a_home_nothing_is_cached() {
    let mut p = small();
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let value = std::env::var_os(name).map_or_else(|| home.join(folder), PathBuf::from);
        p.set(name, value);
    }
    p.wipe_for("wrapped");
    let mut command = p.wrapped_command("build");
    command
        .env_remove("HOME")
        .env_remove("KACHE_CACHE_DIR")
        .env_remove("KACHE_CONFIG")
        .env_remove("XDG_CACHE_HOME");
    let run = p.run(command);
    p.assert_as_plain(&run, "build");
    p.assert_fresh("build");
}

/// Demands that a build is right and notes `settings` as the reason of each unit, where the cache would be.
#[track_caller]
fn assert_bypassed_by_settings(p: &Project) {
    assert_right(p);
    let logs = [p.cache(), p.beside("home cache/kache")];
    let noted = logs.iter().flat_map(|cache| Log::at(cache.join("logs/events.jsonl")).read_all().unwrap());
    let noted = noted.map(|event| event.outcome).collect::<Vec<_>>();
    assert!(!noted.is_empty(), "no reason was noted");
    assert!(
        noted.iter().all(|outcome| matches!(outcome, Outcome::Bypassed(Bypass::Settings(_)))),
        "{noted:#?}"
    );
}

#[test]
fn invalid_settings_stop_no_build() {
    let mut p = small();
    p.set("XDG_CACHE_HOME", p.beside("home cache"));
    fs::write(p.beside("config.toml"), "[cache\n").unwrap();
    assert_bypassed_by_settings(&p);
}

#[test]
fn an_invalid_setting_of_the_project_stops_no_build() {
    let mut p = small();
    p.set("XDG_CACHE_HOME", p.beside("home cache"));
    p.write(".config/kache.toml", "[cache]\nrestore = \"nonsense\"\n");
    assert_bypassed_by_settings(&p);
}

#[test]
fn an_invalid_variable_stops_no_build() {
    let mut p = small();
    p.set("XDG_CACHE_HOME", p.beside("home cache")).set("KACHE_LOCK_TIMEOUT", "soon");
    assert_bypassed_by_settings(&p);
}

#[test]
fn unreadable_settings_stop_no_build() {
    let mut p = small();
    p.set("XDG_CACHE_HOME", p.beside("home cache"));
    fs::create_dir(p.beside("config.toml")).unwrap();
    assert_bypassed_by_settings(&p);
}

#[test]
fn disabled_means_untouched() {
    let mut p = small();
    p.set("KACHE_DISABLED", "1");
    let run = assert_right(&p);
    run.no_units();
    assert!(!p.cache().exists());
}

// Signals.

/// A project with a compiler that does `what` when it compiles.
fn with_compiler(what: &str) -> (Project, Captured) {
    let p = project().file("src/lib.rs", "pub fn a() {}").build();
    let mut call = p.capture("build").remove("foo").unwrap();
    let real = call.words[0].to_str().unwrap().to_owned();
    let script =
        format!("#!/bin/sh\ncase $* in *'--crate-name foo'*)\n{what}\n;; esac\nexec \"{real}\" \"$@\"\n");
    call.words[0] = p.write_script(p.beside("bin/rustc"), &script).into();
    (p, call)
}

#[test]
fn a_compiler_ended_by_a_signal_ends_us_alike() {
    for signal in ["ABRT", "SEGV", "TERM", "KILL", "INT"] {
        let (p, call) = with_compiler(&format!("echo said; echo told >&2; ulimit -c 0; kill -{signal} $$"));
        let plain = p.run(call.plain());
        assert!(plain.code > 128, "{plain}");
        for disabled in ["0", "1"] {
            let run = p.run(call.set("KACHE_DISABLED", disabled).wrapped());
            assert_eq!(
                (run.code, run.stdout, run.stderr),
                (plain.code, plain.stdout.clone(), plain.stderr.clone())
            );
        }
        p.assert_store_is_whole();
    }
}

#[test]
fn a_compiler_that_fails_is_asked_again() {
    let (p, call) = with_compiler("echo no >&2; exit 3");
    for _ in 0..2 {
        let run = call.run(&p);
        run.exits(3).failed("foo");
        assert_eq!(run.stderr, "no\n");
    }
    assert!(p.blobs().is_empty());
}

/// Whether a process is there and no zombie.
fn lives(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Starts cargo in a process group of its own and waits until the compiler runs; its id.
fn start_build(p: &Project, call: &Captured) -> (std::process::Child, String) {
    p.wipe();
    let note = p.beside("compiler");
    let _ = fs::remove_file(&note);
    let mut cargo = p.wrapped_command("build");
    cargo.env("RUSTC", &call.words[0]).process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
    let cargo = cargo.spawn().unwrap();
    wait_for("the compiler", || fs::read_to_string(&note).is_ok_and(|id| id.ends_with('\n')));
    (cargo, fs::read_to_string(&note).unwrap())
}

fn send(signal: libc::c_int, to: i32) {
    // SAFETY: sends a signal to a process or group of this test's.
    assert_eq!(unsafe { libc::kill(to, signal) }, 0);
}

fn parent_of(id: &str) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap();
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn an_interrupt_leaves_no_compiler_behind() {
    let (p, call) = with_compiler("echo $$ > ../compiler; exec sleep 1000");
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let (mut cargo, compiler) = start_build(&p, &call);
        let wrapper = parent_of(&compiler).to_string();
        send(signal, -i32::try_from(cargo.id()).unwrap());
        cargo.wait().unwrap();
        wait_for("the compiler to end", || !lives(&compiler));
        wait_for("the wrapper to end", || !lives(&wrapper));
        assert_eq!(fs::read_dir(p.layout().temporary()).unwrap().count(), 0);
    }
    // Nothing is locked or half there.
    let run = p.wrapped("build");
    run.success().missed("foo");
    p.assert_fresh("build");
}

#[test]
fn a_killed_wrapper_takes_the_compiler_with_it() {
    // A library, and what is traced.
    for traced in [false, true] {
        let (p, call) = with_compiler("echo $$ > ../compiler; exec sleep 1000");
        if traced {
            p.write("Cargo.toml", format!("{}[lib]\nproc-macro = true\n", p.read("Cargo.toml")));
        }
        let (mut cargo, compiler) = start_build(&p, &call);
        send(libc::SIGKILL, parent_of(&compiler));
        wait_for("the compiler to end", || !lives(&compiler));
        assert!(!cargo.wait().unwrap().success());
    }
}
