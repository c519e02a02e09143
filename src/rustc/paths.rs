//! What Rust text does with the paths that variables hold, and which of its code names its file.
//!
//! Owns three questions about source text. All are answered on the safe side: *no* only where the text shows it.
//!
//! - [`loose_in`]: may the value of a variable become part of what is compiled? Not where all of its uses have the form
//!   `include!(env!("X"))` or `include!(concat!(env!("X"), …))`, or `include_str!`, `include_bytes!` in its place: there it
//!   only leads to a file. Dep-info tells that a compile asked for a variable, but not what for.
//! - [`is_documented`]: may documentation lead to the file? It is written by another program, with the file's name in it.
//! - [`code_in`]: may code in a generated file name that file when it runs, by `file!()` or in a panic? Who compiles a
//!   function decides where it is put: a generic one is compiled by those who use it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::tokens::{Token, tokens};

/// The variables with directories that cargo tells every package. Who writes code that asks for one of them names it in
/// a string.
pub const DIRECTORY_VARIABLES: [&str; 2] = ["CARGO_MANIFEST_DIR", "OUT_DIR"];

/// Which variables may be used for more than to find a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loose {
    /// All of them: what asks for a variable gets its name from elsewhere.
    any: bool,
    /// All but [`DIRECTORY_VARIABLES`]: code that asks may be put together of parts, for a name that no text tells.
    others: bool,
    /// These.
    names: BTreeSet<String>,
}

impl Loose {
    /// All of them.
    pub const ALL: Self = Self { any: true, others: true, names: BTreeSet::new() };

    /// Adds those that another one names.
    pub fn add(&mut self, other: &Self) {
        self.any |= other.any;
        self.others |= other.others;
        self.names.extend(other.names.iter().cloned());
    }

    /// Whether `variable` is one of them.
    pub fn has(&self, variable: &str) -> bool {
        let is_other = !DIRECTORY_VARIABLES.contains(&variable);
        self.any || (self.others && is_other) || self.names.contains(variable)
    }
}

