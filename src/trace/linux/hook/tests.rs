//! Small C programs, looked into.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

mod tape;

use crate::trace::{Access, Object, Scope, Trace, Variables, spawn, spawn_with};

/// A scratch directory with programs.
struct Scene {
    root: PathBuf,
    _guard: tempfile::TempDir,
}

fn scene() -> Scene {
    let guard = tempfile::tempdir().expect("a scratch directory");
    Scene { root: guard.path().canonicalize().expect("it is there"), _guard: guard }
}

const HEADERS: &str = "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <pthread.h>\n#include <stdio.h>\n\
     #include <stdlib.h>\n#include <string.h>\n#include <sys/wait.h>\n#include <unistd.h>\n";

/// Variables as a user may have them.
fn user(more: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    let path = std::env::vars_os().find(|(name, _)| name == "PATH").expect("there are programs");
    let pairs = [("ZETA", "26"), ("ALPHA", ""), ("EMPTY=", "odd")].iter().chain(more);
    pairs.map(|(name, value)| (name.into(), value.into())).chain([path]).collect()
}

impl Scene {
    /// Compiles C source to a program or, with `-shared`, to a library.
    fn c(self, name: &str, flags: &[&str], source: &str) -> Self {
        let file = self.root.join(format!("{name}.c"));
        crate::fs::write(&file, format!("{HEADERS}{source}")).unwrap();
        let mut cc = Command::new("cc");
        cc.args(["-fPIC", "-o", name]).arg(file).args(flags).args(["-ldl", "-pthread"]);
        assert!(cc.current_dir(&self.root).status().expect("a C compiler is a prerequisite").success());
        self
    }

    /// Runs a program, looked into.
    fn run(&self, line: &str, variables: &[(OsString, OsString)]) -> (Output, Trace) {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words).current_dir(&self.root).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut traced = spawn_with(&mut command, Some(variables.to_vec())).expect("the program starts");
        let read = |from: Option<&mut dyn std::io::Read>| {
            let mut bytes = Vec::new();
            from.expect("it is piped").read_to_end(&mut bytes).expect("it can be read");
            bytes
        };
        let stdout = read(traced.child.stdout.as_mut().map(|pipe| pipe as _));
        let stderr = read(traced.child.stderr.as_mut().map(|pipe| pipe as _));
        let (status, trace) = traced.wait().expect("the program ends");
        (Output { status, stdout, stderr }, trace)
    }

    /// Runs a program that must succeed and be seen.
    fn seen(&self, line: &str) -> Variables {
        let (output, trace) = self.run(line, &user(&[]));
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        trace.variables.expect("it is seen")
    }

    /// Runs a program that must succeed and not be known.
    fn unseen(&self, line: &str) {
        let (output, trace) = self.run(line, &user(&[]));
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert_eq!(trace.variables, None);
    }
}

impl Variables {
    /// Tells what the object with this file name asked for.
    fn of(&self, name: &str) -> String {
        let object = self.objects.iter().find(|object| object.path.ends_with(name));
        let words = |object: &Object| {
            let asked = object.asked.iter().map(|name| name.to_str().unwrap()).collect::<Vec<_>>();
            format!("{}: {}", if object.is_early { "early" } else { "late" }, asked.join(" "))
        };
        object.map_or("nothing".to_owned(), words)
    }
}

/// A library that asks, and a program that loads it.
fn loads() -> Scene {
    let asks = "char *ask(void) { getenv(\"B\"); getenv(\"B\"); return secure_getenv(\"ZETA\"); }";
    scene().c("late.so", &["-shared"], asks).c(
        "main",
        &[],
        "int main(int n, char **v) { getenv(\"A\"); void *l = dlopen(\"./late.so\", RTLD_NOW); \
         char *(*ask)(void) = dlsym(l, \"ask\"); puts(ask()); if (n > 1) dlclose(l); return 0; }",
    )
}

#[test]
fn names_are_known_by_who_asks() {
    let scene = loads();
    let (output, trace) = scene.run("./main", &user(&[]));
    assert_eq!(output.stdout, b"26\n");
    let seen = trace.variables.expect("it is seen");
    assert_eq!(seen.program, scene.root.join("main"));
    assert_eq!(seen.of("main"), "early: A");
    assert_eq!(seen.of("late.so"), "late: B ZETA");
    assert!(seen.elsewhere.is_empty());
}

#[test]
fn what_was_unloaded_is_not_known() {
    loads().unseen("./main unload");
}

#[test]
fn an_end_that_is_no_exit_is_not_known() {
    scene().c("main", &[], "int main(void) { getenv(\"A\"); _exit(0); }").unseen("./main");
}

