//! Traces of real programs: a shell, its tools, small C programs, rustc.

use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use super::{Access, Incomplete, Scope, SpawnError, Trace, Unsupported, spawn, supported};

/// A scratch directory in which commands are traced.
struct Scene {
    root: PathBuf,
    _guard: tempfile::TempDir,
}

/// What a traced command left behind.
struct Told {
    root: PathBuf,
    status: ExitStatus,
    trace: Trace,
}

fn scene() -> Scene {
    supported().expect("the tests need a kernel that lets us trace");
    let guard = tempfile::tempdir().expect("a scratch directory");
    Scene { root: guard.path().canonicalize().expect("it is there"), _guard: guard }
}

impl Scene {
    fn file(self, name: &str, content: &str) -> Self {
        let path = self.root.join(name);
        crate::fs::create_dir_all(path.parent().expect("a file has a directory")).unwrap();
        crate::fs::write(&path, content).unwrap();
        self
    }

    fn script(self, name: &str, content: &str) -> Self {
        let scene = self.file(name, content);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(scene.root.join(name), mode).unwrap();
        scene
    }

    fn link(self, name: &str, target: &str) -> Self {
        symlink(target, self.root.join(name)).unwrap();
        self
    }

    /// Compiles a C program, untraced.
    fn program(self, name: &str, source: &str, flags: &[&str]) -> Self {
        let scene = self.file(&format!("{name}.c"), source);
        let built = Command::new("cc")
            .args(["-o", name, &format!("{name}.c")])
            .args(flags)
            .current_dir(&scene.root)
            .status()
            .expect("a C compiler is a prerequisite");
        assert!(built.success());
        scene
    }

    fn sh(&self, line: &str) -> Told {
        self.run(Command::new("/bin/sh").arg("-c").arg(line).stdout(Stdio::null()).stderr(Stdio::null()))
    }

    fn run(&self, command: &mut Command) -> Told {
        let traced = spawn(command.current_dir(&self.root), Scope::Files).expect("the command starts");
        let (status, trace) = traced.wait().expect("the command ends");
        Told { root: self.root.clone(), status, trace }
    }
}

impl Told {
    fn access(&self, name: &str) -> Option<&Access> {
        let path = self.root.join(name);
        self.trace.accesses.iter().find(|access| access.path == path)
    }

    /// Asserts the flags of a path, named in the order of `Access`.
    #[track_caller]
    fn at(self, name: &str, flags: &str) -> Self {
        let found = self.access(name).map_or("nothing".to_owned(), words);
        assert_eq!(found, flags, "at {name} among {:#?}", self.around());
        self
    }

    /// Lists what was done inside the scratch directory.
    fn around(&self) -> Vec<(&Path, String)> {
        let inside = self.trace.accesses.iter().filter(|access| access.path.starts_with(&self.root));
        inside.map(|access| (access.path.as_path(), words(access))).collect()
    }

    #[track_caller]
    fn complete(self) -> Self {
        assert_eq!(self.trace.incomplete, None);
        self
    }

    #[track_caller]
    fn incomplete(self, reason: &Incomplete) -> Self {
        assert_eq!(self.trace.incomplete.as_ref(), Some(reason));
        self
    }

    #[track_caller]
    fn succeeds(self) -> Self {
        assert!(self.status.success(), "{:?} {:#?}", self.status, self.around());
        self
    }
}

