//! What lies where in a target directory.
//!
//! Owns the names of cargo's folders, and what each is for.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde::Serialize;

/// Bytes by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// State of incremental compiles: `incremental`.
    pub incremental: u64,
    /// Build scripts and what they made: `build`.
    pub build: u64,
    /// What was compiled: `deps`.
    pub deps: u64,
    /// What cargo knows of it: `.fingerprint`.
    pub fingerprints: u64,
    /// What cargo puts at the top of a profile for people, and examples.
    pub binaries: u64,
    /// All else: documentation, packages, what tools leave.
    pub other: u64,
}

/// What bytes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Incremental,
    Build,
    Deps,
    Fingerprints,
    Binaries,
    Other,
}

/// Where the walk is.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// Above the profiles, at this path in the target directory.
    Outside(&'a Path),
    /// At the top of a profile.
    Profile,
    /// Within a part.
    Within(Part),
}

impl Place<'_> {
    /// Returns what a file here is for.
    pub(super) fn part_of_file(self, name: &OsStr) -> Part {
        match self {
            Place::Outside(_) => Part::Other,
            // Locks and notes of cargo's.
            Place::Profile if name.as_encoded_bytes().starts_with(b".") => Part::Other,
            Place::Profile => Part::Binaries,
            Place::Within(part) => part,
        }
    }

    /// Returns what a folder here is for.
    pub(super) fn part_of_folder(self, name: &OsStr) -> Part {
        match self {
            Place::Outside(_) => Part::Other,
            Place::Profile => match name.to_str() {
                Some("incremental") => Part::Incremental,
                Some("build") => Part::Build,
                Some("deps") => Part::Deps,
                Some(".fingerprint") => Part::Fingerprints,
                Some("examples") => Part::Binaries,
                _ => Part::Other,
            },
            Place::Within(part) => part,
        }
    }
}

impl Parts {
    /// Returns one part, to add to it.
    pub(super) fn of(&mut self, part: Part) -> &mut u64 {
        match part {
            Part::Incremental => &mut self.incremental,
            Part::Build => &mut self.build,
            Part::Deps => &mut self.deps,
            Part::Fingerprints => &mut self.fingerprints,
            Part::Binaries => &mut self.binaries,
            Part::Other => &mut self.other,
        }
    }

    /// Returns all parts with their names.
    pub fn named(&self) -> [(&'static str, u64); 6] {
        [
            ("incremental", self.incremental),
            ("build", self.build),
            ("deps", self.deps),
            ("fingerprints", self.fingerprints),
            ("binaries", self.binaries),
            ("other", self.other),
        ]
    }
}

/// Whether these names are those in a profile.
pub(super) fn is_profile(names: &[OsString]) -> bool {
    names.iter().any(|name| name == "deps" || name == ".fingerprint" || name == ".cargo-lock")
}
