//! Files of CI services.

use super::*;

const GITHUB: &str = "name: ci\non: push\nenv:\n  CARGO_TERM_COLOR: always\n  SCCACHE_GHA_ENABLED: \"true\"\n  RUSTC_WRAPPER: \"sccache\"\n\
                      jobs:\n  test:\n    steps:\n      - uses: actions/checkout@v5\n      - name: Run sccache-cache\n        \
                      uses: mozilla-actions/sccache-action@v0.0.9\n      - run: cargo build\n";
const GITLAB: &str = "variables:\n  RUSTC_WRAPPER: sccache\n  SCCACHE_BUCKET: builds\nbuild:\n  script:\n    - cargo build\n    - sccache --show-stats\n";

#[test]
fn files_of_ci_services_are_shown_and_never_edited() {
    let mut p = patient(&[
        ("work/.git/HEAD", ""),
        ("work/.github/workflows/ci.yml", GITHUB),
        ("work/app/.gitlab-ci.yml", GITLAB),
    ]);
    let before = tree(&p);
    let run = p.kache("doctor --fix --json");
    run.success();
    let place = |path: &str, line: usize| format!("{}:{line}", home(&p, path).display());
    let places = findings(&run, "ci").into_iter().map(|(severity, place)| {
        assert_eq!(severity, "note");
        place
    });
    let (gitlab, github) = ("work/app/.gitlab-ci.yml", "work/.github/workflows/ci.yml");
    let expected =
        [(gitlab, 2), (gitlab, 3), (gitlab, 7), (github, 5), (github, 6), (github, 11), (github, 12)];
    assert_eq!(places.collect::<Vec<_>>(), expected.map(|(path, line)| place(path, line)));
    let text = p.kache("doctor");
    text.stdout_has("    → - SCCACHE_GHA_ENABLED: \"true\"   (remove; keep the cache directory by `actions/cache`, or set");
    let after = tree(&p);
    assert_eq!(
        after.keys().filter(|path| !before.contains_key(*path)).collect::<Vec<_>>(),
        Vec::<&PathBuf>::new()
    );
    assert_eq!(after, before);

    follow_advice(&run);
    let variables = "  RUSTC_WRAPPER: cargo-kache\n  KACHE_S3_BUCKET: builds\n";
    assert_eq!(
        p.read(home(&p, gitlab)),
        GITLAB
            .replace("  RUSTC_WRAPPER: sccache\n  SCCACHE_BUCKET: builds\n", variables)
            .replace("sccache --show-stats", "cargo kache stats")
    );
    assert!(p.read(home(&p, github)).contains("        run: cargo install --locked cargo-kache\n"));
    // A runner with these variables, where `cargo install` made no link.
    p.remove(p.beside("bin/kache"));
    p.set("RUSTC_WRAPPER", "cargo-kache").set("KACHE_S3_BUCKET", "builds");
    assert_wrapped(&p);
    assert_builds_hit(&p);
}
