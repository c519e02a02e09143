//! Machines that share a bucket: each has a checkout, a cache and a daemon of its own.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use cargo_kache::event::Outcome;
use serde_json::Value;

use super::Remote;
use crate::support::s3::{ACCESS_KEY, BUCKET, REGION, SECRET_KEY};
use crate::support::{Builder, Project, Run, kill_daemon, project};

/// What of [`workspace`] the cache keeps: all but the program.
pub(super) const CACHED: usize = 5;

const LOCK: &str = "version = 4\n\n\
    [[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"lib\",\n]\n\n\
    [[package]]\nname = \"lib\"\nversion = \"0.1.0\"\ndependencies = [\n \"mac\",\n]\n\n\
    [[package]]\nname = \"mac\"\nversion = \"0.1.0\"\n";

/// A program `app` with a library, above `lib`, which has a build script that reads `table.txt` and uses a macro of `mac`
/// that reads `words.txt`.
fn workspace() -> Builder {
    project()
        .workspace(&["app", "lib", "mac"])
        .file("Cargo.lock", LOCK)
        .proc_macro(
            "#[proc_macro] pub fn words(_: TokenStream) -> TokenStream { \
             let text = std::fs::read_to_string(\"lib/words.txt\").unwrap(); \
             format!(\"{:?}\", text.trim()).parse().unwrap() }",
        )
        .package("lib", "lib", "build = \"build.rs\"\n[dependencies]\nmac = { path = \"../mac\" }\n")
        .file(
            "lib/build.rs",
            "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap();\n\
             let table = std::fs::read_to_string(\"table.txt\").unwrap();\n\
             std::fs::write(format!(\"{out}/table.rs\"), format!(\"pub const TABLE: u8 = {table};\")).unwrap();\n\
             println!(\"cargo:rerun-if-changed=table.txt\"); }",
        )
        .file("lib/table.txt", "7")
        .file("lib/words.txt", "one")
        .file(
            "lib/src/lib.rs",
            "include!(concat!(env!(\"OUT_DIR\"), \"/table.rs\"));\n\
             pub const WORDS: &str = mac::words!();\n\
             pub fn place() -> &'static str { file!() }\n\
             pub fn state() -> u8 { 1 }\n",
        )
        .package("app", "app", "[dependencies]\nlib = { path = \"../lib\" }\n")
        .file(
            "app/src/lib.rs",
            "pub fn says() -> String {\n\
             format!(\"{} {} {} {}\", lib::TABLE, lib::WORDS, lib::state(), lib::place()) }\n",
        )
        .file("app/src/main.rs", "fn main() { println!(\"{}\", app::says()) }")
}

/// A place whose path is much longer than others.
pub(super) fn far_away() -> String {
    format!("{}/project", "a long way/to go".repeat(6))
}

/// A machine. Its daemon ends with it.
pub(super) struct Machine(Project);

impl Remote {
    /// Sets up a machine with a checkout of the workspace at a place.
    pub(super) fn machine(&self, place: &str) -> Machine {
        self.machine_of(workspace().at(place))
    }

    /// Sets up a machine with a project.
    pub(super) fn machine_of(&self, project: Builder) -> Machine {
        let p = project
            .env("KACHE_S3_BUCKET", BUCKET)
            .env("KACHE_S3_ENDPOINT", self.proxy.endpoint())
            .env("KACHE_S3_REGION", REGION)
            .env("KACHE_S3_PREFIX", "p")
            .env("KACHE_S3_ACCESS_KEY", ACCESS_KEY)
            .env("KACHE_S3_SECRET_KEY", SECRET_KEY)
            // Whoever runs the tests may be a job of a pull request.
            .env("GITHUB_EVENT_NAME", "push")
            .env("KACHE_DAEMON_IDLE", "1m")
            .build();
        p.write(p.beside("config.toml"), "");
        Machine(p)
    }

    /// Sets up a machine with other settings of the user.
    pub(super) fn machine_with(&self, place: &str, settings: &str) -> Machine {
        let machine = self.machine(place);
        machine.write(machine.beside("config.toml"), settings);
        machine
    }

    /// Has a machine fill the bucket.
    pub(super) fn filled(&self, place: &str) -> Machine {
        let machine = self.machine(place);
        machine.build("--wait-uploads", "build").missed(CACHED);
        assert_eq!(self.entries().len(), CACHED, "{:?}", self.server.list());
        self.proxy.clear();
        machine
    }

