//! From what a run read to a prediction.
//!
//! Owns the meaning of accesses to a build script: which are inputs, and which say that its result can't be known again.
//! When in doubt, it is the latter.
//!
//! | access | is |
//! |---|---|
//! | content of a file and what its owner may do with it, names in a directory, text of a link, absence | an input |
//! | existence of a file that nobody opened | an input with its time and permissions: these may be what was wanted |
//! | anything in a directory above the workspace | an input twice: at that path, and as something that is searched for upwards |
//! | below `OUT_DIR` | the script's own business, unless it finds what an earlier run left |
//! | a file made elsewhere and gone again | the script's own business |
//! | a file made, changed or removed elsewhere | an effect that can't be repeated |
//! | the number of processors, where no compiler was started; `/proc/cpuinfo`; `-march=native` | an input: number and kind of processors |
//! | a declared `rerun-if-changed` | an input, with all that is in it, unless that is too much to be read each time |

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::call::Run;
use super::execute::Executed;
use crate::entry::{Aspect, Prediction};
use crate::event::Bypass;
use crate::fs::{self, stat::Stat};
use crate::portable::PortablePath;
use crate::serve::accesses::{SYSTEM, is_environment, is_loader, plain, reads_random, system_path};
use crate::serve::libraries::LIBRARIES;
use crate::serve::{above, asked};
use crate::trace::{self, Access, Trace};

/// Learns from a run that succeeded.
pub(super) fn learn(run: &Run, executed: &Executed) -> Result<Prediction, Bypass> {
    let trace = &executed.trace;
    if let Some(why) = &trace.incomplete {
        return Err(Bypass::Script(format!("can't be traced: {why}")));
    }
    if trace.network {
        return Err(Bypass::Script("used the network".to_owned()));
    }
    let ground = Ground::new(run);
    let began_empty = executed.began_empty;
    let mut inputs = Inputs { run, paths: BTreeSet::new(), is_bound: false, began_empty };
    let mut resolved = BTreeMap::new();
    for access in &trace.accesses {
        add_access(&mut inputs, &ground, access, &mut resolved)?;
    }
    let declared = Declared::in_text(&executed.stdout);
    for path in &declared.files {
        add_declared(&mut inputs, &ground, path)?;
    }
    let Variables { names, any } = variables(run, trace, &ground)?;
    Ok(Prediction {
        files: inputs.paths.into_iter().collect(),
        variables: declared.variables.union(&names).cloned().collect(),
        whole_environment: any,
        directories: Vec::new(),
        bound: inputs.is_bound || maps_directory_above(run),
        traced: true,
    })
}

/// The inputs found so far.
struct Inputs<'r> {
    run: &'r Run,
    paths: BTreeSet<(PortablePath, Aspect)>,
    /// Whether the result is for this checkout only.
    is_bound: bool,
    /// Whether `OUT_DIR` held nothing of an earlier run.
    began_empty: bool,
}

impl Inputs<'_> {
    fn add(&mut self, path: &Path, aspect: Aspect) -> Result<(), Bypass> {
        let portable = self.run.roots.shorten(&self.run.cwd.join(path));
        let portable = portable.ok_or_else(|| Bypass::Script(format!("read `{}`", path.display())))?;
        self.paths.insert((portable, aspect));
        Ok(())
    }
}

/// Places with a meaning of their own.
struct Ground {
    /// `OUT_DIR`: as cargo names it, and without links.
    out_dirs: Vec<PathBuf>,
    /// The script, by its three names, and this program: the key holds the one, and the other is no input.
    own: Vec<PathBuf>,
    /// Directories that fill up in the order of the build.
    shared: Vec<PathBuf>,
    /// Where a file's time is the business of whoever installed it.
    installed: Vec<PathBuf>,
    /// Where cargo keeps its own books.
    cargo_home: Option<PathBuf>,
}

impl Ground {
    fn new(run: &Run) -> Self {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut own = vec![run.script.clone(), run.place.clone()];
        own.extend(run.launcher());
        own.extend(std::env::current_exe());
        own.extend(own.clone().iter().map(|path| real(path)));
        let profiles = run.roots.iter().filter(|(root, _)| matches!(root, crate::portable::Root::Profile(_)));
        let shared = profiles.flat_map(|(_, profile)| {
            ["", "build", "deps", "examples", "incremental", ".fingerprint"].map(|name| profile.join(name))
        });
        let sysroot = run.roots.get(crate::portable::Root::Sysroot).map(Path::to_owned);
        let cargo_home = run.cargo_home();
        Self {
            out_dirs: vec![run.out_dir.clone(), real(&run.out_dir)],
            own,
            shared: shared.collect(),
            installed: SYSTEM.iter().map(PathBuf::from).chain(sysroot).chain(cargo_home.clone()).collect(),
            cargo_home,
        }
    }

    fn is_own(&self, path: &Path) -> bool {
        self.own.iter().any(|own| own == path)
    }

