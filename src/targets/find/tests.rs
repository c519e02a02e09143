use std::os::unix::fs::symlink;

use super::super::testing::Scratch;
use super::*;

#[test]
fn targets_lie_beside_manifests_and_look_like_it() {
    let s = Scratch::new();
    s.project("work/app");
    s.project("work/deep/er/app");
    for (name, mark) in [
        ("tagged", "target/CACHEDIR.TAG"),
        ("noted", "target/.rustc_info.json"),
        ("deps", "target/x/deps/a"),
        ("fingerprint", "target/x/.fingerprint/a"),
        ("triple", "target/wasm/x/.fingerprint/a"),
    ] {
        s.file(format!("work/{name}/Cargo.toml"), "");
        s.file(format!("work/{name}/{mark}"), "");
    }
    // None of these is one.
    s.target("work/no-manifest/target");
    s.file("work/plain/Cargo.toml", "");
    s.file("work/plain/target/letters/to-mum", "");
    s.file("work/crate/Cargo.toml", "");
    s.target("work/crate/target");
    s.file("work/crate/target/Cargo.toml", "");
    s.target("work/checkout/target");
    s.file("work/checkout/Cargo.toml", "");
    s.file("work/checkout/target/.git/HEAD", "");
    s.project("work/.hidden/app");
    s.project("work/node_modules/app");
    s.project("work/app/target/package/app-0.1.0");
    assert_eq!(
        s.paths(&s.find()),
        [
            "work/app/target",
            "work/deep/er/app/target",
            "work/deps/target",
            "work/fingerprint/target",
            "work/noted/target",
            "work/tagged/target",
            "work/triple/target",
        ]
    );
}

#[test]
fn a_link_is_named_and_passed_over() {
    let s = Scratch::new();
    s.project("elsewhere/app");
    s.file("work/app/Cargo.toml", "");
    symlink(s.path("elsewhere/app/target"), s.path("work/app/target")).unwrap();
    symlink(s.path("elsewhere"), s.path("work/link")).unwrap();
    let found = s.find_with(&[("CARGO_TARGET_DIR", s.path("work/app/target").to_str().unwrap())], &[]);
    assert!(found.targets.is_empty(), "{found:?}");
    assert!(matches!(&found.passed[0], Passed::Link(path) if *path == s.path("work/app/target")));
}

#[test]
fn the_folder_asked_for_may_be_the_target_directory() {
    let s = Scratch::new();
    let target = s.project("work/app");
    let env = Env::from_pairs([("HOME", "/nowhere")]);
    let find = |root: &Path| find(&Scope { root: root.to_owned(), env: &env, precious: Vec::new() });
    assert_eq!(s.paths(&find(&target).unwrap().targets), ["work/app/target"]);
    symlink(&target, s.path("work/target")).unwrap();
    for end in ["", "/", "/."] {
        let link = format!("{}{end}", s.path("work/target").display());
        assert!(find(Path::new(&link)).unwrap().targets.is_empty());
        let real = format!("{}{end}", target.display());
        assert_eq!(s.paths(&find(Path::new(&real)).unwrap().targets), ["work/app/target"]);
    }
    assert!(find(&s.path("work/nothing")).is_err());
}

#[test]
fn settings_name_directories_elsewhere() {
    let s = Scratch::new();
    s.project("work/app");
    s.file("work/app/.cargo/config.toml", "[build]\ntarget-dir = \"out\"\nbuild-dir = \"../../build\"\n");
    s.target("work/app/out");
    // Packaged, not a workspace that the directory must be kept for.
    s.file("work/app/out/package/app-0.1.0/Cargo.toml", "");
    s.target("build");
    let shared = s.target("shared");
    let with = [("CARGO_TARGET_DIR", shared.to_str().unwrap())];
    assert_eq!(s.paths(&s.find()), ["build", "work/app/out", "work/app/target"]);
    let all = ["build", "shared", "work/app/out", "work/app/target"];
    assert_eq!(s.paths(&s.find_with(&with, &[]).targets), all);
    // What cargo did not make itself is none.
    s.file("shared/CACHEDIR.TAG", "something");
    assert_eq!(s.paths(&s.find_with(&with, &[]).targets), ["build", "work/app/out", "work/app/target"]);
    s.target("shared");
    s.file("shared/precious/Cargo.toml", "");
    assert_eq!(s.paths(&s.find_with(&with, &[]).targets), ["build", "work/app/out", "work/app/target"]);
}

#[test]
fn what_holds_something_else_is_passed_over() {
    let s = Scratch::new();
    s.project("work/app");
    s.project("work/other");
    s.file("work/app/target/cache/index", "");
    s.target("work");
    let found =
        s.find_with(&[("CARGO_TARGET_DIR", s.path("work").to_str().unwrap())], &["work/app/target/cache"]);
    assert_eq!(s.paths(&found.targets), ["work/other/target"]);
    let inside = |passed: &Passed| match passed {
        Passed::Precious { inside, .. } => inside.strip_prefix(&s.base).unwrap().display().to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(found.passed.iter().map(inside).collect::<Vec<_>>(), ["work/app", "work/app/target/cache"]);
}

#[test]
fn leftovers_have_a_name_that_nobody_else_gives() {
    let s = Scratch::new();
    s.file("work/app/Cargo.toml", "");
    s.file("work/app/.target.kache-removed-12/debug/x", "");
    for other in
        [".target.kache-removed-", ".target.kache-removed-1x", "target.kache-removed-1", ".kache-removed-1"]
    {
        s.file(format!("work/app/{other}/x"), "");
    }
    s.file("out/x", "");
    s.file(".out.kache-removed-7/x", "");
    s.file(".other.kache-removed-7/x", "");
    let found = s.find_with(&[("CARGO_TARGET_DIR", s.path("out").to_str().unwrap())], &[]);
    assert_eq!(s.paths(&found.targets), [".out.kache-removed-7", "work/app/.target.kache-removed-12"]);
    assert!(found.targets.iter().all(|target| target.kind == Kind::Leftover));
}
