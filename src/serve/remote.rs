//! What one call asks of the remote.
//!
//! Owns the talk with the daemon, which does all that takes a network. A daemon that is missing is started; one that
//! does not answer in time costs the unit's patience, and no more.

use std::time::Duration;

use super::session::Session;
use super::{Call, notes};
use crate::agent::Agent;
use crate::agent::client::Client;
use crate::agent::message::{Build, Reply, Request, Wanted};
use crate::agent::start;
use crate::digest::Digest;
use crate::env::Env;

/// How long a daemon may take to start, or to greet.
const PATIENCE: Duration = Duration::from_secs(1);
/// What the daemon needs to notice that the time is over, and to say so.
const MARGIN: Duration = Duration::from_millis(500);

/// What a look-up found missing.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The invocation.
    pub invocation: Digest,
    /// The keys that the entry may have, by what is known of what the invocation reads; the likeliest first.
    pub keys: Vec<Digest>,
    /// The compiler, as it calls itself, where it is known.
    pub compiler: Option<String>,
    /// Whether an earlier compile of the same unit makes this one fast: then nobody is asked.
    pub is_edit: bool,
}

impl<C: Call> Session<'_, C> {
    /// Has the daemon look for an entry. Returns whether it is worth to look again.
    pub(super) fn find_in_remote(&self, missing: &Missing) -> bool {
        if !self.has_remote() || self.settings.recache || missing.is_edit {
            return false;
        }
        let within = self.settings.remote.timeout;
        let Some(mut client) = self.daemon() else { return false };
        let wanted = Wanted {
            package: self.call.unit().package.clone(),
            invocation: missing.invocation,
            keys: missing.keys.clone(),
        };
        let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        let build = self.build(missing.compiler.clone());
        let id = notes::build_id(self.call).0;
        client.allow(within.saturating_add(MARGIN));
        matches!(client.ask(&Request::Find { id, build, wanted, within_ms }), Ok(Reply::Found(true)))
    }

    /// Lets an entry that was made here wait to be sent.
    pub(super) fn send_later(&self, key: &Digest) {
        let env = Env::process();
        if self.has_remote() && self.settings.why_readonly(&env).is_none() {
            // What is not sent is missed by others, and made again.
            let _ = self.store.layout.queue().add(key);
        }
    }

    fn has_remote(&self) -> bool {
        cfg!(feature = "daemon") && self.settings.remote.is_on()
    }

    fn build(&self, compiler: Option<String>) -> Option<Build> {
        let unit = self.call.unit();
        Some(Build {
            workspace: self.call.workspace()?.to_str()?.to_owned(),
            profile: self.call.profile_dir()?.file_name()?.to_str()?.to_owned(),
            triple: unit.triple.clone(),
            compiler: compiler?,
            prefetch: self.settings.prefetch,
        })
    }

    /// Reaches the daemon; starts one if there is none, or if it is not ours.
    fn daemon(&self) -> Option<Client> {
        let program = std::env::current_exe().ok()?;
        let agent = Agent::new(&self.settings, &Env::process(), &program).ok()?;
        start::reach(&agent, PATIENCE)
    }
}
