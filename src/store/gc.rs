//! Keeps the store within its limits.
//!
//! Owns what is removed, and when. Never follows a link out of the cache directory, and touches a target directory
//! only to remove `incremental` folders, under cargo's own lock.
//!
//! # What goes
//!
//! | what | when |
//! |---|---|
//! | entries | not used for `max_age`; least recently used first while the store is above `max_size` or the disk below `min_free`; of an older key schema and not used for two weeks |
//! | blobs without an entry | an hour after their last change of links; at once, in order of that time, above the limit |
//! | files in `tmp/` | their process has ended, or they are older than an hour |
//! | indexes of other schemas | not used for two weeks |
//! | memos and artefacts of contents that no entry knows | once there are many |
//! | incremental states | not used for a week; when a person runs gc; above the limit |
//! | incremental folders | below recorded target directories, when no cargo holds their lock |
//!
//! What was used in the last two minutes is pinned: a build may be about to link it.
//!
//! # Locking
//! One gc at a time (`gc.lock`). The survey runs without a further lock; the removal takes `store.lock` alone, so that
//! no recorder is between its blobs and its entry, and looks again at what entries refer to.
//!
//! # Compatibility
//! Programs with other index schemas share the blobs. While there is another index, a blob without an entry here stays
//! for two weeks after its last change of links, unless the store is above its limit.
//!
//! # Performance
//! One stat for each blob, one pass over the entries for the survey and one more for the removal.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use super::index::{IndexError, Reader};
use super::layout::Layout;
use super::usage::{self, Removed};
use super::{Store, incremental, states};
use crate::digest::Digest;
use crate::entry::FileState;
use crate::fs::stat::{Stat, Time};
use crate::fs::{self, AtPath as _, OrAbsent as _, lock};

/// What was used so shortly before stays.
const PINNED: Duration = Duration::from_mins(2);
/// A blob without an entry stays so long: its entry may yet be written.
const ORPHAN_STAYS: Duration = Duration::from_hours(1);
/// What another version of the program may use stays so long.
const OTHERS_STAY: Duration = Duration::from_hours(14 * 24);
/// Time between two automatic gcs.
const INTERVAL: Duration = Duration::from_mins(10);
/// An automatic gc leaves incremental folders of targets that were built in this time.
const INCREMENTAL_STAYS: Duration = Duration::from_hours(24);
/// Incremental states that were not used for so long go.
const STATES_STAY: Duration = Duration::from_hours(7 * 24);
/// Notes of evicted entries that are kept, to explain misses by.
const EVICTED_KEPT: usize = 10_000;
/// So many memos and artefacts are not worth a look.
const FACTS_KEPT: usize = 50_000;

/// What to keep.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most bytes on disk.
    pub max_size: u64,
    /// Least bytes free on the disk; 0: any.
    pub min_free: u64,
    /// Longest time without use.
    pub max_age: Option<Duration>,
}

/// How to go about it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What to keep.
    pub limits: Limits,
    /// Nobody asked: only well above the limit, and then well below it, so that it does not run with each build.
    pub automatic: bool,
    /// Whether incremental folders go.
    pub clean_incremental: bool,
    /// Whether to look only.
    pub dry_run: bool,
    /// The key schema of this program; entries of older ones can't be found.
    pub key_schema: u32,
    /// The present, in milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// What was done, or with `dry_run` would have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Entries that went.
    pub entries_removed: usize,
    /// Space on disk of all files that went.
    pub bytes_removed: u64,
    /// What of it became free.
    pub bytes_freed: u64,
    /// What of it target directories still hold.
    pub bytes_still_linked: u64,
    /// Entries that would have gone but for a use just before.
    pub entries_pinned: usize,
    /// Space freed by removing incremental folders.
    pub incremental_bytes: u64,
    /// Target directories that lost such folders.
    pub incremental_projects: usize,
    /// Entries left.
    pub entries: usize,
    /// Space the store takes now.
    pub store_bytes: u64,
}

