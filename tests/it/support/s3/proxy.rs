//! The network in front of the server.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::body::{self, End, Line};
use super::fault::{Fault, Rule};
use super::seen::Seen;
use super::{Background, bind, in_runtime, listen};

type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

/// A running proxy.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    present: watch::Sender<bool>,
    _background: Background,
}

/// What all connections share with the test.
struct Shared {
    upstream: u16,
    state: Mutex<State>,
    down: Arc<Line>,
    up: Arc<Line>,
}

#[derive(Default)]
struct State {
    /// Half a round trip, on the way out and back.
    one_way: Duration,
    rules: Vec<Rule>,
    seen: Vec<Seen>,
    received: u64,
    connections: usize,
    /// Requests without an answer: now, and at most so far.
    waiting: usize,
    most_waiting: usize,
}

/// A request without an answer, until this value goes away.
struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn begin(shared: &'a Shared) -> Self {
        let mut state = shared.state.lock().unwrap();
        state.waiting += 1;
        state.most_waiting = state.most_waiting.max(state.waiting);
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap().waiting -= 1;
    }
}

impl Proxy {
    /// Starts a proxy in front of a port of the loopback. It breaks nothing yet.
    pub(crate) fn start(upstream: u16) -> Self {
        let listener = in_runtime(|| bind(0)).expect("the loopback has free ports");
        let port = listener.local_addr().expect("it is bound").port();
        let shared = Arc::new(Shared {
            upstream,
            state: Mutex::default(),
            down: Arc::new(Line::new()),
            up: Arc::new(Line::new()),
        });
        let (present, presence) = watch::channel(true);
        let serving = Arc::clone(&shared);
        let background = Background::start(move || serve(listener, port, serving, presence));
        Self { port, shared, present, _background: background }
    }

    /// Returns the address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sets the time that a question and its answer take on the way.
    pub(crate) fn set_round_trip(&self, time: Duration) {
        self.state(|state| state.one_way = time / 2);
    }

    /// Sets the speed, in bits a second, of each direction.
    pub(crate) fn set_bandwidth(&self, bits: u64) {
        self.shared.down.set_rate(bits / 8);
        self.shared.up.set_rate(bits / 8);
    }

    /// Adds a fault.
    pub(crate) fn add(&self, rule: Rule) {
        self.state(|state| state.rules.push(rule));
    }

    /// Breaks nothing any more, and forgets what was seen.
    pub(crate) fn clear(&self) {
        self.state(|state| {
            state.rules.clear();
            state.seen.clear();
            state.received = 0;
            state.connections = 0;
            state.most_waiting = state.waiting;
        });
    }

    /// Closes all connections, and takes no more.
    pub(crate) fn vanish(&self) {
        self.present.send_replace(false);
    }

    /// Is there again.
    pub(crate) fn come_back(&self) {
        self.present.send_replace(true);
    }

    /// Returns the requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state(|state| state.seen.clone())
    }

    /// Counts the requests that fit.
    pub(crate) fn count(&self, fits: impl Fn(&Seen) -> bool) -> usize {
        self.state(|state| state.seen.iter().filter(|seen| fits(seen)).count())
    }

    /// Returns the bytes of all bodies so far: sent to the server, and received from it.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        self.state(|state| (state.seen.iter().map(|seen| seen.sent).sum(), state.received))
    }

    /// Returns the number of requests without an answer: now, and at most so far.
    pub(crate) fn at_once(&self) -> (usize, usize) {
        self.state(|state| (state.waiting, state.most_waiting))
    }

    /// Returns the number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.state(|state| state.connections)
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.shared.state.lock().unwrap())
    }
}

/// Serves while the proxy is there, and stands still while it is not.
async fn serve(
    first: std::net::TcpListener,
    port: u16,
    shared: Arc<Shared>,
    mut present: watch::Receiver<bool>,
) {
    let mut listener = Some(listen(first));
    loop {
        let bound = match listener.take() {
            Some(listener) => listener,
            None => listen(bind(port).expect("the port was ours")),
        };
        let mut connections = JoinSet::new();
        tokio::select! {
            () = accept(bound, &shared, &mut connections) => {}
            changed = present.wait_for(|present| !present) => if changed.is_err() { return },
        }
        connections.shutdown().await;
        if present.wait_for(|present| *present).await.is_err() {
            return;
        }
    }
}

