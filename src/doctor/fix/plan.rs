//! From findings to steps.
//!
//! Owns what is done about each finding, in which order, and which step needs which. Reads files, and changes nothing.

use std::path::{Path, PathBuf};

use super::super::cargo_config::{self, CargoConfig, CargoConfigs};
use super::super::finding::{Line, Repair, Severity};
use super::super::{
    Examination, Finding, Subject, binary, find_program, is_same_file, sccache, sccache_cache, secrets,
    wrapper,
};
use super::{Done, Report, edit, migrate};
use crate::config::{self, ConfigError, UserFile};
use crate::env;
use crate::fs::replace::follow;
use crate::quantity::format_size;

/// What was asked for besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Remove sccache and its cache.
    pub purge: bool,
}

/// What is to be done.
#[derive(Debug)]
pub struct Plan {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    by_hand: Vec<Line>,
    notes: Vec<String>,
    found_sccache: bool,
    how: Option<&'static str>,
}

/// One step.
#[derive(Debug)]
pub struct Step {
    verb: Verb,
    /// The rest of the sentence.
    what: String,
    /// What is done.
    pub act: Act,
    /// Earlier steps without which this one would do harm.
    pub needs: Vec<usize>,
    /// Whether it belongs to the migration.
    pub is_migration: bool,
}

/// What a step does, in a word.
#[derive(Clone, Copy, Debug)]
pub enum Verb {
    /// Edit a file.
    Edit,
    /// Make a link.
    Link,
    /// Make something that is not there.
    Make,
    /// Remove something.
    Remove,
    /// Start something anew.
    Restart,
    /// Set settings of ours.
    Set,
    /// Stop a process.
    Stop,
    /// Take a program off the machine.
    Uninstall,
    /// Write a file anew.
    Rewrite,
}

/// What a step does.
#[derive(Debug)]
pub enum Act {
    /// Makes a link.
    Link {
        /// Its name.
        at: PathBuf,
        /// What it leads to.
        to: PathBuf,
    },
    /// Makes the store.
    Store(PathBuf),
    /// Starts a new index in this store.
    Index(PathBuf),
    /// Has the daemon start anew.
    Daemon,
    /// Writes the service's file anew.
    Service,
    /// Edits a file.
    Edit(Edit),
    /// Runs a program.
    Run(PathBuf, &'static [&'static str]),
    /// Removes a folder, or a link to one.
    Remove(PathBuf),
    /// Nothing: it cannot be done, for this reason.
    Refuse(String),
}

/// A file, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file, or a link to it.
    pub path: PathBuf,
    /// What it holds; `None`: there is none.
    pub before: Option<String>,
    /// What it is to hold.
    pub after: String,
    /// Texts in it that are never shown.
    pub secrets: Vec<String>,
}

/// Plans what is to be done about the findings.
pub fn plan(subject: &Subject<'_>, examination: &Examination, options: Options) -> Plan {
    let configs = cargo_config::read_all(subject);
    let findings = &examination.findings;
    let repairs = findings.iter().filter_map(|finding| finding.repair.as_ref()).collect::<Vec<_>>();
    let is_unset =
        |finding: &Finding| finding.name == "wrapper" && finding.fix.as_deref() == Some(wrapper::HOW);
    let plan = Plan {
        steps: Vec::new(),
        by_hand: Vec::new(),
        notes: Vec::new(),
        found_sccache: findings.iter().any(is_about_sccache),
        how: findings.iter().any(is_unset).then_some(wrapper::HOW),
    };
    let mut planner = Planner { subject, configs: &configs, repairs: &repairs, plan };
    let link = planner.place();
    planner.stop_server();
    let settings = planner.carry_over();
    let edits = planner.edit_configs(link, settings);
    planner.list_lines();
    if options.purge {
        planner.purge(&edits);
    }
    planner.renew();
    planner.plan
}

/// Whether a finding tells of sccache.
fn is_about_sccache(finding: &Finding) -> bool {
    let is_its = matches!(finding.name, "sccache" | "shell" | "ci")
        || finding.name == "wrapper" && finding.detail.to_ascii_lowercase().contains("sccache");
    is_its && finding.severity > Severity::Ok
}

struct Planner<'a> {
    subject: &'a Subject<'a>,
    configs: &'a CargoConfigs,
    repairs: &'a [&'a Repair],
    plan: Plan,
}

