//! The edit loop: when cargo's `-C incremental` is kept.
//!
//! Owns that decision. Without the flag, the first edit of a crate costs a whole compile of it and of all that depends
//! on it, several times what plain cargo needs; with it, a result depends on what was compiled here before, and must
//! never be recorded. So, with `cache.incremental = "auto"`:
//!
//! - A unit that this target has built before was edited, or something below it was: it compiles as with plain cargo,
//!   and is not recorded.
//! - Where this target came from the cache there is no such state yet. If the unit was once compiled in this place, the
//!   cache has [kept](crate::store::states) what that left.
//! - A unit that is new to this target compiles with the flag as well, as with plain cargo, so that the state is there
//!   when the first edit comes. With no state to start from, the result is a function of the inputs, but for
//!   [names](crate::rustc::objects) that say nothing: it is recorded, once the incremental folder shows that there was none.
//! - What is not recorded anyway, as programs by default, compiles as with plain cargo, from any state there is.
//! - What is compiled to be [compared](super::verify) has a folder of its own, since what it is compared with was made
//!   from nothing.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::call::Call;
use crate::config::{Incremental, Settings};
use crate::digest::{Digest, FieldHasher};
use crate::event::Target;
use crate::fs;
use crate::serve::process::Program;
use crate::store::layout::Layout;
use crate::store::states;

/// How a unit compiles.
#[derive(Debug)]
pub(super) enum State {
    /// Without the flag.
    Unused,
    /// With the flag, for the first time in this target: the folders of crates of this name, as they were before.
    New(Folders),
    /// With the flag, going on from what was compiled before.
    Continued,
    /// With the flag, from nothing, in this folder, which goes afterwards.
    Apart(PathBuf),
}

/// The folders of one crate name in the incremental folder, and what is in them.
pub(super) type Folders = BTreeMap<OsString, Vec<OsString>>;

impl State {
    /// Decides for a miss.
    pub(super) fn choose(call: &Call, settings: &Settings) -> Self {
        if settings.incremental == Incremental::Never || call.incremental.is_none() {
            return Self::Unused;
        }
        if Self::would_continue(call, settings) {
            return Self::Continued;
        }
        // All build scripts have one name, and so their states can't be told apart. They are small.
        if call.unit.target == Target::BuildScript { Self::Unused } else { Self::new(call) }
    }

    /// Whether a miss would go on from what was compiled here before.
    pub(super) fn would_continue(call: &Call, settings: &Settings) -> bool {
        // Cargo leaves dep-info where it is until a compile has succeeded.
        settings.incremental == Incremental::Auto
            && call.incremental.is_some()
            && call.out_dir.join(call.dep_info_name()).exists()
    }

    /// Decides for a compile whose result is compared with an entry.
    pub(super) fn apart(call: &Call, settings: &Settings) -> Self {
        let is_used = settings.incremental != Incremental::Never
            && call.incremental.is_some()
            && call.unit.target != Target::BuildScript;
        let Some(folder) = incremental_folder(call).filter(|_| is_used) else { return Self::Unused };
        // Below the usual folder, so that what the compiler does there is its own business as well.
        let folder = folder.join(format!(".kache-verify-{}", std::process::id()));
        let _ = fs::remove_any(&folder);
        Self::Apart(folder)
    }

    /// Looks at what there is before a compile that is the first of this unit here.
    pub(super) fn new(call: &Call) -> Self {
        Self::New(folders(call))
    }

    /// Returns the command.
    pub(super) fn program<'c>(&self, call: &'c Call) -> &'c Program {
        let with_flag = call.incremental.as_ref();
        match self {
            Self::Unused | Self::Apart(_) => &call.command,
            Self::New(_) | Self::Continued => with_flag.unwrap_or(&call.command),
        }
    }

    /// Returns what is to follow the command.
    pub(super) fn arguments(&self) -> Option<OsString> {
        let Self::Apart(folder) = self else { return None };
        let mut flag = OsString::from("-Cincremental=");
        flag.push(folder);
        Some(flag)
    }

    /// Looks at what a finished compile has left.
    pub(super) fn after(self, call: &Call) -> Left {
        match self {
            Self::Unused => Left { is_continued: false, folder: None },
            Self::Continued => Left { is_continued: true, folder: None },
            Self::Apart(folder) => {
                let _ = fs::remove_any(&folder);
                Left { is_continued: false, folder: None }
            }
            Self::New(before) => {
                let after = folders(call);
                // Which folder is the unit's own only the compiler knows. A new one, and no change in the others.
                let others_stay = before.iter().all(|(name, content)| after.get(name) == Some(content));
                let mut new = after.into_keys().filter(|name| !before.contains_key(name));
                let first = new.next();
                let is_continued = first.is_none() || !others_stay;
                // Of two that came at once, nobody knows which is whose.
                Left { is_continued, folder: first.filter(|_| new.next().is_none()) }
            }
        }
    }
}

/// What a compile has left of incremental state.
#[derive(Debug)]
pub(super) struct Left {
    /// Whether it may have gone on from an earlier one.
    pub(super) is_continued: bool,
    /// The folder that is new, and the unit's own.
    folder: Option<OsString>,
}

impl Left {
    /// Keeps the state that a compile from nothing has left.
    pub(super) fn keep(&self, call: &Call, layout: &Layout) {
        if let (Some(own), Some(folder)) = (&self.folder, incremental_folder(call)) {
            let _ = states::save(layout, &unit_name(call), &folder.join(own));
        }
    }
}

/// Brings an earlier state of a unit back where there is none. For a result that is not recorded only.
pub(super) fn bring_back(call: &Call, layout: &Layout) {
    if let Some(folder) = incremental_folder(call) {
        // Without it, the compile takes longer.
        let _ = states::bring_back(layout, &unit_name(call), &folder);
    }
}

/// Names the unit in this target directory.
fn unit_name(call: &Call) -> Digest {
    let path = call.out_dir.join(call.dep_info_name());
    let mut hasher = FieldHasher::new("incremental state");
    hasher.field(path.as_os_str().as_encoded_bytes());
    hasher.finish()
}

fn incremental_folder(call: &Call) -> Option<PathBuf> {
    Some(call.cwd.join(call.arguments.incremental.as_deref()?))
}

fn folders(call: &Call) -> Folders {
    let Some(folder) = incremental_folder(call) else { return Folders::new() };
    let begin = format!("{}-", call.arguments.crate_name);
    let names = fs::list(&folder).unwrap_or_default();
    let own = names.into_iter().filter(|name| name.as_encoded_bytes().starts_with(begin.as_bytes()));
    own.map(|name| (name.clone(), content(&folder.join(&name)))).collect()
}

fn content(folder: &Path) -> Vec<OsString> {
    let mut names = fs::list(folder).unwrap_or_default();
    names.sort();
    names
}
