//! Entries between the store and the remote.
//!
//! Owns what it takes to send an entry and to take one in, which of them a build is likely to need, and what is done
//! while the remote is in trouble. Never decides whether a build goes on without it: callers give deadlines. Never runs in
//! a compiler call. What computes or waits for the disk runs beside the tasks that wait for the network.
//!
//! - [`access`]: the settings, in the remote's terms
//! - [`exchange`]: one entry in, one entry out
//! - [`inputs`]: what earlier compiles of an invocation read, for machines that have none of their own
//! - [`lockfile`]: which packages a workspace needs
//! - [`record`]: what one build needed, so that the next one can fetch it ahead
//! - [`pack`]: many small entries in one object
//! - [`send`]: works off the queue; [`sync`]: makes both sides equal, on request
//! - [`fetch`]: gets what a build needs, the most wanted first, and answers those who wait for one
//! - [`breaker`]: stops asking a remote that is in trouble

pub mod access;
pub mod breaker;
pub mod exchange;
pub mod fetch;
pub mod inputs;
pub mod lockfile;
pub mod pack;
pub mod record;
pub mod send;
pub mod sync;
