use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use super::*;
use crate::config::resolve;

/// A directory with a fake cargo, a settings home and a cache.
struct Playground {
    dir: tempfile::TempDir,
    env: Vec<(String, OsString)>,
}

/// What a run did.
struct Ran {
    outcome: Outcome,
    stderr: String,
}

impl Playground {
    /// The fake cargo runs `script`.
    fn new(script: &str) -> Self {
        let mut playground = Self { dir: tempfile::tempdir().unwrap(), env: Vec::new() };
        playground.program("bin/cargo", script);
        let bin = playground.path("bin");
        for (name, value) in [
            ("HOME", playground.path("home")),
            ("CARGO", playground.path("bin/cargo")),
            ("KACHE_CACHE_DIR", playground.path("cache")),
            ("PATH", bin),
        ] {
            playground = playground.env(name, value);
        }
        playground
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }

    /// Another process writes the program: were it this one, a test that starts a process at the same time could
    /// keep the file open for writing, and nobody could run it.
    fn program(&self, name: &str, script: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "cat > \"$0\" && chmod 755 \"$0\""]).arg(path).stdin(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        shell.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
        assert!(shell.wait().unwrap().success());
    }

    fn run(&self, line: &str) -> Ran {
        self.run_with(line, Options::default())
    }

    fn run_with(&self, line: &str, options: Options) -> Ran {
        let env = Env::from_pairs(self.env.clone());
        let resolved = resolve(&env, None).unwrap();
        fs::create_dir_all(&self.path("work")).unwrap();
        let mut stderr = Vec::new();
        let _alone = ONE_RUN.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = run(Request {
            options,
            words: line.split_whitespace().map(OsString::from).collect(),
            resolved: &resolved,
            env: &env,
            this_program: self.path("bin/cargo-kache"),
            directory: self.path("work"),
            own_commands: &["list", "stats"],
            stderr: &mut stderr,
            color: false,
            after: None,
        });
        Ran { outcome, stderr: String::from_utf8(stderr).unwrap() }
    }

    fn wrapper(&self, line: &str) -> OtherWrapper {
        let env = Env::from_pairs(self.env.clone());
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let cargo = CargoWords::parse(&words);
        let config = CargoConfig::new(&env, &self.path("work/inner"));
        let config = config.with_options(cargo.directory(), cargo.configs());
        other_wrapper::find(&env, &config, &self.path("bin/cargo-kache"))
    }
}

fn replaced(name: &str) -> OtherWrapper {
    OtherWrapper::Replaced(name.to_owned())
}

/// Signal handlers belong to the process: one run at a time.
static ONE_RUN: Mutex<()> = Mutex::new(());

/// A line of the event log, with the build id that the shell has in `$KACHE_BUILD`.
const LOG_ONE_HIT: &str = r#"printf '%s\n' "{\"build\":\"$KACHE_BUILD\",\"at_ms\":1,\"unit\":{\"package\":\"a\",\"version\":\"1.0.0\",\"crate_name\":\"a\",\"target\":\"lib\",\"mode\":\"build\",\"profile\":\"dev\",\"triple\":null},\"outcome\":{\"hit\":{\"remote\":false}},\"key\":null,\"compile_ms\":1000,\"wrapper_ms\":1,\"bytes\":{\"linked\":5,\"copied\":0,\"recorded\":0},\"cwd\":\"/w\",\"out_dir\":null}""#;

const REPORT: &str = "       Kache 1 of 1 unit from cache (1 local, 0 remote), 0 missed, 0 bypassed\n       \
                      Saved 1.0s of compile time; 5 B linked, 0 B copied\n";

/// Makes cargo log one hit before it goes on with `rest`.
fn logging(p: &Playground, rest: &str) {
    let log = p.path("cache/logs/events.jsonl");
    p.program("bin/cargo", &format!("{LOG_ONE_HIT} >> {}\n{rest}", log.display()));
}

#[test]
fn reports_the_events_of_this_build_alone() {
    let p = Playground::new("");
    logging(&p, "exit 3");
    for _ in 0..2 {
        let ran = p.run("build");
        assert_eq!(ran.outcome, Outcome::Exit(3));
        assert_eq!(ran.stderr, REPORT);
    }
    assert_eq!(p.run("unknown-alias").stderr, REPORT, "an alias may compile");
}

