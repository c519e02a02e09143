//! The supervisor: answers every stop, and hands what it saw to the recorder.
//!
//! Owns the loop and the translation of raw arguments into deeds. Never refuses or alters a call: each one is resumed,
//! also when it could not be understood, and also after the trace was taken.

use std::sync::{Arc, Mutex, MutexGuard};

use super::calls::{At, Blind, Call, Follow, LAST_KNOWN, OpenFlags, Rule, rules};
use super::deed::Deed;
use super::filter::NATIVE;
use super::keeper;
use super::listener::{Event, Listener, Stop};
use super::memory::{Memory, Text};
use super::record::Recorder;
use super::resolve::{Base, Resolver, Unresolved};
use crate::trace::Incomplete;

/// The recorder, which the caller of the traced program takes at the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Recorder>>);

impl Shared {
    /// Locks the recorder; a poisoned one is as good as any, since it holds facts only.
    pub(super) fn lock(&self) -> MutexGuard<'_, Recorder> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Answers stops until no process is left under the filter, or leaves that to a keeper.
pub(super) fn supervise(listener: Listener, shared: &Shared) {
    let mut reader = Reader::new();
    loop {
        match listener.next() {
            Ok(Event::Stop(stop)) => {
                handle(&stop, &listener, shared, &mut reader);
                listener.resume(stop.id);
            }
            Ok(Event::Gone) => {}
            Ok(Event::End) => return,
            // No stop may be taken in and left unanswered: from here on only the keeper receives.
            Ok(Event::Control) => return keeper::leave(listener),
            Err(_) => return shared.lock().give_up(Incomplete::Supervisor),
        }
    }
}

fn handle(stop: &Stop, listener: &Listener, shared: &Shared, reader: &mut Reader) {
    let mut recorder = shared.lock();
    recorder.stopped();
    if recorder.is_closed() {
        return;
    }
    recorder.catch_up();
    let deed = reader.read(stop);
    if !listener.is_valid(stop.id) {
        return;
    }
    match deed {
        Ok(Some(deed)) => recorder.note(deed),
        Ok(None) => {}
        Err(reason) => recorder.give_up(reason),
    }
}

/// Reads arguments; its buffers are reused from stop to stop.
#[derive(Debug)]
struct Reader {
    rules: Vec<Option<&'static Rule>>,
    resolver: Resolver,
    text: Vec<u8>,
    first: Vec<u8>,
    second: Vec<u8>,
}

/// A path was read, or the call will fail before it uses one.
type Path = Result<Option<Name>, Incomplete>;

/// How a path was written.
#[derive(Debug, Clone, Copy, Default)]
struct Name {
    /// It ends with a slash, so a final link is followed.
    slash: bool,
    /// It is empty and means the descriptor itself.
    empty: bool,
}

impl Reader {
    fn new() -> Self {
        let mut table = vec![None; LAST_KNOWN as usize + 1];
        for rule in rules() {
            table[rule.nr as usize] = Some(rule);
        }
        Self {
            rules: table,
            resolver: Resolver::default(),
            text: Vec::new(),
            first: Vec::new(),
            second: Vec::new(),
        }
    }

    /// Translates a stop; nothing for a call that will fail before it touches a path.
    fn read(&mut self, stop: &Stop) -> Result<Option<Deed<'_>>, Incomplete> {
        if stop.arch != NATIVE {
            return Err(Incomplete::ForeignCalls);
        }
        match self.rules.get(stop.nr as usize) {
            Some(Some(rule)) => self.read_call(stop, rule.call),
            _ => Err(Incomplete::UnknownCall(stop.nr)),
        }
    }

