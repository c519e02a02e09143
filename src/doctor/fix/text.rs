//! What was done, as people read it.
//!
//! Owns the sections of the text and their order.

use std::fmt::Write as _;

use super::super::finding::{Line, Severity};
use super::super::text::Style;
use super::{Done, Report, Status};

impl Report {
    /// Returns the text for people.
    pub fn text(&self, style: Style) -> String {
        let (migration, repairs): (Vec<_>, Vec<_>) = self.actions.iter().partition(|done| done.is_migration);
        let mut text = String::new();
        if !repairs.is_empty() {
            text += "\nRepairs:\n";
            text += &lines(&repairs, style);
        }
        text += "\nMigrating from sccache\n";
        if !self.found_sccache && migration.is_empty() && self.notes.is_empty() {
            text += "No sccache configuration found. Nothing to migrate.\n";
            if let Some(how) = self.how {
                let _ = writeln!(text, "For plain `cargo build` to be cached, {how}.");
            }
        } else {
            text += &self.migration(&migration, style);
        }
        if self.dry_run {
            text += "\nNothing was changed.\n";
        } else if let Some(backups) = &self.backups {
            let _ = writeln!(text, "\nThe files as they were: {}", backups.display());
        }
        text
    }

    fn migration(&self, migration: &[&Done], style: Style) -> String {
        let mut text = String::new();
        for note in &self.notes {
            let _ = writeln!(text, "  {} {note}", style.mark(Severity::Note));
        }
        if !self.by_hand.is_empty() {
            text += "Change these lines yourself:\n";
            text += &self.by_hand.iter().map(by_hand).collect::<String>();
        }
        if migration.is_empty() {
            return text + "Nothing else is left to migrate.\n";
        }
        text += if self.dry_run { "\nMigration, if it were done:\n" } else { "\nMigration summary:\n" };
        text += &lines(migration, style);
        if !self.dry_run {
            text += "Then verify with `kache doctor`\n";
        }
        text
    }
}

fn by_hand(line: &Line) -> String {
    let place = format!("  {}:{}\n", line.file.display(), line.line);
    place + &line.text().lines().map(|line| format!("    {line}\n")).collect::<String>()
}

fn lines(actions: &[&Done], style: Style) -> String {
    let mut text = String::new();
    for done in actions {
        let mark = match done.status {
            Status::Planned => "would".to_owned(),
            Status::Done => style.mark(Severity::Ok),
            Status::Failed => style.mark(Severity::Problem),
        };
        let why = done.error.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let _ = writeln!(text, "  {mark} {}{why}", done.action);
        if let Some(diff) = &done.diff {
            text += &diff.lines().map(|line| format!("    {line}\n")).collect::<String>();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            dry_run: false,
            actions: Vec::new(),
            by_hand: Vec::new(),
            notes: Vec::new(),
            backups: None,
            found_sccache: false,
            how: Some("set it"),
        }
    }

    fn done(action: &str, error: Option<&str>) -> Done {
        Done {
            action: action.to_owned(),
            status: if error.is_some() { Status::Failed } else { Status::Done },
            error: error.map(str::to_owned),
            path: None,
            diff: None,
            is_migration: true,
        }
    }

    #[test]
    fn nothing_to_do() {
        let mut report = report();
        let text = "\nMigrating from sccache\nNo sccache configuration found. Nothing to migrate.\n";
        let how = "For plain `cargo build` to be cached, set it.\n";
        assert_eq!(report.text(Style::default()), format!("{text}{how}"));
        report.how = None;
        assert_eq!(report.text(Style::default()), text);
        report.found_sccache = true;
        let text = "\nMigrating from sccache\nNothing else is left to migrate.\n";
        assert_eq!(report.text(Style::default()), text);
    }

    #[test]
    fn what_was_done() {
        let mut report = report();
        report.actions = vec![done("Edited /f", None), done("edit /g", Some("it is read-only"))];
        report.notes = vec!["mind this".to_owned()];
        report.backups = Some("/b".into());
        assert_eq!(
            report.text(Style::default()),
            "\nMigrating from sccache\n  ! mind this\n\n\
             Migration summary:\n  ✓ Edited /f\n  ✗ edit /g: it is read-only\n\
             Then verify with `kache doctor`\n\n\
             The files as they were: /b\n"
        );
        assert!(report.has_failed());
    }
}
