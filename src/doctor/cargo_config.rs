//! Cargo's configuration files, as far as wrappers go.
//!
//! Owns where they are and in which order they count. Never changes one.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use super::Subject;
use crate::env;
use crate::fs;

/// How deep files may include others.
const INCLUDE_DEPTH: usize = 8;

/// All files that there are.
#[derive(Debug, Default)]
pub(super) struct CargoConfigs {
    /// Those that can be read, the strongest first.
    pub(super) files: Vec<CargoConfig>,
    /// Those that cannot, and why not.
    pub(super) broken: Vec<(PathBuf, String)>,
}

/// One configuration file.
#[derive(Debug)]
pub(super) struct CargoConfig {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Whether cargo reads it: of two names in one folder only the older one counts.
    pub(super) counts: bool,
    document: DocumentMut,
}

/// A variable that cargo sets for what it runs.
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether it wins over one of the environment.
    pub(super) force: bool,
}

/// Reads all files that concern the current folder.
pub(super) fn read_all(subject: &Subject<'_>) -> CargoConfigs {
    let above = subject.here.ancestors().map(|dir| dir.join(".cargo"));
    let mut seen = Vec::new();
    let mut found = CargoConfigs::default();
    for folder in above.chain(home(subject)) {
        // The home folder may lie above the current one.
        if seen.contains(&folder) {
            continue;
        }
        let mut counts = true;
        for path in ["config", "config.toml"].map(|name| folder.join(name)) {
            if path.is_file() {
                found.read(path, counts, INCLUDE_DEPTH);
                counts = false;
            }
        }
        seen.push(folder);
    }
    found
}

/// Returns cargo's home folder.
pub(super) fn home(subject: &Subject<'_>) -> Option<PathBuf> {
    let home = subject.env.get(env::CARGO_HOME).map(|home| subject.here.join(home));
    home.or_else(|| Some(subject.env.home()?.join(".cargo")))
}

impl CargoConfigs {
    /// Returns the files that cargo reads.
    pub(super) fn counting(&self) -> impl Iterator<Item = &CargoConfig> {
        self.files.iter().filter(|config| config.counts)
    }

    /// Returns a variable as compilers see it: of the environment, unless a file is stronger.
    pub(super) fn variable(&self, subject: &Subject<'_>, name: &str) -> Option<String> {
        let set = self.counting().flat_map(CargoConfig::variables).filter(|variable| variable.name == name);
        let set = set.collect::<Vec<_>>();
        let forced = set.first().filter(|variable| variable.force).map(|variable| variable.value.clone());
        let outside = || subject.env.get(name)?.into_string().ok();
        let file = || Some(set.first()?.value.clone()).filter(|value| !value.is_empty());
        forced.or_else(outside).or_else(file)
    }

    /// Reads a file, and behind it the files that it includes, the last one first.
    fn read(&mut self, path: PathBuf, counts: bool, depth: usize) {
        let document = fs::read_to_string(&path).map_err(|error| error.source.to_string());
        let document = document.and_then(|text| match text.parse::<DocumentMut>() {
            Ok(document) => Ok((text, document)),
            Err(error) => Err(described(&text, &error)),
        });
        let (text, document) = match document {
            Ok(read) => read,
            Err(why) => return self.broken.push((path, why)),
        };
        let folder = path.parent().unwrap_or(&path).to_owned();
        let included = includes(&document);
        self.files.push(CargoConfig { path, text, counts, document });
        for name in included.iter().rev().take_while(|_| depth > 0) {
            let path = folder.join(name);
            if path.is_file() {
                self.read(path, counts, depth - 1);
            }
        }
    }
}

/// Says where a text is no TOML, and why.
fn described(text: &str, error: &toml_edit::TomlError) -> String {
    let offset = error.span().map_or(0, |span| span.start);
    let line = text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1;
    format!("line {line}: {}", error.message().trim_end().replace('\n', "; "))
}

/// Returns the names of included files: texts, or tables with a `path`.
fn includes(document: &DocumentMut) -> Vec<String> {
    let name = |item: &Item| {
        let path = item.as_table_like().and_then(|table| table.get("path")?.as_str());
        path.or(item.as_str()).map(str::to_owned)
    };
    match document.get("include") {
        Some(Item::ArrayOfTables(tables)) => {
            tables.iter().filter_map(|table| Some(table.get("path")?.as_str()?.to_owned())).collect()
        }
        Some(include) if include.is_array() => {
            let values = include.as_array().into_iter().flatten();
            values.filter_map(|value| name(&Item::Value(value.clone()))).collect()
        }
        Some(include) => name(include).into_iter().collect(),
        None => Vec::new(),
    }
}

impl CargoConfig {
    /// Returns `build.rustc-wrapper`.
    pub(super) fn wrapper(&self) -> Option<&str> {
        self.build("rustc-wrapper")
    }

    /// Returns a text of `[build]`.
    pub(super) fn build(&self, name: &str) -> Option<&str> {
        self.document.get("build")?.as_table_like()?.get(name)?.as_str()
    }

    /// Returns the variables that the file sets.
    pub(super) fn variables(&self) -> Vec<Variable> {
        let table = self.document.get("env").and_then(Item::as_table_like);
        let variable = |(name, item): (&str, &Item)| {
            let table = item.as_table_like();
            let value = item.as_str().or_else(|| table?.get("value")?.as_str())?;
            let force = table.and_then(|table| table.get("force")?.as_bool()).unwrap_or(false);
            Some(Variable { name: name.to_owned(), value: value.to_owned(), force })
        };
        table.into_iter().flat_map(|table| table.iter()).filter_map(variable).collect()
    }

    /// Returns the folder that relative programs are relative to.
    pub(super) fn root(&self) -> &Path {
        self.path.parent().and_then(Path::parent).unwrap_or(Path::new("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Machine;
    use super::*;

    #[test]
    fn files_in_the_order_in_which_they_count() {
        let machine = Machine::new();
        machine.file("work/.cargo/config", "include = [\"more.toml\", { path = \"last.toml\" }]\n");
        machine.file("work/.cargo/more.toml", "[env]\nA = { value = \"1\", force = true }\n");
        machine.file("work/.cargo/last.toml", "[env]\nA = \"2\"\nB = \"3\"\n");
        machine.file("work/.cargo/config.toml", "[env]\nB = \"shadowed\"\n");
        machine.file("home/.cargo/config.toml", "[env\n");
        machine.with(|subject| {
            let configs = read_all(subject);
            let names = configs
                .files
                .iter()
                .map(|config| (config.path.file_name().unwrap().to_str().unwrap().to_owned(), config.counts));
            let expected =
                [("config", true), ("last.toml", true), ("more.toml", true), ("config.toml", false)];
            assert_eq!(names.collect::<Vec<_>>(), expected.map(|(name, counts)| (name.to_owned(), counts)));
            assert_eq!(configs.variable(subject, "A").as_deref(), Some("2"));
            assert_eq!(configs.variable(subject, "B").as_deref(), Some("3"));
            assert_eq!(configs.broken.len(), 1);
            assert!(configs.broken[0].1.starts_with("line 1: "), "{:?}", configs.broken);
        });
    }
}
