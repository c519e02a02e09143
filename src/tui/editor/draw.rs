//! The page: title, list and keys.
//!
//! Owns columns and colours of the list. Changes nothing but how far the list is scrolled.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::field::{Entry, Field};
use super::list::{self, Row};
use super::mode::{Message, Mode};
use super::state::State;
use super::{details, dialog};
use crate::config::{Origin, Setting};
use crate::tui::Look;
use crate::tui::text::{cut, width};

/// Rows from which on there is room for blank ones.
const AIRY: u16 = 24;

/// Columns of the place a value comes from.
const FROM: usize = 16;

/// Columns of a value at most: what it comes from is to be seen beside it.
const VALUE: usize = 48;

/// Columns of the mark at the selected row.
const MARK: usize = 3;

/// Draws the settings.
pub(super) fn settings(state: &mut State, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let airy = area.height >= AIRY;
    let parts = [
        Constraint::Length(if airy { 2 } else { 1 }),
        Constraint::Min(1),
        Constraint::Length(details::HEIGHT),
        Constraint::Length(if airy { 1 } else { 0 }),
        Constraint::Length(1),
    ];
    let [top, middle, below, said, bottom] = Layout::vertical(parts).areas(area);

    let unsaved = match state.changes {
        0 => String::new(),
        1 => "1 unsaved change".to_owned(),
        count => format!("{count} unsaved changes"),
    };
    let filter = if state.filter.is_empty() { String::new() } else { format!("/{}  ", state.filter) };
    title(&state.path, &format!("{filter}{unsaved}"), frame, top, look);

    let note = matches!(state.mode, Mode::Field(_)).then_some(state.selected);
    let rows = list::rows(&state.settings, &state.filter, note, airy);
    state.list.arrange(rows, middle, state.selected);
    draw_list(state, frame, look);

    details::draw(state.current(), frame, below, look);
    footer(state, frame, bottom, look);
    if let Some(message) = &state.message {
        say(message, frame, if airy { said } else { bottom }, look);
    }
    dialog::draw(state, frame, area, look);
}

/// Names the file, and says something at the right.
pub(super) fn title(path: &str, right: &str, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let name = " kache settings  ";
    let right = cut(right.trim_end(), usize::from(area.width / 2));
    let room = usize::from(area.width).saturating_sub(name.len() + width(&right) + 2);
    let left =
        Line::from(vec![Span::styled(name, look.heading()), Span::styled(cut(path, room), look.quiet())]);
    frame.render_widget(left, area);
    frame.render_widget(Line::from(Span::styled(format!("{right} "), look.warn())).right_aligned(), area);
}

fn draw_list(state: &State, frame: &mut Frame<'_>, look: &Look) {
    let area = state.list.area;
    if state.list.rows.is_empty() {
        let text = format!("   No setting matches `{}`.", state.filter);
        frame.render_widget(Line::styled(cut(&text, area.width.into()), look.warn()), area);
        return;
    }
    let longest = state.settings.iter().map(|setting| list::short_name(setting).len()).max();
    let columns = Columns::new(usize::from(area.width), longest.unwrap_or_default());
    let seen = state.list.rows.iter().skip(state.list.offset).zip(area.rows());
    for (row, area) in seen {
        match row {
            Row::Blank => {}
            Row::Heading(section) => {
                frame.render_widget(Line::styled(format!(" {}", section.title()), look.heading()), area);
            }
            Row::Setting(number) => {
                let setting = &state.settings[*number];
                let field = match &state.mode {
                    Mode::Field(field) if *number == state.selected => Some(field),
                    _ => None,
                };
                let selected = *number == state.selected && state.current().is_some();
                draw_setting(setting, selected, field, &columns, frame, area, look);
            }
            Row::Note => note(&state.mode, frame, area, look),
        }
    }
}

/// How wide the columns of the list are.
struct Columns {
    name: usize,
    value: usize,
    /// Value and origin together.
    rest: usize,
}

impl Columns {
    fn new(width: usize, name: usize) -> Self {
        let name = name + 2;
        let rest = width.saturating_sub(MARK + name + 1);
        Self { name, value: rest.saturating_sub(FROM + 2).min(VALUE), rest }
    }
}