#[test]
fn a_fork_that_ends_twice_is_not_known() {
    let source = "int main(void) { if (fork() == 0) exit(0); wait(0); return 0; }";
    scene().c("main", &[], source).unseen("./main");
}

#[test]
fn static_programs_and_scripts_are_left_alone() {
    let scene = scene().c("main", &["-static"], "int main(void) { return getenv(\"LD_PRELOAD\") != 0; }");
    scene.unseen("./main");
    let script = scene.root.join("script");
    crate::fs::write(&script, "#!/bin/sh\n[ -z \"$LD_PRELOAD\" ]\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).unwrap();
    scene.unseen("./script");
}

#[test]
fn the_environment_is_what_it_would_be() {
    let library = loads();
    let preload = library.root.join("late.so");
    let own = [("LD_PRELOAD", preload.to_str().unwrap())];
    for own in [&own[..], &[("LD_PRELOAD", "")], &[]] {
        let variables = user(own);
        for line in ["env", "sh -c env", "env env"] {
            let (output, trace) = library.run(line, &variables);
            assert!(output.stderr.is_empty(), "{output:?}");
            // The others become another program on the way.
            assert_eq!(trace.variables.is_some(), line == "env");
            let mut command = Command::new(line.split(' ').next().unwrap());
            command.args(line.split(' ').skip(1)).current_dir(&library.root).env_clear();
            // `Command` sorts what it is given; the shell has an order of its own.
            let plain = command.envs(variables.iter().cloned()).output().unwrap();
            assert_eq!(lines(&output.stdout), lines(&plain.stdout), "{line}");
        }
        let (output, _) = library.run("env", &variables);
        let listed = String::from_utf8(output.stdout).unwrap();
        let mut expected =
            variables.iter().map(|(name, value)| [name, value].map(|text| text.to_str().unwrap()));
        assert!(
            listed.lines().all(|line| Some(line.to_owned()) == expected.next().map(|pair| pair.join("=")))
        );
        assert_eq!(expected.next(), None);
    }
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines = bytes.split(|&byte| byte == b'\n').collect::<Vec<_>>();
    lines.sort_unstable();
    lines
}

#[test]
fn what_lies_behind_the_list_stays_next_to_it() {
    // The auxiliary vector is found so by some.
    let source = "#include <elf.h>\n#include <sys/auxv.h>\nextern char **environ; \
         int main(int n, char **v, char **e) { if (e != environ) return 1; while (*e) e++; \
         for (Elf64_auxv_t *a = (void *)(e + 1); a->a_type; a++) \
         if (a->a_type == AT_PAGESZ) return a->a_un.a_val != getauxval(AT_PAGESZ); return 2; }";
    scene().c("main", &[], source).seen("./main");
}

#[test]
fn the_environment_as_a_file_shows_nothing_of_ours() {
    let (output, _) = scene().run("cat /proc/self/environ", &user(&[]));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("ZETA=26\0ALPHA=\0") && !text.contains("LD_PRELOAD") && !text.contains("/proc"));
}

#[test]
fn constructors_and_destructors_may_ask() {
    let source = "__attribute__((constructor)) void first(void) { getenv(\"FIRST\"); } \
         __attribute__((destructor)) void last(void) { getenv(\"LAST\"); } void use(void) {}";
    let scene = scene().c("libside.so", &["-shared"], source);
    let flags = ["-L.", "-lside", "-Wl,-rpath,$ORIGIN"];
    let main = "void use(void); int main(void) { use(); getenv(\"A\"); return 0; }";
    let seen = scene.c("main", &flags, main).seen("./main");
    assert_eq!(seen.of("main"), "early: A");
    assert!(["early: LAST", "early: FIRST LAST"].contains(&&*seen.of("libside.so")));
}

#[test]
fn answers_follow_changes() {
    let source = "int main(void) { setenv(\"ZETA\", \"1\", 1); if (strcmp(getenv(\"ZETA\"), \"1\")) return 1; \
         setenv(\"NEW\", \"2\", 1); if (strcmp(getenv(\"NEW\"), \"2\")) return 2; \
         unsetenv(\"ZETA\"); if (getenv(\"ZETA\")) return 3; clearenv(); return getenv(\"PATH\") != 0; }";
    assert_eq!(scene().c("main", &[], source).seen("./main").of("main"), "early: NEW PATH ZETA");
}

