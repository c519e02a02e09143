//! What a terminal shows while a build waits for what it needs.
//!
//! Owns one line, which leaves no trace. Never fetches anything, and decides nothing.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use super::remote::{LOOK, PROMPT, summary};
use crate::agent::Agent;
use crate::agent::client::Client;
use crate::agent::message::{Intent, Reply, Request};
use crate::event::{Log, LogPosition};
use crate::quantity::count;

/// Before anything has come.
const BEGINNING: &str = " Prefetching from {msg}";
/// Afterwards.
const GOING: &str = " Prefetching [{bar:25}] {bytes}/{total_bytes} {bytes_per_sec} eta {eta} ({msg})";

/// Shows what the daemon has fetched for the build `id` from the remote called `name`, and how long the rest will take,
/// until `is_over`.
pub(super) fn show(
    agent: &Agent,
    id: &str,
    name: &str,
    (log, start): (&Log, LogPosition),
    is_over: impl Fn() -> bool,
) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let form = |form| ProgressStyle::with_template(form).expect("the form is one of indicatif's");
    let line = ProgressBar::new_spinner().with_style(form(BEGINNING)).with_message(name.to_owned());
    let mut daemon = None;
    let mut has_begun = false;
    while !is_over() {
        let transfers = log.transfers_since(start).map(|(transfers, _)| transfers).unwrap_or_default();
        let sum = summary(&transfers, id);
        if sum.prefetched > 0 {
            if !has_begun {
                line.set_style(form(GOING));
                has_begun = true;
            }
            daemon = daemon.or_else(|| Client::connect(agent, Intent::Look, PROMPT).ok());
            let status = daemon.as_mut().map(|daemon| daemon.ask(&Request::Status));
            let left = match status {
                Some(Ok(Reply::Status(status))) => status.queue.download_bytes,
                _ => 0,
            };
            line.set_length(sum.downloaded + left);
            line.set_position(sum.downloaded);
            line.set_message(count(sum.prefetched, "crate", "crates"));
        }
        line.tick();
        std::thread::sleep(LOOK);
    }
    line.finish_and_clear();
}
