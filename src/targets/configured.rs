//! Target and build directories that cargo's settings name.
//!
//! Owns how a workspace's settings become paths. Says nothing about what lies there: that is for [`super::find`].
//!
//! | | variable | key |
//! |---|---|---|
//! | target directory | `CARGO_TARGET_DIR`, `CARGO_BUILD_TARGET_DIR` | `build.target-dir` |
//! | build directory | `CARGO_BUILD_BUILD_DIR` | `build.build-dir`, with `{workspace-root}` and the like |
//!
//! All of them count, not only the one that wins today: each may have been built in. `--target-dir` of earlier runs is
//! not known.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo_config::CargoConfig;
use crate::env::{self, Env};

/// What stands for the folder of the workspace.
const ROOT: &str = "{workspace-root}";
/// What stands for cargo's home.
const HOME: &str = "{cargo-cache-home}";
/// What stands for a number that only cargo can compute.
const HASH: &str = "{workspace-path-hash}";

/// Returns the directories that the settings of a workspace name. They need not exist.
pub(super) fn directories(env: &Env, workspace: &Path) -> Vec<PathBuf> {
    let config = CargoConfig::new(env, workspace);
    let variable = |name| env.get(name).map(|value| workspace.join(value));
    let file = |key| config.file(&["build", key]).map(|text| text.root.join(text.value));
    let targets =
        [variable(env::CARGO_TARGET_DIR), variable(env::CARGO_BUILD_TARGET_DIR), file("target-dir")];
    let builds = [variable(env::CARGO_BUILD_BUILD_DIR), file("build-dir")];
    let builds = builds.into_iter().flatten().filter_map(|path| fill_in(env, &config, workspace, path));
    targets.into_iter().flatten().chain(builds).collect()
}

/// Puts values in the place of what stands for them.
fn fill_in(env: &Env, config: &CargoConfig, workspace: &Path, path: PathBuf) -> Option<PathBuf> {
    let Some(text) = path.to_str().filter(|text| text.contains('{')) else { return Some(path) };
    if text.contains(HASH) {
        return ask_cargo(env, workspace);
    }
    // A value that is a path of its own replaces what was put before it.
    let start = text.find(ROOT).or_else(|| text.find(HOME)).unwrap_or(0);
    let text = text[start..].replace(ROOT, workspace.to_str()?);
    let text = if text.contains(HOME) { text.replace(HOME, config.home()?.to_str()?) } else { text };
    (!text.contains('{')).then(|| PathBuf::from(text))
}

/// Has cargo say where it builds. Only a folder with a lock file is worth the question: others are members.
fn ask_cargo(env: &Env, workspace: &Path) -> Option<PathBuf> {
    if !workspace.join("Cargo.lock").is_file() {
        return None;
    }
    let mut cargo = Command::new(env.get(env::CARGO).unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]).current_dir(workspace);
    // No toolchain is fetched for a question.
    cargo.env("RUSTUP_AUTO_INSTALL", "0").stdin(Stdio::null()).stderr(Stdio::null());
    let answer: serde_json::Value = serde_json::from_slice(&cargo.output().ok()?.stdout).ok()?;
    Some(PathBuf::from(answer["build_directory"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs;

    #[test]
    fn variables_and_files_count_beside_each_other() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path();
        let workspace = base.join("ws");
        fs::create_dir_all(&workspace.join(".cargo")).unwrap();
        fs::write(&workspace.join(".cargo/config.toml"), "[build]\ntarget-dir = \"out\"\n").unwrap();
        fs::create_dir_all(&base.join(".cargo")).unwrap();
        let templated = "[build]\nbuild-dir = \"{cargo-cache-home}/build\"\n";
        fs::write(&base.join(".cargo/config.toml"), templated).unwrap();
        let home = base.join("home");
        let pairs = [
            ("CARGO_HOME", home.to_str().unwrap()),
            ("CARGO_TARGET_DIR", "/shared"),
            ("CARGO_BUILD_BUILD_DIR", "{workspace-root}/.build"),
        ];
        assert_eq!(
            directories(&Env::from_pairs(pairs), &workspace),
            [PathBuf::from("/shared"), workspace.join("out"), workspace.join(".build"), home.join("build")]
        );
        let unknown = [("CARGO_HOME", home.to_str().unwrap()), ("CARGO_BUILD_BUILD_DIR", "{new}/x")];
        assert_eq!(
            directories(&Env::from_pairs(unknown), &workspace),
            [workspace.join("out"), home.join("build")]
        );
    }
}
