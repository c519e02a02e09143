//! Stands for the checks of the remote in builds without it.

use super::{Finding, Subject};

/// Says that it can't be used, where there is one.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Ok(resolved) = subject.settings else { return Vec::new() };
    let name = resolved.settings.remote.name();
    let unused = |name| Finding::problem("remote", format!("{name} is not used: this build has no daemon"));
    name.into_iter().map(unused).collect()
}
