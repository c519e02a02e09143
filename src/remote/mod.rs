//! The shared cache: entries and records as objects in a bucket.
//!
//! Owns the names and the form of objects, the talk with S3 or a shared folder, and what its failures mean. Knows
//! neither the store nor the settings: callers bring bytes and an [`Access`](access::Access). Never decides what is
//! fetched or sent, and never runs in a compiler call.
//!
//! 1. [`names`]: what an object is called.
//! 2. [`archive`]: an entry as one object, packed and unpacked; [`sign`]: who vouches for it.
//! 3. [`bucket`]: objects in and out, each within a deadline; [`access`]: where and as whom.
//! 4. [`failure`]: what can go wrong, for people and for whoever decides to stop asking.

pub mod access;
pub mod archive;
pub mod bucket;
pub mod failure;
pub mod names;
pub mod sign;
