//! The store and the remote, made to hold the same.
//!
//! Owns what differs between the two for some packages or all, and the transfer of it. Asks by listings, one for each
//! package, which takes the right to list; builds never do.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::exchange::{Exchange, here};
use super::send;
use crate::digest::Digest;
use crate::event::Direction;
use crate::remote::access::Deadline;
use crate::remote::failure::{Failure, Result};
use crate::remote::names::{self, Name};

/// Transfers and listings at once, at most: the remote has its own, lower limit.
const AT_ONCE: usize = 16;
/// The longest that one listing or one transfer takes, retries included.
const LONGEST: Duration = Duration::from_mins(10);

/// Which packages, and which way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Packages by name; `None` for all.
    pub packages: Option<BTreeSet<String>>,
    /// Whether the store gets what only the remote has.
    pub pull: bool,
    /// Whether the remote gets what only the store has.
    pub push: bool,
}

/// What is to be transferred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// To the store.
    pub pull: Vec<Item>,
    /// To the remote.
    pub push: Vec<Item>,
}

/// One entry to be transferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its key.
    pub key: Digest,
    /// The package, as its folder is called.
    pub package: String,
    /// Bytes: of the archive where that is known, else of the files.
    pub bytes: u64,
}

/// What came of one transfer.
#[derive(Debug)]
pub struct Done {
    /// Which way.
    pub direction: Direction,
    /// What.
    pub item: Item,
    /// The bytes that went over the network.
    pub result: Result<u64>,
}

impl Done {
    /// Whether nothing had to go: somebody else was faster.
    pub fn was_there(&self) -> bool {
        self.result.as_ref().is_ok_and(|bytes| *bytes == 0)
    }
}

/// Compares the store with the remote.
pub async fn plan(exchange: &Arc<Exchange>, scope: &Scope) -> Result<Plan> {
    let own = own_entries(exchange, scope)?;
    let there = listed(exchange, scope).await?;
    let mut plan = Plan::default();
    if scope.pull {
        let missing = there.values().filter(|item| !exchange.has(&item.key));
        plan.pull.extend(missing.cloned());
    }
    if scope.push {
        plan.push.extend(own.into_iter().filter(|item| !there.contains_key(&item.key)));
    }
    Ok(plan)
}

/// Lists the entries of the packages in the remote.
async fn listed(exchange: &Arc<Exchange>, scope: &Scope) -> Result<BTreeMap<Digest, Item>> {
    let prefixes = match &scope.packages {
        Some(packages) => packages.iter().map(|name| names::entries_of(name)).collect::<BTreeSet<_>>(),
        None => BTreeSet::from([String::new()]),
    };
    let mut found = BTreeMap::new();
    let mut prefixes = prefixes.into_iter();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < AT_ONCE {
            let Some(prefix) = prefixes.next() else { break };
            let exchange = Arc::clone(exchange);
            tasks.spawn(async move { exchange.bucket.list(&prefix).all(Deadline::within(LONGEST)).await });
        }
        let Some(listed) = tasks.join_next().await else { return Ok(found) };
        for object in listed.map_err(|error| here(&error))?? {
            if let Some(Name::Entry { package, key }) = Name::parse(&object.name) {
                found.insert(key, Item { key, package, bytes: object.size });
            }
        }
    }
}

/// Lists the entries of the packages that were made here.
fn own_entries(exchange: &Exchange, scope: &Scope) -> Result<Vec<Item>> {
    let wanted: Option<HashSet<String>> =
        scope.packages.as_ref().map(|all| all.iter().map(|name| names::folder(name)).collect());
    let store = exchange.store();
    let reader = store.index.read().map_err(|error| here(&error))?;
    let mut own = Vec::new();
    reader.each_entry(|key, entry| {
        let package = names::folder(&entry.unit.package);
        let is_wanted = wanted.as_ref().is_none_or(|wanted| wanted.contains(&package));
        let was_pulled = || reader.remote(&key).is_some_and(|copy| copy.was_pulled);
        if is_wanted && !was_pulled() {
            own.push(Item { key, package, bytes: entry.size() });
        }
    });
    Ok(own)
}

/// Transfers what a plan names. `told` hears of each transfer that has ended.
pub async fn run(exchange: &Arc<Exchange>, plan: Plan, mut told: impl FnMut(&Done)) -> Vec<Done> {
    let is_push = !plan.push.is_empty();
    let pull = plan.pull.into_iter().map(|item| (Direction::Pull, item));
    let mut items = pull.chain(plan.push.into_iter().map(|item| (Direction::Push, item)));
    let mut all = Vec::new();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < AT_ONCE {
            let Some((direction, item)) = items.next() else { break };
            let exchange = Arc::clone(exchange);
            tasks.spawn(async move {
                let result = transfer(&exchange, direction, &item).await;
                Done { direction, item, result }
            });
        }
        match tasks.join_next().await {
            None => {
                if is_push {
                    // A hint for builds to come, no part of what was asked for.
                    send::send_records(exchange, Deadline::within(LONGEST)).await;
                }
                return all;
            }
            Some(Ok(done)) => {
                told(&done);
                all.push(done);
            }
            // A task that panicked has said so.
            Some(Err(_)) => {}
        }
    }
}

async fn transfer(exchange: &Arc<Exchange>, direction: Direction, item: &Item) -> Result<u64> {
    let deadline = Deadline::within(LONGEST);
    match direction {
        Direction::Pull => exchange.pull(&item.package, item.key, None, deadline).await,
        Direction::Push => {
            let sent = send::send(exchange, item.key, deadline).await?;
            // It has waited for this, if it did.
            let _ = exchange.queue().remove(&item.key);
            sent.ok_or_else(|| Failure::Damaged("the store has it no longer, or not whole".to_owned()))
        }
    }
}
