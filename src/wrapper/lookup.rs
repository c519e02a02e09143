//! From a call to an entry, or to the reason why there is none.
//!
//! Owns the walk through the two-step key. Never starts a process (but a compiler that is seen for the first time).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::call::Call;
use super::compiler::Programs;
use super::edit;
use super::session::{Session, find_program};
use crate::digest::{Digest, FieldHasher};
use crate::entry::{Entry, Extern, Inputs, Prediction};
use crate::event::MissReason;
use crate::fs;
use crate::fs::stat::{Stat, Time};
use crate::key::compiler::Compiler;
use crate::key::environment::{CLIPPY_VARIABLES, COMPILER_VARIABLES, LINKER_VARIABLES};
use crate::key::invocation::{Context, Invocation};
use crate::key::{State, entry_key, with_messages};
use crate::rustc::paths::Loose;
use crate::serve::explain;
use crate::serve::files::RememberedFiles;
use crate::serve::libraries::{self, LIBRARIES};
use crate::serve::notes::chain;
use crate::serve::remote::Missing;
use crate::store::index::{IndexError, Memo, Reader};

/// What a look-up found.
pub(super) enum Found {
    /// An entry with equal inputs.
    Hit(Box<Hit>),
    /// None.
    Miss(Box<Miss>),
}

/// An entry with equal inputs.
pub(super) struct Hit {
    pub(super) key: Digest,
    pub(super) entry: Entry,
    pub(super) known: Known,
}

/// No entry with equal inputs.
pub(super) struct Miss {
    pub(super) known: Known,
    /// Whether dep-info alone does not tell all that the compile reads.
    pub(super) needs_trace: bool,
    /// Whether an earlier result of this invocation named its directories.
    pub(super) was_bound: bool,
    /// A cause that is known already.
    pub(super) cause: Option<MissReason>,
    /// The keys that the entry may have, those of the newest prediction first.
    candidates: Vec<Digest>,
    /// The inputs of the finished compile, once learnt.
    pub(super) inputs: Option<Inputs>,
}

/// What is known before any prediction.
pub(super) struct Known {
    pub(super) compiler: Compiler,
    pub(super) invocation: Invocation,
    /// The dependencies, by content.
    pub(super) externs: Vec<Extern>,
    /// Digest over the closures of the dependencies. `None`: one of them is unknown, or loads code.
    pub(super) closure: Option<Digest>,
    /// The variables whose values the dependencies' macros may bring in.
    pub(super) loose: Loose,
    /// Dependencies of which that is not known.
    pub(super) unsettled: Vec<Digest>,
    /// The newest time among the dependencies' files.
    pub(super) newest_dependency: Time,
    /// Digests made on the way, to be remembered.
    pub(super) memos: Vec<(Stat, Memo)>,
}

/// Looks an entry up.
pub(super) fn look_up(session: &Session<'_>) -> Result<Found, String> {
    let programs = Programs::of(session.call)?;
    let read = || session.store.index.read().map_err(|e| chain(&e));
    let mut reader = read()?;
    let facts = match programs.facts(session.call, &reader, &RememberedFiles::new(&reader))? {
        Some(facts) => facts,
        None => {
            drop(reader);
            let facts = programs.meet(session)?;
            reader = read()?;
            facts
        }
    };
    let files = RememberedFiles::new(&reader);
    let compiler = programs.identify(session.call, &facts, &files)?;
    let mut known = Known::gather(session, compiler, &reader, &files)?;
    let needs_trace = known.needs_trace(session);
    let mut candidates = Vec::new();
    let mut was_bound = false;
    for mut prediction in reader.predictions(&known.invocation.key) {
        was_bound |= prediction.bound;
        if needs_trace && !prediction.traced {
            continue;
        }
        let observed = observe(session, &mut prediction, &files);
        let Some(state) = observed.map_err(|e| chain(&e))? else { continue };
        let closure = known.closure.filter(|_| !prediction.traced);
        let key = entry_key(&known.invocation.key, &state, &known.externs, closure.as_ref());
        let keys = [key, with_messages(&key, &session.call.arguments.messages)];
        candidates.extend(keys);
        if session.settings.recache {
            continue;
        }
        for key in keys {
            if let Some(entry) = reader.entry(&key) {
                known.memos = files.take_fresh();
                return Ok(Found::Hit(Box::new(Hit { key, entry, known })));
            }
        }
    }
    known.memos = files.take_fresh();
    let cause = match candidates.first() {
        _ if session.settings.recache => Some(MissReason::Recache),
        Some(key) if reader.evicted(key).is_some() => Some(MissReason::Evicted),
        _ => None,
    };
    Ok(Found::Miss(Box::new(Miss { known, needs_trace, was_bound, cause, candidates, inputs: None })))
}