async fn accept(listener: TcpListener, shared: &Arc<Shared>, connections: &mut JoinSet<()>) {
    while let Ok((socket, _)) = listener.accept().await {
        connections.spawn(connection(socket, Arc::clone(shared)));
    }
}

async fn connection(socket: TcpStream, shared: Arc<Shared>) {
    let one_way = {
        let mut state = shared.state.lock().unwrap();
        state.connections += 1;
        state.one_way
    };
    // The greeting of a connection goes both ways.
    tokio::time::sleep(one_way * 2).await;
    let _ = socket.set_nodelay(true);
    let descriptor = Arc::new(Mutex::new(socket.as_fd().try_clone_to_owned().ok()));
    let handler = service_fn(move |request| {
        let (shared, descriptor) = (Arc::clone(&shared), Arc::clone(&descriptor));
        async move { Ok::<_, Infallible>(answer(request, &shared, descriptor).await) }
    });
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), handler).await;
}

async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
    descriptor: Arc<Mutex<Option<OwnedFd>>>,
) -> Answer {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let request = Request::from_parts(head, body);
    let sent = request.body().len();
    let _waiting = Waiting::begin(shared);
    let (index, fault, one_way) = {
        let mut state = shared.state.lock().unwrap();
        let seen = Seen::new(&request, sent as u64);
        let fault = state.rules.iter_mut().find_map(|rule| rule.apply(&seen));
        state.seen.push(seen);
        (state.seen.len() - 1, fault, state.one_way)
    };
    shared.up.pass(sent).await;
    tokio::time::sleep(one_way).await;

    let answer = match &fault {
        Some(Fault::HangBefore) => std::future::pending().await,
        Some(fault) if fault.answer().is_some() => own(fault),
        _ => forward(request, shared.upstream).await,
    };
    let (head, mut body) = answer.into_parts();
    body = match &fault {
        Some(Fault::Flip) => flipped(&body),
        Some(Fault::Swap(other)) => other.clone(),
        _ => body,
    };
    let end = match fault {
        Some(Fault::HangWithin) => End::Hang,
        Some(Fault::Truncate) => End::Truncate,
        Some(Fault::Reset) => End::Reset(descriptor),
        _ => End::Whole,
    };
    note(shared, index, head.status.as_u16(), body.len());
    tokio::time::sleep(one_way).await;
    respond(head, body, end, Arc::clone(&shared.down))
}

fn note(shared: &Shared, index: usize, status: u16, received: usize) {
    let mut state = shared.state.lock().unwrap();
    state.received += received as u64;
    // What was seen may have been forgotten meanwhile.
    if let Some(seen) = state.seen.get_mut(index) {
        seen.status = status;
    }
}

fn respond(mut head: hyper::http::response::Parts, body: Bytes, end: End, line: Arc<Line>) -> Answer {
    // An answer to HEAD tells a length and has no body.
    if !body.is_empty() || !head.headers.contains_key(hyper::header::CONTENT_LENGTH) {
        head.headers.insert(hyper::header::CONTENT_LENGTH, body.len().into());
    }
    head.headers.remove(hyper::header::TRANSFER_ENCODING);
    Response::from_parts(head, StreamBody::new(body::send(line, body, end)).boxed_unsync())
}

fn own(fault: &Fault) -> Response<Bytes> {
    let (status, headers, body) = fault.answer().expect("it has one");
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body).expect("the parts are valid")
}

fn flipped(body: &Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    bytes.into()
}

/// Asks the server.
async fn forward(request: Request<Bytes>, upstream: u16) -> Response<Bytes> {
    let asked = async {
        let socket = TcpStream::connect(("127.0.0.1", upstream)).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        let answer = sender.send_request(request.map(Full::new)).await.map_err(io::Error::other)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        Ok::<_, io::Error>(Response::from_parts(head, body))
    };
    asked.await.unwrap_or_else(|_| own(&Fault::error(502, "BadGateway")))
}
