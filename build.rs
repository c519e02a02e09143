//! Compiles the library that notes which variables a compiler asks for, to be embedded in the program.
//!
//! The library is one file without dependencies, so that the compiler alone makes it; see
//! `src/trace/linux/hook/library.rs`. Where that is not possible, an empty file takes its place, and the program does
//! without: a build never fails for it.

#![expect(clippy::disallowed_methods, reason = "this is not the program")]

use std::path::{Path, PathBuf};
use std::process::Command;

const LIBRARY: &str = "src/trace/linux/hook/library.rs";
const LAYOUT: &str = "src/trace/linux/hook/layout.rs";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={LIBRARY}");
    println!("cargo::rerun-if-changed={LAYOUT}");
    let out = PathBuf::from(variable("OUT_DIR")).join("hook.so");
    if let Err(why) = compile(&out) {
        println!("cargo::warning=variables that macros read will not be told apart: {why}");
        std::fs::write(&out, "").expect("the output directory can be written");
    }
}

/// Compiles for the target by the compiler itself, without any wrapper, and links against nothing: the same library
/// serves programs of every C library.
fn compile(out: &Path) -> Result<(), String> {
    let (target, system, architecture) =
        (variable("TARGET"), variable("CARGO_CFG_TARGET_OS"), variable("CARGO_CFG_TARGET_ARCH"));
    if system != "linux" || !["x86_64", "aarch64"].contains(&&*architecture) {
        return std::fs::write(out, "").map_err(|e| e.to_string());
    }
    let mut command = Command::new(variable("RUSTC"));
    command.args(["--edition=2024", "--crate-type=cdylib", "--crate-name=hook", "--target", &target]);
    command.args(["-Cpanic=abort", "-Copt-level=3", "-Ccodegen-units=1", "-Cstrip=symbols"]);
    command.args(["-Clink-arg=-nostdlib", "-Clink-arg=-Wl,--build-id=none"]);
    if variable("CARGO_CFG_TARGET_ENV") == "musl" {
        command.args(["-Ctarget-feature=-crt-static", "-Clink-self-contained=no"]);
    }
    if architecture == "aarch64" {
        // Atomics in place: what would choose between them at run time wants to be set up first.
        command.arg("-Ctarget-feature=-outline-atomics");
    }
    if let Ok(linker) = std::env::var("RUSTC_LINKER") {
        command.arg(format!("-Clinker={linker}"));
    }
    let output = command.arg("-o").arg(out).arg(LIBRARY).output().map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(errors.lines().find(|line| line.starts_with("error")).unwrap_or("the compiler failed").to_owned())
}

/// Reads what cargo sets for every build script.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