#[test]
fn threads_lose_no_name() {
    let source = "void *ask(void *a) { char name[16]; for (int i = 0; i < 6000; i++) { \
         sprintf(name, \"N%d\", i); getenv(name); } return 0; } \
         int main(void) { pthread_t t[8]; for (int i = 0; i < 8; i++) pthread_create(t + i, 0, ask, 0); \
         for (int i = 0; i < 8; i++) pthread_join(t[i], 0); return 0; }";
    let seen = scene().c("main", &[], source).seen("./main");
    let main = seen.objects.iter().find(|object| object.path.ends_with("main")).unwrap();
    let expected = (0..6000).map(|i| OsString::from(format!("N{i}"))).collect();
    assert_eq!(main.asked, expected);
}

#[test]
fn more_than_the_log_holds_is_not_known() {
    let source = "int main(void) { char name[16]; for (int i = 0; i < 60000; i++) { \
         sprintf(name, \"N%d\", i); if (getenv(name)) return 1; } return 0; }";
    scene().c("main", &[], source).unseen("./main");
    let source = "int main(void) { char *name = calloc(1, 700000); memset(name, 'a', 699999); \
         return getenv(name) != 0; }";
    scene().c("main", &[], source).unseen("./main");
}

#[test]
fn a_call_changes_no_error_number() {
    let source =
        "#include <errno.h>\nint main(void) { errno = 77; getenv(\"A\"); getenv(\"\"); return errno != 77; }";
    scene().c("main", &[], source).seen("./main");
}

#[test]
fn the_trace_shows_the_program_and_nothing_of_ours() {
    let scene = loads();
    let (_, with) = scene.run("./main", &user(&[]));
    let mut command = Command::new("./main");
    command.current_dir(&scene.root).env_clear().stdout(Stdio::null());
    let (_, without) = spawn(&mut command, Scope::Files).unwrap().wait().unwrap();
    assert_eq!(without.variables, None);
    let but_itself = |access: &&Access| access.path != std::path::Path::new("/proc/self/exe");
    let with = with.accesses.iter().filter(but_itself).collect::<Vec<_>>();
    assert_eq!(with, without.accesses.iter().collect::<Vec<_>>());
}

/// What asks the machine, as statements of C, and the name that stands for it.
const ASKS_MACHINE: &[(&str, &str)] = &[
    ("clock_gettime(CLOCK_REALTIME, &t)", "=clock"),
    ("clock_gettime(CLOCK_REALTIME_COARSE, &t)", "=clock"),
    ("clock_gettime(CLOCK_TAI, &t)", "=clock"),
    ("clock_gettime(CLOCK_MONOTONIC, &t)", ""),
    ("clock_gettime(CLOCK_MONOTONIC_COARSE, &t)", ""),
    ("clock_gettime(CLOCK_BOOTTIME, &t)", ""),
    ("clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t)", ""),
    ("clock_gettime(-6, &t)", ""),
    ("gettimeofday((void *)&t, 0)", "=clock"),
    ("time(0)", "=clock"),
    ("timespec_get(&t, TIME_UTC)", "=clock"),
    ("getrandom(b, 8, 0)", "=random"),
    ("getrandom(b, 8, GRND_NONBLOCK)", ""),
    ("getrandom(b, 8, 4)", ""),
    ("getentropy(b, 8)", "=random"),
    ("((int (*)(void))dlsym(RTLD_DEFAULT, \"arc4random\"))()", "=random"),
    ("((void (*)(char *, long))dlsym(RTLD_DEFAULT, \"arc4random_buf\"))(b, 8)", "=random"),
    ("((int (*)(int))dlsym(RTLD_DEFAULT, \"arc4random_uniform\"))(8)", "=random"),
    ("uname((void *)b)", "=host"),
    ("gethostname(b, 100)", "=host"),
    ("sysinfo((void *)b)", "=host"),
    ("getlogin()", "=host"),
    ("getlogin_r(b, 100)", "=host"),
    ("sched_getaffinity(0, 1000, (void *)b)", "=processors"),
    ("get_nprocs()", "=processors"),
    ("get_nprocs_conf()", "=processors"),
];

const MACHINE: &str = "#include <errno.h>\n#include <sched.h>\n#include <sys/random.h>\n#include <sys/syscall.h>\n#include <sys/sysinfo.h>\n\
     #include <sys/time.h>\n#include <sys/utsname.h>\n#include <time.h>\n";

#[test]
fn what_the_machine_is_asked_for_is_known_by_who_asks() {
    let cases = ASKS_MACHINE.iter().enumerate();
    let cases = cases.map(|(i, (asks, _))| format!("case {i}: {asks}; {asks}; break;")).collect::<String>();
    let body = format!(
        "{{ struct timespec t; char b[1000]; switch (n) {{ {cases} default: return 1; }} return 0; }}"
    );
    let main = "int ask(int n); int main(int n, char **v) { return ask(atoi(v[1])); }";
    let scene = scene().c("libside.so", &["-shared"], &format!("{MACHINE}int ask(int n) {body}"));
    let scene = scene.c("main", &["-L.", "-lside", "-Wl,-rpath,$ORIGIN"], main);
    for (i, (asks, name)) in ASKS_MACHINE.iter().enumerate() {
        let seen = scene.seen(&format!("./main {i}"));
        assert_eq!(seen.of("libside.so"), format!("early: {name}"), "{asks}");
        assert_eq!(seen.of("main"), "early: ");
    }
}

