//! Stands for the remote in builds without it.

use std::path::Path;

use super::Options;
use super::command::CargoWords;
use crate::cargo_config::CargoConfig;
use crate::config::{Resolved, Settings};
use crate::env::Env;
use crate::event::{Log, LogPosition, UnitEvent};
use crate::report::{Note, Transfer};

/// No remote.
pub(super) enum Remote {}

/// What became of the transfers of a build: nothing.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) transfer: Transfer,
    pub(super) notes: Vec<Note>,
}

impl Remote {
    /// There is none.
    pub(super) fn begin(_: &Resolved, _: &Env, _: &Options, _: &Path, _: &str) -> Option<Self> {
        None
    }

    /// Never called.
    pub(super) fn fetch_ahead(
        &self,
        _: &Settings,
        _: &Env,
        _: &CargoWords<'_>,
        _: &CargoConfig,
        _: (&Log, LogPosition),
    ) {
        match *self {}
    }

    /// Never called.
    pub(super) fn end(&self, _: &Log, _: LogPosition, _: &mut [UnitEvent]) -> Ended {
        match *self {}
    }
}
