//! What is linked here: programs, dynamic and static libraries.
//!
//! Owns their last step: the paths of this checkout take the place of the placeholders that came with what was linked.
//! Never touches proc-macro libraries and build scripts: builds run them and nobody else, and they are the same in all
//! checkouts.

use std::path::Path;

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
    for (name, kind, _) in call.expected_outputs() {
        if kind == OutputKind::Product {
            localise(call, &call.out_dir.join(name));
        }
    }
}
