//! A finished compile becomes an entry.
//!
//! Owns the order of writing: blobs first, the index last, so that an entry is complete or absent. Never records under
//! contents that may not be those the compiler read.

use std::path::Path;

use super::call::Call;
use super::compile::{Compiled, Reads};
use super::learn::{self, Learnt};
use super::lookup::{self, Miss};
use super::session::Session;
use super::{assembly, outputs, place};
use crate::digest::{Digest, FieldHasher};
use crate::entry::{Artefact, Entry, FileState, Inputs, Prediction, Tree};
use crate::event::{Bypass, Bytes, MissReason};
use crate::fs;
use crate::fs::stat::{Stat, Time};
use crate::key::invocation::unit_id;
use crate::key::schema::KEY_SCHEMA;
use crate::key::{State, entry_key, with_messages};
use crate::portable::{PortableText, Root};
use crate::rustc::depinfo::{self, DepInfo};
use crate::rustc::messages;
use crate::serve::files::{RememberedFiles, unsettled};
use crate::serve::notes::{Recorded, chain, now_ms};
use crate::store::index::{IndexError, Memo, Reader};

fn store(error: &dyn std::error::Error) -> Bypass {
    Bypass::Store(chain(error))
}

/// Records a compile that succeeded; or says why not.
pub(super) fn record(
    session: &Session<'_>,
    miss: &mut Miss,
    compiled: &Compiled,
) -> Result<Recorded, Bypass> {
    make(session, miss, compiled)?.record(session)
}

/// An entry that is not in the store yet.
pub(super) struct Made {
    pub(super) key: Digest,
    pub(super) entry: Entry,
    prediction: Prediction,
    /// Digests made on the way.
    memos: Vec<(Stat, Memo)>,
}

/// Makes an entry of a compile that succeeded, or says why there can be none. Its outputs stay as they are.
pub(super) fn make(session: &Session<'_>, miss: &mut Miss, compiled: &Compiled) -> Result<Made, Bypass> {
    let call = session.call;
    let (dep_info_text, dep_info) = read_dep_info(session)?;
    miss.known.meet_dependencies_again(session).map_err(|e| store(&e))?;
    let Learnt { mut prediction, loose } = learn::learn(session, &miss.known, &dep_info, &compiled.reads)?;
    let texts = texts(call, compiled, &dep_info_text, &prediction);
    if !compiled.left.is_continued {
        prediction.bound |= is_bound(call, compiled, &dep_info, &texts)?;
    }
    ensure_settled(session, &prediction, compiled.started)?;

    let reader = session.store.index.read().map_err(|e| store(&e))?;
    let files = RememberedFiles::new(&reader);
    let state = lookup::observe(session, &mut prediction.clone(), &files)
        .map_err(|e| store(&e))?
        .expect("roots of a prediction just made are those of this call");
    ensure_settled(session, &prediction, compiled.started)?;
    let closure = miss.known.closure.filter(|_| !prediction.traced);
    let key = entry_key(&miss.known.invocation.key, &state, &miss.known.externs, closure.as_ref());
    let is_silent = compiled.stdout.is_empty() && messages::is_silent(&compiled.stderr);
    let key = if is_silent { key } else { with_messages(&key, &call.arguments.messages) };
    if reader.evicted(&key).is_some() {
        miss.cause = Some(MissReason::Evicted);
    }
    let memos = files.take_fresh();
    drop(reader);

    let inputs = inputs(call, miss, &state);
    miss.inputs = Some(inputs.clone());
    if compiled.left.is_continued {
        // An automatic gc leaves the state of targets in use alone.
        if let Some(target) = target_dir(call) {
            let _ = session.store.index.write(|writer| writer.put_target(target, now_ms()));
        }
        return Err(Bypass::Incremental);
    }

    if matches!(compiled.reads, Reads::Declared) && assembly::is_used(call, &dep_info) {
        let why = "a source from elsewhere may have the assembler read files";
        return Err(Bypass::Untraced(why.to_owned()));
    }

    let outputs = outputs::digest(session).map_err(|e| store(&e))?;
    let artefact = Artefact {
        closure: closure_of(&state, miss),
        loads_code: loads_code(session, compiled),
        loose,
        unsettled: miss.known.unsettled.clone(),
    };
    let entry = Entry {
        key_schema: KEY_SCHEMA,
        invocation: miss.known.invocation.key,
        unit: call.unit.clone(),
        inputs,
        outputs,
        dep_info: Some((call.dep_info_name(), texts.dep_info)),
        stdout: texts.stdout,
        stderr: texts.stderr,
        compile_ms: compiled.millis,
        created_ms: now_ms(),
        artefact,
        tree: Tree::default(),
    };
    let memos = [miss.known.memos.clone(), memos].concat();
    Ok(Made { key, entry, prediction, memos })
}

impl Made {
    /// Makes blobs of the outputs, and puts the entry into the index.
    pub(super) fn record(mut self, session: &Session<'_>) -> Result<Recorded, Bypass> {
        let busy = || Bypass::Store("another process has kept it for 10 s".to_owned());
        let _recording = session.store.hold().map_err(|e| store(&e))?.ok_or_else(busy)?;
        self.memos.extend(outputs::keep(session, &self.entry.outputs).map_err(|e| store(&e))?);
        write(session, &self).map_err(|e| store(&e))?;
        let bytes = Bytes { recorded: self.entry.size(), ..Bytes::default() };
        Ok(Recorded { key: self.key, bytes })
    }
}

