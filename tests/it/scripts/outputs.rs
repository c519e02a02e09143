//! What build scripts leave and say comes back as plain cargo would have it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{first, looking, out_dir, restored, runs_again, scripted};
use crate::support::{Project, Run};

/// Goes to `OUT_DIR`, and knows `write`.
const BEGIN: &str = "use std::os::unix::fs::{symlink, PermissionsExt}; use std::fs; \
     let out = std::path::PathBuf::from(std::env::var_os(\"OUT_DIR\").unwrap()); \
     let home = std::env::current_dir().unwrap(); std::env::set_current_dir(&out).unwrap(); \
     let chmod = |name: &str, mode| fs::set_permissions(name, fs::Permissions::from_mode(mode)).unwrap(); \
     println!(\"cargo:rustc-env=SEEN=x\");\n";

/// Describes all that is below a directory: kinds, modes, contents, where links lead to.
fn tree(directory: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            let mode = meta.permissions().mode();
            let said = if meta.is_symlink() {
                format!("link to {}", fs::read_link(&path).unwrap().display())
            } else if meta.is_dir() {
                folders.push(path.clone());
                format!("directory {mode:o}")
            } else {
                let content = cargo_kache::digest::Digest::of(&fs::read(&path).unwrap()).to_hex();
                format!("file {mode:o} {} {content}", meta.len())
            };
            all.insert(path.strip_prefix(directory).unwrap().to_string_lossy().into_owned(), said);
        }
    }
    all
}

/// Demands that `OUT_DIR` is the same from the script by plain cargo, from a miss and from a hit.
#[track_caller]
fn same_tree(p: &Project) -> BTreeMap<String, String> {
    p.exact("build").success().missed("foo run");
    let missed = tree(&out_dir(p));
    restored(p, "x");
    let hit = tree(&out_dir(p));
    p.assert_fresh("build");
    p.wipe().cargo("build").success();
    let plain = tree(&out_dir(p));
    assert_eq!(missed, plain, "after a miss");
    assert_eq!(hit, plain, "after a hit");
    hit
}

#[test]
fn nothing_at_all() {
    assert_eq!(same_tree(&scripted("println!(\"cargo:rustc-env=SEEN=x\");").build()).len(), 0);
}

#[test]
fn files_of_all_kinds() {
    let p = scripted(&format!(
        "{BEGIN} fs::write(\"empty\", \"\").unwrap(); fs::write(\"text\", \"x\\r\\n\").unwrap(); \
         fs::write(\"bytes\", [0xff, 0xfe, 10, 0xc3]).unwrap(); fs::write(\"zeros\", [0; 3]).unwrap(); \
         let large: Vec<u8> = (0..3_000_000u32).map(|n| (n / 7) as u8).collect(); fs::write(\"large\", large).unwrap(); \
         fs::hard_link(\"text\", \"again\").unwrap(); fs::copy(\"/bin/true\", \"program\").unwrap(); \
         for (name, mode) in [(\"private\", 0o600), (\"fixed\", 0o444), (\"run\", 0o755), (\"run-fixed\", 0o555), \
         (\"all\", 0o666), (\"none\", 0o000)] {{ fs::write(name, name).unwrap(); chmod(name, mode); }}"
    ))
    .build();
    assert_eq!(same_tree(&p).len(), 13);
}

#[test]
fn directories() {
    let p = scripted(&format!(
        "{BEGIN} fs::create_dir_all(\"a/b/c\").unwrap(); fs::create_dir(\"empty\").unwrap(); \
         fs::write(\"a/b/x\", \"\").unwrap(); fs::write(\"a b\", \"\").unwrap(); fs::write(\".hidden\", \"\").unwrap(); \
         fs::create_dir(\"private\").unwrap(); fs::write(\"private/x\", \"x\").unwrap(); chmod(\"private\", 0o700); \
         fs::create_dir(\"fixed\").unwrap(); fs::write(\"fixed/x\", \"x\").unwrap(); chmod(\"fixed\", 0o555);"
    ))
    .build();
    assert_eq!(same_tree(&p).len(), 11);
}

