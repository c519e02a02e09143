//! What is left of sccache: settings, variables, a server, a cache, the program.
//!
//! Never counts a wrapper that is in effect: that is the wrapper's check.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cargo_config;
use super::{Finding, Subject, find_program};
use crate::env;
use crate::fs;

const NAME: &str = "sccache";

/// Its variables. They mean nothing to us, so they are no names of ours.
const VARIABLES: &[&str] = &[
    "SCCACHE_BUCKET",
    "SCCACHE_CACHE_SIZE",
    "SCCACHE_CONF",
    "SCCACHE_DIR",
    "SCCACHE_ENDPOINT",
    "SCCACHE_GCS_BUCKET",
    "SCCACHE_GHA_ENABLED",
    "SCCACHE_REDIS",
    "SCCACHE_REDIS_ENDPOINT",
    "SCCACHE_REGION",
    "SCCACHE_S3_KEY_PREFIX",
    "SCCACHE_SERVER_PORT",
    "SCCACHE_SERVER_UDS",
];

/// Where its server listens if no variable says otherwise.
const PORT: u16 = 4226;

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let variables = VARIABLES.iter().filter(|name| subject.env.get(name).is_some());
    let variables = variables.map(|name| format!("`{name}`")).collect::<Vec<_>>();
    if !variables.is_empty() {
        findings
            .push(Finding::note(NAME, format!("variables set: {}", variables.join(", "))).fix("unset them"));
    }
    findings.extend(configs(subject));
    if is_running(subject) {
        findings.push(Finding::note(NAME, "its server is running").fix("sccache --stop-server"));
    }
    for cache in caches(subject) {
        let shown = cache.display().to_string();
        findings.push(Finding::note(NAME, format!("its cache is at {shown}")).fix(format!("rm -r {shown}")));
    }
    if let Some(program) = find_program(subject.env, "sccache") {
        let finding = Finding::note(NAME, format!("installed: {}", program.display()));
        findings.push(match is_cargos(subject, &program) {
            true => finding.fix("cargo uninstall sccache"),
            false => finding.fix("it was not installed by cargo; remove it with whatever did"),
        });
    }
    if findings.is_empty() {
        findings.push(Finding::ok(NAME, "nothing of it found"));
    }
    findings
}

/// Finds its variables in cargo's configuration.
fn configs(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for config in cargo_config::read_all(subject) {
        for (name, value) in config.variables() {
            let is_wrapper = name == env::RUSTC_WRAPPER
                && Path::new(&value).file_stem().is_some_and(|stem| stem == "sccache");
            if name.starts_with("SCCACHE_") || is_wrapper {
                let path = config.path.display();
                findings.push(
                    Finding::note(NAME, format!("`{name}` is set under `[env]` in {path}"))
                        .fix("remove the line"),
                );
            }
        }
    }
    findings
}

fn is_running(subject: &Subject<'_>) -> bool {
    if let Some(socket) = subject.env.get("SCCACHE_SERVER_UDS") {
        return std::os::unix::net::UnixStream::connect(socket).is_ok();
    }
    let port = subject.env.get("SCCACHE_SERVER_PORT");
    let port = port.and_then(|port| port.to_str()?.parse().ok()).unwrap_or(PORT);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
}

/// Finds folders that look like its cache: it spreads files over folders named by hex digits.
fn caches(subject: &Subject<'_>) -> Vec<PathBuf> {
    let home = subject.env.home();
    let in_home = |relative: &str| home.as_deref().map(|home| home.join(relative));
    let candidates = [
        subject.env.get("SCCACHE_DIR").map(PathBuf::from),
        subject.env.absolute(env::XDG_CACHE_HOME).map(|dir| dir.join("sccache")),
        in_home(".cache/sccache"),
        in_home("Library/Caches/Mozilla.sccache"),
    ];
    let mut found = candidates.into_iter().flatten().filter(|dir| has_shards(dir)).collect::<Vec<_>>();
    found.dedup();
    found
}

fn has_shards(dir: &Path) -> bool {
    let is_shard = |name: &str| name.len() == 1 && name.bytes().all(|b| b.is_ascii_hexdigit());
    let names = fs::list_with_types(dir).unwrap_or_default();
    names.iter().any(|(name, is_dir)| *is_dir && name.to_str().is_some_and(is_shard))
}

fn is_cargos(subject: &Subject<'_>, program: &Path) -> bool {
    let home = subject.env.absolute(env::CARGO_HOME);
    let home = home.or_else(|| Some(subject.env.home()?.join(".cargo")));
    home.is_some_and(|home| program.parent() == Some(&*home.join("bin")))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::super::testing::{Machine, found, severities};
    use super::*;

    /// A machine whose port for the server surely is free.
    fn machine() -> Machine {
        let mut machine = Machine::new();
        let socket = machine.path("no.sock").display().to_string();
        machine.set("SCCACHE_SERVER_UDS", &socket);
        machine
    }

    #[test]
    fn traces() {
        let mut machine = machine();
        assert_eq!(found(&machine.check(check)), [(Severity::Note, "variables set: `SCCACHE_SERVER_UDS`")]);
        machine.file(
            "home/.cargo/config.toml",
            "[env]\nSCCACHE_DIR = { value = \"/x\", force = true }\nRUSTC_WRAPPER = \"/opt/sccache\"\nOTHER = \"sccache\"\n",
        );
        machine.file("home/.cache/sccache/a/0/entry", "");
        machine.program("bin/sccache");
        assert_eq!(severities(&machine.check(check)), [Severity::Note; 5]);
        machine.set("SCCACHE_DIR", "/nowhere");
        assert!(machine.check(check)[0].detail.contains("`SCCACHE_DIR`, `SCCACHE_SERVER_UDS`"));
    }

    #[test]
    fn other_folders_are_no_cache() {
        let machine = machine();
        machine.file("home/.cache/sccache/notes/a", "");
        assert_eq!(severities(&machine.check(check)), [Severity::Note]);
    }
}
