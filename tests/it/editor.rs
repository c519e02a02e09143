//! The editor of the settings, in a terminal of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::process::Signal;

use crate::support::{Project, Terminal, project};

/// What somebody wrote by hand, with a key of another version.
const TEXT: &str = "\
# Mine.
[cache] # all of it
local_max_size   =  '10GB'  # small disk
foo = 1

# Theirs.
[cache.remote]
bucket = \"builds\"
";

fn with_settings(text: &str) -> Project {
    project().settings(text).build()
}

fn open(p: &Project, columns: u16, rows: u16) -> Terminal {
    Terminal::start(p.kache_command("config"), columns, rows)
}

fn saved(p: &Project) -> String {
    p.read("../config.toml")
}

/// Waits for the screen that was reviewed. The first row names the file, which has another place each time.
#[track_caller]
fn becomes_as_in(terminal: &mut Terminal, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/screens").join(name);
    let expected = fs::read_to_string(&path).unwrap();
    terminal.becomes(name, |screen| {
        let rows = screen.lines().skip(1).map(str::trim_end).collect::<Vec<_>>();
        rows.join("\n").trim_end() == expected.trim_end()
    });
}

#[test]
fn without_a_terminal() {
    let p = with_settings(TEXT);
    p.kache("config").exits(2).stdout_is("").stderr_is(
        "error: `config` needs a terminal\n\
         hint: use `cargo kache config list` and `cargo kache config set <key> <value>`\n",
    );
    assert_eq!(saved(&p), TEXT);
}

