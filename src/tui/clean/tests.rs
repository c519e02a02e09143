use std::sync::mpsc::{Sender, channel};

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
