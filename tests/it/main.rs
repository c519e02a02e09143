//! The whole program on small real projects: each test tells one rule, and both of its sides.
#![expect(clippy::disallowed_methods, reason = "tests play the user: they write files and read variables")]

mod support;

mod checkouts;
mod clean;
mod commands;
mod compiler;
mod concurrency;
mod daemon;
mod docs;
mod doctor;
mod editor;
mod edits;
mod env;
mod executables;
mod faults;
mod flags;
mod freshness;
mod front_end;
mod included;
mod layers;
mod macros;
mod messages;
mod monitor;
mod native;
mod places;
mod remote;
mod roles;
mod scripts;
mod seed;
mod settings;
mod sources;
mod store;
mod verify;
mod walk;
