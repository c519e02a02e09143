//! What can't be repeated: such scripts run each time, and the reason is told.

use std::path::Path;

use cargo_kache::event::Target;

use super::{kept_scripts, looking, never_kept, scripted};
use crate::support::{Project, is_foreign, wait_for};

const SEEN: &str = "println!(\"cargo:rustc-env=SEEN=x\");";

#[test]
fn a_script_that_fails() {
    let p = scripted("println!(\"said\"); eprintln!(\"complained\"); std::process::exit(3);").build();
    for _ in 0..2 {
        let run = p.exact("build");
        run.fails().failed("foo run");
        run.stderr_has("(exit status: 3)").stderr_has("complained");
    }
}

#[test]
fn a_script_that_panics() {
    let p = scripted("panic!(\"for a reason\")").build();
    for _ in 0..2 {
        let run = p.wipe().wrapped("build");
        run.fails().failed("foo run").stderr_has("for a reason").stderr_has("(exit status: 101)");
        let plain = p.wipe().cargo("build");
        assert_eq!(without_ids(&run.stderr), without_ids(&plain.stderr));
    }
}

/// Takes out what differs from run to run: thread ids and durations.
fn without_ids(text: &str) -> String {
    let own = text.lines().filter(|line| !is_foreign(line));
    own.map(|line| crate::checkouts::without_numbers(line.trim_start()) + "\n").collect()
}

#[test]
fn a_script_that_is_killed() {
    let p = scripted("std::process::abort()").build();
    for _ in 0..2 {
        let run = p.exact("build");
        run.fails().failed("foo run").stderr_has("signal: 6");
    }
}

#[test]
fn a_script_that_fails_at_first() {
    let p = looking("std::fs::read_to_string(\"x.txt\").expect(\"x.txt\")").build();
    p.wrapped("build").fails().failed("foo run");
    p.write("x.txt", "one");
    p.exact("build").success().missed("foo run");
    p.remove("x.txt");
    p.wipe().wrapped("build").fails().failed("foo run");
}

#[test]
fn a_file_written_into_the_sources() {
    let p = scripted(&format!("std::fs::write(\"src/made.rs\", \"// made\").unwrap(); {SEEN}")).build();
    never_kept(&p, "outside of `OUT_DIR`");
    assert_eq!(p.read("src/made.rs"), "// made");
    // Also where it stands already.
    p.remove("src/made.rs");
    p.wipe().wrapped("build").success().not_recorded("foo run");
    assert_eq!(p.read("src/made.rs"), "// made");
}

#[test]
fn a_file_of_the_sources_is_changed() {
    for (change, left) in [
        ("std::fs::remove_file(\"x.txt\")", None),
        ("std::fs::File::create(\"x.txt\")", Some("")),
        ("std::fs::File::options().write(true).open(\"x.txt\").unwrap().set_len(2)", Some("lo")),
        ("std::fs::rename(\"x.txt\", \"y.txt\")", None),
    ] {
        let p = scripted(&format!("{change}.unwrap(); {SEEN}")).build();
        for _ in 0..2 {
            p.write("x.txt", "long");
            let run = p.wipe().wrapped("build");
            run.success().not_recorded("foo run");
            let found = p.path("x.txt").exists().then(|| p.read("x.txt"));
            assert_eq!(found.as_deref(), left, "{change}: {run}");
        }
    }
}

#[test]
fn a_temporary_file_is_no_effect() {
    let p = looking(
        "{ let file = std::env::temp_dir().join(format!(\"kache-it-{}\", std::process::id())); \
         std::fs::write(&file, \"text\").unwrap(); let text = std::fs::read_to_string(&file).unwrap(); \
         std::fs::remove_file(&file).unwrap(); text }",
    )
    .build();
    super::first(&p, "text");
    super::restored(&p, "text");
}

#[test]
fn the_network() {
    let p = scripted(&format!("let _ = std::net::TcpStream::connect(\"127.0.0.1:1\"); {SEEN}")).build();
    never_kept(&p, "used the network");
}

#[test]
fn the_time() {
    let p = looking("(std::time::SystemTime::now() > std::time::UNIX_EPOCH).to_string()").build();
    never_kept(&p, "asked for the time");
    assert_eq!(p.run_program("foo"), "true\n");
}