fn words(access: &Access) -> String {
    let flags = [
        (access.absent, "absent"),
        (access.read, "read"),
        (access.stat, "stat"),
        (access.list, "list"),
        (access.link, "link"),
        (access.exec, "exec"),
        (access.written, "written"),
        (access.written_first, "first"),
    ];
    flags.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_file_read_is_read() {
    let told = scene().file("a", "x").sh("cat a >/dev/null").succeeds().complete().at("a", "read");
    assert!(!told.trace.network);
    assert!(told.trace.stops > 0);
    assert_eq!(told.at("/dev/null", "stat").access("a").map(Access::is_input), Some(true));
}

#[test]
fn a_missing_file_is_absent() {
    scene().sh("cat a 2>/dev/null; test -e b").at("a", "absent read").at("b", "absent stat");
}

#[test]
fn a_file_below_a_file_is_absent() {
    scene().file("a", "").sh("test -e a/b").at("a/b", "absent stat");
}

#[test]
fn looking_is_not_reading() {
    scene().file("a", "").sh("test -s a; test -d .").at("a", "stat").at("", "stat");
}

#[test]
fn listing_a_directory_is_listing() {
    scene().file("d/a", "").sh("ls d >/dev/null").at("d", "stat list").at("d/a", "nothing");
}

#[test]
fn a_link_is_read_and_followed_apart() {
    let told = scene().file("a", "").link("l", "a").link("m", "nowhere").sh("readlink l; cat m");
    told.at("l", "link").at("m", "absent read").at("a", "nothing");
}

#[test]
fn a_script_starts_its_interpreter_and_loader() {
    let told = scene()
        .script("inner", "#!/bin/sh\necho \"$1\"\n")
        .script("outer", "#!/usr/bin/env -S cat\nfirst\n")
        .sh("./inner x && ./outer")
        .succeeds()
        .complete()
        .at("inner", "read exec")
        .at("outer", "read exec")
        .at("/bin/sh", "exec")
        .at("/usr/bin/env", "exec");
    assert!(told.trace.accesses.iter().any(|a| a.exec && a.path.to_string_lossy().contains("/ld-")));
}

#[test]
fn what_the_tree_wrote_is_no_input() {
    let told = scene()
        .file("old", "x")
        .sh("echo x >a; cat a; mkdir d; echo y >d/b; cat d/b; ls d; echo z >old; cat old; rm a; test -e a")
        .complete()
        .at("a", "written first")
        .at("d", "written first")
        .at("d/b", "written first")
        .at("old", "written first");
    assert!(!told.access("a").expect("it was written").is_input());
}

#[test]
fn what_was_there_before_the_write_is_an_input() {
    scene()
        .file("a", "x")
        .file("b", "x")
        .sh("cat a; echo y >a; cat a; echo y >>b; cat b; test -e c || echo z >c; cat c")
        .at("a", "read written")
        .at("b", "read written")
        .at("c", "absent stat written");
}

#[test]
fn a_failed_write_leaves_the_file_an_input() {
    scene()
        .file("a", "x")
        .file("d/b", "")
        .sh("mkdir -p d; ln -s nowhere a; rmdir d; test -e n/x; mkdir n/x; cat a; ls d")
        .at("a", "read stat link")
        .at("d", "stat list link written")
        .at("n/x", "absent stat link");
}

#[test]
fn a_rename_into_place_is_a_write() {
    scene()
        .file("found", "x")
        .sh("echo x >t; mv t a; cat a; mv found b; cat b; test -e t")
        .at("t", "written first")
        .at("a", "written first")
        .at("b", "written first")
        .at("found", "read written");
}

#[test]
fn a_found_directory_that_moves_hides_what_is_in_it() {
    let scene = scene().file("d/a", "x");
    let reason = Incomplete::MovedDirectory(scene.root.join("d"));
    scene.sh("mv d e; cat e/a").incomplete(&reason);
    scene.sh("mkdir f; echo x >f/a; mv f g; cat g/a").complete().at("g/a", "nothing");
}

#[test]
fn a_link_made_by_the_tree_leads_to_an_input() {
    scene().file("a", "x").sh("ln -s a l; cat l").at("a", "read").at("l", "written first");
}

#[test]
fn a_hard_link_reads_its_source() {
    let told = scene().file("a", "x").sh("ln a b; cat b");
    assert!(told.access("a").expect("it was linked").read);
    assert!(!told.access("b").expect("it was made").read);
}

#[test]
fn other_names_of_what_the_tree_wrote_are_no_input() {
    scene()
        .file("d/x", "")
        .link("l", "d")
        .sh("echo x >l/a; cat d/a; cat d/../d/a; echo y >d/b; cat l/b")
        .succeeds()
        .at("d/a", "written first")
        .at("d/../d/a", "nothing")
        .at("l/b", "nothing")
        .at("l/a", "written first");
}

#[test]
fn relative_names_start_where_the_caller_is() {
    scene()
        .file("d/a", "")
        .file("d/e/b", "")
        .sh("cd d && cat .//a && cd e && cat b && cat ../a && cat /proc/self/cwd/b")
        .succeeds()
        .at("d/a", "read")
        .at("d/e/b", "read")
        .at("d/e/../a", "read");
}

#[test]
fn names_relative_to_a_descriptor_are_joined() {
    let source = r#"
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <sys/stat.h>
        int main(void) {
            struct stat s;
            int d = open("d", O_RDONLY | O_DIRECTORY);
            return openat(d, "a", O_RDONLY) < 0 || fstatat(d, "b", &s, 0) || fstatat(d, "", &s, AT_EMPTY_PATH)
                || openat(99, "gone", O_RDONLY) >= 0;
        }"#;
    scene()
        .file("d/a", "")
        .file("d/b", "")
        .program("p", source, &[])
        .sh("./p")
        .succeeds()
        .complete()
        .at("d", "stat")
        .at("d/a", "read")
        .at("d/b", "stat");
}

#[test]
fn threads_are_covered() {
    let source = r#"
        #include <fcntl.h>
        #include <pthread.h>
        #include <stdio.h>
        static void *work(void *i) {
            char name[16];
            snprintf(name, sizeof name, "f%ld", (long)i);
            return (void *)(long)(open(name, O_RDONLY) < 0);
        }
        int main(void) {
            pthread_t t[16];
            long failed = 0;
            for (long i = 0; i < 16; i++) pthread_create(&t[i], 0, work, (void *)i);
            for (long i = 0; i < 16; i++) { void *r; pthread_join(t[i], &r); failed |= (long)r; }
            return (int)failed;
        }"#;
    let scene = (0..16)
        .fold(scene().program("p", source, &["-pthread"]), |scene, i| scene.file(&format!("f{i}"), ""));
    let told = scene.sh("./p").succeeds().complete();
    (0..16).fold(told, |told, i| told.at(&format!("f{i}"), "read"));
}

#[test]
fn vfork_and_posix_spawn_are_covered() {
    let source = r#"
        #define _GNU_SOURCE
        #include <spawn.h>
        #include <sys/wait.h>
        #include <unistd.h>
        int main(void) {
            int status;
            pid_t p = vfork();
            if (!p) { execl("/bin/cat", "cat", "a", (char *)0); _exit(1); }
            waitpid(p, &status, 0);
            if (status) return 1;
            char *args[] = {"cat", "b", 0};
            if (posix_spawn(&p, "/bin/cat", 0, 0, args, environ)) return 2;
            waitpid(p, &status, 0);
            return status;
        }"#;
    scene()
        .file("a", "")
        .file("b", "")
        .program("p", source, &[])
        .sh("./p")
        .succeeds()
        .complete()
        .at("a", "read")
        .at("b", "read")
        .at("/bin/cat", "exec");
}

/// No libc at all: the bare instruction, from a program without a loader.
const RAW: &str = r#"
    #if defined(__x86_64__)
    #define OPENAT 257
    #define EXIT 231
    static long call(long n, long a, long b, long c) {
        long r;
        register long d __asm__("r10") = 0;
        __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(d) : "rcx", "r11", "memory");
        return r;
    }
    #else
    #define OPENAT 56
    #define EXIT 94
    static long call(long n, long a, long b, long c) {
        register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
        register long x3 __asm__("x3") = 0;
        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
        return x0;
    }
    #endif
    void _start(void) { call(EXIT, MORE + (call(OPENAT, -100, (long)"a", 0) < 0), 0, 0); }
