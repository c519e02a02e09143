//! `--purge-sccache`: removes what is sccache's, and nothing else.

use std::net::TcpListener;

use super::*;

const DIGEST: &str = "abc4567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef";

/// Puts a program named sccache into the folder that notes what it is asked.
fn sccache(p: &Project, folder: &Path) -> PathBuf {
    let notes = p.beside("asked");
    p.write_script(folder.join("sccache"), &format!("#!/bin/sh\necho \"$*\" >>'{}'\n", notes.display()));
    notes
}

/// Has programs of a folder found too. No server is there to be stopped.
fn in_path(p: &mut Project, folder: &Path) {
    let tools = Path::new(env!("CARGO")).parent().unwrap().to_owned();
    let path = std::env::join_paths([p.beside("bin"), folder.to_owned(), tools]).unwrap();
    let socket = p.beside("no.sock");
    p.set("PATH", path).set("CARGO", env!("CARGO")).set("SCCACHE_SERVER_UDS", socket);
}

fn cache(p: &Project, folder: &Path) {
    p.write(folder.join(format!("a/b/c/{DIGEST}")), "0123456789");
}

#[test]
fn server_cache_and_program_go() {
    let mut p = patient(&[(".cargo/config.toml", "[build]\nrustc-wrapper = \"sccache\"\n")]);
    p.kache("doctor --purge-sccache").exits(2);
    p.kache("doctor --purge-sccache --dry-run").exits(2);
    let listed =
        "[v1]\n\"sccache 0.10.0 (registry+https://github.com/rust-lang/crates.io-index)\" = [\"sccache\"]\n";
    p.write(home(&p, ".cargo/.crates.toml"), listed);
    let asked = sccache(&p, &home(&p, ".cargo/bin"));
    let folder = home(&p, ".cargo/bin");
    in_path(&mut p, &folder);
    p.unset("SCCACHE_SERVER_UDS");
    let (first, real) = (home(&p, ".cache/sccache"), p.beside("big disk"));
    cache(&p, &first);
    cache(&p, &real);
    p.symlink(&real, p.beside("link").to_str().unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    p.set("SCCACHE_DIR", p.beside("link")).set("SCCACHE_SERVER_PORT", port.to_string());

    // Without being asked to, nothing is removed.
    let run = p.kache("doctor --fix");
    run.success().stdout_has("  ✓ Stopped sccache's server\n");
    assert_eq!(p.read(&asked), "--stop-server\n");
    assert!(first.exists() && real.exists());
    drop(listener);

    let run = p.kache("doctor --fix --purge-sccache");
    run.success().stdout_has(&format!("  ✓ Removed sccache cache {} (10 B)\n", first.display()));
    run.stdout_has(&format!(
        "  ✓ Removed sccache cache {} (a link; what it leads to stays)\n",
        p.beside("link").display()
    ));
    run.stdout_has("  ✓ Uninstalled sccache (");
    assert!(!first.exists() && p.beside("link").symlink_metadata().is_err());
    assert!(real.join("a/b/c").join(DIGEST).exists());
    assert!(!home(&p, ".cargo/bin/sccache").exists());
    assert_eq!(p.read(&asked), "--stop-server\n");
    assert_settled(&p);
}

#[test]
fn what_is_not_surely_its_cache_stays() {
    let mut p = patient(&[]);
    let foreign = home(&p, ".cache/sccache");
    cache(&p, &foreign);
    p.write(foreign.join("a/thesis.txt"), "years of work");
    // The folder above, a home: both have folders that look like a cache's.
    cache(&p, &home(&p, "work"));
    p.set("SCCACHE_DIR", home(&p, "work"));
    let system = p.beside("system");
    sccache(&p, &system);
    in_path(&mut p, &system);
    let before = tree(&p);
    let run = p.kache("doctor --fix --purge-sccache");
    run.exits(1).stdout_has(&format!(
        "  ✗ remove sccache cache {}: it holds more than a cache\n",
        home(&p, "work").display()
    ));
    run.stdout_has(&format!("{} is not sccache's\n", foreign.join("a/thesis.txt").display()));
    run.stdout_has(&format!(
        "sccache at {}/sccache was not installed by cargo; remove it with ",
        system.display()
    ));
    assert_eq!(tree(&p), before);

    p.set("SCCACHE_DIR", p.beside("home"));
    cache(&p, &p.beside("home"));
    p.kache("doctor --fix --purge-sccache").exits(1);
    assert!(p.beside("home/a/b/c").join(DIGEST).exists());

    // A wrapper that this shell still names is not taken away from under it.
    let mut p = patient(&[(
        ".cargo/.crates.toml",
        "[v1]\n\"sccache 0.10.0 (registry+https://x)\" = [\"sccache\"]\n",
    )]);
    sccache(&p, &home(&p, ".cargo/bin"));
    let folder = home(&p, ".cargo/bin");
    in_path(&mut p, &folder);
    p.set("RUSTC_WRAPPER", "sccache");
    let run = p.kache("doctor --fix --purge-sccache");
    run.exits(1).stdout_has(": `RUSTC_WRAPPER` still names it; change that first, then run this again\n");
    assert!(home(&p, ".cargo/bin/sccache").exists());
}
