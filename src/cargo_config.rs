//! Cargo's own configuration, as far as somebody must know it.
//!
//! Owns the search for cargo's configuration files, what they include, and their order. Never complains about one:
//! cargo reads them too and says it better. Nothing is read until a value is asked for.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use crate::env::{self, Env};
use crate::fs;

/// How deep files may include others.
const INCLUDE_DEPTH: usize = 8;

/// What configures one run of cargo.
pub struct CargoConfig {
    /// Where cargo runs.
    directory: PathBuf,
    /// Values of `--config`, the winning one first.
    options: Vec<OsString>,
    home: Option<PathBuf>,
    files: OnceCell<Vec<Layer>>,
}

/// One source of values.
struct Layer {
    table: DocumentMut,
    /// What relative programs are relative to.
    root: PathBuf,
}

/// A text, and the directory that it is relative to if it is a path.
pub struct Text {
    /// What is written.
    pub value: String,
    /// Where the file or the option stands.
    pub root: PathBuf,
}

impl CargoConfig {
    /// Names the sources of a cargo that runs in a directory; nothing is read.
    pub fn new(env: &Env, directory: &Path) -> Self {
        let home = env.get(env::CARGO_HOME).map(|home| directory.join(home));
        Self {
            directory: directory.to_owned(),
            options: Vec::new(),
            home: home.or_else(|| Some(env.home()?.join(".cargo"))),
            files: OnceCell::new(),
        }
    }

    /// Adds cargo's own options: `-C`, and the values of `--config`, the winning one first.
    #[must_use]
    pub fn with_options(mut self, moved: Option<PathBuf>, options: Vec<OsString>) -> Self {
        if let Some(moved) = moved {
            self.directory.push(moved);
        }
        self.options = options;
        self
    }

    /// Returns cargo's home folder.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// Returns where cargo runs.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns a text that `--config` sets.
    pub fn option(&self, path: &[&str]) -> Option<Text> {
        self.options.iter().find_map(|option| {
            let file = self.directory.join(option);
            let layers = if file.is_file() {
                load(&file, INCLUDE_DEPTH)
            } else {
                let table = option.to_str()?.parse().ok()?;
                vec![Layer { table, root: self.directory.clone() }]
            };
            find(&layers, path)
        })
    }

    /// Returns a text from the files.
    pub fn file(&self, path: &[&str]) -> Option<Text> {
        find(self.files(), path)
    }

    /// Whether a file sets a value of any type.
    pub fn has(&self, path: &[&str]) -> bool {
        self.files().iter().any(|layer| item(layer, path).is_some())
    }

    /// Reads the files on first use, nearest first.
    fn files(&self) -> &[Layer] {
        self.files.get_or_init(|| {
            let directories = self.directory.ancestors().map(|directory| directory.join(".cargo"));
            let mut seen: Vec<PathBuf> = Vec::new();
            let mut layers = Vec::new();
            for directory in directories.chain(self.home.clone()) {
                if !seen.contains(&directory) {
                    layers.extend(load_directory(&directory));
                    seen.push(directory);
                }
            }
            layers
        })
    }
}

/// Loads the configuration file of a directory. Of both names the older one counts, as for cargo.
fn load_directory(directory: &Path) -> Vec<Layer> {
    let file =
        ["config", "config.toml"].map(|name| directory.join(name)).into_iter().find(|file| file.is_file());
    file.map(|file| load(&file, INCLUDE_DEPTH)).unwrap_or_default()
}

/// Loads a file, and behind it the files it includes, the winning one first.
fn load(file: &Path, depth: usize) -> Vec<Layer> {
    let Some(table) = fs::read_to_string(file).ok().and_then(|text| text.parse::<DocumentMut>().ok()) else {
        return Vec::new();
    };
    let parent = file.parent().unwrap_or(file);
    let included: Vec<Layer> = includes(&table)
        .iter()
        .rev()
        .take_while(|_| depth > 0)
        .flat_map(|name| load(&parent.join(name), depth - 1))
        .collect();
    let root = parent.parent().unwrap_or(parent).to_owned();
    std::iter::once(Layer { table, root }).chain(included).collect()
}

/// Returns the names of included files: texts, or tables with a `path`.
fn includes(table: &DocumentMut) -> Vec<String> {
    let Some(include) = table.get("include") else { return Vec::new() };
    if let Some(name) = include.as_str() {
        return vec![name.to_owned()];
    }
    let name = |value: &toml_edit::Value| {
        let path = value.as_inline_table().and_then(|table| table.get("path")).unwrap_or(value);
        path.as_str().map(str::to_owned)
    };
    let inline = include.as_array().into_iter().flat_map(|array| array.iter().filter_map(name));
    let path = |table: &toml_edit::Table| table.get("path")?.as_str().map(str::to_owned);
    let tables = include.as_array_of_tables().into_iter().flat_map(|tables| tables.iter().filter_map(path));
    inline.chain(tables).collect()
}

fn find(layers: &[Layer], path: &[&str]) -> Option<Text> {
    layers.iter().find_map(|layer| {
        let value = item(layer, path)?.as_str()?.to_owned();
        Some(Text { value, root: layer.root.clone() })
    })
}

fn item<'a>(layer: &'a Layer, path: &[&str]) -> Option<&'a Item> {
    path.iter().try_fold(layer.table.as_item(), |item, name| item.get(name))
}
