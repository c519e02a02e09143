//! The values of `CARGO_MANIFEST_DIR` and `OUT_DIR` in what is compiled, and files that they only lead to.

use super::{Members, OTHER, exact_in_both, writes};
use crate::support::{Project, manifest};

/// Says the length of a text. With optimisation the text itself is in no output then.
pub(super) fn length(of: &str) -> String {
    format!("#[inline(never)] pub fn says() -> String {{ {of}.len().to_string() }}\n")
}

/// Optimises in all checkouts that are made from now on.
pub(super) fn optimised(p: Project) -> Project {
    let mut p = p;
    p.set("CARGO_PROFILE_DEV_OPT_LEVEL", "1").set("CARGO_PROFILE_DEV_DEBUG", "0");
    p
}

#[test]
fn a_value_that_is_made_of_a_path_counts() {
    let hash = "const fn hash(text: &str) -> u64 { let (b, mut h, mut i) = (text.as_bytes(), 7u64, 0); \
                while i < b.len() { h = h.wrapping_mul(31).wrapping_add(b[i] as u64); i += 1; } h }\n";
    let own = "macro_rules! place { () => { env!(\"CARGO_MANIFEST_DIR\") } }\n";
    let literal = "macro_rules! ask { ($n:literal) => { env!($n) } }\n";
    let expression = "macro_rules! ask { ($e:expr) => { env!($e) } }\n";
    let shadow = "macro_rules! include_str { ($e:expr) => { $e } }\n";
    let tokens = "macro_rules! each { ($i:ident ! ($e:expr)) => { $e } }\n";
    let include = "include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src\"))";
    let cases = [
        ("plain", length("env!(\"CARGO_MANIFEST_DIR\")")),
        (
            "constant",
            "const N: usize = env!(\"CARGO_MANIFEST_DIR\").len(); pub fn says() -> String { N.to_string() }"
                .to_owned(),
        ),
        (
            "digest",
            format!(
                "{hash}pub const N: u64 = hash(env!(\"CARGO_MANIFEST_DIR\")); pub fn says() -> String {{ N.to_string() }}"
            ),
        ),
        (
            "array",
            "pub fn says() -> String { [0; env!(\"CARGO_MANIFEST_DIR\").len()].len().to_string() }"
                .to_owned(),
        ),
        ("joined", length("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src\")")),
        ("raw", length("env!(r#\"CARGO_MANIFEST_DIR\"#)")),
        ("escaped", length("env!(\"CARGO_\\u{4d}ANIFEST_DIR\")")),
        ("optional", length("option_env!(\"CARGO_MANIFEST_DIR\").unwrap_or_default()")),
        ("own", own.to_owned() + &length("place!()")),
        ("literal", literal.to_owned() + &length("ask!(\"CARGO_MANIFEST_DIR\")")),
        ("expression", expression.to_owned() + &length("ask!(\"CARGO_MANIFEST_DIR\")")),
        ("built", length("env!(concat!(\"CARGO_\", \"MANIFEST_DIR\"))")),
        ("renamed", "use std::env as e;\n".to_owned() + &length("e!(concat!(\"CARGO_\", \"MANIFEST_DIR\"))")),
        (
            "listed",
            "use std::{env as e, option_env as o};\n".to_owned()
                + &length("o!(concat!(\"CARGO_\", \"MANIFEST_DIR\")).unwrap_or(e!(\"PATH\"))"),
        ),
        ("shadowed", shadow.to_owned() + &length(include)),
        ("taken", "use stringify as include_str;\n".to_owned() + &length(include)),
        ("tokens", tokens.to_owned() + &length(&format!("each!({include})"))),
    ];
    let mut members = Members::new();
    for (name, source) in &cases {
        members = members.library(name, source);
    }
    let members = members.generated("brackets", &length("env![\"OUT_DIR\"]"), &[("x", "")]).generated(
        "braces",
        &length("option_env!{\"OUT_DIR\"}.unwrap()"),
        &[("x", "")],
    );
    let p = optimised(members.build());
    let other = p.checkout(OTHER);
    exact_in_both(&p, &other, "build");
    // Each place has results of its own, and finds them again.
    for p in [&p, &other] {
        let run = p.exact("build");
        for unit in cases.iter().map(|(name, _)| *name).chain(["brackets", "braces"]) {
            run.hit(unit);
        }
    }
}

