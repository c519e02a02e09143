//! An environment as `exec` takes it, with the library at its end.
//!
//! Owns strings and pointers that are ready before the fork, since nothing can be allocated after it.

use std::ffi::{CString, OsString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A list of `NAME=value`, and the list of pointers to them.
#[derive(Debug)]
pub(in super::super) struct Block {
    _entries: Vec<CString>,
    pointers: Vec<*const c_char>,
}

// SAFETY: the pointers lead to the strings beside them, and neither is ever changed.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

unsafe extern "C" {
    static mut environ: *const *const c_char;
}

impl Block {
    /// Makes the list of the variables as they are and, last, one `LD_PRELOAD` more, which the loader takes for the
    /// only one: the library, then what the user wants to be loaded.
    pub(super) fn new(variables: &[(OsString, OsString)], library: &Path) -> Option<Self> {
        const PRELOAD: &str = "LD_PRELOAD";
        let mut preload = OsString::from(library);
        for (_, own) in variables.iter().filter(|(name, value)| name == PRELOAD && !value.is_empty()) {
            preload.push(":");
            preload.push(own);
        }
        let last = (OsString::from(PRELOAD), preload);
        let entry = |(name, value): &(OsString, OsString)| {
            CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).ok()
        };
        let entries = variables.iter().chain([&last]).map(entry).collect::<Option<Vec<_>>>()?;
        let pointers = entries.iter().map(|entry| entry.as_ptr()).chain([std::ptr::null()]).collect();
        Some(Self { _entries: entries, pointers })
    }

    /// Makes it the environment of this process.
    ///
    /// # Safety
    ///
    /// Only for a child between fork and exec, where nobody else looks at the environment.
    pub(in super::super) unsafe fn adopt(&self) {
        // SAFETY: the list ends with null and lives as long as the child's memory does.
        unsafe { environ = self.pointers.as_ptr() };
    }
}
