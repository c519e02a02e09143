//! Paths and texts that mean the same in another directory.
//!
//! Owns the markers for known roots in paths and texts, and their way back. Where in a text a path stands is known to
//! those who know its format.

use std::path::{Component, Path, PathBuf};

use serde::de::Error as _;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::{from_hex, to_hex};

/// A directory that a marker stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Root {
    /// The directory that receives the outputs (`target/debug/deps`).
    OutDir,
    /// The n-th profile directory: the one of the outputs, then those of the dependency folders in order.
    Profile(u8),
    /// The working directory of the compiler.
    Cwd,
    /// The workspace's directory.
    Workspace,
    /// The compiler's toolchain.
    Sysroot,
    /// Cargo's home, with the sources of registry crates; only where these are shared between homes.
    CargoHome,
}

/// Where the roots are in this call.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// Longest first, so that the innermost root wins.
    roots: Vec<(Root, PathBuf)>,
}

impl Roots {
    /// Collects the roots. Of equal directories the first one counts.
    pub fn new(roots: impl IntoIterator<Item = (Root, PathBuf)>) -> Self {
        let mut all: Vec<(Root, PathBuf)> = Vec::new();
        for (root, path) in roots {
            if path.is_absolute() && path.parent().is_some() && all.iter().all(|(_, known)| *known != path) {
                all.push((root, path));
            }
        }
        all.sort_by_key(|(_, path)| std::cmp::Reverse(path.as_os_str().len()));
        Self { roots: all }
    }

    /// Adds a root.
    #[must_use]
    pub fn with(self, root: Root, path: PathBuf) -> Self {
        Self::new(self.roots.into_iter().chain([(root, path)]))
    }

    /// Returns the directory of a root.
    pub fn get(&self, root: Root) -> Option<&Path> {
        self.roots.iter().find(|(known, _)| *known == root).map(|(_, path)| path.as_path())
    }

    /// Returns all roots, the innermost first.
    pub fn iter(&self) -> impl Iterator<Item = (Root, &Path)> {
        self.roots.iter().map(|(root, path)| (*root, path.as_path()))
    }

    /// Makes a path portable. `None` for a path that is not UTF-8.
    pub fn shorten(&self, path: &Path) -> Option<PortablePath> {
        for (root, directory) in &self.roots {
            if let Ok(rest) = path.strip_prefix(directory) {
                return Some(PortablePath { root: Some(*root), rest: rest.to_str()?.to_owned() });
            }
        }
        Some(PortablePath { root: None, rest: path.to_str()?.to_owned() })
    }

    /// Makes a path portable that lies below a root. `None` for others, and for one that is not written as it would be
    /// below another directory: plainly behind its root, and never going up again.
    pub fn place(&self, path: &Path) -> Option<PortablePath> {
        let place = self.shorten(path)?;
        let mut written = self.get(place.root?)?.as_os_str().to_owned();
        if !place.rest.is_empty() {
            written.push("/");
            written.push(&place.rest);
        }
        let goes_up = path.components().any(|part| part == Component::ParentDir);
        (written == path.as_os_str() && !goes_up).then_some(place)
    }
}

/// A path relative to a root, or as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortablePath {
    /// The root; `None` for a path that lies below none.
    pub root: Option<Root>,
    /// The rest.
    pub rest: String,
}

impl PortablePath {
    /// Returns the path in this call. `None` if the root does not exist in it.
    pub fn expand(&self, roots: &Roots) -> Option<PathBuf> {
        match self.root {
            None => Some(PathBuf::from(&self.rest)),
            Some(root) => roots.get(root).map(|directory| directory.join(&self.rest)),
        }
    }

    /// Returns the form in which the path enters a key and in which people see it.
    pub fn display(&self) -> String {
        match self.root {
            None | Some(Root::Cwd | Root::Workspace) => self.rest.clone(),
            Some(Root::Sysroot) => format!("{{toolchain}}/{}", self.rest),
            Some(Root::CargoHome) => format!("{{cargo}}/{}", self.rest),
            Some(Root::OutDir) => format!("{{out}}/{}", self.rest),
            Some(Root::Profile(0)) => format!("{{profile}}/{}", self.rest),
            Some(Root::Profile(n)) => format!("{{profile {n}}}/{}", self.rest),
        }
    }
}

