//! Works off the queue.
//!
//! Owns the order of sending: what leads to an entry before it, so that none is there that nobody finds; records last, so
//! that a record names nothing that is not there. What could not be sent waits on, unless it can never be.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::breaker::Breaker;
use super::exchange::Exchange;
use super::inputs;
use super::pack::{Packing, SMALL};
use super::record::{self, Item, Record, Request, SCHEMA, Slice};
use crate::digest::Digest;
use crate::entry::Entry;
use crate::key::invocation::unit_id;
use crate::remote::access::Deadline;
use crate::remote::bucket::Bucket;
use crate::remote::failure::{Denial, Failure, Result, Right};
use crate::remote::names::Name;
use crate::serve::notes::now_ms;
use crate::store::queue::{self, Queue};

/// Entries at once: while one is packed, others are under way.
const AT_ONCE: usize = 8;
/// The largest files of an entry that may be small as an archive, in bytes.
const MAY_BE_SMALL: u64 = 8 * SMALL as u64;

/// What came of working off the queue.
#[derive(Debug, Default)]
pub struct Sent {
    /// Entries that are in the remote now.
    pub entries: u64,
    /// Bytes that went over the network for them.
    pub bytes: u64,
    /// Those that could not be sent, by key, and why.
    pub failed: Vec<(Digest, Failure)>,
    /// Things that wait on.
    pub left: usize,
}

impl Sent {
    /// Returns the failure that says that nothing can be sent, whatever can be read.
    pub fn denial(&self) -> Option<&Failure> {
        self.failed.iter().map(|(_, failure)| failure).find(|failure| denies_writing(failure))
    }
}

/// What a build's record is made of, while it waits.
#[derive(Debug, Serialize, Deserialize)]
struct Draft {
    request: Request,
    keys: Vec<Digest>,
}

/// Lets the record of a build wait behind its entries.
pub fn add_record(queue: &Queue, request: &Request, keys: Vec<Digest>) -> crate::fs::Result<()> {
    let [name, _] = request.names();
    let draft = Draft { request: request.clone(), keys };
    let text = serde_json::to_string(&draft).expect("plain data serialises");
    queue.add_record(&queue::Record { name: name.to_string(), text })
}

/// Sends what waits, until a deadline.
pub async fn drain(exchange: &Arc<Exchange>, breaker: &Breaker, deadline: Deadline) -> Sent {
    let queue = exchange.queue();
    let waiting = queue.waiting().unwrap_or_default();
    let mut sent = Sent { left: waiting.entries.len() + waiting.records.len(), ..Sent::default() };
    let mut may_write = true;
    let mut keys = waiting.entries.iter().copied();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < AT_ONCE && may_write && breaker.is_closed() {
            let Some(key) = keys.next() else { break };
            let exchange = Arc::clone(exchange);
            tasks.spawn(async move { (key, send(&exchange, key, deadline).await) });
        }
        let Some(ended) = tasks.join_next().await else { break };
        let Ok((key, result)) = ended else { continue };
        let is_denied = result.as_ref().is_err_and(denies_writing);
        // Reading goes on without the right to write.
        if !is_denied {
            breaker.note(&result);
        }
        match &result {
            Ok(bytes) => {
                sent.entries += u64::from(bytes.is_some());
                sent.bytes += bytes.unwrap_or_default();
            }
            Err(failure) => sent.failed.push((key, failure.clone())),
        }
        let is_done = match &result {
            Ok(_) => true,
            Err(failure) => !failure.is_of_server(),
        };
        // Nobody else takes it out; should it stay, it is sent again and found there.
        if is_done && queue.remove(&key).is_ok() {
            sent.left = sent.left.saturating_sub(1);
        }
        may_write &= !is_denied;
    }
    if sent.failed.is_empty() && keys.next().is_none() {
        sent.left -= send_records(exchange, deadline).await.min(sent.left);
    }
    sent
}

/// Sends the records that wait, unless entries wait: they may be what a record names. Returns how many went.
pub async fn send_records(exchange: &Arc<Exchange>, deadline: Deadline) -> usize {
    let waiting = exchange.queue().waiting().unwrap_or_default();
    let mut count = 0;
    for file in waiting.records.iter().filter(|_| waiting.entries.is_empty()) {
        let went = send_record(exchange, file, deadline).await.is_ok() && Queue::remove_record(file).is_ok();
        count += usize::from(went);
    }
    count
}

fn denies_writing(failure: &Failure) -> bool {
    matches!(failure, Failure::Denied(Denial::Right(Right::Write) | Denial::Readonly))
}

/// Sends what leads to an entry, and the entry. Returns the bytes that went; `None` where there is nothing to send.
pub(super) async fn send(exchange: &Arc<Exchange>, key: Digest, deadline: Deadline) -> Result<Option<u64>> {
    let Some(entry) = exchange.entry(&key) else { return Ok(None) };
    inputs::push(exchange, &entry.invocation, deadline).await?;
    let Some(sent) = exchange.push(key, deadline).await? else { return Ok(None) };
    Ok(Some(if sent.was_there { 0 } else { sent.archive.len() as u64 }))
}

/// Sends the record that waits in a file, with the pack it speaks of before it.
async fn send_record(exchange: &Arc<Exchange>, file: &Path, deadline: Deadline) -> Result<()> {
    let Some(waiting) = Queue::record(file) else { return Ok(()) };
    let Ok(draft) = serde_json::from_str::<Draft>(&waiting.text) else { return Ok(()) };
    let mut packing = Packing::default();
    let mut small = Vec::new();
    let mut record = Record { schema: SCHEMA, made_ms: now_ms(), items: Vec::new() };
    for key in draft.keys {
        let Some(entry) = exchange.entry(&key) else { continue };
        let mut item = item(exchange, key, &entry);
        if entry.size() <= MAY_BE_SMALL
            && let Some((_, archive)) = exchange.pack(key).await?
            && archive.len() <= SMALL
        {
            item.bytes = archive.len() as u64;
            small.push((record.items.len(), packing.add(&archive)));
        }
        record.items.push(item);
    }
    if let Some((pack, body)) = packing.finish() {
        let name = Name::Pack(pack).to_string();
        if !exchange.bucket.exists(&name, deadline).await? {
            exchange.bucket.put_new(&name, body.into(), deadline).await?;
        }
        for (index, offset) in small {
            record.items[index].pack = Some(Slice { pack, offset });
        }
    }
    for name in draft.request.names() {
        let mut record = record.clone();
        if let Some(earlier) = read(&exchange.bucket, &name, deadline).await? {
            record.merge(earlier);
        }
        let text = serde_json::to_vec(&record).expect("plain data serialises");
        exchange.bucket.put(&name.to_string(), text.into(), deadline).await?;
    }
    Ok(())
}

fn item(exchange: &Exchange, key: Digest, entry: &Entry) -> Item {
    let copy = exchange.store().index.read().ok().and_then(|reader| reader.remote(&key));
    Item {
        key,
        invocation: entry.invocation,
        unit: unit_id(&entry.unit),
        package: entry.unit.package.clone(),
        version: entry.unit.version.clone(),
        bytes: copy.map_or(0, |copy| copy.bytes),
        compile_ms: entry.compile_ms,
        pack: None,
    }
}

/// Reads a record. `None` where there is none that we understand.
pub(super) async fn read(bucket: &Bucket, name: &Name, deadline: Deadline) -> Result<Option<Record>> {
    match bucket.get(&name.to_string(), record::LIMIT, deadline).await {
        Ok(text) => Ok(Record::parse(&text)),
        Err(Failure::NotFound(_) | Failure::TooLarge(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}
