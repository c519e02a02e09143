//! What a setting may be: reads, checks, shows and writes one value of each kind.
//!
//! Owns the grammar of values. Never knows a key or a variable by name; [`keys`](super::keys) joins the two.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml_edit::{Array, Value};

use super::settings::Settings;
use crate::quantity;

/// The kind of a setting, and the field it fills.
#[derive(Debug)]
pub enum Kind {
    /// Yes or no.
    Flag(Slot<bool>),
    /// A number of bytes above zero.
    Size(Slot<u64>),
    /// A number of bytes; zero turns something off.
    SizeOrOff(Slot<u64>),
    /// A span of time.
    Duration(Slot<Duration>),
    /// A whole number between two bounds, both included.
    Number(Slot<u32>, u32, u32),
    /// A text that may be absent.
    Text(Slot<Option<String>>, Form),
    /// A text that always has a value.
    Word(Slot<String>, Form),
    /// Several texts; separated by commas where there is only one line.
    List(Slot<Vec<String>>),
    /// One of a few words.
    Choice(&'static dyn ChoiceSlot),
    /// An absolute path.
    Folder(Slot<PathBuf>),
    /// An absolute path that may be absent.
    File(Slot<Option<PathBuf>>),
    /// A path that may be absent, and relative to the current folder.
    LocalFile(Slot<Option<PathBuf>>),
    /// Read apart from the others, by a rule of its own; says what it is.
    Apart(&'static str),
}

/// A size without a unit is taken for bytes; nobody means less than this.
const FEW: u64 = 1_000_000;

/// A field of [`Settings`].
#[derive(Debug)]
pub struct Slot<T: 'static> {
    pub(super) get: fn(&Settings) -> &T,
    pub(super) get_mut: fn(&mut Settings) -> &mut T,
}

/// What a text has to look like, and what is kept of it.
#[derive(Debug)]
pub struct Form {
    expected: &'static str,
    read: fn(&str) -> Option<&str>,
}

/// A closed choice, each alternative with its word.
pub trait Choice: Copy + PartialEq + fmt::Debug + 'static {
    /// All alternatives, in the order they are shown.
    const WORDS: &'static [(&'static str, Self)];

    /// Returns the alternative called `word`; where `true` and `false` are among them, so are `1`, `yes`, `off` ….
    fn from_word(word: &str) -> Option<Self> {
        let named = |word| Self::WORDS.iter().find_map(|(name, value)| (*name == word).then_some(*value));
        named(word).or_else(|| named(flag_word(parse_flag(word)?)))
    }

    /// Returns the word for this alternative.
    fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, value)| *value == self);
        found.expect("every alternative has a word").0
    }
}

/// Declares closed choices with their words.
macro_rules! choices {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $crate::config::Choice for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }
    )*};
}
pub(super) use choices;

/// A field that holds a [`Choice`], whichever one.
pub trait ChoiceSlot: Sync + fmt::Debug {
    /// Returns the words to choose from.
    fn words(&self) -> Vec<&'static str>;
    /// Returns the word chosen.
    fn chosen(&self, settings: &Settings) -> &'static str;
    /// Chooses; returns whether `word` is one of the words.
    fn choose(&self, settings: &mut Settings, word: &str) -> bool;
}

impl<C: Choice> ChoiceSlot for Slot<C> {
    fn words(&self) -> Vec<&'static str> {
        C::WORDS.iter().map(|(word, _)| *word).collect()
    }

    fn chosen(&self, settings: &Settings) -> &'static str {
        (self.get)(settings).word()
    }

    fn choose(&self, settings: &mut Settings, word: &str) -> bool {
        self.fill(settings, C::from_word(word))
    }
}

impl<T> Slot<T> {
    /// Stores what was read; returns whether there was something.
    fn fill(&self, settings: &mut Settings, value: Option<T>) -> bool {
        value.map(|value| *(self.get_mut)(settings) = value).is_some()
    }
}

impl Form {
    pub(super) const ANY: Self = Self { expected: "a text", read: |text| Some(text) };

    pub(super) const NAME: Self =
        Self { expected: "a name", read: |text| Some(text.trim()).filter(|text| !text.is_empty()) };

