//! What a build will need, by cargo's words alone.
//!
//! Owns the guess which record of earlier builds fits, made before cargo runs. Never asks the remote, and is silent where
//! the words say too little: the first unit that is missing tells the rest.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::command::CargoWords;
use crate::agent::message::Build;
use crate::cargo_config::CargoConfig;
use crate::env::{self, Env};

/// A build that will have much to do, by cargo's words.
pub(super) struct Expected {
    directory: PathBuf,
    workspace: PathBuf,
    profile: String,
    rustc: OsString,
    toolchain: Option<OsString>,
}

impl Expected {
    /// Describes it. `None` where the target directory exists, or where the words say too little.
    pub(super) fn of(env: &Env, cargo: &CargoWords<'_>, config: &CargoConfig) -> Option<Self> {
        const BUILDS: &[&str] = &["b", "build", "r", "run", "t", "test", "bench", "c", "check", "clippy"];
        if !BUILDS.contains(&cargo.command_name()?) {
            return None;
        }
        if cargo.value("--target").is_some() || cargo.value("--manifest-path").is_some() {
            return None;
        }
        let directory = config.directory().to_owned();
        let workspace = directory.ancestors().find(|folder| folder.join("Cargo.lock").exists())?.to_owned();
        let profile = match cargo.value("--profile").as_deref() {
            _ if cargo.has("--release") || cargo.has("-r") => "release".to_owned(),
            None if cargo.command_name() == Some("bench") => "release".to_owned(),
            None | Some("dev" | "test") => "debug".to_owned(),
            Some("bench") => "release".to_owned(),
            Some(other) => other.to_owned(),
        };
        let target = cargo.value("--target-dir").map(PathBuf::from);
        let target = target.or_else(|| env.get(env::CARGO_TARGET_DIR).map(PathBuf::from));
        let target = directory.join(target.unwrap_or_else(|| workspace.join("target")));
        if target.join(&profile).join("deps").exists() {
            return None;
        }
        let toolchain = cargo.has_toolchain().then(|| cargo.all()[0].clone());
        let rustc = env.get(env::RUSTC).unwrap_or_else(|| "rustc".into());
        Some(Self { directory, workspace, profile, rustc, toolchain })
    }

    /// Asks the compiler for its name.
    pub(super) fn build(self) -> Option<Build> {
        let mut command = Command::new(&self.rustc);
        command.args(&self.toolchain).arg("-vV").current_dir(&self.directory);
        let answer = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(answer.stdout).ok()?;
        Some(Build {
            workspace: self.workspace.to_str()?.to_owned(),
            profile: self.profile,
            triple: None,
            compiler: text.lines().next()?.to_owned(),
            prefetch: true,
        })
    }
}
