//! Why a unit missed: the difference to the nearest earlier entry.
//!
//! Owns the comparison of two sets of inputs, and the order of importance of what differs. Never puts a difference
//! into words: `report` does.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::entry::{Aspect, FileState, Inputs};
use crate::event::MissReason;
use crate::portable::{PortablePath, Root};

/// One changed input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The compiler.
    Compiler {
        /// Before.
        from: String,
        /// Now.
        to: String,
    },
    /// A normalised argument that is new (`true`) or gone.
    Argument(String, bool),
    /// Features.
    Features {
        /// Turned on since.
        added: Vec<String>,
        /// Turned off since.
        removed: Vec<String>,
    },
    /// A file has another content, appeared or went.
    File(PortablePath),
    /// A variable.
    Variable(String),
    /// The artefact of a dependency.
    Dependency(String),
    /// The directory of the checkout, which the result names.
    Place,
}

/// Lists what differs between an earlier compile and this one.
///
/// Files that only one of them looked at count only if nothing else differs: another source brings other includes.
pub fn changes(earlier: &Inputs, now: &Inputs) -> Vec<Change> {
    let mut changes = Vec::new();
    if earlier.compiler != now.compiler {
        changes.push(Change::Compiler { from: earlier.compiler_name.clone(), to: now.compiler_name.clone() });
    }
    let (before, after) = (set(&earlier.features), set(&now.features));
    if before != after {
        let names =
            |a: &BTreeSet<&String>, b: &BTreeSet<&String>| a.difference(b).map(|s| (*s).clone()).collect();
        changes.push(Change::Features { added: names(&after, &before), removed: names(&before, &after) });
    }
    let is_feature = |line: &&String| line.starts_with("cfg feature=");
    let (before, after) = (set(&earlier.arguments), set(&now.arguments));
    for line in after.difference(&before).filter(|l| !is_feature(l)) {
        changes.push(Change::Argument((*line).clone(), true));
    }
    for line in before.difference(&after).filter(|l| !is_feature(l)) {
        changes.push(Change::Argument((*line).clone(), false));
    }
    if earlier.place != now.place {
        changes.push(Change::Place);
    }
    let before: BTreeMap<&str, &Digest> = earlier.externs.iter().map(|e| (&*e.name, &e.digest)).collect();
    for dependency in &now.externs {
        if before.get(&*dependency.name) != Some(&&dependency.digest) {
            changes.push(Change::Dependency(dependency.name.clone()));
        }
    }
    // One path may stand there with more than one state: what it leads to, its names, and the link itself.
    let before: BTreeSet<&(PortablePath, FileState)> = earlier.files.iter().collect();
    let asked_before: BTreeSet<_> = earlier.files.iter().map(|(path, state)| (path, aspect(state))).collect();
    let mut only_here = Vec::new();
    for file in now.files.iter().filter(|file| !before.contains(file)) {
        let change = Change::File(file.0.clone());
        let list =
            if asked_before.contains(&(&file.0, aspect(&file.1))) { &mut changes } else { &mut only_here };
        if !list.contains(&change) {
            list.push(change);
        }
    }
    let before: BTreeMap<&String, &Option<Digest>> = earlier.variables.iter().map(|(n, v)| (n, v)).collect();
    for (name, value) in &now.variables {
        // Of the whole environment, what was unset is not named.
        if before.get(name).map_or(value.is_some(), |known| *known != value) {
            changes.push(Change::Variable(name.clone()));
        }
    }
    let after: BTreeSet<&String> = now.variables.iter().map(|(n, _)| n).collect();
    changes.extend(
        before
            .keys()
            .filter(|n| !after.contains(**n) && !now.variables.is_empty())
            .map(|n| Change::Variable((*n).clone())),
    );
    if changes.is_empty() {
        changes = only_here;
    }
    changes
}

/// Returns what a state answers.
fn aspect(state: &FileState) -> Aspect {
    match state {
        FileState::Absent | FileState::Content(_) | FileState::File { .. } | FileState::Directory => {
            Aspect::Content
        }
        FileState::Listing(_) => Aspect::Listing,
        FileState::Link(_) | FileState::Other => Aspect::Link,
        FileState::Metadata(_) => Aspect::Metadata,
        FileState::Tree(_) => Aspect::Tree,
        FileState::Above(_) => Aspect::Above,
    }
}

/// Picks the reason to show for a list of changes.
pub fn reason(changes: &[Change]) -> MissReason {
    for change in changes {
        match change {
            Change::Compiler { from, to } => {
                return MissReason::Compiler { from: from.clone(), to: to.clone() };
            }
            Change::Features { added, removed } => {
                return MissReason::Features { added: added.clone(), removed: removed.clone() };
            }
            _ => {}
        }
    }
    let sources = paths(changes, is_source);
    if let Some(path) = sources.first() {
        return MissReason::Source { path: path.clone(), more: sources.len() - 1 };
    }
    let arguments = changes
        .iter()
        .filter_map(|c| if let Change::Argument(a, new) = c { Some((&**a, *new)) } else { None });
    if let Some(reason) = argument_reason(&arguments.collect::<Vec<_>>()) {
        return reason;
    }
    if let Some(name) =
        changes.iter().find_map(|c| if let Change::Dependency(n) = c { Some(n) } else { None })
    {
        return MissReason::Dependency(name.clone());
    }
    let generated =
        paths(changes, |p| matches!(p.root, Some(Root::Profile(_))) && p.rest.starts_with("build/"));
    if let Some(path) = generated.first() {
        return MissReason::BuildScript(path.clone());
    }
    let native = paths(changes, |p| p.rest.ends_with(".a") || p.rest.contains(".so"));
    if let Some(path) = native.first() {
        return MissReason::NativeLib(path.clone());
    }
    let files = paths(changes, |_| true);
    if let Some(path) = files.first() {
        return MissReason::Included { path: path.clone(), more: files.len() - 1 };
    }
    if let Some(name) = changes.iter().find_map(|c| if let Change::Variable(n) = c { Some(n) } else { None })
    {
        return MissReason::Env(name.clone());
    }
    if changes.contains(&Change::Place) {
        return MissReason::Place;
    }
    MissReason::First
}

