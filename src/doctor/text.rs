//! The findings as people read them.
//!
//! Owns the marks, in what the terminal can show, and the last line.

use std::fmt::Write as _;

use super::Examination;
use super::finding::{Finding, Repair, Severity};
use crate::env::Env;
use crate::quantity::count;

/// What a reader can see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    ascii: bool,
    color: bool,
}

impl Style {
    /// Decides by the locale; whoever is no terminal reads UTF-8.
    pub fn of(env: &Env, is_terminal: bool, color: bool) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| env.get(name));
        let locale = locale.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        Self { ascii: is_terminal && !is_utf8, color }
    }

    /// Returns the mark of a severity. All marks are of one width.
    pub(super) fn mark(self, severity: Severity) -> String {
        let (mark, plain, color) = match severity {
            Severity::Ok => ("✓", "ok", "32"),
            Severity::Note => ("!", "! ", "33"),
            Severity::Problem => ("✗", "x ", "31"),
        };
        let mark = if self.ascii { plain } else { mark };
        if self.color { format!("\x1b[{color}m{mark}\x1b[0m") } else { mark.to_owned() }
    }

    /// Returns what leads to a remedy.
    pub(super) fn arrow(self) -> &'static str {
        if self.ascii { "->" } else { "→" }
    }
}

impl Examination {
    /// Returns the text for people.
    pub fn text(&self, style: Style) -> String {
        let rustc = self.rustc.as_deref().unwrap_or("unknown");
        let head = format!("cargo-kache {}, rustc {rustc}\n", self.version);
        head + &lines(&self.findings, style) + &self.verdict() + "\n"
    }

    /// Returns the same without what becomes of lines of files, for whoever tells that elsewhere.
    pub fn without_lines(&self) -> Self {
        let mut brief = self.clone();
        for finding in &mut brief.findings {
            finding.fix.take_if(|_| matches!(finding.repair, Some(Repair::ByHand(_))));
        }
        brief
    }

    /// Returns the problems alone, as lines.
    pub fn problems(&self, style: Style) -> String {
        let problems = self.findings.iter().filter(|finding| finding.severity == Severity::Problem);
        lines(&problems.cloned().collect::<Vec<_>>(), style)
    }

    /// Whether something does not work.
    pub fn is_ill(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Problem)
    }

    /// Returns how many things that are not well `--fix` mends.
    pub fn fixable(&self) -> usize {
        let ill = self.findings.iter().filter(|finding| finding.severity > Severity::Ok);
        ill.filter(|finding| finding.is_fixable()).count()
    }

    fn verdict(&self) -> String {
        let number = |severity| self.findings.iter().filter(|f| f.severity == severity).count() as u64;
        let (problems, notes) = (number(Severity::Problem), number(Severity::Note));
        let parts = [(problems, "problem", "problems"), (notes, "note", "notes")];
        let parts = parts.into_iter().filter(|(number, ..)| *number > 0);
        let parts = parts.map(|(number, one, many)| count(number, one, many)).collect::<Vec<_>>();
        if parts.is_empty() { "All checks passed.".to_owned() } else { parts.join(", ") }
    }
}

fn lines(findings: &[Finding], style: Style) -> String {
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for finding in findings {
        let _ =
            writeln!(text, "  {} {:width$}  {}", style.mark(finding.severity), finding.name, finding.detail);
        if let Some(fix) = &finding.fix {
            let _ = writeln!(text, "    {} {}", style.arrow(), fix.replace('\n', "\n      "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_shown_with_what_to_do() {
        let style = Style::default();
        let mut examination = Examination {
            version: "0.1.0",
            rustc: Some("1.95.0".into()),
            findings: vec![Finding::ok("binary", "/bin/cargo-kache")],
        };
        assert_eq!(
            examination.text(style),
            "cargo-kache 0.1.0, rustc 1.95.0\n  ✓ binary  /bin/cargo-kache\nAll checks passed.\n"
        );
        examination.findings.push(Finding::note("store", "almost full").fix("run `cargo kache gc`"));
        examination.findings.push(Finding::problem("wrapper", "gone"));
        examination.findings.push(Finding::problem("wrapper", "gone too"));
        assert_eq!(
            examination.text(style),
            "cargo-kache 0.1.0, rustc 1.95.0\n\
             \x20 ✓ binary   /bin/cargo-kache\n\
             \x20 ! store    almost full\n\
             \x20   → run `cargo kache gc`\n\
             \x20 ✗ wrapper  gone\n\
             \x20 ✗ wrapper  gone too\n\
             2 problems, 1 note\n"
        );
        let old = Env::from_pairs([("LANG", "en_US.UTF-8"), ("LC_ALL", "C")]);
        let text = examination.text(Style::of(&old, true, false));
        assert!(
            text.is_ascii() && text.contains("\n  ok binary ") && text.contains("\n  x  wrapper "),
            "{text}"
        );
        assert!(text.contains("\n    -> run"), "{text}");
        let new = Env::from_pairs([("LANG", "en_US.UTF-8")]);
        for style in [Style::of(&new, true, false), Style::of(&old, false, false)] {
            assert!(examination.text(style).contains("  ✗ wrapper  gone\n"));
        }
        assert!(examination.text(Style::of(&new, true, true)).contains("\u{1b}[31m✗\u{1b}[0m wrapper"));
    }
}