#[test]
fn macros_of_other_crates_bring_the_value() {
    let giver = "#[macro_export] macro_rules! place { () => { env!(\"CARGO_MANIFEST_DIR\") } }\n\
                 #[macro_export] macro_rules! ask { ($n:literal) => { env!($n) } }\n\
                 #[macro_export] macro_rules! file { ($f:literal) => { include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), $f)) } }\n";
    let members = Members::new()
        .helper("giver", giver)
        .library("place", &length("giver::place!()"))
        .library("ask", &length("giver::ask!(\"CARGO_MANIFEST_DIR\")"))
        .library("file", "pub fn says() -> String { giver::file!(\"/text\").to_owned() }")
        .file("file/text", "a text")
        .library("through", "pub use giver::place;\npub fn says() -> String { String::new() }")
        .library("outer", &length("outside::outer!()"));
    let p = optimised(members.build());
    p.write("../outside/Cargo.toml", manifest("outside", ""));
    p.write(
        "../outside/src/lib.rs",
        "#[macro_export] macro_rules! outer { () => { env!(\"CARGO_MANIFEST_DIR\") } }",
    );
    p.replace(
        "outer/Cargo.toml",
        "[dependencies]\n",
        "[dependencies]\noutside = { path = \"../../outside\" }\n",
    );
    let other = p.checkout("other");
    let [_, run] = exact_in_both(&p, &other, "build");
    run.hit("giver").hit("outside").hit("through");
    for unit in ["place", "ask", "outer"] {
        run.missed(unit);
    }
}

#[test]
fn a_macro_of_another_crate_that_only_leads_to_a_file_is_shared() {
    let giver = "#[macro_export] macro_rules! file { ($f:literal) => { include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), $f)) } }\n";
    let p = Members::new()
        .helper("giver", giver)
        .library("taker", "pub fn says() -> String { giver::file!(\"/text\").to_owned() }")
        .file("taker/text", "a text")
        .build();
    let other = p.checkout(OTHER);
    let [_, run] = exact_in_both(&p, &other, "build");
    run.hit("giver").hit("taker");
}

#[test]
fn macros_of_other_crates_that_bear_the_names_of_includes() {
    let include = "include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/x\"))";
    let members = Members::new()
        .helper("shadow", "#[macro_export] macro_rules! include_bytes { ($e:expr) => { $e } }\n")
        .library("named", &("use shadow::include_bytes;\n".to_owned() + &length(include)))
        .library("global", &("#[macro_use] extern crate shadow;\n".to_owned() + &length(include)));
    let p = optimised(members.build());
    let other = p.checkout(OTHER);
    let [_, run] = exact_in_both(&p, &other, "build");
    run.hit("shadow").missed("named").missed("global");
    let renamed =
        "#[macro_export] macro_rules! other { ($e:expr) => { $e } }\npub use other as include_bytes;\n";
    for p in [&p, &other] {
        p.write("shadow/src/lib.rs", renamed);
        p.replace(
            "global/src/lib.rs",
            "#[macro_use] extern crate shadow;",
            "use shadow::other as include_bytes;",
        );
    }
    let [_, run] = exact_in_both(&p, &other, "build");
    run.hit("shadow").missed("named").missed("global");
}

#[test]
fn a_macro_that_writes_the_question() {
    let whole = "#[proc_macro] pub fn whole(_: TokenStream) -> TokenStream { \
                 \"env!(\\\"CARGO_MANIFEST_DIR\\\").len()\".parse().unwrap() }\n";
    let hidden = "#[proc_macro] pub fn hidden(_: TokenStream) -> TokenStream { \
                  format!(\"env!(\\\"CARGO_{}_DIR\\\").len()\", \"MANIFEST\").parse().unwrap() }\n";
    let measures = "#[proc_macro] pub fn measures(all: TokenStream) -> TokenStream { \
                    format!(\"({all}).len()\").parse().unwrap() }\n";
    let attribute = "#[proc_macro_attribute] pub fn measured(what: TokenStream, _: TokenStream) -> TokenStream { \
                     let proc_macro::TokenTree::Group(path) = what.into_iter().last().unwrap() else { panic!() };\n\
                     format!(\"fn n() -> usize {{ ({}).len() }}\", path.stream()).parse().unwrap() }\n";
    let include = "include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/x\"))";
    let by_attribute = format!("#[mac::measured({include})] fn n() -> usize {{ 0 }}\n");
    for (macros, before, call) in [
        (whole, "", "mac::whole!()"),
        (hidden, "", "mac::hidden!()"),
        (measures, "", &*format!("mac::measures!({include})")),
        (attribute, &*by_attribute, "n()"),
    ] {
        let source = format!("{before}#[inline(never)] pub fn says() -> String {{ ({call}).to_string() }}");
        let p =
            optimised(Members::new().proc_macro(macros).library("asks", &source).file("asks/x", "").build());
        let other = p.checkout(OTHER);
        let [_, run] = exact_in_both(&p, &other, "build -p app");
        run.hit("mac").missed("asks");
    }
}

