//! What the daemon does between start and end.
//!
//! Owns the seam between the process and its work: the process asks whether there is some, hands on what clients ask of
//! it, and gives it time to finish. Knows nothing of the remote.

use crate::agent::message::{Queue, Reply, Request};

/// The work of a daemon.
///
/// All methods are called in the daemon's runtime: whoever implements this may have tasks of its own running there.
pub(super) trait Work: Send + Sync + 'static {
    /// Returns what is left to do.
    fn queue(&self) -> Queue;

    /// Whether it can go on with what is left. While it can, the daemon does not end for lack of work.
    fn is_busy(&self) -> bool {
        !self.queue().is_empty()
    }

    /// Whether it works for the store that others see. If not, the daemon ends, and the next one does.
    fn is_valid(&self) -> bool {
        true
    }

    /// Names the remote and where its credentials come from, without anything secret.
    fn remote(&self) -> Option<String>;

    /// Answers what is asked of the work. `None` for what is no business of it.
    fn answer(&self, request: Request) -> impl Future<Output = Option<Reply>> + Send;

    /// Takes no more work, finishes what it can, and leaves the rest for the next daemon. Dropped when the time is over:
    /// the queue on disk must be whole at each `await`.
    fn drain(&self) -> impl Future<Output = ()> + Send;
}
