//! From findings to steps.
//!
//! Owns what is done about each finding, in which order, and which step needs which. Reads files, and changes nothing.

use std::path::PathBuf;

use super::super::cargo_config::{self, CargoConfig, CargoConfigs};
use super::super::finding::{Line, Repair, Severity};
use super::super::{
    Examination, Finding, Subject, binary, find_program, is_same_file, sccache, secrets, wrapper,
};
use super::step::{Act, Edit, Program, Step, Verb};
use super::{Done, Report, edit, migrate, unseen};
use crate::config::{self, ConfigError, UserFile};
use crate::env;
use crate::fs::replace::follow;

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
    pub(super) notes: Vec<String>,
    found_sccache: bool,
    how: Option<&'static str>,
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

/// A plan in the making.
pub(super) struct Planner<'a> {
    pub(super) subject: &'a Subject<'a>,
    configs: &'a CargoConfigs,
    pub(super) repairs: &'a [&'a Repair],
    pub(super) plan: Plan,
}

impl Planner<'_> {
    /// Adds a step, and returns its place.
    pub(super) fn push(&mut self, verb: Verb, what: String, act: Act, is_migration: bool) -> usize {
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
        if let Some(path) = server {
            // Where it listens may be known to compilers only.
            let names = ["SCCACHE_SERVER_PORT", "SCCACHE_SERVER_UDS"];
            let set = names.map(|name| Some((name, self.configs.variable(self.subject, name)?)));
            let program =
                Program { path, words: &["--stop-server"], variables: set.into_iter().flatten().collect() };
            self.push(Verb::Stop, "sccache's server".to_owned(), Act::Run(program), true);
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
        if sccache::may_stay(self.subject, self.configs) {
            let variables = self.configs.files.iter().flat_map(CargoConfig::variables);
            let kept =
                variables.map(|variable| variable.name).filter(|name| name.starts_with(sccache::PREFIX));
            let kept = kept.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            if !kept.is_empty() {
                let note = format!("left for a wrapper that may run sccache: {kept} in cargo's settings");
                self.plan.notes.push(note);
            }
        }
        let mut seen = Vec::new();
        let mut steps = Vec::new();
        for path in named {
            let real = follow(&path).map(|path| path.canonicalize().unwrap_or(path));
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
        let is_shared = config.path.ancestors().any(|dir| dir.join(".git").exists());
        if edited.sets_wrapper && is_shared {
            let note = format!("{shown} lies in a repository: whoever else builds it needs `{word}` too");
            self.plan.notes.push(note);
        }
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
        self.plan.notes.extend(unseen::warnings(self.subject, self.configs, &self.plan.by_hand));
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

#[cfg(test)]
mod tests {
    use super::super::super::testing::Machine;
    use super::super::super::{Examination, examine};
    use super::*;
    use crate::fs;

    fn planned(machine: &Machine) -> Plan {
        machine.with(|subject| plan(subject, &examine(subject), Options::default()))
    }

    /// Returns the wrapper that would be written, and whether that waits for the link.
    fn word(machine: &Machine) -> (String, bool) {
        let plan = planned(machine);
        let step = plan.steps.iter().find(|step| step.is_migration).unwrap();
        let after = &step.edit().unwrap().after;
        (after.split('"').nth(1).unwrap().to_owned(), !step.needs.is_empty())
    }

    #[test]
    fn the_wrapper_is_one_that_will_be_found() {
        let mut machine = Machine::new();
        let program = machine.program("bin/cargo-kache");
        machine.file("work/.cargo/config.toml", "build.rustc-wrapper = \"sccache\"\n");
        assert_eq!(word(&machine), ("kache".to_owned(), true), "the link comes first");
        let link = machine.path("bin/kache");
        std::os::unix::fs::symlink(&program, &link).unwrap();
        assert_eq!(word(&machine), ("kache".to_owned(), false));
        let elsewhere = machine.path("elsewhere").display().to_string();
        machine.set("PATH", &elsewhere);
        assert_eq!(word(&machine), (link.display().to_string(), false));
        fs::remove_file(&link).unwrap();
        assert_eq!(word(&machine), (link.display().to_string(), true));
        machine.file("bin/kache", "something else");
        assert_eq!(word(&machine), (program.display().to_string(), false));
    }

    #[test]
    fn nothing_is_taken_out_before_it_is_carried_over() {
        let machine = Machine::new();
        machine.program("bin/cargo-kache");
        machine.program("bin/kache");
        machine.file("work/.cargo/config.toml", "[env]\nSCCACHE_BUCKET = \"b\"\n");
        let plan = planned(&machine);
        let texts = plan.steps.iter().map(|step| step.text(false)).collect::<Vec<_>>();
        let (set, edit) = (texts.len() - 2, texts.len() - 1);
        assert!(texts[set].starts_with("set `cache.remote.bucket` to `b` in "), "{texts:?}");
        assert!(texts[edit].ends_with("/work/.cargo/config.toml: without `SCCACHE_BUCKET`"), "{texts:?}");
        assert_eq!(plan.steps[edit].needs, [set]);
    }

    #[test]
    fn without_a_program_no_wrapper_is_set() {
        let machine = Machine::new();
        machine.file("work/.cargo/config.toml", "build.rustc-wrapper = \"sccache\"\n");
        let examination = Examination { version: "", rustc: None, findings: Vec::new() };
        let empty = machine.with(|subject| plan(subject, &examination, Options::default()));
        assert!(empty.steps.is_empty());
        let plan = planned(&machine);
        let step = plan.steps.iter().find(|step| step.is_migration).unwrap();
        assert!(matches!(step.act, Act::Refuse(_)), "{step:?}");
    }
}
