//! What becomes of sccache itself, once somebody asks for its removal.
//!
//! Owns which cache and which program may go. Rather leaves something behind: a cache that holds anything else stays, and
//! so does a program that a wrapper still names.

use std::path::Path;

use super::super::finding::Repair;
use super::super::{sccache, sccache_cache};
use super::plan::Planner;
use super::step::{Act, Program, Verb};
use crate::env;
use crate::quantity::format_size;

impl Planner<'_> {
    /// Removes cache and program, once nothing uses them any more.
    pub(super) fn purge(&mut self, edits: &[usize]) {
        let stop = self.plan.steps.iter().position(|step| matches!(step.verb, Verb::Stop));
        for repair in self.repairs {
            match repair {
                Repair::Cache(path) => {
                    let shown = path.display();
                    let (what, act) = match sccache_cache::examine(self.subject, path) {
                        Ok(_) if path.is_symlink() => (
                            format!("sccache cache {shown} (a link; what it leads to stays)"),
                            Act::Remove(path.clone()),
                        ),
                        Ok(size) => (
                            format!("sccache cache {shown} ({})", format_size(size)),
                            Act::Remove(path.clone()),
                        ),
                        Err(why) => (format!("sccache cache {shown}"), Act::Refuse(why)),
                    };
                    let step = self.push(Verb::Remove, what, act, true);
                    self.plan.steps[step].needs.extend(stop);
                }
                Repair::Program(program) => self.remove_program(program, edits),
                _ => {}
            }
        }
    }

    fn remove_program(&mut self, program: &Path, edits: &[usize]) {
        if !sccache::is_cargos(self.subject, program) {
            let (shown, manager) = (program.display(), manager(program));
            let note = format!("sccache at {shown} was not installed by cargo; remove it with {manager}");
            return self.plan.notes.push(note);
        }
        let user = sccache::WRAPPERS.iter().find(|name| {
            let value = self.subject.env.get(name).unwrap_or_default();
            value.to_string_lossy().contains("sccache")
        });
        let act = match user {
            Some(name) => {
                Act::Refuse(format!("`{name}` still names it; change that first, then run this again"))
            }
            None => {
                let cargo = self.subject.env.get(env::CARGO).unwrap_or_else(|| "cargo".into());
                Act::Run(Program {
                    path: cargo.into(),
                    words: &["uninstall", "sccache"],
                    variables: Vec::new(),
                })
            }
        };
        let step = self.push(Verb::Uninstall, format!("sccache ({})", program.display()), act, true);
        self.plan.steps[step].needs.extend(edits);
    }
}

/// Guesses what installed a program.
fn manager(program: &Path) -> &'static str {
    let program = program.canonicalize().unwrap_or_else(|_| program.to_owned());
    let text = program.to_string_lossy();
    if text.contains("/Cellar/") || text.contains("brew/") {
        "`brew uninstall sccache`"
    } else if text.starts_with("/nix/") {
        "nix"
    } else if text.starts_with("/usr/bin/") {
        "the system's package manager"
    } else {
        "whatever installed it"
    }
}