impl Found {
    /// Returns what is missing.
    pub(super) fn missing(&self, session: &Session<'_>) -> Option<Missing> {
        let Self::Miss(miss) = self else { return None };
        Some(Missing {
            invocation: miss.known.invocation.key,
            keys: miss.candidates.clone(),
            compiler: Some(miss.known.compiler.facts.version.clone()),
            is_edit: edit::State::would_continue(session.call, &session.settings),
        })
    }
}

impl Known {
    /// Whether the program that runs is the compiler itself.
    pub(super) fn runs_compiler(&self, call: &Call) -> bool {
        self.compiler.is_direct && call.inner_wrapper.is_none()
    }

    /// Whether a compile of this kind may read what dep-info does not tell.
    fn needs_trace(&self, session: &Session<'_>) -> bool {
        let call = session.call;
        let arguments = &call.arguments;
        self.closure.is_none()
            || !self.runs_compiler(call)
            || arguments.is_linked()
            || arguments.has_type("staticlib")
            || call.drivers.len() > 1
            || !arguments.native_libs.is_empty()
            || arguments.other_dirs().next().is_some()
    }

    /// Learns of the dependencies what was not known before: cargo starts a compile as soon as their metadata is there,
    /// and they may be recorded only now.
    pub(super) fn meet_dependencies_again(&mut self, session: &Session<'_>) -> Result<(), IndexError> {
        let reader = session.store.index.read()?;
        (self.loose, self.unsettled) = settle(&reader, &self.externs);
        Ok(())
    }

    fn gather(
        session: &Session<'_>,
        compiler: Compiler,
        reader: &Reader<'_>,
        files: &RememberedFiles<'_>,
    ) -> Result<Self, String> {
        let call = session.call;
        let linker = linker(session, &compiler);
        let inner_wrapper = match &call.inner_wrapper {
            Some(path) => files.digest(path).map_err(|e| chain(&e))?.map(|(_, digest)| digest),
            None => None,
        };
        let context = Context {
            compiler: &compiler,
            cwd: &call.cwd,
            roots: &call.roots,
            for_documentation: call.is_for_documentation(),
            is_fixed: !super::mapping::can_be_replaced(call),
            salt: session.settings.key_salt.as_deref().unwrap_or_default(),
            linker: linker.as_deref(),
            inner_wrapper,
            under_cargo: call.environment.get("CARGO").is_some(),
        };
        let invocation = Invocation::new(&call.arguments, &context);
        let mut externs = Vec::new();
        let mut closure = Some(FieldHasher::new("closure"));
        let mut newest_dependency = Time::default();
        for dependency in &call.arguments.externs {
            // Without a path it comes from the sysroot, which the compiler's identity covers.
            let Some(path) = &dependency.path else { continue };
            let found = files.digest(&call.cwd.join(path)).map_err(|e| chain(&e))?;
            let Some((stat, digest)) = found else {
                return Err(format!("the dependency `{}` is missing", path.display()));
            };
            newest_dependency = newest_dependency.max(stat.modified).max(time_beside(&call.cwd.join(path)));
            let artefact = reader.artefact(&digest);
            closure = match (closure, artefact) {
                (Some(mut hasher), Some(artefact)) if !artefact.loads_code => {
                    hasher.digest(&artefact.closure);
                    Some(hasher)
                }
                _ => None,
            };
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            externs.push(Extern { name: dependency.name.clone(), file, digest });
        }
        let closure = closure.map(|hasher| hasher.finish());
        let (loose, unsettled) = settle(reader, &externs);
        let memos = Vec::new();
        Ok(Self { compiler, invocation, externs, closure, loose, unsettled, newest_dependency, memos })
    }
}

