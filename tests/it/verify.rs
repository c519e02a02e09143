//! `KACHE_VERIFY`: hits that are compiled all the same, and compared.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cargo_kache::digest::Digest;
use cargo_kache::entry::{Entry, Output, OutputKind};
use cargo_kache::event::Outcome;
use cargo_kache::key::invocation::unit_id;
use cargo_kache::portable::PortableText;
use cargo_kache::store::Store;
use cargo_kache::store::blob::{Form, T0};

use crate::support::{Project, Run, project};

/// Three libraries, one of which has something to be warned of, and a macro.
fn workspace() -> Project {
    let p = project()
        .settings("")
        .workspace(&["good", "wrong", "spoilt", "mac"])
        .proc_macro("#[proc_macro] pub fn one(_: TokenStream) -> TokenStream { \"1\".parse().unwrap() }")
        .package("good", "good", "[dependencies]\nmac = { path = \"../mac\" }\n")
        .file("good/src/lib.rs", "pub fn f() -> u8 { let unused = 2; mac::one!() }");
    let p = ["wrong", "spoilt"].into_iter().fold(p, |p, name| {
        p.package(name, name, "")
            .file(&format!("{name}/src/lib.rs"), "pub fn f() -> &'static str { file!() }")
    });
    p.build()
}

/// Finds a unit's entry.
fn entry(store: &Store, crate_name: &str) -> (Digest, Entry) {
    let mut entries = store.index.read().unwrap().entries();
    entries.retain(|(_, entry)| entry.unit.crate_name == crate_name);
    assert_eq!(entries.len(), 1, "entries of `{crate_name}`");
    entries.remove(0)
}

fn library(entry: &Entry) -> &Output {
    entry.outputs.iter().find(|output| output.kind == OutputKind::Library).unwrap()
}

/// Returns the content of a unit's library with one byte changed.
fn forged(store: &Store, output: &Output) -> Vec<u8> {
    let (blob, _) = store.blobs.find(&output.digest, output.size, Form::Data).unwrap();
    let mut bytes = fs::read(blob).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

/// Changes an entry. Returns its key as people see it.
fn change_entry(store: &Store, crate_name: &str, change: impl Fn(&mut Entry)) -> String {
    let (key, mut entry) = entry(store, crate_name);
    change(&mut entry);
    store.index.write(|writer| writer.put_entry(&key, &unit_id(&entry.unit), &entry)).unwrap();
    key.short()
}

/// Makes an entry name another library, which is a blob like any other.
fn change_library(store: &Store, crate_name: &str) -> String {
    change_entry(store, crate_name, |entry| {
        let bytes = forged(store, library(entry));
        let digest = Digest::of(&bytes);
        store.blobs.put(&bytes, &digest, Form::Data).unwrap();
        entry.outputs.iter_mut().find(|output| output.kind == OutputKind::Library).unwrap().digest = digest;
    })
}

/// Changes the bytes of a blob, and nothing by which that would be noticed without reading it.
fn spoil_blob(store: &Store, crate_name: &str) {
    let (_, entry) = entry(store, crate_name);
    let output = library(&entry);
    let (blob, _) = store.blobs.find(&output.digest, output.size, Form::Data).unwrap();
    let bytes = forged(store, output);
    fs::set_permissions(&blob, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&blob, bytes).unwrap();
    fs::set_permissions(&blob, fs::Permissions::from_mode(0o444)).unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(T0.seconds.unsigned_abs());
    fs::File::open(&blob).unwrap().set_modified(time).unwrap();
    assert!(store.blobs.find(&output.digest, output.size, Form::Data).is_some());
}

/// Lists what is left of incremental state.
fn incremental_folders(p: &Project) -> Vec<String> {
    let names = fs::read_dir(p.target().join("debug/incremental")).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Returns why the cache failed.
#[track_caller]
fn error<'r>(run: &'r Run, unit: &str) -> &'r str {
    match run.outcome(unit) {
        Outcome::Error(message) => message,
        other => panic!("`{unit}` met no error but {other:?} in {run}"),
    }
}

#[test]
fn equal_entries_are_hits_and_others_are_found_and_replaced() {
    let mut p = workspace();
    p.wrapped("build").success().misses(4);
    p.wipe();
    let store = Store::open(p.layout()).unwrap();
    let key = change_library(&store, "wrong");
    spoil_blob(&store, "spoilt");
    change_entry(&store, "spoilt", |entry| {
        entry.dep_info.as_mut().unwrap().1.push_text(b"# more\n");
    });
    change_entry(&store, "mac", |entry| entry.stdout = PortableText::verbatim(b"a word\n"));
    drop(store);

    // All are compiled; what is equal counts as a hit, and nothing has to be built afterwards.
    p.set("KACHE_VERIFY", "always");
    let run = p.exact("build");
    run.success().hit("good").hits(1).stderr_has("unused variable");
    let is_hit = |outcome: &Outcome| matches!(outcome, Outcome::Hit { .. });
    assert!(run.units.iter().all(|event| is_hit(&event.outcome) == (event.compile_ms == 0)), "{run}");
    assert_eq!(incremental_folders(&p), [""; 0]);
    let wrong = error(&run, "wrong");
    assert!(wrong.starts_with("verification failed: `libwrong-"), "{wrong}");
    assert!(wrong.ends_with(&format!(".rlib` differs from entry {key}")), "{wrong}");
    let spoilt = error(&run, "spoilt");
    assert!(spoilt.starts_with("verification failed: `libspoilt-"), "{spoilt}");
    assert!(spoilt.contains(".rlib` and 1 more differ from entry "), "{spoilt}");
    let said = error(&run, "mac");
    assert!(said.starts_with("verification failed: what rustc said differs from entry "), "{said}");
    p.assert_fresh("build");
    let why = p.kache("why wrong");
    why.success().stdout_has("verification failed: `libwrong-").stdout_has(&format!("key {key}"));

    // What was made has taken the place of what was wrong.
    p.wipe();
    p.wrapped("build").success().hits(4);
    p.assert_store_is_whole();
}

#[cfg(target_os = "linux")]
#[test]
fn a_compiler_that_fails_stops_nothing() {
    let mut p = project().settings("").file("src/lib.rs", "pub fn f(unused: u8) {}").build();
    p.wrapped("build").success().missed("foo");
    p.wipe();
    p.set("KACHE_VERIFY", "always");
    // No folder can be made there, and rustc needs one.
    p.symlink("/proc", "target/debug/incremental");
    let run = p.kache("--report full build");
    run.success().stderr_has("unused variable").stderr_lacks("error:");
    run.stderr_has("Error foo v0.1.0 (lib)");
    run.stderr_has("verification failed: rustc ended with exit code 1, unlike for entry ");
    error(&run, "foo");
    p.assert_fresh("build");
}
