//! The agent of launchd.
//!
//! Owns its property list and its place. The text is made on every system; `launchctl` is asked on macOS only.

use std::fmt::Write as _;

use super::*;

/// The name of the agent.
pub const LABEL: &str = "cargo-kache.daemon";

/// Returns where the property list is.
pub fn path(env: &Env) -> Option<PathBuf> {
    Some(env.home()?.join("Library/LaunchAgents").join(format!("{LABEL}.plist")))
}

/// Returns the property list.
pub fn text(service: &Service) -> Result<String, ServiceError> {
    let mut words = string(service.program.as_os_str(), 2)?;
    for word in WORDS {
        words += &string(word.as_ref(), 2)?;
    }
    let mut variables = String::new();
    for (name, value) in &service.variables {
        let _ = write!(variables, "    <key>{}</key>\n{}", escaped(name)?, string(value, 2)?);
    }
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n\
         <dict>\n\
         \x20 <key>Label</key>\n\
         \x20 <string>{LABEL}</string>\n\
         \x20 <key>ProgramArguments</key>\n\
         \x20 <array>\n\
         {words}\
         \x20 </array>\n\
         \x20 <key>EnvironmentVariables</key>\n\
         \x20 <dict>\n\
         {variables}\
         \x20 </dict>\n\
         \x20 <key>WorkingDirectory</key>\n\
         \x20 <string>/</string>\n\
         \x20 <key>RunAtLoad</key>\n\
         \x20 <true/>\n\
         \x20 <key>KeepAlive</key>\n\
         \x20 <dict>\n\
         \x20   <key>SuccessfulExit</key>\n\
         \x20   <false/>\n\
         \x20 </dict>\n\
         \x20 <key>ThrottleInterval</key>\n\
         \x20 <integer>5</integer>\n\
         \x20 <key>ExitTimeOut</key>\n\
         \x20 <integer>40</integer>\n\
         \x20 <key>ProcessType</key>\n\
         \x20 <string>Background</string>\n\
         </dict>\n\
         </plist>\n"
    ))
}

fn string(text: &std::ffi::OsStr, depth: usize) -> Result<String, ServiceError> {
    Ok(format!("{:width$}<string>{}</string>\n", "", escaped(text)?, width = 2 * depth))
}

/// Escapes text for XML, which has no way to write most control characters, or bytes that are no text.
fn escaped(text: &std::ffi::OsStr) -> Result<String, ServiceError> {
    let unwritable = || ServiceError::Unwritable(text.to_string_lossy().into_owned());
    let mut escaped = String::new();
    for c in text.to_str().ok_or_else(unwritable)?.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            c if c.is_ascii_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => return Err(unwritable()),
            c => escaped.push(c),
        }
    }
    Ok(escaped)
}

/// Reads back the service of a property list that [`text`] has written.
pub fn read(text: &str) -> Option<Service> {
    let (_, words) = text.split_once("<key>ProgramArguments</key>")?;
    let program = element(words, "string")?.0;
    let mut variables = Vec::new();
    let (_, mut rest) = words.split_once("<key>EnvironmentVariables</key>")?;
    rest = rest.split_once("</dict>")?.0;
    while let Some((name, after)) = element(rest, "key") {
        let (value, after) = element(after, "string")?;
        variables.push((name.into(), value.into()));
        rest = after;
    }
    Some(Service { program: program.into(), variables })
}

/// Returns the text of the first element of this name, and what follows it.
fn element<'a>(text: &'a str, name: &str) -> Option<(String, &'a str)> {
    let (_, text) = text.split_once(&format!("<{name}>"))?;
    let (inner, after) = text.split_once(&format!("</{name}>"))?;
    Some((unescaped(inner)?, after))
}

fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';')?;
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => char::from_u32(name.strip_prefix('#')?.parse().ok()?)?,
        });
        plain += rest;
    }
    Some(plain)
}

/// Installs the property list and starts the agent.
pub(super) fn install(service: &Service, path: PathBuf) -> Result<Installed, ServiceError> {
    let text = text(service)?;
    let domain = domain();
    ask("launchctl", &["print", &domain])?;
    let list = Replaced::with(path, text.as_bytes())?;
    // One that runs already is to run the new text.
    let _ = ask("launchctl", &["bootout", &format!("{domain}/{LABEL}")]);
    let shown = list.path.to_string_lossy().into_owned();
    if let Err(error) = ask("launchctl", &["bootstrap", &domain, &shown]) {
        list.undo()?;
        return Err(error);
    }
    Ok(Installed { path: list.path, warnings: Vec::new() })
}

/// Stops the agent and removes the property list.
pub(super) fn uninstall(path: PathBuf) -> Result<Installed, ServiceError> {
    let stopped = ask("launchctl", &["bootout", &format!("{}/{LABEL}", domain())]);
    fs::remove_file(&path)?;
    Ok(Installed { path, warnings: stopped.err().iter().map(ToString::to_string).collect() })
}

/// Returns the session of the user.
fn domain() -> String {
    format!("gui/{}", rustix::process::getuid().as_raw())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn text_is_escaped() {
        let escaped = |text: &str| escaped(OsStr::new(text)).ok();
        assert_eq!(escaped(r#"/a & b/<c>'"d""#).unwrap(), "/a &amp; b/&lt;c&gt;&apos;&quot;d&quot;");
        assert_eq!(escaped("ä\n").unwrap(), "ä&#10;");
        assert_eq!(escaped("\x07"), None);
        assert!(super::escaped(OsStr::from_bytes(b"\xff")).is_err());
    }

    #[test]
    fn a_list_is_read_back() {
        for variables in [Vec::new(), vec![("KACHE_S3_ENDPOINT".into(), "http://a/?b&c<>'\"\n".into())]] {
            let service = Service { program: "/p & q/kache".into(), variables };
            assert_eq!(read(&text(&service).unwrap()), Some(service));
        }
        assert_eq!(read("<plist></plist>"), None);
    }

    #[test]
    fn the_list_is_whole() {
        let variables = vec![("KACHE_S3_ENDPOINT".into(), "http://a/?b&c".into())];
        let text = text(&Service { program: "/p & q/kache".into(), variables }).unwrap();
        for part in [
            "<array>\n    <string>/p &amp; q/kache</string>\n    <string>daemon</string>\n    <string>run</string>\n",
            "<key>KACHE_S3_ENDPOINT</key>\n    <string>http://a/?b&amp;c</string>",
            "<string>cargo-kache.daemon</string>",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        for name in ["dict", "array", "string", "key", "plist"] {
            let count = |tag: String| text.matches(&tag).count();
            let opened = count(format!("<{name}>")) + count(format!("<{name} "));
            assert_eq!(opened, count(format!("</{name}>")), "{name}");
        }
    }
}
