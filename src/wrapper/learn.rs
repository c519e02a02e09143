//! From what a compile read to a prediction.
//!
//! Owns the meaning of accesses: which are inputs, which are the compile's own business, and which say that its
//! result can't be known again. When in doubt, it is the last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::call::Call;
use super::compile::Reads;
use super::leading;
use super::lookup::Known;
use super::session::{Session, find_program};
use crate::entry::{Aspect, Prediction};
use crate::event::Bypass;
use crate::fs;
use crate::portable::PortablePath;
use crate::rustc::depinfo::DepInfo;
use crate::rustc::paths::Loose;
use crate::serve::accesses::{SYSTEM, plain, reads_random, system_path};
use crate::serve::{above, asked};
use crate::trace::{Access, PROCESSORS, Trace};

/// What a compile teaches.
pub(super) struct Learnt {
    /// The inputs to look at next time.
    pub(super) prediction: Prediction,
    /// The variables whose values this crate's macros may bring into other compiles.
    pub(super) loose: Loose,
}

/// Learns from a compile that succeeded.
pub(super) fn learn(
    session: &Session<'_>,
    known: &Known,
    dep_info: &DepInfo,
    reads: &Reads,
) -> Result<Learnt, Bypass> {
    let call = session.call;
    let mut inputs = Inputs::new(call);
    for file in dep_info.files.iter().chain(&call.arguments.files) {
        if system_path(&call.cwd.join(file)).is_some() {
            return Err(Bypass::Volatile(format!("read `{}`", file.display())));
        }
        inputs.add(file, Aspect::Content)?;
        if let Some(shadow) = shadows(file) {
            inputs.add(&shadow, Aspect::Content)?;
        }
    }
    let mut asked_by_macros = Vec::new();
    let mut bound = false;
    let mut whole_environment = false;
    match reads {
        Reads::Declared => {}
        Reads::Unknown(why) => return Err(Bypass::Untraced(why.clone())),
        Reads::Traced(trace) => {
            let ground = Ground::new(call, known);
            add_traced(&mut inputs, &ground, trace)?;
            bound = trace.accesses.iter().any(|access| !access.absent && tells_place(&access.path));
            whole_environment = !ground.is_direct || linker_is_script(call) || asked::was_read_as_file(trace);
            if inputs.loads_code {
                let sysroot = &known.compiler.facts.sysroot;
                let asked = asked::of(trace, sysroot, call.arguments.is_linked());
                // A linker may read them to name a file.
                let random = reads_random(trace) && !call.arguments.is_linked();
                if let Some(what) = asked.changing.or(random.then_some(asked::RANDOM_NUMBERS)) {
                    return Err(Bypass::Volatile(format!("its macros ask for {what}")));
                }
                whole_environment |= asked.any;
                asked_by_macros.extend(asked.names);
                if trace.read("/proc/cpuinfo") {
                    asked_by_macros.push(PROCESSORS.to_owned());
                }
                // Elsewhere the working directory is the package's, and stands in the key.
                bound |= asked.place && call.has_relative_source();
            }
        }
    }
    let mut loose = leading::loose_in_sources(call, dep_info);
    loose.add(&known.loose);
    let directories = {
        let loose = if known.unsettled.is_empty() { &loose } else { &Loose::ALL };
        let asked = leading::Asked { loose, by_macros: &asked_by_macros, any: whole_environment };
        leading::choose(call, dep_info, &asked)
    };
    let mut variables = dep_info.variables.clone();
    variables.retain(|name| !directories.contains(name));
    variables.extend(asked_by_macros);
    variables.sort();
    variables.dedup();
    let prediction = Prediction {
        files: inputs.paths.into_iter().collect(),
        variables,
        whole_environment,
        directories,
        bound,
        traced: matches!(reads, Reads::Traced(_)),
    };
    Ok(Learnt { prediction, loose })
}

/// Files that would take a module's place, or make the compile fail, if they appeared: `foo.rs` and `foo/mod.rs`.
fn shadows(file: &Path) -> Option<PathBuf> {
    if file.extension()? != "rs" {
        return None;
    }
    if file.file_name()? == "mod.rs" {
        return Some(file.parent()?.with_extension("rs"));
    }
    Some(file.with_extension("").join("mod.rs"))
}

/// The inputs found so far.
struct Inputs<'c> {
    call: &'c Call,
    paths: BTreeSet<(PortablePath, Aspect)>,
    /// Whether a macro or another dynamic library of the build was loaded.
    loads_code: bool,
}

impl<'c> Inputs<'c> {
    fn new(call: &'c Call) -> Self {
        Self { call, paths: BTreeSet::new(), loads_code: false }
    }