fn draw_setting(
    setting: &Setting,
    selected: bool,
    field: Option<&Field>,
    columns: &Columns,
    frame: &mut Frame<'_>,
    area: Rect,
    look: &Look,
) {
    let mark = if selected { look.symbol(" ▸ ", " > ") } else { "   " };
    let name = format!("{mark}{:<1$}", list::short_name(setting), columns.name);
    if let Some(field) = field {
        frame.render_widget(Line::styled(name, Style::new().add_modifier(Modifier::BOLD)), area);
        let start = u16::try_from(MARK + columns.name).unwrap_or_default();
        let width = u16::try_from(columns.rest).unwrap_or_default();
        entry(&field.entry, frame, Rect { x: area.x + start, width, ..area });
        return;
    }

    let mut spans = vec![Span::raw(name)];
    if let Some((variable, value)) = &setting.locked {
        let text = format!("(env: {variable}={value})");
        let style = if setting.problem.is_some() { look.bad() } else { look.quiet() };
        spans.push(Span::styled(cut(&text, columns.rest), style));
    } else {
        let value = setting.value.as_deref().filter(|value| !value.is_empty());
        let shown = cut(value.unwrap_or("-"), columns.value);
        let room = columns.value.saturating_sub(width(&shown)) + 2;
        let style = if setting.from == Origin::Default { look.quiet() } else { Style::new() };
        spans.extend([Span::styled(shown, style), Span::raw(" ".repeat(room)), from(setting, look)]);
    }
    let line = Line::from(spans);
    let line = if selected { line.patch_style(look.selected()) } else { line };
    // The whole row, not only its text.
    if selected {
        frame.buffer_mut().set_style(area, look.selected());
    }
    frame.render_widget(line, area);
}

/// Says where a value comes from, and whether that is not saved yet.
fn from(setting: &Setting, look: &Look) -> Span<'static> {
    let from = match setting.from {
        Origin::Default => "default",
        Origin::User => "file",
        Origin::Project => "project",
        Origin::Env => "env",
    };
    match setting.changed {
        true => Span::styled(format!("{from}, unsaved"), look.warn()),
        false if setting.from == Origin::Default => Span::styled(from, look.quiet()),
        false => Span::raw(from),
    }
}

/// Draws a text being typed, and puts the cursor into it.
fn entry(entry: &Entry, frame: &mut Frame<'_>, area: Rect) {
    let (hidden, cursor) = entry.window(area.width.into());
    let column = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    frame.buffer_mut().set_style(area, Style::new().add_modifier(Modifier::UNDERLINED));
    frame.render_widget(Paragraph::new(entry.text()).scroll((0, column(hidden))), area);
    frame.set_cursor_position(Position::new(area.x + column(cursor), area.y));
}

/// Says what the field above takes, or why it does not take what is there.
fn note(mode: &Mode, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let Mode::Field(field) = mode else { return };
    let (text, style) = match field.refusal() {
        Some(why) => (why, look.bad()),
        None => (field.expected(), look.quiet()),
    };
    let text = format!("     {}{text}", look.symbol("└ ", "` "));
    frame.render_widget(Line::styled(cut(&text, area.width.into()), style), area);
}

fn footer(state: &State, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    if let Mode::Filter(filter) = &state.mode {
        let prompt = " filter: ";
        let start = u16::try_from(prompt.len()).unwrap_or_default();
        frame.render_widget(Line::styled(prompt, look.heading()), area);
        let rest = Rect { x: area.x + start, width: area.width.saturating_sub(start + 1), ..area };
        return entry(filter, frame, rest);
    }
    let list: &[_] = match &state.mode {
        Mode::Field(_) => &[("Enter", "keep"), ("Esc", "leave as it was"), ("Ctrl-S", "keep and save")],
        _ if !state.filter.is_empty() => {
            &[("Enter", "change"), ("u", "unset"), ("s", "save"), ("c", "all settings"), ("q", "quit")]
        }
        _ => &[
            ("Enter", "change"),
            ("u", "unset"),
            ("s", "save"),
            ("/", "filter"),
            ("?", "help"),
            ("q", "quit"),
        ],
    };
    keys(list, frame, area, look);
}

/// Says something, over what may be there.
fn say(message: &Message, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let style = if message.is_good { look.good() } else { look.warn() };
    let text = format!(" {}", cut(&message.text, usize::from(area.width).saturating_sub(2)));
    frame.render_widget(Clear, area);
    frame.render_widget(Line::styled(text, style), area);
}

/// Lists keys and what they do.
pub(super) fn keys(list: &[(&str, &str)], frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let spans = list.iter().flat_map(|(key, does)| {
        [Span::raw(" "), Span::styled(*key, bold), Span::styled(format!(" {does} "), look.quiet())]
    });
    frame.render_widget(Line::from(spans.collect::<Vec<_>>()), area);
}
