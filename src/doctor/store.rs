//! The store: can it be written, and does it share files with target directories?

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};

use super::{Finding, Repair, Subject, cargo_config};
use crate::config::Settings;
use crate::env;
use crate::fs::stat::Stat;
use crate::quantity::format_size;
use crate::store::is_on_network;
use crate::store::layout::Layout;

const NAME: &str = "store";

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    // Without settings nobody knows where it is; their own check says so.
    let Ok(resolved) = subject.settings else { return Vec::new() };
    let settings = &resolved.settings;
    let directory = &settings.cache_dir;
    let shown = directory.display();
    let existing = existing_part(directory);
    if is_on_network(existing) {
        return vec![
            Finding::problem(NAME, format!("{shown} lies on a network file system"))
                .fix("set `KACHE_CACHE_DIR` to a directory on a local disk"),
        ];
    }
    if access(existing, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        return vec![
            Finding::problem(NAME, format!("{} cannot be written", existing.display()))
                .fix("give yourself the right to, or set `KACHE_CACHE_DIR`"),
        ];
    }
    let layout = Layout::new(directory.clone());
    let mut findings = Vec::new();
    if layout.index_is_bad().exists() {
        findings.push(
            Finding::problem(NAME, format!("the index in {shown} is damaged"))
                .fix("the next build, or `cargo kache list`, starts a new one")
                .repair(Repair::Index),
        );
    }
    findings.extend(free_space(settings, existing));
    findings.extend(links(subject, existing));
    if findings.is_empty() {
        findings.push(match directory.exists() {
            true => Finding::ok(NAME, shown.to_string()),
            false => Finding::ok(NAME, format!("{shown}, not made yet")).repair(Repair::Store),
        });
    }
    findings
}

fn free_space(settings: &Settings, existing: &Path) -> Option<Finding> {
    let disk = statvfs(existing).ok()?;
    let free = disk.f_bavail * disk.f_frsize;
    if free >= settings.min_free {
        return None;
    }
    let (free, least) = (format_size(free), format_size(settings.min_free));
    Some(
        Finding::problem(NAME, format!("{free} free on the disk, less than `min_free` ({least})"))
            .fix("make room, or lower `KACHE_MIN_FREE`"),
    )
}

/// Whether files can have a name in both places.
fn links(subject: &Subject<'_>, store: &Path) -> Option<Finding> {
    let target = target(subject);
    let device = |path: &Path| Stat::of(path).ok().map(|stat| stat.device);
    if device(store)? == device(existing_part(&target))? {
        return None;
    }
    let shown = target.display();
    Some(
        Finding::note(NAME, format!("{shown} is on another file system: files are copied, not linked"))
            .fix("set `KACHE_CACHE_DIR` to a directory on the same one"),
    )
}

/// Returns cargo's target directory.
fn target(subject: &Subject<'_>) -> PathBuf {
    let names = [env::CARGO_TARGET_DIR, "CARGO_BUILD_TARGET_DIR"];
    let variable = names.into_iter().find_map(|name| subject.env.get(name)).map(|dir| subject.here.join(dir));
    let configs = cargo_config::read_all(subject);
    let set = || configs.counting().find_map(|config| Some(config.root().join(config.build("target-dir")?)));
    variable.or_else(set).unwrap_or_else(|| subject.here.join("target"))
}

/// Returns the part of a path that exists.
fn existing_part(path: &Path) -> &Path {
    path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::super::testing::{Machine, found, severities, shown};
    use super::*;
    use crate::fs;

    #[test]
    fn a_store_to_be_made_is_fine() {
        let mut machine = Machine::new();
        machine.set("KACHE_MIN_FREE", "0");
        let text = format!("{}, not made yet", shown(&machine.path("home/.cache/kache")));
        assert_eq!(found(&machine.check(check)), [(Severity::Ok, &*text)]);
    }

    #[test]
    fn damage_and_lack_of_space() {
        let mut machine = Machine::new();
        machine.set("KACHE_MIN_FREE", "1000000TB");
        let layout = Layout::new(machine.path("home/.cache/kache"));
        layout.create().unwrap();
        assert_eq!(severities(&machine.check(check)), [Severity::Problem]);
        fs::write(&layout.index_is_bad(), "").unwrap();
        assert_eq!(severities(&machine.check(check)), [Severity::Problem; 2]);
    }
}
