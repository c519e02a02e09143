//! Looks that do not stop: they are in the trace as if they had, and programs find what they would find.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use object::read::elf::ElfFile64;
use object::{Object as _, ObjectSymbol as _};

use super::super::LIBRARY;
use super::{Scene, scene, user};
use crate::fs;
use crate::trace::{Access, Scope, Trace, spawn};

const LOOKS: &str = r#"
    #include <errno.h>
    #include <fcntl.h>
    #include <limits.h>
    #include <sys/stat.h>
    static void say(const char *what, const char *path, long result) {
        printf("%s %s %ld %d\n", what, path, result < 0 ? -1 : result > 0, result < 0 ? errno : 0);
    }
    static void look(const char *path) {
        struct stat s; char b[PATH_MAX];
        int fd = open(path, O_RDONLY | O_CLOEXEC); say("open", path, fd); if (fd >= 0) close(fd);
        fd = open(path, O_RDONLY | O_NOFOLLOW); say("open name", path, fd); if (fd >= 0) close(fd);
        memset(&s, 0, sizeof s); int r = stat(path, &s);
        say("stat", path, r); if (!r) printf("%o %ld\n", s.st_mode, (long)s.st_ino);
        memset(&s, 0, sizeof s); r = lstat(path, &s);
        say("lstat", path, r); if (!r) printf("%o %ld\n", s.st_mode, (long)s.st_size);
        say("access", path, access(path, R_OK)); say("access", path, access(path, X_OK));
        memset(b, 0, sizeof b); long n = readlink(path, b, 100); say("readlink", path, n); if (n > 0) puts(b);
        memset(b, 0, sizeof b); char *real = realpath(path, b);
        say("realpath", path, real ? 1 : -1); puts(b);
        real = realpath(path, 0); say("realpath", path, real ? 1 : -1); if (real) puts(real); free(real);
    }
"#;

impl Scene {
    /// Runs a program as it is, traced without the library.
    fn stopped(&self, line: &str) -> (Output, Trace) {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words).current_dir(&self.root).env_clear().envs(user(&[]));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut traced = spawn(&mut command, Scope::Files).expect("the program starts");
        let mut stdout = Vec::new();
        std::io::Read::read_to_end(traced.child.stdout.as_mut().unwrap(), &mut stdout).unwrap();
        let (status, trace) = traced.wait().expect("the program ends");
        (Output { status, stdout, stderr: Vec::new() }, trace)
    }

    /// Demands that a program says the same, and shows the same in its trace, with and without stops.
    fn same(&self, line: &str) {
        let (output, noted) = self.run(line, &user(&[]));
        let (expected, stopped) = self.stopped(line);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&expected.stdout));
        assert_eq!(noted.incomplete, stopped.incomplete);
        assert_eq!(differences(&accesses(&noted), &accesses(&stopped)), Vec::<String>::new());
        assert!(noted.stops < stopped.stops, "{} of {}", noted.stops, stopped.stops);
    }
}

/// What a trace shows, but for what the library itself looks at, and what names the process.
fn accesses(trace: &Trace) -> Vec<&Access> {
    let is_own = |path: &Path| path.strip_prefix("/proc").is_ok_and(|rest| !rest.starts_with("none"));
    trace.accesses.iter().filter(|access| !is_own(&access.path)).collect()
}

/// What only one of two traces shows.
fn differences(noted: &[&Access], stopped: &[&Access]) -> Vec<String> {
    let only = |these: &[&Access], others: &[&Access], name: &str| {
        let only = these.iter().filter(|access| !others.contains(access));
        only.map(|access| format!("{name}: {access:?}")).collect::<Vec<_>>()
    };
    [only(noted, stopped, "noted"), only(stopped, noted, "stopped")].concat()
}

