//! Crates whose sources may hand text to the assembler: what that reads has to be traced.
//!
//! Owns the look at sources: before a compile at those that lie where they usually do, afterwards at those it has read.
//! What was missed before is not recorded.

use std::path::Path;

use super::call::Call;
use crate::fs;
use crate::rustc::assembly;
use crate::rustc::depinfo::DepInfo;

/// More than this, in bytes, is not looked at, and taken for a crate that uses the assembler.
const ENOUGH: u64 = 16 << 20;

/// Whether a source of this crate may use the assembler, as far as can be told before it is compiled.
pub(super) fn may_be_used(call: &Call) -> bool {
    let root = call.cwd.join(&call.arguments.source);
    let folders = [root.parent(), call.environment.get("OUT_DIR").map(Path::new)];
    let mut folders = folders.into_iter().flatten().map(Path::to_owned).collect::<Vec<_>>();
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::list_with_types(&folder) else { continue };
        for (name, is_dir) in entries {
            let path = folder.join(&name);
            if is_dir {
                // Other packages, and what is built of them.
                if !path.join("Cargo.toml").exists() && !path.join("CACHEDIR.TAG").exists() {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let Ok(text) = fs::read(&path) else { continue };
                seen += text.len() as u64;
                if seen > ENOUGH || assembly::is_named_in(&text) {
                    return true;
                }
            }
        }
    }
    false
}

/// Whether one of the sources that were read uses the assembler.
pub(super) fn is_used(call: &Call, dep_info: &DepInfo) -> bool {
    // One that can't be read may.
    let names = |file| fs::read(&call.cwd.join(file)).map_or(true, |text| assembly::is_named_in(&text));
    dep_info.files.iter().filter(|file| file.extension().is_some_and(|e| e == "rs")).any(names)
}
