//! Real launchers, between a program and a script that tell what they were given.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use super::*;

/// Tells its arguments, and all else that a program begins with.
const TELLER: &str = r#"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
extern char **environ;
int main(int argc, char **argv) {
    char line[8192];
    for (int i = 0; i < argc; i++) fwrite(argv[i], 1, strlen(argv[i]) + 1, stdout);
    printf("\n--\n");
    for (char **at = environ; *at; at++) puts(*at);
    puts(getcwd(line, sizeof line));
    for (int fd = 0; fd < 64; fd++) if (lseek(fd, 0, SEEK_CUR) >= 0) printf("fd %d\n", fd);
    FILE *status = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, status)) if (!strncmp(line, "SigBlk", 6) || !strncmp(line, "SigIgn", 6)) fputs(line, stdout);
    fflush(stdout);
    if (getenv("SIGNAL")) raise(atoi(getenv("SIGNAL")));
    return getenv("CODE") ? atoi(getenv("CODE")) : 0;
}
"#;

static COMPILED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let scratch = tempfile::tempdir().unwrap();
    let (source, program) = (scratch.path().join("teller.c"), scratch.path().join("teller"));
    fs::write(&source, TELLER).unwrap();
    let status = Command::new("cc").arg("-o").arg(&program).arg(source).status();
    assert!(status.expect("a C compiler is a prerequisite").success());
    fs::read(&program).unwrap()
});

/// Writes a program, as a process of its own would: nobody else that starts one now holds it open for writing.
fn install(path: &Path, bytes: &[u8]) {
    let source = tempfile::NamedTempFile::new().unwrap();
    fs::write(source.path(), bytes).unwrap();
    let status = Command::new("install").args(["-m", "755"]).arg(source.path()).arg(path).status();
    assert!(status.unwrap().success());
}

/// A directory with a launcher, and what it leads to.
struct Scene {
    program: PathBuf,
    script: PathBuf,
    place: PathBuf,
    _guard: tempfile::TempDir,
}

fn scene() -> Scene {
    scene_at(OsStr::new("x-1/"), OsStr::new("cargo-kache"), OsStr::new("build_script_build-1.script"))
}

/// As [`scene`], with these names: of the directory, the program and the script.
fn scene_at(directory: &OsStr, program: &OsStr, script: &OsStr) -> Scene {
    let guard = tempfile::tempdir().unwrap();
    let root = guard.path().canonicalize().unwrap();
    let directory = root.join(directory);
    fs::create_dir_all(&directory).unwrap();
    let (program, place) = (root.join(program), directory.join("build-script-build"));
    install(&place, &launcher(&program, script).expect("there are launchers here"));
    let script = directory.join(script);
    install(&program, &COMPILED);
    install(&script, &COMPILED);
    Scene { program, script, place, _guard: guard }
}

/// Runs `program` as something that tells, and returns its arguments and all else.
fn told(command: &mut Command) -> (Vec<OsString>, Vec<u8>, Output) {
    let output = command.output().expect("it starts");
    let at = memmem::find(&output.stdout, b"\n--\n").unwrap_or_else(|| panic!("nothing told: {output:?}"));
    let words = output.stdout[..at].split_inclusive(|&byte| byte == 0);
    let words = words.map(|word| OsString::from_vec(word[..word.len() - 1].to_vec())).collect();
    (words, output.stdout[at..].to_vec(), output)
}

fn words(words: &[&dyn AsRef<OsStr>]) -> Vec<OsString> {
    words.iter().map(|word| word.as_ref().to_owned()).collect()
}

#[test]
fn the_program_is_told_what_to_run() {
    let scene = scene();
    let (given, ..) = told(Command::new(&scene.place).arg0("zero").args(["one", "", "two words"]));
    let (program, script, place) = (&scene.program, &scene.script, &scene.place);
    assert_eq!(
        given,
        words(&[program, &RUN_BUILD_SCRIPT, script, place, &"zero", &"one", &"", &"two words"])
    );
    let (given, ..) = told(&mut Command::new(place));
    assert_eq!(given, words(&[program, &RUN_BUILD_SCRIPT, script, place, place]));
}

