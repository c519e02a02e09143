//! The user unit of systemd.
//!
//! Owns its text, its quoting and its place. Asks `systemctl` and `loginctl`, whichever stand in `PATH`.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStringExt as _;

use super::*;

/// The name of the unit.
pub const NAME: &str = "cargo-kache.service";

/// Returns where the unit is.
pub fn path(env: &Env) -> Option<PathBuf> {
    let base = env.absolute(env::XDG_CONFIG_HOME).or_else(|| Some(env.home()?.join(".config")))?;
    Some(base.join("systemd/user").join(NAME))
}

/// Returns the text of the unit.
pub fn text(service: &Service) -> Result<String, ServiceError> {
    let mut environment = String::new();
    for (name, value) in &service.variables {
        // Systemd would leave out such a value, and the service have other settings.
        let is_text = value.to_str().is_some_and(|text| !text.chars().any(is_unwritable));
        if !is_text {
            return Err(ServiceError::Unwritable(value.to_string_lossy().into_owned()));
        }
        let pair = [name.as_bytes(), b"=", value.as_bytes()].concat();
        let _ = writeln!(environment, "Environment={}", quoted(OsStr::from_bytes(&pair)));
    }
    Ok(format!(
        "# Made by `cargo kache daemon install`, which writes it anew.\n\
         [Unit]\n\
         Description=Background work of the cargo-kache build cache\n\
         \n\
         [Service]\n\
         ExecStart={}\n\
         {environment}\
         WorkingDirectory=/\n\
         Restart=on-failure\n\
         RestartSec=5s\n\
         TimeoutStopSec=40s\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n",
        command(service),
    ))
}

fn is_unwritable(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// Returns the command: the program, or a shell that becomes it where systemd takes no such name for a program.
fn command(service: &Service) -> String {
    let (program, words) = (quoted(service.program.as_os_str()), WORDS.join(" "));
    let is_odd = |byte: &u8| byte.is_ascii_control() || matches!(byte, b'"' | b'\'' | b'\\');
    if !service.program.as_os_str().as_bytes().iter().any(is_odd) {
        return format!("{program} {words}");
    }
    // Behind the program of the command, `$` stands for variables.
    format!(r#"/bin/sh -c "exec \"$$0\" {words}" {}"#, program.replace('$', "$$"))
}

/// Quotes a word so that systemd reads it as it is: no escape, no specifier.
///
/// `$` stays: neither the program of a command nor `Environment=` knows variables.
fn quoted(word: &OsStr) -> String {
    let mut quoted = String::from("\"");
    for chunk in word.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                '%' => quoted.push_str("%%"),
                c if c.is_ascii_control() => {
                    let _ = write!(quoted, "\\x{:02x}", u32::from(c));
                }
                c => quoted.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(quoted, "\\x{byte:02x}");
        }
    }
    quoted + "\""
}

/// Reads back the service of a unit that [`text`] has written.
pub fn read(text: &str) -> Option<Service> {
    let lines = |name| text.lines().filter_map(move |line| line.strip_prefix(name)?.strip_prefix('='));
    let words = unquoted(lines("ExecStart").next()?)?;
    let program = match &words[..] {
        [shell, flag, _, program] if shell == "/bin/sh" && flag == "-c" => without_double_dollars(program),
        [program, ..] => program.clone(),
        [] => return None,
    };
    let mut variables = Vec::new();
    for pair in lines("Environment").map(unquoted) {
        let pair = pair?.into_iter().next()?.into_vec();
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (pair[..at].to_vec(), pair[at + 1..].to_vec());
        variables.push((OsString::from_vec(name), OsString::from_vec(value)));
    }
    Some(Service { program: program.into(), variables })
}

/// Splits a line into words, and takes back what [`quoted`] did to each.
fn unquoted(line: &str) -> Option<Vec<OsString>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (is_quoted, mut bytes) = match rest.strip_prefix('"') {
            Some(inner) => (true, inner.bytes()),
            None => (false, rest.bytes()),
        };
        let mut word = Vec::new();
        loop {
            match bytes.next() {
                Some(b'"') if is_quoted => break,
                Some(b' ') if !is_quoted => break,
                Some(b'\\') => match bytes.next()? {
                    b'x' => {
                        let digits = [bytes.next()?, bytes.next()?];
                        word.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                    }
                    byte => word.push(byte),
                },
                Some(b'%') => {
                    bytes.next().filter(|byte| *byte == b'%')?;
                    word.push(b'%');
                }
                Some(byte) => word.push(byte),
                None if is_quoted => return None,
                None => break,
            }
        }
        words.push(OsString::from_vec(word));
        rest = rest[rest.len() - bytes.len()..].trim_start();
    }
    Some(words)
}

fn without_double_dollars(word: &OsStr) -> OsString {
    let mut bytes = word.as_bytes().to_vec();
    let mut at = 0;
    while at + 1 < bytes.len() {
        if bytes[at..].starts_with(b"$$") {
            bytes.remove(at);
        }
        at += 1;
    }
    OsString::from_vec(bytes)
}

