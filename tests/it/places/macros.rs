//! What a macro sees of the place it is run in.

use super::{Members, OTHER, exact_in_both};
use crate::support::Project;

/// A workspace whose library says what a macro makes of an expression of type `String`.
fn asking(expression: &str) -> Project {
    let macros = format!(
        "#[proc_macro] pub fn ask(_: TokenStream) -> TokenStream {{ let value: String = {{ {expression} }};\n\
         value.len().to_string().parse().unwrap() }}"
    );
    let source = "pub fn says() -> String { (mac::ask!() as usize).to_string() }";
    Members::new().proc_macro(&macros).library("asks", source).file("asks/data.txt", "four").build()
}

#[test]
fn a_macro_that_asks_for_its_place_is_not_shared() {
    for expression in [
        "std::env::current_dir().unwrap().display().to_string()",
        "std::fs::canonicalize(\".\").unwrap().display().to_string()",
        "std::fs::canonicalize(\"asks/data.txt\").unwrap().display().to_string()",
        "std::path::absolute(\"asks\").unwrap().display().to_string()",
        "std::env::var(\"CARGO_MANIFEST_DIR\").unwrap()",
        "std::env::var(\"PWD\").unwrap_or_default()",
    ] {
        let mut p = asking(expression);
        let room = p.root().to_owned();
        p.set("PWD", room);
        let mut other = p.checkout(OTHER);
        let room = other.root().to_owned();
        other.set("PWD", room);
        let [_, run] = exact_in_both(&p, &other, "build");
        run.hit("mac").missed("asks");
    }
}

#[test]
fn a_macro_that_asks_the_system_for_its_place_is_not_shared() {
    for expression in [
        "std::fs::read_link(\"/proc/self/cwd\").unwrap().display().to_string()",
        "std::fs::canonicalize(\"/proc/self/cwd/asks\").unwrap().display().to_string()",
        "std::fs::read_to_string(\"/proc/self/cmdline\").unwrap().split('\\0').skip_while(|a| *a != \"--out-dir\").nth(1).unwrap().to_owned()",
    ] {
        let p = asking(expression);
        let other = p.checkout(OTHER);
        let [_, run] = exact_in_both(&p, &other, "build");
        run.hit("mac").compiled("asks");
    }
}

#[test]
#[ignore = "the arguments of the compiler are seen by no hook"]
fn a_macro_that_asks_for_the_compilers_arguments_is_not_shared() {
    let p = asking("std::env::args().skip_while(|a| a != \"--out-dir\").nth(1).unwrap()");
    let other = p.checkout(OTHER);
    exact_in_both(&p, &other, "build");
}

#[test]
fn a_macro_that_asks_for_the_name_of_a_file() {
    let mac = "#[proc_macro] pub fn ask(all: TokenStream) -> TokenStream {\n\
               let span = all.into_iter().next().unwrap().span();\n\
               let text = format!(\"{} {:?}\", span.file(), span.local_file());\n\
               format!(\"({text:?}, {})\", text.len()).parse().unwrap() }\n\
               #[proc_macro_derive(Ask)] pub fn derived(all: TokenStream) -> TokenStream {\n\
               let span = all.into_iter().next().unwrap().span();\n\
               format!(\"pub const M: usize = {};\", span.file().len()).parse().unwrap() }";
    let p = Members::new()
        .proc_macro(mac)
        .library("asks", "pub fn says() -> String { format!(\"{:?}\", mac::ask!(x)) }")
        .library("whole", "mod m { include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/inc.rs\")); } pub fn says() -> String { m::n().to_string() }")
        .file("whole/inc.rs", "pub fn n() -> usize { mac::ask!(x).1 }")
        .generated(
            "made",
            "mod m { include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\")); } pub fn says() -> String { (m::n() + m::M).to_string() }",
            &[("g.rs", "#[derive(mac::Ask)] pub struct S; pub fn n() -> usize { mac::ask!(x).1 }")],
        )
        .build();
    let mut p = p;
    p.set("CARGO_PROFILE_DEV_DEBUG", "0");
    let other = p.checkout(OTHER);
    exact_in_both(&p, &other, "build");
}

#[test]
fn a_macro_that_needs_no_place_is_shared() {
    let p = asking("String::new()");
    let other = p.checkout(OTHER);
    let [_, run] = exact_in_both(&p, &other, "build");
    run.hit("mac").hit("asks");

    let p = asking("std::fs::read_to_string(\"asks/data.txt\").unwrap()");
    let other = p.checkout(OTHER);
    let [_, run] = exact_in_both(&p, &other, "build");
    run.hit("mac").hit("asks");
    other.write("asks/data.txt", "seven!!");
    other.exact("build").missed("asks");
    assert_eq!(other.run_program("app"), "asks: 7\n");
}
