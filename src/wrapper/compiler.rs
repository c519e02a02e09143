//! Which compiler this is.
//!
//! Owns the way from the name cargo calls to the toolchain behind it. A compiler is asked for its version, host and
//! sysroot once in its life; the answer is remembered by the program's content and by what the program may choose by.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::call::Call;
use super::session::{Session, find_program};
use crate::digest::{Digest, FieldHasher};
use crate::entry::FileState;
use crate::fs::{self, OrAbsent as _};
use crate::key::Files as _;
use crate::key::compiler::{Compiler, Facts, Parts};
use crate::serve::files::RememberedFiles;
use crate::serve::notes::chain;
use crate::store::index::Reader;

/// Variables by which a program in front of the compiler (rustup's, a script) may choose one.
const CHOICE: &[&str] = &["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTC", "RUSTC_SYSROOT"];

/// The programs that make the compiler of a call.
pub(super) struct Programs {
    /// What runs before it: a workspace wrapper.
    before: Vec<PathBuf>,
    /// The compiler, or a proxy in front of it.
    rustc: PathBuf,
}

impl Programs {
    /// Finds them. An error in words: then nothing can be cached.
    pub(super) fn of(call: &Call) -> Result<Self, String> {
        let find = |driver: &OsString| {
            find_program(call, driver).ok_or_else(|| format!("`{}` is not found", driver.display()))
        };
        let mut before = call.drivers.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let rustc = behind_rustup(call, before.pop().expect("a call has a program"));
        Ok(Self { before, rustc })
    }

