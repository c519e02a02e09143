//! Compiler calls as cargo makes them, to be made again without cargo.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_kache::digest::Digest;

use super::project::Project;
use super::run::Run;

/// One compiler call: what cargo puts behind the name of a wrapper.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    /// The compiler and its arguments.
    pub(crate) words: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    cwd: PathBuf,
}

const RECORDER: &str = r#"#!/bin/sh
case " $* " in
  *" --crate-name ___ "*) ;;
  *" --crate-name "*)
    printf '%s\0' "$@" > "$RECORDER_DIR/$$.words"
    env -0 > "$RECORDER_DIR/$$.env"
    printf '%s\0' "$(pwd)" > "$RECORDER_DIR/$$.cwd" ;;
esac
exec "$@"
"#;

impl Project {
    /// Runs plain cargo and returns the compiler calls, by crate name. The target directory is then as cargo left it.
    pub(crate) fn capture(&self, arguments: &str) -> BTreeMap<String, Captured> {
        let room = self.beside("captured");
        let _ = fs::remove_dir_all(&room);
        fs::create_dir_all(&room).unwrap();
        let script = self.write_script(self.beside("recorder"), RECORDER);
        let mut command = self.cargo_command(arguments);
        // What comes of incremental state differs from what comes without.
        command.env("RUSTC_WRAPPER", script).env("RECORDER_DIR", &room).env("CARGO_INCREMENTAL", "0");
        self.run(command).success();
        let mut calls = BTreeMap::new();
        for entry in fs::read_dir(&room).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "words") {
                let call = Captured::read(&path);
                calls.insert(call.value("--crate-name").unwrap().into_string().unwrap(), call);
            }
        }
        calls
    }
}

impl Captured {
    fn read(words: &Path) -> Self {
        let split = |path: PathBuf| {
            let mut bytes = fs::read(path).unwrap();
            assert_eq!(bytes.pop(), Some(0));
            bytes.split(|b| *b == 0).map(|word| OsString::from_vec(word.to_vec())).collect::<Vec<_>>()
        };
        let pair = |line: OsString| {
            let at = line.as_bytes().iter().position(|b| *b == b'=').unwrap();
            let (name, value) = line.as_bytes().split_at(at);
            (OsStr::from_bytes(name).to_owned(), OsStr::from_bytes(&value[1..]).to_owned())
        };
        let variables = split(words.with_extension("env")).into_iter().map(pair);
        // Its pipes are closed by then.
        let is_jobserver =
            |name: &OsStr| name == "CARGO_MAKEFLAGS" || name == "MAKEFLAGS" || name == "MFLAGS";
        Self {
            words: split(words.to_owned()),
            variables: variables.filter(|(name, _)| !is_jobserver(name)).collect(),
            cwd: split(words.with_extension("cwd")).remove(0).into(),
        }
    }

    /// Returns the word behind `flag`.
    pub(crate) fn value(&self, flag: &str) -> Option<OsString> {
        let at = self.words.iter().position(|word| word == flag)?;
        self.words.get(at + 1).cloned()
    }

    /// Returns the same call with another word behind `flag`.
    pub(crate) fn with_value(&self, flag: &str, value: impl AsRef<OsStr>) -> Self {
        let mut call = self.clone();
        let at = call.words.iter().position(|word| word == flag).unwrap();
        call.words[at + 1] = value.as_ref().to_owned();
        call
    }

    /// Returns the same call with one more argument.
    pub(crate) fn with(&self, argument: impl AsRef<OsStr>) -> Self {
        let mut call = self.clone();
        call.words.push(argument.as_ref().to_owned());
        call
    }

    /// Returns the same call with a variable set.
    pub(crate) fn set(&self, name: &str, value: impl Into<OsString>) -> Self {
        let mut call = self.clone();
        call.variables.retain(|(known, _)| known != name);
        call.variables.push((name.into(), value.into()));
        call
    }

    /// Returns the directory that receives the outputs.
    pub(crate) fn out_dir(&self) -> PathBuf {
        self.cwd.join(self.value("--out-dir").unwrap())
    }

    /// Empties the output directory.
    pub(crate) fn wipe(&self) -> &Self {
        let _ = fs::remove_dir_all(self.out_dir());
        fs::create_dir_all(self.out_dir()).unwrap();
        self
    }

    /// Returns the files of the output directory, with the digests of their contents.
    pub(crate) fn outputs(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(self.out_dir()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let digest = Digest::of(&fs::read(&path).unwrap()).to_hex();
                files.insert(path.file_name().unwrap().to_string_lossy().into_owned(), digest);
            }
        }
        files
    }

    /// Prepares the call without a wrapper.
    pub(crate) fn plain(&self) -> Command {
        self.behind(None::<&Path>, &[])
    }

    /// Prepares the call through the program under test.
    pub(crate) fn wrapped(&self) -> Command {
        self.behind(Some(Project::program()), &[])
    }

    /// Prepares the call through the program under test, itself run by `launcher` with these arguments.
    pub(crate) fn launched(&self, launcher: &str, arguments: &[&str]) -> Command {
        self.behind(Some(launcher), &[arguments, &[Project::program().to_str().unwrap()]].concat())
    }

    fn behind(&self, first: Option<impl AsRef<OsStr>>, further: &[&str]) -> Command {
        let mut words = further.iter().map(OsString::from).chain(self.words.iter().cloned());
        let mut command = match first {
            Some(program) => Command::new(program),
            None => Command::new(words.next().unwrap()),
        };
        command.args(words).env_clear().envs(self.variables.iter().cloned());
        command.current_dir(&self.cwd).stdin(Stdio::null());
        command
    }

    /// Makes the call through the program under test.
    pub(crate) fn run(&self, project: &Project) -> Run {
        if let Some(out_dir) = self.value("--out-dir") {
            fs::create_dir_all(self.cwd.join(out_dir)).unwrap();
        }
        project.run(self.wrapped())
    }
}

impl Project {
    /// Runs cargo through the program under test with one more variable.
    pub(crate) fn set_and_run(&self, name: &str, value: impl AsRef<OsStr>, arguments: &str) -> Run {
        let mut command = self.wrapped_command(arguments);
        command.env(name, value);
        self.run(command)
    }
}
