//! One hit under the magnifying glass: the wrapper process for a library of 20 source files, 200 times.
//!
//! Owns a generated workspace, the recording of cargo's compiler calls in it, and their replay one at a time with
//! their outputs deleted before. Never runs cargo between two timed calls.
//!
//! ```text
//! <bench dir>/micro/<tool>/
//!   units/            the generated workspace, with its target
//!   calls/<pid>.args  arguments of one compiler call, each ended by NUL; .env its variables; .cwd its folder
//! ```

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::measure::{self, SystemCalls};
use crate::tool::{Instance, Kind, Settings, Tool, remove_tree};
use crate::{Result, failed};

const UNITS: usize = 200;
const FILES: usize = 20;
/// Units whose system calls are counted; each is slowed down a hundred times.
const TRACED: usize = 20;

/// What the replays of one tool showed.
#[derive(Debug)]
pub(crate) struct Replays {
    pub(crate) kind: Option<Kind>,
    /// Milliseconds from the start of each process to its end.
    pub(crate) times: Vec<f64>,
    pub(crate) calls: Option<SystemCalls>,
    pub(crate) traced: u64,
    /// Replays that wrote to standard error other than rustc's own JSON messages, or left no output.
    pub(crate) wrong: usize,
}

/// One recorded compiler call.
#[derive(Debug)]
struct Call {
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    dir: PathBuf,
}

/// Whether a tool's wrapper can be started without its front end.
pub(crate) fn concerns(kind: Kind) -> bool {
    matches!(kind, Kind::Plain | Kind::Wrapper | Kind::PeerKache | Kind::Sccache)
}

/// Times a process that does nothing, the least that any wrapper costs.
pub(crate) fn replay_nothing() -> Result<Replays> {
    let mut times = Vec::new();
    for _ in 0..UNITS {
        let start = Instant::now();
        Command::new("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(Replays { kind: None, times, calls: None, traced: 0, wrong: 0 })
}

/// Fills the tool's cache with the generated units, then replays each unit's compiler call as a hit.
pub(crate) fn replay(tool: &Tool, settings: &Settings, root: &Path) -> Result<Replays> {
    remove_tree(root)?;
    let instance = Instance::new(tool, settings, root.to_owned())?;
    instance.reset()?;
    let workspace = root.join("units");
    generate(&workspace)?;
    let calls = record(&instance, &workspace, root)?;
    if calls.len() != UNITS {
        return failed(format!("recorded {} compiler calls, expected {UNITS}", calls.len()));
    }
    if tool.kind.caches() {
        // Twice: the first build fills the cache, the second one lets the tool settle what it learned.
        for _ in 0..2 {
            remove_tree(&workspace.join("target"))?;
            measure::untimed(&mut instance.build(&workspace), &root.join("build.log"))?;
        }
    }
    measure::settle(&instance.mark)?;
    let mut replays = Replays { kind: Some(tool.kind), times: Vec::new(), calls: None, traced: 0, wrong: 0 };
    for call in &calls {
        let outputs = call.delete_outputs()?;
        let mut command = call.command(&instance);
        let start = Instant::now();
        let mut child = command.spawn()?;
        let status = child.wait()?;
        replays.times.push(start.elapsed().as_secs_f64() * 1000.0);
        if !status.success() || call.outputs()?.len() < outputs {
            replays.wrong += 1;
        }
    }
    if let (Some(strace), true) = (&settings.toolchain.strace, tool.kind.caches()) {
        replays.calls = Some(trace(&calls[..TRACED], &instance, strace, &root.join("strace.txt"))?);
        replays.traced = TRACED as u64;
    }
    Ok(replays)
}

fn trace(calls: &[Call], instance: &Instance<'_>, strace: &Path, summary: &Path) -> Result<SystemCalls> {
    let mut total = SystemCalls::default();
    for call in calls {
        call.delete_outputs()?;
        let mut command = measure::traced(strace, &call.command(instance), summary);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status()?;
        total.add(&fs::read_to_string(summary)?);
    }
    Ok(total)
}

/// Writes the workspace: each library uses up to three before it, so that hits have artefacts to look at.
fn generate(workspace: &Path) -> Result<()> {
    fs::create_dir_all(workspace)?;
    fs::write(workspace.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"unit*\"]\n")?;
    let mut lock = "version = 4\n".to_owned();
    for unit in 0..UNITS {
        let dir = workspace.join(unit_name(unit));
        fs::create_dir_all(dir.join("src"))?;
        let used: Vec<usize> = [1, 7, 31].iter().filter_map(|back| unit.checked_sub(*back)).collect();
        let mut manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n",
            unit_name(unit)
        );
        lock += &format!("\n[[package]]\nname = \"{}\"\nversion = \"0.1.0\"\n", unit_name(unit));
        let mut locked: Vec<String> = Vec::new();
        for other in &used {
            manifest += &format!("{0} = {{ path = \"../{0}\" }}\n", unit_name(*other));
            locked.push(format!(" \"{}\",\n", unit_name(*other)));
        }
        if !locked.is_empty() {
            locked.sort();
            lock += &format!("dependencies = [\n{}]\n", locked.concat());
        }
        fs::write(dir.join("Cargo.toml"), manifest)?;
        let mut root: String = (1..FILES).map(|file| format!("mod part{file:02};\n")).collect();
        root += "\npub fn sum(a: u64) -> u64 {\n    let mut sum = a;\n";
        for file in 1..FILES {
            root += &format!("    sum = sum.wrapping_add(part{file:02}::value(a));\n");
            fs::write(dir.join(format!("src/part{file:02}.rs")), part(unit, file))?;
        }
        for other in &used {
            root += &format!("    sum = sum.wrapping_add({}::sum(a));\n", unit_name(*other));
        }
        root += "    sum\n}\n";
        // The recursion above would take exponential time to run; nothing runs it.
        fs::write(dir.join("src/lib.rs"), root)?;
    }
    fs::write(workspace.join("Cargo.lock"), lock)?;
    Ok(())
}

fn unit_name(unit: usize) -> String {
    format!("unit{unit:03}")
}

fn part(unit: usize, file: usize) -> String {
    format!(
        "#[derive(Debug, Clone, PartialEq)]\npub(crate) struct Part {{\n    pub(crate) first: u64,\n    pub(crate) second: String,\n}}\n\npub(crate) fn value(a: u64) -> u64 {{\n    let part = Part {{ first: a ^ {unit}, second: a.to_string() }};\n    part.first.wrapping_mul({file}) + part.clone().second.len() as u64\n}}\n"
    )
}

/// Builds once with a wrapper that writes down each compiler call.
fn record(instance: &Instance<'_>, workspace: &Path, root: &Path) -> Result<Vec<Call>> {
    let folder = root.join("calls");
    fs::create_dir_all(&folder)?;
    let recorder = root.join("recorder");
    let to = folder.display();
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in\n*\" --crate-name ___ \"*|*\" - \"*) ;;\n*\" --crate-name \"*)\n  printf '%s\\0' \"$@\" >'{to}'/$$.args\n  env -0 >'{to}'/$$.env\n  pwd >'{to}'/$$.cwd ;;\nesac\nexec \"$@\"\n"
    );
    measure::write_script(&recorder, &script)?;
    let mut command = instance.build(workspace);
    if instance.tool.kind == Kind::Mbx {
        return failed("its wrapper runs inside its own front end only");
    }
    command.env("RUSTC_WRAPPER", &recorder);
    measure::untimed(&mut command, &root.join("build.log"))?;
    let mut calls = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "args") {
            calls.push(Call::read(&path)?);
        }
    }
    calls.sort_by(|a, b| a.args.cmp(&b.args));
    Ok(calls)
}

