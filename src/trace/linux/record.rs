//! What the tree did, told apart into "as found" and "made by the tree".
//!
//! Owns the two tables of a trace: accesses by path, and the places where the tree itself put or removed something.
//! Never talks to the listener or to the traced processes; it looks at the disk through `look`.
//!
//! A call is noted before it runs. Whether a write succeeds is therefore not known when it is noted: the state of the
//! place is kept instead, and compared at the next look. A place in its old state was not written after all.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::deed::Deed;
use super::look::{self, Seen, State};
use super::playback::Tape;
use super::program::{self, Needs};
use crate::trace::{Access, Incomplete, Trace};

/// Collects deeds.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    accesses: HashMap<Box<[u8]>, u8>,
    made: HashMap<Box<[u8]>, Made>,
    /// Ways through `..` that were noted.
    ways: HashSet<Box<[u8]>>,
    /// The tree made symbolic links, so a place it made can lead to one it did not.
    made_links: bool,
    network: bool,
    random: bool,
    host: bool,
    incomplete: Option<Incomplete>,
    stops: u64,
    closed: bool,
    real: Vec<u8>,
    /// Files of ours that the loader opens.
    passed_over: Vec<Box<[u8]>>,
    /// What the tree notes without a stop.
    tape: Option<Tape>,
}

/// A place that the tree wrote, replaced or removed.
#[derive(Debug)]
struct Made {
    before: State,
    follow: bool,
    /// The place was seen in another state than before.
    proven: bool,
}

/// Where the content at a path is from.
enum Origin {
    Found,
    Tree,
    /// The name is of the tree, and leads to this file, which is not.
    FoundAt(Box<[u8]>),
}

const ABSENT: u8 = 1;
const READ: u8 = 1 << 1;
const STAT: u8 = 1 << 2;
const LIST: u8 = 1 << 3;
const LINK: u8 = 1 << 4;
const EXEC: u8 = 1 << 5;
const WRITTEN: u8 = 1 << 6;
const REPLACED: u8 = 1 << 7;

const RENAME_NOREPLACE: u32 = 1;
const RENAME_EXCHANGE: u32 = 2;

impl Recorder {
    /// Counts one stopped call.
    pub(super) fn stopped(&mut self) {
        self.stops += 1;
    }

    /// Leaves a file of ours out of the trace, which must have no other name.
    pub(super) fn pass_over(&mut self, path: &Path) {
        self.passed_over.push(path.as_os_str().as_bytes().into());
    }

    /// Takes what is noted on a tape as well.
    pub(super) fn listen(&mut self, tape: Tape) {
        self.tape = Some(tape);
    }

    /// Notes what is on the tape: all that was looked at before the next deed.
    pub(super) fn catch_up(&mut self) {
        if let Some(mut tape) = self.tape.take() {
            tape.play(|deed| self.note(deed));
            self.tape = Some(tape);
        }
    }

    /// Returns whether the trace was taken: what follows is let through unrecorded.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Marks the trace as incomplete; the first reason stays.
    pub(super) fn give_up(&mut self, reason: Incomplete) {
        self.incomplete.get_or_insert(reason);
    }

    /// Takes the trace out; nothing is recorded any more.
    pub(super) fn close(&mut self) -> Trace {
        self.catch_up();
        self.tape = None;
        self.closed = true;
        self.made.clear();
        let mut accesses: Vec<Access> =
            self.accesses.drain().map(|(path, bits)| access(path, bits)).collect();
        accesses.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Trace {
            accesses,
            network: self.network,
            random: self.random,
            host: self.host,
            incomplete: self.incomplete.take(),
            stops: self.stops,
            variables: None,
        }
    }