/// Returns the variables whose values the macros of dependencies may bring in, and those of the dependencies, direct or
/// not, that are unknown: these may bring in any.
fn settle(reader: &Reader<'_>, externs: &[Extern]) -> (Loose, Vec<Digest>) {
    let mut dependencies = externs.iter().map(|direct| direct.digest).collect::<Vec<_>>();
    let mut loose = Loose::default();
    let mut unknown = Vec::new();
    let mut seen = BTreeSet::new();
    while let Some(content) = dependencies.pop() {
        if !seen.insert(content) {
            continue;
        }
        match reader.artefact(&content) {
            Some(artefact) => {
                loose.add(&artefact.loose);
                dependencies.extend(artefact.unsettled);
            }
            None => unknown.push(content),
        }
    }
    unknown.sort();
    (loose, unknown)
}

/// Returns the time of the metadata beside a library: to what links it, cargo counts the newest file of a dependency.
fn time_beside(library: &Path) -> Time {
    if library.extension().is_none_or(|ending| ending != "rlib") {
        return Time::default();
    }
    Stat::of(&library.with_extension("rmeta")).map_or(Time::default(), |stat| stat.modified)
}

/// Finds the linker that will be used, where something is linked.
fn linker(session: &Session<'_>, compiler: &Compiler) -> Option<PathBuf> {
    let arguments = &session.call.arguments;
    if !arguments.is_linked() {
        return None;
    }
    let is_host = arguments.target.as_ref().is_none_or(|target| *target == compiler.facts.host);
    let default = is_host.then(|| Path::new("cc"));
    let name = arguments.linker.as_deref().or(default)?;
    find_program(session.call, name.as_os_str())
}

/// Looks at all that a prediction names, and at what counts for every unit of this kind.
pub(super) fn observe(
    session: &Session<'_>,
    prediction: &mut Prediction,
    files: &RememberedFiles<'_>,
) -> fs::Result<Option<State>> {
    let call = session.call;
    let mut names = COMPILER_VARIABLES.to_vec();
    if call.arguments.is_linked() {
        names.extend(LINKER_VARIABLES);
    }
    if call.drivers.len() > 1 {
        names.extend(CLIPPY_VARIABLES);
        // It looks for its settings from there upwards, and what it looks at is traced.
        prediction.directories.push("CARGO_MANIFEST_DIR".to_owned());
    }
    prediction.variables.extend(names.into_iter().map(str::to_owned));
    prediction.variables.extend(call.environment.matching(&session.settings.key_env));
    let place = |path: &Path| call.place_in_workspace(path);
    // Where any variable may have been read, what cargo adds to this one says nothing.
    let is_asked_for = prediction.variables.iter().any(|name| name == LIBRARIES);
    let path = call.environment.get(LIBRARIES).filter(|_| prediction.whole_environment && !is_asked_for);
    let own =
        path.map(|path| call.environment.clone().with(LIBRARIES, libraries::of_the_user(path, &call.roots)));
    let environment = own.as_ref().unwrap_or(&call.environment);
    State::observe(prediction, &call.roots, &call.cwd, files, environment, place)
}

impl Miss {
    /// Makes a miss of a hit whose files are not what they should be, and forgets the entry.
    pub(super) fn damaged(session: &Session<'_>, hit: Hit) -> Box<Self> {
        let _ = session.store.index.write(|writer| writer.remove_entry(&hit.key));
        let cause = Some(MissReason::Damaged);
        Box::new(Self { cause, ..Self::instead_of(session, hit.key, &hit.entry, hit.known) })
    }

    /// Makes a miss of what was a hit, to compile it as its entry was.
    pub(super) fn instead_of(session: &Session<'_>, key: Digest, entry: &Entry, known: Known) -> Self {
        let needs_trace = known.needs_trace(session);
        let was_bound = entry.inputs.place.is_some();
        Self { known, needs_trace, was_bound, cause: None, candidates: vec![key], inputs: None }
    }

    /// Explains the miss by the nearest earlier entry of the unit.
    pub(super) fn reason(&self, session: &Session<'_>) -> MissReason {
        if let Some(cause) = &self.cause {
            return cause.clone();
        }
        let Some(inputs) = &self.inputs else { return MissReason::First };
        explain::miss(&session.store.index, &session.call.unit, inputs)
    }
}