/// A text with markers in the place of directories.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortableText {
    pieces: Vec<Piece>,
}

/// Where people read: a string, `{"hex": "…"}` for what is no text, or `{"root": …, "form": …}`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Place(Mark),
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// The same, as programs read it.
        #[derive(Serialize)]
        enum Bare<'a> {
            Text(&'a [u8]),
            Place(Mark),
        }
        if !serializer.is_human_readable() {
            let bare = match self {
                Self::Text(text) => Bare::Text(text),
                Self::Place(mark) => Bare::Place(*mark),
            };
            return bare.serialize(serializer);
        }
        match self {
            Self::Place(mark) => mark.serialize(serializer),
            Self::Text(text) => match str::from_utf8(text) {
                Ok(text) => serializer.serialize_str(text),
                Err(_) => {
                    let mut map = serializer.serialize_map(Some(1))?;
                    map.serialize_entry("hex", &to_hex(text))?;
                    map.end()
                }
            },
        }
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        enum Bare {
            Text(Vec<u8>),
            Place(Mark),
        }
        if deserializer.is_human_readable() {
            return deserializer.deserialize_any(ReadablePiece);
        }
        Ok(match Bare::deserialize(deserializer)? {
            Bare::Text(text) => Self::Text(text),
            Bare::Place(mark) => Self::Place(mark),
        })
    }
}

/// Reads a piece in the form for people.
struct ReadablePiece;

impl<'de> serde::de::Visitor<'de> for ReadablePiece {
    type Value = Piece;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string, or an object with `hex`, or with `root` and `form`")
    }

    fn visit_str<E>(self, text: &str) -> Result<Piece, E> {
        Ok(Piece::Text(text.into()))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Piece, A::Error> {
        let (mut hex, mut root, mut form) = (None::<String>, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "hex" => hex = Some(map.next_value()?),
                "root" => root = Some(map.next_value()?),
                "form" => form = Some(map.next_value()?),
                _ => return Err(A::Error::unknown_field(&key, &["hex", "root", "form"])),
            }
        }
        match (hex, root, form) {
            (Some(hex), None, None) => {
                from_hex(&hex).map(Piece::Text).ok_or_else(|| A::Error::custom("expected hex digits"))
            }
            (None, Some(root), Some(form)) => Ok(Piece::Place(Mark { root, form })),
            _ => Err(A::Error::custom("expected `hex`, or `root` and `form`")),
        }
    }
}

/// A directory in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Which one.
    pub root: Root,
    /// How it is written there.
    pub form: Form,
}

/// How a path is written. What is no text is written with replacement characters, as compilers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// As it is.
    Plain,
    /// In a rule of a dep-info file: blanks behind a backslash.
    Rule,
    /// In a JSON string.
    Json,
}

impl Form {
    /// Returns a path as it is written in this form.
    pub fn write(self, path: &Path) -> Vec<u8> {
        let text = path.to_string_lossy();
        match self {
            Self::Plain => text.into_owned().into_bytes(),
            Self::Rule => text.replace(' ', "\\ ").into_bytes(),
            Self::Json => {
                let quoted = serde_json::to_string(&*text).expect("strings serialise");
                quoted.as_bytes()[1..quoted.len() - 1].to_vec()
            }
        }
    }
}

impl PortableText {
    /// Takes a text as it is.
    pub fn verbatim(text: &[u8]) -> Self {
        let mut all = Self::default();
        all.push_text(text);
        all
    }

