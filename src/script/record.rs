//! A finished run becomes an entry.
//!
//! Owns the order of writing: blobs first, the index last, so that an entry is complete or absent. Never records under
//! contents that may not be those the script read.

use super::call::Run;
use super::execute::Executed;
use super::lookup::Miss;
use super::moment::Moment;
use super::{learn, outputs};
use crate::digest::Digest;
use crate::entry::{Artefact, Entry, Inputs, Prediction};
use crate::event::{Bypass, Bytes, MissReason};
use crate::fs::stat::Stat;
use crate::key::invocation::unit_id;
use crate::key::schema::KEY_SCHEMA;
use crate::key::{State, entry_key};
use crate::rustc::paths::Loose;
use crate::serve::files::{RememberedFiles, unsettled};
use crate::serve::notes::{Recorded, chain, now_ms};
use crate::serve::session::Session;
use crate::store::index::{IndexError, Memo};

/// Records a run that succeeded; or says why not.
pub(super) fn record(
    session: &Session<'_, Run>,
    miss: &mut Miss,
    executed: &Executed,
) -> Result<Recorded, Bypass> {
    let run = session.call;
    let mut prediction = learn::learn(run, executed)?;
    let counted = run.environment.digests(&prediction.variables, prediction.whole_environment);
    let names = counted.into_iter().map(|(name, _)| name);
    let names = names.chain(learn::of_no_consequence(run).map(str::to_owned)).collect::<Vec<_>>();
    let places = run.places().but_for(names.iter().flat_map(|name| run.environment.paths(name)));
    let moment = Moment::since(executed.started);
    let since = (!executed.began_empty).then_some(executed.started);
    let left = outputs::collect(run, &places, &moment, since)?;
    if left.tells_time || moment.is_told_in(&executed.stdout) {
        return Err(Bypass::Script("wrote the time of its run".to_owned()));
    }
    let (stdout, stderr) = (places.shorten(&executed.stdout), places.shorten(&executed.stderr));
    prediction.bound |= left.is_bound || stdout.is_bound || stderr.is_bound;

    let (state, memos) = observe(session, miss, &prediction, executed)?;
    let key = entry_key(&miss.known.key, &state, &[], None);
    let inputs = inputs(miss, state);
    miss.inputs = Some(inputs.clone());

    let busy = || Bypass::Store("another process has kept it for 10 s".to_owned());
    let _recording = session.store.hold().map_err(|e| store(&e))?.ok_or_else(busy)?;
    let (outputs, tree) = left.store(&session.store.blobs).map_err(|e| store(&e))?;
    let entry = Entry {
        key_schema: KEY_SCHEMA,
        invocation: miss.known.key,
        unit: run.unit.clone(),
        inputs,
        outputs,
        dep_info: None,
        stdout: stdout.text,
        stderr: stderr.text,
        compile_ms: executed.millis,
        created_ms: now_ms(),
        artefact: Artefact {
            closure: key,
            loads_code: false,
            loose: Loose::default(),
            unsettled: Vec::new(),
        },
        tree,
    };
    write(session, &key, &entry, &prediction, &memos).map_err(|e| store(&e))?;
    Ok(Recorded { key, bytes: Bytes { recorded: entry.size(), ..Bytes::default() } })
}

/// Looks at all inputs, none of which may have changed since before the script started.
fn observe(
    session: &Session<'_, Run>,
    miss: &mut Miss,
    prediction: &Prediction,
    executed: &Executed,
) -> Result<(State, Vec<(Stat, Memo)>), Bypass> {
    let run = session.call;
    let settled = || match unsettled(prediction, &run.roots, &run.cwd, executed.started) {
        Some(path) => Err(Bypass::ChangedDuringCompile(path.display().to_string())),
        None => Ok(()),
    };
    settled()?;
    let reader = session.store.index.read().map_err(|e| store(&e))?;
    let files = RememberedFiles::new(&reader);
    let state = miss.known.observe(session, prediction.clone(), &files).map_err(|e| store(&e))?;
    let state = state.expect("roots of a prediction just made are those of this run");
    settled()?;
    let key = entry_key(&miss.known.key, &state, &[], None);
    if reader.evicted(&key).is_some() {
        miss.cause = Some(MissReason::Evicted);
    }
    Ok((state, files.take_fresh()))
}

/// Names all that entered the key.
fn inputs(miss: &Miss, state: State) -> Inputs {
    Inputs {
        arguments: miss.known.lines.clone(),
        files: state.files,
        variables: state.variables,
        place: state.place,
        ..Inputs::default()
    }
}

/// Puts the entry into the index, with all by which it is found again, in one step.
fn write(
    session: &Session<'_, Run>,
    key: &Digest,
    entry: &Entry,
    prediction: &Prediction,
    memos: &[(Stat, Memo)],
) -> Result<(), IndexError> {
    session.store.index.write(|writer| {
        writer.add(key, &unit_id(&entry.unit), entry, prediction)?;
        writer.put_memos(memos)
    })
}

fn store(error: &dyn std::error::Error) -> Bypass {
    Bypass::Store(chain(error))
}
