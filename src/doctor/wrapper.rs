//! The wrapper in effect: does plain `cargo build` use the cache?

use std::path::{Path, PathBuf};

use super::cargo_config::{self, CargoConfigs};
use super::named::{self, Named};
use super::{Finding, Repair, Subject, find_program, is_same_file};
use crate::env;

const NAME: &str = "wrapper";

/// A configured wrapper.
struct Wrapper {
    /// As written.
    value: String,
    from: From,
    /// What a path in it is relative to.
    base: PathBuf,
}

/// Where a wrapper is written.
enum From {
    Variable(&'static str),
    File(PathBuf),
}

impl std::fmt::Display for From {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let configs = cargo_config::read_all(subject);
    let broken = configs.broken.iter().map(|(path, why)| {
        Finding::problem(NAME, format!("{} does not parse: {why}", path.display()))
            .fix("mend it; until then it is left alone, and cargo refuses to build")
    });
    let finding = match effective(subject, &configs) {
        Some(wrapper) => judge(subject, &wrapper),
        None => Finding::note(NAME, "none set: plain `cargo build` is not cached; `cargo kache build` is")
            .fix(HOW),
    };
    std::iter::once(finding).chain(broken).collect()
}

/// How a wrapper is set.
pub(super) const HOW: &str =
    "set `RUSTC_WRAPPER=kache`, or `rustc-wrapper = \"kache\"` under `[build]` in ~/.cargo/config.toml";

/// Finds the wrapper that cargo uses here.
fn effective(subject: &Subject<'_>, configs: &CargoConfigs) -> Option<Wrapper> {
    let from_variable = |name: &'static str| {
        let value = match name {
            env::RUSTC_WRAPPER => subject.env.raw(name)?,
            _ => subject.env.get(name)?,
        };
        let value = value.to_string_lossy().into_owned();
        Some(Wrapper { value, from: From::Variable(name), base: subject.here.to_owned() })
    };
    let from_config = || {
        let config = configs.counting().find(|config| config.wrapper().is_some())?;
        Some(Wrapper {
            value: config.wrapper()?.to_owned(),
            from: From::File(config.path.clone()),
            base: config.root().to_owned(),
        })
    };
    let variables = [env::RUSTC_WRAPPER, env::CARGO_BUILD_RUSTC_WRAPPER];
    let found = variables.into_iter().find_map(from_variable).or_else(from_config);
    // An empty value turns wrappers off.
    found.filter(|wrapper| !wrapper.value.is_empty())
}

fn judge(subject: &Subject<'_>, wrapper: &Wrapper) -> Finding {
    let Wrapper { value, from, base } = wrapper;
    let stem = Path::new(value).file_stem().unwrap_or_default();
    let named = named::judge(value, base);
    if named == Named::Sccache || stem == "cachepot" {
        let finding = Finding::problem(NAME, format!("`{value}`, set in {from}"));
        return match from {
            From::Variable(name) => finding.fix(format!(
                "set it to `kache` where `{name}` comes from (see `shell`), and start a new shell"
            )),
            From::File(path) if named == Named::Sccache => {
                finding.fix(format!("set it to `kache` in {from}")).repair(Repair::CargoConfig(path.clone()))
            }
            From::File(_) => finding.fix(format!("set it to `kache` in {from}")),
        };
    }
    let program = match value.contains('/') {
        true => Some(base.join(value)).filter(|path| crate::fs::is_program(path)),
        false => find_program(subject.env, value),
    };
    let Some(program) = program else {
        return Finding::problem(NAME, format!("`{value}`, set in {from}, is not there: every build fails"))
            .fix(format!("install it, or take it out of {from}"));
    };
    let is_this = subject.program.is_some_and(|this| is_same_file(this, &program));
    if is_this || stem == "kache" || stem == "cargo-kache" {
        return Finding::ok(NAME, format!("`{value}`, set in {from}"));
    }
    if named == Named::Perhaps {
        return Finding::note(
            NAME,
            format!("`{value}`, set in {from}, may run sccache: it is left as it is"),
        )
        .fix(format!("look into it; if that is all it does, set `kache` in {from}"));
    }
    Finding::note(NAME, format!("`{value}`, set in {from}: plain `cargo build` is not cached"))
        .fix("`cargo kache build` caches, and runs it for every compile")
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::super::testing::{Machine, found, severities, shown};
    use super::*;

    const CONFIG: &str = "[build]\nrustc-wrapper = \"NAME\"\n";

    #[test]
    fn none() {
        assert_eq!(severities(&Machine::new().check(check)), [Severity::Note]);
    }

    #[test]
    fn the_nearest_configuration_counts() {
        let machine = Machine::new();
        machine.program("bin/kache");
        machine.file("home/.cargo/config.toml", &CONFIG.replace("NAME", "sccache"));
        assert_eq!(severities(&machine.check(check)), [Severity::Problem]);
        let near = machine.file("work/.cargo/config.toml", &CONFIG.replace("NAME", "kache"));
        let text = format!("`kache`, set in {}", shown(&near));
        assert_eq!(found(&machine.check(check)), [(Severity::Ok, &*text)]);
    }

    #[test]
    fn variables_win() {
        let mut machine = Machine::new();
        machine.program("bin/kache");
        machine.file("work/.cargo/config.toml", &CONFIG.replace("NAME", "kache"));
        machine.set("CARGO_BUILD_RUSTC_WRAPPER", "/opt/sccache");
        assert_eq!(
            found(&machine.check(check)),
            [(Severity::Problem, "`/opt/sccache`, set in `CARGO_BUILD_RUSTC_WRAPPER`")]
        );
        machine.set("RUSTC_WRAPPER", "kache");
        assert_eq!(severities(&machine.check(check)), [Severity::Ok]);
        machine.set("RUSTC_WRAPPER", "");
        assert_eq!(severities(&machine.check(check)), [Severity::Note], "an empty one means none");
    }

    #[test]
    fn a_wrapper_that_is_gone_stops_every_build() {
        let machine = Machine::new();
        machine.file("work/.cargo/config", &CONFIG.replace("NAME", "kache"));
        assert_eq!(severities(&machine.check(check)), [Severity::Problem]);
        machine.file("work/.cargo/config", &CONFIG.replace("NAME", "tools/wrap"));
        assert_eq!(severities(&machine.check(check)), [Severity::Problem]);
        machine.program("work/tools/wrap");
        assert_eq!(severities(&machine.check(check)), [Severity::Note]);
    }

    #[test]
    fn a_script_around_sccache_is_left_alone() {
        let machine = Machine::new();
        machine.file("work/.cargo/config.toml", &CONFIG.replace("NAME", "tools/sccache-wrapper"));
        machine.program("work/tools/sccache-wrapper");
        let findings = machine.check(check);
        assert_eq!(severities(&findings), [Severity::Note]);
        assert_eq!(findings[0].repair, None);
        assert!(findings[0].detail.contains("left as it is"), "{findings:?}");
    }

    #[test]
    fn a_file_that_does_not_parse_is_told() {
        let machine = Machine::new();
        machine.file("work/.cargo/config.toml", "[build\n");
        assert_eq!(severities(&machine.check(check)), [Severity::Note, Severity::Problem]);
    }
}
