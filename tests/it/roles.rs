//! Roles: what is no compile passes through as it is, byte for byte.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::{Project, project};

fn rustc(p: &Project) -> PathBuf {
    let mut command = p.command(Path::new("rustc"));
    command.args(["--print", "sysroot"]);
    Path::new(p.run(command).stdout.trim_end()).join("bin/rustc")
}

/// Runs with a text on stdin.
fn output(mut command: Command, stdin: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who does not read it closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// Demands that a call through the program under test is what it is without.
#[track_caller]
fn assert_same(p: &Project, rustc: &Path, arguments: &[OsString], stdin: &str) -> Output {
    let mut plain = p.command(rustc);
    plain.args(arguments);
    let mut ours = p.command(Project::program());
    ours.arg(rustc).args(arguments);
    let (plain, ours) = (output(plain, stdin), output(ours, stdin));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&ours.stdout), text(&plain.stdout), "stdout of {arguments:?}");
    // A panic message of the compiler's names its thread.
    let without_ids = |bytes: &[u8]| {
        let text = text(bytes);
        text.lines()
            .filter(|line| !line.starts_with("thread "))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    assert_eq!(without_ids(&ours.stderr), without_ids(&plain.stderr), "stderr of {arguments:?}");
    assert_eq!(ours.status, plain.status, "status of {arguments:?}");
    ours
}

fn words(text: &str) -> Vec<OsString> {
    text.split_whitespace().map(OsString::from).collect()
}

#[test]
fn questions_pass_through() {
    let p = project().file("src/lib.rs", "").build();
    let rustc = rustc(&p);
    for (arguments, stdin) in [
        ("-vV", ""),
        ("-V", ""),
        ("--version --verbose", ""),
        ("--print sysroot", ""),
        ("--print=cfg", ""),
        ("--print cfg --print file-names --crate-type lib --crate-name foo -", ""),
        (
            "- --crate-name ___ --print=file-names --crate-type bin --crate-type rlib --print=sysroot --print=cfg",
            "",
        ),
        ("--print nonsense", ""),
        ("--print target-list --target nonsense", ""),
        ("--nonsense", ""),
        ("-C nonsense=1 -", ""),
        ("--explain E0001", ""),
        ("--explain E9999", ""),
        ("-W help", ""),
        ("-C help", ""),
        ("-", "fn main() { missing }"),
        ("- --crate-name good --emit metadata", "fn main() {}"),
        ("--crate-name bad - --error-format=json", "fn main() { let x: u8 = \"\"; }"),
        ("missing.rs", ""),
        ("", ""),
    ] {
        assert_same(&p, &rustc, &words(arguments), stdin);
    }
    assert!(p.path("libgood.rmeta").exists());
}

#[test]
fn arguments_that_are_no_text_are_the_compilers_business() {
    let p = project().file("src/lib.rs", "").build();
    let rustc = rustc(&p);
    let odd = OsString::from_vec(b"caf\xe9".to_vec());
    for head in [
        "--crate-name foo --crate-type lib src/lib.rs --emit metadata --cfg",
        "src/lib.rs --crate-type lib --out-dir",
        "-vV",
    ] {
        let mut arguments = words(head);
        arguments.push(odd.clone());
        assert_same(&p, &rustc, &arguments, "");
    }
}

#[test]
fn response_files_are_read_each_time() {
    let p = project().file("src/lib.rs", "pub fn a() -> u8 { 1 }").build();
    // Where the user maps paths, nobody else does: then the bytes are plain cargo's.
    let call = p.capture("build").remove("foo").unwrap().with("--remap-path-prefix=/none=/other");
    let file = p.beside("arguments");
    let arguments =
        call.words[1..].iter().map(|word| word.to_str().unwrap().to_owned() + "\n").collect::<String>();
    fs::write(&file, &arguments).unwrap();
    let mut through_file = call.clone();
    through_file.words.truncate(1);
    let through_file = through_file.with(format!("@{}", file.display()));
    for source in [
        "pub fn a() -> u8 { 1 }",
        "pub fn a() -> u8 { 2 }",
        "pub fn a() -> u8 { missing }",
        "pub fn a() -> u8 { 1 }",
    ] {
        p.write("src/lib.rs", source);
        call.wipe();
        let plain = p.run(through_file.plain());
        let expected = call.outputs();
        for _ in 0..2 {
            call.wipe();
            let ours = through_file.run(&p);
            assert_eq!((&ours.code, &ours.stdout, &ours.stderr), (&plain.code, &plain.stdout, &plain.stderr));
            assert_eq!(call.outputs(), expected);
        }
    }
    // The file itself changes.
    p.write("src/lib.rs", "#[cfg(feature = \"x\")] pub fn b() {}");
    call.wipe();
    through_file.run(&p).success();
    fs::write(&file, arguments + "--cfg\nfeature=\"x\"\n").unwrap();
    call.wipe();
    p.run(through_file.plain()).success();
    let expected = call.outputs();
    call.wipe();
    through_file.run(&p).success();
    assert_eq!(call.outputs(), expected);
}

