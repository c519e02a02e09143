//! Files that the compiler reads besides modules.

use cargo_kache::event::Bypass;

use crate::support::{Project, project};

const PATH: &str = "../in cluded/../in cluded/data.txt";

fn including(how: &str) -> Project {
    project()
        .file("src/lib.rs", format!("pub fn says() -> &'static [u8] {{ {how} }}"))
        .file("in cluded/data.txt", "b\"one\"")
        .file("src/main.rs", "fn main() { println!(\"{}\", String::from_utf8_lossy(foo::says())) }")
        .build()
}

/// One rule for all three macros: edited, removed, back again, edited unseen.
fn content_counts(how: &str) {
    let p = including(how);
    p.exact("build").missed("foo");
    p.assert_fresh("build");
    p.exact("build").hit("foo");
    let one = p.run_program("foo");
    p.write("in cluded/data.txt", "b\"three\"");
    p.exact("build").missed("foo");
    assert_ne!(p.run_program("foo"), one);
    p.remove("in cluded/data.txt");
    p.exact("build").fails().failed("foo");
    p.write("in cluded/data.txt", "b\"one\"");
    p.wipe().wrapped("build").hit("foo");
    assert_eq!(p.run_program("foo"), one);
    p.write_unseen("in cluded/data.txt", "b\"two\"");
    p.exact("build").missed("foo");
}

#[test]
fn include_str_counts() {
    content_counts(&format!("include_str!({PATH:?}).as_bytes()"));
}

#[test]
fn include_bytes_counts() {
    content_counts(&format!("include_bytes!({PATH:?})"));
}

#[test]
fn include_counts() {
    content_counts(&format!("include!({PATH:?})"));
}

#[test]
fn a_file_behind_a_macro_and_a_concatenation_counts() {
    let p = including(
        "{ macro_rules! get { ($name:literal) => { include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/in cluded/\", $name)) } } \
         get!(\"data.txt\") }",
    );
    p.exact("build").missed("foo");
    p.exact("build").hit("foo");
    p.write("in cluded/data.txt", "other");
    p.exact("build").missed("foo");
}

#[test]
fn odd_names_count() {
    for name in ["a b", "a\\b", "a\\ b", "a: b", "a#b", "a$b", "ü", "a'\"b"] {
        odd_name_counts(name);
    }
}

#[test]
fn a_name_with_a_line_break_counts() {
    odd_name_counts("a\nb");
}

#[track_caller]
fn odd_name_counts(name: &str) {
    let p = project()
        .file("src/lib.rs", format!("pub const X: &str = include_str!({:?});", format!("../{name}")))
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::X) }")
        .file(name, "one")
        .build();
    p.wipe().wrapped("build").success();
    p.wipe().wrapped("build").success();
    assert_eq!(p.run_program("foo"), "one\n", "{name}");
    p.write(name, "two");
    p.wipe().wrapped("build").success().compiled("foo");
    assert_eq!(p.run_program("foo"), "two\n", "{name}");
}

#[test]
fn a_file_that_appears_is_found_through_its_build_script() {
    let p = project()
        .file(
            "build.rs",
            "fn main() { println!(\"cargo:rustc-check-cfg=cfg(has_data)\"); \
             if std::path::Path::new(\"data.txt\").exists() { println!(\"cargo:rustc-cfg=has_data\") } }",
        )
        .file(
            "src/lib.rs",
            "#[cfg(has_data)] pub fn says() -> &'static str { include_str!(\"../data.txt\") }\n\
             #[cfg(not(has_data))] pub fn says() -> &'static str { \"nothing\" }",
        )
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::says()) }")
        .build();
    p.exact("build").missed("foo");
    p.write("data.txt", "something");
    p.exact("build").missed("foo").hit("foo build");
    p.remove("data.txt");
    p.exact("build").hit("foo").hit("foo build");
    assert_eq!(p.run_program("foo"), "nothing\n");
}

#[test]
fn generated_code_counts() {
    let p = project()
        .file(
            "build.rs",
            "fn main() { println!(\"cargo:rerun-if-changed=in.txt\"); \
             let to = std::path::PathBuf::from(std::env::var_os(\"OUT_DIR\").unwrap()).join(\"g.rs\"); \
             std::fs::write(to, std::fs::read(\"in.txt\").unwrap()).unwrap() }",
        )
        .file("in.txt", "pub const N: u8 = 1;")
        .file("src/lib.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));")
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::N) }")
        .env("KACHE_INCREMENTAL", "never")
        .build();
    p.exact("build").missed("foo").missed("foo build");
    p.assert_fresh("build");
    p.exact("build").hit("foo").hit("foo build");
    p.assert_fresh("build");
    p.write("in.txt", "pub const N: u8 = 2;");
    p.wrapped("build").success().missed("foo");
    assert_eq!(p.run_program("foo"), "2\n");
    p.write("in.txt", "pub const N: u8 = 1;");
    p.wrapped("build").success().hit("foo");
    assert_eq!(p.run_program("foo"), "1\n");
    p.assert_fresh("build");
}

/// The compiler hands the text on, and does not tell of what the assembler reads.
#[test]
#[cfg(target_arch = "x86_64")]
fn files_that_the_assembler_reads_count() {
    let assembly = |text: &str| {
        format!(
            "std::arch::global_asm!(\".section .rodata\", \"{{0}}:\", \"{text}\", \".byte 0\", \".text\", sym DATA); \
             extern \"C\" {{ static data_of_foo: [u8; 3]; }} \
             pub fn says() -> String {{ unsafe {{ String::from_utf8_lossy(&data_of_foo).into() }} }}"
        )
        .replace("{0}", "data_of_foo")
        .replace(", sym DATA", "")
    };
    let p = project()
        .file("src/lib.rs", assembly(".incbin \\\"in/data.txt\\\""))
        .file("src/main.rs", "fn main() { println!(\"{}\", foo::says()) }")
        .file("in/data.txt", "one")
        .file("in/code.s", ".ascii \"abc\"")
        .build();
    p.exact("build").missed("foo");
    p.assert_fresh("build");
    p.exact("build").hit("foo");
    p.write_unseen("in/data.txt", "two");
    p.exact("build").missed("foo");
    p.remove("in/data.txt");
    // What this leaves behind has random names.
    p.wipe().wrapped("build").fails().failed("foo");
    p.write("in/data.txt", "one");
    p.wipe().wrapped("build").hit("foo");
    // In a module that is found by its path, and by another directive.
    p.write("elsewhere.rs", assembly(".include \\\"in/code.s\\\""));
    p.write("src/lib.rs", "#[path = \"../elsewhere.rs\"] mod inner; pub use inner::says;");
    p.exact("build").bypassed("foo");
    p.write("in/code.s", ".ascii \"xyz\"");
    p.exact("build").bypassed("foo");
}

/// The kernel makes it up anew each time, and nothing but reading it tells so.
#[test]
fn a_file_of_the_kernel_is_no_input() {
    let p = including("include_bytes!(\"/proc/uptime\")");
    for _ in 0..2 {
        let run = p.wipe().wrapped("build");
        run.success().not_recorded("foo");
        assert_eq!(run.bypass("foo"), &Bypass::Volatile("read `/proc/uptime`".into()));
    }
}
