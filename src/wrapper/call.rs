//! What cargo asks for.
//!
//! Owns the facts of one call that need nothing but argv, the environment and the working directory.

use std::cell::{Cell, OnceCell};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::entry::OutputKind;
use crate::event::{Mode, Target, Unit};
use crate::handover::Handover;
use crate::invocation::CompilerCall;
use crate::key::environment::Environment;
use crate::portable::{Root, Roots};
use crate::rustc::args::{self, Arguments, Parsed, Unsupported};
use crate::serve::parent::Parent;
use crate::serve::process::Program;
use crate::serve::{self, cargo_home, workspace};

/// What a call asks for.
pub(super) enum Asked {
    /// A question, or something that is no compile: run it as it is.
    Question(Program),
    /// A compile.
    Compile(Box<Call>),
}

/// A compile.
#[derive(Debug)]
pub(super) struct Call {
    /// Cargo's command without `-C incremental`, behind the inner wrapper if there is one.
    pub(super) command: Program,
    /// The same with `-C incremental`, where cargo asks for that.
    pub(super) incremental: Option<Program>,
    /// The programs that make the compiler: the driver last, a workspace wrapper before it.
    pub(super) drivers: Vec<OsString>,
    /// The wrapper of the user's that runs inside ours.
    pub(super) inner_wrapper: Option<PathBuf>,
    /// The arguments.
    pub(super) arguments: Arguments,
    /// Why the key can't model them, if so.
    pub(super) unsupported: Option<Unsupported>,
    /// What is compiled.
    pub(super) unit: Unit,
    /// The environment.
    pub(super) environment: Environment,
    /// The working directory.
    pub(super) cwd: PathBuf,
    /// The output directory, absolute.
    pub(super) out_dir: PathBuf,
    /// The roots of portable paths.
    pub(super) roots: Roots,
    /// Whether the profile directory is new to this run of cargo.
    pub(super) target_is_new: Cell<bool>,
    /// The process that called us, once looked at.
    parent: OnceCell<Option<Parent>>,
    /// The workspace that holds the target directory, once looked for.
    holder: OnceCell<Option<PathBuf>>,
    /// The workspace that the package's manifest names, once looked for.
    named: OnceCell<Option<PathBuf>>,
}

impl Call {
    /// Reads a call.
    pub(super) fn read(call: CompilerCall) -> Asked {
        let environment = Environment::process();
        let inner_wrapper = inner_wrapper(&environment);
        // Behind a workspace wrapper, the first argument is the rustc it wraps.
        let skipped = usize::from(call.workspace_wrapper);
        let parsed = args::parse(call.arguments.get(skipped..).unwrap_or_default());
        let (arguments, unsupported) = match parsed {
            Parsed::Probe => {
                return Asked::Question(behind(inner_wrapper.as_deref(), call.program, call.arguments));
            }
            Parsed::Unsupported(why, arguments) => (*arguments, Some(why)),
            Parsed::Compile(arguments) => (*arguments, None),
        };
        let mut drivers = vec![call.program.clone()];
        drivers.extend(call.arguments[..skipped].iter().cloned());
        let kept = args::without_incremental(&call.arguments);
        let command = behind(inner_wrapper.as_deref(), call.program.clone(), kept);
        let incremental = arguments.incremental.is_some();
        let incremental = incremental.then(|| behind(inner_wrapper.as_deref(), call.program, call.arguments));
        let cwd = std::env::current_dir().unwrap_or_default();
        let out_dir = cwd.join(&arguments.out_dir);
        let roots = roots(&arguments, &cwd, &out_dir);
        let unit = unit(&arguments, &environment, &drivers, &out_dir);
        Asked::Compile(Box::new(Self {
            command,
            incremental,
            drivers,
            inner_wrapper,
            arguments,
            unsupported,
            unit,
            environment,
            cwd,
            out_dir,
            roots,
            target_is_new: Cell::new(false),
            parent: OnceCell::new(),
            holder: OnceCell::new(),
            named: OnceCell::new(),
        }))
    }

    /// Returns the compiler with all of cargo's arguments, incremental compilation included.
    pub(super) fn as_cargo_has_it(&self) -> &Program {
        self.incremental.as_ref().unwrap_or(&self.command)
    }