    /// Appends text.
    pub fn push_text(&mut self, text: &[u8]) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(last)) => last.extend_from_slice(text),
            _ => self.pieces.push(Piece::Text(text.to_vec())),
        }
    }

    /// Appends a directory.
    pub fn push_mark(&mut self, mark: Mark) {
        self.pieces.push(Piece::Place(mark));
    }

    /// Returns the text with what `written` gives in the place of the directories. `None` if it has none for one.
    pub fn expand(&self, written: impl Fn(Mark) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.extend_from_slice(piece),
                Piece::Place(mark) => text.extend(written(*mark)?),
            }
        }
        Some(text)
    }

    /// Returns the text between the directories, joined.
    pub fn remainder(&self) -> Vec<u8> {
        self.expand(|_| Some(Vec::new())).expect("every directory has something in its place")
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn innermost_root_wins_and_only_whole_components() {
        let roots = Roots::new([
            (Root::Cwd, PathBuf::from("/w")),
            (Root::OutDir, PathBuf::from("/w/target/debug/deps")),
            (Root::Profile(0), PathBuf::from("/w/target/debug")),
        ]);
        let shown = |path: &str| roots.shorten(Path::new(path)).unwrap().display();
        assert_eq!(shown("/w/target/debug/deps/a.rlib"), "{out}/a.rlib");
        assert_eq!(shown("/w/target/debug/build/x/out"), "{profile}/build/x/out");
        assert_eq!(shown("/w/src/lib.rs"), "src/lib.rs");
        assert_eq!(shown("/w2/src/lib.rs"), "/w2/src/lib.rs");
        assert_eq!(shown("src/lib.rs"), "src/lib.rs");
        let path = roots.shorten(Path::new("/w/target/debug/build/x/out")).unwrap();
        assert_eq!(path.expand(&roots).unwrap(), Path::new("/w/target/debug/build/x/out"));
        assert_eq!(path.expand(&Roots::default()), None);
    }

    #[test]
    fn a_place_is_written_in_one_way() {
        let roots = Roots::new([(Root::Cwd, PathBuf::from("/w"))]);
        let place = |path: &str| roots.place(Path::new(path)).map(|place| place.display());
        assert_eq!(place("/w/a/b").as_deref(), Some("a/b"));
        assert_eq!(place("/w").as_deref(), Some(""));
        for path in ["/w/", "/w/a/", "/w//a", "/w/./a", "//w/a", "/w/a/../b", "/w2/a", "w/a", ""] {
            assert_eq!(place(path), None, "{path}");
        }
    }

    #[test]
    fn paths_are_written_in_three_ways() {
        let path = Path::new("/a \"b\"\\");
        assert_eq!(Form::Plain.write(path), br#"/a "b"\"#);
        assert_eq!(Form::Rule.write(path), br#"/a\ "b"\"#);
        assert_eq!(Form::Json.write(path), br#"/a \"b\"\\"#);
    }

    #[test]
    fn texts_come_back_with_other_directories() {
        let mark = Mark { root: Root::OutDir, form: Form::Plain };
        let mut text = PortableText::verbatim(b"a ");
        text.push_text(b"b ");
        text.push_mark(mark);
        text.push_text(b"/c");
        let at = |directory: &str| text.expand(|m| (m == mark).then(|| directory.into())).unwrap();
        assert_eq!(at("/t"), b"a b /t/c");
        assert_eq!(at("/other"), b"a b /other/c");
        assert_eq!(text.remainder(), b"a b /c");
        assert_eq!(text.expand(|_| None), None);
        assert!(PortableText::verbatim(b"").is_empty());
    }
    #[test]
    fn people_read_texts_and_programs_bytes() {
        let mut text = PortableText::verbatim(b"a \"b\" ");
        text.push_mark(Mark { root: Root::Profile(1), form: Form::Rule });
        text.push_text(&[0xff, b'c']);
        let json = serde_json::to_string(&text).unwrap();
        let pieces = r#"{"pieces":["a \"b\" ",{"root":{"Profile":1},"form":"Rule"},{"hex":"ff63"}]}"#;
        assert_eq!(json, pieces);
        assert_eq!(serde_json::from_str::<PortableText>(&json).unwrap(), text);
        for wrong in [r#"{"hex":"f"}"#, r#"{"root":"Cwd"}"#, r#"{"text":"a"}"#, "7"] {
            let wrong = format!("{{\"pieces\":[{wrong}]}}");
            assert!(serde_json::from_str::<PortableText>(&wrong).is_err(), "{wrong}");
        }

        let bytes = postcard::to_stdvec(&text).unwrap();
        assert_eq!(bytes, b"\x03\x00\x06a \"b\" \x01\x01\x01\x01\x00\x02\xffc");
        assert_eq!(postcard::from_bytes::<PortableText>(&bytes).unwrap(), text);
    }
}