/// Names all that entered the key.
fn inputs(call: &Call, miss: &Miss, state: &State) -> Inputs {
    Inputs {
        compiler_name: miss.known.compiler.facts.version.clone(),
        compiler: miss.known.compiler.identity,
        arguments: miss.known.invocation.lines.clone(),
        features: call.arguments.features(),
        files: state.files.clone(),
        variables: state.variables.clone(),
        place: state.place,
        externs: miss.known.externs.clone(),
    }
}

/// Puts the entry into the index, with all by which it is found again, in one step.
fn write(session: &Session<'_>, made: &Made) -> Result<(), IndexError> {
    let Made { key, entry, prediction, memos, .. } = made;
    let index = &session.store.index;
    let unit = unit_id(&entry.unit);
    index.write(|writer| {
        writer.add(key, &unit, entry, prediction)?;
        writer.put_memos(memos)?;
        target_dir(session.call).map_or(Ok(()), |target| writer.put_target(target, entry.created_ms))
    })?;
    // A damaged tree may take a value and not find it again.
    let is_lost = |reader: Reader<'_>| {
        reader.entry(key).is_none() || reader.predictions(&entry.invocation).first() != Some(prediction)
    };
    if index.read().is_ok_and(is_lost) {
        index.condemn();
    }
    Ok(())
}

/// Returns the target directory, to be noted as one in use.
fn target_dir(call: &Call) -> Option<&Path> {
    call.profile_dir().and_then(Path::parent)
}

fn read_dep_info(session: &Session<'_>) -> Result<(String, DepInfo), Bypass> {
    let path = session.call.out_dir.join(session.call.dep_info_name());
    let text = fs::read_to_string(&path).map_err(|e| store(&e))?;
    let info = DepInfo::parse(&text).ok_or_else(|| Bypass::Emit("dep-info is not understood".to_owned()))?;
    Ok((text, info))
}

/// Whether the result names the directories of this checkout.
fn is_bound(call: &Call, compiled: &Compiled, dep_info: &DepInfo, texts: &Texts) -> Result<bool, Bypass> {
    let shown = place::in_outputs(call, dep_info).map_err(|e| store(&e))?;
    if shown.placeholder {
        return Err(Bypass::Volatile("shows a placeholder".to_owned()));
    }
    Ok(shown.directory
        || place::is_unmapped(call, compiled)
        || place::in_messages(call, [&texts.stdout, &texts.stderr]))
}

struct Texts {
    dep_info: PortableText,
    stdout: PortableText,
    stderr: PortableText,
}

/// Takes the directories out of what the compiler wrote. In its messages only the output directory has its known place.
fn texts(call: &Call, compiled: &Compiled, dep_info: &str, prediction: &Prediction) -> Texts {
    let out_dir = &call.arguments.out_dir;
    Texts {
        dep_info: depinfo::shorten(dep_info, out_dir, &call.roots, &prediction.directories),
        stdout: PortableText::verbatim(&compiled.stdout),
        stderr: messages::shorten(&compiled.stderr, out_dir),
    }
}

/// Makes sure that no input changed since before the compiler started.
fn ensure_settled(session: &Session<'_>, prediction: &Prediction, started: Time) -> Result<(), Bypass> {
    let call = session.call;
    match unsettled(prediction, &call.roots, &call.cwd, started) {
        Some(path) => Err(Bypass::ChangedDuringCompile(path.display().to_string())),
        None => Ok(()),
    }
}

/// Whether a compile that uses this result may load code of the build.
fn loads_code(session: &Session<'_>, compiled: &Compiled) -> bool {
    let arguments = &session.call.arguments;
    if ["proc-macro", "dylib", "cdylib"].iter().any(|kind| arguments.has_type(kind)) {
        return true;
    }
    let Reads::Traced(trace) = &compiled.reads else { return false };
    let is_code = |path: &Path| path.extension().is_some_and(|e| e == "so" || e == "dylib" || e == "dll");
    let in_build = |path: &Path| {
        path.parent()
            .is_some_and(|dir| arguments.dependency_dirs().any(|known| session.call.cwd.join(known) == dir))
    };
    trace.accesses.iter().any(|access| access.read && is_code(&access.path) && in_build(&access.path))
}

/// Digests what a compile was made against: the dependencies' own closures, or the artefacts it was seen to read.
fn closure_of(state: &State, miss: &Miss) -> Digest {
    let mut hasher = FieldHasher::new("closure of inputs");
    match &miss.known.closure {
        Some(closure) => {
            hasher.digest(closure);
        }
        None => {
            for dependency in &miss.known.externs {
                hasher.digest(&dependency.digest);
            }
            for (path, state) in &state.files {
                if let (Some(Root::Profile(_)), FileState::Content(digest)) = (path.root, state) {
                    hasher.digest(digest);
                }
            }
        }
    }
    hasher.finish()
}