/// Finds the variables that a source file may use for more than to find a file.
pub fn loose_in(text: &str) -> Loose {
    // Most files say nothing of the kind.
    if !["CARGO_MANIFEST_DIR", "OUT_DIR", "env", "include", "concat"].iter().any(|word| text.contains(word)) {
        return Loose::default();
    }
    let tokens = tokens(text);
    let makes_macros = tokens.windows(2).any(|pair| pair[0] == Token::Mark('[') && pair[1].is("proc_macro"));
    let mut loose = Loose::default();
    let mut inside = Nesting::default();
    let mut at = 0;
    while at < tokens.len() {
        let leads_to_file = if inside.is_plain() { include_by_variable(&tokens[at..]) } else { None };
        if let Some(length) = leads_to_file {
            at += length;
            continue;
        }
        inside.pass(&tokens, at);
        match &tokens[at] {
            // Code that a macro writes.
            Token::Text(text) if text.contains("env!") => return Loose::ALL,
            Token::Text(text) => {
                loose.others |= has_env(text);
                let named = DIRECTORY_VARIABLES.iter().filter(|known| text.contains(**known));
                loose.names.extend(named.map(|known| (*known).to_owned()));
            }
            Token::Word(name) if NAMES.contains(name) => {
                if gives_name(&tokens[..at], makes_macros) {
                    return Loose::ALL;
                }
                if is_env(&tokens[at]) {
                    match asked(&tokens[at + 1..]) {
                        Asked::Named(name) => drop(loose.names.insert(name.to_owned())),
                        Asked::Unknown => return Loose::ALL,
                        // A macro may ask by the word it is given.
                        Asked::Nothing => loose.others |= !inside.is_plain(),
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    loose
}

/// Macros whose meaning is taken for granted here.
const NAMES: &[&str] = &["include", "include_str", "include_bytes", "concat", "env", "option_env"];

/// Whether a name after these tokens is given to a macro that may be another one.
fn gives_name(before: &[Token<'_>], makes_macros: bool) -> bool {
    match before {
        [.., Token::Word("macro_rules"), Token::Mark('!')] => true,
        [.., Token::Word("as" | "macro")] => true,
        [.., Token::Word("fn")] => makes_macros,
        _ => false,
    }
}

fn is_env(token: &Token<'_>) -> bool {
    token.is("env") || token.is("option_env")
}

/// Whether a text holds the name of a macro that asks, as a word: code may be made of it.
fn has_env(text: &str) -> bool {
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    text.split(|c| !is_part(c)).any(|word| word == "env" || word == "option_env")
}

/// What the word `env` asks for.
enum Asked<'s> {
    /// The variable of this name.
    Named(&'s str),
    /// One whose name does not stand there; or the macro gets another name.
    Unknown,
    /// Nothing: it is another `env`.
    Nothing,
}

/// Looks at what follows `env`.
fn asked<'s>(rest: &'s [Token<'_>]) -> Asked<'s> {
    match rest {
        [Token::Mark('!'), Token::Mark('(' | '[' | '{'), Token::Text(name), ..] => Asked::Named(name),
        [Token::Mark('!'), ..] => Asked::Unknown,
        [next, ..] if next.is("as") => Asked::Unknown,
        _ => Asked::Nothing,
    }
}

/// Matches `include!(env!("X"))` and `include!(concat!(env!("X"), …))` and returns their length in tokens.
fn include_by_variable(tokens: &[Token<'_>]) -> Option<usize> {
    let [Token::Word("include" | "include_str" | "include_bytes"), Token::Mark('!'), open, rest @ ..] =
        tokens
    else {
        return None;
    };
    let rest = variable(rest).or_else(|| path_below_variable(rest))?;
    let rest = match rest {
        [Token::Mark(','), rest @ ..] => rest,
        rest => rest,
    };
    (rest.first() == closing(open)).then(|| tokens.len() - rest.len() + 1)
}

/// Matches `env!("X")` and returns what follows.
fn variable<'s, 't>(tokens: &'s [Token<'t>]) -> Option<&'s [Token<'t>]> {
    let [Token::Word("env"), Token::Mark('!'), open, Token::Text(_), close, rest @ ..] = without_std(tokens)
    else {
        return None;
    };
    (closing(open) == Some(close)).then_some(rest)
}

/// Matches `concat!(env!("X"), …)` and returns what follows. Nothing in the rest of the path may ask for a variable again.
fn path_below_variable<'s, 't>(tokens: &'s [Token<'t>]) -> Option<&'s [Token<'t>]> {
    let [Token::Word("concat"), Token::Mark('!'), open, rest @ ..] = without_std(tokens) else { return None };
    let closing = closing(open)?;
    let rest = variable(rest)?;
    let length = rest.iter().position(|token| token == closing)?;
    let (path, rest) = rest.split_at(length);
    let is_path = path.iter().all(|token| match token {
        Token::Text(text) => !DIRECTORY_VARIABLES.iter().any(|known| text.contains(known)),
        Token::Mark(',' | '$') => true,
        Token::Word(_) => !is_env(token),
        Token::Mark(_) => false,
    });
    is_path.then_some(&rest[1..])
}

/// Skips `std ::`, `core ::` and a leading `::`.
fn without_std<'s, 't>(tokens: &'s [Token<'t>]) -> &'s [Token<'t>] {
    let tokens = match tokens {
        [Token::Mark(':'), Token::Mark(':'), rest @ ..] => rest,
        rest => rest,
    };
    match tokens {
        [Token::Word("std" | "core"), Token::Mark(':'), Token::Mark(':'), rest @ ..] => rest,
        rest => rest,
    }
}

fn closing<'t>(open: &Token<'_>) -> Option<&'t Token<'t>> {
    match open {
        Token::Mark('(') => Some(&Token::Mark(')')),
        Token::Mark('[') => Some(&Token::Mark(']')),
        Token::Mark('{') => Some(&Token::Mark('}')),
        _ => None,
    }
}

/// In what the present token stands: arguments of a macro may be taken apart, those of `macro_rules!` are its rules.
#[derive(Default)]
struct Nesting {
    /// For each open bracket: whether it belongs to a macro call.
    open: Vec<bool>,
}

impl Nesting {
    fn is_plain(&self) -> bool {
        !self.open.contains(&true)
    }

    fn pass(&mut self, tokens: &[Token<'_>], at: usize) {
        match tokens[at] {
            Token::Mark('(' | '[' | '{') => {
                self.open
                    .push(opens_macro(&tokens[..at]) || opens_attribute(&tokens[..at], tokens.get(at + 1)));
            }
            Token::Mark(')' | ']' | '}') => {
                self.open.pop();
            }
            _ => {}
        }
    }
}

/// Whether a bracket after these tokens opens the arguments of a macro that may do anything with them.
fn opens_macro(before: &[Token<'_>]) -> bool {
    match before {
        [.., Token::Word("macro_rules"), Token::Mark('!'), Token::Word(_)] => false,
        [.., Token::Word(name), Token::Mark('!')] => {
            // These hand on what they are given, or make a value of it that is looked at by itself.
            !matches!(
                *name,
                "include" | "include_str" | "include_bytes" | "concat" | "env" | "option_env" | "vec"
            )
        }
        _ => false,
    }
}

/// Whether a bracket between these tokens opens an attribute, which may be a macro's.
fn opens_attribute(before: &[Token<'_>], next: Option<&Token<'_>>) -> bool {
    let is_attribute = matches!(before, [.., Token::Mark('#')] | [.., Token::Mark('#'), Token::Mark('!')]);
    is_attribute && !next.is_some_and(|token| token.is("doc"))
}

/// Endings of files that nobody takes for Rust code.
const NO_CODE: &[&str] = &[
    "1", "5", "7", "8", "S", "a", "adoc", "asm", "bash", "bat", "bin", "c", "cc", "cfg", "cmake", "cmd",
    "conf", "cpp", "css", "csv", "cxx", "d", "def", "elv", "fish", "gperf", "h", "hh", "hpp", "html", "hxx",
    "ini", "js", "json", "ld", "lib", "lock", "log", "m4", "map", "md", "mk", "nasm", "nu", "o", "pc", "pem",
    "pl", "proto", "ps1", "psm1", "py", "rb", "rst", "s", "sh", "so", "sql", "svg", "tcl", "toml", "ts",
    "tsv", "txt", "xml", "y", "yaml", "yml", "zsh",
];

/// Whether a file may hold Rust code, by its name: data that is included is named among the sources as well.
pub fn may_be_code(path: &Path) -> bool {
    path.extension().is_none_or(|ending| !NO_CODE.iter().any(|known| ending == *known))
}

/// What code in a generated file can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// None of it runs: declarations, constants, re-exports.
    None,
    /// What runs is compiled with the crate it stands in: closures of statics.
    Own,
    /// Some of it may be compiled by users of the crate.
    Any,
    /// It may take the name of its file apart while it is compiled, so that nothing of the name is left to be seen.
    Named,
}

/// Attributes without code of their own.
const INERT: &[&str] = &[
    "allow",
    "cfg",
    "cold",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "inline",
    "must_use",
    "no_mangle",
    "non_exhaustive",
    "repr",
    "rustfmt",
    "test",
    "track_caller",
    "unsafe",
    "warn",
];

/// Derives whose code neither panics nor names its file.
const QUIET_DERIVES: &[&str] =
    &["Clone", "Copy", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];

/// Macros of the standard library that do with the name of their file nothing but show it.
const SHOWING_MACROS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "include",
    "include_bytes",
    "include_str",
    "line",
    "macro_rules",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Finds what the code in a generated file can do.
pub fn code_in(text: &str) -> Code {
    let tokens = tokens(text);
    let mut code = Code::None;
    let mut in_static = false;
    let mut depth = 0_usize;
    let mut static_depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        let found = match token {
            Token::Word("Location" | "caller") => return Code::Named,
            Token::Word("fn" | "macro_rules" | "macro" | "async" | "impl" | "trait") => Code::Any,
            Token::Word("static") => {
                (in_static, static_depth) = (true, depth);
                Code::None
            }
            Token::Mark('(' | '[' | '{') => {
                depth += 1;
                Code::None
            }
            Token::Mark(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                Code::None
            }
            Token::Mark(';') if depth <= static_depth => {
                in_static = false;
                Code::None
            }
            Token::Mark('|') if in_static => Code::Own,
            Token::Mark('|') => Code::Any,
            Token::Mark('!') => match macro_called(&tokens[..at], tokens.get(at + 1)) {
                Some(name) if !SHOWING_MACROS.contains(&name) => return Code::Named,
                Some(_) => Code::Any,
                None => Code::None,
            },
            Token::Mark('#') if !is_inert_attribute(&tokens[at + 1..]) => return Code::Named,
            _ => Code::None,
        };
        code = code.max(found);
    }
    code
}

/// Whether documentation may lead to something in a generated file: an item that others can name, and that is not hidden
/// by `#[doc(hidden)]` right before it. What a re-export leads to lies elsewhere.
pub fn is_documented(text: &str) -> bool {
    let tokens = tokens(text);
    let hides = [
        Token::Mark('#'),
        Token::Mark('['),
        Token::Word("doc"),
        Token::Mark('('),
        Token::Word("hidden"),
        Token::Mark(')'),
        Token::Mark(']'),
    ];
    tokens.iter().enumerate().any(|(at, token)| {
        let goes_on = tokens.get(at + 1);
        let is_item = !goes_on.is_some_and(|next| next.is("use") || *next == Token::Mark('('));
        token.is("pub") && is_item && !tokens[..at].ends_with(&hides)
    })
}

/// Returns the name in `name!(`; not in `a != b`, `!x`, `#![`, or what a person shouts.
fn macro_called<'t>(before: &[Token<'t>], next: Option<&Token<'t>>) -> Option<&'t str> {
    match (before.last(), next) {
        (Some(Token::Word(name)), Some(Token::Mark('(' | '[' | '{'))) => Some(name),
        _ => None,
    }
}

fn is_inert_attribute(rest: &[Token<'_>]) -> bool {
    let rest = match rest {
        [Token::Mark('!'), rest @ ..] => rest,
        rest => rest,
    };
    let [Token::Mark('['), Token::Word(name), rest @ ..] = rest else { return false };
    if *name != "derive" {
        return INERT.contains(name);
    }
    let derives = rest.iter().take_while(|token| **token != Token::Mark(']'));
    derives
        .filter_map(|token| if let Token::Word(word) = token { Some(*word) } else { None })
        .all(|word| QUIET_DERIVES.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loose(text: &str) -> bool {
        loose_in(text).has("OUT_DIR")
    }

    #[test]
    fn an_include_only_leads_to_a_file() {
        for text in [
            r#"include!(concat!(env!("OUT_DIR"), "/a.rs"));"#,
            r#"pub mod a { include!(concat!(env!("OUT_DIR"), "/a.rs",),); }"#,
            r#"include!{concat![env!{"OUT_DIR"}, "/a.rs"]}"#,
            r#"static A: &str = include_str!(::core::concat!(::std::env!("OUT_DIR"), "/", "a"));"#,
            r#"std::include_bytes!(concat!(env!("OUT_DIR"), "/a"));"#,
            r#"macro_rules! m { ($p:tt) => { include!(concat!(env!("OUT_DIR"), "/", $p, ".rs")); } }"#,
            r#"use std::env; fn f() { env::var("HOME"); } // env!("OUT_DIR")"#,
            r#"const A: &str = env!("CARGO_PKG_NAME");"#,
            r#"#![doc = include_str!(concat!(env!("OUT_DIR"), "/a"))]"#,
            "pub fn env(self) -> Self { self } fn f() { [a, b].concat() }",
            "fn environment() {}",
            r#"include!(env!("OUT_DIR"));"#,
            r#"static A: &[u8] = ::std::include_bytes![::core::env!{"OUT_DIR"},];"#,
            r#"macro_rules! m { () => { include_str!(env!("OUT_DIR")) } }"#,
        ] {
            assert!(!loose(text), "{text}");
        }
    }

    #[test]
    fn everything_else_may_show_the_value() {
        for text in [
            r#"const A: &str = env!("OUT_DIR");"#,
            r#"const A: usize = env!["OUT_DIR"].len();"#,
            r#"const A: &str = concat!(env!("OUT_DIR"), "/a");"#,
            r##"const A: &str = env!(r#"OUT_DIR"#);"##,
            r#"const A: &str = env!("OUT\x5fDIR");"#,
            r#"const A: &str = env!(concat!("OUT", "_DIR"));"#,
            r#"const A: Option<&str> = option_env!("OUT_DIR");"#,
            r#"use std::env as e; const A: &str = e!(concat!("OUT", "_DIR"));"#,
            r#"macro_rules! m { ($n:literal) => { env!($n) } }"#,
            r#"other!(include!(concat!(env!("OUT_DIR"), "/a.rs")));"#,
            r#"include!(concat!(env!("OUT_DIR"), env!("OUT_DIR")));"#,
            r#"include!(concat!(env!("OUT_DIR"), "/a.rs").len());"#,
            r#"fn f() { std::env::var("OUT_DIR"); }"#,
            r#"#[other(include!(concat!(env!("OUT_DIR"), "/a.rs")))] struct A;"#,
            "macro_rules! include_str { ($e:expr) => { $e.len() } }",
            "use other as include_bytes;",
            "#[proc_macro] pub fn concat(all: TokenStream) -> TokenStream { all }",
            r#"fn f() { format!("env!(\"{name}\")") }"#,
            r#"include!(env!("OUT_DIR").len());"#,
            r#"include!(env!("OUT_DIR", "it is not there"));"#,
            r#"macro_rules! m { ($($t:tt)*) => { include!(env!("OUT_DIR") $($t)*) } }"#,
            r#"other!(include!(env!("OUT_DIR")));"#,
            r#"include!(other!(env!("OUT_DIR")));"#,
        ] {
            assert!(loose(text), "{text}");
        }
        let mut one = loose_in(r#"const A: &str = env!("CARGO_MANIFEST_DIR");"#);
        assert!(one.has("CARGO_MANIFEST_DIR") && !one.has("OUT_DIR") && !one.has("HOME"));
        one.add(&Loose::ALL);
        assert!(one.has("OUT_DIR"));
    }

    #[test]
    fn a_name_of_ones_own_is_no_other() {
        for text in [
            r#"include!(env!("X")); fn f() { std::env::var("HOME"); }"#,
            r#"const A: &str = env!("X_Y"); const B: &str = "X";"#,
            r#"#[cfg(target_env = "gnu")] include!(concat!(env!("X"), "/env"));"#,
        ] {
            assert!(!loose_in(text).has("X"), "{text}");
        }
        for text in [
            r#"include!(env!("X")); const A: &str = env!("X");"#,
            r#"const A: Option<&str> = option_env!("X");"#,
            r#"macro_rules! m { ($n:literal) => { env!($n) } }"#,
        ] {
            assert!(loose_in(text).has("X"), "{text}");
        }
        // Nothing here tells for what name somebody asks who is given the macro's; cargo's own would be told.
        for text in [
            r#"fn f() -> Ident { Ident::new("env", here()) }"#,
            r#"fn f() -> Path { parse_str("std::option_env").unwrap() }"#,
            "fn f() -> TokenStream { quote!(env) }",
            r#"ask!(env, "X");"#,
            r#"#[ask(option_env, "X")] struct A;"#,
        ] {
            assert!(loose_in(text).has("X") && !loose_in(text).has("OUT_DIR"), "{text}");
        }
    }

    #[test]
    fn what_documentation_leads_to() {
        for text in [
            "#[doc(hidden)]\npub mod __private228 {\n    #[doc(hidden)]\n    pub use crate::private::*;\n}\n",
            "pub(crate) const A: u8 = 1; const B: u8 = 2; // pub struct C;",
            "pub use a::B;",
        ] {
            assert!(!is_documented(text), "{text}");
        }
        for text in
            ["pub const A: u8 = 1;", "struct A { pub a: u8 }", "#[doc(hidden)] pub mod a { pub struct B; }"]
        {
            assert!(is_documented(text), "{text}");
        }
    }

    #[test]
    fn what_generated_code_can_do() {
        for text in [
            "#[doc(hidden)]\npub mod __private228 {\n    #[doc(hidden)]\n    pub use crate::private::*;\n}\n",
            "pub const A: u8 = 1; pub type B = [u8; 3]; #[derive(Clone, Debug)] #[repr(C)] pub struct C { a: u8 }",
            "pub static A: &[(&str, u8)] = &[(\"fn\", 1)];",
            "extern \"C\" { pub static x: u8; } const B: bool = 1 != 2 && !true;",
            "A person shouts: read this!",
        ] {
            assert_eq!(code_in(text), Code::None, "{text}");
        }
        let own =
            "pub(crate) static A: [(Lazy<Option<M>>, T); 1] = [(Lazy::new(|| Some(build(\"*.rs\"))), T::X)];";
        assert_eq!(code_in(own), Code::Own);
        for text in [
            "pub fn f() {}",
            "pub const A: fn() = || {};",
            "static A: u8 = 1; const B: fn() = || {};",
            "#[inline] fn f() {}",
            "macro_rules! m { () => {} }",
            "static A: Lazy<u8> = Lazy::new(|| panic!());",
        ] {
            assert_eq!(code_in(text), Code::Any, "{text}");
        }
        for text in [
            "pub fn f() -> u8 { 1 } pub const A: usize = file!().len();",
            "const A: usize = core::panic::Location::caller().file().len();",
            "other! { a }",
            "#[derive(Serialize)] struct A;",
            "#[other] struct A;",
        ] {
            assert_eq!(code_in(text), Code::Named, "{text}");
        }
    }
}
