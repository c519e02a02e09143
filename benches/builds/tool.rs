//! The tools that are compared, and how each one is set up for a fair run.
//!
//! Owns their discovery, environment, servers and command lines. Every tool gets a home, a cache and a socket
//! folder of its own, the same cargo, the same compiler, and nothing of the caller's environment. Never times.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::measure::{self, MARK};
use crate::{Result, failed};

/// What is put between a person and rustc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Cargo with `CARGO_INCREMENTAL=0`: what all ratios refer to.
    Plain,
    /// Cargo as it comes.
    PlainIncremental,
    /// Links to a warm target and a cargo that finds nothing to do.
    Floor,
    /// `cargo kache build`.
    Kache,
    /// Cargo with this project's binary as `RUSTC_WRAPPER`.
    Wrapper,
    /// `mbx build`.
    Mbx,
    /// Cargo with the other tool called kache as `RUSTC_WRAPPER`, and its daemon.
    PeerKache,
    /// Cargo with sccache as `RUSTC_WRAPPER`, and its server.
    Sccache,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Plain,
        Self::PlainIncremental,
        Self::Floor,
        Self::Kache,
        Self::Wrapper,
        Self::Mbx,
        Self::PeerKache,
        Self::Sccache,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::PlainIncremental => "plain-inc",
            Self::Floor => "floor",
            Self::Kache => "kache",
            Self::Wrapper => "wrapper",
            Self::Mbx => "mbx",
            Self::PeerKache => "peer-kache",
            Self::Sccache => "sccache",
        }
    }

    /// Whether it keeps results outside the target directory.
    pub(crate) fn caches(self) -> bool {
        !matches!(self, Self::Plain | Self::PlainIncremental | Self::Floor)
    }

    /// The file name of the program, for tools that are looked for.
    fn program(self) -> Option<&'static str> {
        match self {
            Self::Mbx => Some("mbx"),
            Self::PeerKache => Some("kache"),
            Self::Sccache => Some("sccache"),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A tool that is there.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    pub(crate) kind: Kind,
    /// Its program; cargo for the tools that are only cargo.
    pub(crate) program: PathBuf,
    pub(crate) version: String,
}

/// Where the compiler and cargo of all tools are.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    sysroot: PathBuf,
    pub(crate) strace: Option<PathBuf>,
}

impl Toolchain {
    pub(crate) fn find() -> Result<Self> {
        let output = Command::new("rustc").args(["--print", "sysroot"]).output()?;
        if !output.status.success() {
            return failed("failed to run `rustc --print sysroot`");
        }
        let sysroot = PathBuf::from(String::from_utf8(output.stdout)?.trim_end());
        let strace = search(&path_folders(), "strace");
        Ok(Self { sysroot, strace })
    }

    pub(crate) fn rustc(&self) -> PathBuf {
        self.sysroot.join("bin/rustc")
    }

    pub(crate) fn cargo(&self) -> PathBuf {
        self.sysroot.join("bin/cargo")
    }

    /// `PATH` with the toolchain in front: cargo and rustc start without rustup's proxies, which cost each tool
    /// a different number of starts.
    fn path(&self) -> OsString {
        let folders = std::iter::once(self.sysroot.join("bin")).chain(path_folders());
        std::env::join_paths(folders).unwrap_or_default()
    }
}

/// Finds the wished tools; those that are not there come back by name.
pub(crate) fn find(kinds: &[Kind], own: &Path, toolchain: &Toolchain) -> (Vec<Tool>, Vec<Kind>) {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for &kind in kinds {
        let program = match kind {
            Kind::Kache | Kind::Wrapper => Some(own.to_owned()),
            Kind::Mbx | Kind::PeerKache | Kind::Sccache => find_peer(kind),
            Kind::Plain | Kind::PlainIncremental | Kind::Floor => Some(toolchain.cargo()),
        };
        match program {
            Some(program) => {
                let version = version_of(&program);
                found.push(Tool { kind, program, version });
            }
            None => missing.push(kind),
        }
    }
    (found, missing)
}

