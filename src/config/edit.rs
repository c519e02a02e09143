//! Changes single keys of the user's file.
//!
//! Owns the only writes to it. Never touches anything but the key it was asked to change: comments, layout and
//! unknown keys stay, a link stays a link, and a file that does not parse is never written.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::error::{ConfigError, Position};
use super::file;
use super::keys::{self, Key};
use super::settings::Settings;
use crate::fs::replace::replace;
use crate::fs::{self, OrAbsent};

/// Sets `key` to `value` in the file at `path`, which is created if it is not there.
pub fn set(path: &Path, key: &str, value: &str) -> Result<(), ConfigError> {
    keys::find(key)?;
    let mut file = UserFile::open(path)?;
    file.set(key, value)?;
    file.save()
}

/// Takes `key` out of the file at `path`; returns whether it was there.
pub fn unset(path: &Path, key: &str) -> Result<bool, ConfigError> {
    keys::find(key)?;
    let mut file = UserFile::open(path)?;
    let found = file.unset(key)?;
    file.save()?;
    Ok(found)
}

/// Checks whether `value` can be set for `key`.
pub fn check(key: &Key, value: &str) -> Result<(), ConfigError> {
    // Any absolute home will do here: only whether the value is well formed matters.
    let mut scratch = Settings::new(PathBuf::new());
    if key.kind.read_text(&mut scratch, value, Some(Path::new(ANY_HOME))) {
        return Ok(());
    }
    Err(invalid(key.name(), value, &key.kind.expected()))
}

/// The user's file with changes that are not saved yet.
#[derive(Clone, Debug)]
pub struct UserFile {
    path: PathBuf,
    /// What the file held when it was opened or last saved; `None` if there was none.
    saved: Option<String>,
    text: String,
}

impl UserFile {
    /// Opens the file at `path`; one that is not there is empty, one that does not parse is an error.
    pub fn open(path: &Path) -> Result<Self, ConfigError> {
        let saved = fs::read_to_string(path).or_absent()?;
        let text = saved.clone().unwrap_or_default();
        file::parse(path, &text)?;
        Ok(Self { path: path.to_owned(), saved, text })
    }

    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the text as it would be saved.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether there is something to save.
    pub fn is_changed(&self) -> bool {
        self.text != self.saved.as_deref().unwrap_or_default()
    }

    /// Returns whether somebody else changed the file since it was opened.
    pub fn is_stale(&self) -> Result<bool, ConfigError> {
        Ok(fs::read_to_string(&self.path).or_absent()? != self.saved)
    }