impl Call {
    fn read(args: &Path) -> Result<Self> {
        let env = split_at_nul(&fs::read(args.with_extension("env"))?)
            .into_iter()
            .filter_map(|variable| {
                let text = variable.into_vec();
                let equals = text.iter().position(|byte| *byte == b'=')?;
                let (name, value) = (text[..equals].to_vec(), text[equals + 1..].to_vec());
                Some((OsString::from_vec(name), OsString::from_vec(value)))
            })
            // Cargo's job server is gone when the call is replayed.
            .filter(|(name, _)| {
                !matches!(name.to_str(), Some("CARGO_MAKEFLAGS" | "MAKEFLAGS" | "MFLAGS" | "RUSTC_WRAPPER"))
            })
            .collect();
        let dir = fs::read_to_string(args.with_extension("cwd"))?.trim_end().into();
        Ok(Self { args: split_at_nul(&fs::read(args)?), env, dir })
    }

    fn command(&self, instance: &Instance<'_>) -> Command {
        let mut command = if instance.tool.kind.caches() {
            let mut command = Command::new(&instance.tool.program);
            command.args(&self.args);
            command.env_clear().envs(self.env.iter().cloned());
            command.env("RUSTC_WRAPPER", &instance.tool.program);
            command
        } else {
            let mut command = Command::new(&self.args[0]);
            command.args(&self.args[1..]);
            command.env_clear().envs(self.env.iter().cloned());
            command
        };
        command.current_dir(&self.dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// The files of this unit in `--out-dir`.
    fn outputs(&self) -> Result<Vec<PathBuf>> {
        let out_dir = self.after("--out-dir").ok_or("a call without --out-dir")?;
        let suffix = self
            .args
            .iter()
            .find_map(|arg| arg.to_str()?.strip_prefix("extra-filename="))
            .ok_or("a call without -C extra-filename")?;
        let mut found = Vec::new();
        for entry in fs::read_dir(self.dir.join(out_dir))? {
            let path = entry?.path();
            if path.file_stem().is_some_and(|stem| stem.as_encoded_bytes().ends_with(suffix.as_bytes())) {
                found.push(path);
            }
        }
        Ok(found)
    }

    fn delete_outputs(&self) -> Result<usize> {
        let outputs = self.outputs()?;
        for output in &outputs {
            fs::remove_file(output)?;
        }
        Ok(outputs.len())
    }

    fn after(&self, option: &str) -> Option<&OsString> {
        let at = self.args.iter().position(|arg| arg == option)?;
        self.args.get(at + 1)
    }
}

fn split_at_nul(bytes: &[u8]) -> Vec<OsString> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    bytes.split(|byte| *byte == 0).map(|text| OsString::from_vec(text.to_vec())).collect()
}
