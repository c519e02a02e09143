//! The workspaces that are built, made from published crates.
//!
//! Owns their definition and their preparation: cargo fetches exact versions, the sources are copied out of
//! its registry, joined to a workspace by path, and pinned by a lock file of `locks/`. Never builds them, and
//! never changes a prepared folder afterwards: every run works on a copy.
//!
//! ```text
//! <bench dir>/sources/<workload>/        the workspace, as a fresh checkout would look
//! <bench dir>/sources/<workload>.stamp   what it was prepared from
//! ```

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::{Result, failed};

/// One workspace to build.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// Package and exact version of each member. A single member is the workspace root itself.
    members: &'static [(&'static str, &'static str)],
    /// Lines of a member's manifest that are replaced, to choose its default features.
    replaced: &'static [Replaced],
    /// Whether dev-dependencies go, and with them the tests and benches outside `src`: published crates leave out
    /// the fixtures they need.
    without_dev: bool,
    /// Members whose tests inside `src` need those dev-dependencies.
    untested: &'static [&'static str],
    /// The file that the edit scenario changes.
    pub(crate) edited: &'static str,
}

/// One array of a member's `[features]`, and what it becomes.
#[derive(Debug)]
struct Replaced {
    member: &'static str,
    feature: &'static str,
    value: &'static str,
}

pub(crate) const WORKLOADS: &[Workload] = &[
    Workload {
        name: "ripgrep",
        members: &[
            ("ripgrep", "15.1.0"),
            ("globset", "0.4.18"),
            ("grep", "0.4.1"),
            ("grep-cli", "0.1.12"),
            ("grep-matcher", "0.1.8"),
            ("grep-pcre2", "0.1.9"),
            ("grep-printer", "0.3.1"),
            ("grep-regex", "0.1.14"),
            ("grep-searcher", "0.1.16"),
            ("ignore", "0.4.24"),
        ],
        replaced: &[],
        without_dev: false,
        untested: &[],
        edited: "crates/grep-printer/src/lib.rs",
    },
    Workload {
        name: "bat",
        members: &[("bat", "0.26.1")],
        replaced: &[],
        without_dev: false,
        untested: &[],
        edited: "src/lib.rs",
    },
    Workload {
        name: "gix",
        members: GIX,
        // Without the database behind the query tool, the terminal interface and HTTP, which would bring more foreign
        // C code than members' Rust.
        replaced: &[Replaced {
            member: "gitoxide",
            feature: "default",
            value: r#"["hashes", "fast", "pretty-cli", "gitoxide-core-tools", "prodash-render-line"]"#,
        }],
        without_dev: true,
        untested: GIX_UNTESTED,
        edited: "crates/gix/src/lib.rs",
    },
    // Says whether the benchmark itself works, in seconds.
    Workload {
        name: "smoke",
        members: &[
            ("anyhow", "1.0.105"),
            ("cfg-if", "1.0.5"),
            ("itoa", "1.0.19"),
            ("ryu", "1.0.23"),
            ("scopeguard", "1.2.0"),
        ],
        replaced: &[],
        without_dev: true,
        untested: &[],
        edited: "crates/itoa/src/lib.rs",
    },
];

