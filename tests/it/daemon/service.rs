//! The service of a login.
//!
//! The text of the unit is read by systemd itself. For the user's session, which no test has, stands a program that
//! notes what it is asked.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use cargo_kache::daemon::service::{Service, systemd};

use super::*;

/// Has systemd read a unit; returns what it says against it.
fn verify(folder: &Path, service: &Service) -> Result<(), String> {
    fs::create_dir_all(folder).unwrap();
    let unit = folder.join(systemd::NAME);
    fs::write(&unit, systemd::text(service).unwrap()).unwrap();
    let mut command = Command::new("systemd-analyze");
    let output = command
        .args(["verify", "--user", "--man=no"])
        .arg(&unit)
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", folder)
        .output();
    let output = output.expect("`systemd-analyze` has to be installed: it comes with the package `systemd`");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() && said.is_empty() { Ok(()) } else { Err(said) }
}

fn service(program: &Path) -> Service {
    Service { program: program.to_owned(), variables: Vec::new() }
}

#[test]
fn systemd_reads_the_unit() {
    let room = room();
    let mut folders = [
        "plain",
        "with spaces  two",
        "100%h %% %n",
        "$HOME ${HOME}",
        "üñí→🦀",
        "semi ; colon # hash",
        "@-:+!",
    ]
    .map(OsString::from)
    .to_vec();
    folders.push(OsString::from_vec(b"no text \xff".to_vec()));
    for (number, folder) in folders.iter().enumerate() {
        let program = room.p.write_script(room.p.beside(folder).join("kache"), "#!/bin/sh\n");
        let units = room.p.beside(format!("units{number}"));
        assert_eq!(verify(&units, &service(&program)), Ok(()), "{}", program.display());
        // It looked at this very path.
        fs::remove_file(&program).unwrap();
        let said = verify(&units, &service(&program)).unwrap_err();
        assert!(said.contains("not executable"), "{said}");
    }
}

#[test]
fn names_that_systemd_refuses_go_through_a_shell() {
    let room = room();
    for (number, folder) in ["quote\"d 'too'", "back\\slash\\x41 $HOME", "new\nline 100%h"].iter().enumerate()
    {
        let script = "#!/bin/sh\necho \"$0\" \"$@\"\n";
        let program = room.p.write_script(room.p.beside(folder).join("kache"), script);
        let units = room.p.beside(format!("units{number}"));
        assert_eq!(verify(&units, &service(&program)), Ok(()), "{folder}");
        // The script that the unit gives to the shell, as systemd hands it over.
        let words = "exec \"$0\" daemon run --service";
        let unit = room.p.read(units.join(systemd::NAME));
        assert!(unit.contains(&format!("/bin/sh -c {:?} ", words.replace('$', "$$"))), "{unit}");
        let run = room.p.run({
            let mut command = room.p.command(Path::new("/bin/sh"));
            command.arg("-c").arg(words).arg(&program);
            command
        });
        run.success().stdout_is(&format!("{} daemon run --service\n", program.display()));
    }
}