/// How a gc ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did its work.
    Done(Summary),
    /// Another one is at work.
    Busy,
}

/// Whether it is time for an automatic gc. Costs one look at a file; the first time it only starts the clock.
pub fn is_due(layout: &Layout, now_ms: u64) -> bool {
    let lock = layout.gc_lock();
    match Stat::of_name(&lock).or_absent() {
        Ok(Some(stat)) => time_ms(stat.modified) + millis(INTERVAL) < now_ms,
        Ok(None) => {
            // A new store has nothing to remove.
            let _ = lock::try_exclusive(&lock);
            false
        }
        Err(_) => false,
    }
}

/// Brings the store within its limits.
pub fn run(store: &Store, options: &Options) -> Result<Outcome, IndexError> {
    let Some(_lock) = lock::try_exclusive(&store.layout.gc_lock())? else { return Ok(Outcome::Busy) };
    if !options.dry_run {
        let path = store.layout.gc_lock();
        let now = UNIX_EPOCH + Duration::from_millis(options.now_ms);
        fs::open(&path)?.set_modified(now).at("set the time of", &path)?;
    }
    usage::fold(store)?;
    let size = usage::on_disk(&store.layout)?;
    let states = clean_states(store, options, size)?;
    let survey = Survey::take(store, options, size.saturating_sub(states.bytes))?;
    let plan = survey.plan(options);
    let (removed, entries_removed) = match options.dry_run {
        true => (plan.gone, plan.entries.len()),
        false => remove(store, &survey, &plan, options)?,
    };
    let mut summary = Summary {
        entries_removed,
        bytes_removed: removed.bytes,
        bytes_freed: removed.freed,
        bytes_still_linked: removed.still_linked,
        entries_pinned: plan.pinned,
        entries: survey.entries.len() - entries_removed,
        store_bytes: survey.store_bytes.saturating_sub(removed.bytes),
        ..Summary::default()
    };
    if options.clean_incremental {
        let spare = if options.automatic { INCREMENTAL_STAYS } else { Duration::ZERO };
        let unused_since = options.now_ms.saturating_sub(millis(spare));
        let cleaned = incremental::clean(store, unused_since, options.dry_run)?;
        summary.incremental_bytes = cleaned.bytes;
        summary.incremental_projects = cleaned.targets;
    }
    summary.incremental_bytes += states.freed;
    if !options.dry_run {
        summary.store_bytes = usage::on_disk(&store.layout)?;
    }
    Ok(Outcome::Done(summary))
}

/// Removes incremental states: those not used for long, and all of them where nobody wants any or the store is above its
/// limit.
fn clean_states(store: &Store, options: &Options, size: u64) -> fs::Result<states::Cleaned> {
    let is_asked = options.clean_incremental && !options.automatic;
    let spare = if is_asked || size > options.limits.max_size { Duration::ZERO } else { STATES_STAY };
    states::clean(&store.layout, options.now_ms.saturating_sub(millis(spare)), options.dry_run)
}

/// An entry, as far as gc cares.
struct Known {
    key: Digest,
    key_schema: u32,
    last_ms: u64,
    blobs: Vec<Digest>,
}

/// A blob on disk.
struct Blob {
    path: PathBuf,
    stat: Stat,
    /// Number of entries that refer to it.
    users: usize,
}

/// The store as it is.
struct Survey {
    /// Least recently used first.
    entries: Vec<Known>,
    blobs: HashMap<Digest, Blob>,
    /// Files and directories that serve nobody.
    litter: Vec<(PathBuf, Stat)>,
    /// Whether another index may refer to the blobs.
    shared: bool,
    store_bytes: u64,
    disk_free: u64,
}

