//! Reasons, units and results in words.
//!
//! Owns the one text for each cause, its `kind` in JSON, and what can be done about it. Never decides why something
//! happened: the variants of [`MissReason`] and [`Bypass`] say that.

use crate::event::{Bypass, MissReason, Mode, Outcome, Target, Unit, VERIFICATION_FAILED};
use crate::trace;

/// A cause in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// One word for programs.
    pub kind: &'static str,
    /// The cause without what it is about, for many units at once.
    pub summary: String,
    /// The cause in full.
    pub text: String,
    /// What it is about: a path, a name, a flag.
    pub detail: Option<String>,
    /// What can be done about it.
    pub remedy: Option<&'static str>,
}

impl Reason {
    /// A cause that is about nothing in particular.
    fn plain(kind: &'static str, text: &str) -> Self {
        Self { kind, summary: text.to_owned(), text: text.to_owned(), detail: None, remedy: None }
    }

    /// A cause with what it is about behind a colon, or without if that is not known.
    fn about(kind: &'static str, summary: &str, shown: &str, detail: &str) -> Self {
        if detail.is_empty() {
            return Self::plain(kind, summary);
        }
        Self { text: format!("{summary}: {shown}"), ..Self::plain(kind, summary) }.with_detail(detail)
    }

    fn with_detail(mut self, detail: &str) -> Self {
        self.detail = Some(detail.to_owned()).filter(|detail| !detail.is_empty());
        self
    }

    fn with_remedy(mut self, remedy: &'static str) -> Self {
        self.remedy = Some(remedy);
        self
    }
}

/// What came of a unit, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// A hit, all of it from this machine.
    Local,
    /// A hit with bytes that came over the network.
    Remote,
    /// Compiled.
    Missed,
    /// Compiled without the cache.
    Bypassed,
    /// The compiler refused the code.
    Failed,
    /// The cache itself failed.
    Error,
}

impl Verdict {
    /// Returns the verdict on an outcome.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Hit { remote: false } => Self::Local,
            Outcome::Hit { remote: true } => Self::Remote,
            Outcome::Missed { .. } => Self::Missed,
            Outcome::Bypassed(_) => Self::Bypassed,
            Outcome::Failed { .. } => Self::Failed,
            Outcome::Error(_) => Self::Error,
        }
    }

    /// Returns the word for tables and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote => "remote",
            Self::Missed => "missed",
            Self::Bypassed => "bypassed",
            Self::Failed => "failed",
            Self::Error => "error",
        }
    }

    /// Whether it is a hit.
    pub fn is_hit(self) -> bool {
        matches!(self, Self::Local | Self::Remote)
    }
}

/// Names a unit: `app v0.1.0 (bin "app", check)`.
pub fn label(unit: &Unit) -> String {
    let version = if unit.version.is_empty() { String::new() } else { format!(" v{}", unit.version) };
    let mode = match unit.mode {
        Mode::Build => "",
        Mode::Check => ", check",
        Mode::Clippy => ", clippy",
    };
    format!("{}{version} ({}{mode})", unit.package, target(&unit.target))
}

/// Names a target: `lib`, `test "x"`.
pub fn target(target: &Target) -> String {
    match target {
        Target::Lib => "lib".to_owned(),
        Target::ProcMacro => "proc-macro".to_owned(),
        Target::BuildScript => "build script".to_owned(),
        Target::BuildScriptRun => "build script run".to_owned(),
        Target::Bin(name) => format!("bin \"{name}\""),
        Target::Test(name) => format!("test \"{name}\""),
        Target::Example(name) => format!("example \"{name}\""),
        Target::Bench(name) => format!("bench \"{name}\""),
    }
}

/// Names a mode for programs.
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Build => "build",
        Mode::Check => "check",
        Mode::Clippy => "clippy",
    }
}

/// Says why a unit was no hit; `None` for a hit. `dependency` names a dependency more fully than the event does.
pub fn reason(outcome: &Outcome, dependency: impl Fn(&str) -> Option<String>) -> Option<Reason> {
    match outcome {
        Outcome::Hit { .. } => None,
        Outcome::Missed { reason, not_recorded } => {
            let mut reason = match reason {
                MissReason::Dependency(name) => match dependency(name) {
                    Some(label) => Reason::about("dependency", "dependency changed", &label, &label),
                    None => miss(reason),
                },
                other => miss(other),
            };
            if let Some(why) = not_recorded {
                reason.text += &format!("; not recorded: {}", bypass(why).text);
            }
            Some(reason)
        }
        Outcome::Bypassed(why) => Some(bypass(why)),
        Outcome::Failed { code } => Some(failure(*code)),
        Outcome::Error(message) => {
            let plain = match message.starts_with(VERIFICATION_FAILED) {
                true => Reason::plain("verification", VERIFICATION_FAILED),
                false => Reason::plain("error", "the cache failed"),
            };
            Some(Reason { text: message.clone(), ..plain }.with_detail(message))
        }
    }
}

