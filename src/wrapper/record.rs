//! A finished compile becomes an entry.
//!
//! Owns the order of writing: blobs first, the index last, so that an entry is complete or absent. Never records under
//! contents that may not be those the compiler read.

use std::path::Path;

use super::call::Call;
use super::compile::{Compiled, Reads};
use super::learn::{self, Learnt};
use super::lookup::{self, Miss};
use super::restore::{copies_everything, reflinks, smallest};
use super::session::Session;
use super::stand_in::StandIn;
use super::{place, products};
use crate::digest::{Digest, FieldHasher};
use crate::entry::{Artefact, Entry, FileState, Inputs, Output, OutputKind, Prediction, Tree};
use crate::event::{Bypass, Bytes, MissReason};
use crate::fs::stat::{Stat, Time};
use crate::fs::{self, AtPath as _};
use crate::key::invocation::unit_id;
use crate::key::schema::KEY_SCHEMA;
use crate::key::{State, entry_key, with_messages};
use crate::portable::{PortableText, Root};
use crate::rustc::depinfo::{self, DepInfo};
use crate::rustc::messages;
use crate::serve::files::{RememberedFiles, unsettled};
use crate::serve::notes::{Recorded, chain, now_ms};
use crate::store::blob::{Form, T0};
use crate::store::index::{IndexError, Memo, MemoStat, Reader};

fn store(error: &dyn std::error::Error) -> Bypass {
    Bypass::Store(chain(error))
}

/// Records a compile that succeeded; or says why not.
pub(super) fn record(
    session: &Session<'_>,
    miss: &mut Miss,
    compiled: &Compiled,
) -> Result<Recorded, Bypass> {
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

    let busy = || Bypass::Store("another process has kept it for 10 s".to_owned());
    let _recording = session.store.hold().map_err(|e| store(&e))?.ok_or_else(busy)?;
    let placed = place_outputs(session).map_err(|e| store(&e))?;
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
        outputs: placed.outputs,
        dep_info: Some((call.dep_info_name(), texts.dep_info)),
        stdout: texts.stdout,
        stderr: texts.stderr,
        compile_ms: compiled.millis,
        created_ms: now_ms(),
        artefact,
        tree: Tree::default(),
    };
    let memos = miss.known.memos.iter().chain(&memos).chain(&placed.memos).collect::<Vec<_>>();
    write(session, &key, &entry, &prediction, &memos).map_err(|e| store(&e))?;
    Ok(Recorded { key, bytes: Bytes { recorded: entry.size(), ..Bytes::default() } })
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
fn write(
    session: &Session<'_>,
    key: &Digest,
    entry: &Entry,
    prediction: &Prediction,
    memos: &[&(Stat, Memo)],
) -> Result<(), IndexError> {
    let index = &session.store.index;
    let unit = unit_id(&entry.unit);
    index.write(|writer| {
        writer.add(key, &unit, entry, prediction)?;
        for (stat, memo) in memos {
            writer.put_memo(stat, memo)?;
        }
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

struct Placed {
    outputs: Vec<Output>,
    memos: Vec<(Stat, Memo)>,
}

/// Makes blobs of the outputs. The big ones become links to their blobs; one file of the unit keeps the compiler's own
/// inode and time, and so does what people change in place.
fn place_outputs(session: &Session<'_>) -> fs::Result<Placed> {
    let call = session.call;
    let mut outputs = Vec::new();
    for (name, kind, executable) in outputs_of(session)? {
        let path = call.out_dir.join(&name);
        let mut file = fs::open(&path)?;
        let (digest, size) = Digest::of_reader(&mut file).at("read", &path)?;
        outputs.push(Output { name, kind, digest, size, executable });
    }
    let own = smallest(&outputs);
    let copies = copies_everything(session) || reflinks(&call.out_dir);
    let mut memos = Vec::new();
    for output in &outputs {
        let path = call.out_dir.join(&output.name);
        let shared = !copies && output.kind == OutputKind::Library && own.as_deref() != Some(&output.name);
        let blobs = &session.store.blobs;
        let blob = match shared {
            true => blobs.take_over(&path, &output.digest, output.size, Form::of(output))?,
            false => blobs.copy_in(&path, &output.digest, output.size, Form::of(output))?,
        };
        memos.push((blob, Memo { stat: MemoStat::of_blob(&blob), digest: output.digest }));
        if output.kind == OutputKind::Product {
            products::localise(call, &path);
        }
        if let Some(stand_in) = StandIn::for_program(session, &path) {
            stand_in.replace()?;
            continue;
        }
        let stat = Stat::of(&path)?;
        if stat.modified != T0 {
            memos.push((stat, Memo { stat: MemoStat::of_file(&stat), digest: output.digest }));
        }
    }
    Ok(Placed { outputs, memos })
}

/// Lists what the compile made: the expected files, and where more may have come (other platforms, split debug
/// information) whatever bears its name.
fn outputs_of(session: &Session<'_>) -> fs::Result<Vec<(String, OutputKind, bool)>> {
    let call = session.call;
    let mut outputs = call.expected_outputs();
    let split = call.arguments.split_debuginfo.as_deref().is_some_and(|kind| kind != "off");
    let elsewhere = call.arguments.is_linked() && call.arguments.target.is_some();
    if !split && !elsewhere {
        return Ok(outputs);
    }
    outputs.retain(|(name, _, _)| call.out_dir.join(name).exists());
    let stem = format!("{}{}", call.arguments.crate_name, call.arguments.extra_filename);
    for name in fs::list(&call.out_dir)? {
        let Some(name) = name.to_str() else { continue };
        let ending = name.strip_prefix("lib").unwrap_or(name).strip_prefix(&*stem);
        let belongs = ending.is_some_and(|e| e.starts_with('.')) && !name.ends_with(".d");
        if belongs && outputs.iter().all(|(known, _, _)| known != name) {
            outputs.push((name.to_owned(), OutputKind::Product, false));
        }
    }
    Ok(outputs)
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
