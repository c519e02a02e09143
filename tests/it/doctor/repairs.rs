//! What is mended besides a migration, and the forms in which all is told.

use cargo_kache::daemon::service::{Service, systemd};
use cargo_kache::store::layout::Layout;

use super::*;
use crate::support::{Terminal, kill_daemon};

#[test]
fn link_store_and_index() {
    let p = patient(&[]);
    p.remove(p.beside("bin/kache"));
    let run = p.kache("doctor");
    run.success().stdout_has("  ! binary ").stdout_has("; no `kache` in `PATH`\n");
    let run = p.kache("doctor --fix");
    let (link, cache) = (p.beside("bin/kache"), p.cache());
    run.success().stdout_has(&format!(
        "\nRepairs:\n  ✓ Linked {} to `cargo-kache`\n  ✓ Made the store {}\n",
        link.display(),
        cache.display()
    ));
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("cargo-kache"));
    let layout = Layout::new(cache);
    assert!(layout.blobs().is_dir());
    assert_settled(&p);

    // A damaged index gives way to a new one.
    p.write(layout.index_is_bad(), "");
    p.kache("doctor").exits(1).stdout_has("is damaged\n");
    p.kache("doctor --fix").success().stdout_has("  ✓ Made a new index in ");
    p.kache("doctor").success();
}

#[test]
fn the_result_for_programs() {
    let p = patient(&[(".cargo/config.toml", "[build]\nrustc-wrapper = \"sccache\"\n")]);
    let run = p.kache("doctor --json");
    assert_eq!(run.exits(1).json()["fix"], Value::Null);
    let wrapper =
        run.json()["findings"].as_array().unwrap().iter().find(|it| it["name"] == "wrapper").cloned();
    assert_eq!(wrapper.unwrap()["fixable"], true);

    let run = p.kache("doctor --dry-run --json");
    let fix = run.exits(1).json()["fix"].clone();
    assert_eq!(fix["dry_run"], true);
    let action = fix["actions"].as_array().unwrap().last().unwrap().clone();
    let path = home(&p, ".cargo/config.toml");
    assert_eq!((&action["status"], &action["path"]), (&"planned".into(), &path.to_str().unwrap().into()));
    assert!(action["diff"].as_str().unwrap().contains("\n+rustc-wrapper = \"kache\"\n"), "{run}");

    let fix = p.kache("doctor --fix --json").success().json()["fix"].clone();
    let action = fix["actions"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(action["action"], format!("Edited {}: `build.rustc-wrapper` is `kache`", path.display()));
    assert_eq!(
        (&action["status"], &action["diff"], &action["error"]),
        (&"done".into(), &Value::Null, &Value::Null)
    );
    assert!(Path::new(fix["backups"].as_str().unwrap()).is_dir());
}

#[test]
fn terminals_without_utf_8_get_ascii() {
    let mut p = patient(&[(".cargo/config.toml", "[build]\nrustc-wrapper = \"sccache\"\n")]);
    p.set("NO_COLOR", "1").unset("LANG").unset("LC_CTYPE").set("LC_ALL", "C");
    let mut terminal = Terminal::start(p.kache_command("doctor"), 200, 50);
    terminal.shows("1 problem");
    assert_eq!(terminal.end(), 1);
    let screen = terminal.screen();
    assert!(
        screen.is_ascii() && screen.contains("  x  wrapper") && screen.contains("\n    -> set it"),
        "{screen}"
    );
    p.set("LC_ALL", "C.UTF-8");
    let mut terminal = Terminal::start(p.kache_command("doctor"), 200, 50);
    terminal.shows("1 problem");
    assert_eq!(terminal.end(), 1);
    assert!(terminal.screen().contains("  ✗ wrapper"), "{}", terminal.screen());
}

#[test]
#[cfg(target_os = "linux")]
fn a_service_of_a_program_that_is_gone() {
    let p = patient(&[]);
    let notes = p.beside("asked");
    for name in ["systemctl", "loginctl"] {
        p.write_script(
            p.beside("bin").join(name),
            &format!("#!/bin/sh\necho \"{name} $*\" >>'{}'\n", notes.display()),
        );
    }
    let variables = vec![("KACHE_S3_BUCKET".into(), "of the old one".into())];
    let service = Service { program: p.beside("gone/kache"), variables };
    let unit = home(&p, ".config/systemd/user/cargo-kache.service");
    p.write(&unit, systemd::text(&service).unwrap());
    let run = p.kache("doctor");
    run.exits(1)
        .stdout_has("  ✗ service ")
        .stdout_has(&format!("runs a program that is not there: {}\n", service.program.display()));
    assert!(!notes.exists());
    p.kache("doctor --fix").success().stdout_has("  ✓ Rewrote the service's file, for this program\n");
    // It keeps the settings that it was installed with.
    let expected = Service { program: Project::program().canonicalize().unwrap(), ..service };
    assert_eq!(systemd::read(&p.read(&unit)), Some(expected));
    assert!(p.read(&notes).contains("systemctl --user restart cargo-kache.service\n"));
    assert_settled(&p);
}

#[test]
fn a_daemon_with_other_settings_starts_anew() {
    let mut p = patient(&[]);
    p.write(
        home(&p, ".config/kache/config.toml"),
        format!("[cache.remote]\ntype = \"dir\"\npath = {:?}\n", p.beside("remote")),
    );
    p.unset("KACHE_OFFLINE");
    p.set_and_kache("KACHE_COMPRESSION_LEVEL", "9", "daemon start").success();
    let run = p.kache("doctor");
    run.success().stdout_has("  ! daemon ").stdout_has(" with another program or other settings\n");
    p.kache("doctor --fix").success().stdout_has("  ✓ Restarted the daemon\n");
    let run = p.kache("doctor --json");
    let found = findings(&run, "daemon").remove(0);
    kill_daemon(&p.cache());
    p.kache("doctor")
        .success()
        .stdout_has("  ! daemon  ")
        .stdout_has("not running; one that was killed left ");
    assert!(found.0 == "ok" && found.1.starts_with("running (pid "), "{found:?}");
}
