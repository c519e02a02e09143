//! Takes sccache out of a file of cargo's settings.
//!
//! Owns changes in the text itself: what is not named in a change keeps every byte, comments and line ends included.
//! Never trusts itself: what comes out must say the same as what went in, but for the changes.

use std::ops::Range;
use std::path::Path;

use serde_json::Value as Json;
use toml_edit::{Document, Item, Table, Value};

use super::super::named::{self, Named};
use super::super::sccache::{PREFIX, WRAPPERS};

/// A changed text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Edited {
    pub(super) text: String,
    /// Each change in words.
    pub(super) changes: Vec<String>,
    /// Whether a wrapper was set.
    pub(super) sets_wrapper: bool,
    /// Whether variables were taken out.
    pub(super) drops_variables: bool,
}

/// Puts `word` in the place of sccache, and takes its variables out if they are not needed. `None`: there is nothing to
/// change. Relative programs belong to `root`.
pub(super) fn without_sccache(
    text: &str,
    root: &Path,
    word: &str,
    drops_variables: bool,
) -> Result<Option<Edited>, String> {
    let mut changed = text.to_owned();
    let mut names = Vec::new();
    while let Some((name, span)) = next_wrapper(&changed, root)? {
        changed.replace_range(span.clone(), &quoted(word, &changed[span]));
        names.push(name);
    }
    let mut dropped = Vec::new();
    while drops_variables && let Some((name, span)) = next_variable(&changed)? {
        changed.replace_range(span, "");
        if !dropped.contains(&name) {
            dropped.push(name);
        }
    }
    if names.is_empty() && dropped.is_empty() {
        return Ok(None);
    }
    if !dropped.is_empty() {
        drop_empty_table(&mut changed)?;
    }
    let expected = values(text).map(|values| expected(values, root, word, drops_variables));
    if expected.is_none() || expected != values(&changed) {
        return Err("it is written in a way that this program cannot change safely".to_owned());
    }
    let mut changes = names.iter().map(|name| format!("`{name}` is `{word}`")).collect::<Vec<_>>();
    if !dropped.is_empty() {
        let dropped = dropped.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        changes.push(format!("without {}", dropped.join(", ")));
    }
    let (sets_wrapper, drops_variables) = (!names.is_empty(), !dropped.is_empty());
    Ok(Some(Edited { text: changed, changes, sets_wrapper, drops_variables }))
}

fn parse(text: &str) -> Result<Document<&str>, String> {
    Document::parse(text).map_err(|error| error.message().to_owned())
}

/// Finds a value that names sccache as the wrapper.
fn next_wrapper(text: &str, root: &Path) -> Result<Option<(String, Range<usize>)>, String> {
    let document = parse(text)?;
    let build = document.get("build").and_then(|build| build.as_table_like()?.get("rustc-wrapper"));
    let variables = document.get("env").and_then(Item::as_table_like);
    let variables = WRAPPERS.iter().filter_map(|name| {
        let item = variables?.get(name)?;
        let value = item.as_table_like().and_then(|table| table.get("value")).unwrap_or(item);
        Some((format!("env.{name}"), value))
    });
    let named = build.map(|item| ("build.rustc-wrapper".to_owned(), item)).into_iter().chain(variables);
    let mut found = named.filter_map(|(name, item)| {
        let value = item.as_value()?;
        (named::judge(value.as_str()?, root) == Named::Sccache).then_some((name, value.span()?))
    });
    Ok(found.next())
}

/// Writes a text in the quotes of the old one, if they do.
fn quoted(word: &str, old: &str) -> String {
    if old.starts_with('\'') && !old.starts_with("'''") && !word.contains(['\'', '\n']) {
        return format!("'{word}'");
    }
    Value::from(word).to_string()
}

