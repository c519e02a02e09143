//! What the screens show.

use std::path::Path;

use ratatui::style::Modifier;

use super::*;

/// Set to rewrite the files instead of comparing them.
const REWRITE: &str = "KACHE_REWRITE_SCREENS";

/// Demands a screen in both sizes.
#[track_caller]
fn shows(name: &str, mut state: State) {
    for (columns, rows) in [(100, 30), (60, 16)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("src/tui/monitor/screens/{name}-{columns}x{rows}.txt"));
        let shown = screen(&mut state, columns, rows).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        if crate::env::Env::process().get(REWRITE).is_some() {
            crate::fs::write(&path, &shown).unwrap();
        }
        let wanted = crate::fs::read_to_string(&path).unwrap_or_default();
        assert!(shown == wanted, "{} is\n{shown}and not\n{wanted}", path.display());
    }
}

#[test]
fn each_tab() {
    shows("build", full());
    shows("projects", after(full(), "2"));
    shows("store", after(full(), "3"));
    shows("transfer", after(full(), "4"));
    shows("why", after(full(), "5"));
}

#[test]
fn what_lies_above() {
    shows("help", after(full(), "?"));
    shows("details", after(full(), "\r"));
    shows("details-of-entry", after(full(), "3↓\r"));
}

#[test]
fn nothing_known_yet() {
    let mut read = empty();
    read.learn(News::Events { events: Vec::new(), anew: false });
    shows("empty", read);
    for (tab, words) in [
        ("1", "Reading the log"),
        ("2", "No project has"),
        ("3", "There is no store at /home/u/.cache/kache yet."),
        ("4", "No remote is configured."),
        ("5", "No build has been recorded yet."),
    ] {
        let shown = screen(&mut after(empty(), tab), 100, 30);
        assert!(shown.contains(words), "{shown}");
    }
    let mut damaged = after(empty(), "3");
    damaged.learn(News::Store(StoreNews { exists: true, damaged: true, ..StoreNews::default() }));
    assert!(screen(&mut damaged, 100, 30).contains("The index of the store is damaged."));
}

#[test]
fn one_row_is_marked() {
    let mut state = full();
    let mut terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
    let mut areas = Areas::default();
    let look = Look::new(false, true);
    terminal.draw(|frame| areas = draw(&mut state, frame, frame.area(), &look)).unwrap();
    let buffer = terminal.backend().buffer();
    let is_marked = |y: &u16| buffer[(areas.rows.x, *y)].modifier.contains(Modifier::REVERSED);
    let marked = (areas.rows.top()..areas.rows.bottom()).filter(is_marked).collect::<Vec<_>>();
    assert_eq!(marked, [areas.rows.y + 6]);
}

#[test]
fn a_hit_tells_of_its_last_miss() {
    let mut state = full();
    press(&mut state, "g\r");
    let shown = screen(&mut state, 100, 30);
    assert!(
        shown.contains("libc v1.0.0 (lib) missed in an earlier build, 2h ago: not in the cache yet"),
        "{shown}"
    );
    press(&mut state, "\x1bfserde\r\r");
    assert!(screen(&mut state, 100, 30).contains("none in the log"));
}

#[test]
fn a_bypass_says_what_to_do() {
    let mut state = empty();
    state.learn(News::Events {
        events: vec![event("a", NOW, Outcome::Bypassed(Bypass::Executable))],
        anew: false,
    });
    press(&mut state, "5\r");
    assert!(screen(&mut state, 100, 30).contains("fix  set `KACHE_CACHE_EXECUTABLES=1`"));
}

#[test]
fn tiny_and_odd_names_are_no_trouble() {
    let mut state = empty();
    let mut odd = event("a\u{1b}[31m\nb", NOW, hit());
    odd.out_dir = Some(format!("/{}字/target/debug/deps", "x".repeat(300)).into());
    state.learn(News::Events { events: vec![odd], anew: false });
    for tab in ["1", "2", "5"] {
        for (columns, rows) in [(60, 16), (61, 17), (300, 100)] {
            let shown = screen(&mut after(empty(), tab), columns, rows);
            assert!(!shown.contains('\u{1b}'));
            press(&mut state, tab);
            assert!(!screen(&mut state, columns, rows).contains('\u{1b}'));
            press(&mut state, "\r");
            screen(&mut state, columns, rows);
            press(&mut state, "\x1b");
        }
    }
}