    /// Sets `key` to `value`, which has to be of its kind.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ConfigError> {
        let row = keys::find(key)?;
        check(row, value)?;
        let value = row.kind.to_toml(value);
        match self.place_of(key)? {
            Some(place) => self.text.replace_range(place.value, value.to_string().trim()),
            None => self.insert(key, value)?,
        }
        Ok(())
    }

    /// Takes `key` out; returns whether it was there.
    pub fn unset(&mut self, key: &str) -> Result<bool, ConfigError> {
        keys::find(key)?;
        let Some(place) = self.place_of(key)? else { return Ok(false) };
        if place.inline {
            self.remove_inline(key)?;
        } else {
            // Such a key has its lines to itself. Cutting them leaves the comments above where they are.
            let start = self.text[..place.name.start].rfind('\n').map_or(0, |newline| newline + 1);
            let end = self.text[place.value.end..].find('\n').map(|newline| place.value.end + newline + 1);
            self.text.replace_range(start..end.unwrap_or(self.text.len()), "");
            self.remove_header(key, start);
        }
        Ok(true)
    }

    /// Takes out the header of the table of `key`, which stood at `start`, if nothing is left below it.
    ///
    /// A comment above, beside or below it was written for the table, and keeps it.
    fn remove_header(&mut self, key: &str, start: usize) {
        let (section, _) = key.rsplit_once('.').expect("every key lies in a table");
        let upper = self.text[..start].trim_end();
        let header = upper.rfind('\n').map_or(0, |newline| newline + 1);
        let (above, header) = upper.split_at(header);
        let below = self.text[start..].trim_start_matches(['\r', '\n']);
        let begins = |line: Option<&str>, mark| line.is_some_and(|line| line.trim_start().starts_with(mark));
        // Comments right above the next header belong to that.
        let is_empty = below.is_empty() || begins(below.lines().find(|line| !line.starts_with('#')), '[');
        if header.trim() != format!("[{section}]") || !is_empty || begins(above.lines().next_back(), '#') {
            return;
        }
        self.text = match (below, above.trim_end()) {
            ("", "") => String::new(),
            ("", above) => above.to_owned() + self.newline(),
            _ => above.to_owned() + below,
        };
    }

    /// Returns how lines end.
    fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// Writes the file if something changed: a new one beside it takes its name in one step.
    pub fn save(&mut self) -> Result<(), ConfigError> {
        if self.is_changed() {
            file::parse(&self.path, &self.text)?;
            replace(&self.path, self.text.as_bytes()).map_err(ConfigError::Write)?;
            self.saved = Some(self.text.clone());
        }
        Ok(())
    }

    /// Returns where `key` stands in the text.
    fn place_of(&self, key: &str) -> Result<Option<Place>, ConfigError> {
        let document = file::parse(&self.path, &self.text)?;
        let (sections, name) = split(key);
        let mut table: &dyn TableLike = document.as_table();
        let mut inline = false;
        let mut walked = String::new();
        for section in sections {
            walked = if walked.is_empty() { section.to_owned() } else { format!("{walked}.{section}") };
            let Some(item) = table.get(section) else { return Ok(None) };
            inline |= item.is_inline_table();
            table = item.as_table_like().ok_or_else(|| self.misplaced(&walked, item, "a table"))?;
        }
        let Some((name, item)) = table.get_key_value(name) else { return Ok(None) };
        let value = item.as_value().ok_or_else(|| self.misplaced(key, item, "a value"))?;
        let spans = name.span().zip(value.span());
        Ok(spans.map(|(name, value)| Place { name, value, inline }))
    }

    /// Says that something else stands in the file where a key or its table would be.
    fn misplaced(&self, name: &str, item: &Item, expected: &str) -> ConfigError {
        ConfigError::Value {
            value: file::shown(item),
            name: name.to_owned(),
            expected: expected.to_owned(),
            at: Some(Position::new(&self.path, &self.text, item.span().map_or(0, |span| span.start))),
        }
    }

    /// Adds `key`, which is not in the text: in a table of its own at the end, or in the one that is there.
    fn insert(&mut self, key: &str, value: Value) -> Result<(), ConfigError> {
        let appended = self.with_table(key, &value);
        // TOML refuses a second table of one name, so a text that parses has put the key where it belongs.
        if file::parse(&self.path, &appended).is_ok() {
            self.text = appended;
            return Ok(());
        }
        let (sections, name) = split(key);
        self.rewrite(|document| {
            let mut table: &mut dyn TableLike = document.as_table_mut();
            for section in sections {
                make_room(table);
                table = table
                    .entry(section)
                    .or_insert_with(implicit_table)
                    .as_table_like_mut()
                    .expect("tables on the way to the key were checked");
            }
            make_room(table);
            table.insert(name, Item::Value(value));
        })
    }

    /// Returns the text with a table at the end that holds `key` only.
    fn with_table(&self, key: &str, value: &Value) -> String {
        let newline = self.newline();
        let (section, name) = key.rsplit_once('.').expect("every key lies in a table");
        let mut text = self.text.clone();
        if !text.is_empty() && !text.ends_with('\n') {
            text += newline;
        }
        if !text.is_empty() {
            text += newline;
        }
        text + &format!("[{section}]{newline}{name} = {value}{newline}")
    }

    /// Takes `key` out of a table in braces, where commas have to be seen to.
    fn remove_inline(&mut self, key: &str) -> Result<(), ConfigError> {
        let (sections, name) = split(key);
        self.rewrite(|document| {
            let mut table: Option<&mut dyn TableLike> = Some(document.as_table_mut());
            for section in sections {
                table = table.and_then(|table| table.get_mut(section)?.as_table_like_mut());
            }
            table.and_then(|table| table.remove(name));
        })
    }

    /// Changes the document as a tree, for what cannot be done in place.
    fn rewrite(&mut self, change: impl FnOnce(&mut DocumentMut)) -> Result<(), ConfigError> {
        let windows_lines = self.text.contains("\r\n");
        let mut document = file::parse(&self.path, &self.text)?.into_mut();
        change(&mut document);
        self.text = document.to_string();
        if windows_lines {
            self.text = self.text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        Ok(())
    }
}

/// Where a key stands in a text.
struct Place {
    name: std::ops::Range<usize>,
    value: std::ops::Range<usize>,
    /// Whether it shares its line with others, in a table in braces.
    inline: bool,
}

/// Splits a key into its tables and its name.
fn split(key: &str) -> (impl Iterator<Item = &str>, &str) {
    let (sections, name) = key.rsplit_once('.').expect("every key lies in a table");
    (sections.split('.'), name)
}

/// Returns a table that gets a header only once it holds a value.
fn implicit_table() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

/// Takes the space before a closing brace away, so that a comma can follow.
fn make_room(table: &mut dyn TableLike) {
    let last = table.iter_mut().last().and_then(|(_, item)| Some(item.as_value_mut()?.decor_mut()));
    if let Some(decor) = last.filter(|decor| decor.suffix().and_then(|space| space.as_str()) == Some(" ")) {
        decor.set_suffix("");
    }
}

fn invalid(name: &str, value: &str, expected: &str) -> ConfigError {
    ConfigError::Value {
        value: value.to_owned(),
        name: name.to_owned(),
        expected: expected.to_owned(),
        at: None,
    }
}

const ANY_HOME: &str = if cfg!(windows) { "C:\\" } else { "/" };
