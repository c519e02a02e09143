//! The monitor, in a terminal of its own. What it shows lies in `screens/`.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Project, Terminal, project};

/// What stands at the left of the last row as long as nothing lies above.
const KEYS: &str = "q quit";

/// Set to rewrite the files that differ.
const REWRITE: &str = "KACHE_REWRITE_SCREENS";

fn monitor(p: &Project) -> Terminal {
    let mut terminal = Terminal::start(p.kache_command("monitor"), 100, 30);
    terminal.shows(KEYS);
    terminal
}

/// A project with a library and a program, built once from nothing and once again after its target was removed.
fn built() -> Project {
    let p = project()
        .settings("")
        .file("src/lib.rs", "pub fn f() {}")
        .file("src/main.rs", "fn main() { foo::f() }")
        .build();
    p.kache("build").success();
    p.wipe();
    p.kache("build").success();
    p
}

/// Replaces what differs from run to run: sizes, times, keys and the project's place. Numbers have any length, so blanks
/// in a row are one, and the lines of the frame are left out.
fn redacted(screen: &str, p: &Project) -> String {
    let place = p.root().parent().unwrap().display().to_string();
    let screen = screen.replace(&place, "~").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let screen = screen.replace('│', " ").replace(" 0 B", " 0.0 B");
    let line = |line: &str| {
        let mut words: Vec<String> = Vec::new();
        for word in line.split_whitespace().map(redacted_word) {
            // `1m 12s` is one time.
            if word.trim_end_matches(',') == "N" && words.last().is_some_and(|last| last == "N") {
                words.pop();
            }
            words.push(word);
        }
        words.join(" ")
    };
    let lines = screen.lines().map(line).filter(|line| !line.is_empty());
    lines.map(|line| line + "\n").collect()
}

fn redacted_word(word: &str) -> String {
    let bare = word.trim_matches(['(', ')', ',']);
    let number = bare.trim_end_matches(['s', 'm', 'h']);
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_key = bare.len() == 8 && bare.bytes().all(|b| b.is_ascii_hexdigit());
    match bare {
        "kB" | "MB" | "GB" | "TB" => word.replace(bare, "B"),
        _ if bare.ends_with("/project") => "PROJECT".to_owned(),
        _ if is_key => "KEY".to_owned(),
        _ if is_number && (number.contains('.') || number != bare) => word.replace(bare, "N"),
        _ => word.to_owned(),
    }
}

/// Waits until the screen is what the file says.
#[track_caller]
fn is(name: &str, terminal: &mut Terminal, p: &Project) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/screens/{name}.txt"));
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    let wait = || terminal.becomes(name, |screen| redacted(screen, p) == wanted).screen();
    let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(wait));
    let shown = redacted(&terminal.screen(), p);
    if waited.is_err() && std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, shown).unwrap();
        return;
    }
    assert!(waited.is_ok(), "`{name}` is\n{shown}and not\n{wanted}");
}

#[test]
fn without_a_terminal() {
    let p = project().settings("").build();
    let error = "error: `monitor` needs a terminal\nhint: `cargo kache stats` prints the figures\n";
    p.kache("monitor").exits(2).stdout_is("").stderr_is(error);
    p.kache("monitor --since 7").exits(2).stderr_has("invalid duration `7`");
    let mut dumb = p.kache_command("monitor");
    dumb.env("TERM", "dumb");
    let mut terminal = Terminal::start(dumb, 100, 30);
    terminal.shows("`monitor` needs a terminal");
    assert_eq!(terminal.end(), 2);
}

#[test]
fn the_terminal_is_given_back() {
    let p = project().settings("").build();
    for (words, keys) in [("monitor", "q"), ("", "\x1b"), ("monitor", "\x03"), ("monitor", "f\x03")] {
        let mut terminal = Terminal::start(p.kache_command(words), 100, 30);
        terminal.shows(KEYS).keys(keys);
        assert_eq!(terminal.end(), 0);
        terminal.is_restored();
    }
    for (signal, number) in [(Signal::TERM, 15), (Signal::HUP, 1), (Signal::INT, 2)] {
        let mut terminal = monitor(&p);
        terminal.signal(signal);
        assert_eq!(terminal.end(), 128 + number);
        terminal.is_restored();
    }
    assert!(!p.cache().exists(), "looking makes no store");
}

#[test]
fn it_opens_by_the_short_name_alone() {
    let p = project().settings("").build();
    p.symlink(Project::program(), "../bin/kache");
    let mut terminal = Terminal::start(p.command(&p.beside("bin/kache")), 100, 30);
    terminal.shows(KEYS).shows("No build has been recorded yet.").keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.is_restored();
}