/// Installs the unit, enables and starts it.
pub(super) fn install(service: &Service, path: PathBuf) -> Result<Installed, ServiceError> {
    let text = text(service)?;
    // Without a session of the user nothing is written at all.
    systemctl(&["show-environment"])?;
    let unit = Replaced::with(path, text.as_bytes())?;
    if let Err(error) = enable() {
        if unit.before.is_none() {
            let _ = systemctl(&["disable", NAME]);
        }
        unit.undo()?;
        let _ = systemctl(&["daemon-reload"]);
        return Err(error);
    }
    let lingers = ask("loginctl", &["enable-linger"]);
    let warnings = lingers.err().map(|error| format!("the service ends with your last session: {error}"));
    Ok(Installed { path: unit.path, warnings: warnings.into_iter().collect() })
}

fn enable() -> Result<(), ServiceError> {
    systemctl(&["daemon-reload"])?;
    systemctl(&["enable", NAME])?;
    // One that runs already is to run the new text.
    systemctl(&["restart", NAME])
}

/// Stops and removes the unit. Without a session to ask, the files go all the same.
pub(super) fn uninstall(path: PathBuf) -> Result<Installed, ServiceError> {
    let mut warnings: Vec<String> =
        systemctl(&["disable", "--now", NAME]).err().iter().map(ToString::to_string).collect();
    fs::remove_file(&path)?;
    let folder = path.parent().expect("it is a file in a folder");
    fs::remove_file(&folder.join("default.target.wants").join(NAME))?;
    if warnings.is_empty() {
        warnings.extend(systemctl(&["daemon-reload"]).err().iter().map(ToString::to_string));
    }
    Ok(Installed { path, warnings })
}

fn systemctl(words: &[&str]) -> Result<(), ServiceError> {
    ask("systemctl", &[&["--user"], words].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        for (word, expected) in [
            ("/usr/bin/kache", r#""/usr/bin/kache""#),
            ("/a b/k", r#""/a b/k""#),
            (r#"/a"b\c"#, r#""/a\"b\\c""#),
            ("/100%h/$HOME", r#""/100%%h/$HOME""#),
            ("/ä\n\t", r#""/ä\x0a\x09""#),
        ] {
            assert_eq!(quoted(OsStr::new(word)), expected);
        }
        assert_eq!(quoted(OsStr::from_bytes(b"/\xff")), r#""/\xff""#);
    }

    #[test]
    fn the_unit_is_whole() {
        let variables = vec![("KACHE_CACHE_DIR".into(), "/c d".into())];
        let text = text(&Service { program: "/p q/kache".into(), variables }).unwrap();
        for line in [
            "ExecStart=\"/p q/kache\" daemon run --service",
            "Environment=\"KACHE_CACHE_DIR=/c d\"",
            "Restart=on-failure",
            "RestartSec=5s",
            "WantedBy=default.target",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_unit_is_read_back() {
        let odd = OsString::from_vec(b"/a b/100%h/$HOME/$$/\"q\"\\x41/\xc3\xbc;#\xff".to_vec());
        for program in ["/usr/bin/kache".into(), "/$a %/k".into(), odd.clone()] {
            let variables = vec![
                ("KACHE_CACHE_DIR".into(), "/c \"d\"\n=%".into()),
                ("KACHE_S3_BUCKET".into(), "b".into()),
            ];
            let service = Service { program: PathBuf::from(program), variables };
            assert_eq!(read(&text(&service).unwrap()), Some(service));
        }
        assert_eq!(read("[Service]\n"), None);
        assert_eq!(read("ExecStart=\"/open\n"), None);
    }

    #[test]
    fn odd_programs_are_run_by_a_shell() {
        let command = |program: &str| command(&Service { program: program.into(), variables: Vec::new() });
        assert_eq!(command("/$a %/k"), "\"/$a %%/k\" daemon run --service");
        assert_eq!(command("/$a 'b'/k"), r#"/bin/sh -c "exec \"$$0\" daemon run --service" "/$$a 'b'/k""#);
    }

    #[test]
    fn what_systemd_would_leave_out_is_an_error() {
        for value in [&b"/\xff"[..], b"/\x07"] {
            let variables = vec![("KACHE_CACHE_DIR".into(), OsStr::from_bytes(value).to_owned())];
            assert!(text(&Service { program: "/p".into(), variables }).is_err());
        }
    }

    #[test]
    fn the_place_follows_the_base_folder() {
        let home = (env::HOME, "/home/u");
        let unit = |env| path(&env);
        assert_eq!(
            unit(Env::from_pairs([home])),
            Some("/home/u/.config/systemd/user/cargo-kache.service".into())
        );
        assert_eq!(
            unit(Env::from_pairs([home, (env::XDG_CONFIG_HOME, "/x")])),
            Some("/x/systemd/user/cargo-kache.service".into())
        );
        assert_eq!(unit(Env::from_pairs::<&str, &str>([])), None);
    }
}
