//! Reads a settings file into a layer of values.
//!
//! Owns how TOML maps to the table of settings, and what is wrong with a file. Never writes one; that is
//! [`edit`](super::edit)'s.

use std::path::Path;

use toml_edit::{Document, Item, TableLike};

use super::error::{ConfigError, Position, SyntaxError, Warning};
use super::keys::{self, KEYS};
use super::resolve::{Origin, Resolved};
use crate::fs::{self, OrAbsent};

/// Parses `text`, which stands in `path`, with the places of its parts.
pub(super) fn parse<'a>(path: &Path, text: &'a str) -> Result<Document<&'a str>, ConfigError> {
    Document::parse(text)
        .map_err(|e| ConfigError::Parse { path: path.to_owned(), source: SyntaxError::new(text, &e) })
}

/// Lays the file at `path` over `resolved`; returns whether there is one.
pub(super) fn lay_over(
    resolved: &mut Resolved,
    path: &Path,
    origin: Origin,
    home: Option<&Path>,
) -> Result<bool, ConfigError> {
    let Some(text) = fs::read_to_string(path).or_absent()? else { return Ok(false) };
    lay_text_over(resolved, path, &text, origin, home)?;
    Ok(true)
}

/// Lays `text` over `resolved` as if it stood in the file at `path`.
pub(super) fn lay_text_over(
    resolved: &mut Resolved,
    path: &Path,
    text: &str,
    origin: Origin,
    home: Option<&Path>,
) -> Result<(), ConfigError> {
    let document = parse(path, text)?;
    Layer { path, text, origin, home, resolved }.section("", document.as_table())
}

/// One file on its way into the settings.
struct Layer<'a> {
    path: &'a Path,
    text: &'a str,
    origin: Origin,
    home: Option<&'a Path>,
    resolved: &'a mut Resolved,
}

impl Layer<'_> {
    /// Takes over all keys of a table.
    fn section(&mut self, section: &str, table: &dyn TableLike) -> Result<(), ConfigError> {
        for (name, item) in table.iter() {
            let path = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
            if let Some(index) = keys::position(&path) {
                self.key(index, &path, item)?;
            } else if keys::is_section(&path) {
                let table = item.as_table_like();
                self.section(&path, table.ok_or_else(|| self.invalid(&path, item, "a table"))?)?;
            } else {
                let (at, suggestion) = (self.position(item), keys::suggest(&path));
                self.resolved.warnings.push(Warning::UnknownKey { key: path, at, suggestion });
            }
        }
        Ok(())
    }

    /// Takes over one key.
    fn key(&mut self, index: usize, path: &str, item: &Item) -> Result<(), ConfigError> {
        let key = &KEYS[index];
        if self.origin == Origin::Project && !key.project {
            let at = self.position(item);
            self.resolved.warnings.extend(key.path.map(|key| Warning::NotForProjects { key, at }));
            return Ok(());
        }
        let settings = &mut self.resolved.settings;
        if !item.as_value().is_some_and(|value| key.kind.read_toml(settings, value, self.home)) {
            return Err(self.invalid(path, item, &key.kind.expected()));
        }
        self.resolved.origins[index] = self.origin;
        if let Some(bytes) = key.kind.few_bytes(&shown(item)) {
            let at = Some(self.position(item));
            self.resolved.warnings.push(Warning::FewBytes { name: key.name(), bytes, at });
        }
        Ok(())
    }

    fn invalid(&self, path: &str, item: &Item, expected: &str) -> ConfigError {
        ConfigError::Value {
            value: shown(item),
            name: path.to_owned(),
            expected: expected.to_owned(),
            at: Some(self.position(item)),
        }
    }

    fn position(&self, item: &Item) -> Position {
        Position::new(self.path, self.text, item.span().map_or(0, |span| span.start))
    }
}

/// Returns a value as people think of it: texts without quotes, tables by their type.
pub(super) fn shown(item: &Item) -> String {
    match item.as_value() {
        Some(value) => value.as_str().map_or_else(|| value.to_string().trim().to_owned(), str::to_owned),
        None => item.type_name().to_owned(),
    }
}