"#;

#[test]
fn a_static_program_with_raw_calls_is_covered() {
    let flags = ["-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-DMORE=0"];
    scene()
        .file("a", "")
        .program("p", RAW, &flags)
        .sh("exec ./p")
        .succeeds()
        .complete()
        .at("p", "exec")
        .at("a", "read");
}

#[test]
fn an_unknown_call_is_not_passed_over() {
    let flags =
        ["-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-DMORE=call(900,0,0,0)*0"];
    scene().file("a", "").program("p", RAW, &flags).sh("exec ./p").incomplete(&Incomplete::UnknownCall(900));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn calls_of_another_architecture_are_not_passed_over() {
    let source = r#"
        int main(void) {
            long r = 20;
            __asm__ volatile("int $0x80" : "+a"(r));
            return 0;
        }"#;
    let told = scene().program("p", source, &[]).sh("exec ./p");
    // A kernel without 32-bit calls kills the program instead.
    if told.status.success() {
        told.incomplete(&Incomplete::ForeignCalls);
    }
}

#[test]
fn a_program_of_another_machine_is_not_passed_over() {
    let scene = scene().script("p", "\x7fELF\x01\x01\x01");
    let reason = Incomplete::ForeignProgram(scene.root.join("p"));
    scene.sh("./p").incomplete(&reason);
}

#[test]
fn a_program_with_rights_of_its_own_is_not_passed_over() {
    let scene = scene().script("p", "#!/bin/sh\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o4755);
    std::fs::set_permissions(scene.root.join("p"), mode).unwrap();
    scene.sh("./p").incomplete(&Incomplete::Privileged(scene.root.join("p")));
}

/// Connects, or not, and ignores what comes of it.
fn connecting(body: &str) -> String {
    format!(
        r#"
        #include <arpa/inet.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/un.h>
        #include <unistd.h>
        static void local(const char *name) {{
            struct sockaddr_un a = {{ .sun_family = AF_UNIX }};
            strcpy(a.sun_path, name);
            int s = socket(AF_UNIX, SOCK_STREAM, 0);
            connect(s, (struct sockaddr *)&a, sizeof a);
            close(s);
        }}
        int main(void) {{ {body} return 0; }}"#
    )
}

#[test]
fn sockets_that_reach_out_are_network() {
    for (body, network) in [
        ("socket(AF_INET, SOCK_STREAM, 0);", true),
        ("socket(AF_INET6, SOCK_DGRAM, 0);", true),
        ("socket(AF_UNIX, SOCK_DGRAM, 0);", true),
        ("local(\"here\");", true),
        ("local(\"gone\");", false),
        ("int s[2]; socketpair(AF_UNIX, SOCK_STREAM, 0, s); pipe(s);", false),
    ] {
        let scene = scene().program("p", &connecting(body), &["-w"]);
        let _listens = std::os::unix::net::UnixListener::bind(scene.root.join("here")).unwrap();
        let told = scene.sh("exec ./p").succeeds().complete();
        assert_eq!(told.trace.network, network, "{body}");
        if body.contains("gone") {
            told.at("gone", "absent stat");
        }
    }
}

#[test]
fn random_numbers_and_the_host_are_asked_for() {
    for (call, random, host) in [
        ("syscall(SYS_getrandom, b, 8, 0)", true, false),
        ("syscall(SYS_getrandom, b, 8, 1)", false, false),
        ("syscall(SYS_getrandom, b, 8, 4)", false, false),
        ("syscall(SYS_uname, b)", false, true),
        ("syscall(SYS_getpid)", false, false),
    ] {
        let source = format!(
            "#include <sys/syscall.h>\n#include <unistd.h>\nint main(void) {{ char b[1000]; return {call} < 0; }}"
        );
        let told = scene().program("p", &source, &["-w", "-static"]).sh("./p; true").succeeds().complete();
        assert_eq!((told.trace.random, told.trace.host), (random, host), "{call}");
    }
}

#[test]
fn ways_around_paths_are_not_passed_over() {
    for (call, reason) in [
        ("syscall(425, 1, 0)", Incomplete::Ring),
        ("syscall(SYS_name_to_handle_at, -100, \"/\", 0, 0, 0)", Incomplete::Handle),
        ("syscall(SYS_ptrace, 99, 0, 0, 0)", Incomplete::OtherProcess),
        ("syscall(SYS_chroot, \"/gone\")", Incomplete::Namespace),
        ("syscall(SYS_shmget, 0, 0, 0)", Incomplete::SharedMemory),
        ("syscall(SYS_keyctl, 0, -1, 0)", Incomplete::Kernel),
        ("syscall(SYS_seccomp, 1, 8, 0)", Incomplete::Filter),
    ] {
        let source =
            format!("#include <sys/syscall.h>\n#include <unistd.h>\nint main(void) {{ {call}; return 0; }}");
        scene().program("p", &source, &["-w"]).sh("exec ./p").succeeds().incomplete(&reason);
    }
}

#[test]
fn a_filter_without_listener_is_harmless() {
    let source = "#include <sys/syscall.h>\n#include <unistd.h>\nint main(void) { syscall(SYS_seccomp, 1, 0, 0); return 0; }";
    scene().program("p", source, &["-w"]).sh("exec ./p").succeeds().complete();
}

#[test]
fn long_paths_are_read_across_pages() {
    let source = r#"
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <string.h>
        #include <sys/mman.h>
        int main(void) {
            /* The path starts in one page and ends with the last byte before an unmapped one. */
            char *m = mmap(0, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            munmap(m + 8192, 4096);
            char *end = m + 8192, *p = end - 4096;
            memset(p, '/', 4094);
            p[0] = '.';
            strcpy(end - 2, "a");
            if (open(end - 2, O_RDONLY) < 0 || open(p - 0, O_RDONLY) < 0) return 1;
            memmove(p - 100, p, 4000);
            strcpy(p + 200, "b");
            return open(p - 100, O_RDONLY) < 0 || open(end - 1, O_RDONLY) >= 0 || open((char *)8, O_RDONLY) >= 0
                || (memset(end - 4, 'x', 4), open(end - 4, O_RDONLY)) >= 0;
        }"#;
    scene()
        .file("a", "")
        .file("b", "")
        .program("p", source, &[])
        .sh("./p")
        .complete()
        .at("a", "read")
        .at("b", "read")
        .succeeds();
}

#[test]
fn exit_codes_and_signals_pass() {
    assert_eq!(scene().sh("exit 42").status.code(), Some(42));
    assert_eq!(scene().sh("kill -TERM $$").status.signal(), Some(libc::SIGTERM));
}

#[test]
fn streams_directory_environment_and_group_are_the_callers() {
    let scene = scene();
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "pwd; echo $X; ps_group=$(cut -d' ' -f5 /proc/self/stat); echo $ps_group; ls /proc/self/fd | wc -l"])
        .env("X", "y")
        .current_dir(&scene.root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let plain = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let mut traced = spawn(&mut command, Scope::Files).unwrap();
    let text = std::io::read_to_string(traced.child.stdout.take().expect("it is piped")).unwrap();
    let (status, trace) = traced.wait().unwrap();
    assert!(status.success());
    assert_eq!(trace.incomplete, None);
    assert_eq!(text, plain);
}

#[test]
fn many_children_are_one_tree() {
    let told = scene()
        .sh("i=0; while [ $i -lt 200 ]; do (cat f$i 2>/dev/null) & i=$((i+1)); done; wait")
        .succeeds()
        .complete();
    (0..200).fold(told, |told, i| told.at(&format!("f{i}"), "absent read"));
}

/// Leaves a process behind that waits for `go`, then makes calls that stop, and says so in `done`.
const LEAVE_ONE: &str = "(read x; cat a >b; cat b >done) <>go >/dev/null 2>&1 &";

fn waiting_scene() -> Scene {
    let scene = scene().file("a", "still answered");
    let made = Command::new("mkfifo").args(["go", "done"]).current_dir(&scene.root).status().unwrap();
    assert!(made.success());
    scene
}

impl Scene {
    /// Lets the process go, and waits for what it says.
    fn release(&self) -> String {
        crate::fs::write(&self.root.join("go"), "go\n").unwrap();
        crate::fs::read_to_string(&self.root.join("done")).unwrap()
    }
}

#[test]
fn a_process_that_outlives_is_reported() {
    let scene = waiting_scene();
    scene.sh(LEAVE_ONE).succeeds().incomplete(&Incomplete::Outlived).at("a", "nothing");
    assert_eq!(scene.release(), "still answered");
}

#[test]
fn a_trace_that_is_dropped_leaves_the_program_alone() {
    let scene = waiting_scene();
    let mut command = Command::new("/bin/sh");
    drop(spawn(command.args(["-c", LEAVE_ONE]).current_dir(&scene.root), Scope::Files).unwrap());
    assert_eq!(scene.release(), "still answered");
}

#[test]
fn a_process_that_outlives_us_is_still_answered() {
    let scene = waiting_scene();
    // Piped streams end only when nobody holds them: neither may what answers now.
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "trace::tests::traces_and_ends"])
        .current_dir(&scene.root)
        .output()
        .unwrap();
    assert!(ended.status.success());
    assert_eq!(scene.release(), "still answered");
}