/// Returns 0 where the machine answers as the kernel does.
const ANSWERS: &str = r#"
    int answers(void) {
        struct timespec t = {0}, k = {0}; struct timeval v; struct utsname u, w; struct sysinfo s = {0}; time_t at;
        char b[512] = {0}, none[512] = {0};
        errno = 77;
        for (int id = 0; id < 12; id++) if (id < 8 || id == 11) {
            if (syscall(SYS_clock_gettime, id, &k) || clock_gettime(id, &t)) return 1 + id;
            if (t.tv_sec - k.tv_sec < 0 || t.tv_sec - k.tv_sec > 20) return 20 + id;
        }
        clock_gettime(CLOCK_REALTIME, &k);
        if (gettimeofday(&v, 0) || v.tv_sec - k.tv_sec < 0 || v.tv_sec - k.tv_sec > 20) return 40;
        if (time(&at) - k.tv_sec < -1 || time(0) - k.tv_sec > 20 || at - k.tv_sec < -1) return 41;
        if (timespec_get(&t, TIME_UTC) != TIME_UTC || t.tv_sec - k.tv_sec > 20 || timespec_get(&t, 99)) return 42;
        if (getrandom(b, 256, 0) != 256 || !memcmp(b, none, 256)) return 43;
        if (getentropy(b + 256, 256) || !memcmp(b + 256, none, 256) || !memcmp(b, b + 256, 256)) return 44;
        if (uname(&u) || syscall(SYS_uname, &w) || memcmp(&u, &w, sizeof u)) return 45;
        if (gethostname(b, 100) || strcmp(b, u.nodename)) return 46;
        if (sysinfo(&s) || s.totalram == 0) return 47;
        cpu_set_t asked, told; CPU_ZERO(&told); memset(&asked, 255, sizeof asked);
        if (sched_getaffinity(0, sizeof asked, &asked) || syscall(SYS_sched_getaffinity, 0, sizeof told, &told) <= 0) return 54;
        if (!CPU_EQUAL(&asked, &told) || get_nprocs() < CPU_COUNT(&told) || get_nprocs_conf() < get_nprocs()) return 55;
        if (errno != 77) return 48;
        if (clock_gettime(99, &t) != -1 || errno != EINVAL) return 49;
        if (getrandom(b, 8, 1 << 20) != -1 || errno != EINVAL) return 50;
        errno = 0;
        if (getentropy(b, 257) != -1 || errno != EIO) return 51;
        if (uname((void *)-1L) != -1 || errno != EFAULT) return 52;
        if (gethostname(b, 0) != -1 || errno == EFAULT) return 53;
        if (sched_getaffinity(0, 0, &asked) != -1 || errno != EINVAL) return 56;
        return 0;
    }"#;

#[test]
fn the_machine_answers_as_it_does() {
    let source = format!("{MACHINE}{ANSWERS} int main(void) {{ return answers(); }}");
    let seen = scene().c("main", &[], &source).seen("./main");
    assert_eq!(seen.of("main"), "early: =clock =host =processors =random");
}

#[test]
fn the_machine_answers_before_the_library_began() {
    let first = "int result = -1; __attribute__((constructor)) void first(void) { result = answers(); }";
    let source = format!("{MACHINE}{ANSWERS} {first}");
    let scene = scene().c("libside.so", &["-shared", "-Wl,-z,initfirst"], &source);
    let main = "extern int result; int main(void) { return result; }";
    let seen = scene.c("main", &["-L.", "-lside", "-Wl,-rpath,$ORIGIN"], main).seen("./main");
    assert_eq!(seen.of("libside.so"), "early: ");
}

#[test]
fn no_descriptor_stays_open() {
    let scene = scene().c("main", &[], "int main(void) { return dup(0) != 3; }");
    scene.seen("./main");
}

#[test]
fn variables_of_one_command_alone_go_before() {
    let mut command = Command::new("env");
    command.env("ONLY", "here").stdout(Stdio::null());
    let (status, trace) = spawn(&mut command, Scope::FilesAndVariables).unwrap().wait().unwrap();
    assert!(status.success());
    assert_eq!(trace.variables, None);
}
