//! The selector, in a terminal of its own.

use std::time::Duration;

use rustix::process::Signal;

use super::{age, folder, names, put};
use crate::support::{Project, Terminal};

/// Three projects: a large one with all parts, used three days ago; a middling one; a small one with a long name.
fn projects() -> Project {
    let p = folder();
    put(&p, "big");
    for part in ["incremental/a", "build/a", "deps/a", ".fingerprint/a", "examples/a"] {
        p.write(format!("big/target/debug/{part}"), vec![1; 1_010_000]);
    }
    p.write("big/target/doc/a", vec![1; 2_010_000]);
    p.write("big/target/wasm32-wasip1/release/deps/a", vec![1; 2_010_000]);
    put(&p, "middling");
    p.write("middling/target/debug/deps/a", vec![1; 3_010_000]);
    let long = "a-long-name/in-a-deep-folder/of-the-workspace/with-many-crates";
    put(&p, long);
    p.write(format!("{long}/target/debug/deps/a"), vec![1; 1_010_000]);
    for (place, days) in [("big", 3), ("middling", 40), (long, 500)] {
        age(&p.path(place).join("target"), Duration::from_hours(24 * days + 1));
    }
    p
}

fn start(p: &Project, columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::start(p.kache_command("clean"), columns, rows);
    terminal.shows("500d ago").hides(" measured ");
    terminal
}

/// Demands screens. Whoever changes them looks at them.
#[track_caller]
fn assert_screens(screens: &[String], expected: &[&str]) {
    assert!(screens == expected, "the screens are\n{}\nand not\n{}", screens.join("\n"), expected.join("\n"));
}

const LARGE: &str = "\
╭ Target directories ──────────────────────────────────────────────────────────────────────────────╮
│     PATH                                      SIZE     FREES      USED  PROFILES                 │
│ [ ] big/target                              9.1 MB    9.1 MB    3d ago  debug, wasm32-wasip1/re… │
│ [x] middling/target                         3.0 MB    3.0 MB   40d ago  debug                    │
│ [ ] …e-workspace/with-many-crates/target    1.0 MB    1.0 MB  500d ago  debug                    │
│                                                                                                  │
│                                                                                                  │
│                                                                                                  │
│                                                                                                  │
│                                                                                                  │
│                                                                                                  │
│                                                                                                  │
│                                                                                                  │
│                                                                                                  │
│                                                                                                  │
│                                                                                                  │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
╭ big/target ──────────────────────────────────────────────────────────────────────────────────────╮
│ incremental     1.0 MB  ██████                                                                   │
│ build           1.0 MB  ██████                                                                   │
│ deps            3.0 MB  █████████████████                                                        │
│ fingerprints    1.0 MB  ██████                                                                   │
│ binaries        1.0 MB  ██████                                                                   │
│ other           2.0 MB  ████████████                                                             │
│                                                                                                  │
│ removal frees 9.1 MB; nothing is shared with the cache                                           │
│ profiles debug, wasm32-wasip1/release                                                            │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
 1 of 3 directories selected: 3.0 MB, removal frees 3.0 MB
 space toggle  a all  n none  enter remove selected  q cancel  ↑↓ move
";

const SMALL: &str = "\
╭ Target directories ──────────────────────────────────────╮
│     PATH                        SIZE     FREES      USED │
│ [ ] big/target                9.1 MB    9.1 MB    3d ago │
│ [x] middling/target           3.0 MB    3.0 MB   40d ago │
│ [ ] …th-many-crates/target    1.0 MB    1.0 MB  500d ago │
│                                                          │
│                                                          │
│                                                          │
╰──────────────────────────────────────────────────────────╯
╭ big/target ──────────────────────────────────────────────╮
│ incremental 1.0 MB, build 1.0 MB, deps 3.0 MB            │
│ fingerprints 1.0 MB, binaries 1.0 MB, other 2.0 MB       │
│ removal frees 9.1 MB; nothing is shared with the cache   │
╰──────────────────────────────────────────────────────────╯
 1 of 3 directories selected: 3.0 MB, removal frees 3.0 MB
 space toggle  a all  n none  enter remove  q cancel
";

#[test]
fn how_it_looks() {
    let p = projects();
    let mut terminal = start(&p, 100, 30);
    terminal
        .keys("\x1b[B \x1b[A")
        .shows("1 of 3 directories selected")
        .shows("│ profiles debug, wasm32-wasip1/release");
    let large = terminal.screen();
    assert!(terminal.has_colors());
    // The last line is drawn last.
    terminal.resize(60, 16).shows("build 1.0 MB, deps").shows("remove  q cancel");
    assert_screens(&[large, terminal.screen()], &[LARGE, SMALL]);
    terminal.resize(59, 16).shows("needs 60×16, has 59×16");
}

#[test]
fn what_is_selected_goes() {
    let p = projects();
    let mut terminal = start(&p, 100, 30);
    // The second row by a click, then the first by the keyboard and back.
    terminal
        .keys("\x1b[<0;10;4M\x1b[<0;10;4m")
        .shows("1 of 3 directories selected: 3.0 MB, removal frees 3.0 MB");
    terminal
        .keys("\x1b[A ")
        .shows("2 of 3 directories selected")
        .keys(" ")
        .shows("1 of 3 directories selected");
    terminal.keys("a").shows("3 of 3").keys("n").shows("nothing selected").keys("\x1b[B ").shows("1 of 3");
    terminal.keys("\r");
    assert_eq!(terminal.end(), 0);
    terminal
        .is_restored()
        .shows("  removed middling/target")
        .shows("Removed 1 target directory, freed 3.0 MB");
    assert_eq!(
        (names(p.path("middling")), names(p.path("big"))),
        (vec!["Cargo.toml".into()], vec!["Cargo.toml".into(), "target".into()])
    );
}

#[test]
fn nothing_goes_that_nobody_chose() {
    let p = projects();
    for (keys, says) in
        [("q", "Cancelled."), ("a\x1b", "Cancelled."), ("a\x03", "Cancelled."), ("an\r", "Nothing selected.")]
    {
        let mut terminal = start(&p, 80, 24);
        terminal.keys(keys);
        assert_eq!(terminal.end(), 0);
        terminal.is_restored().shows(says);
    }
    let mut command = p.kache_command("clean");
    command.env("NO_COLOR", "1").env("LC_ALL", "C");
    let mut terminal = Terminal::start(command, 80, 24);
    terminal.shows("500d ago").keys("a").shows("3 of 3");
    assert!(!terminal.has_colors() && terminal.screen().is_ascii(), "{}", terminal.screen());
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.end(), 128 + 15);
    terminal.is_restored();
    for place in ["big", "middling"] {
        assert_eq!(names(p.path(place)), ["Cargo.toml", "target"]);
    }
}
