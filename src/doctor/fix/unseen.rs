//! What the advice to take a line out of a file would lose.
//!
//! Owns the warning that a shell's file sets something worth carrying over, of which this process has seen nothing.

use super::super::Subject;
use super::super::cargo_config::CargoConfigs;
use super::super::finding::{Action, Line};
use crate::config::Origin;

/// Variables of sccache's that become settings of ours, and which.
const CARRIED: [(&str, &str); 5] = [
    ("SCCACHE_BUCKET", "cache.remote.bucket"),
    ("SCCACHE_ENDPOINT", "cache.remote.endpoint"),
    ("SCCACHE_REGION", "cache.remote.region"),
    ("SCCACHE_S3_KEY_PREFIX", "cache.remote.prefix"),
    ("SCCACHE_CACHE_SIZE", "cache.local_max_size"),
];

/// Names what is set in lines that are to go, and is set neither here nor with us.
pub(super) fn warnings(subject: &Subject<'_>, configs: &CargoConfigs, lines: &[Line]) -> Vec<String> {
    let Ok(resolved) = subject.settings else { return Vec::new() };
    let is_unseen = |name: &str, key: &str| {
        configs.variable(subject, name).is_none() && resolved.origin(key) == Some(Origin::Default)
    };
    let warning = |(name, key)| {
        let is_set = |line: &&Line| line.action == Action::Remove && sets(&line.old, name);
        let line = lines.iter().find(is_set).filter(|_| is_unseen(name, key))?;
        Some(format!(
            "`{name}` in {}:{} is not set in this shell: run this again in one where it is, before the line goes",
            line.file.display(),
            line.line
        ))
    };
    CARRIED.into_iter().filter_map(warning).collect()
}

/// Whether a line sets a variable.
fn sets(line: &str, name: &str) -> bool {
    line.split_once(name).is_some_and(|(_, rest)| rest.starts_with(['=', ' ', ':']))
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Repair;
    use super::super::super::testing::Machine;
    use super::super::super::{cargo_config, shell};
    use super::*;

    fn told(machine: &Machine) -> Vec<String> {
        machine.with(|subject| {
            let repairs = shell::check(subject).into_iter().filter_map(|finding| finding.repair);
            let lines = repairs.filter_map(|repair| match repair {
                Repair::ByHand(line) => Some(line),
                _ => None,
            });
            warnings(subject, &cargo_config::read_all(subject), &lines.collect::<Vec<_>>())
        })
    }

    #[test]
    fn a_bucket_that_only_another_shell_knows() {
        let mut machine = Machine::new();
        machine.file("home/.bashrc", "export SCCACHE_BUCKET=b\nexport SCCACHE_DIR=/x\n");
        let found = told(&machine);
        assert!(found.len() == 1 && found[0].contains("`SCCACHE_BUCKET` in "), "{found:?}");
        machine.file("home/.config/kache/config.toml", "[cache.remote]\nbucket = \"b\"\n");
        assert_eq!(told(&machine), [""; 0], "it has been carried over");
        machine.file("home/.config/kache/config.toml", "");
        machine.set("SCCACHE_BUCKET", "b");
        assert_eq!(told(&machine), [""; 0], "it is carried over now");
    }
}