#[test]
fn links() {
    let p = scripted(&format!(
        "{BEGIN} fs::create_dir(\"a\").unwrap(); fs::write(\"a/x\", \"x\").unwrap(); \
         symlink(\"a/x\", \"relative\").unwrap(); symlink(\"../a/x\", \"a/up\").unwrap(); symlink(\"a\", \"folder\").unwrap(); \
         symlink(out.join(\"a/x\"), \"absolute\").unwrap(); symlink(home.join(\"build.rs\"), \"source\").unwrap(); \
         symlink(home.join(\"src\"), \"sources\").unwrap(); symlink(\"nowhere/at/all\", \"dangling\").unwrap(); \
         symlink(\"/usr/bin/true\", \"system\").unwrap(); symlink(\"itself\", \"itself\").unwrap();"
    ))
    .build();
    assert_eq!(same_tree(&p).len(), 11);
}

#[test]
fn a_name_that_is_no_text() {
    let p = scripted(&format!(
        "{BEGIN} use std::os::unix::ffi::OsStrExt; \
         fs::write(std::ffi::OsStr::from_bytes(b\"\\xff\"), \"x\").unwrap();"
    ))
    .build();
    super::never_kept(&p, "name is no text");
    assert_eq!(tree(&out_dir(&p)).len(), 1);
}

#[test]
fn what_an_earlier_run_left_is_gone_after_a_hit() {
    let p = looking(
        "{ let x = std::fs::read_to_string(\"x.txt\").unwrap(); \
         let out = std::path::PathBuf::from(std::env::var_os(\"OUT_DIR\").unwrap()); \
         let _ = std::fs::create_dir(out.join(\"deep\")); std::fs::write(out.join(\"deep\").join(&x), &x).unwrap(); x }",
    )
    .file("x.txt", "one")
    .build();
    first(&p, "one");
    p.write("x.txt", "two");
    runs_again(&p, "two");
    p.write("x.txt", "one");
    p.wrapped("build").success().hit("foo run");
    assert_eq!(tree(&out_dir(&p)).keys().collect::<Vec<_>>(), ["deep", "deep/one"]);
    assert_eq!(p.run_program("foo"), "one\n");
    p.assert_fresh("build");
}

#[test]
fn what_an_earlier_run_left_may_have_been_read() {
    let p = looking(
        "{ let count = std::path::PathBuf::from(std::env::var_os(\"OUT_DIR\").unwrap()).join(\"count\"); \
         let before = std::fs::read_to_string(&count).unwrap_or_default(); \
         std::fs::read(\"x.txt\").unwrap(); std::fs::write(&count, before.clone() + \"I\").unwrap(); before }",
    )
    .file("x.txt", "one")
    .build();
    first(&p, "");
    p.write("x.txt", "two");
    // In place, on top of the first run's file, as cargo has it.
    let run = p.wrapped("build");
    run.success().not_recorded("foo run");
    assert_eq!(p.run_program("foo"), "I\n");
    runs_again(&p, "");
}

#[test]
fn what_an_earlier_run_left_and_nobody_looked_at() {
    let p = looking(
        "{ let x = std::fs::read_to_string(\"x.txt\").unwrap(); \
         let out = std::path::PathBuf::from(std::env::var_os(\"OUT_DIR\").unwrap()); \
         std::fs::create_dir_all(out.join(\"deep\")).unwrap(); \
         std::fs::write(out.join(\"deep\").join(&x), &x).unwrap(); std::fs::write(out.join(\"same\"), &x).unwrap(); x }",
    )
    .file("x.txt", "one")
    .build();
    first(&p, "one");
    p.write("x.txt", "two");
    // In place: recorded is what this run made.
    p.wrapped("build").success().missed("foo run");
    assert_eq!(p.run_program("foo"), "two\n");
    p.wipe().wrapped("build").success().hit("foo run");
    let left = tree(&out_dir(&p));
    assert_eq!(left.keys().collect::<Vec<_>>(), ["deep", "deep/two", "same"]);
    p.exact("build").success().hit("foo run");
}

#[test]
fn generated_code() {
    let p = scripted(&format!(
        "{BEGIN} let n = fs::read_to_string(home.join(\"n.txt\")).unwrap(); \
         fs::write(\"table.rs\", format!(\"pub const N: u32 = {{n}};\")).unwrap();"
    ))
    .file("n.txt", "1")
    .file("src/lib.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/table.rs\"));")
    .file("src/main.rs", "fn main() { println!(\"{}\", foo::N) }")
    .build();
    first(&p, "1").missed("foo");
    restored(&p, "1").hit("foo");
    p.write("n.txt", "2");
    runs_again(&p, "2").missed("foo");
    p.write("n.txt", "1");
    // In place, on top of the second table.
    p.wrapped("build").success().hit("foo run").hit("foo");
    assert_eq!(p.run_program("foo"), "1\n");
    p.assert_fresh("build");
}

