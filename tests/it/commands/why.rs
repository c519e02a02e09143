//! `why`: the chain of reasons, down to its root.

use super::{again, workspace};
use crate::support::{Project, project};

#[test]
fn why_follows_the_chain_to_its_root() {
    let p = project()
        .settings("")
        .workspace(&["app", "mid", "leaf"])
        .package("leaf", "leaf", "")
        .file("leaf/src/lib.rs", "mod a; pub use a::f;")
        .file("leaf/src/a.rs", "pub fn f() -> u8 { 1 }")
        .package("mid", "mid", "[dependencies]\nleaf = { path = \"../leaf\" }\n")
        .file("mid/src/lib.rs", "pub use leaf::f;")
        .package("app", "app", "[dependencies]\nmid = { path = \"../mid\" }\n")
        .file("app/src/lib.rs", "pub use mid::f;")
        .build();
    p.kache("build").success();
    p.kache("why app")
        .success()
        .stdout_has("app v0.1.0 (lib) missed in ")
        .stdout_has(": not in the cache yet\n");
    p.write("leaf/src/a.rs", "pub fn f() -> u16 { 1 }");
    again(&p).misses(3);
    let run = p.kache("why app");
    run.success().stdout_has("app v0.1.0 (lib) missed in ").stderr_is("");
    run.stdout_has("\n  changed  dependency mid v0.1.0 (lib)\n");
    run.stdout_has("\n  because  leaf v0.1.0 (lib): source changed: `leaf/src/a.rs`\n");
    run.stdout_has("\n  key ").stdout_has(", nearest ");
    p.kache("why leaf").success().stdout_has("\n  changed  source `").stdout_has("leaf/src/a.rs`\n");
    let object = p.kache("why mid --json").success().json();
    assert_eq!(object["schema"], 1);
    assert_eq!(object["units"][0]["unit"]["package"], "mid");
    assert_eq!(object["units"][0]["changes"][0]["kind"], "dependency");
    assert_eq!(p.kache("why").success().stdout.matches("missed in").count(), 3);
    p.kache("why-miss app").success().stdout_has("\n  changed  dependency mid v0.1.0 (lib)\n");
}

#[test]
fn why_names_changed_flags_and_features() {
    let p = project()
        .settings("")
        .root("[features]\nred = []\n[profile.dev]\nopt-level = 1\n")
        .file("src/lib.rs", "pub fn f() {}")
        .build();
    p.kache("build").success();
    p.replace("Cargo.toml", "opt-level = 1", "opt-level = 2");
    p.kache("build").success();
    let changed = |p: &Project| {
        let run = p.kache("why");
        let lines = run.success().stdout.lines().filter(|line| line.starts_with("  changed  "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(changed(&p), ["  changed  flag `-C opt-level` 1 → 2"]);
    p.kache("build --features red").success();
    assert_eq!(changed(&p), ["  changed  features +red"]);
}

#[test]
fn why_of_hits_and_of_what_was_not_compiled() {
    let p = workspace();
    p.kache("why").exits(1).stderr_is("error: no build has been recorded yet\n");
    p.kache("build").success();
    again(&p).hits(2);
    p.kache("why").success().stdout_is("Every unit of the last build came from the cache.\n");
    p.kache("why a-one").success().stdout_has("a-one v0.1.0 (lib) came from the cache in ");
    p.wipe();
    p.kache("build -p b_two").success();
    p.kache("why a_one")
        .exits(1)
        .stdout_is("")
        .stderr_has("error: `a_one` was not compiled in the last build\n")
        .stderr_has("20");
    p.kache("why x").exits(1).stderr_is("error: `x` was not compiled in the last build\n");
}
