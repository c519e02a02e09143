//! Which compiler this is.
//!
//! Owns the way from the name cargo calls to the toolchain behind it. A compiler is asked for its version, host and
//! sysroot once in its life; the answer is remembered by the program's content and by what the program may choose by.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::call::Call;
use super::files::RememberedFiles;
use super::session::{Session, find_program};
use crate::digest::{Digest, FieldHasher};
use crate::entry::FileState;
use crate::key::Files as _;
use crate::key::compiler::{Compiler, Facts};
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
        let found =
            find_program(call, driver).ok_or_else(|| format!("`{}` is not found", driver.display()))?;
        drivers.push(behind_rustup(call, found));
    }
    let rustc = drivers.last().expect("a call has a program");
    let facts = facts(session, reader, files, rustc)?;
    let programs = drivers.iter().map(PathBuf::as_path).collect::<Vec<_>>();
    let arguments = &call.arguments;
    Compiler::identify(&programs, facts, arguments.sysroot.as_deref(), arguments.target.as_deref(), files)
        .map_err(|e| super::session::chain(&e))
}

/// Follows rustup's proxy to the toolchain that it would choose, where the environment alone decides.
///
/// A proxy is a program beside `rustup` with no libraries of its own beside it.
fn behind_rustup(call: &Call, program: PathBuf) -> PathBuf {
    if !is_proxy(&program) {
        return program;
    }
    let toolchain = call.environment.get("RUSTUP_TOOLCHAIN");
    let home = match (call.environment.get("RUSTUP_HOME"), call.environment.get("HOME")) {
        (Some(home), _) => Some(PathBuf::from(home)),
        (None, Some(home)) => Some(Path::new(home).join(".rustup")),
        (None, None) => None,
    };
    let name = program.file_name().expect("a found program has a name");
    let inside =
        |(home, toolchain): (PathBuf, &OsStr)| home.join("toolchains").join(toolchain).join("bin").join(name);
    let chosen = home.zip(toolchain).map(inside);
    chosen.filter(|path| path.is_file()).unwrap_or(program)
}

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
    if is_proxy(rustc) {
        // It chooses by files and folders that only it knows: ask each time.
        return ask(session.call, rustc);
    }
    let FileState::Content(content) = files.state(rustc).map_err(|e| super::session::chain(&e))? else {
        return Err(format!("`{}` is no file", rustc.display()));
    };
    let name = note_name(session.call, rustc, &content);
    if let Some(facts) = reader.note(&name).and_then(|text| serde_json::from_str::<Facts>(&text).ok()) {
        return Ok(facts);
    }
    let facts = ask(session.call, rustc)?;
    let text = serde_json::to_string(&facts).expect("plain data");
    let _ = session.store.index.write(|writer| writer.put_note(&name, &text));
    Ok(facts)
}

fn note_name(call: &Call, rustc: &Path, content: &Digest) -> Digest {
    let mut hasher = FieldHasher::new("compiler facts");
    hasher.field(rustc.as_os_str().as_encoded_bytes()).digest(content);
    for variable in CHOICE {
        hasher.field(call.environment.get(variable).unwrap_or_default().as_encoded_bytes());
    }
    hasher.finish()
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