#[test]
fn without_the_program_the_script_runs() {
    let scene = scene();
    for cannot_be_run in [true, false] {
        if cannot_be_run {
            fs::write(&scene.program, "#!/no/such/interpreter\n").unwrap();
        } else {
            fs::remove_file(&scene.program).unwrap();
        }
        let (given, ..) = told(Command::new(&scene.place).arg0("zero").args(["one", ""]));
        assert_eq!(given, words(&[&"zero", &"one", &""]));
        let (given, ..) = told(&mut Command::new(&scene.place));
        assert_eq!(given, words(&[&scene.place]));
    }
}

#[test]
fn without_both_it_says_so() {
    let scene = scene();
    fs::remove_file(&scene.program).unwrap();
    fs::remove_file(&scene.script).unwrap();
    let output = Command::new(&scene.place).output().unwrap();
    assert_eq!(output.status.code(), Some(127));
    assert_eq!(output.stdout, b"");
    let message = format!("error: failed to run `{}`: os error 2\n", scene.script.display());
    assert_eq!(String::from_utf8_lossy(&output.stderr), message);
    // A directory can't be run either.
    fs::create_dir_all(&scene.script).unwrap();
    let output = Command::new(&scene.place).output().unwrap();
    assert!(output.stderr.ends_with(b": os error 13\n"), "{output:?}");
}

#[test]
fn all_else_is_passed_on() {
    let scene = scene();
    let directory = tempfile::tempdir().unwrap();
    let with_all = |path: &Path| {
        let mut command = Command::new(path);
        command.env_clear().current_dir(directory.path());
        command
            .env(OsStr::from_bytes(b"ODD\xff"), OsStr::from_bytes(b"\xfe="))
            .env("EMPTY", "")
            .env("Z", "1");
        // SAFETY: these calls may be made between fork and exec.
        unsafe {
            command.pre_exec(|| {
                let mut blocked = std::mem::zeroed();
                libc::sigaddset(&raw mut blocked, libc::SIGUSR1);
                libc::sigprocmask(libc::SIG_BLOCK, &raw const blocked, std::ptr::null_mut());
                libc::signal(libc::SIGUSR2, libc::SIG_IGN);
                libc::dup2(libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC), 60);
                Ok(())
            });
        }
        told(&mut command).1
    };
    let plain = with_all(&scene.script);
    for part in [&b"ODD\xff=\xfe=\n"[..], b"\nfd 60\n", b"\nSigBlk:\t0000000000000200\n"] {
        assert!(memmem::find(&plain, part).is_some(), "{}", plain.escape_ascii());
    }
    assert_eq!(with_all(&scene.place), plain);
    fs::remove_file(&scene.program).unwrap();
    assert_eq!(with_all(&scene.place), plain);
}

#[test]
fn it_ends_as_the_program_ends() {
    let scene = scene();
    for _ in ["program", "script"] {
        assert_eq!(told(Command::new(&scene.place).env("CODE", "42")).2.status.code(), Some(42));
        assert_eq!(told(Command::new(&scene.place).env("SIGNAL", "9")).2.status.signal(), Some(9));
        fs::remove_file(&scene.program).unwrap();
    }
}

#[test]
fn names_may_be_odd() {
    let odd = |name: &'static [u8]| OsStr::from_bytes(name);
    let scene = scene_at(odd(b"a b\xff`\n/"), odd(b"pro gram\xfe"), odd(b"scr ipt\xfd$"));
    let argument = odd(b"\xff \x01");
    let (given, ..) = told(Command::new(&scene.place).arg(argument));
    let (program, script, place) = (&scene.program, &scene.script, &scene.place);
    assert_eq!(given, words(&[program, &RUN_BUILD_SCRIPT, script, place, place, &argument]));
    fs::remove_file(program).unwrap();
    assert_eq!(told(Command::new(place).arg(argument)).0, words(&[place, &argument]));
}

#[test]
fn many_arguments_fit() {
    let scene = scene();
    let many: Vec<OsString> = (0..1000).map(|number| format!("argument {number}").into()).collect();
    let (given, ..) = told(Command::new(&scene.place).args(&many));
    assert_eq!(given[5..], many);
    fs::remove_file(&scene.program).unwrap();
    assert_eq!(told(Command::new(&scene.place).args(&many)).0[1..], many);
}