    fn read_call(&mut self, stop: &Stop, call: Call) -> Result<Option<Deed<'_>>, Incomplete> {
        match call {
            Call::Open(at, flags) => self.read_open(stop, at, flags),
            Call::Stat(at, follow) => {
                let Some(name) = self.first(stop, at)?.filter(|name| !name.empty) else { return Ok(None) };
                Ok(Some(Deed::Stat { path: &self.first, follow: follows(stop, follow, name) }))
            }
            Call::ReadLink(at) => Ok(self.first(stop, at)?.map(|_| Deed::ReadLink { path: &self.first })),
            Call::Enter(at) => Ok(self.named(stop, at)?.map(|_| Deed::Enter { path: &self.first })),
            Call::List => self.read_list(stop),
            Call::Exec(at) => self.read_exec(stop, at),
            Call::Create(at) | Call::CreateLink(at) => {
                let link = matches!(call, Call::CreateLink(_));
                Ok(self.named(stop, at)?.map(|_| Deed::Create { path: &self.first, link }))
            }
            Call::Remove(at) => Ok(self.named(stop, at)?.map(|_| Deed::Remove { path: &self.first })),
            Call::Change(at, follow) => {
                let Some(name) = self.first(stop, at)? else { return Ok(None) };
                Ok(Some(Deed::Change { path: &self.first, follow: follows(stop, follow, name) }))
            }
            Call::Rename(from, to, flags) => {
                let flags = flags.map_or(0, |arg| stop.args[usize::from(arg)] as u32);
                Ok(self.both(stop, from, to)?.map(|_| Deed::Rename {
                    from: &self.first,
                    to: &self.second,
                    flags,
                }))
            }
            Call::HardLink(from, to, follow) => Ok(self.both(stop, from, to)?.map(|name| Deed::HardLink {
                from: &self.first,
                to: &self.second,
                follow: follows(stop, follow, name),
            })),
            Call::Connect => self.read_connect(stop),
            Call::Network => Ok(Some(Deed::Network)),
            Call::Random => Ok(Some(Deed::Random)),
            Call::Host => Ok(Some(Deed::Host)),
            Call::Blind(blind) => Err(reason(blind)),
        }
    }

    fn read_open(&mut self, stop: &Stop, at: At, flags: OpenFlags) -> Result<Option<Deed<'_>>, Incomplete> {
        const RESOLVE_IN_ROOT: u64 = 0x10;
        let (flags, resolve) = match flags {
            OpenFlags::Arg(arg) => (stop.args[usize::from(arg)], 0),
            #[cfg(target_arch = "x86_64")]
            OpenFlags::Creat => ((libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC) as u64, 0),
            OpenFlags::How(arg) => {
                let mut how = [0; 24];
                match Memory::of(stop.tid).read(stop.args[usize::from(arg)], &mut how) {
                    Ok(24) => (number(&how[..8]), number(&how[16..])),
                    _ => return Err(Incomplete::Unreadable),
                }
            }
        };
        // The directory is a root of its own for this call: an absolute name or `..` means something else.
        if resolve & RESOLVE_IN_ROOT != 0 {
            return Err(Incomplete::Namespace);
        }
        let flags = flags as i32;
        Ok(self.named(stop, at)?.map(|name| Deed::Open {
            path: &self.first,
            flags,
            follow: name.slash || flags & libc::O_NOFOLLOW == 0,
        }))
    }

    fn read_list(&mut self, stop: &Stop) -> Result<Option<Deed<'_>>, Incomplete> {
        match self.resolver.directory(stop.tid, Base::Descriptor(stop.args[0] as i32)) {
            Ok(path) => Ok(Some(Deed::List { path })),
            Err(unresolved) => absorb(unresolved),
        }
    }

    fn read_exec(&mut self, stop: &Stop, at: At) -> Result<Option<Deed<'_>>, Incomplete> {
        if self.first(stop, at)?.is_none() {
            return Ok(None);
        }
        match self.resolver.directory(stop.tid, Base::WorkingDirectory) {
            Ok(directory) => Ok(Some(Deed::Exec { path: &self.first, directory })),
            Err(unresolved) => absorb(unresolved),
        }
    }

    /// A local socket that is not there is a file found absent; any other address leads out of the tree.
    fn read_connect(&mut self, stop: &Stop) -> Result<Option<Deed<'_>>, Incomplete> {
        let mut address = [0; size_of::<libc::sockaddr_un>()];
        let len = address.len().min(stop.args[2] as usize);
        let Ok(len) = Memory::of(stop.tid).read(stop.args[1], &mut address[..len]) else {
            return Ok(Some(Deed::Network));
        };
        let [low, high, path @ ..] = &address[..len] else { return Ok(None) };
        let name = path.split(|&b| b == 0).next().unwrap_or_default();
        match i32::from(u16::from_ne_bytes([*low, *high])) {
            libc::AF_UNSPEC => Ok(None),
            libc::AF_UNIX if !name.is_empty() => {
                match self.resolver.resolve(stop.tid, Base::WorkingDirectory, name, &mut self.first) {
                    Ok(()) => Ok(Some(Deed::Connect { socket: &self.first })),
                    Err(unresolved) => absorb(unresolved),
                }
            }
            _ => Ok(Some(Deed::Network)),
        }
    }

    /// Reads a path that may not be empty.
    fn named(&mut self, stop: &Stop, at: At) -> Path {
        Ok(self.first(stop, at)?.filter(|name| !name.empty))
    }

    fn first(&mut self, stop: &Stop, at: At) -> Path {
        read_path(stop, at, &mut self.text, &mut self.resolver, &mut self.first)
    }

    /// Reads both paths of a call.
    fn both(&mut self, stop: &Stop, from: At, to: At) -> Path {
        let Some(name) = self.first(stop, from)? else { return Ok(None) };
        let to = read_path(stop, to, &mut self.text, &mut self.resolver, &mut self.second)?;
        Ok(to.filter(|to| !to.empty).map(|_| name))
    }
}

fn read_path(stop: &Stop, at: At, text: &mut Vec<u8>, resolver: &mut Resolver, out: &mut Vec<u8>) -> Path {
    match Memory::of(stop.tid).text(stop.args[usize::from(at.path)], text) {
        Text::Read => {}
        Text::Invalid => return Ok(None),
        Text::Denied => return Err(Incomplete::Unreadable),
    }
    let base = at.dir.map_or(Base::WorkingDirectory, |arg| Base::from_arg(stop.args[usize::from(arg)]));
    let name = Name { slash: text.ends_with(b"/"), empty: text.is_empty() };
    match resolver.resolve(stop.tid, base, text, out) {
        Ok(()) => Ok(Some(name)),
        Err(unresolved) => absorb(unresolved),
    }
}

/// Tells a call that fails anyway from one that we cannot follow.
fn absorb<T>(unresolved: Unresolved) -> Result<Option<T>, Incomplete> {
    match unresolved {
        Unresolved::NoBase => Ok(None),
        Unresolved::Denied => Err(Incomplete::Unreadable),
    }
}

fn follows(stop: &Stop, follow: Follow, name: Name) -> bool {
    let has = |arg: u8, flag| stop.args[usize::from(arg)] & flag != 0;
    name.slash
        || match follow {
            Follow::Yes => true,
            Follow::No => false,
            Follow::Unless(arg, flag) => !has(arg, flag),
            Follow::If(arg, flag) => has(arg, flag),
        }
}

fn reason(blind: Blind) -> Incomplete {
    match blind {
        Blind::Ring => Incomplete::Ring,
        Blind::Handle => Incomplete::Handle,
        Blind::OtherProcess => Incomplete::OtherProcess,
        Blind::Namespace => Incomplete::Namespace,
        Blind::SharedMemory => Incomplete::SharedMemory,
        Blind::Kernel => Incomplete::Kernel,
        Blind::Filter => Incomplete::Filter,
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
