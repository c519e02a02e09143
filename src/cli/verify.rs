//! `verify`: reads the whole store and says what is damaged.

use std::process::ExitCode;

use super::args::Format;
use super::context::Context;
use super::error::Kind;
use super::{Outcome, output};
use crate::quantity::{count, format_size};
use crate::report::table::{Align, Table};
use crate::report::text::short_key;
use crate::store::verify::{self, Summary};

/// Check every entry and file of the store
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache verify            Read and check all of the store
  cargo kache verify --repair   And drop what is damaged")]
pub(super) struct Args {
    /// Remove what is damaged
    #[arg(long)]
    repair: bool,
    #[command(flatten)]
    format: Format,
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let opened = context.open()?;
    let summary = verify::run(&opened.store, args.repair)?;
    let text = match args.format.is_json() {
        true => output::object(&summary),
        false => text(&summary, context.term.width()),
    };
    context.term.result(&text)?;
    let is_damaged = summary.damaged > 0 && !summary.repaired;
    Ok(if is_damaged { Kind::Failed.into() } else { ExitCode::SUCCESS })
}

fn text(summary: &Summary, width: Option<usize>) -> String {
    let mut text = String::new();
    if !summary.problems.is_empty() {
        let columns = ["PROBLEM", "KEY", "CRATE", "DETAIL"].map(|name| (name, Align::Left));
        let mut table = Table::new(columns);
        for row in &summary.problems {
            let key = row.key.as_deref().map_or("", short_key).to_owned();
            let package = row.package.clone().unwrap_or_default();
            table.row([row.problem.word().to_owned(), key, package, row.detail.clone()]);
        }
        text = table.render(width);
    }
    let entries = count(summary.entries as u64, "entry", "entries");
    let repaired = if summary.repaired { ", removed" } else { "" };
    let (size, damaged) = (format_size(summary.bytes), summary.damaged);
    text + &format!("Checked {entries} ({size}): {damaged} damaged{repaired}.\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::verify::{Problem, Row};

    #[test]
    fn damage_is_listed() {
        let row = Row {
            problem: Problem::Content,
            key: Some("0123456789abcdef0123456789abcdef".into()),
            package: Some("app".into()),
            detail: "libapp.rlib: other".into(),
        };
        let stray = Row { problem: Problem::Stray, key: None, package: None, detail: "/c/x".into() };
        let problems = vec![row, stray];
        let summary = Summary { entries: 1234, bytes: 12_300_000_000, damaged: 2, problems, repaired: false };
        assert_eq!(
            text(&summary, None),
            "PROBLEM  KEY               CRATE  DETAIL\n\
             content  0123456789abcdef  app    libapp.rlib: other\n\
             stray    -                 -      /c/x\n\
             Checked 1234 entries (12.3 GB): 2 damaged.\n"
        );
    }
}
