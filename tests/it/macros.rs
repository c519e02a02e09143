//! What macros read on their own account.

use cargo_kache::event::Bypass;

use crate::support::{Project, on_one_processor, project, wait_for};

const PRINTS: &str = "fn main() { println!(\"{}\", foo::says()) }";
const USES: &str = "pub fn says() -> &'static str { mac::look!() }";
const DEPENDS: &str = "[dependencies]\nmac = { path = \"mac\" }\n";

/// A project whose macro `look!()` becomes a string: the value of a Rust expression evaluated in the compiler.
fn looking(expression: &str) -> Project {
    project()
        .proc_macro(&format!(
            "#[proc_macro] pub fn look(_: TokenStream) -> TokenStream {{ \
             let seen: String = {expression}; format!(\"{{seen:?}}\").parse().unwrap() }}"
        ))
        .root(DEPENDS)
        .file("src/lib.rs", USES)
        .file("src/main.rs", PRINTS)
        .build()
}

/// Builds exactly; the crate that uses the macro is compiled, the macro is not.
#[track_caller]
fn compiled_again(p: &Project, says: &str) {
    p.exact("build").success().missed("foo").hit("mac");
    assert_eq!(p.run_program("foo"), format!("{says}\n"));
}

#[track_caller]
fn restored(p: &Project, says: &str) {
    p.wipe().wrapped("build").success().hit("foo").hit("mac");
    assert_eq!(p.run_program("foo"), format!("{says}\n"));
    p.assert_fresh("build");
}

#[test]
fn a_file_of_the_package() {
    let p = looking("std::fs::read_to_string(\"data/x.txt\").unwrap_or_default()");
    p.exact("build").missed("foo").missed("mac");
    restored(&p, "");
    // A file that was absent, in a directory that was absent, appears.
    p.write("data/x.txt", "one");
    compiled_again(&p, "one");
    p.write_unseen("data/x.txt", "two");
    compiled_again(&p, "two");
    p.write("data/x.txt", "one");
    restored(&p, "one");
    p.remove("data");
    restored(&p, "");
}

#[test]
fn a_file_above_the_workspace() {
    let p = looking("std::fs::read_to_string(\"../.env\").unwrap_or_default()");
    p.exact("build").missed("foo").missed("mac");
    restored(&p, "");
    // Another checkout has another directory above it.
    let other = p.checkout("deeper/down/tree");
    other.exact("build").success().hit("foo").hit("mac");
    other.write("../.env", "one");
    compiled_again(&other, "one");
    restored(&p, "");
}

#[test]
fn queries_that_are_checked_against_a_directory_or_a_server() {
    // What sqlx does: a variable that may stand in `.env`, else answers kept in a directory.
    let mut p = looking(
        "{ let from_file = std::fs::read_to_string(\".env\").ok(); \
           let url = std::env::var(\"DATABASE_URL\").ok().or(from_file); \
           match (url, std::path::Path::new(\".sqlx/query-1.json\").exists()) { \
             (_, true) => std::fs::read_to_string(\".sqlx/query-1.json\").unwrap(), \
             (Some(url), false) => format!(\"asked {url}\"), (None, false) => \"nothing\".to_owned() } }",
    );
    p.exact("build").missed("foo").missed("mac");
    restored(&p, "nothing");
    p.set("DATABASE_URL", "a");
    compiled_again(&p, "asked a");
    p.unset("DATABASE_URL").write(".env", "b");
    compiled_again(&p, "asked b");
    p.write(".sqlx/query-1.json", "kept");
    compiled_again(&p, "kept");
    restored(&p, "kept");
    p.remove(".sqlx");
    p.remove(".env");
    restored(&p, "nothing");
}

