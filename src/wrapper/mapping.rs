//! Which directories the compiler writes down as placeholders, so that its result is the same in every checkout.
//!
//! Owns the choice of `--remap-path-prefix` arguments for a miss. Never maps a path that a running program can see:
//! that is what `file!()` and panics name, and it has to be this checkout's.
//!
//! | path | is seen | mapped |
//! |---|---|---|
//! | the working directory of a crate compiled from a relative path | in debug information only | yes |
//! | files below it, by absolute path | wherever its code runs | no |
//! | `OUT_DIR` without code that names its file | in debug information, and in diagnostics that pass through us | yes |
//! | `OUT_DIR` with other code | by who compiles that code | where that is this crate alone |
//! | `OUT_DIR` with items that documentation leads to | in documentation, which is made from checks | not for `cargo doc` |
//! | `OUT_DIR` with code that may measure its file's name | by nobody, and yet it counts | no |
//! | sources by absolute path: registry, git, vendored, other folders | wherever their code runs | no |
//!
//! What is not mapped stands in the result as it is, is found there, and binds the unit to its place.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::call::Call;
use crate::fs;
use crate::placeholder::ROOT;
use crate::rustc::paths::{Code, code_in, is_documented, may_be_code};

/// What is mapped in one compile.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    /// Arguments for the compiler.
    pub(super) arguments: Vec<OsString>,
    /// Whether code could turn out to name its file after all: nobody may use the result before it was looked at.
    pub(super) is_tentative: bool,
}

/// Chooses what is mapped; generated code only if nothing is known against it.
pub(super) fn choose(call: &Call, maps_generated: bool) -> Mapping {
    let mut mapping = Mapping::default();
    if !is_understood(call) {
        return mapping;
    }
    if call.has_relative_source() {
        // Files named by absolute paths keep them. The last prefix that fits counts.
        let Some(children) = possible_sources(&call.cwd) else { return mapping };
        mapping.add(&call.cwd, Path::new(&*ROOT));
        for child in children {
            let path = call.cwd.join(child);
            mapping.add(&path, &path);
        }
    }
    if let Some((out_dir, place)) = generated_code(call).filter(|_| maps_generated) {
        let generated = Generated::below(out_dir);
        if generated.can_be_mapped(call) {
            mapping.is_tentative = generated.code != Code::None;
            mapping.add(out_dir, &Path::new(&*ROOT).join(place));
        }
    }
    mapping
}

impl Mapping {
    fn add(&mut self, from: &Path, to: &Path) {
        let mut pair = from.as_os_str().to_owned();
        pair.push("=");
        pair.push(to);
        self.arguments.extend([OsString::from("--remap-path-prefix"), pair]);
    }
}

/// Whether the placeholder can be replaced in what is linked here. Else nothing that holds it may be used.
///
/// It can where debug sections are compressed, too, but for the form before ELF's own.
pub(super) fn can_be_replaced(call: &Call) -> bool {
    let is_stuck = call.arguments.link_texts.iter().any(|text| text.contains("zlib-gnu"));
    !is_stuck && call.root().is_none_or(|root| root.as_os_str().len() <= ROOT.len())
}

/// Whether all that the flags do with paths is known. The user's own mapping goes before ours.
fn is_understood(call: &Call) -> bool {
    let arguments = &call.arguments;
    let is_elf = match &arguments.target {
        Some(triple) => triple.contains("-linux-"),
        None => cfg!(target_os = "linux"),
    };
    let splits = arguments.split_debuginfo.as_deref().is_some_and(|kind| kind != "off");
    let begins = ["--remap-path-", "-Cinstrument-coverage", "-Cprofile-", "-Clinker-plugin-lto", "-Z"];
    let is_odd = |text: &String| begins.iter().any(|begin| text.starts_with(begin));
    // A prefix is everything before the first `=`.
    let has_equals = |path: &Path| path.as_os_str().as_encoded_bytes().contains(&b'=');
    let is_mappable = call.root().is_some_and(|root| !has_equals(root)) && can_be_replaced(call);
    is_elf && is_mappable && !splits && !arguments.texts.iter().any(is_odd)
}

/// Lists what may be a source or hold one that is named by an absolute path. Notes, settings and hidden files come and go;
/// without them the arguments stay the same, and with these what an incremental compile can use again. `None`: one of
/// the names can't stand in an argument.
fn possible_sources(root: &Path) -> Option<Vec<OsString>> {
    let mut names = Vec::new();
    for (name, is_dir) in fs::list_with_types(root).ok()? {
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        let is_source = if is_dir { name != ".git" } else { !is_hidden && may_be_code(Path::new(&name)) };
        if !is_source {
            continue;
        }
        if name.as_encoded_bytes().contains(&b'=') {
            return None;
        }
        names.push(name);
    }
    names.sort();
    Some(names)
}

/// Returns the directory of generated code and its place below the workspace root.
fn generated_code(call: &Call) -> Option<(&Path, PathBuf)> {
    let out_dir = Path::new(call.environment.get("OUT_DIR")?);
    let place = call.place_in_workspace(out_dir)?;
    let has_equals = out_dir.as_os_str().as_encoded_bytes().contains(&b'=');
    (!has_equals).then_some((out_dir, place))
}

/// What there is of generated code.
struct Generated {
    /// What it can do.
    code: Code,
    /// Whether documentation may lead to it.
    is_documented: bool,
}

impl Generated {
    /// Looks at what lies in a directory. More of it than a person would read is not looked at.
    fn below(directory: &Path) -> Self {
        const ENOUGH: u64 = 4 << 20;
        let unknown = Self { code: Code::Named, is_documented: true };
        let mut all = Self { code: Code::None, is_documented: false };
        let mut folders = vec![directory.to_owned()];
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::list_with_types(&folder) else { return unknown };
            for (name, is_dir) in entries {
                let path = folder.join(name);
                if is_dir {
                    folders.push(path);
                    continue;
                }
                if !may_be_code(&path) {
                    continue;
                }
                let Ok(content) = fs::read(&path) else { continue };
                seen += content.len() as u64;
                if seen > ENOUGH {
                    return unknown;
                }
                // What is no text is no code.
                if let Ok(text) = std::str::from_utf8(&content) {
                    all.code = all.code.max(code_in(text));
                    all.is_documented |= is_documented(text);
                }
            }
        }
        all
    }

    /// Whether nothing of it shows its file where nobody looks for a placeholder.
    fn can_be_mapped(&self, call: &Call) -> bool {
        let arguments = &call.arguments;
        let has_users =
            !arguments.is_linked() || ["lib", "rlib", "dylib"].iter().any(|kind| arguments.has_type(kind));
        let is_seen_by_users = self.code == Code::Any && has_users;
        self.code < Code::Named && !is_seen_by_users && !(self.is_documented && call.is_for_documentation())
    }
}