#[test]
fn a_period_leaves_out_what_was_before() {
    let p = built();
    p.age("foo", Duration::from_hours(2));
    let open = |words: &str| Terminal::start(p.kache_command(words), 100, 30);
    for (since, shown) in [("30m", false), ("7d", true)] {
        let mut terminal = open(&format!("monitor --since {since}"));
        terminal.shows(&format!("last {since}"));
        match shown {
            true => terminal.shows("✓ project").shows("4 units, newest last"),
            false => terminal.shows(&format!("No build has been recorded in the last {since}.")),
        };
        terminal.keys("5");
        match shown {
            true => terminal.shows("Last build: project"),
            false => terminal.shows(&format!("No build has been recorded in the last {since}.")),
        };
    }
}

/// A damaged index ends a process by a signal. The next one in its place knows.
#[test]
fn a_damaged_index_is_told_and_the_terminal_survives() {
    let p = project().settings("").build();
    p.kache("list").success();
    let mut terminal = monitor(&p);
    terminal
        .signal(Signal::SEGV)
        .shows("damaged")
        .keys("3")
        .shows("The next build starts a new one.")
        .keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.is_restored();
}

#[test]
fn after_two_builds() {
    let p = built();
    each_tab(&p);
    what_a_terminal_cannot_show_is_left_out(&p);
}

fn each_tab(p: &Project) {
    let mut terminal = monitor(p);
    terminal.shows("entry").shows("daemon").shows("links save").shows("bypassed  foo");
    is("build", &mut terminal, p);
    terminal.keys("2").shows("of it shared with the cache");
    is("projects", &mut terminal, p);
    terminal.keys("3").shows("largest first");
    is("store", &mut terminal, p);
    terminal.keys("4").shows("up to 8 at once");
    is("transfer", &mut terminal, p);
    // Tab leads on.
    terminal.keys("\t").shows("Last build: project");
    is("why", &mut terminal, p);
    terminal.keys("?").shows("look at everything anew");
    is("help", &mut terminal, p);
    terminal.keys("?").hides("look at everything anew");
    // The mouse: the third tab, its first row, and the row once more.
    terminal
        .keys("\x1b[<0;27;4M")
        .shows("largest first")
        .keys("\x1b[<0;5;7M\x1b[<0;5;7M")
        .shows("Its last miss");
    terminal.shows("not in the cache yet").keys("\x1b").hides("Its last miss");
    terminal.resize(60, 16).becomes("a narrow table", |screen| !screen.contains("PROFILE"));
    is("store-narrow", &mut terminal, p);
    terminal.resize(59, 16).shows("needs 60×16, has 59×16");
    terminal.resize(60, 15).shows("needs 60×16, has 60×15");
    terminal.resize(100, 30).shows("PROFILE").keys("ffoo\rc").shows("1 entry, largest first");
    assert!(terminal.has_colors());
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.is_restored();
}

fn what_a_terminal_cannot_show_is_left_out(p: &Project) {
    let mut plain = p.kache_command("monitor --since 7d");
    plain.env("NO_COLOR", "1").env("LC_ALL", "C");
    let mut terminal = Terminal::start(plain, 100, 30);
    terminal.shows("bypassed  foo").shows("links save").shows("last 7d");
    assert!(!terminal.has_colors());
    for tab in ["1", "2", "3", "4", "5", "?"] {
        terminal.keys(tab);
        terminal.becomes("a screen of ASCII", |screen| screen.contains("+-") && screen.is_ascii());
    }
    terminal.resize(50, 16).shows("needs 60x16, has 50x16");
}

/// A build that is held up in a build script until the test lets it go on.
#[test]
fn a_build_shows_while_it_runs() {
    let p = project()
        .settings("")
        .file(
            "build.rs",
            "fn main() {
                let is_there = |path| std::path::Path::new(path).exists();
                while !is_there(\"gate\") && is_there(\"Cargo.toml\") {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            }",
        )
        .file("src/lib.rs", "pub fn f() {}")
        .build();
    let mut terminal = monitor(&p);
    terminal.shows("No build has been recorded yet.");
    let mut build = p.kache_command("build").stderr(std::process::Stdio::null()).spawn().unwrap();
    terminal.shows("▶ project").shows("1 unit,").shows("foo v0.1.0 (build script)");
    p.write("gate", "");
    assert!(build.wait().unwrap().success());
    terminal.shows("✓ project").shows("3 units,").shows("foo v0.1.0 (lib)");

    // The next one knows how many there will be, also without the front end.
    p.remove("gate");
    p.wipe();
    let mut build = p.wrapped_command("build").stderr(std::process::Stdio::null()).spawn().unwrap();
    terminal.shows("▶ project").becomes("a known total", |screen| screen.contains("/3 units"));
    p.write("gate", "");
    assert!(build.wait().unwrap().success());
    terminal.shows("✓ project");

    // Whoever comes later sees the same.
    let mut later = monitor(&p);
    later.shows("✓ project").shows("6 units, newest last");
}
