//! What is left of sccache: settings, variables, a server, a cache, the program.
//!
//! Never counts a wrapper that is in effect: that is the wrapper's check.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use super::cargo_config::{self, CargoConfig, CargoConfigs};
use super::named::{self, Named};
use super::{Finding, Repair, Subject, find_program, sccache_cache};
use crate::env;
use crate::fs;

const NAME: &str = "sccache";

/// How its variables begin. They mean nothing to us, so they are no names of ours.
pub(super) const PREFIX: &str = "SCCACHE_";

/// Variables that name a wrapper.
pub(super) const WRAPPERS: [&str; 2] = [env::RUSTC_WRAPPER, env::CARGO_BUILD_RUSTC_WRAPPER];

/// Where its server listens if no variable says otherwise.
const PORT: u16 = 4226;

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let configs = cargo_config::read_all(subject);
    let mut findings = Vec::new();
    let variables = subject.env.beginning_with(PREFIX).into_keys();
    let variables = variables.map(|name| format!("`{}`", name.to_string_lossy())).collect::<Vec<_>>();
    if !variables.is_empty() {
        findings.push(
            Finding::note(NAME, format!("variables set: {}", variables.join(", ")))
                .fix("unset them; `cargo kache doctor --fix` takes over what they say of a bucket"),
        );
    }
    if let Some(path) = settings_file(subject, &configs) {
        let shown = path.display();
        findings.push(Finding::note(NAME, format!("its settings are in {shown}")).fix(format!(
            "`cargo kache doctor --fix` takes over what they say of a bucket; then rm {shown}"
        )));
    }
    findings.extend(wrapper_of_members(subject, &configs));
    findings.extend(configs.files.iter().filter_map(|config| remnants(subject, &configs, config)));
    findings.extend(server(subject, &configs));
    for cache in sccache_cache::find(subject, &configs) {
        let shown = cache.display().to_string();
        findings.push(
            Finding::note(NAME, format!("its cache is at {shown}"))
                .fix("`cargo kache doctor --fix --purge-sccache` removes it")
                .repair(Repair::Cache(cache)),
        );
    }
    if let Some(program) = find_program(subject.env, "sccache") {
        let finding = Finding::note(NAME, format!("installed: {}", program.display()));
        let finding = match is_cargos(subject, &program) {
            true => finding.fix("cargo uninstall sccache"),
            false => finding.fix("it was not installed by cargo; remove it with whatever did"),
        };
        findings.push(finding.repair(Repair::Program(program)));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(NAME, "nothing of it found"));
    }
    findings
}

/// Returns its own settings file, if there is one.
pub(super) fn settings_file(subject: &Subject<'_>, configs: &CargoConfigs) -> Option<PathBuf> {
    let set = configs.variable(subject, "SCCACHE_CONF").map(|path| subject.here.join(path));
    let default = || {
        let home = subject.env.home();
        let base = subject.env.absolute(env::XDG_CONFIG_HOME);
        let base = base.or_else(|| Some(home.clone()?.join(".config")));
        let places = [
            base.map(|base| base.join("sccache/config")),
            home.map(|home| home.join("Library/Application Support/Mozilla.sccache/config")),
        ];
        places.into_iter().flatten().find(|path| path.is_file())
    };
    set.or_else(default).filter(|path| path.is_file())
}

/// Whether a wrapper that may run sccache stays in place: then its variables must, too.
pub(super) fn may_stay(subject: &Subject<'_>, configs: &CargoConfigs) -> bool {
    let set = WRAPPERS.iter().filter_map(|name| subject.env.get(name)?.into_string().ok());
    let set = set.map(|value| named::judge(&value, subject.here));
    let files = configs.files.iter().flat_map(|config| {
        let variables = config.variables().into_iter();
        let values = variables.filter(|set| WRAPPERS.contains(&&*set.name)).map(|set| set.value);
        let members = config.build("rustc-workspace-wrapper");
        // Nobody else takes sccache out of there.
        let members = members.filter(|value| named::judge(value, config.root()) != Named::Other);
        let values = config.wrapper().map(str::to_owned).into_iter().chain(values);
        values
            .map(|value| named::judge(&value, config.root()))
            .chain(members.map(|_| Named::Perhaps))
            .collect::<Vec<_>>()
    });
    set.chain(files).any(|named| named == Named::Perhaps)
}

/// Says what a file of cargo's settings still sets for it.
fn remnants(subject: &Subject<'_>, configs: &CargoConfigs, config: &CargoConfig) -> Option<Finding> {
    let is_sccache = |value: &str| named::judge(value, config.root()) == Named::Sccache;
    let mut parts = Vec::new();
    if config.wrapper().is_some_and(is_sccache) && !is_effective(subject, configs, config) {
        parts.push("`build.rustc-wrapper`".to_owned());
    }
    let keeps = may_stay(subject, configs);
    let variables = config.variables().into_iter().filter(|set| {
        WRAPPERS.contains(&&*set.name) && is_sccache(&set.value) || set.name.starts_with(PREFIX) && !keeps
    });
    parts.extend(variables.map(|variable| format!("`env.{}`", variable.name)));
    let path = &config.path;
    (!parts.is_empty()).then(|| {
        Finding::note(NAME, format!("{} in {}", parts.join(", "), path.display()))
            .fix("`cargo kache doctor --fix` takes it out")
            .repair(Repair::CargoConfig(path.clone()))
    })
}