#[test]
fn a_directory_that_is_included() {
    let p = looking(
        "{ let mut names = std::fs::read_dir(\"assets\").unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>(); \
           names.sort(); \
           names.iter().map(|path| format!(\"{}={};\", path.display(), std::fs::read_to_string(path).unwrap())).collect() }",
    );
    p.write("assets/a", "1");
    p.exact("build").missed("foo").missed("mac");
    restored(&p, "assets/a=1;");
    p.write("assets/b", "2");
    compiled_again(&p, "assets/a=1;assets/b=2;");
    p.write_unseen("assets/a", "3");
    compiled_again(&p, "assets/a=3;assets/b=2;");
    let other = p.checkout("another place for it");
    other.exact("build").success().hit("foo").hit("mac");
    p.remove("assets/b");
    p.write_unseen("assets/a", "1");
    restored(&p, "assets/a=1;");
}

#[test]
fn a_file_outside_of_the_package() {
    let p = looking(
        "std::fs::read_to_string(std::env::var(\"CARGO_MANIFEST_DIR\").unwrap() + \"/../x.txt\").unwrap()",
    );
    p.write("../x.txt", "one");
    p.exact("build").missed("foo");
    restored(&p, "one");
    p.write("../x.txt", "two");
    compiled_again(&p, "two");
    p.write("../x.txt", "one");
    restored(&p, "one");
}

#[test]
fn a_directory_listing() {
    let p = looking(
        "{ let mut all: Vec<_> = std::fs::read_dir(\"migrations\").unwrap() \
         .map(|e| e.unwrap().file_name().into_string().unwrap()).collect(); all.sort(); all.join(\" \") }",
    );
    p.write("migrations/1.sql", "a");
    p.exact("build").missed("foo");
    restored(&p, "1.sql");
    p.write("migrations/2.sql", "b");
    compiled_again(&p, "1.sql 2.sql");
    p.remove("migrations/1.sql");
    compiled_again(&p, "2.sql");
    p.rename("migrations/2.sql", "migrations/1.sql");
    restored(&p, "1.sql");
}

#[test]
fn a_file_that_is_only_asked_for() {
    let p = looking("std::path::Path::new(\"flag\").exists().to_string()");
    p.exact("build").missed("foo");
    restored(&p, "false");
    p.write("flag", "");
    compiled_again(&p, "true");
    p.remove("flag");
    restored(&p, "false");
}

#[test]
fn a_size_that_is_only_asked_for() {
    let p = looking("std::fs::metadata(\"data.txt\").unwrap().len().to_string()");
    p.write("data.txt", "12345");
    p.exact("build").missed("foo");
    restored(&p, "5");
    p.write("data.txt", "123456");
    compiled_again(&p, "6");
}

#[test]
fn a_link_that_is_only_asked_for() {
    let p = looking("std::fs::read_link(\"link\").unwrap().to_string_lossy().into_owned()");
    p.symlink("one", "link");
    p.exact("build").missed("foo");
    restored(&p, "one");
    p.symlink("two", "link");
    p.exact("build").compiled("foo");
}

#[test]
fn the_place_that_a_path_leads_to() {
    let p = looking(
        "std::fs::canonicalize(\"link\").unwrap().file_name().unwrap().to_string_lossy().into_owned()",
    );
    p.write("one", "same");
    p.write("two", "same");
    p.symlink("one", "link");
    p.exact("build").missed("foo");
    restored(&p, "one");
    p.symlink("two", "link");
    p.exact("build").compiled("foo");
}

#[test]
#[ignore = "of what is asked for of a file, only content and absence count"]
fn permissions_that_are_only_asked_for() {
    let p = looking(
        "{ use std::os::unix::fs::PermissionsExt as _; format!(\"{:o}\", std::fs::metadata(\"x.sh\").unwrap().permissions().mode() & 0o777) }",
    );
    p.write_script("x.sh", "x");
    p.exact("build").compiled("foo");
    p.write("y.sh", "x");
    p.rename("y.sh", "x.sh");
    p.exact("build").compiled("foo");
}

