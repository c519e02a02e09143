//! `monitor`: what builds do and have done, on the whole screen.

use super::context::{Context, current_dir, now_ms};
use super::{Outcome, output, screen};
use crate::doctor::{self, Subject};
use crate::store::layout::Layout;
use crate::tui::monitor::{Facts, Monitor, Source};

/// Watch builds, projects and the store
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
Examples:
  cargo kache monitor               All that is known
  cargo kache monitor --since 24h   The last day")]
pub(super) struct Args {
    /// Period to look at, as in `7d` [default: all that is known]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    since: Option<String>,
}

/// Whether it can be shown here.
pub(super) fn can_run(context: &Context) -> bool {
    screen::has_screen(context)
}

pub(super) fn run(context: &Context, args: Args) -> Outcome {
    let since = args.since.map(|words| Ok::<_, super::CliError>((begin(&words)?, words))).transpose()?;
    screen::needs_screen(context, "monitor", "`cargo kache stats` prints the figures")?;
    let settings = context.settings()?.settings;
    let layout = Layout::new(settings.cache_dir.clone());
    let facts = Facts {
        since: since.map(|(begin_ms, words)| (words, begin_ms)),
        limit: settings.max_size,
        remote: settings.remote.name(),
        slots: settings.s3_concurrency,
        wrapped: is_wrapped(context),
        cache: settings.cache_dir.clone(),
    };
    let _guard = context.guard(&layout);
    let source = Source { agent: context.agent(&settings).ok(), layout };
    screen::show(context, &mut Monitor::start(source, facts))
}

/// Returns the begin of a period that ends now.
fn begin(words: &str) -> Result<u64, super::CliError> {
    let duration = output::duration(words)?;
    Ok(now_ms().saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
}

/// Whether plain cargo uses the cache here.
fn is_wrapped(context: &Context) -> bool {
    let Ok(here) = current_dir() else { return false };
    let settings = context.resolve();
    let program = std::env::current_exe().ok();
    let subject =
        Subject { env: &context.env, here: &here, program: program.as_deref(), settings: &settings };
    doctor::is_wrapped(&subject)
}
