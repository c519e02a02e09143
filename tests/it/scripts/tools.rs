//! What build scripts start: compilers, other builds, helpers of all kinds.

use std::path::Path;

use super::{first, looking, out_dir, restored, runs_again, scripted};
use crate::support::{Builder, Project, note};

/// Runs commands, which have to succeed.
const RUN: &str = "use std::process::Command; let out = std::env::var(\"OUT_DIR\").unwrap(); \
     let run = |c: &mut Command| assert!(c.status().unwrap().success(), \"{c:?}\"); \
     println!(\"cargo:rustc-env=SEEN=x\");\n";

/// A package whose script compiles `c/n.c` with these flags, and puts it into an archive that the program calls.
fn compiles_c(flags: &str) -> Builder {
    scripted(&format!(
        "{RUN} run(Command::new(\"cc\").args({flags:?}.split_whitespace()).args([\"-c\", \"c/n.c\", \"-o\"])\
         .arg(format!(\"{{out}}/n.o\")));\n\
         run(Command::new(\"ar\").arg(\"crs\").arg(format!(\"{{out}}/libn.a\")).arg(format!(\"{{out}}/n.o\")));\n\
         println!(\"cargo:rustc-link-search=native={{out}}\\ncargo:rustc-link-lib=static=n\");"
    ))
    .file("c/n.c", "#include \"n.h\"\nint n(void) { return N; }\n")
    .file("c/n.h", "#define N 1\n")
    .file("src/main.rs", "extern \"C\" { fn n() -> i32; } fn main() { println!(\"{}\", unsafe { n() }) }")
}

#[test]
fn a_c_library() {
    follows_c(&["-O0", "-O2 -ffunction-sections"]);
}

#[test]
fn a_c_library_with_debug_information() {
    follows_c(&["-g", "-O2 -g -ffunction-sections"]);
}

fn follows_c(all: &[&str]) {
    for flags in all {
        let p = compiles_c(flags).build();
        first(&p, "1");
        restored(&p, "1");
        p.write("c/n.h", "#define N 2\n");
        runs_again(&p, "2");
        p.write("c/n.h", "#define N 1\n");
        restored(&p, "1");
        p.assert_fresh("build");
        // No compiler is called in the second checkout.
        let other = p.checkout("somewhere/else/at a/place/project");
        other.exact("build").success().hit("foo run");
        assert_eq!(other.run_program("foo"), "1\n");
    }
}

#[test]
fn a_c_compiler_writes_its_place_down() {
    let p = compiles_c("-DN_FILE").build();
    p.write("c/n.c", "#include \"n.h\"\n#include <stdio.h>\nint n(void) { puts(PLACE); return N; }\n");
    p.replace("build.rs", "[\"-c\"", "[&*format!(\"-DPLACE=\\\"{out}\\\"\"), \"-c\"");
    p.exact("build").success().missed("foo run");
    p.exact("build").success().hit("foo run");
    let other = p.checkout("b");
    other.exact("build").success();
    assert_eq!(other.run_program("foo"), format!("1\n{}\n", out_dir(&other).display()));
}

#[test]
fn a_c_compiler_writes_the_date_down() {
    let p = compiles_c("-O0").build();
    p.write("c/n.c", "#include \"n.h\"\n#include <stdio.h>\nint n(void) { puts(__DATE__); return N; }\n");
    super::never_kept(&p, "time of its run");
}

#[test]
fn a_header_comes_to_shadow_another() {
    let p = compiles_c("-Iearly -Ilate").build();
    p.write("c/n.c", "#include <kache-n.h>\nint n(void) { return N; }\n");
    p.write("late/kache-n.h", "#define N 1\n");
    first(&p, "1");
    restored(&p, "1");
    p.write("early/kache-n.h", "#define N 2\n");
    runs_again(&p, "2");
    p.remove("early");
    restored(&p, "1");
}

#[test]
fn a_finder_of_packages() {
    let mut p = looking(
        "{ let found = std::process::Command::new(\"kache-pkg-config\").args([\"--libs\", \"thing\"]).output().unwrap(); \
         String::from_utf8(found.stdout).unwrap() }",
    )
    .build();
    p.write_script(
        "../bin/kache-pkg-config",
        "#!/bin/sh\nIFS=:\nfor d in $PKG_CONFIG_PATH; do [ -e $d/$2.pc ] && exec cat $d/$2.pc; done\nprintf none\n",
    );
    let usual = std::env::var("PATH").unwrap();
    p.set("PATH", format!("{}:{usual}", p.beside("bin").display()));
    p.set("PKG_CONFIG_PATH", format!("{}:{}", p.beside("one").display(), p.beside("two").display()));
    first(&p, "none");
    restored(&p, "none");
    p.write("../two/thing.pc", "-ltwo");
    runs_again(&p, "-ltwo");
    p.write("../one/thing.pc", "-lone");
    runs_again(&p, "-lone");
    restored(&p, "-lone");
    p.set("PKG_CONFIG_PATH", p.beside("two"));
    runs_again(&p, "-ltwo");
}