#[test]
fn the_time_by_a_program() {
    let p = scripted(&format!("std::process::Command::new(\"date\").output().unwrap(); {SEEN}")).build();
    never_kept(&p, "asked for the time");
}

#[test]
fn the_time_that_a_file_was_made() {
    let p = looking(
        "{ let file = std::env::var(\"OUT_DIR\").unwrap() + \"/stamp\"; std::fs::write(&file, \"\").unwrap(); \
         std::fs::metadata(&file).unwrap().modified().unwrap() \
         .duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().to_string() }",
    )
    .build();
    never_kept(&p, "time of its run");
}

#[test]
fn how_much_time_goes_by() {
    let p = looking("(std::time::Instant::now().elapsed().as_secs() < 1_000).to_string()").build();
    super::first(&p, "true");
    super::restored(&p, "true");
}

/// Compiles a C program beside the project.
fn compile(p: &Project, source: &str, name: &str) {
    p.write("../c/x.c", source);
    let mut command = p.command(Path::new("cc"));
    command.arg(p.beside("c/x.c")).arg("-o").arg(p.beside(name));
    p.run(command).success();
}

#[test]
fn random_numbers_by_a_program() {
    let mut p = looking(
        "{ std::process::Command::new(std::env::var_os(\"LOOK_AT\").unwrap()).output().unwrap(); \"x\".into() }",
    )
    .build();
    compile(
        &p,
        "#include <sys/random.h>\nint main(void) { char all[8]; return getrandom(all, 8, 0) != 8; }\n",
        "dice",
    );
    p.set("LOOK_AT", p.beside("dice"));
    never_kept(&p, "random numbers");
}

#[test]
fn a_pipe_is_left() {
    let p = scripted(&format!(
        "let out = std::env::var(\"OUT_DIR\").unwrap(); \
         std::process::Command::new(\"mkfifo\").arg(out + \"/pipe\").status().unwrap(); {SEEN}"
    ))
    .build();
    never_kept(&p, "left a pipe");
}

#[test]
fn a_socket_is_left() {
    let p = scripted(&format!(
        "std::env::set_current_dir(std::env::var(\"OUT_DIR\").unwrap()).unwrap(); \
         std::os::unix::net::UnixListener::bind(\"socket\").unwrap(); {SEEN}"
    ))
    .build();
    never_kept(&p, "");
}

#[test]
fn a_process_outlives_the_script() {
    let p = scripted(&format!(
        "use std::process::Stdio; let mut late = std::process::Command::new(\"sh\"); \
         late.args([\"-c\", \"while [ ! -e ../go ]; do sleep 0.05; done; echo late > $OUT_DIR/late; echo > ../gone\"]); \
         late.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap(); {SEEN}"
    ))
    .build();
    for _ in 0..2 {
        let run = p.wipe().wrapped("build");
        p.write("../go", "");
        wait_for("the process that outlives the script", || p.path("../gone").exists());
        run.success().not_recorded("foo run");
        p.remove("../go");
        p.remove("../gone");
    }
}

#[test]
fn without_traces_scripts_run_as_ever() {
    let p = looking("\"x\".into()").env("KACHE_TRACE", "off").build();
    for _ in 0..2 {
        let run = p.exact("build");
        run.success();
        assert!(!run.units.iter().any(|unit| unit.unit.target == Target::BuildScriptRun), "{run}");
        assert_eq!(kept_scripts(&p), [""; 0]);
    }
    assert_eq!(p.run_program("foo"), "x\n");
}

#[test]
fn a_package_that_is_excluded() {
    let p = looking("\"x\".into()").env("KACHE_BYPASS", "foo").build();
    for _ in 0..2 {
        let run = p.exact("build");
        run.success().bypassed("foo build").bypasses(2).hits(0).misses(0);
        assert_eq!(kept_scripts(&p), [""; 0]);
    }
}

#[test]
fn random_bytes_of_the_kernel() {
    let p = looking("std::fs::read_to_string(\"/proc/sys/kernel/random/uuid\").unwrap().trim().to_owned()")
        .build();
    never_kept(&p, "read `/proc/sys/kernel/random/uuid`");
}

