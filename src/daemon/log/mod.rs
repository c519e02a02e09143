//! The daemon's log.
//!
//! Owns the file, its rotation, and the form of a line: time, level, what happened. Lines come from `tracing`, ours and
//! those of the libraries the daemon works with. Never holds more than two files of [`LIMIT`].
//!
//! # Secrets
//! No value of a variable or setting is logged. What libraries tell in detail may hold what they send, so theirs is
//! cut off at `info`, whatever `KACHE_LOG` says.

mod file;
mod filter;
mod line;

use std::path::Path;
use std::sync::Mutex;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::{Echo, RunError};
use file::LogFile;
use filter::Filter;

/// Size at which the file is rotated.
pub(super) const LIMIT: u64 = 5_000_000;

/// Takes all events of the process.
struct Log {
    file: Mutex<LogFile>,
    to_file: Filter,
    echo: Option<Echo>,
    to_echo: Filter,
}

/// Writes all that happens from now on to the file at `path`, and shows some of it.
pub(super) fn begin(path: &Path, filter: Option<&str>, echo: Option<Echo>) -> Result<(), RunError> {
    let to_echo = Filter::parse(filter.unwrap_or("kache=warn"));
    let file = Mutex::new(LogFile::open(path, LIMIT)?);
    let log = Log { file, to_file: to_echo.clone().at_least_for_file(), echo, to_echo };
    // Only a second daemon in one process could have set another.
    let _ = tracing::subscriber::set_global_default(log);
    log_panics();
    Ok(())
}

/// Writes panics down before they are told to a stream that may lead nowhere.
fn log_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!("internal error: {panic}");
        tell(panic);
    }));
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.to_file.takes(metadata) || self.echo.is_some() && self.to_echo.takes(metadata)
    }

    fn event(&self, event: &Event<'_>) {
        let line = line::of(event);
        if self.to_file.takes(event.metadata())
            && let Ok(mut file) = self.file.lock()
        {
            // A full disk: nobody is left to tell.
            let _ = file.append(&line);
        }
        if let Some(echo) = &self.echo
            && self.to_echo.takes(event.metadata())
        {
            echo(&line);
        }
    }

    // Spans are not shown; all are the same.
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}