/// The workspace of gitoxide: its program, and the libraries this program is made of.
const GIX: &[(&str, &str)] = &[
    ("gitoxide", "0.61.0"),
    ("gitoxide-core", "0.64.0"),
    ("gix", "0.90.0"),
    ("gix-actor", "0.44.1"),
    ("gix-archive", "0.39.0"),
    ("gix-attributes", "0.37.1"),
    ("gix-bitmap", "0.6.1"),
    ("gix-blame", "0.20.0"),
    ("gix-chunk", "0.10.1"),
    ("gix-command", "0.12.1"),
    ("gix-commitgraph", "0.42.0"),
    ("gix-config", "0.62.2"),
    ("gix-config-value", "0.21.1"),
    ("gix-credentials", "0.42.1"),
    ("gix-date", "0.18.1"),
    ("gix-diff", "0.70.0"),
    ("gix-dir", "0.32.0"),
    ("gix-discover", "0.57.1"),
    ("gix-error", "0.5.2"),
    ("gix-filter", "0.36.1"),
    ("gix-fs", "0.24.1"),
    ("gix-fsck", "0.27.1"),
    ("gix-glob", "0.29.1"),
    ("gix-hash", "0.28.1"),
    ("gix-hashtable", "0.18.1"),
    ("gix-ignore", "0.24.1"),
    ("gix-imara-diff", "0.3.3"),
    ("gix-index", "0.58.0"),
    ("gix-lock", "26.0.1"),
    ("gix-macros", "0.2.1"),
    ("gix-mailmap", "0.36.1"),
    ("gix-merge", "0.23.0"),
    ("gix-negotiate", "0.38.0"),
    ("gix-note", "0.3.1"),
    ("gix-object", "0.66.1"),
    ("gix-odb", "0.87.0"),
    ("gix-pack", "0.77.0"),
    ("gix-packetline", "0.24.1"),
    ("gix-parallel", "0.50.1"),
    ("gix-path", "0.14.1"),
    ("gix-pathspec", "0.22.1"),
    ("gix-prompt", "0.19.1"),
    ("gix-protocol", "0.68.0"),
    ("gix-quote", "0.10.1"),
    ("gix-ref", "0.69.1"),
    ("gix-refspec", "0.47.1"),
    ("gix-revision", "0.52.0"),
    ("gix-revwalk", "0.38.0"),
    ("gix-sec", "0.16.1"),
    ("gix-shallow", "0.15.1"),
    ("gix-status", "0.37.0"),
    ("gix-submodule", "0.36.1"),
    ("gix-tempfile", "26.0.1"),
    ("gix-trace", "0.3.1"),
    ("gix-transport", "0.62.0"),
    ("gix-traverse", "0.64.0"),
    ("gix-url", "0.40.1"),
    ("gix-utils", "0.5.2"),
    ("gix-validate", "0.13.1"),
    ("gix-worktree", "0.59.0"),
    ("gix-worktree-state", "0.37.0"),
    ("gix-worktree-stream", "0.39.0"),
    ("gix-zlib", "0.4.0"),
    ("prodash", "31.0.1"),
];

const GIX_UNTESTED: &[&str] = &[
    "gix",
    "gix-actor",
    "gix-blame",
    "gix-command",
    "gix-config",
    "gix-credentials",
    "gix-diff",
    "gix-discover",
    "gix-imara-diff",
    "gix-index",
    "gix-lock",
    "gix-object",
    "gix-pack",
    "gix-path",
    "gix-ref",
    "gix-tempfile",
    "gix-transport",
    "gix-url",
    "gix-worktree",
    "gix-worktree-state",
];

/// Prepares `workload` below `bench_dir` unless that has been done, and returns its folder.
pub(crate) fn prepare(workload: &Workload, bench_dir: &Path, relock: bool) -> Result<PathBuf> {
    let sources = bench_dir.join("sources");
    let dir = sources.join(workload.name);
    let stamp_file = sources.join(format!("{}.stamp", workload.name));
    let lock_file = lock_file(workload);
    let lock = fs::read_to_string(&lock_file).unwrap_or_default();
    let stamp = format!("{workload:?}\n{lock}");
    if !relock && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok(dir);
    }
    eprintln!("preparing {} in {}", workload.name, dir.display());
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir)?;
    let published = fetch(workload, &sources.join(format!("{}.fetch", workload.name)))?;
    for (name, _) in workload.members {
        copy_sources(&published[*name], &member_dir(workload, &dir, name))?;
        adapt_manifest(workload, name, &member_dir(workload, &dir, name).join("Cargo.toml"))?;
    }
    if !workload.is_single() {
        fs::write(dir.join("Cargo.toml"), root_manifest(workload))?;
        for (name, _) in workload.members {
            let _ = fs::remove_file(member_dir(workload, &dir, name).join("Cargo.lock"));
        }
    }
    pin(&dir, &lock_file, &lock, relock)?;
    fs::write(&stamp_file, format!("{workload:?}\n{}", fs::read_to_string(&lock_file)?))?;
    Ok(dir)
}

impl Workload {
    fn is_single(&self) -> bool {
        self.members.len() == 1
    }
}

fn lock_file(workload: &Workload) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/builds/locks").join(format!("{}.lock", workload.name))
}

fn member_dir(workload: &Workload, dir: &Path, member: &str) -> PathBuf {
    if workload.is_single() { dir.to_owned() } else { dir.join("crates").join(member) }
}