    pub(super) const BUCKET: Self = Self {
        expected: "the name of a bucket, without `s3://` and `/`",
        read: |text| Some(text.trim()).filter(|text| !text.contains(['/', ':', ' '])),
    };

    pub(super) const URL: Self = Self {
        expected: "an address, as in `https://s3.example.com`",
        read: |text| Some(text.trim()).filter(|text| text.is_empty() || is_http(text)),
    };

    pub(super) const PREFIX: Self =
        Self { expected: "a prefix, as in `artifacts`", read: |text| Some(text.trim().trim_matches('/')) };
}

impl Kind {
    /// Reads the value of a variable; returns whether it is one of this kind.
    pub(super) fn read_variable(&self, settings: &mut Settings, raw: &OsStr, home: Option<&Path>) -> bool {
        match self {
            Self::Folder(slot) => slot.fill(settings, absolute(raw, home)),
            Self::File(slot) => slot.fill(settings, absolute(raw, home).map(Some)),
            Self::LocalFile(slot) => slot.fill(settings, Some(Some(expand(raw, home)))),
            _ => raw.to_str().is_some_and(|text| self.read_text(settings, text, home)),
        }
    }

    /// Reads one line of text; returns whether it is a value of this kind.
    pub(super) fn read_text(&self, settings: &mut Settings, text: &str, home: Option<&Path>) -> bool {
        let word = text.trim();
        match self {
            Self::Flag(slot) => slot.fill(settings, parse_flag(word)),
            Self::Size(slot) => {
                slot.fill(settings, quantity::parse_size(word).ok().filter(|bytes| *bytes > 0))
            }
            Self::SizeOrOff(slot) => slot.fill(settings, quantity::parse_size(word).ok()),
            Self::Duration(slot) => slot.fill(settings, quantity::parse_duration(word).ok()),
            Self::Number(slot, min, max) => {
                slot.fill(settings, word.parse().ok().filter(|number| (min..=max).contains(&number)))
            }
            Self::Text(slot, form) => slot.fill(settings, (form.read)(text).map(present)),
            Self::Word(slot, form) => slot.fill(settings, (form.read)(text).map(str::to_owned)),
            Self::List(slot) => slot.fill(settings, Some(split_list(text))),
            Self::Choice(slot) => slot.choose(settings, word),
            Self::Folder(_) | Self::File(_) | Self::LocalFile(_) => {
                self.read_variable(settings, OsStr::new(text), home)
            }
            Self::Apart(_) => false,
        }
    }

    /// Reads a value of a file; returns whether it is one of this kind.
    ///
    /// A value has to have its own type there: `level = "3"` is a mistake, not a number.
    pub(super) fn read_toml(&self, settings: &mut Settings, value: &Value, home: Option<&Path>) -> bool {
        match (self, value) {
            (Self::Flag(slot), Value::Boolean(flag)) => slot.fill(settings, Some(*flag.value())),
            (Self::Choice(slot), Value::Boolean(flag)) => slot.choose(settings, flag_word(*flag.value())),
            (Self::Size(_) | Self::SizeOrOff(_) | Self::Number(..), Value::Integer(number)) => {
                self.read_text(settings, &number.value().to_string(), home)
            }
            (Self::List(slot), Value::Array(array)) => slot.fill(settings, texts(array)),
            (Self::Flag(_) | Self::Number(..) | Self::List(_), _) => false,
            (_, Value::String(text)) => self.read_text(settings, text.value(), home),
            _ => false,
        }
    }

    /// Returns the bytes if `text`, which was read as this kind, is a size so small that its unit was likely forgotten.
    pub(super) fn few_bytes(&self, text: &str) -> Option<u64> {
        let is_size = matches!(self, Self::Size(_) | Self::SizeOrOff(_));
        let bytes = text.trim().parse().ok().filter(|_| is_size)?;
        (1..FEW).contains(&bytes).then_some(bytes)
    }