#[test]
#[ignore = "of what is asked for of a file, only content and absence count"]
fn a_time_that_is_only_asked_for() {
    let p = looking(
        "std::fs::metadata(\"x.txt\").unwrap().modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos().to_string()",
    );
    p.write("x.txt", "x");
    p.exact("build").compiled("foo");
    p.write("x.txt", "x");
    p.exact("build").compiled("foo");
}

/// Cargo puts directories of the build in front of the user's.
#[test]
fn where_programs_look_for_libraries() {
    let shell = "case $LD_LIBRARY_PATH in *v1*) echo one;; *) echo two;; esac";
    let mut p = looking(&format!(
        "String::from_utf8(std::process::Command::new(\"sh\").args([\"-c\", {shell:?}]).output().unwrap().stdout)\
         .unwrap().trim().to_owned()"
    ));
    p.set("LD_LIBRARY_PATH", "/v1");
    p.exact("build").success().missed("foo").missed("mac");
    restored(&p, "one");
    p.set("LD_LIBRARY_PATH", "/v2");
    compiled_again(&p, "two");
    p.set("LD_LIBRARY_PATH", "/v1");
    restored(&p, "one");
}

#[test]
fn the_time() {
    let p = looking("format!(\"{}\", std::time::SystemTime::now() > std::time::UNIX_EPOCH)");
    for _ in 0..2 {
        let run = p.wipe().exact("build");
        run.success().not_recorded("foo");
        assert_eq!(run.bypass("foo"), &Bypass::Volatile("its macros ask for the time".into()));
        assert_eq!(p.run_program("foo"), "true\n");
    }
}

#[test]
fn random_numbers_and_the_name_of_the_machine() {
    for (function, what) in [("getentropy", "random numbers"), ("gethostname", "the name of this machine")] {
        let p = looking(&format!(
            "{{ unsafe extern \"C\" {{ fn {function}(into: *mut u8, len: usize) -> i32; }} let mut bytes = [0; 100]; \
             unsafe {{ {function}(bytes.as_mut_ptr(), 100) }}.to_string() }}"
        ));
        let run = p.exact("build");
        assert_eq!(run.bypass("foo"), &Bypass::Volatile(format!("its macros ask for {what}")));
        assert_eq!(p.run_program("foo"), "0\n");
    }
}

#[test]
fn the_number_of_processors() {
    let count = || std::thread::available_parallelism().unwrap().to_string();
    let all = count();
    let p = looking("std::thread::available_parallelism().unwrap().to_string()");
    p.exact("build").missed("foo").missed("mac");
    restored(&p, &all);
    on_one_processor(|| {
        if count() != all {
            compiled_again(&p, "1");
        }
        restored(&p, "1");
    });
    restored(&p, &all);
}

#[test]
fn random_numbers_of_a_device() {
    let p = looking(
        "{ use std::io::Read as _; let mut device = std::fs::File::open(\"/dev/urandom\").unwrap(); device.read_exact(&mut [0; 8]).unwrap(); String::new() }",
    );
    let run = p.exact("build");
    assert_eq!(run.bypass("foo"), &Bypass::Volatile("its macros ask for random numbers".into()));
}

#[test]
fn how_much_time_goes_by() {
    let p = looking(
        "{ let start = std::time::Instant::now(); let map = std::collections::HashMap::from([(1, start)]); \
         std::thread::sleep(std::time::Duration::from_millis(1)); (map[&1].elapsed().as_nanos() > 0).to_string() }",
    );
    p.exact("build").missed("foo").missed("mac");
    restored(&p, "true");
}

#[test]
fn a_file_read_by_a_program() {
    let p = looking(
        "String::from_utf8(std::process::Command::new(\"cat\").arg(\"x.txt\").output().unwrap().stdout).unwrap()",
    );
    p.write("x.txt", "one");
    p.exact("build").missed("foo");
    restored(&p, "one");
    p.write("x.txt", "two");
    compiled_again(&p, "two");
}