#[test]
fn reports_nothing_where_nothing_compiles() {
    let p = Playground::new("exit 0");
    assert_eq!(p.run("build").stderr, "       Kache nothing was compiled through the cache\n");
    assert_eq!(p.run("fmt").stderr, "");
    assert_eq!(p.run("outdated").stderr, "");
    assert_eq!(p.run("build -q").stderr, "");
}

#[test]
fn reports_nothing_where_cargo_refuses() {
    let p = Playground::new("echo usage >&2; exit 1");
    assert_eq!(p.run("build --nope").stderr, "");
    let json = Options { report: Some(ReportStyle::Json), ..Options::default() };
    assert!(p.run_with("build --nope", json).stderr.starts_with("{\"schema\":1,"));
    let off = p.env("KACHE_DISABLED", "1");
    assert_eq!(off.run("build --nope").stderr, "note: caching is off (`KACHE_DISABLED` is set)\n");
}

#[test]
fn style_comes_from_option_then_setting_then_verbosity() {
    let p = Playground::new("");
    logging(&p, "");
    let style = |style| Options { report: Some(style), ..Options::default() };
    assert_eq!(p.run("build -q").stderr, "");
    assert_eq!(p.run_with("build -q", style(ReportStyle::Short)).stderr, REPORT);
    assert!(p.run_with("build", style(ReportStyle::Json)).stderr.starts_with("{\"schema\":1,"));
    let p = p.env("KACHE_REPORT", "full");
    assert!(p.run("build -q").stderr.contains("RESULT"));
    assert_eq!(p.run_with("build", style(ReportStyle::None)).stderr, "");
}

