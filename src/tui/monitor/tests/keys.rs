//! What keys and mouse do.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::super::details::Overlay;
use super::super::keys::pointed;
use super::*;

/// Returns the first words of the shown rows.
fn names(state: &mut State) -> Vec<String> {
    let rows = state.pane().rows.clone();
    let text = state.tab.sheet().text;
    rows.into_iter().map(|row| text(state, row).split(' ').next().unwrap().to_owned()).collect()
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
