//! The documentation does what it says: its CI files are run step by step, links lead somewhere, tables are complete.

use std::path::{Path, PathBuf};

use cargo_kache::config;
use cargo_kache::env::Env;
use cargo_kache::event::Outcome;

use crate::support::s3::{ACCESS_KEY, BUCKET, SECRET_KEY, Server};
use crate::support::{Project, kill_daemon, project};

/// The library, its use, a test and a lock file: what a CI job builds.
fn sources() -> Project {
    project()
        .root("[lib]\nname = \"foo\"\n")
        .file("Cargo.lock", "version = 4\n\n[[package]]\nname = \"foo\"\nversion = \"0.1.0\"\n")
        .file("src/lib.rs", "pub fn one() -> u8 { 1 }\n#[test] fn t() { assert_eq!(one(), 1) }")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::one()) }")
        .build()
}

/// What a CI file says: its variables, and the commands of its job.
struct Job {
    variables: Vec<(String, String)>,
    steps: Vec<String>,
}

impl Job {
    fn read(name: &str) -> Self {
        let text = read(&root().join("docs/ci").join(name));
        let variable = |line: &str| {
            let (name, value) = line.trim().split_once(": ")?;
            let value = value.trim_matches('"').to_owned();
            name.starts_with("KACHE_").then(|| (name.to_owned(), value))
        };
        let step = |line: &str| {
            let line = line.trim().strip_prefix("- ")?;
            let command = line.strip_prefix("run: ").unwrap_or(line);
            (command.starts_with("cargo ") || command.starts_with("cat ")).then(|| command.to_owned())
        };
        Self {
            variables: text.lines().filter_map(variable).collect(),
            steps: text.lines().filter_map(step).collect(),
        }
    }

    /// Runs the job on a machine that has nothing, and returns how each compile ended.
    fn run(&self, checkout: &Project, machine: &str, server: &Server) -> Vec<Outcome> {
        let room = checkout.beside(machine);
        let programs = room.join("bin");
        std::fs::create_dir_all(&programs).unwrap();
        let program = programs.join("cargo-kache");
        if !program.exists() {
            std::os::unix::fs::symlink(Project::program(), &program).unwrap();
        }
        let mut path = programs.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let (install, steps) = self.steps.split_first().unwrap();
        assert_eq!(install, "cargo install --locked cargo-kache");
        for step in steps {
            let mut command = checkout.command(Path::new("sh"));
            command.args(["-euc", step]).env("PATH", &path).env("CI", "true");
            command.env("GITHUB_STEP_SUMMARY", room.join("summary"));
            for (name, value) in &self.variables {
                // Secrets and addresses are the service's.
                let value = match (&**name, value.starts_with('$')) {
                    ("KACHE_S3_ENDPOINT", true) => server.endpoint(),
                    ("KACHE_S3_ACCESS_KEY", true) => ACCESS_KEY.to_owned(),
                    ("KACHE_S3_SECRET_KEY", true) => SECRET_KEY.to_owned(),
                    ("KACHE_S3_BUCKET", false) => BUCKET.to_owned(),
                    (_, is_variable) => {
                        assert!(!is_variable, "nothing stands for `{value}`");
                        value.clone()
                    }
                };
                command.env(name, value);
            }
            command.env("KACHE_CACHE_DIR", room.join("cache"));
            let output = command.output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "`{step}` failed: {stderr}");
        }
        kill_daemon(&room.join("cache"));
        let log = cargo_kache::event::Log::at(room.join("cache/logs/events.jsonl"));
        log.read_all().unwrap().into_iter().map(|event| event.outcome).collect()
    }
}

/// Demands that a second machine compiles nothing of what the first one did.
fn second_machine_hits(name: &str) -> PathBuf {
    let (job, server) = (Job::read(name), Server::start());
    let first = sources();
    let outcomes = job.run(&first, "first", &server);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Missed { .. })), "{outcomes:?}");
    let second = first.checkout("another/place/of/it");
    let outcomes = job.run(&second, "second", &server);
    assert!(!outcomes.is_empty());
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Hit { .. })), "{outcomes:?}");
    let summary = first.beside("second/summary");
    if summary.exists() {
        let text = read(&summary);
        assert!(text.contains("units from cache"), "{text}");
    }
    summary
}

#[test]
fn the_job_for_github_hits_on_a_second_machine() {
    second_machine_hits("github.yml");
}

#[test]
fn the_job_for_gitlab_hits_on_a_second_machine() {
    second_machine_hits("gitlab.yml");
}

#[test]
fn links_lead_somewhere() {
    let docs = root().join("docs");
    let pages = std::fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    for page in pages.chain([root().join("README.md"), root().join("benches/README.md")]) {
        let text = read(&page);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.starts_with("http") {
                continue;
            }
            let path = page.parent().unwrap().join(target);
            assert!(path.exists(), "{} links to {link}, which is not there", page.display());
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("failed to read {}: {e}", path.display()))
}

/// The page of settings is made from the table that reads them.
#[test]
fn the_page_of_settings_is_up_to_date() {
    const REWRITE: &str = "KACHE_REWRITE_DOCS";
    let home = Env::from_pairs([("HOME", "/home/you")]);
    let resolved = config::resolve(&home, None).unwrap();
    let mut page = String::from(
        "# Settings\n\n\
         A variable wins over the project's file (`.config/kache.toml` at the workspace root), that over the user's\n\
         (`$KACHE_CONFIG`, else `$XDG_CONFIG_HOME/kache/config.toml`, else `~/.config/kache/config.toml`). A project may set\n\
         only what is marked *p*. An empty variable counts as unset. Booleans are `1 true yes on` and `0 false no off`, sizes\n\
         `50GB` (10⁹) or `50GiB` (2³⁰), durations `30m`, `24h`, `7d`; a bare number is no duration. As a size it counts bytes,\n\
         and below 1 MB, where its unit was likely forgotten, there is a warning.\n\n\
         | key | variable | default | |\n|-----|----------|---------|--|\n",
    );
    for key in config::KEYS {
        let code = |text: Option<&str>| text.map_or("–".to_owned(), |text| format!("`{text}`"));
        let value = key.kind.show(&resolved.settings).filter(|value| !key.secret && !value.is_empty());
        let value = value.map(|value| value.replace("/home/you/", "~/"));
        let project = if key.project { " *p*" } else { "" };
        let line = format!(
            "| {}{project} | {} | {} | {} |\n",
            code(key.path),
            code(key.variable),
            code(value.as_deref()),
            key.help
        );
        page += &line;
    }
    page += "\n`cargo kache config list` shows the values in effect and where each comes from, `cargo kache config` edits them.\n\
        The commented [`default.toml`](../src/config/default.toml) says more about each.\n";
    let path = root().join("docs/settings.md");
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(read(&path) == page, "{} is stale: run this test with {REWRITE}=1", path.display());
}