#[test]
fn report_files_are_written_whatever_the_style() {
    let p = Playground::new("");
    logging(&p, "");
    let options = Options {
        report: Some(ReportStyle::None),
        report_files: vec!["a.md".into(), "b.json".into(), "missing/c.json".into()],
        ..Options::default()
    };
    let ran = p.run_with("build", options);
    assert!(ran.stderr.starts_with("warning: failed to write `"), "{}", ran.stderr);
    assert!(fs::read_to_string(&p.path("work/a.md")).unwrap().starts_with("### Kache: 1 of 1 unit"));
    assert!(fs::read_to_string(&p.path("work/b.json")).unwrap().contains(r#""command":["cargo","build"]"#));
}

#[test]
fn cargo_gets_its_words_and_two_variables() {
    let p = Playground::new("");
    let out = p.path("out");
    let script =
        format!("printf '%s|' \"$@\" \"$RUSTC_WRAPPER\" \"${{KACHE_BUILD%-*}}\" > {}", out.display());
    p.program("bin/cargo", &script);
    let _ = p.run("--locked build -- --x");
    let said = fs::read_to_string(&out).unwrap();
    let said: Vec<&str> = said.split('|').collect();
    assert_eq!(said[..4], ["--locked", "build", "--", "--x"]);
    assert_eq!(Path::new(said[4]), p.path("bin/cargo-kache"));
    assert!(u64::from_str_radix(said[5], 16).is_ok(), "{said:?}");
}

#[test]
fn a_useless_store_is_one_warning() {
    let p = Playground::new("test -z \"$KACHE_BUILD\"");
    p.file("cache", "");
    let ran = p.run("build");
    assert_eq!(ran.outcome, Outcome::Exit(0));
    assert!(ran.stderr.starts_with("warning: cache is off for this build: failed to create directory `"));
    assert_eq!(ran.stderr.lines().count(), 1);
}

#[test]
fn a_missing_cargo_is_an_error() {
    let p = Playground::new("").env("CARGO", "/nowhere/cargo");
    let ran = p.run("build");
    assert_eq!(ran.outcome, Outcome::Exit(1));
    assert!(
        ran.stderr.starts_with("error: failed to run `/nowhere/cargo`\n\nCaused by:\n  "),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_signal_that_ends_cargo_ends_us() {
    let p = Playground::new("");
    logging(&p, "kill -TERM $$");
    let ran = p.run("build");
    assert_eq!(ran.outcome, Outcome::Signal(libc::SIGTERM));
    assert_eq!(ran.stderr, REPORT.lines().next().unwrap().to_owned() + "\n");
}

#[test]
fn signals_are_survived_and_passed_on() {
    let p = Playground::new("");
    let signals = [
        (5, libc::SIGINT, "INT"),
        (6, libc::SIGQUIT, "QUIT"),
        (7, libc::SIGTERM, "TERM"),
        (8, libc::SIGHUP, "HUP"),
    ];
    for (code, number, signal) in signals {
        // Who started the tests may have had it ignored, and it would stay so.
        // SAFETY: no handler is set.
        unsafe { libc::signal(number, libc::SIG_DFL) };
        let cargo = format!("trap 'exit {code}' {signal}; kill -{signal} $PPID; while :; do :; done");
        p.program("bin/cargo", &cargo);
        assert_eq!(p.run("build").outcome, Outcome::Exit(code), "{signal}");
    }
}

#[test]
fn mistyped_commands_get_a_hint() {
    let p = Playground::new("exit 101");
    assert_eq!(p.run("lsit").stderr, "hint: did you mean `cargo kache list`?\n");
    p.program("bin/cargo-lsit", "");
    assert_eq!(p.run("lsit").stderr, "");
}

#[test]
fn another_cache_is_replaced_with_a_note() {
    let p = Playground::new("exit 0").env("RUSTC_WRAPPER", "sccache");
    let ran = p.run("build");
    assert!(ran.stderr.starts_with("note: using kache instead of `sccache` for this build\n"));
    assert_eq!(p.run("fmt").stderr, "");
}

#[test]
fn wrappers_are_found_in_cargos_order() {
    let config = |name: &str| format!("[build]\nrustc-wrapper = \"{name}\"\n");
    let p = Playground::new("");
    assert_eq!(p.wrapper("build"), OtherWrapper::None);
    p.file("home/.cargo/config.toml", &config("tools/sccache"));
    assert_eq!(p.wrapper("build"), replaced("tools/sccache"));
    p.file("work/.cargo/config.toml", "include = [\"more.toml\", { path = \"most.toml\" }]\n");
    p.file("work/.cargo/more.toml", &config("more"));
    assert_eq!(p.wrapper("build"), OtherWrapper::Kept("more".into()));
    p.file("work/.cargo/most.toml", &config("tools/timer"));
    assert_eq!(p.wrapper("build"), OtherWrapper::Kept(p.path("work/tools/timer")));
    p.file("work/inner/.cargo/config.toml", &config("one"));
    p.file("work/inner/.cargo/config", &config("old"));
    assert_eq!(p.wrapper("build"), OtherWrapper::Kept("old".into()));
    assert_eq!(p.wrapper("-C .. build"), OtherWrapper::Kept(p.path("work/inner/../tools/timer")));

    let p = p.env("CARGO_BUILD_RUSTC_WRAPPER", "./cachepot");
    assert_eq!(p.wrapper("build"), replaced("./cachepot"));
    let option = "build --config build.rustc-wrapper='a' --config=build.rustc-wrapper='b'";
    assert_eq!(p.wrapper(option), OtherWrapper::Kept("b".into()));
    assert_eq!(p.wrapper("build --config build.rustc-wrapper=''"), OtherWrapper::None);
    p.file("work/inner/conf/more.toml", &config("tools/x"));
    assert_eq!(p.wrapper("build --config conf/more.toml"), OtherWrapper::Kept(p.path("work/inner/tools/x")));

    let empty = p.env("RUSTC_WRAPPER", "");
    assert_eq!(empty.wrapper(option), OtherWrapper::None);
}

#[test]
fn our_own_program_is_no_other_wrapper() {
    let p = Playground::new("");
    p.program("bin/cargo-kache", "");
    std::os::unix::fs::symlink(p.path("bin/cargo-kache"), p.path("bin/kache")).unwrap();
    p.program("old/kache", "");
    let p = p.env("RUSTC_WRAPPER", "kache");
    assert_eq!(p.wrapper("build"), OtherWrapper::None);
    let old = p.path("old/kache");
    let p = p.env("RUSTC_WRAPPER", &old);
    assert_eq!(p.wrapper("build"), replaced(&old.display().to_string()));
}

#[test]
fn a_kept_wrapper_is_told_to_ours() {
    let (none, kept) = (Options::default(), OtherWrapper::Kept("/x;y".into()));
    let off = Options { no_remote: true, no_prefetch: true, ..Options::default() };
    let value = |options: &Options, other: &OtherWrapper| handover("a-1", options, other).to_value();
    assert_eq!(value(&none, &OtherWrapper::None), "a-1");
    assert_eq!(value(&none, &replaced("sccache")), "a-1");
    assert_eq!(value(&none, &kept), "a-1;inner=/x;y");
    assert_eq!(value(&off, &kept), "a-1;no-remote;no-prefetch;inner=/x;y");
}