fn find_peer(kind: Kind) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::env::var_os("KACHE_BENCH_PEERS").iter().flat_map(std::env::split_paths).collect();
    folders.extend(path_folders());
    let program = search(&folders, kind.program()?)?;
    // A link called `kache` may be this project's own program.
    let own = kind == Kind::PeerKache && version_of(&program).starts_with("cargo-kache");
    (!own).then_some(program)
}

fn search(folders: &[PathBuf], program: &str) -> Option<PathBuf> {
    let found = folders.iter().map(|folder| folder.join(program)).find(|path| path.is_file())?;
    std::path::absolute(found).ok()
}

fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect()
}

fn version_of(program: &Path) -> String {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

/// What all builds of one benchmark have in common.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) toolchain: Toolchain,
    pub(crate) release: bool,
    /// Whether every cache that can keep programs does so; otherwise none does.
    pub(crate) executables: bool,
    /// Compilers at once, as cargo's `--jobs`.
    pub(crate) jobs: Option<String>,
}

/// A tool with its own home, cache and sockets.
#[derive(Debug)]
pub(crate) struct Instance<'a> {
    pub(crate) tool: &'a Tool,
    settings: &'a Settings,
    root: PathBuf,
    pub(crate) mark: String,
    compiler: Option<PathBuf>,
    added: Vec<(&'static str, String)>,
}