    /// Whether a file only tells cargo what is in use, and since when.
    fn is_book(&self, path: &Path) -> bool {
        let is_one = |begin| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(begin));
        let is_home = self.cargo_home.as_deref().is_some_and(|home| path.parent() == Some(home));
        is_home && (is_one(b".global-cache") || is_one(b".package-cache"))
    }
}

fn add_access(
    inputs: &mut Inputs<'_>,
    ground: &Ground,
    access: &Access,
    resolved: &mut BTreeMap<PathBuf, PathBuf>,
) -> Result<(), Bypass> {
    let path = &plain(&access.path, resolved);
    if let Some(known) = system_path(path).filter(|_| !access.absent) {
        return match known || access.written {
            true => Ok(()),
            false => Err(Bypass::Script(format!("read `{}`", path.display()))),
        };
    }
    if ground.out_dirs.iter().any(|dir| path.starts_with(dir)) {
        return match !inputs.began_empty && looks_at_left_overs(access, path) {
            true => Err(Bypass::Script("looked at files of an earlier run".to_owned())),
            false => Ok(()),
        };
    }
    if ground.is_own(path) || ground.is_book(path) {
        return Ok(());
    }
    if access.written && (access.replaced || path.symlink_metadata().is_ok()) {
        return Err(Bypass::Script(format!("wrote `{}` outside of `OUT_DIR`", path.display())));
    }
    if access.written_first {
        return Ok(());
    }
    if access.list {
        if ground.shared.contains(path) {
            return Err(Bypass::Script(format!("listed `{}`", path.display())));
        }
        inputs.add(path, Aspect::Listing)?;
        inputs.is_bound |= leads_to_root(inputs.run, path);
    }
    if leads_to_root(inputs.run, path) {
        return Ok(());
    }
    if access.link {
        inputs.add(path, Aspect::Link)?;
    }
    if access.absent && path.symlink_metadata().is_ok() {
        return Err(Bypass::ChangedDuringCompile(path.display().to_string()));
    }
    let was_opened = access.read || access.exec || access.absent;
    if was_opened {
        inputs.add(path, Aspect::File)?;
    } else if access.stat || access.link {
        let is_installed = ground.installed.iter().any(|root| path.starts_with(root));
        let is_file = || Stat::of(path).is_ok_and(|stat| stat.is_file());
        inputs.add(path, if is_installed || !is_file() { Aspect::Content } else { Aspect::Metadata })?;
    }
    if let Some(search) = above::search(&inputs.run.roots, path, &ground.installed) {
        inputs.paths.insert((search, Aspect::Above));
    }
    Ok(())
}

/// Whether an access to something below `OUT_DIR` may have found it as an earlier run left it. Directories are made where
/// they are missing: that one is there says nothing.
fn looks_at_left_overs(access: &Access, path: &Path) -> bool {
    let looks = access.read || access.exec || access.list || access.link || access.stat;
    looks && !access.absent && (access.list || !path.is_dir() || path.is_symlink())
}

/// Whether a path is a root of this checkout or leads to one.
fn leads_to_root(run: &Run, path: &Path) -> bool {
    run.roots.iter().map(|(_, root)| root).chain([run.cwd.as_path()]).any(|root| root.starts_with(path))
}

fn add_declared(inputs: &mut Inputs<'_>, ground: &Ground, path: &Path) -> Result<(), Bypass> {
    let path = inputs.run.cwd.join(path);
    if ground.out_dirs.iter().any(|dir| path.starts_with(dir)) {
        return Ok(());
    }
    if system_path(&path).is_some() {
        return Err(Bypass::Script(format!("watches `{}`", path.display())));
    }
    if !path.is_dir() {
        return inputs.add(&path, Aspect::Content);
    }
    if !is_worth_watching(&path) {
        return Err(Bypass::Script(format!("watches `{}`, which holds too much to be read", path.display())));
    }
    inputs.add(&path, Aspect::Tree)
}

/// Files that a declared directory may hold, and their bytes: all of them are read.
const WATCHED: (usize, u64) = (20_000, 1 << 30);

/// Whether all that is in a directory can be read each time. What can't be looked at is none of it.
fn is_worth_watching(directory: &Path) -> bool {
    let (mut files, mut bytes) = WATCHED;
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        for (name, is_dir) in fs::list_with_types(&folder).unwrap_or_default() {
            let path = folder.join(name);
            let size = if is_dir { 0 } else { Stat::of(&path).map_or(0, |stat| stat.size) };
            let left = files.checked_sub(1).zip(bytes.checked_sub(size));
            let Some(left) = left else { return false };
            (files, bytes) = left;
            if is_dir {
                folders.push(path);
            }
        }
    }
    true
}

/// What a script declares to cargo.
#[derive(Default)]
struct Declared {
    files: Vec<PathBuf>,
    variables: BTreeSet<String>,
}

impl Declared {
    fn in_text(stdout: &[u8]) -> Self {
        let mut declared = Self::default();
        for line in String::from_utf8_lossy(stdout).lines() {
            let Some(line) = line.strip_prefix("cargo::").or_else(|| line.strip_prefix("cargo:")) else {
                continue;
            };
            match line.split_once('=') {
                Some(("rerun-if-changed", path)) => declared.files.push(path.into()),
                Some(("rerun-if-env-changed", name)) => {
                    declared.variables.insert(name.to_owned());
                }
                _ => {}
            }
        }
        declared
    }
}

