//! Why single units were no hits: `cargo kache why`.
//!
//! Owns the explanation of a unit: all that changed, and for a changed dependency the way down to the root cause.
//! Never looks for earlier entries: [`super::nearest`] brings the nearest one and the differences to it.

use std::fmt::Write as _;

use serde::Serialize;

use super::text::short_key;
use super::words::{self, Verdict};
use super::{figures, json, time};
use crate::event::{MissReason, Outcome, UnitEvent};
use crate::key::diff::Change;
use crate::portable::{PortablePath, Root};

/// Units of one build, to be explained.
#[derive(Clone, Debug)]
pub struct Why<'a> {
    /// The command, as in `cargo build`, if it is known.
    pub command: Option<&'a str>,
    /// The present time, in milliseconds since the Unix epoch.
    pub now_ms: u64,
    /// Whether it is the last build.
    pub is_last: bool,
    /// All events of the build.
    pub build: &'a [UnitEvent],
    /// What to explain, in the order to show it.
    pub units: Vec<Explained<'a>>,
}

/// A unit and what is known of its past.
#[derive(Clone, Debug)]
pub struct Explained<'a> {
    /// Its event.
    pub event: &'a UnitEvent,
    /// What differs from the nearest earlier entry.
    pub changes: Vec<Change>,
    /// That entry.
    pub nearest: Option<Nearest>,
}

/// An earlier entry of the same package, target and profile.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// Its key, in hex.
    pub key: String,
    /// When it was recorded, in milliseconds since the Unix epoch.
    pub created_ms: u64,
}

/// A change in words.
struct Line {
    kind: &'static str,
    text: String,
    /// For a dependency: how it came to change.
    because: Vec<Cause>,
}

/// A step on the way down to a root cause.
#[derive(Serialize)]
struct Cause {
    unit: String,
    text: String,
}

impl Why<'_> {
    /// Returns the text for a terminal.
    pub fn text(&self) -> String {
        let texts: Vec<String> = self.units.iter().map(|unit| self.unit_text(unit)).collect();
        texts.join("\n")
    }

    fn unit_text(&self, unit: &Explained<'_>) -> String {
        let event = unit.event;
        let unnamed = if self.is_last { "the last build" } else { "an earlier build" };
        let build = self.command.map_or(unnamed.to_owned(), |command| format!("`{command}`"));
        let ago = time::ago(event.at_ms, self.now_ms);
        let mut text = format!(
            "{} {} in {build}, {ago}",
            words::label(&event.unit),
            happened(Verdict::of(&event.outcome))
        );
        let lines = self.lines(unit);
        let reason = figures::reason(self.build, event);
        if let Some(reason) = reason.as_ref().filter(|_| lines.is_empty()) {
            let _ = write!(text, ": {}", reason.text);
        }
        text.push('\n');
        for line in &lines {
            let _ = writeln!(text, "  changed  {}", line.text);
            for cause in &line.because {
                let _ = writeln!(text, "  because  {}: {}", cause.unit, cause.text);
            }
        }
        if let Outcome::Missed { not_recorded: Some(why), .. } = &event.outcome
            && !lines.is_empty()
        {
            let _ = writeln!(text, "  not recorded  {}", words::bypass(why).text);
        }
        if let Some(keys) = self.keys(unit) {
            let _ = writeln!(text, "  {keys}");
        }
        if let Some(remedy) = remedy(unit) {
            let _ = writeln!(text, "  fix  {remedy}");
        }
        text
    }

    fn keys(&self, unit: &Explained<'_>) -> Option<String> {
        let nearest = unit.nearest.as_ref().map(|nearest| {
            let ago = time::ago(nearest.created_ms, self.now_ms);
            format!("nearest {} ({ago})", short_key(&nearest.key))
        });
        let key = unit.event.key.as_deref().map(|key| format!("key {}", short_key(key)));
        match (key, nearest) {
            (Some(key), Some(nearest)) => Some(format!("{key}, {nearest}")),
            (key, nearest) => key.or(nearest),
        }
    }

    /// Puts all changes into words. Without an earlier entry the reason in the event is all there is.
    fn lines(&self, unit: &Explained<'_>) -> Vec<Line> {
        let mut lines: Vec<Line> = arguments(&unit.changes);
        for change in &unit.changes {
            lines.extend(self.line(unit.event, change));
        }
        if let Outcome::Missed { reason: MissReason::Dependency(name), .. } = &unit.event.outcome
            && lines.is_empty()
        {
            lines.extend(self.line(unit.event, &Change::Dependency(name.clone())));
        }
        lines
    }

    fn line(&self, event: &UnitEvent, change: &Change) -> Option<Line> {
        let simple = |kind, text| Some(Line { kind, text, because: Vec::new() });
        match change {
            // These come in pairs.
            Change::Argument(..) => None,
            Change::Compiler { from, to } => {
                simple("compiler", changed(MissReason::Compiler { from: from.clone(), to: to.clone() }))
            }
            Change::Features { added, removed } => {
                let reason = MissReason::Features { added: added.clone(), removed: removed.clone() };
                simple("features", changed(reason))
            }
            Change::File(path) => {
                let kind = if is_source(path) { "source" } else { "file" };
                simple(kind, format!("{kind} `{}`", path.display()))
            }
            Change::Place => simple("place", "directory: its paths show in the result".to_owned()),
            Change::Variable(name) => simple("variable", words::variable(name)),
            Change::Dependency(name) => {
                let dependency = figures::dependency(self.build, event, name);
                let label = dependency.map_or(format!("`{name}`"), |found| words::label(&found.unit));
                Some(Line {
                    kind: "dependency",
                    text: format!("dependency {label}"),
                    because: self.because(name, dependency),
                })
            }
        }
    }

    fn because(&self, name: &str, dependency: Option<&UnitEvent>) -> Vec<Cause> {
        let Some(dependency) = dependency else {
            return vec![Cause {
                unit: format!("`{name}`"),
                text: "compiled in an earlier build".to_owned(),
            }];
        };
        let chain = figures::chain(self.build, dependency);
        let cause = |event: &UnitEvent| Cause {
            unit: words::label(&event.unit),
            text: figures::reason(self.build, event)
                .map_or("from the cache, with other contents".to_owned(), |reason| reason.text),
        };
        std::iter::once(dependency).chain(chain).map(cause).collect()
    }

    /// Returns the object for programs, on one line.
    pub fn json(&self) -> String {
        json::line(&Object {
            schema: json::SCHEMA,
            build: self.build.first().map(|event| &*event.build.0),
            command: self.command,
            units: self.units.iter().map(|unit| UnitObject::of(self, unit)).collect(),
        })
    }
}

