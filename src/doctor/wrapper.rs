//! The wrapper in effect: does plain `cargo build` use the cache?

use std::path::{Path, PathBuf};

use super::cargo_config;
use super::{Finding, Subject, find_program, is_same_file};
use crate::env;

const NAME: &str = "wrapper";

/// A configured wrapper.
struct Wrapper {
    /// As written.
    value: String,
    /// Where it is written.
    from: String,
    /// What a path in it is relative to.
    base: PathBuf,
}

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(wrapper) = effective(subject) else {
        return vec![
            Finding::note(NAME, "none set: plain `cargo build` is not cached; `cargo kache build` is")
                .fix("set `RUSTC_WRAPPER=kache`, or `rustc-wrapper = \"kache\"` under `[build]` in ~/.cargo/config.toml"),
        ];
    };
    vec![judge(subject, &wrapper)]
}

/// Finds the wrapper that cargo uses here.
fn effective(subject: &Subject<'_>) -> Option<Wrapper> {
    let from_variable = |name: &'static str| {
        let value = match name {
            env::RUSTC_WRAPPER => subject.env.raw(name)?,
            _ => subject.env.get(name)?,
        };
        let value = value.to_string_lossy().into_owned();
        Some(Wrapper { value, from: format!("`{name}`"), base: subject.here.to_owned() })
    };
    let from_config = || {
        let configs = cargo_config::read_all(subject);
        let config = configs.iter().find(|config| config.wrapper().is_some())?;
        Some(Wrapper {
            value: config.wrapper()?.to_owned(),
            from: config.path.display().to_string(),
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
    if stem == "sccache" || stem == "cachepot" {
        return Finding::problem(NAME, format!("`{value}`, set in {from}"))
            .fix(format!("set it to `kache` in {from}"));
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
}
