//! Does the steps of a plan.
//!
//! Owns the copies of files as they were, and the one way each step is done. A step that fails is told, and stops only
//! those that need it.

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{Access, access};

use super::super::{Subject, secrets};
use super::plan::Plan;
use super::step::{Act, Edit, Program, Step};
use super::{Done, Report, Status};
use crate::agent::{Agent, start, stop};
use crate::config;
use crate::fs::{self, AtPath as _, OrAbsent as _, replace};
use crate::report::time::rfc3339;
use crate::store::Store;
use crate::store::layout::Layout;

/// Does a plan, and tells what came of each step.
pub fn apply(subject: &Subject<'_>, plan: &Plan) -> Report {
    let mut doer = Doer { subject, backups: None };
    let mut done: Vec<Done> = Vec::new();
    for step in &plan.steps {
        let lacking = step.needs.iter().find(|needed| done[**needed].status == Status::Failed);
        let result = match lacking {
            Some(needed) => Err(format!("not done, for it would do harm without: {}", done[*needed].action)),
            None => doer.act(&step.act),
        };
        done.push(told(step, result));
    }
    plan.report(false, done, doer.backups)
}

fn told(step: &Step, result: Result<(), String>) -> Done {
    Done {
        action: step.text(result.is_ok()),
        status: if result.is_ok() { Status::Done } else { Status::Failed },
        error: result.err(),
        path: step.path(),
        diff: None,
        is_migration: step.is_migration,
    }
}

/// Puts an error and its causes on one line.
pub(super) fn said(error: impl Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

struct Doer<'a> {
    subject: &'a Subject<'a>,
    /// Where files as they were go, once there is one.
    backups: Option<PathBuf>,
}

impl Doer<'_> {
    fn act(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::Link { at, to } => link(at, to).map_err(said),
            Act::Store(dir) => Layout::new(dir.clone()).create().map_err(said),
            Act::Index(dir) => Store::open(Layout::new(dir.clone())).map(drop).map_err(said),
            Act::Daemon => self.restart_daemon(),
            Act::Service => self.rewrite_service(),
            Act::Edit(edit) => self.edit(edit),
            Act::Run(program) => run(program, self.subject.here),
            Act::Remove(path) => fs::remove_any(path).map_err(said),
            Act::Refuse(why) => Err(why.clone()),
        }
    }

    /// Writes a file, if it still is what the plan was made for.
    fn edit(&mut self, edit: &Edit) -> Result<(), String> {
        let target = replace::follow(&edit.path).map_err(said)?;
        let present = fs::read(&target).or_absent().map_err(said)?;
        if present.as_deref() != edit.before.as_deref().map(str::as_bytes) {
            return Err("it was changed by somebody else meanwhile".to_owned());
        }
        if let Some(bytes) = present {
            // A new file in its place would be no less writable than the old one: whoever made it so meant it.
            let meta = fs::metadata(&target).map_err(said)?;
            if meta.permissions().readonly() || access(&target, Access::WRITE_OK).is_err() {
                return Err("it is read-only".to_owned());
            }
            self.save(&target, &bytes)?;
        }
        replace::replace(&edit.path, edit.after.as_bytes()).map_err(said)
    }

    /// Saves a file as it is.
    fn save(&mut self, file: &Path, bytes: &[u8]) -> Result<(), String> {
        let folder = self.backups()?;
        let real = file.canonicalize().at("find", file).map_err(said)?;
        let copy = folder.join(real.strip_prefix("/").unwrap_or(&real));
        fs::create_private_dir_all(copy.parent().unwrap_or(&folder)).map_err(said)?;
        replace::replace(&copy, bytes).map_err(said)?;
        let mode = fs::metadata(file).map_err(said)?.permissions();
        std::fs::set_permissions(&copy, mode).at("set the mode of", &copy).map_err(said)
    }

    /// Returns the folder of this run's copies, which nobody used before.
    fn backups(&mut self) -> Result<PathBuf, String> {
        if let Some(folder) = &self.backups {
            return Ok(folder.clone());
        }
        let settings = config::user_file_path(self.subject.env).map_err(said)?;
        let base = settings.parent().unwrap_or(Path::new("/")).join("backups");
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = rfc3339(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)).replace(':', "");
        let names = std::iter::once(now.clone()).chain((2..).map(|number| format!("{now}.{number}")));
        let mut folders = names.map(|name| base.join(name));
        let folder = folders.find(|folder| !folder.exists()).expect("there are more names than folders");
        fs::create_private_dir_all(&folder).map_err(said)?;
        Ok(self.backups.insert(folder).clone())
    }

    fn restart_daemon(&self) -> Result<(), String> {
        // The settings may have come about just now.
        let settings = config::resolve(self.subject.env, None).map_err(said)?.settings;
        let program = self.subject.program.ok_or("the path of this program is not known")?;
        let agent = Agent::new(&settings, self.subject.env, program).map_err(said)?;
        stop::stop(&agent).map_err(said)?;
        start::start(&agent).map(drop).map_err(said)
    }

    #[cfg(feature = "daemon")]
    fn rewrite_service(&self) -> Result<(), String> {
        use crate::daemon::service::{self, Service};
        let program = self.subject.program.ok_or("the path of this program is not known")?;
        // Whoever installed it may have had other variables than there are now.
        let before = service::installed(self.subject.env).and_then(|path| service::read(&path));
        let service = match before {
            Some(before) => Service { program: program.to_owned(), ..before },
            None => Service::new(program, self.subject.env),
        };
        service::install(&service, self.subject.env).map(drop).map_err(said)
    }

    #[cfg(not(feature = "daemon"))]
    fn rewrite_service(&self) -> Result<(), String> {
        Err("this build has no daemon".to_owned())
    }
}

