//! Finds the role of this process and calls it.

use std::process::ExitCode;

use cargo_kache::invocation::Invocation;
use cargo_kache::{cli, script, wrapper};

fn main() -> ExitCode {
    let this_program = std::env::current_exe().ok();
    match Invocation::decide(std::env::args_os().collect(), rustc().as_deref(), this_program.as_deref()) {
        Invocation::Wrapper(call) => wrapper::run(call),
        Invocation::Script(call) => script::run(call),
        Invocation::Cli(arguments) => cli::run(arguments),
    }
}

#[expect(clippy::disallowed_methods, reason = "the role is decided before settings are read")]
fn rustc() -> Option<std::ffi::OsString> {
    std::env::var_os("RUSTC")
}