#[test]
fn a_program_that_is_replaced() {
    let p =
        looking("String::from_utf8(std::process::Command::new(\"./say\").output().unwrap().stdout).unwrap()");
    p.write_script("say", "#!/bin/sh\nprintf one");
    p.exact("build").missed("foo");
    restored(&p, "one");
    p.write_script("say", "#!/bin/sh\nprintf two");
    compiled_again(&p, "two");
}

#[test]
fn a_file_in_another_thread() {
    let p = looking("std::thread::spawn(|| std::fs::read_to_string(\"x.txt\").unwrap()).join().unwrap()");
    p.write("x.txt", "one");
    p.exact("build").missed("foo");
    restored(&p, "one");
    p.write("x.txt", "two");
    compiled_again(&p, "two");
}

#[test]
fn a_file_below_another_working_directory() {
    let p = looking(
        "{ let home = std::env::current_dir().unwrap(); std::env::set_current_dir(\"data\").unwrap(); \
         let text = std::fs::read_to_string(\"x.txt\").unwrap(); std::env::set_current_dir(home).unwrap(); text }",
    );
    p.write("data/x.txt", "one");
    p.write("x.txt", "no");
    p.exact("build").missed("foo");
    restored(&p, "one");
    p.write("data/x.txt", "two");
    compiled_again(&p, "two");
}

#[test]
fn a_file_read_by_a_program_elsewhere() {
    let p = looking(
        "String::from_utf8(std::process::Command::new(\"sh\").args([\"-c\", \"cd data; cat <x.txt\"]).output().unwrap().stdout).unwrap()",
    );
    p.write("data/x.txt", "one");
    p.exact("build").missed("foo");
    restored(&p, "one");
    p.write("data/x.txt", "two");
    compiled_again(&p, "two");
}

#[test]
fn a_file_reached_through_a_link() {
    let p = looking("std::fs::read_to_string(\"link/x.txt\").unwrap()");
    p.write("one/x.txt", "one");
    p.write("two/x.txt", "two");
    p.symlink("one", "link");
    p.exact("build").missed("foo");
    restored(&p, "one");
    p.symlink("two", "link");
    compiled_again(&p, "two");
}

#[test]
fn the_kind_of_what_is_asked_for() {
    let p = looking("format!(\"{:?}\", std::fs::metadata(\"thing\").map(|m| m.is_dir()).ok())");
    p.exact("build").missed("foo");
    p.write("thing", "");
    compiled_again(&p, "Some(false)");
    p.remove("thing");
    p.write("thing/x", "");
    compiled_again(&p, "Some(true)");
    p.remove("thing");
    restored(&p, "None");
}

#[test]
fn the_listing_of_a_directory_that_libraries_are_searched_in() {
    let p = looking(
        "{ let mut all: Vec<_> = std::fs::read_dir(\"native\").unwrap() \
         .map(|e| e.unwrap().file_name().into_string().unwrap()).collect(); all.sort(); all.join(\" \") }",
    );
    p.write("build.rs", "fn main() { println!(\"cargo:rustc-link-search=native=native\") }");
    p.write("native/one.txt", "");
    p.exact("build").missed("foo");
    p.write("native/two.txt", "");
    p.exact("build").compiled("foo");
}

#[test]
fn a_file_of_a_project_in_shared_memory() {
    if !std::path::Path::new("/dev/shm").is_dir() {
        return;
    }
    let p = project()
        .proc_macro(
            "#[proc_macro] pub fn look(_: TokenStream) -> TokenStream { \
             format!(\"{:?}\", std::fs::read_to_string(\"x.txt\").unwrap()).parse().unwrap() }",
        )
        .root(DEPENDS)
        .file("x.txt", "one")
        .file("src/lib.rs", USES)
        .file("src/main.rs", PRINTS)
        .below("/dev/shm")
        .build();
    p.exact("build").missed("foo");
    p.write("x.txt", "two");
    p.exact("build").compiled("foo");
}

