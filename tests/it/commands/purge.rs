//! `purge`: of one crate, and of all.

use super::{again, assert_keys, built};

#[test]
fn purge_of_one_crate() {
    let p = built();
    p.kache("purge --crate-name x").success().stdout_is("No cached entries for `x`.\n");
    p.kache("purge --crate-name a_one").success().stdout_is("Removed 1 entry for `a_one`.\n");
    again(&p).missed("a_one").hit("b_two");
    p.kache("purge --crate-name a-one").success().stdout_is("Removed 1 entry for `a-one`.\n");
    let object = p.kache("purge --crate-name b-two --json").success().json();
    assert_keys(&object, "schema entries_removed bytes_removed bytes_freed");
    assert_eq!(object["entries_removed"], 1);
    p.kache("list").success().stdout_is("No cached entries.\n");
    assert_eq!(p.blobs(), []);
}

#[test]
fn purge_of_all() {
    let p = built();
    p.write("../config.toml", "# mine\n");
    let log = p.read(p.layout().events());
    // Without a terminal nobody is asked.
    p.kache("purge").success().stdout_has("Cleared the local store (2 entries, ").stderr_is("");
    assert_eq!(p.blobs(), []);
    assert_eq!(p.read("../config.toml"), "# mine\n");
    assert_eq!(p.read(p.layout().events()), log);
    p.kache("purge --yes").success().stdout_is("Cleared the local store (0 entries, 0 B).\n");
    again(&p).misses(2);
}
