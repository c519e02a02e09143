//! The state and its screens, without a terminal. What the screens show lies in `screens/`.

mod keys;
mod screens;
mod state;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::feed::targets::Usage;
use super::feed::{DaemonNews, News, StoreNews};
use super::keys::{Areas, Wish, pressed};
use super::state::{Facts, State};
use super::tabs::Tab;
use super::{Look, draw};
use crate::digest::Digest;
use crate::entry::{self, Artefact, Entry, Inputs, Output, OutputKind, Tree};
use crate::event::{
    BuildId, Bypass, Bytes, Direction, MissReason, Mode, Outcome, Target, TransferEvent, Unit, UnitEvent,
};
use crate::report::entries::{Listing, Origin};
use crate::rustc::paths::Loose;
use crate::store::usage::Space;
use crate::targets::Parts;

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
        listing.add(key, entry, usage, Origin::Here);
    }
    let uses = |size| Usage {
        size,
        cached: size / 2,
        freed: size / 2,
        parts: Parts { incremental: size / 4, deps: size / 2, binaries: size / 4, ..Parts::default() },
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
        News::Measured("/w/app/target".into(), Some(uses(8_100_000_000))),
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
