//! Forms that several commands share.
//!
//! Owns the wrapping of a result object, and how options in people's words are read.

use std::time::Duration;

use serde::Serialize;

use super::error::{CliError, Kind};
use crate::quantity;
use crate::report::json::SCHEMA;

/// Returns a result object on one line: `value`'s fields after the schema.
pub(super) fn object(value: &impl Serialize) -> String {
    let fields = serde_json::to_string(value).expect("results have string keys only");
    let fields = fields.strip_prefix('{').expect("results are objects");
    let comma = if fields == "}" { "" } else { "," };
    format!("{{\"schema\":{SCHEMA}{comma}{fields}\n")
}

/// Reads a duration given as option or argument.
pub(super) fn duration(text: &str) -> Result<Duration, CliError> {
    quantity::parse_duration(text).map_err(|error| CliError::new(Kind::Usage, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_begin_with_the_schema() {
        #[derive(Serialize)]
        struct Some {
            entries: u64,
        }
        #[derive(Serialize)]
        struct None {}
        assert_eq!(object(&Some { entries: 1 }), "{\"schema\":1,\"entries\":1}\n");
        assert_eq!(object(&None {}), "{\"schema\":1}\n");
    }
}