#[test]
fn a_file_reached_through_the_process() {
    let p = looking("std::fs::read_to_string(\"/proc/self/cwd/x.txt\").unwrap()");
    p.write("x.txt", "one");
    p.exact("build").compiled("foo");
    p.write("x.txt", "two");
    p.exact("build").compiled("foo");
}

#[test]
fn a_file_that_a_macro_writes_beside_the_project() {
    let p = looking("{ std::fs::write(\"../made.txt\", \"made\").unwrap(); \"x\".to_owned() }");
    for _ in 0..2 {
        p.wipe().wrapped("build").success();
        assert_eq!(p.read("../made.txt"), "made");
        p.remove("../made.txt");
    }
}

#[test]
fn a_file_that_a_macro_removes_or_renames() {
    let p = looking(
        "{ let _ = std::fs::remove_file(\"a.txt\"); let _ = std::fs::rename(\"b.txt\", \"c.txt\"); \"x\".to_owned() }",
    );
    for _ in 0..2 {
        p.write("a.txt", "");
        p.write("b.txt", "");
        p.wipe().wrapped("build").success();
        assert!(!p.path("a.txt").exists() && !p.path("b.txt").exists() && p.path("c.txt").exists());
    }
}

#[test]
fn a_directory_that_a_macro_makes() {
    let p = looking("{ std::fs::create_dir_all(\"made/deep\").unwrap(); \"x\".to_owned() }");
    for _ in 0..2 {
        p.wipe().wrapped("build").success();
        assert!(p.path("made/deep").exists());
        p.remove("made");
    }
}

#[test]
fn what_comes_through_a_socket_file_is_not_recorded() {
    let p = looking("std::os::unix::net::UnixStream::connect(\"sock\").is_ok().to_string()");
    p.exact("build").missed("foo");
    restored(&p, "false");
    let listener = std::os::unix::net::UnixListener::bind(p.path("sock")).unwrap();
    p.exact("build").not_recorded("foo");
    p.exact("build").not_recorded("foo");
    assert_eq!(p.run_program("foo"), "true\n");
    drop(listener);
    p.remove("sock");
    restored(&p, "false");
}

#[test]
fn a_macro_reached_through_another_crate() {
    let p = project()
        .proc_macro(
            "#[proc_macro] pub fn look(_: TokenStream) -> TokenStream { \
             format!(\"{:?}\", std::fs::read_to_string(\"x.txt\").unwrap()).parse().unwrap() }",
        )
        .package("between", "between", "[dependencies]\nmac = { path = \"../mac\" }\n")
        .file(
            "between/src/lib.rs",
            "#[doc(hidden)] pub use mac; #[macro_export] macro_rules! see { () => { $crate::mac::look!() } }",
        )
        .root("[dependencies]\nbetween = { path = \"between\" }\n")
        .file("x.txt", "one")
        .file("src/lib.rs", "pub fn says() -> &'static str { between::see!() }")
        .file("src/main.rs", PRINTS)
        .build();
    p.exact("build").missed("foo").missed("between").missed("mac");
    p.exact("build").hit("foo").hit("between").hit("mac");
    p.write("x.txt", "two");
    p.exact("build").missed("foo").hit("between").hit("mac");
    assert_eq!(p.run_program("foo"), "two\n");
    p.write("x.txt", "one");
    p.wipe().wrapped("check").success();
    p.wipe().wrapped("check").hit("foo");
    p.write("x.txt", "two");
    p.wipe().wrapped("check").missed("foo");
}

#[test]
fn a_macro_that_changes_is_another_dependency() {
    let p = looking("\"one\".to_owned()");
    p.exact("build").missed("foo").missed("mac");
    p.replace("mac/src/lib.rs", "\"one\"", "\"two\"");
    p.exact("build").missed("foo").missed("mac");
    assert_eq!(p.run_program("foo"), "two\n");
    p.replace("mac/src/lib.rs", "\"two\"", "\"one\"");
    restored(&p, "one");
}