/// Finds one of sccache's variables, and all that is to be cut for it.
fn next_variable(text: &str) -> Result<Option<(String, Range<usize>)>, String> {
    let document = parse(text)?;
    let Some(item) = document.get("env") else { return Ok(None) };
    let Some(variables) = item.as_table_like() else { return Ok(None) };
    let Some(name) = variables.iter().map(|(name, _)| name).find(|name| name.starts_with(PREFIX)) else {
        return Ok(None);
    };
    let (key, value) = variables.get_key_value(name).expect("it was just found");
    let unknown = || format!("`env.{name}` is in no place that can be cut");
    let span = match value {
        Item::Value(value) => {
            let span = key.span().zip(value.span()).map(|(key, value)| key.start..value.end);
            let span = span.ok_or_else(unknown)?;
            if item.is_inline_table() { with_comma(text, span) } else { whole_lines(text, span) }
        }
        Item::Table(table) => {
            let inner = table.iter().filter_map(|(name, _)| table.get_key_value(name));
            let inner = inner.filter_map(|(key, item)| Some(key.span()?.start..item.span()?.end));
            let mut inner = inner.collect::<Vec<_>>();
            inner.sort_by_key(|span| span.start);
            if table.is_dotted() {
                // One line after the other.
                whole_lines(text, inner.into_iter().next().ok_or_else(unknown)?)
            } else {
                let header = header(text, table).ok_or_else(unknown)?;
                let end = inner.last().map_or(header.end, |last| last.end);
                without_gap(text, whole_lines(text, header.start..end))
            }
        }
        _ => return Err(unknown()),
    };
    Ok(Some((name.to_owned(), span)))
}

/// Widens a span to the lines it is on.
fn whole_lines(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |newline| span.end + newline + 1);
    start..end
}

/// Widens the span of an entry of a table in braces by the comma behind it, or the one before it.
fn with_comma(text: &str, span: Range<usize>) -> Range<usize> {
    let after = text[span.end..].trim_start();
    if let Some(rest) = after.strip_prefix(',') {
        return span.start..text.len() - rest.trim_start_matches(' ').len();
    }
    match text[..span.start].trim_end().strip_suffix(',') {
        Some(before) => before.len()..span.end,
        None => span,
    }
}

/// Widens a span of whole lines by the blank line behind it, if one is left before it.
fn without_gap(text: &str, span: Range<usize>) -> Range<usize> {
    let before = text[..span.start].trim_end_matches([' ', '\r', '\n']);
    let is_alone = before.is_empty() || text[before.len()..span.start].matches('\n').count() > 1;
    let blank = text[span.end..].find('\n').map(|newline| span.end + newline + 1);
    let blank = blank.filter(|end| is_alone && text[span.end..*end].trim().is_empty());
    span.start..blank.unwrap_or(span.end)
}

/// Returns the line of a table's header.
fn header(text: &str, table: &Table) -> Option<Range<usize>> {
    let start = table.span()?.start;
    text[start..].starts_with('[').then(|| whole_lines(text, start..start))
}

/// Takes the header `[env]` away if nothing is left below it, not even a comment.
fn drop_empty_table(text: &mut String) -> Result<(), String> {
    let document = parse(text)?;
    let span = match document.get("env") {
        Some(Item::Table(table)) if table.is_empty() => header(text, table).filter(|line| {
            let below = text[line.end..].trim_start();
            let is_bare = text[line.clone()].trim_end().ends_with(']');
            let above = text[..line.start].lines().next_back().unwrap_or_default();
            is_bare && (below.is_empty() || below.starts_with('[')) && !above.trim_start().starts_with('#')
        }),
        Some(Item::Value(Value::InlineTable(table))) if table.is_empty() => {
            table.span().map(|span| whole_lines(text, span))
        }
        _ => None,
    };
    if let Some(span) = span {
        let is_last = text[span.end..].trim().is_empty();
        let span = without_gap(text, span);
        let rest =
            if is_last { text[..span.start].trim_end_matches([' ', '\r', '\n']).len() } else { span.start };
        // The line end of what is now the last line stays.
        let kept = text[rest..span.start].find('\n').map_or(span.start, |newline| rest + newline + 1);
        text.replace_range(kept..span.end, "");
    }
    Ok(())
}

/// Returns all that a file says. An empty `[env]` says nothing.
fn values(text: &str) -> Option<Json> {
    toml_edit::de::from_str(text).ok().map(without_empty_table)
}

fn without_empty_table(mut values: Json) -> Json {
    let is_empty = values.get("env").and_then(Json::as_object).is_some_and(serde_json::Map::is_empty);
    if let Some(all) = values.as_object_mut().filter(|_| is_empty) {
        all.remove("env");
    }
    values
}