    fn add(&mut self, path: &Path, aspect: Aspect) -> Result<(), Bypass> {
        // Dep-info and the trace name one file by one path.
        let portable = self.call.roots.shorten(&self.call.cwd.join(path));
        let portable = portable.ok_or_else(|| Bypass::Volatile(format!("read `{}`", path.display())))?;
        self.paths.insert((portable, aspect));
        Ok(())
    }
}

/// Places with a meaning of their own.
struct Ground {
    /// Where the outputs go: as cargo names it, and without links and `..`.
    out_dirs: Vec<PathBuf>,
    /// Names of the compile's own outputs in it.
    outputs: Vec<String>,
    /// What the names of all files begin with that the compiler makes, but for `lib`.
    stem: String,
    /// Where the compiler keeps its state, with and without links: `edit` sees to it that there was none.
    incremental: Vec<PathBuf>,
    /// `-L` directories: rustc lists them all.
    search_dirs: Vec<PathBuf>,
    /// `-L dependency`: artefacts of the build.
    dependency_dirs: Vec<PathBuf>,
    /// Direct dependencies, which enter the key by themselves.
    externs: Vec<PathBuf>,
    /// Covered by the compiler's identity.
    sysroots: Vec<PathBuf>,
    /// Reached by names of their own, wherever the workspace is.
    apart: Vec<PathBuf>,
    /// Where a write counts even if the program in the compiler's place is not the compiler itself, and may keep a log.
    project: Vec<PathBuf>,
    /// Whether it is the compiler itself, and any write counts.
    is_direct: bool,
}