#[test]
fn a_file_that_a_macro_writes_is_written_again() {
    let p = looking("{ std::fs::write(\"src/made.txt\", \"made\").unwrap(); \"x\".to_owned() }");
    for _ in 0..3 {
        p.wipe().wrapped("build").success();
        assert_eq!(p.read("src/made.txt"), "made");
        p.remove("src/made.txt");
    }
    p.exact("build").compiled("foo");
}

#[test]
fn what_comes_over_the_network_is_not_recorded() {
    let p = looking(
        "{ let l = std::net::TcpListener::bind(\"127.0.0.1:0\").unwrap(); \
         let _ = std::net::TcpStream::connect(l.local_addr().unwrap()).unwrap(); \"x\".to_owned() }",
    );
    p.exact("build").not_recorded("foo").missed("mac");
    p.exact("build").not_recorded("foo").hit("mac");
}

#[test]
fn what_is_read_from_a_changing_place_is_not_recorded() {
    let p = looking("std::fs::read_to_string(\"/proc/uptime\").map(|_| \"x\".to_owned()).unwrap()");
    p.exact("build").not_recorded("foo");
    p.exact("build").not_recorded("foo");
}

#[test]
fn without_tracing_what_loads_macros_is_not_recorded() {
    let mut p = looking("std::fs::read_to_string(\"x.txt\").unwrap()");
    p.write("x.txt", "one");
    p.set("KACHE_TRACE", "off");
    p.exact("build").not_recorded("foo");
    p.write("x.txt", "two");
    p.exact("build").not_recorded("foo");
}

#[test]
fn a_macro_that_fails_is_not_recorded() {
    let p = looking("std::fs::read_to_string(\"x.txt\").expect(\"no x\")");
    p.exact("build").fails().failed("foo");
    p.write("x.txt", "one");
    compiled_again(&p, "one");
    p.remove("x.txt");
    p.exact("build").fails().failed("foo");
}

#[test]
fn expansions_of_one_crate_do_not_serve_another() {
    let p = project()
        .proc_macro(
            "#[proc_macro] pub fn look(_: TokenStream) -> TokenStream { \
             format!(\"{:?}\", std::env::var(\"CARGO_PKG_NAME\").unwrap() + &std::fs::read_to_string(\"x.txt\").unwrap_or_default()).parse().unwrap() }",
        )
        .file("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"mac\", \"a\", \"b\"]\n")
        .package("a", "a", "[dependencies]\nmac = { path = \"../mac\" }\n")
        .file("a/src/main.rs", "fn main() { println!(\"{}\", mac::look!()) }")
        .package("b", "b", "[dependencies]\nmac = { path = \"../mac\" }\n")
        .file("b/src/main.rs", "fn main() { println!(\"{}\", mac::look!()) }")
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    for _ in 0..2 {
        p.exact("build").success();
    }
    p.exact("build").hits(3);
}

/// A macro that tells when it has started, and waits until the test lets it go on.
const WAITS: &str = "{ std::fs::write(\"../started\", \"\").unwrap(); \
    while !std::path::Path::new(\"../go\").exists() { std::thread::yield_now() } \"x\".to_owned() }";

/// Runs a build that waits in the compiler, and does `meanwhile` there.
fn during_compile(p: &Project, meanwhile: impl FnOnce()) -> crate::support::Run {
    let begun = p.beside("started");
    std::thread::scope(|scope| {
        let command = p.wrapped_command("build");
        let child = scope.spawn(move || {
            let mut command = command;
            command.output().unwrap()
        });
        wait_for("the compiler to start", || begun.exists());
        meanwhile();
        p.write("../go", "");
        child.join().unwrap()
    });
    p.remove("../started");
    p.remove("../go");
    // The log's last run is what counts: all units since the beginning of this one.
    let run = p.cargo("--version");
    crate::support::Run { units: p.log().read_all().unwrap(), ..run }
}

