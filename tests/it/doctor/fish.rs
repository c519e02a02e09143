//! Variables that fish sets.

use super::*;

#[test]
fn lines_of_fish() {
    let config =
        "# greeting\nset -gx EDITOR vi\nif status is-interactive\n    set -gx RUSTC_WRAPPER sccache\nend\n";
    let mut p = patient(&[
        (".config/fish/config.fish", config),
        (".config/fish/conf.d/rust.fish", "set -gx SCCACHE_CACHE_SIZE 20G\n"),
    ]);
    p.set("RUSTC_WRAPPER", "sccache").set("SCCACHE_CACHE_SIZE", "20G");
    let run = p.kache("doctor --fix --json");
    run.exits(1);
    assert_eq!(p.read(home(&p, ".config/fish/config.fish")), config);
    assert_eq!(settings(&p), "[cache]\nlocal_max_size = \"20GiB\"\n");
    let text = p.kache("doctor");
    text.stdout_has(
        "config.fish:4\n    → - set -gx RUSTC_WRAPPER sccache\n      + set -gx RUSTC_WRAPPER kache\n",
    );
    text.stdout_has("rust.fish:1\n    → - set -gx SCCACHE_CACHE_SIZE 20G   (remove)\n");

    follow_advice(&run);
    assert_eq!(p.read(home(&p, ".config/fish/config.fish")), config.replace("sccache", "kache"));
    assert_eq!(p.read(home(&p, ".config/fish/conf.d/rust.fish")), "");
    // What fish would set now.
    p.set("RUSTC_WRAPPER", "kache").unset("SCCACHE_CACHE_SIZE");
    assert_wrapped(&p);
    assert_settled(&p);
    assert_builds_hit(&p);
}
