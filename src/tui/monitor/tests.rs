//! The state and its screens, without a terminal. What the screens show lies in `screens/`.

use std::path::Path;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::style::Modifier;

use super::details::Overlay;
use super::feed::targets::Usage;
use super::feed::{DaemonNews, News, StoreNews};
use super::keys::{pointed, pressed};
use super::*;
use crate::digest::Digest;
use crate::entry::{self, Artefact, Entry, Inputs, Output, OutputKind, Tree};
use crate::event::{
    BuildId, Bypass, Bytes, Direction, MissReason, Mode, Outcome, Target, TransferEvent, Unit, UnitEvent,
};
use crate::report::entries::Listing;
use crate::rustc::paths::Loose;
use crate::store::usage::Space;

/// 2026-03-21T12:34:56Z.
const NOW: u64 = 1_774_096_496_000;

pub(super) fn hit() -> Outcome {
    Outcome::Hit { remote: false }
}

fn missed(reason: MissReason) -> Outcome {
    Outcome::Missed { reason, not_recorded: None }
}

pub(super) fn event(package: &str, at_ms: u64, outcome: Outcome) -> UnitEvent {
    UnitEvent {
        build: BuildId("one".into()),
        at_ms,
        unit: Unit {
            package: package.into(),
            version: "1.0.0".into(),
            crate_name: package.into(),
            target: Target::Lib,
            mode: Mode::Build,
            profile: "dev".into(),
            triple: None,
        },
        outcome,
        key: Some(Digest::of(package.as_bytes()).to_hex()),
        compile_ms: 1_350,
        wrapper_ms: 20,
        bytes: Bytes { linked: 2_000_000, ..Bytes::default() },
        cwd: "/w/app".into(),
        out_dir: Some("/w/app/target/debug/deps".into()),
    }
}

fn transfer(package: &str, transfer: Direction, at_ms: u64, error: Option<&str>) -> TransferEvent {
    TransferEvent {
        transfer,
        build: Some(BuildId("two".into())),
        at_ms,
        key: Digest::of(package.as_bytes()).to_hex(),
        package: package.into(),
        bytes: 3_000_000,
        took_ms: 250,
        error: error.map(str::to_owned),
    }
}

/// An earlier build of four units, and one that runs: three units are there.
fn builds() -> Vec<UnitEvent> {
    let mut events = vec![
        event("libc", NOW - 7_300_000, missed(MissReason::First)),
        event("syn", NOW - 7_290_000, missed(MissReason::First)),
        event("serde", NOW - 7_280_000, hit()),
        event("app", NOW - 7_270_000, Outcome::Failed { code: 1 }),
        event("libc", NOW - 12_000, hit()),
        event("serde", NOW - 9_000, hit()),
        event("app", NOW - 4_000, missed(MissReason::Source { path: "src/lib.rs".into(), more: 2 })),
    ];
    for event in &mut events[4..] {
        event.build = BuildId("two".into());
    }
    events[6].compile_ms = 72_000;
    events[6].bytes = Bytes { recorded: 84_100_000, ..Bytes::default() };
    events
}

fn stored(package: &str, size: u64, hits: u64) -> (Digest, Entry, entry::Usage) {
    let entry = Entry {
        key_schema: 1,
        invocation: Digest::of(b"invocation"),
        unit: event(package, 0, hit()).unit,
        inputs: Inputs { compiler_name: "rustc 1.95.0".into(), ..Inputs::default() },
        outputs: vec![Output {
            name: format!("lib{package}.rlib"),
            kind: OutputKind::Library,
            digest: Digest::of(package.as_bytes()),
            size,
            executable: false,
        }],
        dep_info: None,
        stdout: Default::default(),
        stderr: Default::default(),
        compile_ms: 1_350,
        created_ms: NOW - 86_400_000,
        artefact: Artefact {
            closure: Digest::default(),
            loads_code: false,
            loose: Loose::default(),
            unsettled: Vec::new(),
        },
        tree: Tree::default(),
    };
    let last_ms = if hits > 0 { NOW - 9_000 } else { 0 };
    (Digest::of(package.as_bytes()), entry, entry::Usage { hits, last_ms })
}

