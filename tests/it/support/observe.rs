//! All that a build leaves and says, in a form that two builds can be compared by.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::project::Project;
use super::run::Run;

/// What a build gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Observed {
    pub(crate) code: i32,
    /// Lines, without durations. JSON messages stand here.
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: Vec<String>,
    /// Every file below the target directory, with the mode of those that can be run.
    pub(crate) files: BTreeMap<String, String>,
    /// The text of every dep-info file.
    pub(crate) dep_info: BTreeMap<String, String>,
    /// What each program says when it is run: exit code, stdout, stderr.
    pub(crate) programs: BTreeMap<String, (i32, String, String)>,
}

impl Observed {
    /// Looks at what a run has left in the target directory, and runs the programs in it.
    pub(crate) fn after(project: &Project, run: &Run) -> Self {
        let mut observed = Self {
            code: run.code,
            stdout: lines(&run.stdout, |line| line.starts_with('{')),
            stderr: lines(&run.stderr, is_status),
            files: BTreeMap::new(),
            dep_info: BTreeMap::new(),
            programs: BTreeMap::new(),
        };
        observed.visit(project, &project.target());
        observed
    }

    fn visit(&mut self, project: &Project, directory: &Path) {
        let Ok(entries) = fs::read_dir(directory) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            if meta.is_dir() {
                // The names in there are the compiler's own, and random.
                if path.file_name().is_none_or(|name| name != "incremental") {
                    self.visit(project, &path);
                }
                continue;
            }
            if is_behind_launcher(&path) {
                continue;
            }
            let name = path.strip_prefix(project.target()).unwrap().to_string_lossy().into_owned();
            let executable = meta.is_file() && meta.permissions().mode() & 0o111 != 0;
            let mode = if executable { mode(&name, meta.permissions().mode()) } else { String::new() };
            if name.ends_with(".d") {
                self.dep_info.insert(name.clone(), plain_dep_info(&name, &project.read(&path)));
            }
            if executable && is_program(&name) {
                let run = project.run(project.command(&path));
                self.programs.insert(name.clone(), (run.code, run.stdout, without_thread_ids(&run.stderr)));
            }
            self.files.insert(plain_name(name), mode);
        }
    }
}

/// Whether a file is the build script that a launcher stands in for: plain cargo has the one in the other's place.
fn is_behind_launcher(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "script") && path.with_extension("").exists()
}

/// Writes down a mode. Build scripts and macros, which nobody changes in place, may be read-only links.
fn mode(name: &str, mode: u32) -> String {
    let is_tool = name.contains("/build/") || name.ends_with(".so");
    format!("{:o}", mode & if is_tool { 0o7555 } else { 0o7777 })
}

/// Of several kinds of a library, cargo writes one into the dep-info for people, whichever comes last.
fn plain_dep_info(name: &str, text: &str) -> String {
    match text.split_once(".a: ").or_else(|| text.split_once(".rlib: ")).or_else(|| text.split_once(".so: "))
    {
        Some((stem, rest)) if name.matches('/').count() == 1 => format!("{stem}.*: {rest}"),
        _ => text.to_owned(),
    }
}

/// Takes the name of the code generation unit out of a file's name: it differs with and without incremental state.
fn plain_name(name: String) -> String {
    match (name.split_once('.'), name.rsplit_once('.')) {
        (Some((stem, _)), Some((_, "dwo"))) => format!("{stem}.*.dwo"),
        _ => name,
    }
}

/// Takes thread ids out of panic messages.
fn without_thread_ids(text: &str) -> String {
    let lines = text.lines().map(|line| match (line.find("' ("), line.find(") panicked at")) {
        (Some(begin), Some(end)) if begin < end => format!("{}{}\n", &line[..=begin], &line[end + 1..]),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// Whether a file that can be run stands where cargo puts the programs of a build, under its plain name.
fn is_program(name: &str) -> bool {
    let folder = Path::new(name).parent().and_then(Path::file_name).unwrap_or_default();
    let is_library = name.ends_with(".so") || name.ends_with(".dylib");
    let hashed = name.rsplit_once('-').is_some_and(|(_, hash)| hash.len() == 16);
    !is_library && !hashed && (folder == "debug" || folder == "release" || folder == "examples")
}

/// Splits into lines; takes out how long something took, and what other runs of cargo on this machine cause. Lines of
/// which independent packages write one each come first, sorted: their order is cargo's whim.
fn lines(text: &str, unordered: impl Fn(&str) -> bool) -> Vec<String> {
    let kept = text.lines().filter(|line| !is_foreign(line)).map(|line| without_duration(line).to_owned());
    let (mut first, rest): (Vec<_>, Vec<_>) = kept.partition(|line| unordered(line));
    first.sort();
    first.extend(rest);
    first
}

/// Whether a line of cargo's is about what other runs of cargo do.
pub(crate) fn is_foreign(line: &str) -> bool {
    line.ends_with("waiting for file lock on package cache") || line.trim_start().starts_with("Locking ")
}

/// Whether a line of cargo's says that a package is being worked on.
fn is_status(line: &str) -> bool {
    ["Compiling ", "Checking ", "Running "].iter().any(|word| line.trim_start().starts_with(word))
}

fn without_duration(line: &str) -> &str {
    let cut = if line.starts_with("test result: ") {
        line.rfind("; finished in ")
    } else if line.contains("Finished") && line.contains(" profile [") {
        line.rfind(" in ")
    } else {
        None
    };
    cut.map_or(line, |at| &line[..at])
}
