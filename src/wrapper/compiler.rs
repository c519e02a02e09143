//! Which compiler this is.
//!
//! Owns the way from the name cargo calls to the toolchain behind it. A compiler is asked for its version, host and
//! sysroot once in its life; the answer is remembered by the program's content and by what the program may choose by.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::call::Call;
use super::session::{Session, find_program};
use crate::digest::{Digest, FieldHasher};
use crate::entry::FileState;
use crate::fs;
use crate::key::Files as _;
use crate::key::compiler::{Compiler, Facts};
use crate::serve::files::RememberedFiles;
use crate::serve::notes::chain;
use crate::store::index::Reader;

/// Variables by which a program in front of the compiler (rustup's, a script) may choose one.
const CHOICE: &[&str] = &["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTC", "RUSTC_SYSROOT"];

/// Identifies the compiler of this call. An error in words: then nothing can be cached.
pub(super) fn identify(
    session: &Session<'_>,
    reader: &Reader<'_>,
    files: &RememberedFiles<'_>,
) -> Result<Compiler, String> {
    let call = session.call;
    let mut drivers = Vec::new();
    for driver in &call.drivers {
        let found = find_program(call, driver);
        drivers.push(found.ok_or_else(|| format!("`{}` is not found", driver.display()))?);
    }
    let rustc = behind_rustup(call, drivers.pop().expect("a call has a program"));
    let facts = facts(session, reader, files, &rustc)?;
    drivers.push(rustc);
    for driver in &mut drivers {
        if is_proxy(driver) {
            *driver = facts.sysroot.join("bin").join(driver.file_name().expect("a found program has a name"));
        }
    }
    let programs = drivers.iter().map(PathBuf::as_path).collect::<Vec<_>>();
    let arguments = &call.arguments;
    Compiler::identify(&programs, facts, arguments.sysroot.as_deref(), arguments.target.as_deref(), files)
        .map_err(|e| chain(&e))
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

/// Returns what the compiler says of itself, asking it if need be.
fn facts(
    session: &Session<'_>,
    reader: &Reader<'_>,
    files: &RememberedFiles<'_>,
    rustc: &Path,
) -> Result<Facts, String> {
    let name = note_name(session.call, files, rustc).map_err(|e| chain(&e))?;
    if let Some(facts) = reader.note(&name).and_then(|text| serde_json::from_str::<Facts>(&text).ok()) {
        return Ok(facts);
    }
    let facts = ask(session.call, rustc)?;
    let text = serde_json::to_string(&facts).expect("plain data");
    let _ = session.store.index.write(|writer| writer.put_note(&name, &text));
    Ok(facts)
}

/// Names all that the answer of a compiler depends on.
fn note_name(call: &Call, files: &RememberedFiles<'_>, rustc: &Path) -> fs::Result<Digest> {
    let mut hasher = FieldHasher::new("compiler facts");
    hasher.field(rustc.as_os_str().as_encoded_bytes());
    let mut add = |path: &Path| -> fs::Result<()> {
        match files.state(path)? {
            FileState::Content(digest) => hasher.field(path.as_os_str().as_encoded_bytes()).digest(&digest),
            _ => hasher.field(b"none"),
        };
        Ok(())
    };
    add(rustc)?;
    if is_proxy(rustc) {
        // Rustup chooses by its settings and by files of the working directory and above.
        for folder in call.cwd.ancestors() {
            add(&folder.join("rust-toolchain"))?;
            add(&folder.join("rust-toolchain.toml"))?;
        }
        if let Some(home) = rustup_home(call) {
            add(&home.join("settings.toml"))?;
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