    /// Returns the names of all entries in the bucket.
    pub(super) fn entries(&self) -> Vec<String> {
        let names = self.server.list().into_iter().map(|(name, _)| name);
        names.filter(|name| name.ends_with(".tar.zst")).collect()
    }
}

impl Machine {
    /// Waits for the remote however long it takes: on a busy machine a compile may be the faster way.
    pub(super) fn patient(mut self) -> Self {
        self.0.set("KACHE_PREFETCH_WAIT", "60s");
        self.0.set("KACHE_REMOTE_TIMEOUT", "60s");
        self
    }

    /// Runs `cargo kache <options> <words>`, which must succeed.
    #[track_caller]
    pub(super) fn build(&self, options: &str, words: &str) -> Built {
        let file = self.beside("report.json");
        let _ = std::fs::remove_file(&file);
        let run = self.kache(&format!("--report none --report-file {} {options} {words}", file.display()));
        run.success();
        let report = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("no report: {e}: {run}"));
        Built { run, report: serde_json::from_str(&report).unwrap() }
    }

    /// Edits what `lib` does, and with it the crate's state.
    pub(super) fn edit(&self, state: u8) -> &Self {
        self.replace("lib/src/lib.rs", "u8 { 1 }", &format!("u8 {{ {state} }}"));
        self
    }

    /// Demands what the program says.
    #[track_caller]
    pub(super) fn says(&self, text: &str) {
        assert_eq!(self.run_program("app"), format!("{text} {}\n", "lib/src/lib.rs"));
    }

    /// Kills the daemon.
    pub(super) fn kill_daemon(&self) {
        kill_daemon(&self.cache());
    }

    /// How many things wait to be sent.
    pub(super) fn waiting(&self) -> usize {
        std::fs::read_dir(self.cache().join("queue")).map_or(0, Iterator::count)
    }

    /// Demands that the store is sound.
    #[track_caller]
    pub(super) fn assert_sound(&self) {
        self.kache("verify").success();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill_daemon();
    }
}

impl Deref for Machine {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.0
    }
}

impl DerefMut for Machine {
    fn deref_mut(&mut self) -> &mut Project {
        &mut self.0
    }
}

/// A build and its report.
pub(super) struct Built {
    pub(super) run: Run,
    pub(super) report: Value,
}

impl Built {
    /// Demands that so many units came from the remote, and nothing else was asked for but programs.
    #[track_caller]
    pub(super) fn all_remote(&self, count: usize) -> &Self {
        let results = self.results();
        let rest = results.iter().filter(|(_, result)| !["remote", "bypassed"].contains(result));
        assert_eq!(rest.collect::<Vec<_>>(), [], "{}", self.run);
        self.remote(count)
    }

    /// Demands that so many units came from the remote.
    #[track_caller]
    pub(super) fn remote(&self, count: usize) -> &Self {
        self.counted("remote", count)
    }

    /// Demands that so many units came from the store.
    #[track_caller]
    pub(super) fn local(&self, count: usize) -> &Self {
        self.counted("local", count)
    }

    /// Demands that so many units were compiled and recorded.
    #[track_caller]
    pub(super) fn missed(&self, count: usize) -> &Self {
        self.counted("missed", count)
    }

    #[track_caller]
    fn counted(&self, what: &str, count: usize) -> &Self {
        assert_eq!(self.report["counts"][what], count, "{what}: {:#?} {}", self.results(), self.run);
        self
    }

    /// Returns what the report notes.
    pub(super) fn notes(&self) -> Vec<&str> {
        self.report["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect()
    }

    /// Returns the names that the entries recorded here have in the bucket.
    pub(super) fn recorded(&self) -> Vec<String> {
        let recorded = self.run.units.iter();
        let recorded = recorded.filter(|it| matches!(it.outcome, Outcome::Missed { not_recorded: None, .. }));
        recorded.map(|it| format!("p/{}/{}.tar.zst", it.unit.package, it.key.as_ref().unwrap())).collect()
    }

    fn results(&self) -> BTreeMap<String, &str> {
        let units = self.report["units"].as_array().unwrap().iter();
        let text = |unit: &Value, name: &str| unit[name].as_str().unwrap().to_owned();
        let name = |unit: &Value| format!("{} {}", text(unit, "package"), text(unit, "target"));
        units.map(|unit| (name(unit), unit["result"].as_str().unwrap())).collect()
    }
}
