//! A build and the remote.
//!
//! Owns what the front end tells the daemon: that a build begins, early enough for what it needs to be on its way when
//! cargo asks for it; and that it has ended, so that what it made is sent. Never waits for the network before cargo runs,
//! and contacts nobody for a build that has nothing to do.

use std::io::IsTerminal as _;
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::command::CargoWords;
use super::expected::Expected;
use super::{Options, prefetch};
use crate::agent::Agent;
use crate::agent::client::Client;
use crate::agent::message::{Intent, Reply, Request};
use crate::agent::start;
use crate::cargo_config::CargoConfig;
use crate::config::{Origin, Resolved, Settings};
use crate::env::Env;
use crate::event::{self, Direction, Log, LogPosition, Outcome, TransferEvent, UnitEvent};
use crate::quantity::count;
use crate::report::{Note, Transfer};
use crate::store::queue::Queue;

/// How long the daemon may take to answer what needs no network.
pub(super) const PROMPT: Duration = Duration::from_secs(2);
/// How often the queue is looked at while somebody waits for it.
pub(super) const LOOK: Duration = Duration::from_millis(50);
/// How long `--wait-uploads` waits.
const WAIT: Duration = Duration::from_mins(10);
/// How long a CI job waits, after which nobody sends anything.
const WAIT_IN_CI: Duration = Duration::from_mins(1);

/// The remote of one build.
pub(super) struct Remote {
    agent: Agent,
    id: String,
    /// How long to wait for uploads at the end.
    wait: Duration,
    /// How long to wait for what is fetched ahead, before cargo starts.
    head_start: Duration,
    why_readonly: Option<&'static str>,
}

/// What became of the transfers of a build.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) transfer: Transfer,
    pub(super) notes: Vec<Note>,
}

/// What the daemon says of the remote when a build has ended.
#[derive(Default)]
struct Told {
    /// What is the matter with it.
    trouble: Option<String>,
    /// What of it was of no use.
    unusable: Option<String>,
}

impl Remote {
    /// Makes sure of a daemon. `None` without a remote, or where none can be started: the build goes on alone.
    pub(super) fn begin(
        resolved: &Resolved,
        env: &Env,
        options: &Options,
        program: &Path,
        id: &str,
    ) -> Option<Self> {
        let settings = &resolved.settings;
        if settings.disabled || options.no_remote || !settings.remote.is_on() {
            return None;
        }
        let agent = Agent::new(settings, env, program).ok()?;
        let is_there = Client::connect(&agent, Intent::Use, PROMPT).is_ok_and(|it| it.greeting.serves());
        if !is_there {
            start::start_on_demand(&agent).ok()?;
        }
        let is_set = |name| resolved.origin(name).is_some_and(|it| it != Origin::Default);
        let wait = match options.wait_uploads {
            true => WAIT,
            false if !is_set("cache.upload_wait") && env.in_ci() => WAIT_IN_CI,
            false => settings.upload_wait,
        };
        // Cargo waits for single units better than for all of them. Who wants to wait says so.
        let head_start = if is_set("cache.prefetch_wait") { settings.prefetch_wait } else { Duration::ZERO };
        Some(Self { agent, id: id.to_owned(), wait, head_start, why_readonly: settings.why_readonly(env) })
    }

    /// Has what a build in a new target directory needs fetched, while cargo starts. Where there is one already, the
    /// first unit that is missing makes the daemon do so.
    pub(super) fn fetch_ahead(
        &self,
        settings: &Settings,
        env: &Env,
        cargo: &CargoWords<'_>,
        config: &CargoConfig,
        log: (&Log, LogPosition),
    ) {
        let Some(expected) = Expected::of(env, cargo, config).filter(|_| settings.prefetch) else { return };
        let (agent, id, within) = (self.agent.clone(), self.id.clone(), self.head_start);
        // Should it fail, the first unit that is missing begins the same.
        let begun = std::thread::spawn(move || {
            let build = expected.build()?;
            let mut client = start::reach(&agent, PROMPT)?;
            client.allow(within.saturating_add(PROMPT));
            let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
            client.ask(&Request::Begin { id, build, within_ms }).ok()
        });
        if !within.is_zero() {
            let name = settings.remote.name().unwrap_or_default();
            prefetch::show(&self.agent, &self.id, &name, log, || begun.is_finished());
            let _ = begun.join();
        }
    }

    /// Tells that the build has ended, and waits for uploads if that is wanted.
    pub(super) fn end(&self, log: &Log, start: LogPosition, events: &mut [UnitEvent]) -> Ended {
        let mut ended = Ended::default();
        if events.is_empty() {
            return ended;
        }
        let Told { mut trouble, unusable } = self.tell_end().unwrap_or_default();
        let made = events.iter().any(|it| matches!(it.outcome, Outcome::Missed { not_recorded: None, .. }));
        if let Some(why) = self.why_readonly.filter(|_| made) {
            ended.notes.push(Note::Info(format!("nothing is uploaded: {why}")));
        }
        let queue = self.agent.layout.queue();
        let left = self.wait_for_uploads(&queue, &mut trouble);
        // What is left is left for that reason.
        let warning = match (trouble, left) {
            (Some(trouble), Some(left)) => Some(format!("{trouble}; {left}")),
            (trouble, left) => trouble.or(left).or(unusable),
        };
        ended.notes.extend(warning.map(Note::Warning));
        let transfers = log.transfers_since(start).map(|(transfers, _)| transfers).unwrap_or_default();
        event::mark_remote(events, &transfers);
        ended.transfer = summary(&transfers, &self.id);
        ended
    }

    /// Tells the daemon that the build has ended. `None` without a daemon.
    fn tell_end(&self) -> Option<Told> {
        match start::reach(&self.agent, PROMPT)?.ask(&Request::Ended(self.id.clone())) {
            Ok(Reply::Ended { trouble, unusable }) => Some(Told { trouble, unusable }),
            _ => None,
        }
    }

    /// Waits until nothing waits, or there is trouble. Says what is left.
    fn wait_for_uploads(&self, queue: &Queue, trouble: &mut Option<String>) -> Option<String> {
        let left =
            || queue.waiting().map_or(0, |waiting| waiting.entries.len() + waiting.records.len()) as u64;
        let all = left();
        if self.why_readonly.is_some() || self.wait.is_zero() || all == 0 {
            return None;
        }
        let bar = std::io::stderr().is_terminal().then(|| {
            let form = "   Uploading [{bar:25}] {pos}/{len}";
            let style = ProgressStyle::with_template(form).expect("the form is one of indicatif's");
            ProgressBar::new(all).with_style(style)
        });
        let until = Instant::now() + self.wait;
        let mut now = all;
        while now > 0 && trouble.is_none() && Instant::now() < until {
            std::thread::sleep(LOOK);
            now = left();
            let Some(told) = self.tell_end() else { break };
            *trouble = told.trouble;
            if let Some(bar) = &bar {
                bar.set_position(all.saturating_sub(now));
            }
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let uploads = count(now, "upload is", "uploads are");
        (now > 0).then(|| format!("{uploads} left for the next build or `cargo kache sync`"))
    }
}

pub(super) fn summary(transfers: &[TransferEvent], id: &str) -> Transfer {
    let mut sum = Transfer::default();
    for transfer in transfers.iter().filter(|it| it.error.is_none()) {
        match transfer.transfer {
            Direction::Pull if transfer.build.as_ref().is_some_and(|build| build.0 == id) => {
                sum.prefetched += 1;
                sum.downloaded += transfer.bytes;
            }
            Direction::Pull => {}
            Direction::Push => sum.uploaded += transfer.bytes,
        }
    }
    sum
}