impl Survey {
    fn take(store: &Store, options: &Options, store_bytes: u64) -> Result<Self, IndexError> {
        let mut entries = known_entries(&store.index.read()?);
        entries.sort_by_key(|known| (known.last_ms, known.key));
        let list = store.blobs.list()?.into_iter();
        let mut blobs: HashMap<_, _> =
            list.filter_map(|(path, digest, stat)| Some((digest?, Blob { path, stat, users: 0 }))).collect();
        for digest in entries.iter().flat_map(|known| &known.blobs) {
            if let Some(blob) = blobs.get_mut(digest) {
                blob.users += 1;
            }
        }
        let (old_indexes, other_indexes) = others(store, options.now_ms)?;
        let mut litter = old_indexes;
        litter.extend(stale_temporaries(store, options.now_ms)?);
        let root = store.layout.root();
        let disk = rustix::fs::statvfs(root).at("read the free space of", root)?;
        Ok(Self {
            entries,
            blobs,
            litter,
            shared: other_indexes > 0,
            store_bytes,
            disk_free: disk.f_bavail * disk.f_frsize,
        })
    }

    fn plan(&self, options: &Options) -> Plan {
        let mut plan = Plan {
            users: self.blobs.iter().map(|(digest, blob)| (*digest, blob.users)).collect(),
            ..Plan::default()
        };
        let older_than = |age: Duration, time_ms| time_ms + millis(age) < options.now_ms;
        let orphan_stays = if self.shared { OTHERS_STAY } else { ORPHAN_STAYS };
        for (digest, blob) in &self.blobs {
            if blob.users == 0 && older_than(orphan_stays, time_ms(blob.stat.changed)) {
                plan.drop_blob(*digest, blob);
            }
        }
        for known in &self.entries {
            let is_old = options.limits.max_age.is_some_and(|age| older_than(age, known.last_ms));
            let is_dead = known.key_schema < options.key_schema && older_than(OTHERS_STAY, known.last_ms);
            if !is_old && !is_dead {
                continue;
            }
            if older_than(PINNED, known.last_ms) {
                plan.drop_entry(known, self);
            } else {
                plan.pinned += 1;
            }
        }
        for (_, stat) in &self.litter {
            plan.gone.add(stat);
        }
        if options.limits.max_age.is_none() {
            self.plan_limits(options, &mut plan);
        }
        plan
    }

    /// Picks what was used least recently until both limits hold.
    fn plan_limits(&self, options: &Options, plan: &mut Plan) {
        let Limits { max_size, min_free, .. } = options.limits;
        let size = self.store_bytes.saturating_sub(plan.gone.bytes);
        let free = self.disk_free + plan.gone.freed;
        let (trigger, target) =
            if options.automatic { (part(max_size, 110), part(max_size, 90)) } else { (max_size, max_size) };
        let floor = if options.automatic { part(min_free, 110) } else { min_free };
        let most = if size > trigger { target } else { u64::MAX };
        let least = if free < min_free { floor } else { 0 };

        let orphans = self.blobs.iter().filter(|(_, blob)| blob.users == 0);
        let orphans = orphans.map(|(digest, blob)| (time_ms(blob.stat.changed), Candidate::Orphan(*digest)));
        let entries = self.entries.iter().enumerate();
        let entries = entries.map(|(index, known)| (known.last_ms, Candidate::Entry(index)));
        let mut candidates = orphans.chain(entries).collect::<Vec<_>>();
        candidates.sort();

        for (last_ms, candidate) in candidates {
            let too_large = self.store_bytes.saturating_sub(plan.gone.bytes) > most;
            let too_full = self.disk_free + plan.gone.freed < least;
            if !too_large && !too_full {
                return;
            }
            let is_pinned = last_ms + millis(PINNED) >= options.now_ms;
            match candidate {
                Candidate::Orphan(digest) if !is_pinned => plan.drop_blob(digest, &self.blobs[&digest]),
                Candidate::Orphan(_) => {}
                Candidate::Entry(index) if plan.entries.contains(&self.entries[index].key) => {}
                Candidate::Entry(_) if is_pinned => plan.pinned += 1,
                // What target directories still hold frees nothing: it goes for the store's limit only.
                Candidate::Entry(index) if too_large || self.frees(&self.entries[index]) => {
                    plan.drop_entry(&self.entries[index], self);
                }
                Candidate::Entry(_) => {}
            }
        }
    }

