//! How the selector looks.
//!
//! Owns the places on the screen: the list, the details of the row under the cursor, what the marked ones come to, and
//! the keys. Decides nothing; it only notes where the rows were drawn, for clicks.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::super::Look;
use super::{Row, Selector};
use crate::fs::PathError;
use crate::quantity::{count, format_size};
use crate::report::time::ago;
use crate::targets::Measured;

/// Width of a size: `123.4 MB`.
const SIZE: usize = 8;
/// Width of the time since the last use: `123d ago`.
const USED: usize = 8;
/// Height from which on each part of a directory has a line of its own.
const TALL: u16 = 24;
/// Width from which on the list shows profiles.
const WIDE: u16 = 80;

pub(super) fn draw(selector: &mut Selector, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let is_tall = area.height >= TALL;
    let details = if is_tall { 11 } else { 5 };
    let heights =
        [Constraint::Min(4), Constraint::Length(details), Constraint::Length(1), Constraint::Length(1)];
    let [list, detail, sum, keys] = Layout::vertical(heights).areas(area);
    draw_list(selector, frame, list, look);
    draw_details(selector, frame, detail, is_tall, look);
    frame.render_widget(summary(selector, look), sum);
    frame.render_widget(help(area.width, look), keys);
}

fn draw_list(selector: &mut Selector, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let known = selector.known();
    let all = selector.rows.len();
    let mut block = look.block().title(Span::styled(" Target directories ", look.heading()));
    if known < all {
        block = block.title(Line::from(format!(" measured {known} of {all} ")).right_aligned());
    } else if all + 3 > usize::from(area.height) {
        block = block.title(Line::from(format!(" {} of {all} ", selector.cursor + 1)).right_aligned());
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let [head, list] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(inner);
    let columns = Columns::of(selector, list.width);
    frame.render_widget(Line::styled(columns.head(), look.quiet()), head);

    let height = usize::from(list.height);
    selector.list = list;
    selector.top = selector.top.min(selector.cursor).max((selector.cursor + 1).saturating_sub(height));
    selector.top = selector.top.min(all.saturating_sub(height));
    let shown = selector.rows.iter().enumerate().skip(selector.top).take(height);
    let lines = shown.map(|(index, row)| {
        let line = columns.line(row, selector.now_ms, look);
        if index == selector.cursor { line.style(look.selected()) } else { line }
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), list);
}

/// The widths of the columns that give way.
struct Columns {
    path: usize,
    /// 0: there is no such column.
    profiles: usize,
}

impl Columns {
    fn of(selector: &Selector, width: u16) -> Self {
        let names = selector.rows.iter().map(|row| columns(&profiles(row))).max().unwrap_or(0);
        let profiles = if width + 2 >= WIDE { names.clamp(8, 24) } else { 0 };
        let others = cells("", "", "", "", "").len() + if profiles > 0 { profiles + 2 } else { 0 };
        Self { path: usize::from(width).saturating_sub(others), profiles }
    }

    fn head(&self) -> String {
        let head = cells("", &padded("PATH", self.path), "SIZE", "FREES", "USED");
        if self.profiles > 0 { head + " PROFILES" } else { head }
    }

    fn line(&self, row: &Row, now_ms: u64, look: &Look) -> Line<'static> {
        let mark = if row.marked { "[x]" } else { "[ ]" };
        let path = end_of(&row.path, self.path, look);
        let dots = look.symbol("…", "...");
        let mut text = match (&row.figures, row.measured()) {
            (_, Some(measured)) => {
                let used = measured.last_used_ms.map_or("-".to_owned(), |used| ago(used, now_ms));
                let used = if measured.busy { "in use" } else { &used };
                cells(mark, &path, &format_size(measured.bytes), &format_size(measured.freed()), used)
            }
            (Some(_), None) => cells(mark, &path, "-", "-", "-"),
            (None, None) => cells(mark, &path, dots, dots, dots),
        };
        if self.profiles > 0 {
            text += &format!(" {} ", start_of(&profiles(row), self.profiles, look));
        }
        let style = match row.measured() {
            Some(measured) if measured.busy => look.warn(),
            Some(_) if row.marked => look.good(),
            Some(_) => Style::new(),
            None if row.figures.is_some() => look.bad(),
            None => look.quiet(),
        };
        Line::styled(text, style)
    }
}

/// Puts cells into a row; the path is as wide as its column.
fn cells(mark: &str, path: &str, size: &str, frees: &str, used: &str) -> String {
    format!(" {mark:3} {path}  {size:>SIZE$}  {frees:>SIZE$}  {used:>USED$} ")
}

fn profiles(row: &Row) -> String {
    row.measured().map(|measured| measured.profiles.join(", ")).unwrap_or_default()
}

/// Returns a path, without its beginning if it is too long, as wide as asked for.
fn end_of(text: &str, width: usize, look: &Look) -> String {
    let dots = if columns(text) > width { look.symbol("…", "...") } else { "" };
    let mut rest = text.chars();
    while columns(dots) + columns(rest.as_str()) > width && rest.next().is_some() {}
    padded(&format!("{dots}{}", rest.as_str()), width)
}

