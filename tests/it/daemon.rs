//! The process in the background: its life, its clients, its log, its service.
//!
//! Each test has a store of its own, and with it a daemon of its own; [`Room`] leaves none behind.

mod clients;
mod life;
mod log;
mod places;
mod service;

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cargo_kache::fs::lock;
use cargo_kache::store::layout::Layout;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Project, Run, copy_to_run, is_free, kill_daemon, project, wait_for};

/// A store with its daemons, which end with it.
struct Room {
    p: Project,
    /// Programs to run instead of the one under test.
    program: PathBuf,
    /// Stores besides the project's.
    others: Vec<PathBuf>,
    children: Vec<Child>,
}

fn room() -> Room {
    let p = project().settings("").build();
    Room { p, program: Project::program().to_owned(), others: Vec::new(), children: Vec::new() }
}

impl Room {
    /// Runs the program to its end.
    fn kache(&self, words: &str) -> Run {
        self.p.run(self.command(words))
    }

    fn kache_with(&self, name: &str, value: &str, words: &str) -> Run {
        let mut command = self.command(words);
        command.env(name, value);
        self.p.run(command)
    }

    fn command(&self, words: &str) -> Command {
        let mut command = self.p.command(&self.program);
        command.args(words.split_whitespace());
        // A runtime folder of whoever runs the tests is none of the tests'.
        command.env_remove("XDG_RUNTIME_DIR").env("XDG_CONFIG_HOME", self.p.beside("config"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        for name in ["KACHE_CACHE_DIR", "XDG_RUNTIME_DIR"] {
            if let Some(value) = self.variable(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// What the project sets, which the lines above may have taken away.
    fn variable(&self, name: &str) -> Option<std::ffi::OsString> {
        let command = self.p.command(&self.program);
        command.get_envs().find(|(known, _)| *known == name).and_then(|(_, value)| Some(value?.to_owned()))
    }

    /// Starts the program and goes on. Returns its place among the children.
    fn spawn(&mut self, mut command: Command) -> usize {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.children.push(child);
        self.children.len() - 1
    }

    /// Starts the daemon in the foreground and waits for its answer.
    fn run(&mut self, words: &str) -> usize {
        let command = self.command(words);
        let child = self.spawn(command);
        let pid = self.children[child].id();
        self.wait_for_pid(pid);
        child
    }

    fn wait_for_pid(&self, pid: u32) {
        wait_for("the daemon", || self.pid() == Some(pid));
    }

    /// Waits for the end of a child; returns its exit code and what it wrote.
    fn end(&mut self, child: usize) -> (Option<i32>, String) {
        wait_for("the end of a child", || self.children[child].try_wait().unwrap().is_some());
        let output = self.children.remove(child).wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }

    /// What `daemon --json` says.
    fn state(&self) -> Value {
        self.kache("daemon --json").success().json()
    }

    /// The process that answers.
    fn pid(&self) -> Option<u32> {
        self.state()["daemon"]["pid"].as_u64().map(|pid| u32::try_from(pid).unwrap())
    }

    fn socket(&self) -> PathBuf {
        self.p.cache().join("daemon.sock")
    }

    fn connect(&self) -> UnixStream {
        UnixStream::connect(self.socket()).unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.p.cache().join("logs/daemon.log")).unwrap_or_default()
    }

    /// How many daemons have begun to listen.
    fn started(&self) -> usize {
        self.log().lines().filter(|line| line.contains(" started ")).count()
    }

    /// Waits until no daemon has the store.
    fn wait_for_end(&self) {
        wait_for("the end of the daemon", || is_free(&self.p.cache()));
    }
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// Makes a file that is the program, and another one than any before.
fn copy_program(to: &Path) {
    copy_to_run(Project::program(), to);
}

impl Drop for Room {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        for cache in self.others.iter().chain([&self.p.cache()]) {
            kill_daemon(cache);
        }
    }
}
