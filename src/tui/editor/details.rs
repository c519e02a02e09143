//! What is said of the selected setting.
//!
//! Owns the sentences on its values, its default, and who wins over the file.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Wrap};

use crate::config::{Origin, Setting, explain};
use crate::tui::Look;
use crate::tui::text::width;

/// Rows, with the one that holds the name.
pub(super) const HEIGHT: u16 = 7;

/// Draws a name, what it does, and what it takes.
pub(super) fn draw(setting: Option<&Setting>, frame: &mut Frame<'_>, area: Rect, look: &Look) {
    let name = setting.map_or("", |setting| setting.key.name());
    let dash = look.symbol("─", "-");
    let left = if name.is_empty() { dash.repeat(2) } else { format!("{} {name} ", dash.repeat(2)) };
    let right = dash.repeat(usize::from(area.width).saturating_sub(width(&left)));
    let rule = Line::from(vec![Span::raw(left), Span::raw(right)]).style(look.quiet());
    frame.render_widget(rule, Rect { height: 1, ..area });

    let Some(setting) = setting else { return };
    let mut text = Text::from(explain(setting.key));
    text.push_line(Line::styled(facts(setting), look.quiet()));
    let inner = Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 1 };
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), inner);
}

/// Says what a setting takes, its default and its variable, and who wins over the file.
pub(super) fn facts(setting: &Setting) -> String {
    let key = setting.key;
    let mut facts = Vec::new();
    match (&setting.locked, setting.from) {
        (Some((variable, _)), _) => {
            facts.extend(setting.problem.as_ref().map(|why| format!("Invalid value of {variable}: {why}.")));
            facts.push(match (&setting.own, key.path) {
                (_, None) => format!("Only the variable {variable} sets it."),
                (None, _) => format!("Locked by {variable}, which wins over your file."),
                (Some(own), _) => format!("Locked by {variable}, which wins over `{own}` in your file."),
            });
        }
        (None, Origin::Project) => facts.push(match &setting.own {
            None => "Set by the project's .config/kache.toml, which wins over your file.".to_owned(),
            Some(own) => {
                format!("Set by the project's .config/kache.toml, which wins over `{own}` in your file.")
            }
        }),
        _ => facts.push(format!("Takes {}.", key.kind.expected())),
    }
    let default = setting.default.as_ref().filter(|value| !value.is_empty());
    facts.extend(key.path.map(|_| match default {
        Some(default) => format!("Default: `{default}`."),
        None => "Default: none.".to_owned(),
    }));
    if setting.locked.is_none() {
        facts.extend(key.variable.map(|variable| format!("Variable: {variable}.")));
        facts.extend(
            (key.project && setting.from != Origin::Project).then(|| "A project may set it.".to_owned()),
        );
    }
    facts.join(" ")
}