#[test]
fn what_systemd_reads_is_what_was_written() {
    let room = room();
    let odd = OsString::from_vec(b"/a b/100%h/$HOME/\"q\"\\x41/\xc3\xbc;#".to_vec());
    let mut service = service(&room.p.write_script("../bin/kache", "#!/bin/sh\n"));
    service.variables.push(("KACHE_CACHE_DIR".into(), odd));
    assert_eq!(verify(&room.p.beside("units"), &service), Ok(()));
    let mut wrong = service.clone();
    wrong.variables.push(("NO NAME".into(), "x".into()));
    let said = verify(&room.p.beside("wrong"), &wrong).unwrap_err();
    assert!(said.contains("Invalid environment assignment"), "it looks at variables too: {said}");
    let text = systemd::text(&service).unwrap();
    assert!(text.contains(r#"Environment="KACHE_CACHE_DIR=/a b/100%%h/$HOME/\"q\"\\x41/ü;#""#), "{text}");
}

/// Puts programs first on the path that note their words; `refused` are the words that fail.
fn record(room: &mut Room, refused: &str) {
    for name in ["systemctl", "loginctl"] {
        let notes = room.p.beside("asked");
        let script = format!(
            "#!/bin/sh\necho \"{name} $*\" >>'{}'\ncase \" $* \" in {refused}) echo \"no: $*\" >&2; exit 1;; esac\n",
            notes.display()
        );
        room.p.write_script(format!("../session/{name}"), &script);
    }
    let path = format!("{}:{}", room.p.beside("session").display(), std::env::var("PATH").unwrap());
    room.p.set("PATH", path);
}

/// What was asked since the last look.
fn asked(room: &Room) -> String {
    let path = room.p.beside("asked");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(path);
    text
}

fn unit(room: &Room) -> PathBuf {
    room.p.beside("config/systemd/user/cargo-kache.service")
}

const NOTHING: &str = "\"\"";

#[test]
fn installed_upgraded_and_removed() {
    let mut room = room();
    record(&mut room, NOTHING);
    let unit = unit(&room);
    room.kache("daemon uninstall").success().stdout_is("Service is not installed.\n").stderr_is("");
    assert_eq!(asked(&room), "");

    let words = "systemctl --user show-environment\nsystemctl --user daemon-reload\n\
                 systemctl --user enable cargo-kache.service\nsystemctl --user restart cargo-kache.service\n\
                 loginctl enable-linger\n";
    let said =
        format!("Service installed and started.\nUnit: {}\nLogs: cargo kache daemon log\n", unit.display());
    room.kache("daemon install").success().stdout_is(&said).stderr_is("");
    assert_eq!(asked(&room), words);
    let text = room.p.read(&unit);
    let program = Project::program().canonicalize().unwrap();
    assert!(
        text.contains(&format!("\nExecStart=\"{}\" daemon run --service\n", program.display())),
        "{text}"
    );
    let cache = format!("\nEnvironment=\"KACHE_CACHE_DIR={}\"\n", room.p.cache().display());
    assert!(text.contains(&cache), "{text}");
    room.kache("daemon").success().stdout_has(&format!("Service: installed ({})\n", unit.display()));
    assert_eq!(room.state()["service"]["unit"], unit.to_str().unwrap());

    // From another place, with other settings: upgraded where it is.
    room.program = room.p.beside("a b%c/kache");
    fs::create_dir(room.program.parent().unwrap()).unwrap();
    copy_program(&room.program);
    room.p
        .set("KACHE_S3_BUCKET", "builds")
        .set("KACHE_S3_SECRET_KEY", "HUSH")
        .set("KACHE_S3_ACCESS_KEY", "HUSH");
    room.kache("daemon install").success().stdout_is(&said).stderr_is(
        "warning: the service does not get `KACHE_S3_ACCESS_KEY`, `KACHE_S3_SECRET_KEY`: put credentials into a \
         profile\n",
    );
    assert_eq!(asked(&room), words);
    let text = room.p.read(&unit);
    assert!(text.contains("/a b%%c/kache\" daemon run --service\n"), "{text}");
    assert!(text.contains("\nEnvironment=\"KACHE_S3_BUCKET=builds\"\n") && !text.contains("HUSH"), "{text}");
    assert_eq!(fs::read_dir(unit.parent().unwrap()).unwrap().count(), 1);

    let said = format!("Service stopped and removed.\n{}\n", unit.display());
    room.kache("daemon uninstall").success().stdout_is(&said).stderr_is("");
    assert_eq!(
        asked(&room),
        "systemctl --user disable --now cargo-kache.service\nsystemctl --user daemon-reload\n"
    );
    assert!(!unit.exists());
    room.kache("daemon uninstall").success().stdout_is("Service is not installed.\n");
}

#[test]
fn without_lingering_there_is_a_warning() {
    let mut room = room();
    record(&mut room, "*enable-linger*");
    let run = room.kache("daemon install");
    run.success().stdout_has("Service installed and started.\n");
    run.stderr_is(
        "warning: the service ends with your last session: `loginctl enable-linger` failed: no: enable-linger\n",
    );
}

#[test]
fn without_a_session_nothing_is_left() {
    let mut room = room();
    // The first question fails, or a later one.
    for refused in ["*show-environment*", "*daemon-reload*", "*\" enable \"*", "*restart*"] {
        record(&mut room, refused);
        let run = room.kache("daemon install");
        run.exits(1)
            .stdout_is("")
            .stderr_has("error: failed to install the service\n\nCaused by:\n  `systemctl --user ");
        run.stderr_has(" failed: no: --user ").stderr_has("hint: `cargo kache daemon start` ");
        assert!(!unit(&room).exists(), "{refused}");
        room.kache("daemon").success().stdout_has("Service: not installed\n");
    }
    // No manager at all.
    room.p.set("PATH", room.p.beside("nowhere"));
    let run = room.kache("daemon install");
    run.exits(1).stderr_has("Caused by:\n  failed to run `systemctl`\n");
    assert!(!unit(&room).exists());
}

#[test]
fn a_failed_upgrade_leaves_what_was_there() {
    let mut room = room();
    record(&mut room, "*restart*");
    room.p.write(unit(&room), "as it was");
    room.kache("daemon install").exits(1);
    assert_eq!(room.p.read(unit(&room)), "as it was");
    assert!(!asked(&room).contains("disable"));
}

#[test]
fn removed_without_a_session() {
    let mut room = room();
    record(&mut room, "*disable*");
    room.p.write(unit(&room), "");
    let link = unit(&room).parent().unwrap().join("default.target.wants/cargo-kache.service");
    fs::create_dir(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(unit(&room), &link).unwrap();
    room.kache("daemon uninstall")
        .success()
        .stdout_has("Service stopped and removed.\n")
        .stderr_has("warning: `systemctl --user disable --now cargo-kache.service` failed: no: ");
    assert!(!unit(&room).exists() && link.symlink_metadata().is_err());
}
