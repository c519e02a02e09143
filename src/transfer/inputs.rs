//! What earlier compiles of an invocation read, in the remote.
//!
//! Owns the object of an invocation: a machine that has never compiled it looks up there what to look at, and so finds
//! the entry's key. It says nothing about results, so that a wrong one makes misses and no more.

use crate::digest::Digest;
use crate::entry::Prediction;
use crate::remote::access::Deadline;
use crate::remote::failure::{Failure, Result};
use crate::remote::names::Name;

use super::exchange::{Exchange, here};

/// The largest object.
const LIMIT: u64 = 4 << 20;
/// Predictions kept for one invocation.
const KEPT: usize = 8;

/// Learns what is known of an invocation. Returns whether something of it was new here.
pub async fn pull(exchange: &Exchange, invocation: &Digest, deadline: Deadline) -> Result<bool> {
    let known = get(exchange, invocation, deadline).await?;
    let learnt = exchange.store().index.write(|writer| writer.learn(invocation, &known));
    learnt.map_err(|error| here(&error))
}

/// Tells what is known here of an invocation.
pub async fn push(exchange: &Exchange, invocation: &Digest, deadline: Deadline) -> Result<()> {
    let own = match exchange.store().index.read() {
        Ok(reader) => reader.predictions(invocation),
        Err(error) => return Err(here(&error)),
    };
    if own.is_empty() {
        return Ok(());
    }
    let name = Name::Prediction(*invocation).to_string();
    let text = |all: &[Prediction]| serde_json::to_vec(all).expect("plain data serialises").into();
    let put = exchange.bucket.put_new(&name, text(&own), deadline).await?;
    if put == crate::remote::bucket::Put::Created {
        return Ok(());
    }
    let mut all = own;
    let before = match get(exchange, invocation, deadline).await {
        // Nobody can read it, and nobody else replaces it.
        Err(Failure::Damaged(_) | Failure::TooLarge(_)) => Vec::new(),
        other => other?,
    };
    if all.iter().all(|prediction| before.contains(prediction)) {
        return Ok(());
    }
    for prediction in before {
        if !all.contains(&prediction) {
            all.push(prediction);
        }
    }
    all.truncate(KEPT);
    exchange.bucket.put(&name, text(&all), deadline).await
}

async fn get(exchange: &Exchange, invocation: &Digest, deadline: Deadline) -> Result<Vec<Prediction>> {
    let name = Name::Prediction(*invocation).to_string();
    let text = exchange.bucket.get(&name, LIMIT, deadline).await?;
    let mut all: Vec<Prediction> =
        serde_json::from_slice(&text).map_err(|_| Failure::Damaged(format!("`{name}` is none of ours")))?;
    all.truncate(KEPT);
    Ok(all)
}
