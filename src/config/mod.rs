//! Settings: what the user wants, in one plain struct.
//!
//! Owns where settings come from, what each may be, and who wins when they disagree. Never reads the command line
//! (the caller lays options over the result), never prints (warnings are values), never contacts anyone, and never
//! writes a file unless [`set`], [`unset`] or [`Draft::save`] asks for it. Only rows above import it; the domain gets its own small
//! option structs.
//!
//! # The story
//!
//! 1. [`KEYS`] is the one table: each setting's key, variable, kind, and whether a project may set it. Reading,
//!    checking, listing, editing and the reference page all follow from it.
//! 2. [`resolve()`] starts from the built-in values and lays over them, field by field: the user's file, the
//!    project's file (keys marked `project` only), the environment.
//! 3. What is wrong is an error ([`ConfigError`]); what is odd but harmless is a [`Warning`].
//! 4. [`Draft`] holds changes to the user's file that are not saved yet, and shows what they would do.
//!
//! The upper layer wins:
//!
//! | Layer | Where | May set |
//! |---|---|---|
//! | environment | `KACHE_*` | everything but `trusted_keys`, `type`, `path` of the remote, `event_log_max_size` |
//! | project file | `.config/kache.toml` at the workspace root | keys marked `project`: a checkout cannot redirect the store or the remote |
//! | user file | `$KACHE_CONFIG`, else `$XDG_CONFIG_HOME/kache/config.toml`, else `~/.config/kache/config.toml` | every key |
//! | default | [`Settings::new`], documented in [`DEFAULT_TOML`] | |
//!
//! # Performance
//!
//! The wrapper resolves once per rustc call. That costs one look-up per variable and at most two file opens, which
//! usually find nothing; [`DEFAULT_TOML`] is never parsed outside tests.
//!
//! # Limits
//!
//! Secrets live in variables only. They are in no file, and no function here shows one.

mod draft;
mod edit;
mod error;
mod explain;
mod file;
mod keys;
mod kind;
mod list;
mod resolve;
mod section;
mod settings;
#[cfg(all(test, unix))]
mod tests;

pub use draft::{Draft, Saved, Setting};
pub use edit::{UserFile, check, set, unset};
pub use error::{ConfigError, Position, SyntaxError, Warning};
pub use explain::explain;
pub use keys::{KEYS, Key, find};
pub use kind::{Choice, ChoiceSlot, Form, Kind, Slot};
pub use list::{Row, get, list};
pub use resolve::{
    Origin, Preview, Resolved, default_cache_dir, preview, project_file_path, resolve, user_file_path,
};
pub use section::Section;
pub use settings::{
    Credentials, Incremental, Readonly, Remote, RemoteType, ReportStyle, Restore, Settings, Trace, Verify,
};

/// A user file with every key, its default and its meaning, all of it commented.
pub const DEFAULT_TOML: &str = include_str!("default.toml");