#[test]
fn looks_are_what_they_would_be() {
    let paths = [
        "file",
        "./file",
        "folder",
        "folder/",
        "folder/deep/x",
        "folder/../file",
        "folder/./deep//x",
        "none",
        "none/x",
        "file/x",
        "file/",
        "link",
        "link/",
        "away",
        "away/deep/x",
        "broken",
        "loop",
        "absolute",
        "",
        ".",
        "..",
        "/",
        "/usr/bin/cc",
        "/none",
        "/usr/none/x",
        "folder/deep/../../link",
        "away/../file",
        "away/none",
        "link/none",
        "/proc/self/cwd/file",
        "/dev/null",
        "/proc/none",
    ];
    let calls = paths.map(|path| format!("look(\"{path}\");")).concat();
    let source = format!(
        "{LOOKS}int main(void) {{ {calls} chdir(\"folder\"); look(\"deep/x\"); look(\"../file\"); return 0; }}"
    );
    let scene = scene().c("main", &[], &source);
    fs::create_dir_all(&scene.root.join("folder/deep")).unwrap();
    fs::write(&scene.root.join("folder/deep/x"), "x").unwrap();
    fs::write(&scene.root.join("file"), "content").unwrap();
    for (to, link) in [("file", "link"), ("folder", "away"), ("gone", "broken"), ("loop", "loop")] {
        symlink(to, scene.root.join(link)).unwrap();
    }
    symlink(scene.root.join("file"), scene.root.join("absolute")).unwrap();
    scene.same("./main");
}

#[test]
fn what_the_tree_made_is_told_apart() {
    let source = "#include <fcntl.h>\n#include <sys/stat.h>\n\
        static void make(const char *p) { close(open(p, O_CREAT | O_WRONLY, 0666)); }\n\
        int main(void) { struct stat s;\n\
        stat(\"early\", &s); make(\"early\"); stat(\"early\", &s); close(open(\"early\", O_RDONLY));\n\
        make(\"late\"); close(open(\"late\", O_RDONLY)); unlink(\"late\"); stat(\"late\", &s);\n\
        close(open(\"given\", O_RDONLY)); rename(\"given\", \"moved\"); close(open(\"moved\", O_RDONLY));\n\
        symlink(\"other\", \"way\"); close(open(\"way\", O_RDONLY)); char b[5000]; realpath(\"way\", b);\n\
        if (fork() == 0) { close(open(\"early\", O_RDONLY)); make(\"child\"); _exit(0); }\n\
        wait(0); stat(\"child\", &s); unlink(\"early\"); unlink(\"child\"); unlink(\"way\"); rename(\"moved\", \"given\"); return 0; }";
    let scene = scene().c("main", &[], source);
    for name in ["given", "other"] {
        fs::write(&scene.root.join(name), name).unwrap();
    }
    scene.same("./main");
}

#[test]
fn compilers_are_followed() {
    let scene = scene();
    fs::create_dir_all(&scene.root.join("include")).unwrap();
    fs::write(&scene.root.join("include/own.h"), "#include <stdio.h>\n#include <stdlib.h>\n").unwrap();
    fs::write(&scene.root.join("x.c"), "#include \"own.h\"\nint x(void) { return puts(\"\"); }\n").unwrap();
    fs::write(&scene.root.join("cc.sh"), "exec cc -g -Iinclude -Inone -c x.c -o x.o\n").unwrap();
    let (output, noted) = scene.run("sh cc.sh", &user(&[]));
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    fs::remove_file(&scene.root.join("x.o")).unwrap();
    let (_, stopped) = scene.stopped("sh cc.sh");
    // Names of temporary files differ from run to run.
    let lasting = |trace| {
        let is_lasting =
            |access: &&Access| !access.path.starts_with("/tmp/") || access.path.starts_with(&scene.root);
        accesses(trace).into_iter().filter(is_lasting).collect::<Vec<_>>()
    };
    assert_eq!(differences(&lasting(&noted), &lasting(&stopped)), Vec::<String>::new());
    assert!(noted.stops * 3 < stopped.stops, "{} of {}", noted.stops, stopped.stops);
}

