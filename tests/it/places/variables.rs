//! Variables that build scripts set, with a path in them: `include!(env!("MADE"))`.

use super::generated::{ASKS, SHOWS, WAYS, workspace};
use super::values::{length, optimised};
use super::{Members, OTHER, exact_in_both, right_in_both, say_as_plain, writes};
use crate::support::project;

/// A build script that writes these files to `OUT_DIR` or, with a `/` before it, a folder in it and tells of each by `MADE_0`, `MADE_1`, and of the
/// folder by `ROOM`.
fn tells(folder: &str, files: &[(&str, &str)]) -> String {
    let mut lines = String::new();
    for (number, (name, text)) in files.iter().enumerate() {
        lines += &format!(
            "std::fs::write(room.join({name:?}), {text:?}).unwrap();\n\
             println!(\"cargo:rustc-env=MADE_{number}={{}}\", room.join({name:?}).display());\n"
        );
    }
    format!(
        "fn main() {{ let room = std::path::PathBuf::from(std::env::var(\"OUT_DIR\").unwrap() + {folder:?});\n\
         std::fs::create_dir_all(&room).unwrap();\n{lines}\
         println!(\"cargo:rustc-env=ROOM={{}}\\ncargo:rerun-if-changed=build.rs\", room.display()); }}\n"
    )
}

const FILES: &[(&str, &str)] = &[
    ("items.rs", "pub static MADE: &[(&str, &[&str])] = &[(\"one\", &[\"text/one\"]), (\"two\", &[])];\n"),
    ("text", "the text"),
];

#[test]
fn a_path_of_a_packages_own_is_shared() {
    let forms = [
        "{ mod m { include!(env!(\"MADE_0\")); } format!(\"{:?}\", m::MADE) }",
        "include_str!(env!(\"MADE_1\")).to_owned()",
        "String::from_utf8_lossy(std::include_bytes![::core::env!{\"MADE_1\"},]).into()",
        "include_str!(concat!(env!(\"ROOM\"), \"/text\")).to_owned()",
        "{ macro_rules! get { () => { include_str!(env!(\"MADE_1\")) } } get!().to_owned() }",
        "giver::get!().to_owned()",
        "include_str!(env!(\"OWN\")).to_owned()",
    ];
    let giver = "#[macro_export] macro_rules! get { () => { include_str!(env!(\"MADE_1\")) } }\n";
    let mut members = Members::new().helper("giver", giver);
    for (number, form) in forms.iter().enumerate() {
        let name = format!("by{number}");
        let own = "fn main() { println!(\"cargo:rustc-env=OWN={}/own\", std::env::var(\"CARGO_MANIFEST_DIR\").unwrap());\n";
        members = members
            .library(&name, &format!("pub fn says() -> String {{ {form} }}"))
            .file(&format!("{name}/own"), "its own")
            .file(&format!("{name}/build.rs"), &tells("", FILES).replacen("fn main() {", own, 1));
    }
    let p = members.build();
    let other = p.checkout(OTHER);
    let [_, run] = exact_in_both(&p, &other, "build");
    for number in 0..forms.len() {
        run.hit(&format!("by{number}"));
    }
    other.write("by6/own", "another text");
    other.exact("build").missed("by6").hit("by0");
    assert!(other.run_program("app").contains("another text"));
}

#[test]
fn what_a_path_of_a_packages_own_leads_to_counts() {
    let p = Members::new()
        .library("made", "include!(env!(\"MADE_0\")); pub fn says() -> String { format!(\"{MADE:?}\") }")
        .file("made/build.rs", &tells("", FILES))
        .build();
    let other = p.checkout(OTHER);
    p.exact("build").missed("made");
    other.replace("made/build.rs", "text/one", "text/another");
    other.exact("build").missed("made");
    assert!(other.run_program("app").contains("text/another"));
    // The same, elsewhere: dep-info names it.
    other.write("made/build.rs", tells("/further/in", FILES));
    other.exact("build").missed("made");
    other.assert_fresh("build");
    p.write("made/build.rs", tells("/further/in", FILES));
    p.exact("build").hit("made");
    other.write("made/build.rs", tells("", FILES));
    other.exact("build").hit("made");
}

/// What makes `MADE_0` count by its value: a name for the case, a macro that is at hand, and an expression.
const USES: &[(&str, &str, &str)] = &[
    ("value", "", "env!(\"MADE_0\")"),
    ("optional", "", "option_env!(\"MADE_0\").unwrap()"),
    ("joined", "", "concat!(env!(\"MADE_0\"), \"x\")"),
    ("literal", "($n:literal) => { env!($n) }", "giver::ask!(\"MADE_0\")"),
    ("by_word", "($e:ident, $n:literal) => { $e!($n) }", "giver::ask!(env, \"MADE_0\")"),
    ("known", "() => { env!(\"MADE_0\") }", "giver::ask!()"),
];

#[test]
fn a_path_that_is_used_for_itself_as_well_counts() {
    let with = |members: Members, name: &str, expression: &str| {
        let source = format!("pub mod m {{ include!(env!(\"MADE_0\")); }}\n{}", length(expression));
        members.library(name, &source).file(&format!("{name}/build.rs"), &tells("", FILES))
    };
    // Each macro by itself: one may make another one's use count.
    let (apart, together) = USES.iter().partition::<Vec<_>, _>(|(_, macros, _)| !macros.is_empty());
    let together = together
        .iter()
        .fold(Members::new(), |members, (name, _, expression)| with(members, name, expression));
    let apart = apart.into_iter().map(|(name, macros, expression)| {
        let giver = format!("#[macro_export] macro_rules! ask {{ {macros} }}\n");
        with(Members::new().helper("giver", &giver), name, expression)
    });
    for members in std::iter::once(together).chain(apart) {
        let names = members.names.clone();
        let p = optimised(members.build());
        let other = p.checkout(OTHER);
        let [_, run] = exact_in_both(&p, &other, "build");
        for name in &names {
            run.missed(name);
        }
    }
}

