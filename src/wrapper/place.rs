//! Whether a result names the directories of its checkout.
//!
//! Owns the look at what the compiler made and said, before anything in it is replaced. That decides what the text of a
//! source can't: macros of other crates, constants and the compiler itself bring paths into a result as well. Never
//! decides what is mapped; [`mapping`](super::mapping) did that before.

use std::path::{Path, PathBuf};

use super::call::Call;
use super::compile::Compiled;
use super::leading::lies_below_roots;
use crate::fs;
use crate::placeholder::scan::scan;
use crate::portable::{PortableText, Root};
use crate::rustc::depinfo::DepInfo;
use crate::rustc::paths::{Code, code_in, may_be_code};

/// What of the checkout shows in a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    /// A program sees the placeholder: it was mapped and must not be.
    pub(super) placeholder: bool,
    /// A directory of this checkout stands in it.
    pub(super) directory: bool,
}

/// Looks at the outputs.
pub(super) fn in_outputs(call: &Call, dep_info: &DepInfo) -> fs::Result<Shown> {
    let directories = directories(call);
    // Code of a file that is named by its whole path names it.
    let is_below = |path: &PathBuf| directories.iter().any(|directory| path.starts_with(directory));
    let files = dep_info.files.iter().filter(|path| path.is_absolute() && is_below(path));
    let files: Vec<&Path> = files.map(PathBuf::as_path).collect();
    let needles = directories.iter().chain(&files);
    let needles: Vec<&[u8]> = needles.map(|path| path.as_os_str().as_encoded_bytes()).collect();
    // A crate that asks for no path and is named by no relative one has none to show.
    let may_show =
        call.has_relative_source() || dep_info.variables.iter().any(|name| lies_below_roots(call, name));
    let mut shown = Shown { directory: files.iter().any(|path| measures_name(path)), ..Shown::default() };
    for (name, _, _) in call.expected_outputs() {
        let found = scan(&call.out_dir.join(name), &needles)?;
        shown.placeholder |= found.visible;
        shown.directory |= found.real || (found.opaque && may_show);
    }
    Ok(shown)
}

/// Whether code in a file may use its name so that nothing of it is left to be seen.
fn measures_name(path: &Path) -> bool {
    let measures = |content: Vec<u8>| str::from_utf8(&content).is_ok_and(|text| code_in(text) == Code::Named);
    may_be_code(path) && fs::read(path).map_or(true, measures)
}

/// Whether a message names a directory of this checkout, or of this home.
pub(super) fn in_messages(call: &Call, texts: [&PortableText; 2]) -> bool {
    let mut all = directories(call);
    all.extend(call.roots.get(Root::CargoHome));
    let names = |text: &PortableText| {
        let text = text.remainder();
        all.iter().any(|path| memchr::memmem::find(&text, path.as_os_str().as_encoded_bytes()).is_some())
    };
    texts.into_iter().any(names)
}

/// Whether the result of a compile is for this place only, whatever it shows: it was compiled from relative paths, and
/// these were not mapped.
pub(super) fn is_unmapped(call: &Call, compiled: &Compiled) -> bool {
    call.has_relative_source() && compiled.mapping.arguments.is_empty()
}

/// Lists the directories that differ from one checkout to the next.
fn directories(call: &Call) -> Vec<&Path> {
    let mut all: Vec<&Path> = Vec::new();
    let cwd = call.has_relative_source().then_some(call.cwd.as_path());
    for path in cwd.into_iter().chain(call.root()).chain(call.profile_dir()) {
        if all.iter().all(|known| !path.starts_with(known)) {
            all.push(path);
        }
    }
    all
}