/// Knows nothing yet.
fn empty() -> State {
    let facts =
        Facts { limit: 50_000_000_000, slots: 8, cache: "/home/u/.cache/kache".into(), ..Facts::default() };
    let mut state = State::new(facts);
    state.now_ms = NOW;
    state
}

/// Knows something of everything.
fn full() -> State {
    let mut state = empty();
    state.facts.remote = Some("s3://build-cache/artifacts".into());
    state.facts.wrapped = true;
    let mut listing = Listing::default();
    for (key, entry, usage) in [stored("serde", 12_300_000, 7), stored("app", 84_100_000, 0)] {
        listing.add(key, entry, usage);
    }
    let uses = |size| Usage {
        size,
        shared: size / 2,
        incremental: size / 4,
        deps: size / 2,
        other: size / 4,
        profiles: vec!["debug".into(), "release".into()],
    };
    for news in [
        News::Events { events: builds(), anew: false },
        News::Transfers {
            transfers: vec![
                transfer("serde", Direction::Pull, NOW - 9_500, None),
                transfer("app", Direction::Push, NOW - 2_000, Some("access denied")),
            ],
            anew: false,
        },
        News::Running(vec![BuildId("two".into())]),
        News::Store(StoreNews { exists: true, listing, ..StoreNews::default() }),
        News::Space(Space { used: 12_300_000_000, shared: 21_400_000_000 }),
        News::Free(310_000_000_000),
        News::Daemon(Some(DaemonNews {
            version: env!("CARGO_PKG_VERSION").into(),
            ending: false,
            queue: Some((1, 2)),
        })),
        News::Measured("/w/app/target".into(), uses(8_100_000_000)),
    ] {
        state.learn(news);
    }
    state
}

/// Draws in black and white, and returns the rows without blanks at their ends.
fn screen(state: &mut State, columns: u16, rows: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let look = Look::new(false, true);
    terminal.draw(|frame| drop(draw(state, frame, frame.area(), &look))).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |cells: &[ratatui::buffer::Cell]| {
        let text = cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
        text.trim_end().to_owned() + "\n"
    };
    buffer.content().chunks(columns.into()).map(row).collect()
}

/// Demands a screen in both sizes.
#[track_caller]
fn shows(name: &str, mut state: State) {
    for (columns, rows) in [(100, 30), (60, 16)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("src/tui/monitor/screens/{name}-{columns}x{rows}.txt"));
        let shown = screen(&mut state, columns, rows).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        let wanted = crate::fs::read_to_string(&path).unwrap_or_default();
        assert!(shown == wanted, "{} is\n{shown}and not\n{wanted}", path.display());
    }
}

fn press(state: &mut State, keys: &str) {
    for letter in keys.chars() {
        let code = match letter {
            '\r' => KeyCode::Enter,
            '\x1b' => KeyCode::Esc,
            '\x08' => KeyCode::Backspace,
            '↑' => KeyCode::Up,
            '↓' => KeyCode::Down,
            letter => KeyCode::Char(letter),
        };
        pressed(state, KeyEvent::new(code, KeyModifiers::NONE));
    }
}

fn after(mut state: State, keys: &str) -> State {
    press(&mut state, keys);
    state
}