fn happened(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Local => "came from the cache",
        Verdict::Remote => "came from the remote cache",
        Verdict::Missed => "missed",
        Verdict::Bypassed => "was bypassed",
        Verdict::Failed => "failed",
        Verdict::Error => "met an error of the cache",
    }
}

/// Returns the change of a reason without the word "changed", which the line has.
fn changed(reason: MissReason) -> String {
    words::miss(&reason).text.replacen(" changed:", "", 1)
}

/// Pairs arguments that went with those that came in their place.
fn arguments(changes: &[Change]) -> Vec<Line> {
    let only_follows = changes.iter().all(follows);
    let with = |wanted: bool| {
        changes.iter().filter(move |change| only_follows || !follows(change)).filter_map(move |change| {
            match change {
                Change::Argument(line, new) if *new == wanted => Some(line.as_str()),
                _ => None,
            }
        })
    };
    let mut gone: Vec<&str> = with(false).collect();
    let mut lines = Vec::new();
    for line in with(true) {
        let earlier = name_and_value(line).and_then(|(name, value)| {
            let same = |other: &&str| name_and_value(other).is_some_and(|(other, _)| other == name);
            let other = gone.remove(gone.iter().position(same)?);
            Some(format!("`{}` {} → {value}", shown(name), name_and_value(other)?.1))
        });
        lines.push(argument(line, earlier.unwrap_or_else(|| format!("+`{}`", shown(line)))));
    }
    lines.extend(gone.into_iter().map(|line| argument(line, format!("−`{}`", shown(line)))));
    lines
}

/// Whether a change comes of others: cargo makes these hashes of flags, features and versions.
fn follows(change: &Change) -> bool {
    let is_hash = |line: &str| line.starts_with("extra-filename ") || line.starts_with("flag -Cmetadata=");
    matches!(change, Change::Argument(line, _) if is_hash(line))
}

fn argument(line: &str, change: String) -> Line {
    let kind = if line.starts_with("cfg ") { "cfg" } else { "flag" };
    Line { kind, text: format!("{kind} {change}"), because: Vec::new() }
}

fn name_and_value(line: &str) -> Option<(&str, &str)> {
    // `cfg feature="x"` has no value of its own: several may stand together.
    if line.starts_with("cfg ") { None } else { line.split_once('=') }
}

fn shown(line: &str) -> String {
    let line = ["flag ", "cfg "].iter().find_map(|kind| line.strip_prefix(kind)).unwrap_or(line);
    line.strip_prefix("-C").map_or(line.to_owned(), |rest| format!("-C {}", rest.trim_start()))
}

fn is_source(path: &PortablePath) -> bool {
    path.rest.ends_with(".rs") && !matches!(path.root, Some(Root::Profile(_) | Root::OutDir))
}

fn remedy(unit: &Explained<'_>) -> Option<&'static str> {
    if let Outcome::Missed { not_recorded: Some(why), .. } = &unit.event.outcome {
        return words::bypass(why).remedy;
    }
    words::reason(&unit.event.outcome, |_| None)?.remedy
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    build: Option<&'a str>,
    command: Option<&'a str>,
    units: Vec<UnitObject<'a>>,
}

#[derive(Serialize)]
struct UnitObject<'a> {
    unit: json::Unit<'a>,
    ended: String,
    changes: Vec<ChangeObject>,
    nearest: Option<NearestObject<'a>>,
    fix: Option<&'static str>,
}

#[derive(Serialize)]
struct ChangeObject {
    kind: &'static str,
    text: String,
    because: Vec<Cause>,
}

#[derive(Serialize)]
struct NearestObject<'a> {
    key: &'a str,
    created: String,
}

impl<'a> UnitObject<'a> {
    fn of(why: &Why<'_>, unit: &'a Explained<'_>) -> Self {
        let change = |line: Line| ChangeObject { kind: line.kind, text: line.text, because: line.because };
        Self {
            unit: json::Unit::of(why.build, unit.event),
            ended: time::rfc3339(unit.event.at_ms),
            changes: why.lines(unit).into_iter().map(change).collect(),
            nearest: unit.nearest.as_ref().map(|nearest| NearestObject {
                key: &nearest.key,
                created: time::rfc3339(nearest.created_ms),
            }),
            fix: remedy(unit),
        }
    }
}
