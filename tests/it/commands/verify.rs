//! `verify`: what is sound, damaged, or astray.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{again, assert_keys, built};

#[test]
fn verify_of_a_sound_store() {
    let p = built();
    p.kache("verify").success().stdout_has("Checked 2 entries (").stdout_has("): 0 damaged.\n").stderr_is("");
    let object = p.kache("verify --json").success().json();
    assert_keys(&object, "schema entries bytes damaged problems repaired");
}

#[test]
fn verify_finds_damage_and_repairs_it() {
    let p = built();
    // What lies in `target` stays out of this.
    p.wipe();
    let largest = p.blobs().into_iter().max_by_key(|(path, _)| path.metadata().unwrap().len()).unwrap().0;
    let mut bytes = fs::read(&largest).unwrap();
    bytes[1000] ^= 1;
    fs::set_permissions(&largest, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&largest, bytes).unwrap();
    let run = p.kache("verify");
    run.exits(1).stdout_has("PROBLEM  KEY ").stdout_has("\ncontent  ").stdout_has("): 1 damaged.\n");
    run.stdout_has("  a-one  liba_one-");
    assert_eq!(p.kache("verify --json").exits(1).json()["problems"][0]["crate"], "a-one");
    p.kache("verify --repair").success().stdout_has("): 1 damaged, removed.\n");
    p.kache("verify").success().stdout_has("Checked 1 entry (").stdout_has("): 0 damaged.\n");
    again(&p).missed("a_one").hit("b_two");
    p.assert_store_is_whole();
}

#[test]
fn verify_finds_strays() {
    let p = built();
    p.write(p.layout().blobs().join("notes.txt"), "mine");
    p.kache("verify").exits(1).stdout_has("\nstray ").stdout_has("notes.txt\n");
    p.kache("verify --repair").success();
    p.kache("verify").success();
}