    /// Notes one deed, about to happen.
    pub(super) fn note(&mut self, deed: Deed<'_>) {
        if let Deed::Open { path, .. }
        | Deed::Stat { path, .. }
        | Deed::ReadLink { path }
        | Deed::Exec { path, .. } = deed
        {
            self.pass_through(path);
        }
        match deed {
            Deed::Open { path, .. } if self.passed_over.iter().any(|ours| **ours == *path) => {}
            Deed::Open { path, flags, follow } => self.open(path, flags, follow),
            Deed::Stat { path, follow } => self.stat(path, follow),
            Deed::ReadLink { path } => self.find(path, LINK, false),
            Deed::ReadLinks { base, path } => self.read_links(base, path),
            Deed::Enter { path } => {
                self.read_links(b"/", path);
                self.find(path, STAT, true);
            }
            Deed::List { path } => self.find(path, LIST, true),
            Deed::Exec { path, directory } => self.exec(path, directory),
            Deed::Create { path, link } => self.create(path, link),
            Deed::Remove { path } => self.remove(path),
            Deed::Change { path, follow } => self.change(path, follow),
            Deed::Rename { from, to, flags } => self.rename(from, to, flags),
            Deed::HardLink { from, to, follow } => self.hard_link(from, to, follow),
            Deed::Connect { socket } => self.connect(socket),
            Deed::Network => self.network = true,
            Deed::Random => self.random = true,
            Deed::Host => self.host = true,
        }
    }
}

/// The deeds.
impl Recorder {
    fn open(&mut self, path: &[u8], flags: i32, follow: bool) {
        let access = flags & libc::O_ACCMODE;
        if flags & libc::O_PATH != 0 || flags & libc::O_TMPFILE == libc::O_TMPFILE {
            return self.stat(path, follow);
        }
        if access == libc::O_RDONLY && flags & (libc::O_CREAT | libc::O_TRUNC) == 0 {
            return self.open_to_read(path, follow);
        }
        let exclusive = flags & libc::O_CREAT != 0 && flags & libc::O_EXCL != 0;
        let seen = see(path, follow && !exclusive);
        if exclusive || (flags & libc::O_CREAT != 0 && seen.is_absent()) {
            self.create_at(path, follow && !exclusive, &seen);
        } else if seen.is_absent() || seen.is_directory() {
            self.found(path, STAT, follow, &seen);
        } else if seen.keeps_nothing() || is_own_view(path) {
            self.found(path, if access == libc::O_WRONLY { STAT } else { READ }, follow, &seen);
        } else if flags & libc::O_TRUNC == 0 {
            self.open_in_place(path, access, follow, &seen);
        } else if look::writable(path) {
            self.make(path, follow, &seen);
        } else {
            self.found(path, STAT, follow, &seen);
        }
    }

    fn open_to_read(&mut self, path: &[u8], follow: bool) {
        if self.has(path, READ) {
            return;
        }
        let seen = see(path, follow);
        // What a directory holds is learnt by listing it, and what is named relative to it depends on where that is.
        if seen.is_directory() && follow && !self.has(path, STAT) {
            self.note_links(path);
        }
        self.found(path, if seen.is_directory() { STAT } else { READ }, follow, &seen);
    }

    /// An existing file opened to be altered: what was in it stays, and what is read later may be that.
    fn open_in_place(&mut self, path: &[u8], access: i32, follow: bool, seen: &Seen) {
        if access != libc::O_WRONLY {
            self.found(path, READ, follow, seen);
        }
        if access != libc::O_RDONLY {
            self.alter(path, follow, seen);
        }
    }

    fn stat(&mut self, path: &[u8], follow: bool) {
        if follow {
            return self.find(path, STAT, true);
        }
        if !self.has(path, LINK) {
            let seen = see(path, false);
            self.found_name(path, &seen);
        }
    }

    /// Notes what decides where a path with `..` leads: the directories that are left may be links, or missing.
    fn pass_through(&mut self, path: &[u8]) {
        let Some(left) =
            memchr::memmem::rfind(path, b"/..").filter(|at| matches!(path.get(at + 3), None | Some(b'/')))
        else {
            return;
        };
        let way = &path[..left + 3];
        if !self.ways.contains(way) {
            self.ways.insert(way.into());
            self.read_links(b"/", way);
        }
    }