#[test]
fn programs_find_their_environment() {
    let source = "#include <spawn.h>\n#include <sys/wait.h>\nextern char **environ;\n\
        static void wait_for(int pid) { int s; waitpid(pid, &s, 0); printf(\"%d\\n\", s); }\n\
        int main(void) { setbuf(stdout, 0); pid_t p; char *a[] = {\"env\", 0}; char *e[] = {\"ONE=1\", 0}; char *none[] = {0};\n\
        system(\"env\");\n\
        posix_spawn(&p, \"/usr/bin/env\", 0, 0, a, e); wait_for(p);\n\
        posix_spawnp(&p, \"env\", 0, 0, a, environ); wait_for(p);\n\
        posix_spawnp(&p, \"env\", 0, 0, a, none); wait_for(p);\n\
        char *own[] = {\"LD_PRELOAD=\", \"B=2\", 0}; posix_spawn(&p, \"/usr/bin/env\", 0, 0, a, own); wait_for(p);\n\
        if (!(p = fork())) execve(\"/usr/bin/env\", a, e); wait_for(p);\n\
        if (!(p = fork())) execvpe(\"env\", a, e); wait_for(p);\n\
        if (!(p = fork())) execv(\"/usr/bin/env\", a); wait_for(p);\n\
        if (!(p = fork())) execvp(\"env\", a); wait_for(p);\n\
        if (!(p = fork())) { execlp(\"env\", \"env\", (char *)0); _exit(1); } wait_for(p);\n\
        if (!(p = fork())) { execvp(\"no-such-program\", a); _exit(9); } wait_for(p);\n\
        if (!(p = fork())) { execv(\"./own\", a); _exit(9); } wait_for(p);\n\
        if (!(p = fork())) { execv(\"./static\", a); _exit(9); } wait_for(p);\n\
        if (!(p = fork())) { execv(\"./script\", a); _exit(9); } wait_for(p);\n\
        if (!(p = vfork())) { execv(\"/usr/bin/env\", a); _exit(9); } wait_for(p);\n\
        return 0; }";
    let shows = "extern char **environ; int main(void) { for (char **e = environ; *e; e++) puts(*e); return system(\"env\"); }";
    let scene = scene().c("main", &[], source).c("own", &[], shows).c("static", &["-static"], shows);
    let script = scene.root.join("script");
    fs::write(&script, "#!/bin/sh\nenv\n").unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let mut variables = user(&[]);
    variables.sort();
    let (output, _) = scene.run("./main", &variables);
    let mut command = Command::new("./main");
    let plain = command.current_dir(&scene.root).env_clear().envs(user(&[])).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&plain.stdout));
    assert_eq!(String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&plain.stderr));
    assert!(String::from_utf8_lossy(&plain.stdout).matches("ZETA=26").count() > 8);
}

#[test]
fn more_than_the_tape_holds_is_not_lost() {
    const MANY: usize = 30_000;
    let source = format!(
        "#include <sys/stat.h>\nint main(void) {{ struct stat s; char p[200];\n\
         for (int i = 0; i < {MANY}; i++) {{ sprintf(p, \"a-name-that-takes-some-room-on-the-tape-%d\", i); stat(p, &s); }} return 0; }}"
    );
    let scene = scene().c("main", &[], &source);
    let (output, trace) = scene.run("./main", &user(&[]));
    assert!(output.status.success());
    let seen = trace.accesses.iter().filter(|access| access.path.starts_with(&scene.root) && access.absent);
    assert_eq!(seen.count(), MANY);
    assert!(trace.stops < MANY as u64 / 2, "{}", trace.stops);
}

#[test]
fn many_at_once_lose_nothing() {
    const EACH: usize = 3000;
    let source = format!(
        "#include <sys/stat.h>\nstatic void *looks(void *who) {{ struct stat s; char p[200];\n\
         for (int i = 0; i < {EACH}; i++) {{ sprintf(p, \"name-%d-%ld-%d\", getpid() & 1, (long)who, i); stat(p, &s); }} return 0; }}\n\
         int main(void) {{ pthread_t t[4]; for (long p = 1; p <= 3; p++) if (!fork()) {{ looks((void *)(10 + p)); _exit(0); }}\n\
         for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, looks, (void *)i);\n\
         for (int i = 0; i < 4; i++) pthread_join(t[i], 0); while (wait(0) > 0); return 0; }}"
    );
    let scene = scene().c("main", &[], &source);
    let (output, trace) = scene.run("./main", &user(&[]));
    assert!(output.status.success());
    let seen = trace.accesses.iter().filter(|access| access.path.starts_with(&scene.root) && access.absent);
    assert_eq!(seen.count(), 7 * EACH);
}

/// One library for all systems: what it needs, every C library has, and nobody's code for panics is asked for.
#[test]
fn the_library_needs_little() {
    let library = LIBRARY.to_vec();
    const KNOWN: &[&str] = &[
        "__errno_location",
        "bcmp",
        "close",
        "dl_iterate_phdr",
        "dlsym",
        "environ",
        "malloc",
        "memcmp",
        "memcpy",
        "memmove",
        "memset",
        "mmap",
        "munmap",
        "strlen",
    ];
    let library = ElfFile64::<object::Endianness>::parse(&*library).unwrap();
    let needed =
        library.dynamic_symbols().filter(|symbol| symbol.is_undefined()).map(|symbol| symbol.name().unwrap());
    for name in needed.filter(|name| !name.is_empty()) {
        assert!(KNOWN.contains(&name), "{name}");
    }
}