#[test]
fn a_build_within_a_build() {
    let p = scripted(&format!(
        "{RUN} run(Command::new(std::env::var_os(\"CARGO\").unwrap()).args([\"build\", \"--manifest-path\", \
         \"inner/Cargo.toml\", \"--target-dir\"]).arg(format!(\"{{out}}/inner\"))); \
         let told = Command::new(format!(\"{{out}}/inner/debug/inner\")).output().unwrap().stdout; \
         println!(\"cargo:rustc-env=SEEN={{}}\", String::from_utf8(told).unwrap());"
    ))
    .package("inner", "inner", "[workspace]\n")
    .file("inner/Cargo.lock", "version = 4\n\n[[package]]\nname = \"inner\"\nversion = \"0.1.0\"\n")
    .file("inner/src/main.rs", "fn main() { print!(\"one\") }")
    .build();
    for (round, says) in ["one", "one", "two"].into_iter().enumerate() {
        p.replace("inner/src/main.rs", "one", says);
        let run = p.wipe().wrapped("build");
        // Cargo writes into its home.
        run.success().not_recorded("foo run");
        assert_eq!(p.run_program("foo"), format!("{says}\n"), "{round}");
        assert!(!run.units.iter().any(|unit| unit.unit.package == "inner"), "{run}");
    }
    p.assert_fresh("build");
}

/// Asks the compiler, as `autocfg` does, whether it takes the code in `probe.rs`. `command` begins the call.
fn probes(command: &str) -> Project {
    scripted(&format!(
        "use std::process::{{Command, Stdio}}; use std::io::Write as _; \
         let out = std::env::var(\"OUT_DIR\").unwrap(); let code = std::fs::read(\"probe.rs\").unwrap(); \
         let rustc = std::env::var_os(\"RUSTC\").unwrap(); let wrapper = std::env::var_os(\"RUSTC_WRAPPER\"); \
         let mut probe = {command}; \
         probe.args([\"--crate-name\", \"probe\", \"--crate-type=lib\", \"--emit=metadata\", \"--out-dir\", &out, \"-\"]); \
         let mut probe = probe.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap(); \
         probe.stdin.take().unwrap().write_all(&code).unwrap(); \
         println!(\"cargo:rustc-env=SEEN={{}}\", probe.wait().unwrap().success());"
    ))
    .file("probe.rs", "pub fn f() {}")
    .build()
}

#[test]
fn a_probe_of_the_compiler() {
    for command in [
        "Command::new(rustc)",
        "match wrapper { Some(wrapper) => { let mut c = Command::new(wrapper); c.arg(rustc); c } None => Command::new(rustc) }",
    ] {
        let p = probes(command);
        let run = first(&p, "true");
        assert!(!run.units.iter().any(|unit| unit.unit.crate_name == "probe"), "{run}");
        restored(&p, "true");
        p.write("probe.rs", "pub fn f() { nonsense }");
        runs_again(&p, "false");
        p.write("probe.rs", "pub fn f() {}");
        restored(&p, "true");
    }
}

#[test]
fn the_version_of_the_compiler() {
    let p = looking(
        "String::from_utf8(std::process::Command::new(std::env::var_os(\"RUSTC\").unwrap()).arg(\"-V\") \
         .output().unwrap().stdout).unwrap().split(' ').next().unwrap().to_owned()",
    )
    .build();
    first(&p, "rustc");
    restored(&p, "rustc");
    p.checkout("b").exact("build").success().hit("foo run");
}

/// Compiles a C program beside the project. `None` if this machine can't.
fn helper(p: &Project, source: &str, flags: &[&str]) -> Option<std::path::PathBuf> {
    p.write("../c/helper.c", source);
    let program = p.beside("helper");
    let mut command = p.command(Path::new("cc"));
    command.arg(p.beside("c/helper.c")).args(flags).arg("-o").arg(&program);
    let run = p.run(command);
    if run.code != 0 {
        note(&format!("skipped: {run}"));
    }
    (run.code == 0).then_some(program)
}

/// The script tells what the helper says.
#[track_caller]
fn follows_a_helper(source: &str, flags: &[&str]) {
    let mut p = looking(
        "String::from_utf8(std::process::Command::new(std::env::var_os(\"LOOK_AT\").unwrap()).output().unwrap().stdout) \
         .unwrap()",
    )
    .file("x.txt", "one")
    .build();
    let Some(program) = helper(&p, source, flags) else { return };
    p.set("LOOK_AT", program);
    first(&p, "one");
    restored(&p, "one");
    p.write_unseen("x.txt", "two");
    runs_again(&p, "two");
    p.write("x.txt", "one");
    restored(&p, "one");
    // The helper itself.
    helper(&p, "#include <stdio.h>\nint main(void) { fputs(\"new\", stdout); return 0; }\n", &[]).unwrap();
    runs_again(&p, "new");
}

const READS: &str = "#include <fcntl.h>\n#include <unistd.h>\n\
    int main(void) { char all[9]; int f = open(\"x.txt\", O_RDONLY); long n = read(f, all, 9); return write(1, all, n) != n; }\n";

