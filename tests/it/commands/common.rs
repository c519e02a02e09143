//! What all commands have in common.

use std::process::Stdio;

use super::{COMMANDS, built, workspace};
use crate::support::Run;

#[test]
fn completions_for_each_shell() {
    let p = workspace();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        p.kache(&format!("completions {shell}"))
            .success()
            .stdout_has("cargo-kache")
            .stdout_has("max-age")
            .stderr_is("");
    }
    p.kache("completions tcsh").exits(2).stdout_is("").stderr_has("tcsh");
}

#[test]
fn each_command_has_help() {
    let p = workspace();
    for command in COMMANDS {
        for words in [format!("{command} --help"), format!("{command} -h"), format!("help {command}")] {
            let run = p.kache(&words);
            run.success().stdout_has(&format!("Usage: cargo kache {command}")).stderr_is("");
        }
    }
    for words in ["--help", "-h", "help"] {
        let run = p.kache(words);
        run.success().stdout_has("cargo kache build").stdout_has("RUSTC_WRAPPER=kache");
        for command in COMMANDS {
            run.stdout_has(&format!("\n  {command} "));
        }
    }
    p.kache("help build").success().stdout_has("cargo");
    let version = format!("cargo-kache {}\n", env!("CARGO_PKG_VERSION"));
    for words in ["-V", "--version"] {
        p.kache(words).success().stdout_is(&version).stderr_is("");
    }
}

/// Its name is taken, but nobody is sent there.
#[test]
fn a_command_that_is_still_to_come_is_shown_nowhere() {
    let p = workspace();
    for words in ["plan", "plan --help", "plan -h", "help plan", "plan build --release"] {
        p.kache(words).exits(1).stdout_is("").stderr_is("error: this build has no `plan` command yet\n");
    }
    for words in ["help", "--help", "completions bash", "completions zsh"] {
        let run = p.kache(words);
        assert!(!run.success().stdout.contains("plan"), "{run}");
    }
    let run = p.kache("plam");
    assert!(!run.exits(101).stderr.contains("kache plan"), "{run}");
}

#[test]
fn unknown_words_are_usage_errors() {
    let p = workspace();
    for command in COMMANDS {
        p.kache(&format!("{command} --no-such-option")).exits(2).stdout_is("").stderr_has("--no-such-option");
    }
    for words in ["list a b", "gc x", "config nothing", "completions", "-q -v list", "--report short"] {
        p.kache(words).exits(2).stdout_is("").stderr_has("error: ");
    }
}

#[test]
fn durations_and_sizes_need_to_be_clear() {
    let mut p = workspace();
    for bad in ["30", "0", "soon", "1.5h"] {
        let error = format!("error: invalid duration `{bad}`: add a unit, as in `30m`, `24h` or `7d`\n");
        p.kache(&format!("gc --max-age={bad}")).exits(2).stdout_is("").stderr_is(&error);
        p.kache(&format!("stats --since={bad}")).exits(2).stdout_is("").stderr_is(&error);
    }
    let negative = "error: invalid duration `-1d`: it is negative; write it as in `30m`, `24h` or `7d`\n";
    for words in ["gc --max-age=-1d", "gc --max-age -1d", "stats --since -1d"] {
        p.kache(words).exits(2).stdout_is("").stderr_is(negative);
    }
    p.set("KACHE_MAX_SIZE", "50XB");
    p.kache("list")
        .exits(3)
        .stdout_is("")
        .stderr_has("error: invalid value `50XB` for `KACHE_MAX_SIZE`: expected ");
    // A number of bytes is a size, but few mean so few.
    p.set("KACHE_MAX_SIZE", "50");
    p.kache("config get cache.local_max_size")
        .success()
        .stdout_is("50\n")
        .stderr_is("warning: `KACHE_MAX_SIZE` has no unit: it means 50 bytes; did you mean `50GB`?\n");
    p.set("KACHE_MAX_SIZE", "1 GiB");
    p.kache("config get cache.local_max_size").success().stdout_is("1GiB\n");
}

#[test]
fn a_store_that_cannot_be_opened_is_an_error() {
    let mut p = workspace();
    p.write("../file", "");
    let store = p.beside("file/store");
    p.set("KACHE_CACHE_DIR", &store);
    for command in ["list", "stats", "why", "gc", "purge", "verify"] {
        p.kache(command)
            .exits(1)
            .stdout_is("")
            .stderr_has(&format!("error: cannot open the store at {}\n\nCaused by:\n  ", store.display()));
    }
}

#[test]
fn color_is_asked_for_or_not() {
    let p = workspace();
    let is_colored = |run: &Run| run.stderr.contains('\u{1b}');
    let wrong = "gc --max-age 30";
    assert!(!is_colored(&p.kache(wrong)), "no terminal");
    for words in ["--color always gc --max-age 30", "gc --max-age 30 --color=always", "--color always gc --x"]
    {
        assert!(is_colored(p.kache(words).exits(2)), "{words}");
        assert!(is_colored(&p.set_and_kache("NO_COLOR", "1", words)), "an option wins: {words}");
    }
    assert!(is_colored(&p.set_and_kache("CARGO_TERM_COLOR", "always", wrong)));
    assert!(!is_colored(&p.set_and_kache("CARGO_TERM_COLOR", "always", "--color never gc --max-age 30")));
    let mut command = p.kache_command(wrong);
    command.env("NO_COLOR", "1").env("CARGO_TERM_COLOR", "always");
    assert!(!is_colored(&p.run(command)));
    assert!(p.kache("--color always --help").success().stdout.contains('\u{1b}'));
    p.kache("--color maybe list").exits(2);
    // The report behind cargo's own words.
    let report = p.kache("--color always --report short build").success().stderr.clone();
    assert!(report.contains("\u{1b}[1m\u{1b}[92m       Kache\u{1b}[0m 0 of 2 units"), "{report}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let p = built();
    for words in
        ["list", "list --json", "list a-one", "stats", "why", "verify", "gc", "config list", "help", "-V"]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = p.kache_command(words);
        let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{words}");
    }
}

#[test]
fn quiet_keeps_results_and_errors() {
    let p = built();
    p.kache("-q list").success().stdout_has("2 entries, ");
    p.kache("config set cache.trace off -q").success().stdout_is("").stderr_is("");
    p.kache("gc -q --max-age 30").exits(2).stderr_has("error: ");
}