/// Lets cargo fetch every member, and returns where its registry keeps each one.
fn fetch(workload: &Workload, scratch: &Path) -> Result<HashMap<String, PathBuf>> {
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(scratch.join("src/lib.rs"), "")?;
    let mut manifest =
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n"
            .to_owned();
    for (name, version) in workload.members {
        manifest += &format!("{name} = {{ version = \"={version}\", default-features = false }}\n");
    }
    fs::write(scratch.join("Cargo.toml"), manifest)?;
    cargo(scratch, &["fetch", "--quiet"])?;
    // Metadata leaves out dependencies that are programs only, but they lie beside the others.
    let metadata: Value = serde_json::from_slice(&cargo(scratch, &["metadata", "--format-version", "1"])?)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let registries: BTreeSet<&Path> = packages
        .iter()
        .filter_map(|package| Path::new(package["manifest_path"].as_str()?).parent()?.parent())
        .collect();
    let mut found = HashMap::new();
    for (name, version) in workload.members {
        let folder = registries
            .iter()
            .map(|registry| registry.join(format!("{name}-{version}")))
            .find(|folder| folder.is_dir())
            .ok_or_else(|| format!("cargo did not fetch {name} {version}"))?;
        found.insert((*name).to_owned(), folder);
    }
    fs::remove_dir_all(scratch)?;
    Ok(found)
}

/// Copies a published package without the files that cargo added when it was packed and unpacked.
fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_str(), Some("Cargo.toml.orig" | ".cargo_vcs_info.json" | ".cargo-ok")) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_sources(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

/// Makes a published manifest one of a member: no profiles, the wished features, perhaps no dev-dependencies.
///
/// Published manifests are written by cargo in one form, a table a section, so lines are all there is to read.
fn adapt_manifest(workload: &Workload, member: &str, path: &Path) -> Result<()> {
    let manifest = fs::read_to_string(path)?;
    let mut features: Vec<_> =
        workload.replaced.iter().filter(|replaced| replaced.member == member).collect();
    let mut adapted = String::new();
    let mut section = String::new();
    let mut skipping_value = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
        }
        if skipping_value {
            skipping_value = line != "]";
            continue;
        }
        if is_dropped(workload, &section) {
            continue;
        }
        let feature = |replaced: &&Replaced| {
            section == "features" && line.starts_with(&format!("{} = [", replaced.feature))
        };
        let untested = section == "lib" && workload.untested.contains(&member);
        if untested && line.starts_with("test = ") {
            continue;
        }
        if untested && line == "[lib]" {
            adapted += "[lib]\ntest = false\n";
            continue;
        }
        if let Some(at) = features.iter().position(feature) {
            let replaced = features.remove(at);
            adapted += &format!("{} = {}\n", replaced.feature, replaced.value);
            skipping_value = !line.ends_with(']');
            continue;
        }
        adapted += line;
        adapted.push('\n');
    }
    if let Some(replaced) = features.first() {
        return failed(format!("{member} has no feature {}", replaced.feature));
    }
    if workload.is_single() && !manifest.contains("\n[workspace]") {
        // Otherwise cargo would look for a workspace in the folders above.
        adapted += "\n[workspace]\n";
    }
    fs::write(path, adapted)?;
    Ok(())
}

fn is_dropped(workload: &Workload, section: &str) -> bool {
    let dev = section == "dev-dependencies"
        || section.starts_with("dev-dependencies.")
        || section.contains(".dev-dependencies")
        || matches!(section, "test" | "bench" | "example");
    // Cargo heeds profiles in the root manifest only.
    let profile = section.starts_with("profile.") && !workload.is_single();
    (dev && workload.without_dev) || profile
}

/// Joins the members: each one takes the place of the published package of its name.
fn root_manifest(workload: &Workload) -> String {
    let mut manifest =
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[patch.crates-io]\n".to_owned();
    for (name, _) in workload.members {
        manifest += &format!("{name} = {{ path = \"crates/{name}\" }}\n");
    }
    manifest
}

/// Puts the lock file of the project in place, or makes it, and fetches what it names.
fn pin(dir: &Path, lock_file: &Path, lock: &str, relock: bool) -> Result<()> {
    if relock || lock.is_empty() {
        cargo(dir, &["metadata", "--format-version", "1"])?;
        fs::copy(dir.join("Cargo.lock"), lock_file)?;
        eprintln!("wrote {}", lock_file.display());
    } else {
        fs::write(dir.join("Cargo.lock"), lock)?;
    }
    cargo(dir, &["fetch", "--locked", "--quiet"])?;
    Ok(())
}

fn cargo(dir: &Path, args: &[&str]) -> Result<Vec<u8>> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program).args(args).current_dir(dir).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    failed(format!("failed to run `cargo {}` in {}\n{stderr}", args.join(" "), dir.display()))
}