    /// Lists the files this compile makes, besides dep-info: name, kind, whether it is a program.
    pub(super) fn expected_outputs(&self) -> Vec<(String, OutputKind, bool)> {
        let arguments = &self.arguments;
        let mut outputs = Vec::new();
        if arguments.emits("metadata") {
            outputs.push((format!("lib{}.rmeta", self.stem()), OutputKind::Metadata, false));
        }
        if arguments.emits("link") {
            outputs.extend(self.linked_outputs());
        }
        outputs
    }

    /// Lists the files that `--emit=link` makes, of the names that they have by themselves.
    pub(super) fn linked_outputs(&self) -> Vec<(String, OutputKind, bool)> {
        let (arguments, stem) = (&self.arguments, self.stem());
        let mut outputs = Vec::new();
        let dylib = if cfg!(target_os = "macos") { "dylib" } else { "so" };
        let program =
            if self.unit.target == Target::BuildScript { OutputKind::HostTool } else { OutputKind::Product };
        if arguments.test {
            outputs.push((stem, program, true));
            return outputs;
        }
        for kind in &arguments.crate_types {
            outputs.push(match &**kind {
                "lib" | "rlib" => (format!("lib{stem}.rlib"), OutputKind::Library, false),
                "proc-macro" => (format!("lib{stem}.{dylib}"), OutputKind::HostTool, true),
                "dylib" | "cdylib" => (format!("lib{stem}.{dylib}"), OutputKind::Product, true),
                "staticlib" => (format!("lib{stem}.a"), OutputKind::Product, false),
                _ => (stem.clone(), program, true),
            });
        }
        outputs.dedup();
        outputs
    }

    /// Returns the dep-info file's name.
    pub(super) fn dep_info_name(&self) -> String {
        format!("{}.d", self.stem())
    }

    /// Returns what the names of its outputs have in common.
    pub(super) fn stem(&self) -> String {
        format!("{}{}", self.arguments.crate_name, self.arguments.extra_filename)
    }

    /// Whether this makes what is not cached by default: a program, a test, a dynamic library.
    pub(super) fn makes_executable(&self) -> bool {
        let linked_type = |t: &String| matches!(&**t, "bin" | "dylib" | "cdylib");
        self.arguments.emits("link")
            && self.unit.target != Target::BuildScript
            && (self.arguments.test
                || self.arguments.crate_types.is_empty()
                || self.arguments.crate_types.iter().any(linked_type))
    }

    /// Makes paths below cargo's home portable: registry crates are shared with other homes.
    pub(super) fn share_homes(&mut self) {
        if let Some(home) = self.cargo_home() {
            self.roots = std::mem::take(&mut self.roots).with(Root::CargoHome, home);
        }
    }

    /// Returns cargo's home.
    pub(super) fn cargo_home(&self) -> Option<PathBuf> {
        cargo_home(&self.environment)
    }

    /// Whether the crate root is named relative to the working directory: so cargo compiles the packages that lie in the
    /// workspace's directory, and that is the working directory then.
    pub(super) fn has_relative_source(&self) -> bool {
        self.arguments.source.is_relative()
    }

    /// Returns the [workspace]'s directory, as far as it can be told from this call.
    pub(super) fn root(&self) -> Option<&Path> {
        match self.has_relative_source() {
            true => Some(&self.cwd),
            false => self.holder().or_else(|| self.named_workspace()),
        }
    }

    /// Returns where `path` lies below the workspace's directory.
    pub(super) fn place_in_workspace(&self, path: &Path) -> Option<PathBuf> {
        let root = self.root()?;
        if let Ok(rest) = path.strip_prefix(root) {
            return Some(rest.to_owned());
        }
        // The workspace may have been entered through a link.
        let holder = self.holder()?;
        let rest = path.strip_prefix(holder).ok()?;
        (holder.canonicalize().ok()? == root).then(|| rest.to_owned())
    }

    fn holder(&self) -> Option<&Path> {
        self.holder.get_or_init(|| workspace::holder(self.profile_dir()?)).as_deref()
    }

    fn named_workspace(&self) -> Option<&Path> {
        let find = || workspace::named_by(Path::new(self.environment.get("CARGO_MANIFEST_DIR")?));
        self.named.get_or_init(find).as_deref()
    }

    /// Returns the process that called us, where the system tells.
    pub(super) fn parent(&self) -> Option<&Parent> {
        self.parent.get_or_init(Parent::read).as_ref()
    }