fn is_source(path: &PortablePath) -> bool {
    path.rest.ends_with(".rs") && !matches!(path.root, Some(Root::Profile(_) | Root::OutDir))
}

fn paths(changes: &[Change], which: impl Fn(&PortablePath) -> bool) -> Vec<String> {
    let pick = |change: &Change| match change {
        Change::File(path) if which(path) => Some(path.display()),
        _ => None,
    };
    changes.iter().filter_map(pick).collect()
}

/// Puts the first changed argument into a reason: `(line, is new)`.
fn argument_reason(lines: &[(&str, bool)]) -> Option<MissReason> {
    // Cargo hashes flags into these two: they differ with every other one.
    let is_hash = |line: &str| line.starts_with("extra-filename ") || line.starts_with("flag -Cmetadata=");
    let (line, new) = lines.iter().find(|(line, _)| !is_hash(line)).or(lines.first())?;
    let (kind, text) = line.split_once(' ').unwrap_or((line, ""));
    Some(match kind {
        "cfg" | "check-cfg" => MissReason::Cfg(signed(text, *new)),
        "linker" | "link" => MissReason::Linker(text.to_owned()),
        "native-lib" | "search" => MissReason::NativeLib(text.to_owned()),
        "flag" => MissReason::Flags(flag_change(text, *new, lines)),
        // Those of a build script's run; a digest stands at the end.
        "script" => MissReason::Dependency(first_word(text)),
        "given" => MissReason::Env(first_word(text)),
        "directory" | "name" | "home" => MissReason::Place,
        _ => MissReason::Flags(flag_change(line, *new, lines)),
    })
}

fn first_word(text: &str) -> String {
    text.split(' ').next().unwrap_or(text).to_owned()
}

/// Describes a changed flag: `-C opt-level` 0 → 3, or with a sign what came or went.
fn flag_change(text: &str, new: bool, lines: &[(&str, bool)]) -> String {
    let name = text.split_once('=').map_or_else(|| text.split_once(' '), Some);
    if let Some((name, value)) = name
        && let Some(other) = lines.iter().find_map(|(line, other_new)| {
            let line = line.strip_prefix("flag ").unwrap_or(line);
            let value = line.strip_prefix(name)?.strip_prefix(['=', ' '])?;
            (*other_new != new).then_some(value)
        })
    {
        let (from, to) = if new { (other, value) } else { (value, other) };
        return format!("`{}` {from} → {to}", name.replacen("-C", "-C ", 1));
    }
    format!("`{}`", signed(&text.replacen("-C", "-C ", 1), new))
}

fn signed(text: &str, new: bool) -> String {
    format!("{}{text}", if new { '+' } else { '−' })
}

fn set(lines: &[String]) -> BTreeSet<&String> {
    lines.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Extern;

    fn inputs() -> Inputs {
        let file = |rest: &str| PortablePath { root: None, rest: rest.into() };
        Inputs {
            compiler_name: "rustc 1".into(),
            compiler: Digest::of(b"1"),
            arguments: vec!["flag -Copt-level=0".into(), "cfg unix".into()],
            features: vec!["a".into()],
            files: vec![
                (file("src/lib.rs"), FileState::Content(Digest::of(b"x"))),
                (file("data.txt"), FileState::Absent),
            ],
            variables: vec![("V".into(), None)],
            place: None,
            externs: vec![Extern {
                name: "dep".into(),
                file: "libdep.rmeta".into(),
                digest: Digest::of(b"d"),
            }],
        }
    }

    fn reason_after(change: impl FnOnce(&mut Inputs)) -> MissReason {
        let mut now = inputs();
        change(&mut now);
        reason(&changes(&inputs(), &now))
    }

    #[test]
    fn each_group_has_its_reason() {
        assert_eq!(changes(&inputs(), &inputs()), []);
        assert_eq!(
            reason_after(|i| i.files[0].1 = FileState::Content(Digest::of(b"y"))),
            MissReason::Source { path: "src/lib.rs".into(), more: 0 }
        );
        assert_eq!(
            reason_after(|i| i.files[1].1 = FileState::Content(Digest::of(b"y"))),
            MissReason::Included { path: "data.txt".into(), more: 0 }
        );
        assert_eq!(reason_after(|i| i.variables[0].1 = Some(Digest::of(b"1"))), MissReason::Env("V".into()));
        assert_eq!(reason_after(|i| i.place = Some(Digest::of(b"/w"))), MissReason::Place);
        assert_eq!(
            reason_after(|i| i.externs[0].digest = Digest::of(b"e")),
            MissReason::Dependency("dep".into())
        );
        assert_eq!(
            reason_after(|i| i.arguments[0] = "flag -Copt-level=3".into()),
            MissReason::Flags("`-C opt-level` 0 → 3".into())
        );
        assert_eq!(reason_after(|i| i.arguments.push("cfg foo".into())), MissReason::Cfg("+foo".into()));
        assert_eq!(
            reason_after(|i| i.features = vec!["b".into()]),
            MissReason::Features { added: vec!["b".into()], removed: vec!["a".into()] }
        );
        assert!(matches!(reason_after(|i| i.compiler = Digest::of(b"2")), MissReason::Compiler { .. }));
    }
}