/// What the script says, by cargo in its most verbose form.
fn said(run: &Run) -> Vec<String> {
    let lines = run.stdout.lines().chain(run.stderr.lines());
    lines
        .filter(|line| line.starts_with("[foo 0.1.0]") || line.starts_with("warning"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_is_said() {
    let p = scripted(
        "let out = std::env::var(\"OUT_DIR\").unwrap(); println!(\"just talk\"); eprintln!(\"a complaint\"); \
         println!(\"cargo:warning=beware\"); println!(\"cargo::rustc-check-cfg=cfg(found)\"); \
         println!(\"cargo:rustc-cfg=found\"); println!(\"cargo:rustc-link-search=native={out}\"); \
         println!(\"cargo:rustc-env=SEEN=a b=c\"); println!(\"cargo:anything={out}/x\"); eprint!(\"no end\");",
    )
    .file("src/main.rs", "#[cfg(found)] fn main() { println!(\"{}\", env!(\"SEEN\")) }")
    .build();
    first(&p, "a b=c").stderr_has("warning: foo@0.1.0: beware");
    p.exact("build").success().hit("foo run").stderr_has("warning: foo@0.1.0: beware");
    let missed = p.wipe().set_and_run("KACHE_RECACHE", "1", "build -vv");
    let hit = p.wipe().wrapped("build -vv");
    let plain = p.wipe().cargo("build -vv");
    missed.success().missed("foo run");
    hit.success().hit("foo run");
    assert!(said(&plain).len() > 9, "{plain}");
    assert_eq!(said(&missed), said(&plain));
    assert_eq!(said(&hit), said(&plain));
}

#[test]
fn bytes_that_are_no_text_are_said() {
    let p = scripted(
        "use std::io::Write as _; println!(\"cargo:rustc-env=SEEN=x\"); \
         std::io::stderr().write_all(b\"\\xff\\xfe\\n\").unwrap(); std::io::stdout().write_all(b\"\\xff\\n\").unwrap();",
    )
    .build();
    let plain = p.cargo("build -vv");
    let missed = p.wipe().wrapped("build -vv");
    let hit = p.wipe().wrapped("build -vv");
    missed.success().missed("foo run");
    hit.success().hit("foo run");
    assert_eq!((said(&missed), said(&hit)), (said(&plain), said(&plain)));
}

#[test]
fn a_restored_file_is_nobody_else_s() {
    let p = scripted(&format!("{BEGIN} fs::write(\"x\", \"good\").unwrap();")).build();
    first(&p, "x");
    restored(&p, "x");
    // Somebody changes a restored file in place: the store's is another.
    fs::write(out_dir(&p).join("x"), "evil").unwrap();
    restored(&p, "x");
    assert_eq!(fs::read_to_string(out_dir(&p).join("x")).unwrap(), "good");
    p.assert_store_is_whole();
}

#[test]
fn much_is_said() {
    let p = scripted(
        "for n in 0..20_000 { println!(\"cargo:line{n}=some text that takes room\"); \
         eprintln!(\"line {n} with some text that takes room\"); } println!(\"cargo:rustc-env=SEEN=x\");",
    )
    .build();
    let plain = p.cargo("build -vv");
    let missed = p.wipe().wrapped("build -vv");
    let hit = p.wipe().wrapped("build -vv");
    missed.success().missed("foo run");
    hit.success().hit("foo run");
    assert!(said(&plain).len() > 40_000);
    assert!(said(&missed) == said(&plain) && said(&hit) == said(&plain));
}

#[test]
fn an_error_that_is_told() {
    let p = scripted("println!(\"cargo::error=not like this\");").build();
    for _ in 0..2 {
        p.exact("build").fails().stderr_has("not like this");
    }
}

#[test]
fn other_commands_share_the_run() {
    let p = looking("\"x\".into()").build();
    first(&p, "x");
    for command in ["check", "test --no-run", "build --tests"] {
        p.wipe().wrapped(command).success().hit("foo run");
        p.assert_fresh(command);
    }
}

#[test]
fn a_script_of_another_name() {
    let p = looking("std::env::current_exe().unwrap().file_name().unwrap().to_str().unwrap().to_owned()")
        .root("build = \"tools/make-it.rs\"\n")
        .build();
    p.rename("build.rs", "tools/make-it.rs");
    first(&p, "build-script-make-it");
    restored(&p, "build-script-make-it");
}