#[test]
fn a_source_that_changes_while_the_compiler_runs() {
    let p = looking(WAITS);
    p.write("src/lib.rs", "mod a; pub fn says() -> String { let x = mac::look!(); x.to_owned() + a::TEXT }");
    p.write("src/a.rs", "pub const TEXT: &str = \"one\";");
    during_compile(&p, || p.write("src/a.rs", "pub const TEXT: &str = \"two\";")).not_recorded("foo");
    assert_eq!(p.run_program("foo"), "xone\n", "the macro runs after modules are read");
    // Both contents are compiled, never taken from the other.
    p.write("../go", "");
    for (text, recorded) in [("two", false), ("one", false)] {
        p.write("src/a.rs", format!("pub const TEXT: &str = {text:?};"));
        let run = p.wipe().wrapped("build");
        run.success().compiled("foo");
        assert_eq!(p.run_program("foo"), format!("x{text}\n"), "{recorded}");
    }
}

#[test]
fn a_file_that_changes_while_a_macro_reads_it() {
    let p = looking(&format!(
        "{{ let a = std::fs::read_to_string(\"x.txt\").unwrap(); let w: String = {WAITS}; \
         a + &w + &std::fs::read_to_string(\"x.txt\").unwrap() }}"
    ));
    p.write("x.txt", "one");
    during_compile(&p, || p.write("x.txt", "two")).not_recorded("foo");
    assert_eq!(p.run_program("foo"), "onextwo\n");
    p.write("../go", "");
    p.wipe().wrapped("build").success().compiled("foo");
    assert_eq!(p.run_program("foo"), "twoxtwo\n");
}

#[test]
fn a_file_that_changes_unseen_while_a_macro_reads_it() {
    let p = looking(&format!(
        "{{ let a = std::fs::read_to_string(\"x.txt\").unwrap(); let _w: String = {WAITS}; a }}"
    ));
    p.write("x.txt", "one");
    during_compile(&p, || p.write_unseen("x.txt", "two")).not_recorded("foo");
    assert_eq!(p.run_program("foo"), "one\n");
    p.write("../go", "");
    p.wipe().wrapped("build").success().compiled("foo");
    assert_eq!(p.run_program("foo"), "two\n");
}

/// Sets a variable that no macro below asks for, and one that some do.
#[track_caller]
fn variables_that_count(p: &mut Project, told: bool, untold: bool) {
    p.exact("build").missed("foo");
    p.exact("build").hit("foo").hit("mac");
    for (name, counts) in [("TOLD", told), ("UNTOLD", untold)] {
        p.set(name, "a");
        match counts {
            true => p.exact("build").missed("foo").hit("mac"),
            false => p.exact("build").hit("foo").hit("mac"),
        };
        p.unset(name);
        p.exact("build").hit("foo").hit("mac");
    }
}

#[test]
fn a_variable_asked_for_by_name() {
    let mut p = looking("std::env::var(\"TOLD\").unwrap_or_default()");
    variables_that_count(&mut p, true, false);
    p.set("TOLD", "a");
    restored(&p, "a");
    p.set("TOLD", "b");
    compiled_again(&p, "b");
}

#[test]
fn no_variable_asked_for() {
    variables_that_count(&mut looking("\"x\".to_owned()"), false, false);
}

#[test]
fn a_variable_asked_for_in_another_thread() {
    let mut p = looking("std::thread::spawn(|| std::env::var(\"TOLD\").unwrap_or_default()).join().unwrap()");
    // Threads find a function by name, as others might find the list of all variables.
    variables_that_count(&mut p, true, true);
}

#[test]
fn a_variable_that_is_noise_where_nobody_asks() {
    let mut p = looking("std::env::var(\"TERM\").unwrap_or_default()");
    p.set("TERM", "one");
    p.exact("build").missed("foo");
    p.set("TERM", "two");
    compiled_again(&p, "two");
    p.set("COLUMNS", "77").set("RUST_BACKTRACE", "1");
    restored(&p, "two");
}

