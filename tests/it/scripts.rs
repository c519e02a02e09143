//! Runs of build scripts: one that was recorded is repeated where nothing it depends on has changed, and nowhere else.

mod alike;
mod checkouts;
mod inputs;
mod outputs;
mod refused;
mod tools;

use std::path::PathBuf;

use cargo_kache::event::Bypass;

use crate::support::{Builder, Project, Run, project};

/// A program that says what the build script told it.
const PRINTS: &str = "fn main() { println!(\"{}\", env!(\"SEEN\")) }";

/// A package whose build script tells the program what this Rust expression gives, a `String`.
fn looking(expression: &str) -> Builder {
    scripted(&format!("let seen: String = {expression}; println!(\"cargo:rustc-env=SEEN={{seen}}\");"))
}

/// A package whose build script consists of these statements, and has to tell the program something by `SEEN`.
fn scripted(statements: &str) -> Builder {
    project()
        .file("build.rs", format!("#![allow(unused)]\nfn main() {{\n{statements}\n}}\n"))
        .file("src/main.rs", PRINTS)
}

/// Builds exactly, for the first time.
#[track_caller]
fn first(p: &Project, says: &str) -> Run {
    let run = p.exact("build");
    run.success().missed("foo run");
    assert_eq!(p.run_program("foo"), format!("{says}\n"));
    run
}

/// Builds exactly, from nothing; the script runs and is no other.
#[track_caller]
fn runs_again(p: &Project, says: &str) -> Run {
    let run = p.exact("build");
    run.success().hit("foo build").missed("foo run");
    assert_eq!(p.run_program("foo"), format!("{says}\n"));
    run
}

/// Builds from nothing; the script does not run.
#[track_caller]
fn restored(p: &Project, says: &str) -> Run {
    let run = p.wipe().wrapped("build");
    run.success().hit("foo build").hit("foo run");
    assert_eq!(p.run_program("foo"), format!("{says}\n"));
    run
}

/// The script runs each time, for this reason.
#[track_caller]
fn never_kept(p: &Project, why: &str) {
    for _ in 0..2 {
        let run = p.wipe().wrapped("build");
        run.success();
        let told = run.bypass("foo run");
        assert!(matches!(told, Bypass::Script(told) if told.contains(why)), "no `{why}` in {run}");
    }
}

/// Returns `OUT_DIR` of package `foo`.
#[track_caller]
fn out_dir(p: &Project) -> PathBuf {
    let folders = std::fs::read_dir(p.path("target/debug/build")).unwrap().map(|entry| entry.unwrap().path());
    let mut found = folders.map(|folder| folder.join("out")).filter(|out| {
        out.exists() && out.parent().unwrap().file_name().unwrap().to_string_lossy().starts_with("foo-")
    });
    let out = found.next().expect("the script of `foo` has run");
    assert_eq!(found.next(), None);
    out
}

/// Lists the scripts that launchers stand in for.
fn kept_scripts(p: &Project) -> Vec<String> {
    let folders = std::fs::read_dir(p.path("target/debug/build")).unwrap().map(|entry| entry.unwrap().path());
    let names = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".script")).collect()
}
