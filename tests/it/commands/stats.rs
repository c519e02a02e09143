//! `stats`: each form, and the last build.

use super::{HOUR, again, built, workspace};

#[test]
fn stats_of_nothing() {
    let p = workspace();
    p.kache("stats")
        .success()
        .stdout_has("Hit rate:   - (local 0, ")
        .stdout_has("Remote:     not configured\n");
    p.kache("stats --last").exits(1).stdout_is("").stderr_is("error: no build has been recorded yet\n");
}

#[test]
fn stats_in_each_form() {
    let p = built();
    again(&p).hits(2);
    let run = p.kache("stats");
    run.success().stderr_is("");
    let names = run.stdout.lines().map(|line| line.split(':').next().unwrap()).collect::<Vec<_>>();
    assert_eq!(names, ["Store", "Hit rate", "Time saved", "On disk", "Daemon", "Remote", "Bypasses"]);
    run.stdout_has(" / 50.0 GB (2 entries, 0%)\n");
    run.stdout_has("Hit rate:   50% (local 2, remote 0, missed 2, bypassed 0)\n").stdout_has(" (last 24h)\n");
    assert_eq!(p.kache("").success().stdout, run.stdout);
    p.kache("stats --since 1d12h").success().stdout_has(" (last 1d12h)\n");
    let object = p.kache("stats --json").success().json();
    assert_eq!(object["schema"], 1);
    assert_eq!(object["store"]["entries"], 2);
    assert_eq!(object["counts"]["local"], 2);
    p.kache("stats --format markdown")
        .success()
        .stdout_has("### Kache\n")
        .stdout_has("| Hit rate | 50% (local 2");
    p.age("a-one", 25 * HOUR);
    p.kache("stats").success().stdout_has("(local 1, remote 0, missed 1,");
    p.kache("stats --since 2d").success().stdout_has("(local 2, remote 0, missed 2,");
}

#[test]
fn stats_of_the_last_build() {
    let p = built();
    p.replace("b_two/src/lib.rs", "u8 { 1", "u16 { 1");
    p.kache("build").success();
    let run = p.kache("stats --last");
    run.success()
        .stdout_has("       Kache 0 of 2 units from cache (0 local, 0 remote), 2 missed, 0 bypassed\n");
    run.stdout_has(": source changed: `b_two/src/lib.rs`; not recorded: edited member built incrementally")
        .stdout_has("\nRESULT  UNIT ")
        .stderr_is("");
    assert_eq!(p.kache("stats --last --json").success().json()["counts"]["missed"], 2);
    p.kache("stats --last --format markdown").success().stdout_has("### Kache: 0 of 2 units");
    p.kache("stats --last --since 1h").exits(2);
}