    /// Follows a path name by name, as `realpath` does.
    fn read_links(&mut self, base: &[u8], path: &[u8]) {
        const LINKS: usize = 40;
        let mut place = if base == b"/" { Vec::new() } else { base.to_vec() };
        let mut names = names_of(path);
        let mut links = 0;
        let mut is_name = false;
        while let Some(name) = names.pop() {
            if name == b".." {
                // Only a directory can be left.
                if std::mem::take(&mut is_name) {
                    self.find(&place, STAT, true);
                }
                place.truncate(place.iter().rposition(|&b| b == b'/').unwrap_or(0));
                continue;
            }
            let above = place.len();
            place.push(b'/');
            place.extend_from_slice(&name);
            self.find(&place, LINK, false);
            let Ok(target) = look::link(&place) else { return };
            is_name = target.is_none();
            let Some(target) = target else { continue };
            links += 1;
            if links > LINKS {
                return;
            }
            place.truncate(if target.first() == Some(&b'/') { 0 } else { above });
            names.extend(names_of(&target));
        }
        if is_name && (path.ends_with(b"/") || path.ends_with(b"/.")) {
            self.find(&place, STAT, true);
        }
    }

    /// Notes the links that a path leads through.
    fn note_links(&mut self, path: &[u8]) {
        let is_end = |at: usize| at > 0 && path.get(at).is_none_or(|byte| *byte == b'/');
        if (1..=path.len()).filter(|at| is_end(*at)).any(|at| matches!(look::link(&path[..at]), Ok(Some(_))))
        {
            self.read_links(b"/", path);
        }
    }

    /// Notes a program and what the kernel opens with it: interpreters of scripts in turn, up to its limit.
    fn exec(&mut self, path: &[u8], directory: &[u8]) {
        const INTERPRETERS: usize = 5;
        let mut path = Cow::Borrowed(path);
        for _ in 0..=INTERPRETERS {
            match self.exec_one(&path, directory) {
                Some(interpreter) => path = interpreter.into(),
                None => return,
            }
        }
    }

    /// Notes one program and returns its interpreter, when that is to be looked at next.
    fn exec_one(&mut self, path: &[u8], directory: &[u8]) -> Option<Vec<u8>> {
        if self.has(path, EXEC) && !self.made.contains_key(path) {
            return None;
        }
        let seen = see(path, true);
        self.found(path, EXEC, true, &seen);
        if !seen.is_file() {
            return None;
        }
        if seen.changes_identity() || look::has_capabilities(path) {
            self.give_up(Incomplete::Privileged(to_path(path)));
        }
        match program::needs(path, directory) {
            Needs::Nothing => {}
            Needs::Loader(loader) => self.find(&loader, EXEC, true),
            Needs::Interpreter(interpreter) => return Some(interpreter),
            Needs::Foreign => self.give_up(Incomplete::ForeignProgram(to_path(path))),
        }
        None
    }

    fn create(&mut self, path: &[u8], link: bool) {
        let seen = see(path, false);
        self.made_links |= link;
        self.create_at(path, false, &seen);
    }

    /// Makes a name, or learns that it is taken or that it has no directory.
    fn create_at(&mut self, path: &[u8], follow: bool, seen: &Seen) {
        if seen.is_absent() && see(parent(path), true).is_directory() {
            self.make(path, follow, seen);
        } else {
            self.found_name(path, seen);
        }
    }

    fn remove(&mut self, path: &[u8]) {
        let seen = see(path, false);
        if seen.is_absent() { self.found_name(path, &seen) } else { self.make(path, false, &seen) }
    }

