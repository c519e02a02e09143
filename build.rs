//! Compiles what is embedded in the program: the library that notes which variables a compiler asks for, and the
//! launcher that takes the place of a build script.
//!
//! Each is one file without dependencies, so that the compiler alone makes it; see `src/trace/linux/hook/library.rs`
//! and `src/launcher/program.rs`. Where that is not possible, an empty file takes its place, and the program does
//! without: a build never fails for it.

#![expect(clippy::disallowed_methods, reason = "this is not the program")]

use std::path::PathBuf;
use std::process::Command;

/// Something to be embedded.
struct Product {
    /// The name of the file in the output directory.
    file: &'static str,
    /// What it is compiled from: the first file, which has the others as modules.
    sources: &'static [&'static str],
    /// What the program can't do without it.
    missed: &'static str,
    flags: &'static [&'static str],
    /// The flags for C libraries that the compiler would link itself.
    musl: &'static [&'static str],
}

const PRODUCTS: [Product; 2] = [
    Product {
        file: "hook.so",
        sources: &[
            "src/trace/linux/hook/library.rs",
            "src/trace/linux/hook/layout.rs",
            "src/trace/linux/hook/kernel.rs",
            "src/trace/linux/hook/machine.rs",
            "src/trace/linux/hook/paths.rs",
            "src/trace/linux/hook/programs.rs",
            "src/trace/linux/hook/tape.rs",
        ],
        missed: "variables that macros and build scripts read will not be told apart",
        flags: &["--crate-type=cdylib", "--crate-name=hook", "-Copt-level=3", "-Clink-arg=-nostdlib"],
        musl: &["-Ctarget-feature=-crt-static", "-Clink-self-contained=no"],
    },
    Product {
        file: "launcher",
        sources: &["src/launcher/program.rs", "src/launcher/layout.rs"],
        missed: "build scripts will always run",
        flags: &[
            "--crate-type=bin",
            "--crate-name=launcher",
            "-Copt-level=s",
            "-Cforce-unwind-tables=no",
            "-Crelocation-model=static",
            "-Ctarget-feature=+crt-static",
            "-Clink-arg=-nostdlib",
            "-Clink-arg=-nostartfiles",
            "-Clink-arg=-static",
            // Small: the parts lie in the file one behind the other, not each on a page.
            "-Crelro-level=off",
            "-Clink-arg=-Wl,-z,noseparate-code",
        ],
        musl: &["-Clink-self-contained=no"],
    },
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for product in PRODUCTS {
        for source in product.sources {
            println!("cargo::rerun-if-changed={source}");
        }
        if let Err(why) = product.compile() {
            println!("cargo::warning={}: {why}", product.missed);
            product.leave_out();
        }
    }
}

impl Product {
    /// Compiles for the target by the compiler itself, without any wrapper, and links against nothing: the same file
    /// serves systems of every C library.
    fn compile(&self) -> Result<(), String> {
        let (target, system, architecture) =
            (variable("TARGET"), variable("CARGO_CFG_TARGET_OS"), variable("CARGO_CFG_TARGET_ARCH"));
        if system != "linux" || !["x86_64", "aarch64"].contains(&&*architecture) {
            self.leave_out();
            return Ok(());
        }
        let mut command = Command::new(variable("RUSTC"));
        command.args(["--edition=2024", "--target", &target]).args(self.flags);
        command.args(["-Cpanic=abort", "-Ccodegen-units=1", "-Cstrip=symbols"]);
        command.arg("-Clink-arg=-Wl,--build-id=none");
        if variable("CARGO_CFG_TARGET_ENV") == "musl" {
            command.args(self.musl);
        }
        if architecture == "aarch64" {
            // Atomics in place: what would choose between them at run time wants to be set up first.
            command.arg("-Ctarget-feature=-outline-atomics");
        }
        if let Ok(linker) = std::env::var("RUSTC_LINKER") {
            command.arg(format!("-Clinker={linker}"));
        }
        let source = self.sources[0];
        let output = command.arg("-o").arg(self.path()).arg(source).output().map_err(|e| e.to_string())?;
        if output.status.success() {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(errors.lines().find(|line| line.starts_with("error")).unwrap_or("the compiler failed").to_owned())
    }

    /// Puts an empty file in its place.
    fn leave_out(&self) {
        std::fs::write(self.path(), "").expect("the output directory can be written");
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(variable("OUT_DIR")).join(self.file)
    }
}

/// Reads what cargo sets for every build script.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