#[test]
fn all_variables_listed() {
    let mut p = looking("std::env::vars().map(|(n, v)| n + &v).filter(|t| t.contains(\"TOLD\")).collect()");
    variables_that_count(&mut p, true, true);
}

#[test]
fn a_variable_read_by_a_program() {
    let mut p = looking(
        "String::from_utf8(std::process::Command::new(\"sh\").args([\"-c\", \"echo $TOLD\"]).output().unwrap().stdout).unwrap()",
    );
    variables_that_count(&mut p, true, true);
    p.set("TOLD", "a");
    restored(&p, "a\n");
}

#[test]
fn all_variables_read_as_a_file() {
    let mut p = looking(
        "{ let all = std::fs::read(\"/proc/self/environ\").unwrap(); \
         all.split(|b| *b == 0).filter(|t| t.starts_with(b\"TOLD\")).map(|t| String::from_utf8_lossy(t).into_owned()).collect() }",
    );
    variables_that_count(&mut p, true, true);
    p.set("TOLD", "a");
    restored(&p, "TOLD=a");
}

/// A macro that leaves the asking to a library of its own.
fn asking(library: &str) -> Project {
    project()
        .package("mac", "mac", "[lib]\nproc-macro = true\n[dependencies]\nasks = { path = \"../asks\" }\n")
        .file(
            "mac/src/lib.rs",
            "#[proc_macro] pub fn look(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \
             format!(\"{:?}\", asks::told()).parse().unwrap() }",
        )
        .package("asks", "asks", library)
        .file("asks/src/lib.rs", "pub fn told() -> String { std::env::var(\"TOLD\").unwrap_or_default() }")
        .root(DEPENDS)
        .file("src/lib.rs", USES)
        .file("src/main.rs", PRINTS)
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build()
}

#[test]
fn a_variable_asked_for_by_a_library_of_the_macro() {
    let mut p = asking("");
    variables_that_count(&mut p, true, false);
    p.set("TOLD", "a");
    restored(&p, "a");
}

#[test]
fn a_variable_asked_for_by_a_library_that_is_shared() {
    let mut p = asking("[lib]\ncrate-type = [\"dylib\"]\n");
    let libraries = p.command("rustc".as_ref()).args(["--print", "target-libdir"]).output().unwrap();
    let libraries = String::from_utf8(libraries.stdout).unwrap();
    p.set("LD_LIBRARY_PATH", format!("{}:{}", p.target().join("debug").display(), libraries.trim()));
    // It asks through the standard library's dynamic form, which holds all there is to ask by.
    variables_that_count(&mut p, true, true);
}

#[test]
fn a_variable_asked_for_by_the_macro_of_a_linked_unit() {
    let mut p = project()
        .proc_macro(
            "#[proc_macro] pub fn look(_: TokenStream) -> TokenStream { \
             format!(\"{:?}\", std::env::var(\"TOLD\").unwrap_or_default()).parse().unwrap() }",
        )
        .package("outer", "outer", "[lib]\nproc-macro = true\n[dependencies]\nmac = { path = \"../mac\" }\n")
        .file(
            "outer/src/lib.rs",
            "#[proc_macro] pub fn see(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \
             format!(\"{:?}\", mac::look!()).parse().unwrap() }",
        )
        .root("[dependencies]\nouter = { path = \"outer\" }\n")
        .file("src/lib.rs", "pub fn says() -> &'static str { outer::see!() }")
        .file("src/main.rs", PRINTS)
        .build();
    p.exact("build").missed("outer").missed("foo");
    p.set("UNTOLD", "a");
    p.exact("build").hit("outer").hit("foo").hit("mac");
    p.set("TOLD", "a");
    p.exact("build").missed("outer").hit("mac");
    assert_eq!(p.run_program("foo"), "a\n");
}