#[test]
#[ignore = "run by the test above, in its directory"]
fn traces_and_ends() {
    let traced = spawn(Command::new("/bin/sh").args(["-c", LEAVE_ONE]), Scope::Files).unwrap();
    assert_eq!(traced.wait().unwrap().1.incomplete, Some(Incomplete::Outlived));
}

#[test]
fn a_program_that_does_not_exist_is_no_fault_of_the_trace() {
    let scene = scene();
    let error = spawn(&mut Command::new(scene.root.join("gone")), Scope::Files).expect_err("it is not there");
    let SpawnError::Program(error) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_command_can_run_untraced_afterwards() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "grep Seccomp: /proc/self/status"]).stdout(Stdio::piped());
    spawn(&mut command, Scope::Files).unwrap().wait().unwrap();
    let untraced = command.output().unwrap();
    let plain = Command::new("grep").args(["Seccomp:", "/proc/self/status"]).output().unwrap();
    assert_eq!(untraced.stdout, plain.stdout);
}

#[test]
fn a_trace_within_a_trace_is_refused() {
    let this = std::env::current_exe().unwrap();
    let told = scene().run(
        Command::new(this)
            .args(["--ignored", "--exact", "trace::tests::below_a_trace"])
            .stdout(Stdio::null()),
    );
    told.succeeds().incomplete(&Incomplete::Filter);
}

