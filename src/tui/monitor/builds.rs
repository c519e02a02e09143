//! The events of the log, put together to builds.
//!
//! Owns what is known of each build while its events come in one by one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::event::{BuildId, UnitEvent};
use crate::report::figures::Figures;
use crate::store::usage::target_directory;

/// All builds, in the order in which they showed up.
#[derive(Debug, Default)]
pub(super) struct Builds {
    all: Vec<Build>,
    by_id: HashMap<BuildId, usize>,
}

/// One run of cargo.
#[derive(Clone, Debug)]
pub(super) struct Build {
    pub(super) id: BuildId,
    /// The target directory, once it is known.
    pub(super) target: Option<PathBuf>,
    /// When its first call began, in milliseconds since the Unix epoch.
    pub(super) started_ms: u64,
    /// When its last call ended.
    pub(super) ended_ms: u64,
    pub(super) figures: Figures,
    /// Whether its cargo still runs.
    pub(super) running: bool,
}

impl Builds {
    /// Takes in an event.
    pub(super) fn add(&mut self, event: &UnitEvent) {
        let place = *self.by_id.entry(event.build.clone()).or_insert_with(|| {
            self.all.push(Build {
                id: event.build.clone(),
                target: None,
                started_ms: u64::MAX,
                ended_ms: 0,
                figures: Figures::default(),
                running: false,
            });
            self.all.len() - 1
        });
        let build = &mut self.all[place];
        build.started_ms = build.started_ms.min(event.at_ms.saturating_sub(event.wrapper_ms));
        build.ended_ms = build.ended_ms.max(event.at_ms);
        build.figures.add(event);
        if build.target.is_none() {
            let dir = event.out_dir.as_deref();
            build.target = dir.and_then(|dir| target_directory(dir, &event.unit)).map(Path::to_owned);
        }
    }

    /// Takes in which ones run.
    pub(super) fn set_running(&mut self, running: &[BuildId]) {
        for build in &mut self.all {
            build.running = running.contains(&build.id);
        }
    }

    /// Returns all.
    pub(super) fn all(&self) -> &[Build] {
        &self.all
    }

    /// Returns the newest.
    pub(super) fn last(&self) -> Option<&Build> {
        self.all.last()
    }

    /// Returns what the screen shows: those that run, the newest first, else the newest.
    pub(super) fn shown(&self, at_most: usize) -> Vec<&Build> {
        let running = self.all.iter().rev().filter(|build| build.running).take(at_most).collect::<Vec<_>>();
        if running.is_empty() { self.last().into_iter().collect() } else { running }
    }

    /// Returns how many units a build is likely to have: as many as the one before it in the same place.
    pub(super) fn expected(&self, build: &Build) -> Option<u64> {
        let place = self.by_id.get(&build.id)?;
        let before = self.all[..*place].iter().rev().find(|earlier| earlier.target == build.target);
        before.filter(|_| build.target.is_some()).map(|earlier| earlier.figures.units)
    }

    /// Returns the target directories, with the time of the last build in each.
    pub(super) fn targets(&self) -> Vec<(PathBuf, u64)> {
        let mut last: HashMap<&Path, u64> = HashMap::new();
        for build in &self.all {
            if let Some(target) = &build.target {
                let time = last.entry(target).or_default();
                *time = build.ended_ms.max(*time);
            }
        }
        let mut targets = last.into_iter().map(|(path, ms)| (path.to_owned(), ms)).collect::<Vec<_>>();
        targets.sort();
        targets
    }
}

impl Build {
    /// Names it after its project.
    pub(super) fn name(&self) -> String {
        let name = self.target.as_deref().and_then(|target| project(target).file_name());
        name.map_or_else(|| "build".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// Returns the directory of a project, as far as its target directory tells.
pub(super) fn project(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if target.file_name().is_some_and(|name| name == "target") => parent,
        _ => target,
    }
}
