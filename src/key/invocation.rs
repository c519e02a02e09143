//! The invocation key: what is known of a compile before any file is read.
//!
//! Owns the normalisation of arguments. Never looks at the content of anything but the compiler.

use std::path::Path;

use super::compiler::Compiler;
use super::schema::KEY_SCHEMA;
use crate::digest::{Digest, FieldHasher};
use crate::event::Unit;
use crate::portable::{Root, Roots};
use crate::rustc::args::Arguments;

/// What enters beside the arguments.
#[derive(Debug)]
pub struct Context<'a> {
    /// The compiler.
    pub compiler: &'a Compiler,
    /// The working directory: it stands in debug information and in the crate's metadata.
    pub cwd: &'a Path,
    /// The roots of this call.
    pub roots: &'a Roots,
    /// Whether a result is for this working directory only, whatever it shows.
    pub is_fixed: bool,
    /// Whether documentation is made from the result: then generated files keep their names.
    pub for_documentation: bool,
    /// The user's text for every key.
    pub salt: &'a str,
    /// The linker that will be used, resolved, where something is linked.
    pub linker: Option<&'a Path>,
    /// The wrapper that runs inside ours, by content.
    pub inner_wrapper: Option<Digest>,
    /// Whether `CARGO` is set: some diagnostics then speak of cargo.
    pub under_cargo: bool,
}

/// An invocation, normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Its key.
    pub key: Digest,
    /// The lines that make it up besides the compiler, for people and for [`diff`](super::diff).
    pub lines: Vec<String>,
}

impl Invocation {
    /// Normalises the arguments.
    pub fn new(arguments: &Arguments, context: &Context<'_>) -> Self {
        let lines = lines(arguments, context);
        let mut hasher = FieldHasher::new("invocation");
        hasher.field(&KEY_SCHEMA.to_le_bytes()).digest(&context.compiler.identity);
        for line in &lines {
            hasher.field(line.as_bytes());
        }
        Self { key: hasher.finish(), lines }
    }
}

fn lines(arguments: &Arguments, context: &Context<'_>) -> Vec<String> {
    let shorten =
        |path: &Path| context.roots.shorten(path).map_or_else(|| path.display().to_string(), |p| p.display());
    let mut lines = place(arguments, context);
    lines.extend([
        format!("crate-name {}", arguments.crate_name),
        format!("crate-type {}", arguments.crate_types.join(",")),
        format!("emit {}", arguments.emit.join(",")),
        format!("edition {}", arguments.edition.as_deref().unwrap_or_default()),
        format!("extra-filename {}", arguments.extra_filename),
        format!("target {}", arguments.target.as_deref().unwrap_or_default()),
        format!("test {}", arguments.test),
        format!("under-cargo {}", context.under_cargo),
        format!("json-artifacts {}", arguments.json_artifacts),
    ]);
    let mut add =
        |kind: &str, texts: &[String]| lines.extend(texts.iter().map(|text| format!("{kind} {text}")));
    add("cfg", &arguments.cfgs);
    add("check-cfg", &arguments.check_cfgs);
    add("flag", &arguments.texts);
    add("native-lib", &arguments.native_libs);
    if arguments.is_linked() {
        add("link", &arguments.link_texts);
    }
    for path in &arguments.search_paths {
        if path.kind != "dependency" {
            lines.push(format!("search {} {}", path.kind, shorten(&path.path)));
        }
    }
    if let Some(sysroot) = &arguments.sysroot {
        lines.push(format!("sysroot {}", sysroot.display()));
    }
    if let Some(linker) = context.linker {
        lines.push(format!("linker {}", shorten(linker)));
    }
    if let Some(inner) = &context.inner_wrapper {
        lines.push(format!("inner-wrapper {inner}"));
    }
    if !context.salt.is_empty() {
        lines.push(format!("salt {}", context.salt));
    }
    if context.for_documentation {
        lines.push("for-documentation".to_owned());
    }
    if arguments.native_cpu {
        lines.push(format!("cpu {}", super::compiler::processor()));
    }
    // Objects then name the directory of their `.dwo` files.
    if arguments.split_debuginfo.as_deref().is_some_and(|kind| kind != "off") {
        lines.push(format!("out-dir {}", arguments.out_dir.display()));
    }
    lines
}

/// Says where the crate lies: nothing of it, if its sources are named relative to the working directory, unless it is
/// for that directory only.
fn place(arguments: &Arguments, context: &Context<'_>) -> Vec<String> {
    let source = &arguments.source;
    if source.is_relative() && !context.is_fixed {
        return vec![format!("source {}", source.display())];
    }
    let home = context.roots.get(Root::CargoHome);
    let shorten = |path: &Path| match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("{{cargo}}/{}", rest.display()),
        None => path.display().to_string(),
    };
    vec![format!("cwd {}", shorten(context.cwd)), format!("source {}", shorten(source))]
}

/// Names a unit across changes of its content: by it, a miss finds the nearest earlier entry.
pub fn unit_id(unit: &Unit) -> Digest {
    let mut hasher = FieldHasher::new("unit");
    hasher.field(unit.package.as_bytes()).field(unit.crate_name.as_bytes());
    hasher.field(serde_json::to_string(&unit.target).expect("plain data").as_bytes());
    hasher.field(serde_json::to_string(&unit.mode).expect("plain data").as_bytes());
    hasher.finish()
}