/// Changes the values as the text is meant to be changed.
fn expected(mut values: Json, root: &Path, word: &str, drops_variables: bool) -> Json {
    let put = |value: Option<&mut Json>| {
        if let Some(value) = value
            && value.as_str().is_some_and(|text| named::judge(text, root) == Named::Sccache)
        {
            *value = word.into();
        }
    };
    put(values.pointer_mut("/build/rustc-wrapper"));
    for name in WRAPPERS {
        put(values.pointer_mut(&format!("/env/{name}")));
        put(values.pointer_mut(&format!("/env/{name}/value")));
    }
    if drops_variables && let Some(variables) = values.get_mut("env").and_then(Json::as_object_mut) {
        variables.retain(|name, _| !name.starts_with(PREFIX));
    }
    without_empty_table(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str) -> String {
        let edited = without_sccache(text, Path::new("/nowhere"), "kache", true).unwrap().unwrap();
        let again = without_sccache(&edited.text, Path::new("/nowhere"), "kache", true).unwrap();
        assert_eq!(again, None, "a second time");
        edited.text
    }

    #[test]
    fn only_what_must_be_changes() {
        let text = "# mine\n[build] # b\n# why\nrustc-wrapper = \"sccache\"  # fast\njobs = 2\n\n[env]\n# the bucket\n\
                    SCCACHE_BUCKET = \"b\" # x\nOTHER = \"sccache\"\nSCCACHE_REGION = { value = \"eu\", force = true }\n\n# end\n";
        let expected = "# mine\n[build] # b\n# why\nrustc-wrapper = \"kache\"  # fast\njobs = 2\n\n[env]\n# the bucket\n\
                        OTHER = \"sccache\"\n\n# end\n";
        assert_eq!(edited(text), expected);
        let windows = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(edited(&windows(text)), windows(expected));
    }

    #[test]
    fn every_way_to_write_it() {
        for (text, expected) in [
            ("build.rustc-wrapper = '/usr/bin/sccache'", "build.rustc-wrapper = 'kache'"),
            (
                "build = { jobs = 1, rustc-wrapper = \"sccache\" }\n",
                "build = { jobs = 1, rustc-wrapper = \"kache\" }\n",
            ),
            ("[env]\nRUSTC_WRAPPER.value = \"sccache\"\n", "[env]\nRUSTC_WRAPPER.value = \"kache\"\n"),
            ("[env]\nRUSTC_WRAPPER = \"sccache\"\n", "[env]\nRUSTC_WRAPPER = \"kache\"\n"),
            ("env.SCCACHE_DIR = \"/x\"\nenv.A = \"1\"\n", "env.A = \"1\"\n"),
            ("env = { SCCACHE_DIR = \"/x\", A = \"1\" }\n", "env = { A = \"1\" }\n"),
            ("env = { A = \"1\", SCCACHE_DIR = \"/x\", SCCACHE_CONF = \"/y\" }\n", "env = { A = \"1\" }\n"),
            ("env = { SCCACHE_DIR = \"/x\" }\njobs = 1\n", "jobs = 1\n"),
            (
                "[env]\nSCCACHE_DIR.value = \"/x\"\nSCCACHE_DIR.force = true\nA = \"1\"\n",
                "[env]\nA = \"1\"\n",
            ),
            (
                "[env.A]\nvalue = \"1\"\n\n[env.SCCACHE_DIR]\nvalue = \"/x\"\nforce = true\n\n[build]\njobs = 1\n",
                "[env.A]\nvalue = \"1\"\n\n[build]\njobs = 1\n",
            ),
            ("[build]\njobs = 1\n\n[env]\nSCCACHE_DIR = \"/x\"\n", "[build]\njobs = 1\n"),
            ("[env]\nSCCACHE_DIR = \"/x\"\n\n[build]\njobs = 1\n", "[build]\njobs = 1\n"),
            ("[env]\n# mine\nSCCACHE_DIR = \"/x\"\n", "[env]\n# mine\n"),
            (
                "\u{feff}[build]\nrustc-wrapper = \"sccache\"\n",
                "\u{feff}[build]\nrustc-wrapper = \"kache\"\n",
            ),
            ("[env]\nSCCACHE_DIR = \"\"\"\n/x\"\"\"\nA = \"1\"", "[env]\nA = \"1\""),
        ] {
            assert_eq!(edited(text), expected, "{text}");
        }
    }

    #[test]
    fn all_else_stays() {
        let without =
            |text: &str, drops| without_sccache(text, Path::new("/nowhere"), "kache", drops).unwrap();
        for text in [
            "",
            "[build]\nrustc-wrapper = \"kache\"\n",
            "[build]\nrustc-wrapper = \"/opt/sccache-wrapper\"\n",
        ] {
            assert_eq!(without(text, true), None, "{text}");
        }
        let text = "[env]\nSCCACHE_DIR = \"/x\"\n";
        assert_eq!(without(text, false), None);
        assert!(without(text, true).unwrap().drops_variables);
    }
}
