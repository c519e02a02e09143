//! Code that lies in `OUT_DIR`, or is included by its whole path: whoever compiles it, it names this checkout's file.

use super::{Members, OTHER, exact_in_both, right_in_both, say_as_plain, writes};
use crate::support::{Project, manifest, project};

/// Code that shows the name of its file without asking for it.
pub(super) const SHOWS: &str = "pub fn plain(n: usize) -> u8 { [1u8, 2][n] }\n\
    pub fn generic<T: Copy>(all: &[T], n: usize) -> T { all[n] }\n\
    #[inline(always)] pub fn inlined(n: usize) -> u8 { [3u8, 4][n] }\n\
    #[track_caller] pub fn blames(n: usize) -> u8 { [5u8, 6][n] }\n\
    pub fn through(n: usize) -> u8 { crate::outer(n) }\n\
    pub static LAZY: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| [1u8][std::env::args().count() + 9]);\n";

/// The part of it that nobody but users of the library compiles.
const GENERIC: &str = "pub fn generic<T: Copy>(all: &[T], n: usize) -> T { all[n] }\n\
    #[inline(always)] pub fn inlined(n: usize) -> u8 { [3u8, 4][n] }\n";

/// Code that asks for it.
pub(super) const ASKS: &str = "pub fn file() -> &'static str { file!() }\n\
    pub fn here() -> String { std::panic::Location::caller().to_string() }\n\
    #[macro_export] macro_rules! there { () => { file!() } }\n";

pub(super) const WAYS: &[&str] = &["", "plain", "generic", "inlined", "blames", "through", "lazy", "user"];

/// A library with such code, a library that uses it, and a program that fails in all its parts.
pub(super) fn workspace(generated: &str, rest: &str, says: &str) -> Project {
    project()
        .workspace(&["shows", "user", "app"])
        .package("shows", "shows", rest)
        .file("shows/build.rs", writes(&[("g.rs", generated)]))
        .file(
            "shows/src/lib.rs",
            "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));\n\
             #[track_caller] pub fn outer(n: usize) -> u8 { [7u8, 8][n] }\n",
        )
        .package("user", "user", "[dependencies]\nshows = { path = \"../shows\" }\n")
        .file(
            "user/src/lib.rs",
            format!("pub fn of(n: usize) -> u16 {{ shows::generic(&[1u16], n) }}\npub fn says() -> String {{ {says} }}"),
        )
        .package("app", "app", "[dependencies]\nshows = { path = \"../shows\" }\nuser = { path = \"../user\" }\n")
        .file(
            "app/src/main.rs",
            "fn main() { println!(\"{}\", user::says());\n\
             match &*std::env::args().nth(1).unwrap_or_default() {\n\
             \"plain\" => { std::hint::black_box(shows::plain(9)); }, \"generic\" => { std::hint::black_box(shows::generic(&[1u8], 9)); },\n\
             \"inlined\" => { std::hint::black_box(shows::inlined(9)); }, \"blames\" => { std::hint::black_box(shows::blames(9)); },\n\
             \"through\" => { std::hint::black_box(shows::through(9)); }, \"lazy\" => { std::hint::black_box(*shows::LAZY); },\n\
             \"user\" => { std::hint::black_box(user::of(9)); }, _ => {} } }",
        )
        .build()
}

#[test]
fn generated_functions_name_their_file() {
    for (code, asked) in [
        (SHOWS.to_owned(), "String::new()"),
        (format!("{SHOWS}{ASKS}"), "format!(\"{} {} {}\", shows::file(), shows::here(), shows::there!())"),
    ] {
        let p = workspace(&code, "", asked);
        let other = p.checkout(OTHER);
        exact_in_both(&p, &other, "build");
        say_as_plain([&p, &other], "build", &["debug/app"], WAYS);
    }
}

#[test]
fn generated_functions_of_a_library_of_many_kinds_name_their_file() {
    for (kinds, code) in [
        ("\"lib\", \"cdylib\"", GENERIC),
        ("\"lib\", \"cdylib\", \"staticlib\"", SHOWS),
        ("\"dylib\"", GENERIC),
        ("\"dylib\"", SHOWS),
    ] {
        let mut p = workspace(code, &format!("[lib]\ncrate-type = [{kinds}]\n"), "String::new()");
        if code == GENERIC {
            let others: Vec<&str> =
                SHOWS.split_inclusive('\n').filter(|line| !GENERIC.contains(line)).collect();
            p.write("shows/src/lib.rs", p.read("shows/src/lib.rs") + &others.concat());
        }
        p.set("KACHE_CACHE_EXECUTABLES", "1");
        if kinds == "\"dylib\"" {
            let mut command = p.command("rustc".as_ref());
            command.args(["--print", "sysroot"]);
            let sysroot = p.run(command).stdout.trim().to_owned();
            p.set("RUSTFLAGS", "-Cprefer-dynamic");
            p.set("LD_LIBRARY_PATH", format!("{sysroot}/lib:target/debug/deps"));
        }
        let other = p.checkout(OTHER);
        right_in_both(&p, &other, "build", "debug/app", WAYS);
    }
}