#[test]
fn an_input_changes_while_the_script_runs() {
    let p = looking(
        "{ let x = std::fs::read_to_string(\"x.txt\").unwrap(); std::fs::write(\"../begun\", \"\").unwrap(); \
         while std::path::Path::new(\"../begun\").exists() { std::thread::yield_now(); } x }",
    )
    .file("x.txt", "one")
    .build();
    let mut cargo = p.wrapped_command("build").spawn().unwrap();
    wait_for("the script", || p.path("../begun").exists());
    p.write_unseen("x.txt", "two");
    p.remove("../begun");
    assert!(cargo.wait().unwrap().success());
    let waits = std::thread::scope(|scope| {
        let base = p.path("../begun");
        scope.spawn(move || {
            wait_for("the script again", || base.exists());
            std::fs::remove_file(base).unwrap();
        });
        p.wipe().wrapped("build")
    });
    waits.success().compiled("foo run");
    assert_eq!(p.run_program("foo"), "two\n");
}

#[test]
fn the_target_directory_is_listed() {
    let p = looking(
        "{ let build = std::env::var(\"OUT_DIR\").unwrap() + \"/../..\"; \
         std::fs::read_dir(build).unwrap().next().is_some().to_string() }",
    )
    .build();
    never_kept(&p, "listed `");
}

#[test]
fn a_directory_of_the_sources_is_made() {
    let p = scripted(&format!("let _ = std::fs::create_dir(\"made\"); {SEEN}")).build();
    let run = p.wrapped("build");
    run.success().not_recorded("foo run");
    p.remove("made");
    p.wipe().wrapped("build").success().not_recorded("foo run");
    assert!(p.path("made").is_dir());
    // Where it is there already, nothing is done.
    p.wipe().wrapped("build").success();
    p.remove("made");
    p.wipe().wrapped("build").success().compiled("foo run");
    assert!(p.path("made").is_dir());
}

#[test]
fn permissions_of_a_source_are_changed() {
    let p = scripted(&format!(
        "use std::os::unix::fs::PermissionsExt as _; \
         std::fs::set_permissions(\"x.sh\", std::fs::Permissions::from_mode(0o755)).unwrap(); {SEEN}"
    ))
    .file("x.sh", "x")
    .build();
    never_kept(&p, "outside of `OUT_DIR`");
}

/// Tells a number that is another each time and no time itself.
const COUNTS_TIME: &str = "let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap(); \
     println!(\"cargo:rustc-env=SEEN={}\", now.as_nanos() % 1_000);";

#[test]
fn the_time_in_a_static_script() {
    let p = scripted(COUNTS_TIME).env("RUSTFLAGS", "-Ctarget-feature=+crt-static").build();
    p.wrapped("build").success().not_recorded("foo run");
}

/// What such a script asks the C library for is not known.
#[test]
fn the_time_in_a_script_that_ends_without_a_word() {
    let ends = "extern \"C\" { fn _exit(code: i32) -> !; } unsafe { _exit(0) }";
    let p = scripted(&format!("{COUNTS_TIME} {ends}")).build();
    p.wrapped("build").success().not_recorded("foo run");
}

#[test]
fn the_network_in_a_static_script() {
    let p = scripted(&format!("let _ = std::net::TcpStream::connect(\"127.0.0.1:1\"); {SEEN}"))
        .env("RUSTFLAGS", "-Ctarget-feature=+crt-static")
        .build();
    never_kept(&p, "used the network");
}

#[test]
fn random_numbers_of_a_device() {
    let script = "{ use std::io::Read as _; let mut device = std::fs::File::open(\"/dev/urandom\").unwrap(); \
         device.read_exact(&mut [0; 8]).unwrap(); }";
    never_kept(&scripted(&format!("{script} {SEEN}")).build(), "asked for random numbers");
}

/// All of it would be read in each build.
#[test]
fn a_directory_that_holds_too_much() {
    let p = scripted(&format!("println!(\"cargo:rerun-if-changed=big\"); {SEEN}")).build();
    p.write("big/a", "");
    let file = std::fs::File::options().write(true).open(p.path("big/a")).unwrap();
    file.set_len(1 << 31).unwrap();
    never_kept(&p, "holds too much");
}