/// Returns a text, without its end if it is too long, as wide as asked for.
fn start_of(text: &str, width: usize, look: &Look) -> String {
    let dots = if columns(text) > width { look.symbol("…", "...") } else { "" };
    let mut rest = text.chars();
    while columns(dots) + columns(rest.as_str()) > width && rest.next_back().is_some() {}
    padded(&format!("{}{dots}", rest.as_str()), width)
}

/// Returns how many columns of the screen a text takes.
fn columns(text: &str) -> usize {
    Span::raw(text).width()
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

fn draw_details(selector: &Selector, frame: &mut Frame<'_>, area: Rect, is_tall: bool, look: &Look) {
    let Some(row) = selector.rows.get(selector.cursor) else { return };
    let path = end_of(&row.path, usize::from(area.width).saturating_sub(6), look);
    let title = format!(" {} ", path.trim_end());
    let block = look.block().title(Span::styled(title, look.heading()));
    let width = block.inner(area).width;
    let lines = match &row.figures {
        None => vec![Line::styled("being measured", look.quiet())],
        Some(Err(error)) => vec![Line::styled(told(error), look.bad())],
        Some(Ok(measured)) if is_tall => tall(measured, width, look),
        Some(Ok(measured)) => short(measured, look),
    };
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn told(error: &PathError) -> String {
    format!("{error}: {}", error.source)
}

/// Each part on a line of its own, with a bar.
fn tall(measured: &Measured, width: u16, look: &Look) -> Vec<Line<'static>> {
    let bar_width = u64::from(width.saturating_sub(28).min(50));
    let part = |(name, bytes): (&str, u64)| {
        // At least one cell for what is there at all.
        let cells = (bytes * bar_width).div_ceil(measured.bytes.max(1));
        let bar = look.symbol("█", "#").repeat(usize::try_from(cells).unwrap_or(0));
        let text = Span::raw(format!(" {name:<12}  {:>SIZE$}  ", format_size(bytes)));
        Line::from(vec![text, Span::styled(bar, look.heading())])
    };
    let mut lines = measured.parts.named().map(part).to_vec();
    lines.push(Line::default());
    lines.push(shared(measured));
    lines.push(state(measured, look));
    lines
}

/// The parts in two lines.
fn short(measured: &Measured, look: &Look) -> Vec<Line<'static>> {
    let part = |(name, bytes): &(&str, u64)| format!("{name} {}", format_size(*bytes));
    let parts = measured.parts.named().iter().map(part).collect::<Vec<_>>();
    let (first, second) = parts.split_at(3);
    let mut lines =
        vec![Line::from(format!(" {}", first.join(", "))), Line::from(format!(" {}", second.join(", ")))];
    let is_plain = !measured.busy && measured.mounted.is_none() && measured.unreadable.is_none();
    lines.push(if is_plain { shared(measured) } else { state(measured, look) });
    lines
}

/// What becomes of the bytes.
fn shared(measured: &Measured) -> Line<'static> {
    let freed = format!(" removal frees {}", format_size(measured.freed()));
    Line::from(match measured.cached {
        0 => freed + "; nothing is shared with the cache",
        cached => format!("{freed}; {} shared with the cache stay", format_size(cached)),
    })
}

/// What else there is to know.
fn state(measured: &Measured, look: &Look) -> Line<'static> {
    if measured.busy {
        return Line::styled(" a build is running: it will be skipped", look.warn());
    }
    if let Some(mounted) = &measured.mounted {
        return Line::styled(format!(" another file system is mounted at {}", mounted.display()), look.bad());
    }
    if let Some(error) = &measured.unreadable {
        return Line::styled(format!(" {}", told(error)), look.bad());
    }
    let profiles = measured.profiles.join(", ");
    Line::from(if profiles.is_empty() { String::new() } else { format!(" profiles {profiles}") })
}

fn summary(selector: &Selector, look: &Look) -> Line<'static> {
    let marked = selector.rows.iter().filter(|row| row.marked).collect::<Vec<_>>();
    if marked.is_empty() {
        return Line::styled(" nothing selected", look.quiet());
    }
    let number = count(selector.rows.len() as u64, "directory", "directories");
    let total = selector.total();
    let text = format!(
        " {} of {number} selected: {}, removal frees {}",
        marked.len(),
        format_size(total.bytes),
        format_size(total.freed)
    );
    let is_partial = marked.iter().any(|row| row.figures.is_none());
    Line::from(if is_partial { text + " at least" } else { text })
}

fn help(width: u16, look: &Look) -> Line<'static> {
    let keys: [(&str, &str); 6] = [
        ("space", "toggle"),
        ("a", "all"),
        ("n", "none"),
        ("enter", if width < WIDE { "remove" } else { "remove selected" }),
        ("q", "cancel"),
        (look.symbol("↑↓", "arrows"), "move"),
    ];
    // The last ones are those that anybody finds.
    let shown = if width < WIDE { &keys[..5] } else { &keys[..] };
    let spans = shown.iter().flat_map(|(key, does)| {
        [Span::styled(format!(" {key} "), look.heading()), Span::styled(format!("{does} "), look.quiet())]
    });
    Line::from(spans.collect::<Vec<_>>())
}
