//! A project in a directory of its own, with a cache of its own.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;

use cargo_kache::event::Log;
use cargo_kache::store::Store;
use cargo_kache::store::layout::Layout;
use tempfile::TempDir;

use super::run::Run;

/// Where cargo notes what the compiler said of itself, in the target directory.
const COMPILER_NOTE: &str = ".rustc_info.json";

/// Starts a project. Without a `Cargo.toml` of the test's own it is the package `foo`.
pub(crate) fn project() -> Builder {
    Builder::default()
}

/// A project being written.
#[derive(Default)]
pub(crate) struct Builder {
    files: Vec<(PathBuf, Vec<u8>)>,
    variables: BTreeMap<OsString, OsString>,
    place: Option<PathBuf>,
    /// Where the temporary directory is made, if not in the usual place.
    base: Option<PathBuf>,
}

impl Builder {
    /// Adds a file.
    pub(crate) fn file(mut self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.files.push((path.into(), text.as_ref().to_owned()));
        self
    }

    /// Adds the `Cargo.toml` of a package in `directory`; `rest` follows its `[package]` lines.
    pub(crate) fn package(self, directory: &str, name: &str, rest: &str) -> Self {
        self.file(&format!("{directory}/Cargo.toml"), manifest(name, rest))
    }

    /// Adds a `Cargo.toml` for the package `foo` at the root; `rest` follows its `[package]` lines.
    pub(crate) fn root(self, rest: &str) -> Self {
        self.file("Cargo.toml", manifest("foo", rest))
    }

    /// Makes it a workspace of these members, which depend on nothing yet.
    pub(crate) fn workspace(self, members: &[&str]) -> Self {
        self.file("Cargo.toml", format!("[workspace]\nresolver = \"2\"\nmembers = {members:?}\n"))
    }

    /// Adds a macro package `mac` with these macros (the text of its `src/lib.rs`).
    pub(crate) fn proc_macro(self, source: &str) -> Self {
        self.package("mac", "mac", "[lib]\nproc-macro = true\n").file(
            "mac/src/lib.rs",
            format!("extern crate proc_macro; use proc_macro::TokenStream;\n{source}"),
        )
    }

    /// Adds all files below `fixtures/<name>`.
    pub(crate) fn fixture(mut self, name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
        let mut pending = vec![folder.clone()];
        while let Some(directory) = pending.pop() {
            for entry in fs::read_dir(&directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    pending.push(path);
                } else {
                    let text = fs::read(&path).unwrap();
                    self.files.push((path.strip_prefix(&folder).unwrap().to_owned(), text));
                }
            }
        }
        self
    }

    /// Writes the user's settings. Without, there is no file, of which our commands warn.
    pub(crate) fn settings(self, text: &str) -> Self {
        self.file("../config.toml", text)
    }

    /// Sets a variable for all runs.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Puts the project at this place below the temporary directory.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Puts all, cache and project, on another file system.
    pub(crate) fn below(mut self, base: &str) -> Self {
        self.base = Some(base.into());
        self
    }

    /// Writes the project.
    pub(crate) fn build(self) -> Project {
        let parent = self.base.unwrap_or_else(std::env::temp_dir);
        let room = tempfile::Builder::new().prefix("kache-it-").tempdir_in(parent).unwrap();
        // Temporary directories may lie behind a link, and cargo resolves links.
        let base = room.path().canonicalize().unwrap();
        let root = base.join(self.place.as_deref().unwrap_or(Path::new("project")));
        let project = Project { room: Rc::new(room), base, root, target: None, variables: self.variables };
        fs::create_dir_all(&project.root).unwrap();
        if !self.files.iter().any(|(path, _)| path == Path::new("Cargo.toml")) {
            project.write("Cargo.toml", manifest("foo", ""));
        }
        for (path, text) in &self.files {
            project.write(path, text);
        }
        project
    }
}

/// Writes the `Cargo.toml` of a package; `rest` follows its `[package]` lines.
pub(crate) fn manifest(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}")
}

/// A project on disk.
pub(crate) struct Project {
    /// Removed with the last project in it.
    room: Rc<TempDir>,
    base: PathBuf,
    root: PathBuf,
    /// Where the target directory is, if not in the usual place.
    target: Option<PathBuf>,
    variables: BTreeMap<OsString, OsString>,
}

/// Times of a file, kept over an edit.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    accessed: std::time::SystemTime,
    modified: std::time::SystemTime,
}

impl Project {
    // Places.

    /// The workspace root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path in the project.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// A path beside the project.
    pub(crate) fn beside(&self, path: impl AsRef<Path>) -> PathBuf {
        self.base.join(path)
    }

    /// The target directory.
    pub(crate) fn target(&self) -> PathBuf {
        self.target.clone().unwrap_or_else(|| self.root.join("target"))
    }

    /// Has the target directory at another place, absolute or in the project.
    pub(crate) fn build_in(&mut self, target: impl AsRef<Path>) -> &mut Self {
        let target = self.path(target);
        self.set("CARGO_TARGET_DIR", target.clone());
        self.target = Some(target);
        self
    }

