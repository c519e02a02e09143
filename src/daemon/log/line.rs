//! One event as one line: `2026-03-21T12:34:56Z INFO  started pid=7`.

use std::fmt::{Debug, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::Event;
use tracing::field::{Field, Visit};

use crate::report::time::rfc3339;

/// Returns the line of an event, with its end.
pub(super) fn of(event: &Event<'_>) -> String {
    let mut fields = Fields::default();
    event.record(&mut fields);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let time = rfc3339(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
    let target = event.metadata().target();
    let source = if target.starts_with("cargo_kache") { String::new() } else { format!("{target}: ") };
    let level = event.metadata().level();
    let text = format!("{time} {level:5} {source}{}{}", fields.message, fields.others);
    // What came from elsewhere must not pass for a line of its own.
    text.replace(|c: char| c.is_control(), " ") + "\n"
}

#[derive(Default)]
struct Fields {
    message: String,
    others: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.others, " {name}={value:?}"),
        };
    }
}