    /// Whether documentation is to be made from what this compile gives, as far as cargo's command line tells: rustdoc reads
    /// the metadata of a check, and writes down the names of generated files.
    pub(super) fn is_for_documentation(&self) -> bool {
        let may_be = !self.arguments.emits("link") && self.environment.get("OUT_DIR").is_some();
        may_be && self.parent().is_some_and(Parent::documents)
    }

    /// Returns the profile directory (`target/debug`), where the output directory lies in one.
    pub(super) fn profile_dir(&self) -> Option<&Path> {
        self.roots.get(Root::Profile(0))
    }

    /// Returns the file that cargo times a build script's run by, if this package has one.
    pub(super) fn script_output(&self) -> Option<PathBuf> {
        let out_dir = Path::new(self.environment.get("OUT_DIR")?);
        Some(out_dir.parent()?.join("output"))
    }
}

impl serve::Call for Call {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn parent(&self) -> Option<&Parent> {
        self.parent()
    }

    fn cwd(&self) -> &Path {
        &self.cwd
    }

    fn out_dir(&self) -> &Path {
        &self.out_dir
    }

    fn workspace(&self) -> Option<PathBuf> {
        self.root().map(Path::to_owned)
    }

    fn profile_dir(&self) -> Option<&Path> {
        self.profile_dir()
    }

    fn program(&self) -> &Program {
        &self.command
    }
}

/// Reads the wrapper of the user's that the front end wants inside ours.
fn inner_wrapper(environment: &Environment) -> Option<PathBuf> {
    Handover::read(environment.get(crate::env::KACHE_BUILD)?).inner
}

fn behind(inner: Option<&Path>, program: OsString, mut arguments: Vec<OsString>) -> Program {
    match inner {
        Some(inner) => {
            arguments.insert(0, program);
            Program { program: inner.into(), arguments, name: None }
        }
        None => Program { program, arguments, name: None },
    }
}

fn roots(arguments: &Arguments, cwd: &Path, out_dir: &Path) -> Roots {
    let mut profiles: Vec<PathBuf> = Vec::new();
    let directories =
        std::iter::once(out_dir.to_owned()).chain(arguments.dependency_dirs().map(|d| cwd.join(d)));
    for profile in directories.filter_map(|d| workspace::profile_of(&d).map(Path::to_owned)) {
        if !profiles.contains(&profile) {
            profiles.push(profile);
        }
    }
    let numbered = (0..=u8::MAX).map(Root::Profile).zip(profiles);
    Roots::new(numbered.chain([(Root::Cwd, cwd.to_owned())]))
}

fn unit(arguments: &Arguments, environment: &Environment, drivers: &[OsString], out_dir: &Path) -> Unit {
    let text = |name: &str| environment.get(name).map(|v| v.to_string_lossy().into_owned());
    let is_clippy = Path::new(&drivers[0]).file_stem().is_some_and(|stem| stem == "clippy-driver");
    let optimised = |t: &String| t.starts_with("-Copt-level=") && t != "-Copt-level=0" || t == "-O";
    Unit {
        package: text("CARGO_PKG_NAME").unwrap_or_else(|| arguments.crate_name.clone()),
        version: text("CARGO_PKG_VERSION").unwrap_or_default(),
        crate_name: arguments.crate_name.clone(),
        target: target(arguments, text("CARGO_BIN_NAME"), out_dir),
        mode: match arguments.emits("link") {
            true => Mode::Build,
            false if is_clippy => Mode::Clippy,
            false => Mode::Check,
        },
        profile: if arguments.texts.iter().any(optimised) { "release" } else { "dev" }.to_owned(),
        triple: arguments.target.clone(),
    }
}

fn target(arguments: &Arguments, bin_name: Option<String>, out_dir: &Path) -> Target {
    let name = bin_name.unwrap_or_else(|| arguments.crate_name.clone());
    let in_folder = |folder: &str| arguments.source.components().any(|c| c.as_os_str() == folder);
    if arguments.test {
        return if in_folder("benches") { Target::Bench(name) } else { Target::Test(name) };
    }
    if arguments.has_type("proc-macro") {
        return Target::ProcMacro;
    }
    if out_dir.file_name().is_some_and(|n| n == "examples") {
        return Target::Example(name);
    }
    if !arguments.has_type("bin") {
        return Target::Lib;
    }
    let in_build = out_dir.parent().and_then(Path::file_name).is_some_and(|n| n == "build");
    if in_build && arguments.crate_name.starts_with("build_script_") {
        return Target::BuildScript;
    }
    Target::Bin(name)
}
