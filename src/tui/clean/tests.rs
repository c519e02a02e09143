use std::sync::mpsc::{Sender, channel};

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;

type Send = Sender<(usize, fs::Result<Measured>)>;

fn selector(paths: &[&str]) -> (Selector, Send) {
    let (sender, figures) = channel();
    (Selector::new(paths.iter().map(|path| (*path).to_owned()).collect(), figures, 0), sender)
}

fn press(selector: &mut Selector, keys: &str) -> Flow {
    let code = |key: char| match key {
        '\n' => KeyCode::Enter,
        '^' => KeyCode::Up,
        'v' => KeyCode::Down,
        other => KeyCode::Char(other),
    };
    let mut flow = Flow::Stay;
    for key in keys.chars() {
        flow = selector.on(Input::Key(KeyEvent::new(code(key), KeyModifiers::NONE)));
    }
    flow
}

fn size(bytes: u64) -> fs::Result<Measured> {
    let mut measured = Measured::default();
    measured.bytes = bytes;
    Ok(measured)
}

#[test]
fn marks_become_the_answer() {
    let chosen = |keys: &str| {
        let (mut selector, _sender) = selector(&["a", "b", "c"]);
        assert_eq!(press(&mut selector, keys), Flow::End);
        selector.answer().unwrap()
    };
    assert_eq!(chosen("\n"), Answer::These(vec![]));
    assert_eq!(chosen(" vv \n"), Answer::These(vec![0, 2]));
    assert_eq!(chosen("a^v \n"), Answer::These(vec![0, 2]));
    assert_eq!(chosen("an\n"), Answer::These(vec![]));
    assert_eq!(chosen("aq"), Answer::Cancelled);
    let (mut selector, _sender) = selector(&["a"]);
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(selector.on(Input::Key(ctrl_c)), Flow::End);
    assert_eq!(selector.answer(), Some(Answer::Cancelled));
}

#[test]
fn figures_sort_the_rows_and_marks_stay_with_theirs() {
    let (mut selector, sender) = selector(&["a", "b", "c"]);
    sender.send((1, size(5))).unwrap();
    assert_eq!(selector.on(Input::Tick), Flow::Draw);
    assert_eq!(selector.on(Input::Tick), Flow::Stay);
    // Nobody had moved the cursor: it is on the largest.
    assert_eq!((selector.rows[0].number, selector.cursor), (1, 0));
    press(&mut selector, " ");
    sender.send((2, size(9))).unwrap();
    let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
    let error = fs::PathError { action: "find", path: "a".into(), source: gone };
    sender.send((0, Err(error))).unwrap();
    selector.on(Input::Tick);
    assert_eq!(selector.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!((selector.cursor, selector.marked()), (1, vec![1]));
    assert_eq!(selector.known(), 3);
}

#[test]
fn clicks_toggle_the_row_under_them() {
    let (mut selector, _sender) = selector(&["a", "b", "c"]);
    selector.list = Rect::new(1, 2, 20, 2);
    selector.top = 1;
    let mut click = |column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        selector.on(Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    };
    assert_eq!(click(5, 3), Flow::Draw);
    assert_eq!(click(5, 4), Flow::Stay);
    assert_eq!(click(0, 3), Flow::Stay);
    assert_eq!((selector.marked(), selector.cursor), (vec![2], 2));
}

/// Draws, without colours, and returns the lines.
fn drawn(selector: &mut Selector, columns: u16, rows: u16, unicode: bool) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let look = Look::new(false, unicode);
    terminal.draw(|frame| selector.draw(frame, frame.area(), &look)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let line =
        |row: &[ratatui::buffer::Cell]| row.iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
    buffer.content().chunks(usize::from(columns)).map(line).collect()
}

#[test]
fn a_long_list_scrolls_with_the_cursor() {
    let names = (1..=30).map(|number| format!("p{number}/target")).collect::<Vec<_>>();
    let (mut selector, sender) = selector(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let head = &drawn(&mut selector, 60, 16, true)[0];
    assert!(head.contains(" measured 0 of 30 "), "{head}");
    for number in 0..30 {
        sender.send((number, size(1000 - number as u64))).unwrap();
    }
    selector.on(Input::Tick);
    let shown = |selector: &mut Selector| {
        let lines = drawn(selector, 60, 16, true);
        let name =
            |line: &String| line.split_whitespace().find(|word| word.ends_with("/target")).map(str::to_owned);
        (lines[0].clone(), lines[..8].iter().filter_map(name).collect::<Vec<_>>())
    };
    assert_eq!(
        shown(&mut selector).1.join(" "),
        "p1/target p2/target p3/target p4/target p5/target p6/target"
    );
    selector.on(Input::Key(KeyEvent::new(KeyCode::End, KeyModifiers::NONE)));
    let (head, names) = shown(&mut selector);
    assert!(head.contains(" 30 of 30 "), "{head}");
    assert_eq!(names.last().unwrap(), "p30/target");
    press(&mut selector, "^^");
    assert_eq!(shown(&mut selector).1, names);
    let page_up = KeyEvent::new(KeyCode::PageUp, KeyModifiers::NONE);
    selector.on(Input::Key(page_up));
    assert_eq!(shown(&mut selector).1[0], "p22/target");
}

#[test]
fn what_is_wrong_with_a_directory_is_told() {
    let (mut selector, sender) = selector(&["broken", "busy", "mounted"]);
    let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
    sender.send((0, Err(fs::PathError { action: "find", path: "broken".into(), source: gone }))).unwrap();
    let mut busy = Measured::default();
    (busy.bytes, busy.busy) = (9, true);
    sender.send((1, Ok(busy))).unwrap();
    let mut mounted = Measured::default();
    (mounted.bytes, mounted.mounted) = (8, Some("/m".into()));
    sender.send((2, Ok(mounted))).unwrap();
    selector.on(Input::Tick);
    press(&mut selector, "a");
    assert_eq!(selector.total().freed, 0);
    for (rows, unicode) in [(30, true), (16, false)] {
        press(&mut selector, "^^");
        for said in ["a build is running", "mounted at /m", "failed to find `broken`"] {
            let lines = drawn(&mut selector, 80, rows, unicode);
            assert!(lines.iter().any(|line| line.contains(said)), "{said} in {lines:#?}");
            assert!(lines.iter().any(|line| line.contains("in use")));
            assert!(unicode || lines.iter().all(|line| line.is_ascii()), "{lines:#?}");
            press(&mut selector, "v");
        }
    }
}