const READS_RAW: &str = "#include <fcntl.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n\
    int main(void) { char all[9]; long f = syscall(SYS_openat, AT_FDCWD, \"x.txt\", O_RDONLY); \
    long n = syscall(SYS_read, f, all, 9); return syscall(SYS_write, 1, all, n) != n; }\n";

const OPENS_ANEW: &str = "#include <fcntl.h>\n#include <unistd.h>\n#include <linux/openat2.h>\n#include <sys/syscall.h>\n\
    int main(void) { char all[9]; struct open_how how = { .flags = O_RDONLY }; \
    long f = syscall(SYS_openat2, AT_FDCWD, \"x.txt\", &how, sizeof how); \
    long n = read(f, all, 9); return write(1, all, n) != n; }\n";

const VFORKS: &str = "#include <unistd.h>\n#include <sys/wait.h>\n\
    int main(void) { int s; if (!vfork()) { execlp(\"cat\", \"cat\", \"x.txt\", (char *)0); _exit(1); } wait(&s); return s; }\n";

const MAPS: &str = "#include <fcntl.h>\n#include <unistd.h>\n#include <sys/mman.h>\n\
    int main(void) { char *all = mmap(0, 3, PROT_READ, MAP_PRIVATE, open(\"x.txt\", O_RDONLY), 0); \
    return write(1, all, 3) != 3; }\n";

#[test]
fn a_helper() {
    follows_a_helper(READS, &[]);
}

#[test]
fn a_static_helper() {
    follows_a_helper(READS, &["-static"]);
}

#[test]
fn a_helper_that_calls_the_kernel_itself() {
    follows_a_helper(READS_RAW, &[]);
}

#[test]
fn a_helper_that_opens_by_the_newest_call() {
    follows_a_helper(OPENS_ANEW, &["-static"]);
}

#[test]
fn a_helper_that_starts_another() {
    follows_a_helper(VFORKS, &[]);
}

#[test]
fn a_helper_that_maps_its_file() {
    follows_a_helper(MAPS, &[]);
}

#[test]
fn a_script_in_threads() {
    let p = looking(
        "(0..8).map(|n| std::thread::spawn(move || std::fs::read_to_string(format!(\"t/{n}\")).unwrap())) \
         .collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()",
    )
    .build();
    for n in 0..8 {
        p.write(format!("t/{n}"), n.to_string());
    }
    first(&p, "01234567");
    restored(&p, "01234567");
    p.write_unseen("t/5", "x");
    runs_again(&p, "01234x67");
}

#[test]
fn a_shell_pipeline() {
    let p = looking(
        "String::from_utf8(std::process::Command::new(\"sh\").args([\"-c\", \
         \"cat a.txt b.txt | tr a-z A-Z > $OUT_DIR/all; rm -f $OUT_DIR/none; cat < $OUT_DIR/all\"]) \
         .output().unwrap().stdout).unwrap()",
    )
    .file("a.txt", "a")
    .file("b.txt", "b")
    .build();
    first(&p, "AB");
    restored(&p, "AB");
    p.write_unseen("b.txt", "c");
    runs_again(&p, "AC");
}

/// As the scripts of many packages: a description that another package's script has made.
#[test]
fn a_file_of_another_package_s_script() {
    let p =
        looking("std::fs::read_to_string(std::env::var(\"DEP_NATIVE_ROOT\").unwrap() + \"/made\").unwrap()")
            .root("[dependencies]\nsys = { path = \"sys\" }\n")
            .package("sys", "sys", "links = \"native\"\n")
            .file("sys/src/lib.rs", "")
            .file(
                "sys/build.rs",
                "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap(); println!(\"cargo:root={out}\"); \
             std::fs::copy(\"x\", out + \"/made\").unwrap(); }",
            )
            .file("sys/x", "one")
            .build();
    first(&p, "one").missed("sys run");
    restored(&p, "one").hit("sys run");
    p.write("sys/x", "two");
    runs_again(&p, "two").missed("sys run");
    let other = p.checkout("somewhere/else");
    other.exact("build").success().hit("sys run").hit("foo run");
    assert_eq!(other.run_program("foo"), "two\n");
}

/// Cargo notes there what is in use; no build depends on it.
#[test]
fn the_books_of_cargo_itself() {
    let p = scripted(
        "let home = std::env::var(\"LOOK_HOME\").unwrap(); use std::io::Write as _; \
         let open = |name: &str| std::fs::OpenOptions::new().create(true).append(true).open(format!(\"{home}/{name}\")); \
         for name in [\".global-cache\", \".package-cache\"] { open(name).unwrap().write_all(b\"x\").unwrap(); } \
         println!(\"cargo:rustc-env=SEEN=x\");",
    );
    let mut p = p.build();
    let home = p.beside("cargo home");
    std::fs::create_dir(&home).unwrap();
    p.set("CARGO_HOME", &home).set("LOOK_HOME", &home);
    first(&p, "x");
    restored(&p, "x");
}