/// Programs that ask for random numbers to name temporary files by, or to scatter their tables.
const SCATTERING: &[&str] = &["cargo", "cmake", "git", "mktemp", "ninja", "node", "perl", "python"];

/// Programs of which a script starts many at once, by what stands in their names.
const BUILDERS: &[&str] = &["cc", "clang", "c++", "g++", "make", "ninja", "meson", "cargo", "rustc"];

/// What a run asked its environment for.
struct Variables {
    names: BTreeSet<String>,
    /// Whether it may have read any other.
    any: bool,
}

/// Finds the variables that count: those that the script asked for, and all others where programs that it starts, or code
/// that goes around the hook, may have read any.
fn variables(run: &Run, trace: &Trace, ground: &Ground) -> Result<Variables, Bypass> {
    let is_other = |access: &&Access| {
        access.exec && !access.absent && !is_loader(&access.path) && !ground.is_own(&access.path)
    };
    let started =
        trace.accesses.iter().filter(is_other).filter_map(|access| access.path.file_name()?.to_str());
    let started = started.collect::<Vec<_>>();
    let asked = asked::by_program(trace, &run.script);
    let asked = asked.ok_or_else(|| Bypass::Script("is a program that can't be looked into".to_owned()))?;
    let scatters = started.iter().any(|program| SCATTERING.iter().any(|known| program.starts_with(known)));
    let changing = match asked.changing {
        // A machine keeps its name.
        Some(what) if what != asked::NAME_OF_MACHINE => Some(what),
        _ if started.contains(&"date") => Some("the time"),
        _ if (trace.random || reads_random(trace)) && !scatters => Some("random numbers"),
        _ => None,
    };
    if let Some(what) = changing {
        return Err(Bypass::Script(format!("asked for {what}")));
    }
    let mut names = asked.names;
    names.insert(LIBRARIES.to_owned());
    if trace.host || asked.changing.is_some() {
        names.insert(trace::HOST.to_owned());
    }
    if started.iter().any(|program| BUILDERS.iter().any(|known| program.contains(known))) {
        // How many of them run at once.
        names.remove("NUM_JOBS");
        names.remove(trace::PROCESSORS);
    }
    if trace.read("/proc/cpuinfo") || is_for_this_processor(run) {
        names.insert(trace::PROCESSORS.to_owned());
    }
    for wrapper in of_no_consequence(run) {
        names.remove(wrapper);
    }
    let is_list = |access: &Access| is_environment(&access.path);
    let any = asked.any || !started.is_empty() || trace.accesses.iter().any(is_list);
    Ok(Variables { names, any })
}

/// Returns the variables that say how the compiler is called, where that is by us: we call it as if we were not there.
pub(super) fn of_no_consequence(run: &Run) -> impl Iterator<Item = &'static str> {
    let wrappers = ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"].into_iter();
    wrappers.filter(|wrapper| run.environment.get(wrapper).is_some_and(is_ours))
}

/// Whether C compilers are told to put another name in the place of a directory above the workspace: what is left of the
/// path can't be told from other text.
fn maps_directory_above(run: &Run) -> bool {
    let Some(workspace) = &run.workspace else { return false };
    let is_above = |mapping: &[u8]| {
        let from = mapping.split(|byte| *byte == b'=').next().unwrap_or_default();
        let from = Path::new(OsStr::from_bytes(from));
        workspace.starts_with(from) && workspace != from
    };
    run.environment.any_value(|value| {
        let value = value.as_encoded_bytes();
        memchr::memmem::find_iter(value, b"-prefix-map=")
            .any(|at| is_above(&value[at + b"-prefix-map=".len()..]))
    })
}

/// Whether compilers may be told to compile for the processor they run on: by a variable, or by the script itself. What
/// they ask the processor then can't be seen.
fn is_for_this_processor(run: &Run) -> bool {
    let words = ["-march=native", "-mcpu=native", "-mtune=native", "target-cpu=native"];
    let names_it =
        |text: &[u8]| words.iter().any(|word| memchr::memmem::find(text, word.as_bytes()).is_some());
    run.environment.any_value(|value| names_it(value.as_encoded_bytes()))
        || fs::read(&run.script).is_ok_and(|script| names_it(&script))
}

/// Whether a program is this one, by one of its names.
fn is_ours(program: &OsStr) -> bool {
    Path::new(program).file_stem().is_some_and(|stem| stem == "cargo-kache" || stem == "kache")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_declares() {
        let text =
            b"cargo:rerun-if-changed=a b\ncargo::rerun-if-env-changed=X\nrerun-if-changed=c\ncargo:root=/x\n";
        let declared = Declared::in_text(text);
        assert_eq!(declared.files, [PathBuf::from("a b")]);
        assert_eq!(declared.variables, ["X".to_owned()].into());
    }
}