    /// Returns what the compiler once said of itself. `None`: nobody has asked it yet.
    pub(super) fn facts(
        &self,
        call: &Call,
        reader: &Reader<'_>,
        files: &RememberedFiles<'_>,
    ) -> Result<Option<Facts>, String> {
        let name = note_name(call, files, &self.rustc).map_err(|e| chain(&e))?;
        Ok(reader.note(&name).and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Asks a compiler that is new here what it is, and reads its files, some hundred megabytes: once, while whoever else
    /// needs that waits.
    pub(super) fn meet(&self, session: &Session<'_>) -> Result<Facts, String> {
        let call = session.call;
        let _turn = session.take_turn(&Digest::of(self.rustc.as_os_str().as_encoded_bytes()));
        let (name, facts, memos) = {
            let reader = session.store.index.read().map_err(|e| chain(&e))?;
            let files = RememberedFiles::new(&reader);
            if let Some(facts) = self.facts(call, &reader, &files)? {
                return Ok(facts);
            }
            let name = note_name(call, &files, &self.rustc).map_err(|e| chain(&e))?;
            let facts = ask(call, &self.rustc)?;
            let libraries = self.with_parts(call, &facts, |parts| parts.libraries());
            files.read_ahead(&libraries.map_err(|e| chain(&e))?);
            (name, facts, files.take_fresh())
        };
        let text = serde_json::to_string(&facts).expect("plain data");
        // Whoever finds nothing of it asks again.
        let _ = session.store.index.write(|writer| {
            writer.put_memos(&memos)?;
            writer.put_note(&name, &text)
        });
        Ok(facts)
    }

    /// Identifies the compiler.
    pub(super) fn identify(
        &self,
        call: &Call,
        facts: &Facts,
        files: &RememberedFiles<'_>,
    ) -> Result<Compiler, String> {
        self.with_parts(call, facts, |parts| Compiler::identify(parts, files)).map_err(|e| chain(&e))
    }

    fn with_parts<T>(&self, call: &Call, facts: &Facts, then: impl FnOnce(&Parts<'_>) -> T) -> T {
        let mut programs = self.before.clone();
        programs.push(self.rustc.clone());
        for program in &mut programs {
            if is_proxy(program) {
                let name = program.file_name().expect("a found program has a name");
                *program = facts.sysroot.join("bin").join(name);
            }
        }
        let programs = programs.iter().map(PathBuf::as_path).collect::<Vec<_>>();
        let target = call.arguments.target.as_deref();
        let described = target.and_then(|target| description(call, target));
        let target = described.as_deref().or(target);
        then(&Parts { programs: &programs, facts, sysroot: call.arguments.sysroot.as_deref(), target })
    }
}

/// Finds the file that describes a target by its name, where the compiler looks for one.
fn description(call: &Call, target: &str) -> Option<String> {
    let folders = call.environment.get("RUST_TARGET_PATH")?;
    let files =
        std::env::split_paths(folders).map(|folder| call.cwd.join(folder).join(format!("{target}.json")));
    files.into_iter().find(|file| file.is_file())?.to_str().map(str::to_owned)
}

/// Follows rustup's proxy to the toolchain that it would choose, where the environment alone decides.
fn behind_rustup(call: &Call, program: PathBuf) -> PathBuf {
    if !is_proxy(&program) {
        return program;
    }
    let toolchain = call.environment.get("RUSTUP_TOOLCHAIN");
    let name = program.file_name().expect("a found program has a name");
    let inside =
        |(home, toolchain): (PathBuf, &OsStr)| home.join("toolchains").join(toolchain).join("bin").join(name);
    let chosen = rustup_home(call).zip(toolchain).map(inside);
    chosen.filter(|path| path.is_file()).unwrap_or(program)
}

fn rustup_home(call: &Call) -> Option<PathBuf> {
    match (call.environment.get("RUSTUP_HOME"), call.environment.get("HOME")) {
        (Some(home), _) => Some(PathBuf::from(home)),
        (None, Some(home)) => Some(Path::new(home).join(".rustup")),
        (None, None) => None,
    }
}

/// Whether a program is a proxy of rustup's: one beside `rustup`, with no libraries of its own.
fn is_proxy(program: &Path) -> bool {
    let Some(folder) = program.parent() else { return false };
    let has_libraries = folder.parent().is_some_and(|toolchain| toolchain.join("lib/rustlib").is_dir());
    !has_libraries && folder.join("rustup").is_file()
}

/// Names all that the answer of a compiler depends on.
fn note_name(call: &Call, files: &RememberedFiles<'_>, rustc: &Path) -> fs::Result<Digest> {
    let mut hasher = FieldHasher::new("compiler facts");
    hasher.field(rustc.as_os_str().as_encoded_bytes());
    let add = |hasher: &mut FieldHasher, path: &Path| -> fs::Result<()> {
        match files.state(path)? {
            FileState::Content(digest) => hasher.field(path.as_os_str().as_encoded_bytes()).digest(&digest),
            _ => hasher.field(b"none"),
        };
        Ok(())
    };
    add(&mut hasher, rustc)?;
    if is_proxy(rustc) {
        // Rustup chooses by its settings and by files of the working directory and above.
        for folder in call.cwd.ancestors() {
            add(&mut hasher, &folder.join("rust-toolchain"))?;
            add(&mut hasher, &folder.join("rust-toolchain.toml"))?;
        }
        if let Some(home) = rustup_home(call) {
            add(&mut hasher, &home.join("settings.toml"))?;
            // A toolchain may be a link to where somebody builds one.
            let toolchains = home.join("toolchains");
            for name in fs::list(&toolchains).or_absent()?.unwrap_or_default() {
                if let Ok(target) = std::fs::read_link(toolchains.join(&name)) {
                    hasher.field(name.as_encoded_bytes()).field(target.as_os_str().as_encoded_bytes());
                }
            }
        }
        hasher.field(call.cwd.as_os_str().as_encoded_bytes());
    }
    for variable in CHOICE {
        hasher.field(call.environment.get(variable).unwrap_or_default().as_encoded_bytes());
    }
    Ok(hasher.finish())
}

fn ask(call: &Call, rustc: &Path) -> Result<Facts, String> {
    let run = |argument: &str| {
        let output = Command::new(rustc).args(argument.split(' ')).current_dir(&call.cwd).output();
        let output = output.map_err(|e| format!("failed to run `{}`: {e}", rustc.display()))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(format!("`{} {argument}` failed", rustc.display())),
        }
    };
    let verbose = run("-vV")?;
    let host = verbose.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(Facts {
        version: verbose.lines().next().unwrap_or_default().to_owned(),
        host: host.ok_or("the compiler does not name its host")?.to_owned(),
        sysroot: PathBuf::from(run("--print sysroot")?.trim_end()),
    })
}
