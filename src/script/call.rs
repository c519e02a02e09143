//! Which script, for which package, where.
//!
//! Owns the facts of one run that need nothing but argv, the environment and a look for the workspace.

use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::places::Places;
use crate::event::{Mode, Target, Unit};
use crate::invocation::ScriptCall;
use crate::key::environment::Environment;
use crate::launcher;
use crate::portable::{Root, Roots};
use crate::serve::libraries::{self, LIBRARIES};
use crate::serve::parent::Parent;
use crate::serve::process::Program;
use crate::serve::{self, cargo_home, workspace};
use crate::trace;

/// One run of a build script.
#[derive(Debug)]
pub(super) struct Run {
    /// The script by the name it is kept under, and what cargo calls it with.
    pub(super) program: Program,
    /// The script, as the launcher found it beside itself.
    pub(super) script: PathBuf,
    /// The name by which cargo runs it, where the launcher is now.
    pub(super) place: PathBuf,
    /// The package.
    pub(super) unit: Unit,
    /// The environment.
    pub(super) environment: Environment,
    /// The working directory: the package's.
    pub(super) cwd: PathBuf,
    /// `OUT_DIR`.
    pub(super) out_dir: PathBuf,
    /// The roots of portable paths.
    pub(super) roots: Roots,
    /// The workspace's directory, as far as it can be told.
    pub(super) workspace: Option<PathBuf>,
    parent: OnceCell<Option<Parent>>,
}

impl Run {
    /// Reads what a launcher hands over.
    pub(super) fn read(call: ScriptCall) -> Self {
        let environment = Environment::process();
        let cwd = std::env::current_dir().unwrap_or_default();
        let path = |name: &str| environment.get(name).map(PathBuf::from).unwrap_or_default();
        let out_dir = path("OUT_DIR");
        let profile = out_dir.parent().and_then(workspace::profile_of);
        let script_profile = call.script.parent().and_then(workspace::profile_of);
        let is_fetched = cargo_home(&environment).is_some_and(|home| cwd.starts_with(home));
        let around = || workspace::above(&cwd).filter(|_| !is_fetched);
        let workspace = profile.and_then(workspace::holder).or_else(around);
        let roots = roots(&environment, profile, script_profile, workspace.as_deref());
        let unit = unit(&environment, &call.script);
        let program = Program {
            program: call.script.clone().into(),
            arguments: call.arguments,
            name: Some(call.argv0),
        };
        Self {
            program,
            script: call.script,
            place: call.place,
            unit,
            environment,
            cwd,
            out_dir,
            roots,
            workspace,
            parent: OnceCell::new(),
        }
    }

    /// Whether cargo runs the script: it does so by a name of its own, and with its variables. People may run it by
    /// hand.
    pub(super) fn is_for_cargo(&self) -> bool {
        let is_set = |name: &&str| self.environment.get(name).is_some();
        ["CARGO_MANIFEST_DIR", "HOST", "TARGET", "OUT_DIR"].iter().all(is_set)
            && self.out_dir.is_absolute()
            && self.launcher().is_some_and(|launcher| launcher != self.place)
    }

    /// Returns the name by which the script knows itself.
    pub(super) fn own_name(&self) -> &OsStr {
        self.program.name.as_deref().unwrap_or(self.place.as_os_str())
    }

    /// Returns the name that the launcher has besides.
    pub(super) fn launcher(&self) -> Option<PathBuf> {
        launcher::place_of(&self.script)
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

    /// Returns the directories that stand in what the script writes.
    pub(super) fn places(&self) -> Places {
        Places::new(&self.roots, self.workspace.as_deref(), &self.unit.package, &self.out_dir)
    }

    /// Returns the environment with the directories of this checkout taken out of its values.
    pub(super) fn portable_environment(&self) -> Environment {
        let places = self.places();
        let form = |value: &OsStr| OsStr::from_bytes(&places.key_form(value.as_bytes())).to_owned();
        let environment = self.environment.map_values(form).with(trace::HOST, machine());
        match self.environment.get(LIBRARIES) {
            Some(path) => environment.with(LIBRARIES, libraries::of_the_user(path, &self.roots)),
            None => environment,
        }
    }
}

impl serve::Call for Run {
    fn unit(&self) -> &Unit {
        &self.unit
    }

    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn parent(&self) -> Option<&Parent> {
        self.parent.get_or_init(Parent::read).as_ref()
    }

    fn cwd(&self) -> &Path {
        &self.cwd
    }

    fn out_dir(&self) -> &Path {
        &self.out_dir
    }

    fn workspace(&self) -> Option<PathBuf> {
        self.workspace.clone()
    }

    fn profile_dir(&self) -> Option<&Path> {
        self.roots.get(Root::Profile(0))
    }

    fn program(&self) -> &Program {
        &self.program
    }
}

fn roots(
    environment: &Environment,
    profile: Option<&Path>,
    script_profile: Option<&Path>,
    workspace: Option<&Path>,
) -> Roots {
    let profiles = [(Root::Profile(0), profile), (Root::Profile(1), script_profile)];
    let sysroot = environment.get("RUSTC").map(Path::new).and_then(sysroot_of);
    let all = profiles.into_iter().chain([(Root::Workspace, workspace), (Root::Sysroot, sysroot)]);
    Roots::new(all.filter_map(|(root, path)| Some((root, path?.to_owned()))))
}

/// Returns the toolchain's directory, where the compiler lies in one.
fn sysroot_of(rustc: &Path) -> Option<&Path> {
    let sysroot = rustc.parent()?.parent()?;
    sysroot.join("lib/rustlib").is_dir().then_some(sysroot)
}

/// Describes the machine and its system, as `uname` does.
fn machine() -> OsString {
    let system = rustix::system::uname();
    let parts = [system.sysname(), system.nodename(), system.release(), system.version(), system.machine()];
    OsString::from(parts.map(|part| part.to_string_lossy().into_owned()).join("\n"))
}

fn unit(environment: &Environment, script: &Path) -> Unit {
    let text = |name: &str| environment.get(name).map(|v| v.to_string_lossy().into_owned());
    let name = script.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let crate_name = name.split_once('-').map_or(&*name, |(crate_name, _)| crate_name).to_owned();
    let triple = text("TARGET").filter(|target| Some(target) != text("HOST").as_ref());
    Unit {
        package: text("CARGO_PKG_NAME").unwrap_or_else(|| crate_name.clone()),
        version: text("CARGO_PKG_VERSION").unwrap_or_default(),
        crate_name,
        target: Target::BuildScriptRun,
        mode: Mode::Build,
        profile: if text("PROFILE").as_deref() == Some("release") { "release" } else { "dev" }.to_owned(),
        triple,
    }
}