    /// The cache directory, shared with all [checkouts](Self::checkout) of the project.
    pub(crate) fn cache(&self) -> PathBuf {
        self.base.join("cache")
    }

    /// The event log.
    pub(crate) fn log(&self) -> Log {
        Log::at(self.cache().join("logs/events.jsonl"))
    }

    /// The program under test.
    pub(crate) fn program() -> &'static Path {
        Path::new(env!("CARGO_BIN_EXE_cargo-kache"))
    }

    // Changes.

    /// Sets a variable for the runs that follow.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) -> &mut Self {
        self.forget_compiler();
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Removes a variable from the runs that follow.
    pub(crate) fn unset(&mut self, name: &str) -> &mut Self {
        self.forget_compiler();
        self.variables.remove(OsString::from(name).as_os_str());
        self
    }

    /// Writes a file; an absolute path may lie beside the project.
    pub(crate) fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap_or_else(|e| panic!("failed to write {}: {e}", path.display()));
    }

    /// Writes a file that may be run.
    pub(crate) fn write_script(&self, path: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.path(path);
        let beside = path.with_extension("text");
        self.write(&beside, text);
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o755)).unwrap();
        copy_to_run(&beside, &path);
        fs::remove_file(&beside).unwrap();
        path
    }

    /// Writes a file of the same length and keeps its times, as `cp -p` or an archive would.
    pub(crate) fn write_unseen(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.path(path);
        let old = fs::metadata(&path).unwrap();
        assert_eq!(old.len(), text.len() as u64, "an unseen edit keeps the size");
        let times = self.times(&path);
        self.write(&path, text);
        self.set_times(&path, times);
    }

    /// Returns the times of a file.
    pub(crate) fn times(&self, path: impl AsRef<Path>) -> Times {
        let meta = fs::metadata(self.path(path)).unwrap();
        Times { accessed: meta.accessed().unwrap(), modified: meta.modified().unwrap() }
    }

    /// Sets the times of a file.
    pub(crate) fn set_times(&self, path: impl AsRef<Path>, times: Times) {
        let times = FileTimes::new().set_accessed(times.accessed).set_modified(times.modified);
        File::options().write(true).open(self.path(path)).unwrap().set_times(times).unwrap();
    }

    /// Reads a file as text.
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.path(path);
        let bytes = fs::read(&path).unwrap_or_else(|e| panic!("failed to read {}: {e}", path.display()));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Replaces text in a file, which must hold it.
    pub(crate) fn replace(&self, path: impl AsRef<Path>, from: &str, to: &str) {
        let text = self.read(&path);
        assert!(text.contains(from), "`{from}` is not in {}", path.as_ref().display());
        self.write(path, text.replace(from, to));
    }

    /// Removes a file or a directory.
    pub(crate) fn remove(&self, path: impl AsRef<Path>) {
        let path = self.path(path);
        let is_dir = path.symlink_metadata().unwrap().is_dir();
        if is_dir { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.unwrap();
    }

    /// Renames a file or a directory.
    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::create_dir_all(self.path(to).parent().unwrap()).unwrap();
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Makes `link` a symbolic link to `target`, in the place of one that may be there.
    pub(crate) fn symlink(&self, target: impl AsRef<Path>, link: &str) {
        let link = self.path(link);
        let _ = fs::remove_file(&link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(target, &link).unwrap();
    }

    /// Removes the target directory.
    pub(crate) fn wipe(&self) -> &Self {
        match fs::remove_dir_all(self.target()) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => panic!("failed to wipe: {e}"),
            _ => self,
        }
    }

    /// Copies the project without its target directory to another place, with the same cache and variables.
    pub(crate) fn checkout(&self, place: &str) -> Self {
        let root = self.base.join(place);
        fs::create_dir_all(root.parent().unwrap()).unwrap();
        copy_tree(&self.root, &root, &self.target());
        let (room, base) = (Rc::clone(&self.room), self.base.clone());
        Self { room, base, root, target: None, variables: self.variables.clone() }
    }

    /// Keeps cargo's note on the compiler over a wipe: asking again costs more than these tests' compiles. `mode` tells
    /// the runs with and without wrapper apart, as cargo does.
    pub(crate) fn wipe_for(&self, mode: &str) {
        let note = self.note(mode);
        self.wipe();
        if note.exists() {
            fs::create_dir_all(self.target()).unwrap();
            fs::copy(&note, self.target().join(COMPILER_NOTE)).unwrap();
            // Cargo marks what it makes itself.
            fs::write(self.target().join("CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n")
                .unwrap();
        }
    }

    /// Saves the note for the next [`wipe_for`](Self::wipe_for).
    pub(crate) fn keep_compiler(&self, mode: &str) {
        let _ = fs::copy(self.target().join(COMPILER_NOTE), self.note(mode));
    }

    /// Drops all notes: what the compiler says may depend on variables.
    fn forget_compiler(&self) {
        for mode in ["plain", "wrapped"] {
            let _ = fs::remove_file(self.note(mode));
        }
    }

    fn note(&self, mode: &str) -> PathBuf {
        self.base.join(format!("compiler-{mode}.json"))
    }

    /// Lists what the cache takes for the inputs of a unit's entries, oldest first: for people who look at a failed test.
    pub(crate) fn inputs(&self, crate_name: &str) -> String {
        let store = Store::open(Layout::new(self.cache())).unwrap();
        let mut entries = store.index.read().unwrap().entries();
        entries.retain(|(_, entry)| entry.unit.crate_name == crate_name);
        entries.sort_by_key(|(_, entry)| entry.created_ms);
        let mut text = String::new();
        for (key, entry) in entries {
            text += &format!("entry {}\n", key.to_hex());
            for (path, state) in &entry.inputs.files {
                text += &format!("  {} {state:?}\n", path.display());
            }
            for (name, value) in &entry.inputs.variables {
                text += &format!("  {name}={value:?}\n");
            }
        }
        text
    }

    // Runs.

    /// Runs plain cargo.
    pub(crate) fn cargo(&self, arguments: &str) -> Run {
        self.run(self.cargo_command(arguments))
    }

    /// Runs cargo with the program under test as `RUSTC_WRAPPER`.
    pub(crate) fn wrapped(&self, arguments: &str) -> Run {
        self.run(self.wrapped_command(arguments))
    }

    /// Runs `cargo kache …`.
    pub(crate) fn kache(&self, arguments: &str) -> Run {
        self.run(self.kache_command(arguments))
    }

    /// Prepares `cargo kache …`.
    pub(crate) fn kache_command(&self, arguments: &str) -> Command {
        let mut command = self.command(Self::program());
        command.arg("kache").args(arguments.split_whitespace());
        command
    }

    /// Runs `cargo kache …` with one more variable.
    pub(crate) fn set_and_kache(&self, name: &str, value: impl AsRef<OsStr>, arguments: &str) -> Run {
        let mut command = self.kache_command(arguments);
        command.env(name, value);
        self.run(command)
    }

    /// Prepares plain cargo.
    pub(crate) fn cargo_command(&self, arguments: &str) -> Command {
        let mut command = self.command(Path::new(env!("CARGO")));
        command.args(arguments.split_whitespace());
        command
    }

    /// Prepares cargo with the program under test as `RUSTC_WRAPPER`.
    pub(crate) fn wrapped_command(&self, arguments: &str) -> Command {
        let mut command = self.cargo_command(arguments);
        command.env("RUSTC_WRAPPER", Self::program());
        command
    }

    /// Prepares a program in the project's environment: nothing of cargo's, rustc's or ours from outside.
    pub(crate) fn command(&self, program: &Path) -> Command {
        const DROPPED: &[&str] = &["CARGO", "KACHE_", "RUST", "CLIPPY", "LD_LIBRARY_PATH", "CI", "MAKEFLAGS"];
        const KEPT: &[&str] = &["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if DROPPED.iter().any(|begin| text.starts_with(begin)) && !KEPT.contains(&&*text) {
                command.env_remove(&name);
            }
        }
        command
            .env("CARGO_NET_OFFLINE", "true")
            // One job: the order of messages is then the same in each run.
            .env("CARGO_BUILD_JOBS", "1")
            .env("KACHE_CACHE_DIR", self.cache())
            .env("KACHE_CONFIG", self.base.join("config.toml"))
            .envs(&self.variables)
            .current_dir(&self.root)
            .stdin(Stdio::null());
        command
    }

    /// Runs a prepared command and reads the units it noted.
    pub(crate) fn run(&self, mut command: Command) -> Run {
        let start = self.log().end();
        let output = command.output().unwrap_or_else(|e| panic!("failed to run {command:?}: {e}"));
        let units = self.log().read_since(start).unwrap().0;
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let wrapped =
            if command.get_envs().any(|(name, _)| name == "RUSTC_WRAPPER") { " (wrapped)" } else { "" };
        let line = format!("{line}{wrapped} with {:?} in {}", self.variables, self.root.display());
        Run::new(line, &output, units)
    }

    /// Runs `target/debug/<name>` (or a path in the project) and returns what it wrote to stdout.
    pub(crate) fn run_program(&self, name: &str) -> String {
        let path = if name.contains('/') { self.path(name) } else { self.target().join("debug").join(name) };
        let run = self.run(self.command(&path));
        run.success();
        run.stdout.clone()
    }
}

/// Copies a program, so that it can be run at once and is another file than what was there.
///
/// A file open for writing can't be run, and a process that another test starts has for a moment all that is open here:
/// so another process writes it.
pub(crate) fn copy_to_run(from: &Path, to: &Path) {
    let beside = to.with_extension("new");
    let status = Command::new("cp").arg("-p").arg(from).arg(&beside).status().unwrap();
    assert!(status.success(), "failed to copy {}", from.display());
    fs::rename(&beside, to).unwrap();
}

fn copy_tree(from: &Path, to: &Path, except: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        let kind = path.symlink_metadata().unwrap().file_type();
        if path == except {
            continue;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&path).unwrap(), &copy).unwrap();
        } else if kind.is_dir() {
            copy_tree(&path, &copy, except);
        } else {
            fs::copy(&path, &copy).unwrap();
        }
    }
}
