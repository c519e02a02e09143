//! A real S3 server within this process, and the network in front of it.
//!
//! [`Server`] is s3s on a folder; it checks every signature. [`Proxy`] stands between it and the program: it adds
//! latency, limits the bandwidth, counts, and breaks what a test asks it to. Nothing here knows the program, so that
//! benchmarks can use it too.

mod body;
mod fault;
mod proxy;
mod seen;
mod server;
mod tls;

pub(crate) use fault::{Fault, Rule};
pub(crate) use proxy::Proxy;
pub(crate) use seen::{Kind, Seen};
pub(crate) use server::{ACCESS_KEY, BUCKET, REGION, SECRET_KEY, Server};
pub(crate) use tls::Tls;

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;

/// A thread with a runtime of its own, which ends with this value.
struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Runs `work` until this value goes away; it is given the runtime's handle from within.
    fn start<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) -> Self {
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            let runtime = runtime.expect("a runtime can be made");
            runtime.block_on(async {
                tokio::select! {
                    () = work() => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes a port of the loopback that stays the same when it is bound again.
fn bind(port: u16) -> std::io::Result<std::net::TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(1024)?.into_std()
}

/// Takes over a listener in the present runtime.
fn listen(listener: std::net::TcpListener) -> TcpListener {
    TcpListener::from_std(listener).expect("the listener is non-blocking")
}

/// Waits inside of a runtime of its own: sockets are made in one.
fn in_runtime<T>(work: impl FnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let _guard = runtime.enter();
    work()
}
