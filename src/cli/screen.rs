//! What the commands with a full screen share.
//!
//! Owns the question whether there is a terminal to draw on, what it can show, and how a view's end becomes that of
//! the command. Never draws.

use std::process::ExitCode;

use super::Outcome;
use super::context::Context;
use super::error::CliError;
use crate::env::{self, Env};
use crate::signal;
use crate::tui::{self, Ended, Look, View};

/// Whether there is a terminal on which a view can be drawn.
pub(super) fn has_screen(context: &Context) -> bool {
    context.term.has_screen() && context.env.get(env::TERM).is_none_or(|kind| kind != "dumb")
}

/// Demands a terminal for `command`; `hint` says what does without.
pub(super) fn needs_screen(context: &Context, command: &str, hint: &str) -> Result<(), CliError> {
    if has_screen(context) {
        return Ok(());
    }
    Err(CliError::usage(format!("`{command}` needs a terminal")).hint(hint))
}

/// Returns what the terminal can show.
pub(super) fn look(context: &Context) -> Look {
    Look::new(context.term.stdout_color(), has_unicode(&context.env))
}

/// Shows a view until it ends. A signal that ends it ends this process, too.
pub(super) fn show(context: &Context, view: &mut impl View) -> Outcome {
    let ended = tui::show(view, &look(context)).map_err(|error| {
        let error = anyhow::Error::new(error).context("failed to draw on the terminal");
        CliError::new(super::Kind::Failed, error)
    })?;
    match ended {
        Ended::ByView => Ok(ExitCode::SUCCESS),
        Ended::BySignal(number) => {
            signal::die_by(number);
            Ok(ExitCode::from(u8::try_from(128 + number).unwrap_or(u8::MAX)))
        }
    }
}

/// Whether the locale has more characters than ASCII. The first of the variables that has a value decides.
fn has_unicode(env: &Env) -> bool {
    let locale = [env::LC_ALL, env::LC_CTYPE, env::LANG].into_iter().find_map(|name| env.get(name));
    locale.is_some_and(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_with_a_value_decides() {
        let unicode = |pairs: &[(&str, &str)]| has_unicode(&Env::from_pairs(pairs.iter().copied()));
        assert!(!unicode(&[]));
        assert!(unicode(&[("LANG", "de_DE.UTF-8")]));
        assert!(unicode(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]));
        assert!(!unicode(&[("LC_ALL", "C"), ("LC_CTYPE", "C.UTF-8"), ("LANG", "C.UTF-8")]));
        assert!(!unicode(&[("LANG", "de_DE.ISO-8859-1")]));
    }
}
