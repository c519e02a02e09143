//! Rust source text as tokens, as far as asking for names needs it.
//!
//! Owns the telling apart of words, strings, marks and comments. Never parses: what a sequence of tokens means is the
//! caller's business. Text that is no Rust gives some tokens or other, never an error.

use std::borrow::Cow;

/// One token. Comments, numbers, characters and lifetimes are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'t> {
    /// A name or keyword, without `r#`.
    Word(&'t str),
    /// What a string holds, of any kind: plain, raw, bytes, C.
    Text(Cow<'t, str>),
    /// One punctuation character or bracket.
    Mark(char),
}

impl Token<'_> {
    /// Whether this is the word `word`.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if *own == word)
    }
}

/// Splits a text into tokens.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { rest: text, tokens: Vec::new() };
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'t> {
    rest: &'t str,
    tokens: Vec<Token<'t>>,
}

impl<'t> Lexer<'t> {
    /// Takes one token off the text; whether there was any text.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.skip(block_comment(self.rest));
        } else if first == '"' {
            self.quoted();
        } else if first == '\'' {
            self.character_or_lifetime();
        } else if is_word(first) {
            self.word();
        } else {
            self.skip(first.len_utf8());
            if !first.is_whitespace() {
                self.tokens.push(Token::Mark(first));
            }
        }
        true
    }

    fn skip(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    /// A name, a number, or the letters before a string: `r"…"`, `br##"…"##`, `c"…"`, `r#name`.
    fn word(&mut self) {
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let word = self.skip(end);
        let hashes = self.rest.bytes().take_while(|b| *b == b'#').count();
        match word {
            "r" | "br" | "cr" if self.rest[hashes..].starts_with('"') => self.raw(hashes),
            "r" if hashes == 1 && self.rest[1..].starts_with(is_word) => {
                self.skip(1);
            }
            "b" | "c" if self.rest.starts_with('"') => self.quoted(),
            "b" if self.rest.starts_with('\'') => self.character_or_lifetime(),
            number if number.starts_with(|c: char| c.is_ascii_digit()) => {}
            word => self.tokens.push(Token::Word(word)),
        }
    }

    fn raw(&mut self, hashes: usize) {
        self.skip(hashes + 1);
        let end = format!("\"{}", "#".repeat(hashes));
        let length = self.rest.find(&*end).unwrap_or(self.rest.len());
        let text = self.skip(length);
        self.tokens.push(Token::Text(Cow::Borrowed(text)));
        self.skip(end.len().min(self.rest.len()));
    }

    fn quoted(&mut self) {
        self.skip(1);
        let mut escaped = false;
        let mut has_escapes = false;
        let ends = |c: char| {
            let end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            has_escapes |= escaped;
            end
        };
        let length = self.rest.find(ends).unwrap_or(self.rest.len());
        let text = self.skip(length);
        self.tokens.push(Token::Text(if has_escapes { Cow::Owned(unescaped(text)) } else { text.into() }));
        self.skip(1.min(self.rest.len()));
    }

    /// `'a'`, `'\n'`, `'static`: a quote that another one follows in time is a character.
    fn character_or_lifetime(&mut self) {
        self.skip(1);
        let mut characters = self.rest.char_indices();
        match characters.next() {
            Some((_, '\\')) => {
                // What is escaped may itself be a quote.
                characters.next();
                let end = characters.find(|(_, c)| *c == '\'').map_or(self.rest.len(), |(at, _)| at + 1);
                self.skip(end);
            }
            Some((_, c)) if self.rest[c.len_utf8()..].starts_with('\'') => {
                self.skip(c.len_utf8() + 1);
            }
            _ => {
                let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
                self.skip(end);
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Returns the length of a comment, which may hold others.
fn block_comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match &bytes[at..(at + 2).min(bytes.len())] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Resolves the escapes of a string; one that is no escape stays as it is.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let hex =
            |digits: &str| u32::from_str_radix(&digits.replace('_', ""), 16).ok().and_then(char::from_u32);
        let (character, length) = match rest.as_bytes().first() {
            Some(b'x') => (rest.get(1..3).and_then(hex), 3),
            Some(b'u') => {
                let end = rest.find('}').unwrap_or(0);
                (rest.get(2..end).and_then(hex), end + 1)
            }
            Some(b'\n' | b'\r') => {
                rest = rest.trim_start();
                continue;
            }
            Some(b'n') => (Some('\n'), 1),
            Some(b't') => (Some('\t'), 1),
            _ => (None, 0),
        };
        match character {
            Some(character) => {
                plain.push(character);
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                let Some(next) = rest.chars().next() else { break };
                plain.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let show = |token: &Token<'_>| match token {
            Token::Word(word) => (*word).to_owned(),
            Token::Text(text) => format!("«{text}»"),
            Token::Mark(mark) => mark.to_string(),
        };
        tokens(text).iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_strings_and_marks() {
        assert_eq!(shown("fn f<'a>(x: &'a str) -> u8 { 0x1f }"), "fn f < > ( x : & str ) - > u8 { }");
        assert_eq!(
            shown(r##"env!("A"), r"B", r#"C"D"#, br"E", b"F", c"G", r#fn"##),
            "env ! ( «A» ) , «B» , «C\"D» , «E» , «F» , «G» , fn"
        );
        assert_eq!(shown(r"'a' '\'' '\\' '\u{41}' 'label: b'x' x"), ": x");
    }

    #[test]
    fn comments_are_left_out() {
        assert_eq!(shown("a // \"b\n c /* d /* e */ \" */ f /// \"g\n h"), "a c f h");
        assert_eq!(shown("a /* open"), "a");
    }

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(
            shown(
                r#""OUT\x5fD\u{49}R" "a\"b" "c\
             d" "\q""#
            ),
            "«OUT_DIR» «a\"b» «cd» «q»"
        );
    }

    #[test]
    fn any_text_will_do() {
        for text in ["\"open", "r#\"open", "'", "'\\", "\"\\", "b'", "\"\\x\"", "\"\\u{\"", "é'é'é\"é"] {
            tokens(text);
            for end in text.char_indices().map(|(at, _)| at) {
                tokens(&text[..end]);
            }
        }
    }
}
