//! The table of rustc's flags: what each one means to a key.
//!
//! Owns the allow-list. A flag that is not in it is never ignored: its unit is compiled without the cache, and the
//! report names the flag.

/// What a flag means to the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Its text enters the key of every unit.
    Text,
    /// It says in which form messages come: it counts only where there are messages.
    Message,
    /// Its text enters the key of what is linked; nothing else can tell.
    LinkText,
    /// Its value names files that the linker reads: text for what is linked, and the reads are traced.
    LinkFile,
    /// Its value names a file that the compiler reads: text and content enter the key.
    File,
    /// It changes nothing that is kept: where messages go, how wide the terminal is.
    Nothing,
    /// The parser knows it by name and gives it a field of its own.
    Special,
}

/// A top-level flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The name without dashes.
    pub name: &'static str,
    /// Whether a value follows, as `--name value` or `--name=value`.
    pub takes_value: bool,
    /// What it means.
    pub meaning: Meaning,
}

const fn flag(name: &'static str, takes_value: bool, meaning: Meaning) -> Flag {
    Flag { name, takes_value, meaning }
}

use Meaning::{File, LinkFile, LinkText, Message, Nothing, Special, Text};

/// Flags with two dashes.
pub const LONG: &[Flag] = &[
    flag("cfg", true, Special),
    flag("check-cfg", true, Special),
    flag("crate-name", true, Special),
    flag("crate-type", true, Special),
    flag("edition", true, Special),
    flag("emit", true, Special),
    flag("extern", true, Special),
    flag("out-dir", true, Special),
    flag("target", true, Special),
    flag("sysroot", true, Special),
    flag("test", false, Special),
    flag("codegen", true, Special),
    flag("json", true, Special),
    flag("print", true, Special),
    flag("explain", true, Special),
    flag("version", false, Special),
    flag("help", false, Special),
    flag("cap-lints", true, Text),
    flag("allow", true, Text),
    flag("warn", true, Text),
    flag("deny", true, Text),
    flag("forbid", true, Text),
    flag("expect", true, Text),
    flag("force-warn", true, Text),
    flag("error-format", true, Message),
    flag("remap-path-prefix", true, Text),
    flag("remap-path-scope", true, Text),
    flag("verbose", false, Text),
    flag("color", true, Message),
    flag("diagnostic-width", true, Nothing),
];

/// `-C name[=value]`
pub const CODEGEN: &[(&str, Meaning)] = &[
    ("code-model", Text),
    ("codegen-units", Text),
    ("collapse-macro-debuginfo", Text),
    ("control-flow-guard", Text),
    ("debug-assertions", Text),
    ("debuginfo", Text),
    ("default-linker-libraries", LinkText),
    ("dwarf-version", Text),
    ("embed-bitcode", Text),
    ("extra-filename", Special),
    ("force-frame-pointers", Text),
    ("force-unwind-tables", Text),
    ("incremental", Special),
    ("inline-threshold", Text),
    ("instrument-coverage", Text),
    ("jump-tables", Text),
    ("link-arg", LinkFile),
    ("link-args", LinkFile),
    ("link-dead-code", Text),
    ("link-self-contained", LinkText),
    ("linker", LinkFile),
    ("linker-features", LinkText),
    ("linker-flavor", LinkText),
    ("linker-plugin-lto", Text),
    ("lto", Text),
    ("metadata", Text),
    ("no-prepopulate-passes", Text),
    ("no-redzone", Text),
    ("no-vectorize-loops", Text),
    ("no-vectorize-slp", Text),
    ("opt-level", Text),
    ("overflow-checks", Text),
    ("panic", Text),
    ("prefer-dynamic", Text),
    ("profile-use", File),
    ("relocation-model", Text),
    ("relro-level", Text),
    ("rpath", LinkText),
    ("soft-float", Text),
    ("split-debuginfo", Text),
    ("strip", LinkText),
    ("symbol-mangling-version", Text),
    ("target-cpu", Text),
    ("target-feature", Text),
    ("unsafe-allow-abi-mismatch", Text),
];

/// `-Z name[=value]`: those whose text says all. Others are not understood.
pub const UNSTABLE: &[&str] = &[
    "allow-features",
    "always-encode-mir",
    "box-noalias",
    "checksum-hash-algorithm",
    "crate-attr",
    "debug-macros",
    "embed-metadata",
    "fewer-names",
    "force-unstable-if-unmarked",
    "function-sections",
    "inline-mir",
    "location-detail",
    "merge-functions",
    "mir-opt-level",
    "mutable-noalias",
    "next-solver",
    "no-generate-arange-section",
    "oom",
    "packed-bundled-libs",
    "panic-abort-tests",
    "plt",
    "polonius",
    "randomize-layout",
    "relax-elf-relocations",
    "saturating-float-casts",
    "share-generics",
    "unstable-options",
    "virtual-function-elimination",
];