    fn change(&mut self, path: &[u8], follow: bool) {
        let seen = see(path, follow);
        if seen.is_absent() || seen.keeps_nothing() || is_own_view(path) {
            self.found(path, STAT, follow, &seen);
        } else {
            self.alter(path, follow, &seen);
        }
    }

    fn rename(&mut self, from: &[u8], to: &[u8], flags: u32) {
        let (source, target) = (see(from, false), see(to, false));
        if source.is_absent() {
            return self.found_name(from, &source);
        }
        if flags & RENAME_NOREPLACE != 0 && !target.is_absent() {
            return self.found_name(to, &target);
        }
        self.moved(from, &source);
        if flags & RENAME_EXCHANGE != 0 {
            self.moved(to, &target);
        }
        self.make(from, false, &source);
        self.make(to, false, &target);
    }

    /// Content gets another name: as found, it is an input now, as nothing will show it under the other name.
    fn moved(&mut self, path: &[u8], seen: &Seen) {
        self.made_links |= seen.is_link();
        if seen.is_directory() {
            if !matches!(self.origin(path, false, seen), Origin::Tree) {
                self.give_up(Incomplete::MovedDirectory(to_path(path)));
            }
        } else {
            self.found(path, if seen.is_link() { LINK } else { READ }, false, seen);
        }
    }

    fn hard_link(&mut self, from: &[u8], to: &[u8], follow: bool) {
        let source = see(from, follow);
        if source.is_absent() {
            return self.found(from, STAT, follow, &source);
        }
        self.moved(from, &source);
        let target = see(to, false);
        self.create_at(to, false, &target);
    }

    fn connect(&mut self, socket: &[u8]) {
        let seen = see(socket, true);
        if seen.is_absent() { self.found(socket, STAT, true, &seen) } else { self.network = true }
    }
}

/// The tables.
impl Recorder {
    fn has(&self, path: &[u8], bit: u8) -> bool {
        self.accesses.get(path).is_some_and(|bits| bits & bit != 0)
    }

    fn add(&mut self, path: &[u8], bits: u8) {
        match self.accesses.get_mut(path) {
            Some(have) => *have |= bits,
            None => {
                self.accesses.insert(path.into(), bits);
            }
        }
    }

    /// Notes a look at `path`, if it is the first of its kind.
    fn find(&mut self, path: &[u8], bit: u8, follow: bool) {
        if !self.has(path, bit) {
            let seen = see(path, follow);
            self.found(path, bit, follow, &seen);
        }
    }

    /// Notes a look at the name itself; one that is no link says what a following look would.
    fn found_name(&mut self, path: &[u8], seen: &Seen) {
        self.found(path, if seen.is_link() { LINK } else { LINK | STAT }, false, seen);
    }

    /// Notes what a look showed, unless the tree itself put it there.
    fn found(&mut self, path: &[u8], bits: u8, follow: bool, seen: &Seen) {
        match self.origin(path, follow, seen) {
            Origin::Found => self.add(path, bits | if seen.is_absent() { ABSENT } else { 0 }),
            Origin::FoundAt(real) => self.add(&real, bits),
            Origin::Tree => {}
        }
    }

    fn origin(&mut self, path: &[u8], follow: bool, seen: &Seen) -> Origin {
        if self.made.is_empty() {
            return Origin::Found;
        }
        let of_tree = self.covers(path);
        if (of_tree && !self.made_links) || seen.is_absent() || is_own_view(path) {
            return if of_tree { Origin::Tree } else { Origin::Found };
        }
        let mut real = std::mem::take(&mut self.real);
        let known = look::real(path, follow, &mut real) && real != path;
        let origin = match (of_tree, known && self.covers(&real)) {
            (_, true) => Origin::Tree,
            (true, false) if known => Origin::FoundAt(real.as_slice().into()),
            (true, false) => Origin::Tree,
            (false, false) => Origin::Found,
        };
        self.real = real;
        origin
    }