impl Planner<'_> {
    fn push(&mut self, verb: Verb, what: String, act: Act, is_migration: bool) -> usize {
        self.plan.steps.push(Step { verb, what, act, needs: Vec::new(), is_migration });
        self.plan.steps.len() - 1
    }

    /// Puts link and store in place. Returns the step that makes the link.
    fn place(&mut self) -> Option<usize> {
        let mut link = None;
        let store = self.subject.settings.as_ref().map(|resolved| resolved.settings.cache_dir.clone());
        for repair in self.repairs {
            match (repair, &store) {
                (Repair::Link { at, to }, _) => {
                    let what = format!("{} to `{}`", at.display(), to.display());
                    let act = Act::Link { at: at.clone(), to: to.clone() };
                    link = Some(self.push(Verb::Link, what, act, false));
                }
                (Repair::Store, Ok(store)) => {
                    self.push(
                        Verb::Make,
                        format!("the store {}", store.display()),
                        Act::Store(store.clone()),
                        false,
                    );
                }
                (Repair::Index, Ok(store)) => {
                    let what = format!("a new index in {}", store.display());
                    self.push(Verb::Make, what, Act::Index(store.clone()), false);
                }
                _ => {}
            }
        }
        link
    }

    fn stop_server(&mut self) {
        let server = self.repairs.iter().find_map(|repair| match repair {
            Repair::Server(program) => Some(program.clone()),
            _ => None,
        });
        if let Some(program) = server {
            self.push(Verb::Stop, "sccache's server".to_owned(), Act::Run(program, &["--stop-server"]), true);
        }
    }

    /// Carries settings over. Returns the step that writes them.
    fn carry_over(&mut self) -> Option<usize> {
        let carried = migrate::carried(self.subject, self.configs);
        self.plan.notes.extend(carried.notes);
        if carried.settings.is_empty() {
            return None;
        }
        let pairs =
            carried.settings.iter().map(|(key, value)| format!("`{key}` to `{}`", secrets::masked(value)));
        let pairs = pairs.collect::<Vec<_>>().join(", ");
        let (what, act) = match self.settings_with(&carried.settings) {
            Ok(edit) => (format!("{pairs} in {}", edit.path.display()), Act::Edit(edit)),
            Err(error) => (pairs, Act::Refuse(error)),
        };
        Some(self.push(Verb::Set, what, act, true))
    }

    fn settings_with(&self, settings: &[(&str, String)]) -> Result<Edit, String> {
        let said = |error: ConfigError| super::apply::said(&error);
        let path = config::user_file_path(self.subject.env).map_err(said)?;
        let mut file = UserFile::open(&path).map_err(said)?;
        let before = path.exists().then(|| file.text().to_owned());
        for (key, value) in settings {
            file.set(key, value).map_err(said)?;
        }
        Ok(Edit { path, before, after: file.text().to_owned(), secrets: Vec::new() })
    }

    /// Takes sccache out of cargo's files. Returns the steps.
    fn edit_configs(&mut self, link: Option<usize>, settings: Option<usize>) -> Vec<usize> {
        let named = self.repairs.iter().filter_map(|repair| match repair {
            Repair::CargoConfig(path) => Some(path.clone()),
            _ => None,
        });
        let mut seen = Vec::new();
        let mut steps = Vec::new();
        for path in named {
            let real = follow(&path).and_then(|path| Ok(path.canonicalize().unwrap_or(path)));
            let real = real.unwrap_or_else(|_| path.clone());
            let config = self.configs.files.iter().find(|config| config.path == path);
            if let Some(config) = config.filter(|_| !seen.contains(&real)) {
                steps.extend(self.edit_config(config, link, settings));
            }
            seen.push(real);
        }
        steps
    }

    fn edit_config(
        &mut self,
        config: &CargoConfig,
        link: Option<usize>,
        settings: Option<usize>,
    ) -> Option<usize> {
        let shown = config.path.display();
        let Some((word, needs_link)) = self.word(link.is_some()) else {
            let why = "the path of this program is not known".to_owned();
            return Some(self.push(Verb::Edit, shown.to_string(), Act::Refuse(why), true));
        };
        let keeps = sccache::may_stay(self.subject, self.configs);
        let edited = match edit::without_sccache(&config.text, config.root(), &word, !keeps) {
            Ok(None) => return None,
            Ok(Some(edited)) => edited,
            Err(why) => return Some(self.push(Verb::Edit, shown.to_string(), Act::Refuse(why), true)),
        };
        let hidden = config.variables().into_iter().filter(|variable| secrets::is_secret(&variable.name));
        let edit = Edit {
            path: config.path.clone(),
            before: Some(config.text.clone()),
            after: edited.text,
            secrets: hidden.map(|variable| variable.value).collect(),
        };
        let step =
            self.push(Verb::Edit, format!("{shown}: {}", edited.changes.join(", ")), Act::Edit(edit), true);
        let needs = &mut self.plan.steps[step].needs;
        needs.extend(link.filter(|_| needs_link && edited.sets_wrapper));
        // What is taken out must have been carried over.
        needs.extend(settings.filter(|_| edited.drops_variables));
        Some(step)
    }

    /// Returns the wrapper to write, and whether it needs the link that is still to be made.
    fn word(&self, makes_link: bool) -> Option<(String, bool)> {
        let program = self.subject.program.filter(|program| program.exists())?;
        let found = find_program(self.subject.env, "kache");
        if found.is_some_and(|found| is_same_file(&found, program) || binary::is_ours(&found)) {
            return Some(("kache".to_owned(), false));
        }
        let link = binary::link(self.subject, program);
        let is_link = is_same_file(&link, program);
        if !makes_link && !is_link {
            return Some((program.to_str()?.to_owned(), false));
        }
        let path = self.subject.env.get(env::PATH).unwrap_or_default();
        let is_found = makes_link && std::env::split_paths(&path).any(|dir| Some(&*dir) == link.parent());
        let word = if is_found { "kache" } else { link.to_str()? };
        Some((word.to_owned(), makes_link))
    }

    fn list_lines(&mut self) {
        let lines = self.repairs.iter().filter_map(|repair| match repair {
            Repair::ByHand(line) => Some(line.clone()),
            _ => None,
        });
        self.plan.by_hand.extend(lines);
    }

    /// Removes cache and program, once nothing uses them any more.
    fn purge(&mut self, edits: &[usize]) {
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
                Act::Run(cargo.into(), &["uninstall", "sccache"])
            }
        };
        let step = self.push(Verb::Uninstall, format!("sccache ({})", program.display()), act, true);
        self.plan.steps[step].needs.extend(edits);
    }

    /// Renews what runs in the background, with the settings as they are then.
    fn renew(&mut self) {
        let has = |wanted: &Repair| self.repairs.contains(&wanted);
        let (service, daemon) = (has(&Repair::Service), has(&Repair::Daemon));
        if daemon {
            self.push(Verb::Restart, "the daemon".to_owned(), Act::Daemon, false);
        }
        if service {
            self.push(Verb::Rewrite, "the service's file, for this program".to_owned(), Act::Service, false);
        }
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

impl Verb {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Edit => ("Edited", "edit"),
            Self::Link => ("Linked", "link"),
            Self::Make => ("Made", "make"),
            Self::Remove => ("Removed", "remove"),
            Self::Restart => ("Restarted", "restart"),
            Self::Set => ("Set", "set"),
            Self::Stop => ("Stopped", "stop"),
            Self::Uninstall => ("Uninstalled", "uninstall"),
            Self::Rewrite => ("Rewrote", "rewrite"),
        }
    }
}

impl Step {
    /// Returns the step in words, as done or to be done.
    pub fn text(&self, is_done: bool) -> String {
        let (done, to_do) = self.verb.words();
        format!("{} {}", if is_done { done } else { to_do }, self.what)
    }

    pub(super) fn edit(&self) -> Option<&Edit> {
        match &self.act {
            Act::Edit(edit) => Some(edit),
            _ => None,
        }
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        self.edit().map(|edit| edit.path.clone())
    }
}

impl Plan {
    pub(super) fn report(&self, dry_run: bool, actions: Vec<Done>, backups: Option<PathBuf>) -> Report {
        Report {
            dry_run,
            actions,
            by_hand: self.by_hand.clone(),
            notes: self.notes.clone(),
            backups,
            found_sccache: self.found_sccache,
            how: self.how,
        }
    }
}
