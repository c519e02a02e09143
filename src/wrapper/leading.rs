//! Variables that only led a compile to files.
//!
//! Owns the choice of the variables whose value counts by its place below the roots, so that it may be another one in
//! every checkout. The files themselves are inputs by their own names. Never decides whether the result shows a path;
//! [`place`](super::place) looks at that.
//!
//! | value | counts by |
//! |---|---|
//! | may be used for something else, here or by a macro of a dependency | itself |
//! | lies below no root, or is not written as it would be elsewhere | itself |
//! | begins the name of a file that lies below another root, or below none | itself |
//! | any other | its place |

use std::path::Path;

use super::call::Call;
use crate::fs;
use crate::portable::{PortablePath, Root};
use crate::rustc::depinfo::DepInfo;
use crate::rustc::paths::{self, DIRECTORY_VARIABLES, Loose};

/// What else is known of the variables of a compile.
pub(super) struct Asked<'a> {
    /// Those that may be used for more than to find a file.
    pub(super) loose: &'a Loose,
    /// Those that a macro asked for when it ran.
    pub(super) by_macros: &'a [String],
    /// Whether any may have been read.
    pub(super) any: bool,
}

/// Returns the names of the variables that only led to files, sorted.
pub(super) fn choose(call: &Call, dep_info: &DepInfo, asked: &Asked<'_>) -> Vec<String> {
    let mut names = dep_info.variables.clone();
    if asked.any {
        // Who may read any variable has hardly read these to write down what they say; that would show.
        names.extend(call.environment.names());
        names.retain(|name| DIRECTORY_VARIABLES.contains(&&**name));
        names.sort();
        names.dedup();
    }
    // One that a macro asks for as well counts by its value.
    names.retain(|name| !asked.loose.has(name) && !asked.by_macros.contains(name));
    let leading = names.iter().filter_map(|name| Leading::new(call, name)).collect::<Vec<_>>();
    let files: Vec<_> = dep_info.files.iter().filter_map(|path| Some((&**path, root(call, path)?))).collect();
    let stays = |variable: &&Leading<'_>| {
        let leads_away = |(path, below): &(&Path, Option<Root>)| {
            variable.begins(path)
                && *below != variable.place.root
                && !leading.iter().any(|other| other.begins(path) && *below == other.place.root)
        };
        !files.iter().any(leads_away)
    };
    leading.iter().filter(stays).map(|variable| variable.name.to_owned()).collect()
}

/// Whether the value of a variable is a path that other checkouts have as well.
pub(super) fn lies_below_roots(call: &Call, name: &str) -> bool {
    Leading::new(call, name).is_some()
}

/// Looks into the crate's own sources for variables that may be used otherwise. What can't be read may hold any.
pub(super) fn loose_in_sources(call: &Call, dep_info: &DepInfo) -> Loose {
    let mut loose = Loose::default();
    for file in &dep_info.files {
        loose.add(&match fs::read(&call.cwd.join(file)) {
            Ok(content) => paths::loose_in(&String::from_utf8_lossy(&content)),
            Err(_) => Loose::ALL,
        });
    }
    loose
}

/// A variable that holds a path below a root.
struct Leading<'c> {
    name: &'c str,
    value: &'c Path,
    place: PortablePath,
}

impl<'c> Leading<'c> {
    fn new(call: &'c Call, name: &'c str) -> Option<Self> {
        let value = Path::new(call.environment.get(name)?);
        let place = call.roots.place(value)?;
        Some(Self { name, value, place })
    }

    /// Whether the text of a path begins with the value: what is joined need not have a separator between.
    fn begins(&self, path: &Path) -> bool {
        path.as_os_str().as_encoded_bytes().starts_with(self.value.as_os_str().as_encoded_bytes())
    }
}

/// Returns the root that an absolute path lies below, if any.
fn root(call: &Call, path: &Path) -> Option<Option<Root>> {
    path.is_absolute().then(|| call.roots.shorten(path).and_then(|portable| portable.root))
}
