//! The choice among target directories, by a person.
//!
//! Owns the way to the selector and back: it is shown at once, and the figures come from a thread of their own.

use std::process::ExitCode;
use std::sync::mpsc;

use super::context::{Context, now_ms};
use super::error::CliError;
use super::screen;
use crate::store::held::Held;
use crate::store::layout::Layout;
use crate::targets::{Target, measure};
use crate::tui::clean::{Answer, Selector};

/// What came of the question.
pub(super) enum Picked {
    /// These are to go.
    These(Vec<(Target, String)>),
    /// Nothing is to happen.
    Cancelled,
    /// A signal ended the selector.
    Ended(ExitCode),
}

/// Demands a terminal.
pub(super) fn needs_screen(context: &Context, instead: &str) -> Result<(), CliError> {
    screen::needs_screen(context, "clean", instead)
}

/// Asks which target directories are to go.
pub(super) fn pick(
    context: &Context,
    targets: Vec<(Target, String)>,
    layout: Layout,
) -> Result<Picked, CliError> {
    let (sender, figures) = mpsc::channel();
    let all = targets.iter().map(|(target, _)| target.clone()).collect::<Vec<_>>();
    // Ends with its work, with the process, or when nobody listens any more.
    let measuring = std::thread::spawn(move || {
        // Without the store's list, nothing is known to be shared with it; what is freed is right all the same.
        let held = Held::by(&layout).unwrap_or_default();
        for (index, target) in all.iter().enumerate() {
            if sender.send((index, measure::measure(target, &held))).is_err() {
                return;
            }
        }
    });
    let shown = targets.iter().map(|(_, shown)| shown.clone()).collect();
    let mut selector = Selector::new(shown, figures, now_ms());
    let code = screen::show(context, &mut selector)?;
    let answer = selector.answer();
    drop(selector);
    Ok(match answer {
        Some(Answer::Cancelled) => Picked::Cancelled,
        Some(Answer::These(indices)) => {
            // It looks at cargo's locks, and for that moment holds them.
            let _ = measuring.join();
            let mut targets = targets.into_iter().map(Some).collect::<Vec<_>>();
            Picked::These(indices.into_iter().filter_map(|index| targets[index].take()).collect())
        }
        None => Picked::Ended(code),
    })
}
