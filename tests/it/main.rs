//! The whole program on small real projects: each test tells one rule, and both of its sides.
#![expect(clippy::disallowed_methods, reason = "tests play the user: they write files and read variables")]

mod support;

mod compiler;
mod env;
mod executables;
mod flags;
mod included;
mod macros;
mod messages;
mod native;
mod sources;
mod walk;