#[test]
fn a_missing_compiler_is_said() {
    let p = project().file("src/lib.rs", "").build();
    for arguments in
        ["-vV", "--crate-name foo --crate-type lib src/lib.rs --emit dep-info,metadata,link --out-dir target"]
    {
        let mut command = p.command(Project::program());
        command.arg(p.path("no/rustc")).args(words(arguments));
        let run = p.run(command);
        run.exits(127);
        assert_eq!(run.stdout, "");
        let expected = format!(
            "error: failed to run `{}`\n\nCaused by:\n  No such file or directory (os error 2)\n",
            p.path("no/rustc").display()
        );
        assert_eq!(run.stderr, expected);
    }
}

#[test]
fn it_may_be_the_workspace_wrapper_too() {
    let mut p = project()
        .file("src/lib.rs", "pub const A: u8 = 1;")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::A) }")
        .build();
    p.set("RUSTC_WORKSPACE_WRAPPER", Project::program());
    p.exact("build").missed("foo");
    p.exact("build").hit("foo");
    p.assert_fresh("build");
    // Alone, it is the only wrapper there is.
    p.wipe();
    p.cargo("build").success().hit("foo");
    assert_eq!(p.run_program("foo"), "1\n");
}

#[test]
fn a_script_as_workspace_wrapper_is_run() {
    let mut p = project()
        .file("src/lib.rs", "pub const A: u8 = cfg!(odd) as u8;")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::A) }")
        .build();
    let script =
        p.write_script(p.beside("bin/odd"), "#!/bin/sh\nrustc=$1\nshift\nexec \"$rustc\" \"$@\" --cfg odd\n");
    p.set("RUSTC_WORKSPACE_WRAPPER", &script);
    p.exact("build").success();
    assert_eq!(p.run_program("foo"), "1\n");
    p.exact("build").success();
    assert_eq!(p.run_program("foo"), "1\n");
    p.assert_fresh("build");
    // Another script under the same name is another compiler.
    p.write_script(&script, "#!/bin/sh\nrustc=$1\nshift\nexec \"$rustc\" \"$@\"\n");
    p.exact("build").success();
    assert_eq!(p.run_program("foo"), "0\n");
}

#[test]
fn names_without_a_path_are_looked_up() {
    let mut p = project()
        .file("src/lib.rs", "pub const A: u8 = cfg!(odd) as u8;")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::A) }")
        .build();
    let rustc = rustc(&p);
    p.write_script(
        p.beside("bin/odd"),
        &format!(
            "#!/bin/sh\ncase $1 in */rustc|rustc) shift ;; esac\nexec \"{}\" \"$@\" --cfg odd\n",
            rustc.display()
        ),
    );
    let path = format!("{}:{}", p.beside("bin").display(), std::env::var("PATH").unwrap());
    p.set("PATH", path).set("RUSTC_WORKSPACE_WRAPPER", "odd");
    p.exact("build").success();
    assert_eq!(p.run_program("foo"), "1\n");
}

/// `build.rustc` in cargo's settings may hold any name; no variable tells us.
#[test]
fn a_compiler_of_another_name_is_a_compiler() {
    let mut p = project().file("src/main.rs", "fn main() { println!(\"{}\", cfg!(odd)) }").build();
    let rustc = rustc(&p);
    p.write_script(
        p.beside("bin/odd"),
        &format!("#!/bin/sh\nexec \"{}\" \"$@\" --cfg odd\n", rustc.display()),
    );
    let path = format!("{}:{}", p.beside("bin").display(), std::env::var("PATH").unwrap());
    p.set("PATH", path);
    for name in [p.beside("bin/odd").display().to_string(), "odd".to_owned()] {
        p.write(".cargo/config.toml", format!("[build]\nrustc = {name:?}\n"));
        p.exact("build").success();
        assert_eq!(p.run_program("foo"), "true\n");
    }
}
