//! What is linked here: programs, dynamic and static libraries.
//!
//! Owns their last step: the paths of this checkout take the place of the placeholders that came with what was linked.
//! Never touches proc-macro libraries and build scripts: builds run them and nobody else, and they are the same in all
//! checkouts.

use std::path::{Path, PathBuf};

use super::call::Call;
use crate::entry::OutputKind;
use crate::placeholder::patch;

/// Puts this checkout's paths into a linked file. Trouble costs the debugger its way to the sources when it starts
/// elsewhere than in the workspace, and nothing else.
pub(super) fn localise(call: &Call, path: &Path) {
    if let Some(root) = call.root() {
        let _ = patch::patch(path, root);
    }
}

/// Does so for all that a compile has linked.
pub(super) fn localise_all(call: &Call) {
    for path in all(call) {
        localise(call, &path);
    }
}

/// Lists what a compile links, wherever it puts it.
pub(super) fn all(call: &Call) -> Vec<PathBuf> {
    let is_product = |kind: OutputKind| kind == OutputKind::Product;
    let expected = call.expected_outputs().into_iter().filter(|(_, kind, _)| is_product(*kind));
    let mut all: Vec<_> = expected.map(|(name, _, _)| call.out_dir.join(name)).collect();
    if let Some(file) = &call.arguments.link_file
        && call.linked_outputs().into_iter().all(|(_, kind, _)| is_product(kind))
    {
        all.push(call.cwd.join(file));
    }
    all
}