impl<'a> Instance<'a> {
    pub(crate) fn new(tool: &'a Tool, settings: &'a Settings, root: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&root)?;
        let mark = format!("{}:{}:{}", std::process::id(), tool.kind, root.display());
        Ok(Self { tool, settings, root, mark, compiler: None, added: Vec::new() })
    }

    /// Lets cargo use another compiler from now on.
    pub(crate) fn set_compiler(&mut self, rustc: PathBuf) {
        self.compiler = Some(rustc);
    }

    /// Gives every command these variables too.
    pub(crate) fn add_variables(&mut self, variables: Vec<(&'static str, String)>) {
        self.added = variables;
    }

    /// The folder of the built profile in a target directory.
    pub(crate) fn profile_folder(&self) -> &'static str {
        if self.settings.release { "release" } else { "debug" }
    }

    /// The build of one scenario in a checkout.
    pub(crate) fn build(&self, checkout: &Path) -> Command {
        let mut command = match self.tool.kind {
            Kind::Kache => {
                let mut command = Command::new(&self.tool.program);
                command.args(["kache", "build"]);
                command
            }
            Kind::Mbx => {
                let mut command = Command::new(&self.tool.program);
                command.arg("build");
                command
            }
            _ => {
                let mut command = Command::new(self.settings.toolchain.cargo());
                command.arg("build");
                command
            }
        };
        command.args(["--workspace", "--locked"]).current_dir(checkout);
        if self.settings.release {
            command.arg("--release");
        }
        if let Some(jobs) = &self.settings.jobs {
            command.args(["--jobs", jobs]);
        }
        self.set_environment(&mut command);
        if matches!(self.tool.kind, Kind::Wrapper | Kind::PeerKache | Kind::Sccache) {
            command.env("RUSTC_WRAPPER", &self.tool.program);
        }
        command
    }

    /// Gives a command the environment of this tool and nothing else.
    pub(crate) fn set_environment(&self, command: &mut Command) {
        command.env_clear();
        command.env("PATH", self.settings.toolchain.path());
        command.env("HOME", self.root.join("home"));
        command.env("XDG_RUNTIME_DIR", self.root.join("run"));
        command.env("LANG", "C.UTF-8").env("TERM", "dumb");
        command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_COLOR", "never");
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let default = || std::env::home_dir().map(|home| home.join(folder).into_os_string());
            if let Some(value) = std::env::var_os(name).or_else(default) {
                command.env(name, value);
            }
        }
        command.env(MARK, &self.mark);
        command.envs(self.added.iter().map(|(name, value)| (name, value)));
        if let Some(rustc) = &self.compiler {
            command.env("RUSTC", rustc);
        }
        for (name, value) in self.variables() {
            command.env(name, value);
        }
    }

    fn variables(&self) -> Vec<(&'static str, OsString)> {
        let cache = self.cache().into_os_string();
        let switch = OsStr::new(if self.settings.executables { "1" } else { "0" }).to_owned();
        let on: OsString = "1".into();
        let off: OsString = "0".into();
        match self.tool.kind {
            Kind::Plain | Kind::Floor => vec![("CARGO_INCREMENTAL", off)],
            Kind::PlainIncremental => Vec::new(),
            Kind::Kache | Kind::Wrapper => {
                vec![("KACHE_CACHE_DIR", cache), ("KACHE_CACHE_EXECUTABLES", switch)]
            }
            // Its managed targets lie outside the checkout, where a wiped target would not be wiped.
            Kind::Mbx => {
                vec![("MBX_CACHE_DIR", cache), ("MBX_CACHE_LINKS", switch), ("MBX_TARGET_VIEWS", off)]
            }
            Kind::PeerKache => vec![
                ("KACHE_CACHE_DIR", cache),
                ("KACHE_CACHE_EXECUTABLES", switch),
                ("KACHE_LOCAL_ONLY", on),
                ("KACHE_RUNTIME_DIR", self.root.join("run").into_os_string()),
                ("KACHE_SOCKET_PATH", self.socket("kache")),
                ("KACHE_HOST_CONFIG", OsString::new()),
            ],
            // It caches nothing that rustc compiles incrementally.
            Kind::Sccache => vec![
                ("SCCACHE_DIR", cache),
                ("SCCACHE_SERVER_UDS", self.socket("sccache")),
                ("SCCACHE_IDLE_TIMEOUT", off.clone()),
                ("CARGO_INCREMENTAL", off),
            ],
        }
    }

    fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// A socket's path must be short, which a path below the benchmark's folder need not be.
    fn socket(&self, name: &str) -> OsString {
        let id = self.mark.bytes().fold(5381_u32, |hash, byte| hash.wrapping_mul(33) ^ u32::from(byte));
        std::env::temp_dir().join(format!("bench-{name}-{id:08x}.sock")).into_os_string()
    }

    /// Empties the cache and starts the tool's server, if it has one.
    pub(crate) fn reset(&self) -> Result<()> {
        self.stop()?;
        for folder in ["cache", "home", "run"] {
            remove_tree(&self.root.join(folder))?;
            std::fs::create_dir_all(self.root.join(folder))?;
        }
        self.start()
    }

    fn start(&self) -> Result<()> {
        match self.tool.kind {
            Kind::Sccache => self.manage(&["--start-server"]),
            Kind::PeerKache => self.manage(&["daemon", "start"]),
            _ => Ok(()),
        }
    }

    /// Stops the server, and whatever else the tool left running.
    pub(crate) fn stop(&self) -> Result<()> {
        if measure::background(&self.mark)?.is_empty() {
            return Ok(());
        }
        let _ = match self.tool.kind {
            Kind::Sccache => self.manage(&["--stop-server"]),
            Kind::PeerKache => self.manage(&["daemon", "stop"]),
            Kind::Kache | Kind::Wrapper => self.manage(&["kache", "daemon", "stop"]),
            _ => Ok(()),
        };
        for signal in ["-TERM", "-KILL"] {
            for _ in 0..20 {
                if measure::background(&self.mark)?.is_empty() {
                    return Ok(());
                }
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            for pid in measure::background(&self.mark)? {
                let _ = Command::new("kill").args([signal, &pid.to_string()]).status();
            }
        }
        Ok(())
    }

    fn manage(&self, args: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.tool.program);
        command.args(args).current_dir(&self.root);
        self.set_environment(&mut command);
        measure::untimed(&mut command, &self.root.join("server.log"))
    }
}

impl Drop for Instance<'_> {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

pub(crate) fn remove_tree(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            failed(format!("failed to remove {}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}
