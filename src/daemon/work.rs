//! What the daemon does between start and end.
//!
//! Owns the seam between the process and its work: the process asks whether there is some, and gives it time to finish.
//! Knows nothing of the remote.
//!
//! What clients ask of the work comes as further variants of [`Request`](crate::agent::message::Request); the server
//! hands them on, and tells the daemon's life that something was done.

use crate::agent::message::Queue;

/// The work of a daemon.
///
/// All methods are called in the daemon's runtime: whoever implements this may have tasks of its own running there.
pub trait Work: Send + Sync + 'static {
    /// Returns what is left to do. While there is something, the daemon does not end for lack of work.
    fn queue(&self) -> Queue;

    /// Names the remote and where its credentials come from, without anything secret.
    fn remote(&self) -> Option<String>;

    /// Takes no more work, finishes what it can, and leaves the rest for the next daemon. Dropped when the time is over:
    /// the queue on disk must be whole at each `await`.
    fn drain(&self) -> impl Future<Output = ()> + Send;
}

/// No work at all.
#[derive(Clone, Debug, Default)]
pub struct NoWork {
    /// The remote that nothing is done for.
    pub remote: Option<String>,
}

impl Work for NoWork {
    fn queue(&self) -> Queue {
        Queue::default()
    }

    fn remote(&self) -> Option<String> {
        self.remote.clone()
    }

    async fn drain(&self) {}
}
