//! `list`: what it shows, in which order, and for programs.

use super::{assert_keys, built, first_column, three, workspace};

#[test]
fn list_of_an_empty_store() {
    let p = workspace();
    p.kache("list").success().stdout_is("No cached entries.\n").stderr_is("");
    p.kache("list x").success().stdout_is("No cached entries for `x`.\n");
    p.kache("list --json").success().stdout_is("{\"schema\":1,\"entries\":[],\"total_size\":0}\n");
}

#[test]
fn list_is_a_table() {
    let p = built();
    let run = p.kache("list");
    let lines = run.success().stderr_is("").stdout.lines().collect::<Vec<_>>();
    let head = lines[0].split_whitespace().collect::<Vec<_>>();
    assert_eq!(head, ["CRATE", "VERSION", "TYPE", "PROFILE", "SIZE", "HITS", "CREATED", "USED"]);
    assert!(lines[1].starts_with("a-one  0.1.0    lib   dev      "), "{run}");
    assert!(lines[3].starts_with("2 entries, ") && lines.len() == 4, "{run}");
}

#[test]
fn list_in_each_order() {
    let p = three();
    for (order, expected) in [
        ("", ["a", "b", "c"]),
        ("--sort name", ["a", "b", "c"]),
        ("--sort size", ["b", "c", "a"]),
        ("--sort hits", ["c", "a", "b"]),
        ("--sort age", ["b", "a", "c"]),
    ] {
        assert_eq!(first_column(p.kache(&format!("list {order}")).success()), expected, "{order}");
    }
    p.kache("list --sort colour").exits(2).stdout_is("").stderr_has("--sort");
}

#[test]
fn list_of_one_crate() {
    let p = built();
    for name in ["a-one", "a_one"] {
        let run = p.kache(&format!("list {name}"));
        run.success()
            .stdout_has("key: ")
            .stdout_has("\ncrate: a-one\nversion: 0.1.0\ntype: lib\nprofile: dev\n");
        run.stdout_has("\nfeatures: -\nrustc: rustc ")
            .stdout_has("\norigin: built here\nfiles:\n  liba_one-");
        assert!(!run.stdout.contains("b_two"), "{run}");
    }
    p.kache("list c").success().stdout_is("No cached entries for `c`.\n");
}

#[test]
fn list_for_programs() {
    let p = built();
    for words in ["list --json", "list --format json"] {
        let object = p.kache(words).success().json();
        assert_keys(&object, "schema entries total_size");
        assert_eq!(object["schema"], 1);
        let entries = object["entries"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        let fields = "key crate version type mode profile target features rustc size hits created used \
                      compile_ms origin files";
        assert_keys(&entries[0], fields);
        assert_keys(&entries[0]["files"][0], "name size digest");
        assert_eq!(entries[0]["crate"], "a-one");
        assert_eq!(entries[0]["key"].as_str().unwrap().len(), 64);
        let sizes = entries.iter().flat_map(|entry| entry["files"].as_array().unwrap());
        let sum: u64 = sizes.map(|file| file["size"].as_u64().unwrap()).sum();
        assert_eq!(object["total_size"], sum);
    }
    p.kache("list --json --format text").exits(2);
}
