//! Waiting for a condition, with an end.

use std::time::{Duration, Instant};

/// Longest wait: only ever reached by a test that fails.
const LIMIT: Duration = Duration::from_secs(60);

/// Waits until `condition` holds.
pub(crate) fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "waited in vain for {what}");
        std::thread::yield_now();
    }
}