/// Says why a unit missed.
pub fn miss(reason: &MissReason) -> Reason {
    match reason {
        MissReason::First => Reason::plain("first", "not in the cache yet"),
        MissReason::Source { path, more } => {
            Reason::about("source", "source changed", &files(path, *more), path)
        }
        MissReason::Included { path, more } => {
            Reason::about("included", "included file changed", &files(path, *more), path)
        }
        MissReason::Dependency(name) => {
            Reason::about("dependency", "dependency changed", &format!("`{name}`"), name)
        }
        MissReason::Compiler { from, to } => {
            let change = compilers(from, to);
            Reason::about("compiler", "compiler changed", &change, &change)
        }
        MissReason::Flags(change) => Reason::about("flags", "flag changed", change, change),
        MissReason::Features { added, removed } => {
            let signed =
                |sign, names: &[String]| names.iter().map(move |n| format!("{sign}{n}")).collect::<Vec<_>>();
            let changes = [signed('+', added), signed('−', removed)].concat();
            let mut shown = changes[..changes.len().min(FEATURES_SHOWN)].join(" ");
            if changes.len() > FEATURES_SHOWN {
                shown += &format!(" and {} more", changes.len() - FEATURES_SHOWN);
            }
            Reason::about("features", "features changed", &shown, &changes.join(" "))
        }
        MissReason::Cfg(change) => Reason::about("cfg", "cfg changed", &format!("`{change}`"), change),
        MissReason::Env(name) => Reason {
            text: format!("{} changed", variable(name)),
            ..Reason::plain("env", "variable changed").with_detail(name)
        },
        MissReason::BuildScript(path) => {
            Reason::plain("build-script", "build script output changed").with_detail(path)
        }
        MissReason::Linker(what) => Reason::about("linker", "linker changed", &format!("`{what}`"), what),
        MissReason::NativeLib(what) => {
            Reason::about("native-lib", "native library changed", &format!("`{what}`"), what)
        }
        MissReason::Version { from, to } => {
            let change = format!("{from} → {to}");
            Reason::about("version", "package version changed", &change, &change)
        }
        MissReason::Schema => Reason::plain("schema", "entry made by an older key schema"),
        MissReason::Evicted => {
            Reason::plain("evicted", "evicted by gc").with_remedy("raise `KACHE_MAX_SIZE` to keep more")
        }
        MissReason::Damaged => Reason::plain("damaged", "entry damaged, removed")
            .with_remedy("`cargo kache verify` checks the whole store"),
        MissReason::Place => Reason::plain("place", "its paths show, and were recorded in another directory"),
        MissReason::Recache => Reason::plain("recache", "asked by `KACHE_RECACHE`"),
    }
}

/// Features that a reason names; the rest is counted.
const FEATURES_SHOWN: usize = 8;

/// Names a variable, or what stands among them without being one.
pub fn variable(name: &str) -> String {
    match name {
        trace::HOST => "the name of this machine".to_owned(),
        trace::PROCESSORS => "number or kind of processors".to_owned(),
        _ => format!("variable `{name}`"),
    }
}

/// Says why the cache stood aside.
pub fn bypass(why: &Bypass) -> Reason {
    match why {
        Bypass::Executable => Reason::plain(
            "executable",
            "executables are not cached (`KACHE_CACHE_EXECUTABLES=1` caches them)",
        )
        .with_remedy("set `KACHE_CACHE_EXECUTABLES=1`"),
        Bypass::Flag(flag) => Reason {
            text: format!("flag `{flag}` is not understood"),
            ..Reason::plain("flag", "a flag is not understood").with_detail(flag)
        },
        Bypass::Emit(kind) => Reason {
            text: format!("output kind `{kind}` is not cached"),
            ..Reason::plain("emit", "output kind is not cached").with_detail(kind)
        },
        Bypass::Rule(pattern) => Reason::plain("rule", "listed in `cache.bypass`")
            .with_detail(pattern)
            .with_remedy("take it out of `cache.bypass`"),
        Bypass::Stdin => Reason::plain("stdin", "the source comes from stdin"),
        Bypass::Incremental => {
            Reason::plain("incremental", "edited member built incrementally (`KACHE_INCREMENTAL=auto`)")
        }
        Bypass::ChangedDuringCompile(path) => Reason::about(
            "changed-during-compile",
            "an input changed while rustc ran",
            &format!("`{path}`"),
            path,
        )
        .with_remedy("build again"),
        Bypass::Untraced(what) => {
            Reason::about("untraced", "its macros or linker can't be traced here", what, what)
        }
        Bypass::Script(what) => Reason {
            text: format!("build script {what}"),
            ..Reason::plain("script-run", "its build script runs each time").with_detail(what)
        },
        Bypass::Volatile(what) => Reason {
            text: if what.is_empty() {
                "its result can't be known again".to_owned()
            } else {
                format!("{what}: result can't be known again")
            },
            ..Reason::plain("volatile", "its result can't be known again").with_detail(what)
        },
        Bypass::Settings(what) => Reason::about("settings", "settings are invalid", what, what)
            .with_remedy("`cargo kache doctor` names the file and the line"),
        Bypass::Store(what) => Reason::about("store", "store busy or full", what, what)
            .with_remedy("`cargo kache doctor` looks at the store"),
        Bypass::NetworkFs => Reason::plain("network-fs", "the store is on a network file system")
            .with_remedy("set `KACHE_CACHE_DIR` to a local disk"),
    }
}

/// Says how the compiler, or the script, ended.
fn failure(code: i32) -> Reason {
    let text = match code {
        129.. => format!("killed by signal {}", code - 128),
        _ => format!("exit code {code}"),
    };
    Reason { text, ..Reason::plain("failed", "failed") }.with_detail(&code.to_string())
}

fn files(path: &str, more: usize) -> String {
    if more == 0 { format!("`{path}`") } else { format!("`{path}` and {more} more") }
}

/// Names two compilers without the word `rustc`, which both have.
fn compilers(from: &str, to: &str) -> String {
    let number = |name: &str| name.strip_prefix("rustc ").unwrap_or(name).to_owned();
    let (from, to) = (number(from), number(to));
    if from == to { format!("another build of {to}") } else { format!("{from} → {to}") }
}