#[test]
fn a_path_that_only_leads_to_a_file_is_shared() {
    let forms = [
        "include_str!(concat!(env!(\"DIR\"), \"/text\"))",
        "std::include_str! [ ::core::concat!{ ::std::env!(\"DIR\"), '/', \"text\", } ]",
        "std::str::from_utf8(include_bytes!(concat!(env!(\"DIR\"), \"/text\"))).unwrap()",
        "include!(concat!(env!(\"DIR\"), \"/expression.rs\"))",
        "{ macro_rules! get { ($f:literal) => { include_str!(concat!(env!(\"DIR\"), \"/\", $f)) } } get!(\"text\") }",
        "{ mod m { include!(concat!(env!(\"DIR\"), \"/items.rs\")); } m::TEXT }",
    ];
    let files = [
        ("text", "the text"),
        ("expression.rs", "\"the expression\""),
        ("items.rs", "pub const TEXT: &str = \"the constant\";"),
    ];
    let mut members = Members::new();
    for (number, form) in forms.iter().enumerate() {
        for (name, variable) in [("own", "CARGO_MANIFEST_DIR"), ("made", "OUT_DIR")] {
            let name = format!("{name}{number}");
            let source =
                format!("pub fn says() -> String {{ {}.to_owned() }}", form.replace("DIR", variable));
            members = match variable {
                "OUT_DIR" => members.generated(&name, &source, &files),
                _ => members.library(&name, &source),
            };
            for (file, text) in &files {
                members = members.file(&format!("{name}/{file}"), text);
            }
        }
    }
    let p = members.build();
    let other = p.checkout(OTHER);
    let [_, run] = exact_in_both(&p, &other, "build");
    for (number, form) in forms.iter().enumerate() {
        run.hit(&format!("made{number}"));
        // Code of a file that is named by its whole path names it.
        if !form.contains("include!") {
            run.hit(&format!("own{number}"));
        }
    }
    other.write("own0/text", "another text");
    other.exact("build").missed("own0").hit("own1");
    assert!(other.run_program("app").contains("another text"));
}

#[test]
fn generated_declarations_are_shared() {
    let declarations = "pub const A: [u8; 3] = [1, 2, 3];\npub static B: &[(&str, u8)] = &[(\"fn\", 1)];\n\
                        pub use std::collections::BTreeMap as Map;\n#[derive(Clone, Debug, Default)] pub struct C { pub d: u8 }\n\
                        pub type E = Vec<C>;\npub enum F { G = 1, H }\n\
                        pub static I: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| vec_of(3));\n";
    let p = Members::new()
        .generated(
            "declares",
            "include!(concat!(env!(\"OUT_DIR\"), \"/d.rs\"));\nfn vec_of(n: u8) -> Vec<u8> { vec![n] }\n\
             pub fn says() -> String { format!(\"{A:?} {B:?} {:?} {:?} {} {:?}\", Map::<u8, u8>::new(), E::from([C::default()]), F::H as u8, *I) }",
            &[("d.rs", declarations)],
        )
        .generated(
            "closes",
            "include!(concat!(env!(\"OUT_DIR\"), \"/d.rs\"));\n\
             pub fn says() -> String { std::panic::catch_unwind(|| *I).is_err().to_string() }",
            &[("d.rs", "pub static I: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| [1u8][std::env::args().count() + 1]);\n")],
        )
        .build();
    let other = p.checkout(OTHER);
    let [_, run] = exact_in_both(&p, &other, "build");
    run.hit("declares");
}

#[test]
fn the_name_of_a_file_in_a_constant_counts() {
    // Neither the program nor its debug information holds the name.
    let by_macro = "pub const N: usize = file!().len();";
    let by_caller = "pub const N: usize = std::panic::Location::caller().file().len();";
    let inside = "pub fn says() -> String { const N: usize = include!(concat!(env!(\"DIR\"), \"/e.rs\")); N.to_string() }";
    let prints = "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\")); fn main() { println!(\"{N}\"); }";
    let p = Members::new()
        .generated("macro_made", &inside.replace("DIR", "OUT_DIR"), &[("e.rs", "file!().len()")])
        .generated(
            "caller_made",
            &inside.replace("DIR", "OUT_DIR"),
            &[("e.rs", "core::panic::Location::caller().file().len()")],
        )
        .library("macro_own", &inside.replace("DIR", "CARGO_MANIFEST_DIR"))
        .file("macro_own/e.rs", "file!().len()")
        .library("caller_own", &inside.replace("DIR", "CARGO_MANIFEST_DIR"))
        .file("caller_own/e.rs", "core::panic::Location::caller().file().len()")
        .build();
    for (name, text) in [("bin_macro", by_macro), ("bin_caller", by_caller)] {
        p.write(format!("{name}/Cargo.toml"), manifest(name, ""));
        p.write(format!("{name}/src/main.rs"), prints);
        p.write(format!("{name}/build.rs"), writes(&[("g.rs", text)]));
        p.replace("Cargo.toml", "\"app\"", &format!("\"app\", {name:?}"));
    }
    let mut other = p.checkout(OTHER);
    let mut p = p;
    for p in [&mut p, &mut other] {
        p.set("KACHE_CACHE_EXECUTABLES", "1").set("CARGO_PROFILE_DEV_DEBUG", "0");
    }
    exact_in_both(&p, &other, "build");
    for p in [&mut p, &mut other] {
        p.set("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    }
    exact_in_both(&p, &other, "build");
}