/// Whether cargo takes the wrapper from this file: then another check has told so.
fn is_effective(subject: &Subject<'_>, configs: &CargoConfigs, config: &CargoConfig) -> bool {
    let is_set = subject.env.raw(env::RUSTC_WRAPPER).is_some()
        || subject.env.get(env::CARGO_BUILD_RUSTC_WRAPPER).is_some();
    let first = configs.counting().find(|config| config.wrapper().is_some());
    !is_set && first.is_some_and(|first| first.path == config.path)
}

/// Finds sccache as the wrapper of workspace members, where it has no business.
fn wrapper_of_members(subject: &Subject<'_>, configs: &CargoConfigs) -> Option<Finding> {
    let variable = subject.env.get(env::RUSTC_WORKSPACE_WRAPPER).and_then(|value| value.into_string().ok());
    let variable = variable.map(|value| (value, format!("`{}`", env::RUSTC_WORKSPACE_WRAPPER), subject.here));
    let file = || {
        let config = configs.counting().find(|config| config.build("rustc-workspace-wrapper").is_some())?;
        let value = config.build("rustc-workspace-wrapper")?.to_owned();
        Some((value, config.path.display().to_string(), config.root()))
    };
    let (value, from, base) = variable.or_else(file)?;
    (named::judge(&value, base) == Named::Sccache).then(|| {
        Finding::note(NAME, format!("`{value}` wraps the compiles of workspace members, set in {from}"))
            .fix("take it out: one cache is enough")
    })
}

fn server(subject: &Subject<'_>, configs: &CargoConfigs) -> Option<Finding> {
    if !is_running(subject, configs) {
        return None;
    }
    let finding = Finding::note(NAME, "its server is running").fix("sccache --stop-server");
    Some(match find_program(subject.env, "sccache") {
        Some(program) => finding.repair(Repair::Server(program)),
        None => finding,
    })
}

fn is_running(subject: &Subject<'_>, configs: &CargoConfigs) -> bool {
    if let Some(socket) = configs.variable(subject, "SCCACHE_SERVER_UDS") {
        return std::os::unix::net::UnixStream::connect(socket).is_ok();
    }
    let port = configs.variable(subject, "SCCACHE_SERVER_PORT").and_then(|port| port.parse().ok());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(PORT)));
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
}

/// Whether cargo installed a program, and can remove it.
pub(super) fn is_cargos(subject: &Subject<'_>, program: &std::path::Path) -> bool {
    let Some(home) = cargo_config::home(subject) else { return false };
    let listed = fs::read_to_string(&home.join(".crates.toml")).unwrap_or_default();
    let listed = listed.parse::<toml_edit::DocumentMut>().unwrap_or_default();
    let listed = listed.get("v1").and_then(|table| table.as_table_like());
    let is_listed = listed.is_some_and(|table| table.iter().any(|(name, _)| name.starts_with("sccache ")));
    is_listed && program.parent() == Some(&*home.join("bin"))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::super::testing::{Machine, found, severities, shown};
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
        machine.set("RUSTC_WRAPPER", "kache");
        let config = machine.file(
            "home/.cargo/config.toml",
            "build.rustc-wrapper = \"sccache\"\n[env]\nSCCACHE_DIR = { value = \"/x\", force = true }\nRUSTC_WRAPPER = \"/opt/sccache\"\nOTHER = \"sccache\"\n",
        );
        machine.file("home/.config/sccache/config", "");
        machine.file("home/.cache/sccache/a/0/entry", "");
        machine.program("bin/sccache");
        let findings = machine.check(check);
        assert_eq!(severities(&findings), [Severity::Note; 5]);
        let text =
            format!("`build.rustc-wrapper`, `env.SCCACHE_DIR`, `env.RUSTC_WRAPPER` in {}", shown(&config));
        assert_eq!(findings[2].detail, text);
        machine.set("SCCACHE_DIR", "/nowhere");
        assert!(machine.check(check)[0].detail.contains("`SCCACHE_DIR`, `SCCACHE_SERVER_UDS`"));
    }

    #[test]
    fn variables_of_a_script_that_stays_are_no_remnants() {
        let machine = machine();
        let config =
            |wrapper| format!("build.rustc-wrapper = \"{wrapper}\"\n[env]\nSCCACHE_BUCKET = \"b\"\n");
        machine.file("work/.cargo/config.toml", &config("/opt/sccache-wrapper"));
        assert_eq!(severities(&machine.check(check)), [Severity::Note]);
        machine.file("work/.cargo/config.toml", &config("kache"));
        assert_eq!(severities(&machine.check(check)), [Severity::Note; 2]);
    }
}