/// The longest path that there is: of the script, of its directory and of the program.
#[test]
fn paths_may_be_long() {
    let longest = |root: &Path, end: usize| {
        let mut path = root.to_owned();
        while PATH - 1 - end - path.as_os_str().len() > 256 {
            path.push("d".repeat(200));
        }
        let rest = PATH - 2 - end - path.as_os_str().len();
        path.join("e".repeat(rest))
    };
    let guard = tempfile::tempdir().unwrap();
    let root = guard.path().canonicalize().unwrap();
    let name = "s".repeat(NAME - 1);
    let (directory, program) = (longest(&root, NAME), longest(&root, 0));
    fs::create_dir_all(&directory).unwrap();
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    let (script, place) = (directory.join(&name), directory.join("build-script-build"));
    assert_eq!([script.as_os_str().len(), program.as_os_str().len()], [PATH - 1; 2]);
    install(&place, &launcher(&program, OsStr::new(&name)).unwrap());
    install(&script, &COMPILED);
    assert_eq!(told(&mut Command::new(&place)).0, words(&[&place]));
    install(&program, &COMPILED);
    assert_eq!(
        told(&mut Command::new(&place)).0,
        words(&[&program, &RUN_BUILD_SCRIPT, &script, &place, &place])
    );
}

#[test]
fn the_directory_is_that_of_the_path_that_was_run() {
    let scene = scene();
    let directory = scene.place.parent().unwrap();
    let run = |name: &str, from: &Path| told(Command::new(name).current_dir(from)).0;
    // The search by `PATH` may find a name without any directory.
    let found =
        Command::new("sh").args(["-c", "PATH= exec build-script-build"]).current_dir(directory).output();
    let found = found.unwrap().stdout;
    let paths = b"\0./build_script_build-1.script\0build-script-build\0";
    assert!(memmem::find(&found, paths).is_some(), "{}", found.escape_ascii());
    let relative = run("./build-script-build", directory);
    assert_eq!(relative[2..4], ["./build_script_build-1.script", "./build-script-build"]);
    let below = run("x-1/build-script-build", directory.parent().unwrap());
    assert_eq!(below[2..4], ["x-1/build_script_build-1.script", "x-1/build-script-build"]);
}

#[test]
fn unusable_texts_make_no_launcher() {
    let (program, script) = (Path::new("/p"), OsStr::new("s"));
    let long = "n".repeat(NAME);
    assert!(launcher(program, script).is_some());
    for script in ["", "a/b", "a\0b", &*long] {
        assert_eq!(launcher(program, OsStr::new(script)), None, "{script:?}");
    }
    let long = format!("/{}", "p".repeat(PATH - 1));
    for program in ["", "p", "/a\0b", &*long] {
        assert_eq!(launcher(Path::new(program), script), None, "{program:?}");
    }
}

#[test]
fn launchers_are_small_and_known() {
    let scene = scene();
    let bytes = fs::read(&scene.place).unwrap();
    assert!(bytes.len() < 2048, "{}", bytes.len());
    assert!(is_launcher(&scene.place));
    assert!(!is_launcher(&scene.script));
    assert!(!is_launcher(Path::new("/no/such/file")));
    assert!(!is_launcher(scene.place.parent().unwrap()));
    for bytes in [&b""[..], &MAGIC[1..], PROGRAM, &bytes[..bytes.len() - 1]] {
        fs::write(&scene.script, bytes).unwrap();
        assert!(!is_launcher(&scene.script));
    }
}

#[test]
fn what_is_no_program_is_no_template() {
    assert!(Template::new(b"").is_none());
    assert!(Template::new(&PROGRAM[..100]).is_none());
    // A segment with memory behind it can't grow.
    let [_, in_memory] = Template::new(PROGRAM).unwrap().sizes;
    let mut program = PROGRAM.to_vec();
    let size = word(&program, in_memory).unwrap();
    put(&mut program, in_memory, size + 1).unwrap();
    assert!(Template::new(&program).is_none());
}
