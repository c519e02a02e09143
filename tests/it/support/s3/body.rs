//! The way of an answer's body over a network of limited speed, to its end or to a fault.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use hyper::body::Frame;
use tokio::time::Instant;

/// Bytes that go at once.
const PIECE: usize = 16 * 1024;

/// A line of limited speed, shared by all connections.
pub(super) struct Line {
    /// Bytes a second; 0 is without limit.
    rate: Mutex<u64>,
    free_at: Mutex<Instant>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { rate: Mutex::new(0), free_at: Mutex::new(Instant::now()) }
    }

    pub(super) fn set_rate(&self, bytes_per_second: u64) {
        *self.rate.lock().unwrap() = bytes_per_second;
    }

    /// Waits until so many bytes have passed.
    pub(super) async fn pass(&self, bytes: usize) {
        let rate = *self.rate.lock().unwrap();
        if rate == 0 {
            return;
        }
        let until = {
            let mut free_at = self.free_at.lock().unwrap();
            // Timers are coarse: what one wait took too long, the next ones make up for.
            let slack = Duration::from_millis(5);
            let start = (*free_at).max(Instant::now() - slack);
            *free_at = start + Duration::from_secs_f64(bytes as f64 / rate as f64);
            *free_at
        };
        tokio::time::sleep_until(until).await;
    }
}

/// How a body ends.
pub(super) enum End {
    Whole,
    Hang,
    Truncate,
    /// By a reset of this connection.
    Reset(Arc<Mutex<Option<OwnedFd>>>),
}

/// Sends `body`; half of it if it does not end whole.
pub(super) fn send(
    line: Arc<Line>,
    mut body: Bytes,
    end: End,
) -> impl Stream<Item = io::Result<Frame<Bytes>>> {
    if !matches!(end, End::Whole) {
        body.truncate(body.len() / 2);
    }
    stream::unfold((line, body, Some(end)), async |(line, mut body, mut end)| {
        if body.is_empty() {
            return finish(end.take()?).await.map(|error| (Err(error), (line, body, None)));
        }
        let piece = body.split_to(PIECE.min(body.len()));
        line.pass(piece.len()).await;
        Some((Ok(Frame::data(piece)), (line, body, end)))
    })
}

/// Returns the error that cuts the connection.
async fn finish(end: End) -> Option<io::Error> {
    match end {
        End::Whole => None,
        End::Hang => std::future::pending().await,
        End::Truncate => {
            arrive().await;
            Some(io::Error::other("truncated"))
        }
        End::Reset(socket) => {
            arrive().await;
            if let Some(socket) = socket.lock().unwrap().take() {
                // Closing a socket that does not linger resets the connection.
                let _ = rustix::net::sockopt::set_socket_linger(&socket, Some(Duration::ZERO));
            }
            Some(io::Error::other("reset"))
        }
    }
}

/// Lets what has been written reach the other side, which else may never see it.
async fn arrive() {
    tokio::time::sleep(Duration::from_millis(30)).await;
}