/// Returns the first words of the shown rows.
fn names(state: &mut State) -> Vec<String> {
    let rows = state.pane().rows.clone();
    let text = state.tab.sheet().text;
    rows.into_iter().map(|row| text(state, row).split(' ').next().unwrap().to_owned()).collect()
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
fn a_log_that_was_read_anew_is_not_counted_twice() {
    let mut state = empty();
    state.learn(News::Events { events: builds(), anew: false });
    let mut newer = builds().split_off(3);
    newer.push(event("late", NOW, hit()));
    state.learn(News::Events { events: newer, anew: true });
    assert_eq!(state.events.len(), 8);
    assert_eq!(state.figures.units, 8);
    let last = transfer("app", Direction::Pull, NOW, None);
    state.learn(News::Transfers { transfers: vec![last.clone()], anew: false });
    let later = transfer("app", Direction::Pull, NOW + 1, None);
    state.learn(News::Transfers { transfers: vec![last, later], anew: true });
    assert_eq!(state.moved(Direction::Pull), (2, 6_000_000, 600_000));
}

#[test]
fn a_period_leaves_out_what_was_before() {
    let mut state = empty();
    state.facts.since = Some(("1h".into(), NOW - 3_600_000));
    state.learn(News::Events { events: builds(), anew: false });
    assert_eq!((state.events.len(), state.figures.missed), (3, 1));
    assert!(screen(&mut state, 100, 30).contains("last 1h"));
}

#[test]
fn the_bar_knows_as_many_units_as_the_build_before_had() {
    let mut state = full();
    assert!(screen(&mut state, 100, 30).contains("3/4 units"));
    for at_ms in [NOW, NOW + 1] {
        let mut more = event("more", at_ms, hit());
        more.build = BuildId("two".into());
        state.learn(News::Events { events: vec![more], anew: false });
    }
    assert!(
        screen(&mut state, 100, 30).contains(" 5 units, 80% hits, 12s "),
        "more than before: nobody knows"
    );
    state.learn(News::Running(Vec::new()));
    assert!(screen(&mut state, 100, 30).contains(" 5 units, 80% hits, 12s, 0s ago"));
}

#[test]
fn filters_and_orders() {
    let mut state = full();
    assert_eq!(names(&mut state), ["libc", "syn", "serde", "app", "libc", "serde", "app"]);
    press(&mut state, "fLIB\r");
    assert_eq!(names(&mut state).len(), 7, "every unit is a lib");
    press(&mut state, "cfMissed");
    assert_eq!(names(&mut state), ["libc", "syn", "app"]);
    press(&mut state, "\rs");
    assert_eq!(names(&mut state), ["app", "libc", "syn"], "longest first");
    press(&mut state, "fq\x08\x08\x08\x08\x08\x08\x08q");
    assert_eq!(names(&mut state), Vec::<String>::new(), "`q` is text here");
    assert!(screen(&mut state, 100, 30).contains("No row has this text"));
    press(&mut state, "\x1b");
    assert_eq!(names(&mut state).len(), 7);
    press(&mut state, "3");
    let orders = [["app", "serde"], ["serde", "app"], ["serde", "app"], ["app", "serde"]];
    for order in orders {
        assert_eq!(names(&mut state), order);
        press(&mut state, "s");
    }
}

#[test]
fn the_selected_row_stays_selected_while_others_come() {
    let mut state = full();
    press(&mut state, "↑");
    state.learn(News::Events { events: vec![event("late", NOW, hit())], anew: false });
    let selected = |state: &mut State| state.pane().selected();
    assert_eq!(selected(&mut state), Some(5));
    press(&mut state, "G");
    state.learn(News::Events { events: vec![event("later", NOW, hit())], anew: false });
    assert_eq!(selected(&mut state), Some(8));
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
fn the_mouse_selects_and_opens() {
    let mut state = full();
    let mut terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
    let mut areas = Areas::default();
    let look = Look::new(false, true);
    let mut act = |state: &mut State, kind, column, row| {
        terminal.draw(|frame| areas = draw(state, frame, frame.area(), &look)).unwrap();
        let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        pointed(state, &areas, mouse);
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    act(&mut state, click, 5, 9);
    assert_eq!(state.pane().selected(), Some(0));
    act(&mut state, click, 5, 9);
    assert!(matches!(&state.overlay, Some(Overlay::Details(details)) if details.title.starts_with("libc")));
    act(&mut state, click, 1, 1);
    assert!(state.overlay.is_none());
    act(&mut state, MouseEventKind::ScrollDown, 50, 20);
    assert_eq!(state.pane().selected(), Some(3));
    act(&mut state, click, 50, 25);
    assert_eq!(state.pane().selected(), Some(3), "there is no row");
    act(&mut state, click, 25, 3);
    assert_eq!(state.tab, Tab::Store);
}

#[test]
fn only_the_last_question_is_answered() {
    let mut state = full();
    let ask = |state: &mut State| match pressed(state, KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)) {
        Wish::Explain(question) => question.number,
        other => panic!("{other:?}"),
    };
    let first = ask(&mut state);
    press(&mut state, "\x1b");
    let second = ask(&mut state);
    state.learn(News::Explained { question: second, text: "the second".into() });
    state.learn(News::Explained { question: first, text: "the first".into() });
    let shown = screen(&mut state, 100, 30);
    assert!(shown.contains("the second") && !shown.contains("the first"), "{shown}");
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