#[test]
#[ignore = "run by the test above, traced"]
fn below_a_trace() {
    assert_eq!(supported(), Err(Unsupported::Refused { errno: libc::EBUSY }));
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "exit 3"]);
    assert!(matches!(spawn(&mut command, Scope::Files), Err(SpawnError::Unsupported(_))));
    assert_eq!(command.status().unwrap().code(), Some(3));
}

#[test]
fn python_is_followed() {
    let scene = scene().file("m.py", "x = 1").file("main.py", "import m, missing_one");
    let Ok(status) = Command::new("python3").arg("--version").stdout(Stdio::null()).status() else { return };
    if status.success() {
        let told = scene.sh("python3 -B main.py 2>/dev/null").complete();
        assert!(told.access("m.py").expect("it was imported").read);
        assert!(told.access("").expect("it was searched").list);
    }
}

#[test]
fn rustc_is_followed_to_a_program_that_works() {
    let scene = scene()
        .file("main.rs", "mod part; fn main() { print!(\"{}\", part::TEXT) }")
        .file("part.rs", "pub const TEXT: &str = include_str!(\"text\");");
    let scene = scene.file("text", "hello");
    let told = scene.run(Command::new("rustc").args(["main.rs", "-o", "p"])).succeeds().complete();
    assert!(!told.trace.network);
    for source in ["main.rs", "part.rs", "text"] {
        assert!(told.access(source).is_some_and(|access| access.read), "{source}");
    }
    assert!(!told.access("p").expect("it was made").read);
    let output = Command::new(told.root.join("p")).output().unwrap();
    assert_eq!(output.stdout, b"hello");
    assert!(told.trace.accesses.is_sorted_by(|a, b| Path::new(&a.path) < Path::new(&b.path)));
}