#[test]
fn a_macro_that_asks_for_the_path_makes_it_count() {
    let writes_parts = "#[proc_macro] pub fn parts(name: TokenStream) -> TokenStream {\n\
                        use proc_macro::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenTree};\n\
                        [TokenTree::Ident(Ident::new(\"env\", Span::call_site())), Punct::new('!', Spacing::Alone).into(),\n\
                        Group::new(Delimiter::Parenthesis, name).into()].into_iter().collect() }\n";
    let reads = "#[proc_macro] pub fn reads(_: TokenStream) -> TokenStream {\n\
                 std::env::var(\"MADE_0\").unwrap().len().to_string().parse().unwrap() }\n";
    for (macros, call) in
        [(writes_parts, "mac::parts!(\"MADE_0\").len()"), (reads, "(mac::reads!() as usize)")]
    {
        let source = format!(
            "pub mod m {{ include!(env!(\"MADE_0\")); }}\n#[inline(never)] pub fn says() -> String {{ {call}.to_string() }}"
        );
        let members = Members::new().proc_macro(macros).library("asks", &source);
        let p = optimised(members.file("asks/build.rs", &tells("", FILES)).build());
        let other = p.checkout(OTHER);
        let [_, run] = exact_in_both(&p, &other, "build -p app");
        run.hit("mac").missed("asks");
    }
}

#[test]
fn code_that_is_reached_by_a_path_of_a_packages_own_names_its_file() {
    let measures = "pub const N: usize = file!().len();\n";
    for (code, asked) in [
        (SHOWS.to_owned(), "String::new()"),
        (
            format!("{SHOWS}{ASKS}{measures}pub const L: u32 = line!();\n"),
            "format!(\"{} {} {} {} {}\", shows::file(), shows::here(), shows::there!(), shows::N, shows::L)",
        ),
    ] {
        let p = workspace(&code, "", asked);
        p.write("shows/build.rs", tells("", &[("g.rs", &code)]));
        p.replace("shows/src/lib.rs", "concat!(env!(\"OUT_DIR\"), \"/g.rs\")", "env!(\"MADE_0\")");
        let other = p.checkout(OTHER);
        exact_in_both(&p, &other, "build");
        say_as_plain([&p, &other], "build", &["debug/app"], WAYS);
    }
}

#[test]
fn a_program_with_code_that_is_reached_so_names_its_own_checkout() {
    let p = project()
        .file("build.rs", tells("", &[("g.rs", "pub fn fails(n: usize) -> u8 { [1u8, 2][n] }\n")]))
        .file(
            "src/main.rs",
            "include!(env!(\"MADE_0\")); fn main() { println!(\"{}\", fails(std::env::args().count() + 8)); }",
        )
        .env("KACHE_CACHE_EXECUTABLES", "1")
        .build();
    let other = p.checkout(OTHER);
    right_in_both(&p, &other, "build", "debug/foo", &[""]);
}

#[test]
fn a_path_in_other_words_counts() {
    let build = |room: &str| {
        writes(&[("g.txt", "the text")]).replace(
            "println!(",
            &format!("let out = out.display(); println!(\"cargo:rustc-env=ROOM={room}\");\nprintln!("),
        )
    };
    // Dep-info repeats it.
    for [first, second] in
        [["{out}/", "{out}"], ["{out}", "{out}/"], ["{out}", "{out}/../out"], ["{out}/.", "{out}"]]
    {
        let source =
            "pub fn says() -> String { include_str!(concat!(env!(\"ROOM\"), \"/g.txt\")).to_owned() }";
        let p = Members::new().library("odd", source).file("odd/build.rs", &build(first)).build();
        let other = p.checkout(OTHER);
        other.write("odd/build.rs", build(second));
        exact_in_both(&p, &other, "build");
        exact_in_both(&p, &other, "build")[1].hit("odd");
    }
}

#[test]
fn a_path_that_leaves_its_root_counts() {
    for (name, build) in [
        ("CARGO_MANIFEST_DIR", "fn main() {}"),
        (
            "ROOM",
            "fn main() { println!(\"cargo:rustc-env=ROOM={}\", std::env::var(\"CARGO_MANIFEST_DIR\").unwrap()); }",
        ),
    ] {
        let p = project()
            .file("build.rs", build)
            .file(
                "src/lib.rs",
                format!(
                    "pub fn says() -> &'static str {{ include_str!(concat!(env!({name:?}), \"-2/text\")) }}"
                ),
            )
            .file("src/main.rs", "fn main() { println!(\"{}\", foo::says()) }")
            .build();
        let other = p.checkout(OTHER);
        for (p, text) in [(&p, "one"), (&other, "another")] {
            let beside = p.root().file_name().unwrap().to_str().unwrap().to_owned();
            p.write(format!("../{beside}-2/text"), text);
        }
        let [_, run] = exact_in_both(&p, &other, "build");
        run.missed("foo");
        assert_eq!(other.run_program("foo"), "another\n");
    }
}
