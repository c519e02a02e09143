//! From a run to an entry, or to the reason why there is none.
//!
//! Owns what names a run before anything is known of its reads: the script's content, and what cargo gives to it.

use super::call::Run;
use crate::digest::{Digest, FieldHasher};
use crate::entry::{Entry, Inputs, Prediction};
use crate::event::MissReason;
use crate::key::environment::{Environment, matches};
use crate::key::schema::KEY_SCHEMA;
use crate::key::{State, entry_key};
use crate::serve::explain;
use crate::serve::files::RememberedFiles;
use crate::serve::notes::chain;
use crate::serve::remote::Missing;
use crate::serve::session::Session;

/// Variables that cargo sets for a script, with what they may end in behind `*`. The number of jobs and the jobserver are
/// none of them: they say nothing about results.
const GIVEN: &[&str] = &[
    "CARGO",
    "CARGO_CFG_*",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_FEATURE_*",
    "CARGO_MANIFEST_*",
    "CARGO_PKG_*",
    "DEBUG",
    "DEP_*",
    "HOST",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC",
    "RUSTC_LINKER",
    "RUSTDOC",
    "TARGET",
];

/// What a look-up found.
pub(super) enum Found {
    /// A run with equal inputs.
    Hit(Box<Hit>),
    /// None.
    Miss(Box<Miss>),
}

/// A run with equal inputs.
pub(super) struct Hit {
    pub(super) key: Digest,
    pub(super) entry: Entry,
    known: Known,
}

/// No run with equal inputs.
pub(super) struct Miss {
    pub(super) known: Known,
    /// A cause that is known already.
    pub(super) cause: Option<MissReason>,
    /// The keys that the entry may have, those of the newest prediction first.
    candidates: Vec<Digest>,
    /// The inputs of the finished run, once learnt.
    pub(super) inputs: Option<Inputs>,
}

/// What names a run before any prediction.
#[derive(Clone)]
pub(super) struct Known {
    /// The key.
    pub(super) key: Digest,
    /// What went into it, a line for each.
    pub(super) lines: Vec<String>,
    /// The environment without the directories of this checkout.
    pub(super) environment: Environment,
}

/// Looks an entry up.
pub(super) fn look_up(session: &Session<'_, Run>) -> Result<Found, String> {
    let reader = session.store.index.read().map_err(|e| chain(&e))?;
    let files = RememberedFiles::new(&reader);
    let known = Known::gather(session, &files)?;
    let mut candidates = Vec::new();
    for prediction in reader.predictions(&known.key) {
        let observed = known.observe(session, prediction, &files).map_err(|e| chain(&e))?;
        let Some(state) = observed else { continue };
        let key = entry_key(&known.key, &state, &[], None);
        candidates.push(key);
        if session.settings.recache {
            continue;
        }
        if let Some(entry) = reader.entry(&key) {
            let memos = files.take_fresh();
            drop(reader);
            if !memos.is_empty() {
                // Memos save time and nothing else.
                let _ = session.store.index.write(|writer| writer.put_memos(&memos));
            }
            return Ok(Found::Hit(Box::new(Hit { key, entry, known })));
        }
    }
    let cause = match candidates.first() {
        _ if session.settings.recache => Some(MissReason::Recache),
        Some(key) if reader.evicted(key).is_some() => Some(MissReason::Evicted),
        _ => None,
    };
    Ok(Found::Miss(Box::new(Miss { known, cause, candidates, inputs: None })))
}

impl Found {
    /// Returns what is missing.
    pub(super) fn missing(&self, _: &Session<'_, Run>) -> Option<Missing> {
        let Self::Miss(miss) = self else { return None };
        Some(Missing {
            invocation: miss.known.key,
            keys: miss.candidates.clone(),
            compiler: None,
            is_edit: false,
        })
    }
}

impl Known {
    fn gather(session: &Session<'_, Run>, files: &RememberedFiles<'_>) -> Result<Self, String> {
        let run = session.call;
        let script = files.digest(&run.script).map_err(|e| chain(&e))?;
        let (_, script) = script.ok_or("the script is missing")?;
        let environment = run.portable_environment();
        let places = run.places();
        let path = |bytes: &[u8]| Digest::of(&places.key_form(bytes)).to_hex();
        let mut lines = vec![
            format!("script {} {}", run.unit.crate_name, script.to_hex()),
            format!("directory {}", path(run.cwd.as_os_str().as_encoded_bytes())),
            format!("name {}", path(run.own_name().as_encoded_bytes())),
        ];
        lines.extend(run.program.arguments.iter().map(|word| format!("argument {}", word.display())));
        if let Some(salt) = &session.settings.key_salt {
            lines.push(format!("salt {salt}"));
        }
        if !session.settings.share_homes {
            let home = run.cargo_home().unwrap_or_default();
            lines.push(format!("home {}", path(home.as_os_str().as_encoded_bytes())));
        }
        for (name, value) in environment.digests_of(|name| GIVEN.iter().any(|glob| matches(glob, name))) {
            lines.push(format!("given {name} {}", value.to_hex()));
        }
        let mut hasher = FieldHasher::new("script run");
        hasher.field(&KEY_SCHEMA.to_le_bytes()).digest(&script);
        for line in &lines {
            hasher.field(line.as_bytes());
        }
        Ok(Self { key: hasher.finish(), lines, environment })
    }

    /// Looks at all that a prediction names.
    pub(super) fn observe(
        &self,
        session: &Session<'_, Run>,
        mut prediction: Prediction,
        files: &RememberedFiles<'_>,
    ) -> crate::fs::Result<Option<State>> {
        let run = session.call;
        prediction.variables.extend(run.environment.matching(&session.settings.key_env));
        State::observe(&prediction, &run.roots, &run.cwd, files, &self.environment, |_| None)
    }
}

impl Miss {
    /// Makes a miss of a hit whose files are not what they should be, and forgets the entry.
    pub(super) fn damaged(session: &Session<'_, Run>, hit: &Hit) -> Box<Self> {
        let _ = session.store.index.write(|writer| writer.remove_entry(&hit.key));
        let (known, candidates) = (hit.known.clone(), vec![hit.key]);
        Box::new(Self { known, cause: Some(MissReason::Damaged), candidates, inputs: None })
    }

    /// Explains the miss by the nearest earlier run of the package's script.
    pub(super) fn reason(&self, session: &Session<'_, Run>) -> MissReason {
        match (&self.cause, &self.inputs) {
            (Some(cause), _) => cause.clone(),
            (None, Some(inputs)) => explain::miss(&session.store.index, &session.call.unit, inputs),
            (None, None) => MissReason::First,
        }
    }
}