#[test]
fn everything_linked_names_its_own_checkout() {
    for executables in ["0", "1"] {
        let p = project()
            .root("[lib]\ncrate-type = [\"lib\", \"cdylib\", \"staticlib\"]\n")
            .file("build.rs", writes(&[("g.rs", "pub fn fails(n: u8) -> u8 { [1u8, 2][n as usize] }")]))
            .file(
                "src/lib.rs",
                "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));\n\
                 #[unsafe(no_mangle)] pub extern \"C-unwind\" fn fails_in_c(n: u8) -> u8 { fails(n) }\n\
                 #[test] fn t() { fails(9); }",
            )
            .file("src/main.rs", "fn main() { foo::fails(std::env::args().count() as u8 + 8); }")
            .file("examples/ex.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\")); fn main() { fails(9); }")
            .file("tests/t.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\")); #[test] fn u() { fails(9); }")
            .file("benches/b.rs", "#[test] fn b() { foo::fails(9); }")
            .file("main.c", "unsigned char fails_in_c(unsigned char); int main(int n, char **a) { return fails_in_c(n + 8); }")
            .env("KACHE_CACHE_EXECUTABLES", executables)
            .build();
        let other = p.checkout(OTHER);
        let programs = |p: &Project| {
            let find = |begin: &str| {
                let path = p.find("target/debug/deps", begin, "");
                format!("debug/deps/{}", path.file_name().unwrap().to_str().unwrap())
            };
            [
                find("t-"),
                find("b-"),
                "debug/examples/ex".to_owned(),
                "debug/foo".to_owned(),
                "debug/dynamic".to_owned(),
                "debug/static".to_owned(),
            ]
        };
        let said = |p: &Project| {
            for (name, library) in
                [("dynamic", "target/debug/libfoo.so"), ("static", "target/debug/libfoo.a")]
            {
                let mut command = p.command("cc".as_ref());
                command.args(["-g", "main.c", library, "-o", &format!("target/debug/{name}")]);
                command.args(["-lpthread", "-ldl", "-lm", "-lgcc_s"]);
                p.run(command).success();
            }
            programs(p)
                .iter()
                .map(|program| super::says(p, program, &["--include-ignored"]))
                .collect::<String>()
        };
        for p in [&p, &other] {
            p.wrapped("build --all-targets").success();
            p.assert_fresh("build --all-targets");
            let ours = said(p);
            p.wipe().cargo("build --all-targets").success();
            let plain = said(p);
            assert!(plain.contains("libfoo.so") || plain.contains("g.rs"), "{plain}");
            assert_eq!(ours, plain);
        }
    }
}

#[test]
fn code_included_by_its_whole_path_names_its_file() {
    let inside = "pub fn fails(n: usize) -> u8 { [1u8, 2][n] }\npub fn file() -> &'static str { file!() }\n";
    let build = "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap(); let own = std::env::var(\"CARGO_MANIFEST_DIR\").unwrap();\n\
                 std::fs::write(format!(\"{out}/e.rs\"), \"pub fn e() -> &'static str { file!() }\").unwrap();\n\
                 println!(\"cargo:rerun-if-changed=build.rs\\ncargo:rustc-env=GIVEN={own}/given.rs\\ncargo:rustc-env=MADE={out}/e.rs\\ncargo:where={out}\"); }";
    let takes = "fn main() { println!(\"cargo:rerun-if-changed=build.rs\\ncargo:rustc-env=TAKEN={}/e.rs\", std::env::var(\"DEP_GIVES_WHERE\").unwrap()); }";
    let p = Members::new()
        .library("whole", "include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/inc.rs\")); pub fn says() -> String { file().to_owned() }")
        .file("whole/inc.rs", inside)
        .library("around", "#[path = \"../../shared/./inc.rs\"] mod inc; pub fn says() -> String { inc::file().to_owned() }")
        .file("shared/inc.rs", inside)
        .library("given", "mod m { include!(env!(\"GIVEN\")); } mod n { include!(env!(\"MADE\")); } pub fn says() -> String { m::file().to_owned() + n::e() }")
        .file("given/build.rs", build)
        .file("given/given.rs", inside)
        .library("takes", "include!(env!(\"TAKEN\")); pub fn says() -> String { e().to_owned() }")
        .file("takes/build.rs", takes)
        .build();
    p.write("given/Cargo.toml", manifest("given", "links = \"gives\"\n"));
    p.replace("takes/Cargo.toml", "[dependencies]\n", "[dependencies]\ngiven = { path = \"../given\" }\n");
    let other = p.checkout(OTHER);
    let [_, run] = exact_in_both(&p, &other, "build");
    run.hit("around").missed("whole").missed("given").missed("takes");
    for p in [&p, &other] {
        let run = p.exact("build");
        run.hit("around").hit("whole").hit("given").hit("takes");
    }
}