impl Ground {
    fn new(call: &Call, known: &Known) -> Self {
        let arguments = &call.arguments;
        let absolute = |path: &Path| call.cwd.join(path);
        let sysroot = known.compiler.facts.sysroot.clone();
        let real = sysroot.canonicalize().unwrap_or_else(|_| sysroot.clone());
        let manifest_dir = call.environment.get("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let target_dir = call.profile_dir().and_then(Path::parent).map(Path::to_owned);
        let externs = arguments.externs.iter().filter_map(|e| e.path.as_deref()).map(absolute);
        let out_dir = call.out_dir.clone();
        let out_dirs = vec![out_dir.canonicalize().unwrap_or_else(|_| out_dir.clone()), out_dir];
        let sysroots =
            arguments.sysroot.iter().map(|p| absolute(p)).chain([sysroot, real]).collect::<Vec<_>>();
        let incremental = arguments.incremental.as_deref().map(absolute);
        Self {
            stem: call.stem(),
            outputs: call.expected_outputs().into_iter().map(|(name, _, _)| name).collect(),
            incremental: incremental
                .iter()
                .flat_map(|path| [Some(path.clone()), path.canonicalize().ok()])
                .flatten()
                .collect(),
            search_dirs: arguments.search_paths.iter().map(|s| absolute(&s.path)).collect(),
            dependency_dirs: arguments
                .dependency_dirs()
                .map(absolute)
                .chain(out_dirs.iter().cloned())
                .collect(),
            out_dirs,
            externs: externs.collect(),
            project: manifest_dir.into_iter().chain(target_dir.clone()).chain([call.cwd.clone()]).collect(),
            apart: SYSTEM
                .iter()
                .map(PathBuf::from)
                .chain(call.cargo_home())
                .chain(target_dir)
                .chain(sysroots.iter().cloned())
                .collect(),
            sysroots,
            is_direct: known.runs_compiler(call),
        }
    }

    /// Whether the compiler itself makes a file of this name: the linker may leave others beside it.
    fn is_own(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let is_named = |name: &[u8]| name.starts_with(self.stem.as_bytes());
        self.is_beside_outputs(path) && (is_named(name) || name.strip_prefix(b"lib").is_some_and(is_named))
    }

    /// Whether a path lies directly in the output directory.
    fn is_beside_outputs(&self, path: &Path) -> bool {
        self.out_dirs.iter().any(|dir| path.parent() == Some(dir))
    }

    fn is_artefact(&self, path: &Path) -> bool {
        self.dependency_dirs.iter().any(|dir| path.parent() == Some(dir))
    }
}

fn add_traced(inputs: &mut Inputs<'_>, ground: &Ground, trace: &Trace) -> Result<(), Bypass> {
    if let Some(why) = &trace.incomplete {
        return Err(Bypass::Untraced(why.to_string()));
    }
    if trace.network {
        return Err(Bypass::Volatile("used the network".to_owned()));
    }
    let mut resolved = BTreeMap::new();
    for access in &trace.accesses {
        add_access(inputs, ground, access, &mut resolved)?;
    }
    // The compiler lists all search directories by itself; a macro may have done so too. Those of the dependencies
    // change with the order of the build, and are no place for inputs.
    let listed = trace.accesses.iter().filter(|access| access.list && inputs.loads_code);
    let listed = listed.map(|access| &access.path).filter(|path| ground.search_dirs.contains(path));
    for path in listed.filter(|path| !ground.dependency_dirs.contains(path)).collect::<Vec<_>>() {
        inputs.add(path, Aspect::Listing)?;
    }
    Ok(())
}

fn add_access(
    inputs: &mut Inputs<'_>,
    ground: &Ground,
    access: &Access,
    resolved: &mut BTreeMap<PathBuf, PathBuf>,
) -> Result<(), Bypass> {
    let path = &plain(&access.path, resolved);
    if ground.sysroots.iter().chain(&ground.incremental).any(|root| path.starts_with(root)) {
        return Ok(());
    }
    if let Some(known) = system_path(path).filter(|_| !access.absent) {
        return if known || access.written {
            Ok(())
        } else {
            Err(Bypass::Volatile(format!("read `{}`", path.display())))
        };
    }
    if access.written && !is_private(ground, path) {
        return Err(Bypass::Volatile(format!("wrote `{}`", path.display())));
    }
    if access.written_first {
        return Ok(());
    }
    if ground.is_artefact(path) {
        return add_artefact(inputs, ground, access, path);
    }
    if ground.out_dirs.iter().any(|dir| path.starts_with(dir)) {
        return Ok(());
    }
    if access.list && !ground.search_dirs.contains(path) {
        inputs.add(path, Aspect::Listing)?;
    }
    let leads_to_root = inputs.call.roots.iter().any(|(_, root)| root.starts_with(path));
    // Elsewhere there are others above the workspace, and that these are no links says nothing.
    if access.link && (!leads_to_root || path.is_symlink()) {
        inputs.add(path, Aspect::Link)?;
    }
    let looked_at = access.read || access.stat || access.exec || access.absent || access.link;
    if looked_at && !ground.search_dirs.contains(path) && !leads_to_root {
        if access.absent && path.symlink_metadata().is_ok() {
            return Err(Bypass::ChangedDuringCompile(path.display().to_string()));
        }
        inputs.add(path, Aspect::Content)?;
        if let Some(search) = above::search(&inputs.call.roots, path, &ground.apart) {
            inputs.paths.insert((search, Aspect::Above));
        }
    }
    Ok(())
}

/// A file of a dependency directory: an input if its content was read, unless the key holds it by itself.
fn add_artefact(
    inputs: &mut Inputs<'_>,
    ground: &Ground,
    access: &Access,
    path: &Path,
) -> Result<(), Bypass> {
    let is_own = ground.is_beside_outputs(path) && ground.outputs.iter().any(|own| path.ends_with(own));
    if !access.read || access.absent || is_own {
        return Ok(());
    }
    let is_library = |ending: &str| path.extension().is_some_and(|e| e == ending);
    inputs.loads_code |= is_library("so") || is_library("dylib") || is_library("dll");
    if ground.externs.iter().any(|known| known == path) {
        return Ok(());
    }
    // Whether the rlib is there yet depends on the order of the build; the metadata beside it says the same to a
    // compile that does not link.
    let metadata = path.with_extension("rmeta");
    if is_library("rlib")
        && !inputs.call.arguments.is_linked()
        && !inputs.call.arguments.has_type("staticlib")
    {
        if ground.externs.contains(&metadata) {
            return Ok(());
        }
        if metadata.exists() {
            return inputs.add(&metadata, Aspect::Content);
        }
    }
    if access.read && !path.exists() {
        return Ok(());
    }
    inputs.add(path, Aspect::Content)
}

/// Whether the kernel tells by this path of a process where that process works, or what it was started with.
fn tells_place(path: &Path) -> bool {
    let Ok(rest) = path.strip_prefix("/proc") else { return false };
    let mut parts = rest.components().skip(1).map(|part| part.as_os_str().as_encoded_bytes());
    parts.any(|part| matches!(part, b"cwd" | b"cmdline" | b"map_files"))
}

/// Whether a written path stays among this compile: an output, a temporary file that is gone, or what a program in the
/// compiler's place wrote elsewhere.
fn is_private(ground: &Ground, path: &Path) -> bool {
    let in_project = ground.project.iter().any(|root| path.starts_with(root));
    let is_log = !ground.is_direct && !in_project;
    ground.is_own(path)
        || ground.out_dirs.iter().any(|dir| path == dir)
        || is_log
        || path.symlink_metadata().is_err()
}

/// Whether the linker is a script, which may ask for any variable.
fn linker_is_script(call: &Call) -> bool {
    if !call.arguments.is_linked() {
        return false;
    }
    let name = call.arguments.linker.as_deref().unwrap_or(Path::new("cc"));
    let Some(path) = find_program(call, name.as_os_str()) else { return true };
    let mut start = [0; 2];
    fs::open(&path)
        .is_ok_and(|mut file| std::io::Read::read_exact(&mut file, &mut start).is_ok() && start == *b"#!")
}
