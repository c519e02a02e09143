//! `daemon` alone: how it is.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use super::super::args::Format;
use super::super::context::Context;
use super::super::{Outcome, output};
use crate::agent::client::Client;
use crate::agent::message::{Greeting, Intent, Reply, Request, Status};
use crate::config::Settings;
use crate::daemon::service;
use crate::quantity::{count, format_duration};

/// How long a daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// All that is known.
#[derive(Debug, Serialize)]
struct State {
    version: &'static str,
    service: ServiceState,
    daemon: Option<Running>,
    socket: String,
    log: String,
    remote: Option<String>,
    queue: Option<QueueState>,
}

#[derive(Debug, Serialize)]
struct ServiceState {
    installed: bool,
    unit: Option<String>,
}

#[derive(Debug, Serialize)]
struct Running {
    pid: u32,
    version: String,
    uptime_ms: Option<u64>,
    service: Option<bool>,
    ending: bool,
    same_program: bool,
    same_settings: bool,
}

#[derive(Debug, Serialize)]
struct QueueState {
    uploads: u64,
    downloads: u64,
}

pub(super) fn run(context: &Context, settings: &Settings, format: Format) -> Outcome {
    let agent = context.agent(settings)?;
    let unit = service::installed(&context.env).map(|path| path.display().to_string());
    let mut state = State {
        version: env!("CARGO_PKG_VERSION"),
        service: ServiceState { installed: unit.is_some(), unit },
        daemon: None,
        socket: agent.socket.display().to_string(),
        log: agent.log.display().to_string(),
        remote: settings.remote.name(),
        queue: None,
    };
    if let Ok(mut client) = Client::connect(&agent, Intent::Look, PATIENCE) {
        state.socket = client.socket.display().to_string();
        let status = client.ask(&Request::Status).ok();
        state.add(client.greeting, status);
    }
    let text = if format.is_json() { output::object(&state) } else { state.text() };
    context.term.result(&text)?;
    Ok(ExitCode::SUCCESS)
}

impl State {
    /// Adds what the daemon says.
    fn add(&mut self, greeting: Greeting, reply: Option<Reply>) {
        let status = reply.and_then(|reply| match reply {
            Reply::Status(status) => Some(status),
            _ => None,
        });
        self.daemon = Some(Running {
            pid: greeting.pid,
            version: greeting.version,
            uptime_ms: status.as_ref().map(|status| status.uptime_ms),
            service: status.as_ref().map(|status| status.service),
            ending: greeting.ending,
            same_program: greeting.same_program,
            same_settings: greeting.same_settings,
        });
        if let Some(Status { queue, remote, log, .. }) = status {
            self.queue = Some(QueueState { uploads: queue.uploads, downloads: queue.downloads });
            self.remote = remote;
            self.log = log;
        }
    }

    fn text(&self) -> String {
        let service = match &self.service.unit {
            Some(unit) => format!("installed ({unit})"),
            None => "not installed".to_owned(),
        };
        let daemon = match &self.daemon {
            Some(daemon) => {
                let up =
                    daemon.uptime_ms.map(|ms| format!(", up {}", format_duration(Duration::from_millis(ms))));
                let ending = if daemon.ending { ", ending" } else { "" };
                format!("running (pid {}, v{}{}{ending})", daemon.pid, daemon.version, up.unwrap_or_default())
            }
            None => "not running".to_owned(),
        };
        let queue = match &self.queue {
            Some(queue) => format!(
                "{}, {}",
                count(queue.uploads, "upload", "uploads"),
                count(queue.downloads, "download", "downloads")
            ),
            None => "-".to_owned(),
        };
        let mut text = format!("kache: v{}\n", self.version);
        for (name, value) in [
            ("Service", &service),
            ("Daemon", &daemon),
            ("Socket", &self.socket),
            ("Logs", &self.log),
            ("Remote", self.remote.as_ref().unwrap_or(&"not configured".to_owned())),
            ("Queue", &queue),
        ] {
            let _ = writeln!(text, "{name}: {value}");
        }
        let other = self.daemon.as_ref().map(|daemon| match (daemon.same_program, daemon.same_settings) {
            (true, true) => "",
            (false, true) => "The daemon runs another binary; the next build replaces it.\n",
            (true, false) => "The daemon has other settings; the next build replaces it.\n",
            (false, false) => {
                "The daemon runs another binary with other settings; the next build replaces it.\n"
            }
        });
        text + other.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::message::Queue;

    fn state() -> State {
        State {
            version: "0.1.0",
            service: ServiceState { installed: false, unit: None },
            daemon: None,
            socket: "/c/daemon.sock".into(),
            log: "/c/logs/daemon.log".into(),
            remote: None,
            queue: None,
        }
    }

    #[test]
    fn without_a_daemon() {
        assert_eq!(
            state().text(),
            "kache: v0.1.0\nService: not installed\nDaemon: not running\nSocket: /c/daemon.sock\n\
             Logs: /c/logs/daemon.log\nRemote: not configured\nQueue: -\n"
        );
    }

    #[test]
    fn with_one_of_another_binary() {
        let mut state = state();
        state.service.unit = Some("/u".into());
        let greeting = Greeting {
            protocol: 1,
            version: "0.0.9".into(),
            pid: 7,
            same_program: false,
            same_settings: true,
            ending: false,
        };
        let status = Status {
            uptime_ms: 11_100_000,
            service: true,
            queue: Queue { uploads: 1, downloads: 2, download_bytes: 3 },
            remote: Some("s3://b/p".into()),
            log: "/l".into(),
        };
        state.add(greeting, Some(Reply::Status(status)));
        assert_eq!(
            state.text(),
            "kache: v0.1.0\nService: installed (/u)\nDaemon: running (pid 7, v0.0.9, up 3h 05m)\n\
             Socket: /c/daemon.sock\nLogs: /l\nRemote: s3://b/p\nQueue: 1 upload, 2 downloads\n\
             The daemon runs another binary; the next build replaces it.\n"
        );
    }
}