/// Makes a link, in the place of one that leads nowhere.
fn link(at: &Path, to: &Path) -> fs::Result<()> {
    let beside = at.with_file_name(format!(".kache.{}", std::process::id()));
    fs::remove_file(&beside)?;
    std::os::unix::fs::symlink(to, &beside).at("create", &beside)?;
    fs::rename(&beside, at)
}

/// Runs a program to its end. What it says matters only if it fails.
fn run(program: &Program, here: &Path) -> Result<(), String> {
    let Program { path, words, variables } = program;
    let shown = || {
        let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy().into_owned();
        std::iter::once(&*name).chain(words.iter().copied()).collect::<Vec<_>>().join(" ")
    };
    let mut command = Command::new(path);
    command.args(*words).envs(variables.iter().cloned()).current_dir(here).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("`{}`: {error}", shown()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty()).map(|line| secrets::masked(line.trim()));
    Err(format!("`{}`: {}", shown(), last.unwrap_or_else(|| output.status.to_string())))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Machine;
    use super::*;

    fn edit(path: &Path, before: &str) -> Edit {
        Edit {
            path: path.to_owned(),
            before: Some(before.to_owned()),
            after: "new".into(),
            secrets: Vec::new(),
        }
    }

    #[test]
    fn files_are_saved_before_they_change() {
        let machine = Machine::new();
        let (first, second) = (machine.file("a/first", "1"), machine.file("a/second", "2"));
        machine.with(|subject| {
            for round in 0..2 {
                let mut doer = Doer { subject, backups: None };
                for (path, text) in [(&first, "1"), (&second, "2")] {
                    fs::write(path, text).unwrap();
                    doer.edit(&edit(path, text)).unwrap();
                    let real = path.canonicalize().unwrap();
                    let copy = doer.backups.as_ref().unwrap().join(real.strip_prefix("/").unwrap());
                    assert_eq!(fs::read_to_string(&copy).unwrap(), text, "round {round}");
                    assert_eq!(fs::read_to_string(path).unwrap(), "new");
                }
            }
        });
        // Runs within one second do not mix.
        assert_eq!(fs::list(&machine.path("home/.config/kache/backups")).unwrap().len(), 2);
    }

    #[test]
    fn what_was_not_planned_for_is_left_alone() {
        let machine = Machine::new();
        let file = machine.file("f", "theirs");
        machine.with(|subject| {
            let mut doer = Doer { subject, backups: None };
            assert!(doer.edit(&edit(&file, "mine")).is_err());
            let mut mode = file.metadata().unwrap().permissions();
            mode.set_readonly(true);
            std::fs::set_permissions(&file, mode).unwrap();
            assert_eq!(doer.edit(&edit(&file, "theirs")), Err("it is read-only".to_owned()));
            assert_eq!(doer.backups, None);
        });
        assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
    }

    #[test]
    fn a_program_that_fails_says_why() {
        let run = |words| {
            let program =
                Program { path: "/bin/sh".into(), words, variables: vec![("WHY", "no".to_owned())] };
            run(&program, Path::new("/"))
        };
        assert_eq!(run(&["-c", "true"]), Ok(()));
        let why = run(&["-c", "echo $WHY >&2; exit 1"]).unwrap_err();
        assert!(why.ends_with(": no"), "{why}");
    }
}