#[test]
fn a_value_is_typed_and_saved_and_all_else_stays() {
    let mut p = with_settings("");
    p.set("KACHE_CACHE_DIR", "/nowhere/cache");
    // The file is a link, as those who keep their settings elsewhere have it.
    p.write("../elsewhere/kache.toml", TEXT);
    let file = p.beside("elsewhere/kache.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    p.symlink(&file, p.beside("config.toml").to_str().unwrap());

    let mut terminal = open(&p, 100, 30);
    terminal.shows("unknown key `cache.foo`").shows("(env: KACHE_CACHE_DIR=/nowhere/cache)");
    // The first setting is locked, the second is the size.
    terminal.keys("\r").shows("locked: `KACHE_CACHE_DIR` is set");
    terminal.keys("\x1b[B\r\x152").shows("a size above 0").keys("x").shows("expected a size above 0");
    terminal.keys("\r\x7f0GB");
    terminal.shows("20GB").hides("expected a size");
    terminal.keys("\r").shows("file, unsaved").shows("1 unsaved change");
    assert_eq!(saved(&p), TEXT);
    // Found by its name, and pasted: that line ends and keys are in it does no harm.
    terminal.keys("/key_salt\r\r").shows("a text").keys("\x1b[200~sal\u{00e4}t q\ns\x1b[201~");
    terminal.shows("sal\u{00e4}t q s").keys("\r").shows("2 unsaved changes").keys("c").shows(" share_homes ");
    // Saved with the mouse elsewhere: a click selects, and that row is taken out.
    let row = terminal.screen().lines().position(|line| line.contains(" share_homes ")).unwrap() + 1;
    terminal.keys(&format!("\x1b[<0;10;{row}M\x1b[<0;10;{row}m")).shows(" ▸ share_homes ");
    terminal.keys(" ").shows("3 unsaved changes").keys("s").shows("Saved.").hides("unsaved");
    assert_eq!(
        saved(&p),
        TEXT.replace("'10GB'", "\"20GB\"")
            .replace("foo = 1\n", "foo = 1\nshare_homes = false\nkey_salt = \"sal\u{00e4}t q s\"\n")
    );
    terminal.keys("q");
    assert_eq!(terminal.end(), 0);
    terminal.is_restored();
    assert!(p.beside("config.toml").is_symlink() && !file.is_symlink());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn it_asks_before_anything_is_lost() {
    let p = with_settings(TEXT);
    let mut terminal = open(&p, 60, 16);
    terminal.shows(" ▸ local_store ").keys("\x1b[Bu").shows("default, unsaved");
    terminal.keys("q").shows("1 change is not saved.").keys("\x1b").hides("is not saved");

    // Somebody else was faster: cancelled, then put together.
    let theirs = TEXT.replace("builds", "theirs");
    p.write("../config.toml", &theirs);
    terminal.keys("s").shows("Changed meanwhile").keys("\x1b").hides("Changed meanwhile");
    assert_eq!(saved(&p), theirs);
    terminal.keys("s").shows("Changed meanwhile").keys("o").shows("Saved.");
    let both = theirs.replace("local_max_size   =  '10GB'  # small disk\n", "");
    assert_eq!(saved(&p), both);

    // Read again, which drops what was changed here.
    terminal.keys("\x1b[B\x1b[B ").shows("unsaved");
    p.write("../config.toml", "");
    terminal.keys("s").shows("Changed meanwhile").keys("r").shows("Read again.").hides("unsaved");
    assert_eq!(saved(&p), "");

    // What makes no sense without a bucket is not saved.
    terminal.keys("/endpoint\r\rhttp://localhost\rs").shows("a remote needs a bucket");
    assert_eq!(saved(&p), "");
    terminal.keys("\r\rbuilds\rqs");
    assert_eq!(terminal.end(), 0);
    assert_eq!(saved(&p), "[cache.remote]\nbucket = \"builds\"\nendpoint = \"http://localhost\"\n");

    // Left without saving.
    let mut terminal = open(&p, 60, 16);
    terminal.shows(" ▸ local_store ").keys("/endpoint\ru").shows("unsaved").keys("qn");
    assert_eq!(terminal.end(), 0);
    terminal.is_restored();
    assert!(saved(&p).contains("endpoint"));
}

#[test]
fn an_invalid_file_is_shown_and_never_overwritten() {
    let broken = "# Mine.\n[cache]\nlocal_max_size = 10GB\n";
    let p = with_settings(broken);
    let mut terminal = open(&p, 60, 16);
    terminal.shows("line 3, column ").shows("    3 | local_max_size = 10GB").keys("s\r u");
    p.write("../config.toml", "[cache]\ntrace = 'maybe'\n");
    terminal.keys("r").shows("invalid value `maybe`").shows("line 2, column 9").keys("s");
    p.write("../config.toml", TEXT);
    terminal.keys("r").shows("10GB").keys("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(saved(&p), TEXT);
}

#[test]
fn what_it_looks_like() {
    let mut p = project()
        .settings(TEXT)
        .file(".config/kache.toml", "report.style = \"full\"\n")
        .env("KACHE_S3_SECRET_KEY", "hush")
        .build();
    p.set("KACHE_CACHE_DIR", "/nowhere/cache");
    let mut terminal = open(&p, 100, 30);
    terminal.shows("unknown key `cache.foo`").keys("\t").shows("▸ cache_executables").hides("unknown key");
    assert!(terminal.has_colors());
    becomes_as_in(&mut terminal, "editor-100x30.txt");
    terminal.resize(60, 16).shows(" KACHE_CACHE_EXECUTABLES. A project may set it.");
    becomes_as_in(&mut terminal, "editor-60x16.txt");
    terminal.resize(59, 16).shows("needs 60×16, has 59×16").resize(100, 30).shows("▸ cache_executables");
    terminal.keys("/secret\r").shows("(env: KACHE_S3_SECRET_KEY=…)").hides("hush");
    // Ctrl-C leaves at once when there is nothing to lose.
    terminal.keys("\x03");
    assert_eq!(terminal.end(), 0);
    terminal.is_restored();

    // Plain terminals.
    p.set("NO_COLOR", "1").set("LC_ALL", "C");
    let mut terminal = open(&p, 60, 16);
    terminal.shows("unknown key").keys("\t").shows(" > cache_executables");
    assert!(!terminal.has_colors());
    assert!(terminal.screen().is_ascii(), "{}", terminal.screen());
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.end(), 128 + 15);
    terminal.is_restored();
    assert_eq!(saved(&p), TEXT);
}

/// A window that is closed takes its program with it; one that lived on would look for keys without a pause.
#[test]
fn it_ends_with_its_terminal() {
    let p = with_settings(TEXT);
    let mut terminal = open(&p, 60, 16);
    terminal.shows("local_store");
    terminal.hang_up();
}