    /// Whether the disk gains by the entry's removal, if nobody else refers to its blobs.
    fn frees(&self, known: &Known) -> bool {
        known.blobs.iter().any(|digest| self.blobs.get(digest).is_some_and(|blob| blob.stat.links == 1))
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Candidate {
    Orphan(Digest),
    Entry(usize),
}

/// What is to go.
#[derive(Default)]
struct Plan {
    entries: HashSet<Digest>,
    blobs: HashSet<Digest>,
    /// Entries that remain for each blob.
    users: HashMap<Digest, usize>,
    /// All files that go.
    gone: Removed,
    pinned: usize,
}

impl Plan {
    fn drop_entry(&mut self, known: &Known, survey: &Survey) {
        if !self.entries.insert(known.key) {
            return;
        }
        for digest in &known.blobs {
            let Some(users) = self.users.get_mut(digest) else { continue };
            *users -= 1;
            if *users == 0 {
                self.drop_blob(*digest, &survey.blobs[digest]);
            }
        }
    }

    fn drop_blob(&mut self, digest: Digest, blob: &Blob) {
        if self.blobs.insert(digest) {
            self.gone.add(&blob.stat);
        }
    }
}

/// Carries out the plan. An entry that was recorded or a blob that came into use since the survey stays.
fn remove(
    store: &Store,
    survey: &Survey,
    plan: &Plan,
    options: &Options,
) -> Result<(Removed, usize), IndexError> {
    let _lock = store.own()?;
    // Hits since the survey are in the log only.
    usage::fold(store)?;
    let pinned_since = options.now_ms.saturating_sub(millis(PINNED));
    let entries_removed = store.index.write(|writer| {
        let mut count = 0;
        for key in &plan.entries {
            let made_ms = writer.entry(key)?.map_or(0, |entry| entry.created_ms);
            let last_ms = writer.usage(key)?.last_ms.max(made_ms);
            if last_ms < pinned_since && writer.remove_entry(key)? {
                writer.note_evicted(key, options.now_ms)?;
                count += 1;
            }
        }
        Ok(count)
    })?;
    let used = prune(store)?;
    let mut removed = Removed::default();
    for digest in plan.blobs.iter().filter(|digest| !used.contains(digest)) {
        let blob = &survey.blobs[digest];
        // Links may have come or gone since the survey.
        let stat = Stat::of_name(&blob.path).unwrap_or(blob.stat);
        if fs::remove_file(&blob.path)? {
            removed.add(&stat);
        }
    }
    for (path, stat) in &survey.litter {
        if stat.is_dir() {
            fs::remove_dir_all(path)?
        } else {
            fs::remove_file(path).map(drop)?
        }
        removed.add(stat);
    }
    Ok((removed, entries_removed))
}

/// Bounds the tables that grow with every build. Returns the blobs that entries refer to.
fn prune(store: &Store) -> Result<HashSet<Digest>, IndexError> {
    let reader = store.index.read()?;
    let mut used = HashSet::new();
    let mut known = HashSet::new();
    let mut invocations = HashSet::new();
    let many_facts = reader.facts() > FACTS_KEPT;
    reader.each_entry(|_, entry| {
        used.extend(entry.outputs.iter().map(|output| output.digest));
        invocations.insert(entry.invocation);
        if many_facts {
            known.extend(entry.inputs.externs.iter().map(|e| e.digest));
            known.extend(entry.inputs.files.iter().filter_map(|(_, state)| content(state)));
        }
    });
    let mut evicted = reader.all_evicted();
    drop(reader);
    evicted.sort_by_key(|(key, at_ms)| (std::cmp::Reverse(*at_ms), *key));
    let forgotten = evicted.split_off(evicted.len().min(EVICTED_KEPT));
    if !forgotten.is_empty() {
        store
            .index
            .write(|writer| forgotten.iter().try_for_each(|(key, _)| writer.forget_evicted(key).map(drop)))?;
    }
    store.index.write(|writer| writer.retain_predictions(&invocations))?;
    if many_facts {
        known.extend(&used);
        store.index.write(|writer| writer.retain_facts(&known))?;
    }
    Ok(used)
}

fn content(state: &FileState) -> Option<Digest> {
    match state {
        FileState::Content(digest) | FileState::File { content: digest, .. } => Some(*digest),
        _ => None,
    }
}

fn known_entries(reader: &Reader<'_>) -> Vec<Known> {
    let mut entries = Vec::new();
    reader.each_entry(|key, entry| {
        let mut blobs = entry.outputs.iter().map(|output| output.digest).collect::<Vec<_>>();
        blobs.sort();
        blobs.dedup();
        entries.push(Known { key, key_schema: entry.key_schema, last_ms: entry.created_ms, blobs });
    });
    for known in &mut entries {
        known.last_ms = known.last_ms.max(reader.usage(&known.key).last_ms);
    }
    entries
}

/// Finds the indexes of other schemas: what of them nobody used for long, and the number of the rest.
fn others(store: &Store, now_ms: u64) -> fs::Result<(Vec<(PathBuf, Stat)>, usize)> {
    let index = store.layout.index();
    let own = store.layout.index_file("");
    let mut old = Vec::new();
    let mut in_use = 0;
    for (name, is_dir) in fs::list_with_types(&index)? {
        let path = index.join(&name);
        if !is_dir || path == own {
            continue;
        }
        let is_index = name.to_str().is_some_and(|name| name.parse::<u32>().is_ok());
        let mut last = 0;
        for file in fs::list(&path).or_absent()?.unwrap_or_default() {
            let stat = Stat::of_name(&path.join(file)).or_absent()?;
            last = last.max(stat.map_or(0, |stat| time_ms(stat.modified)));
        }
        let stays = if is_index { OTHERS_STAY } else { ORPHAN_STAYS };
        if last + millis(stays) < now_ms {
            let mut stat = Stat::of_name(&path)?;
            stat.blocks = usage::tree_on_disk(&path)? / 512;
            stat.links = 1;
            old.push((path, stat));
        } else if is_index {
            in_use += 1;
        }
    }
    Ok((old, in_use))
}

/// Finds the files in `tmp/` that nobody will finish. Their names end in the number of the process that made them.
fn stale_temporaries(store: &Store, now_ms: u64) -> fs::Result<Vec<(PathBuf, Stat)>> {
    let root = store.layout.temporary();
    let mut stale = Vec::new();
    for name in fs::list(&root).or_absent()?.unwrap_or_default() {
        let path = root.join(&name);
        let Some(mut stat) = Stat::of_name(&path).or_absent()? else { continue };
        let owner = name.to_str().and_then(|name| name.rsplit_once('-')?.1.parse().ok());
        let is_old = time_ms(stat.changed) + millis(ORPHAN_STAYS) < now_ms;
        if is_old || owner.is_some_and(|pid| !is_running(pid)) {
            if stat.is_dir() {
                (stat.blocks, stat.links) = (usage::tree_on_disk(&path)? / 512, 1);
            }
            stale.push((path, stat));
        }
    }
    Ok(stale)
}

fn is_running(pid: i32) -> bool {
    let Some(pid) = rustix::process::Pid::from_raw(pid) else { return false };
    rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
}

fn part(whole: u64, percent: u64) -> u64 {
    u64::try_from(u128::from(whole) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}

fn time_ms(time: Time) -> u64 {
    u64::try_from(time.seconds).unwrap_or(0) * 1000 + u64::from(time.nanos) / 1_000_000
}

#[cfg(test)]
mod tests;