    /// Returns whether the tree made `path` or a directory above it.
    fn covers(&mut self, path: &[u8]) -> bool {
        let mut place = path;
        loop {
            if self.made.get_mut(place).is_some_and(|made| made.happened(place)) {
                return true;
            }
            match parent(place) {
                b"/" => return false,
                above => place = above,
            }
        }
    }

    /// Notes that what is at `path` is changed in place.
    fn alter(&mut self, path: &[u8], follow: bool, seen: &Seen) {
        match self.origin(path, follow, seen) {
            Origin::Found => self.add(path, WRITTEN | REPLACED),
            Origin::FoundAt(real) => self.add(&real, WRITTEN | REPLACED),
            Origin::Tree => self.add(path, WRITTEN),
        }
    }

    /// Notes that the tree puts something at `path`, or removes what is there.
    ///
    /// The place is known under the name used and under its real one, so that it is recognised under any other.
    fn make(&mut self, path: &[u8], follow: bool, seen: &Seen) {
        let is_replaced = !seen.is_absent() && !matches!(self.origin(path, follow, seen), Origin::Tree);
        let bits = if is_replaced { WRITTEN | REPLACED } else { WRITTEN };
        self.add(path, bits);
        let Some(before) = seen.state() else { return };
        self.place(path, before, follow);
        let mut real = std::mem::take(&mut self.real);
        let known = if seen.is_absent() || !follow {
            let known = look::real(parent(path), true, &mut real);
            if real != b"/" {
                real.push(b'/');
            }
            real.extend_from_slice(name(path));
            known
        } else {
            look::real(path, true, &mut real)
        };
        if known && real != path {
            self.add(&real, bits);
            self.place(&real, before, follow);
        }
        self.real = real;
    }

    fn place(&mut self, path: &[u8], before: State, follow: bool) {
        let known = self.made.get_mut(path).is_some_and(|made| made.happened(path));
        if !known {
            self.made.insert(path.into(), Made { before, follow, proven: false });
        }
    }
}

impl Made {
    fn happened(&mut self, path: &[u8]) -> bool {
        if !self.proven {
            self.proven = see(path, self.follow).state().is_some_and(|now| now != self.before);
        }
        self.proven
    }
}

/// Looks at a path, unless it would lead us elsewhere than the caller.
fn see(path: &[u8], follow: bool) -> Seen {
    if is_own_view(path) { Seen::Hidden } else { Seen::at(path, follow) }
}

/// Returns whether a path means something else for each process.
fn is_own_view(path: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 6] =
        [b"/proc/self/", b"/proc/thread-self/", b"/dev/fd/", b"/dev/stdin", b"/dev/stdout", b"/dev/stderr"];
    PREFIXES.iter().any(|prefix| path.starts_with(prefix))
}

/// Returns the directory part of a clean absolute path.
fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&b| b == b'/') {
        None | Some(0) => b"/",
        Some(slash) => &path[..slash],
    }
}

/// Splits a path into its names, the first of them last.
fn names_of(path: &[u8]) -> Vec<Vec<u8>> {
    let names = path.rsplit(|&b| b == b'/').filter(|name| !name.is_empty() && *name != b".");
    names.map(<[u8]>::to_vec).collect()
}

/// Returns the last part of a clean absolute path.
fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or_default()
}

fn to_path(path: &[u8]) -> PathBuf {
    OsString::from_vec(path.to_vec()).into()
}

fn access(path: Box<[u8]>, bits: u8) -> Access {
    let has = |bit| bits & bit != 0;
    Access {
        path: OsString::from_vec(path.into_vec()).into(),
        absent: has(ABSENT),
        read: has(READ),
        stat: has(STAT),
        list: has(LIST),
        link: has(LINK),
        exec: has(EXEC),
        written: has(WRITTEN),
        replaced: has(REPLACED),
        written_first: bits & !REPLACED == WRITTEN,
    }
}