    /// Returns how `text`, which was read as this kind, is written in a file.
    pub(super) fn to_toml(&self, text: &str) -> Value {
        let word = text.trim();
        match self {
            Self::Flag(_) => parse_flag(word).unwrap_or_default().into(),
            Self::Number(..) => word.parse::<i64>().unwrap_or_default().into(),
            Self::List(_) => split_list(text).into_iter().collect::<Array>().into(),
            Self::Text(_, form) | Self::Word(_, form) => (form.read)(text).unwrap_or(text).into(),
            Self::Choice(slot) => match parse_flag(word) {
                Some(flag) if slot.words().contains(&flag_word(flag)) => flag.into(),
                _ => word.into(),
            },
            _ => word.into(),
        }
    }

    /// Returns the field's value as one line that reads back as the same; `None` if there is none.
    pub fn show(&self, settings: &Settings) -> Option<String> {
        match self {
            Self::Flag(slot) => Some((slot.get)(settings).to_string()),
            Self::Size(slot) | Self::SizeOrOff(slot) => Some(quantity::exact_size(*(slot.get)(settings))),
            Self::Duration(slot) => Some(quantity::exact_duration(*(slot.get)(settings))),
            Self::Number(slot, ..) => Some((slot.get)(settings).to_string()),
            Self::Text(slot, _) => (slot.get)(settings).clone(),
            Self::Word(slot, _) => Some((slot.get)(settings).clone()),
            Self::List(slot) => Some((slot.get)(settings).join(",")).filter(|text| !text.is_empty()),
            Self::Choice(slot) => Some(slot.chosen(settings).to_owned()),
            Self::Folder(slot) => Some((slot.get)(settings).display().to_string()),
            Self::File(slot) | Self::LocalFile(slot) => {
                (slot.get)(settings).as_ref().map(|path| path.display().to_string())
            }
            Self::Apart(_) => None,
        }
    }

    /// Says what a value of this kind looks like, to follow the word "expected".
    pub fn expected(&self) -> Cow<'static, str> {
        match self {
            Self::Flag(_) => "`true` or `false`".into(),
            Self::Size(_) => "a size above 0, as in `50GB` or `20GiB`".into(),
            Self::SizeOrOff(_) => "a size, as in `50GB` or `20GiB`".into(),
            Self::Duration(_) => "a duration, as in `30m`, `24h` or `7d`".into(),
            Self::Number(_, min, max) => format!("a number from {min} to {max}").into(),
            Self::Text(_, form) | Self::Word(_, form) => form.expected.into(),
            Self::List(_) => "a list of texts, as in `[\"a\", \"b\"]`".into(),
            Self::Choice(slot) => one_of(&slot.words()).into(),
            Self::Folder(_) | Self::File(_) => "an absolute path".into(),
            Self::LocalFile(_) => "a path".into(),
            Self::Apart(what) => (*what).into(),
        }
    }
}

/// Reads yes or no in any case.
fn parse_flag(word: &str) -> Option<bool> {
    let is_one_of = |words: [&str; 4]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    match () {
        () if is_one_of(["1", "true", "yes", "on"]) => Some(true),
        () if is_one_of(["0", "false", "no", "off"]) => Some(false),
        () => None,
    }
}

/// Returns the word a flag is written with.
fn flag_word(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

/// Turns the empty text into none: in a file it takes back what a lower layer set.
fn present(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// Splits a line at its commas, or at those of TOML if it is in brackets.
fn split_list(text: &str) -> Vec<String> {
    let in_brackets = Some(text.trim()).filter(|text| text.starts_with('['));
    let array = in_brackets.and_then(|text| texts(text.parse::<Value>().ok()?.as_array()?));
    array.unwrap_or_else(|| split_at_commas(text))
}

fn split_at_commas(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Returns the items of an array of nothing but texts.
fn texts(array: &Array) -> Option<Vec<String>> {
    array.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Returns whether `text` begins like a web address.
fn is_http(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace))
}

/// Returns `raw` with `~` as its first folder replaced by the home folder.
fn expand(raw: &OsStr, home: Option<&Path>) -> PathBuf {
    match (Path::new(raw).strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest).components().collect(),
        _ => PathBuf::from(raw),
    }
}

/// Returns `raw` as an absolute path, if it is one once `~` is replaced.
pub(super) fn absolute(raw: &OsStr, home: Option<&Path>) -> Option<PathBuf> {
    Some(expand(raw, home)).filter(|path| path.is_absolute())
}

/// Joins words as in "`a`, `b` or `c`".
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
