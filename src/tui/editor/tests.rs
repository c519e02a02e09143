//! The editor on real files, without a terminal: keys in, screens out. What they show lies in `screens/`.

use std::path::PathBuf;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::style::Modifier;
use ratatui::text::Span;

use super::*;
use crate::config::explain;
use crate::fs;

const TEXT: &str = "\
# Mine.
[cache] # local
local_max_size = '10GB' # small
min_free = \"1GB\"
foo = 1 # for later

[cache.remote]
bucket = \"builds\"
";

/// A settings file and the editor of it.
struct Home {
    dir: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml").display().to_string();
        let variables = [("HOME", "/home/u".to_owned()), ("KACHE_CONFIG", path)];
        let home = Self { dir, variables: variables.map(|(name, value)| (name.to_owned(), value)).into() };
        home.write(text);
        home
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn project(self, text: &str) -> Self {
        fs::create_dir_all(&self.dir.path().join("project/.config")).unwrap();
        fs::write(&self.dir.path().join("project/.config/kache.toml"), text).unwrap();
        self
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("config.toml")
    }

    fn write(&self, text: &str) {
        fs::write(&self.path(), text).unwrap();
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.path()).unwrap()
    }

    fn editor(&self) -> Person {
        let env = Env::from_pairs(self.variables.clone());
        let mut editor = Editor::open(env, Some(self.dir.path().join("project")), self.path());
        // Temporary names would be on all screens.
        let (real, shown) = (self.path().display().to_string(), "/home/u/.config/kache/config.toml");
        match &mut editor.page {
            Page::Settings(_, state) => shown.clone_into(&mut state.path),
            Page::Fault(fault) => {
                shown.clone_into(&mut fault.path);
                fault.messages[0] = fault.messages[0].replace(&real, shown);
            }
        }
        Person { editor, look: Look::new(false, true), size: (100, 30), ended: false }
    }
}

/// Somebody at the keys.
struct Person {
    editor: Editor,
    look: Look,
    size: (u16, u16),
    ended: bool,
}

impl Person {
    fn sized(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self.screen();
        self
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> &mut Self {
        self.input(Input::Key(KeyEvent::new(code, modifiers)))
    }

    /// Types: `<` stands for Esc, `>` for Enter, `^x` for Ctrl-x.
    fn keys(&mut self, text: &str) -> &mut Self {
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '<' => self.key(KeyCode::Esc, KeyModifiers::NONE),
                '>' => self.key(KeyCode::Enter, KeyModifiers::NONE),
                '^' => self.key(KeyCode::Char(characters.next().unwrap()), KeyModifiers::CONTROL),
                other => self.key(KeyCode::Char(other), KeyModifiers::NONE),
            };
        }
        self
    }

    fn input(&mut self, input: Input) -> &mut Self {
        assert!(!self.ended, "nobody hears keys after the end");
        self.ended = self.editor.on(input) == Flow::End;
        self
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        self.screen();
        self.input(Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    }

    /// Selects a setting, and is at the list then.
    fn at(&mut self, key: &str) -> &mut Self {
        self.state().select(key);
        assert_eq!(self.state().current().unwrap().key.path, Some(key));
        self
    }

    fn state(&mut self) -> &mut State {
        match &mut self.editor.page {
            Page::Settings(_, state) => state,
            Page::Fault(fault) => panic!("{fault:?}"),
        }
    }

    fn selected(&mut self) -> &'static str {
        self.state().current().unwrap().key.path.unwrap()
    }

    fn terminal(&mut self) -> Terminal<TestBackend> {
        let (columns, rows) = self.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| crate::tui::draw(&mut self.editor, frame, &self.look)).unwrap();
        terminal
    }

    /// Returns what is on the screen, without blanks at the ends of rows.
    fn screen(&mut self) -> String {
        let terminal = self.terminal();
        let buffer = terminal.backend().buffer();
        let rows = buffer.area.rows().map(|row| {
            // What is two columns wide has an empty cell behind it.
            let mut skip = 0;
            let cells = row.columns().map(|cell| buffer[cell].symbol()).filter(|symbol| {
                let shown = skip == 0;
                skip = if shown { Span::raw(*symbol).width().saturating_sub(1) } else { skip - 1 };
                shown
            });
            cells.collect::<String>().trim_end().to_owned() + "\n"
        });
        rows.collect()
    }

    #[track_caller]
    fn shows(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(text), "no `{text}` on the screen\n{screen}");
        self
    }

    #[track_caller]
    fn hides(&mut self, text: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(text), "`{text}` on the screen\n{screen}");
        self
    }

    /// Demands that the screen is the one that was reviewed, in a file of this name.
    #[track_caller]
    fn is_as_in(&mut self, name: &str) -> &mut Self {
        let (columns, rows) = self.size;
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join(format!("src/tui/editor/screens/{name}-{columns}x{rows}.txt"));
        let screen = self.screen();
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(screen == expected, "{} differs; the screen is\n{screen}", path.display());
        self
    }
}

mod looks {
    use super::*;

    #[test]
    fn of_a_large_and_of_the_smallest_terminal() {
        let home = Home::new(TEXT)
            .set("KACHE_MIN_FREE", "2 GB")
            .set("KACHE_S3_SECRET_KEY", "hush")
            .set("KACHE_TRACE", "maybe")
            .project("report.style = 'full'\n");
        let mut person = home.editor().sized(100, 30);
        person.keys("<").at("cache.local_max_size").is_as_in("settings");
        let mut person = home.editor().sized(60, 16);
        person.keys("<").at("cache.min_free").is_as_in("settings");
    }

    #[test]
    fn of_a_field_and_what_is_wrong_with_it() {
        let home = Home::new(TEXT);
        let mut person = home.editor().sized(60, 16);
        person.at("cache.local_max_size").keys(">^u20 parsecs").is_as_in("field");
    }

    #[test]
    fn of_dialogs() {
        let home = Home::new("");
        let mut person = home.editor().sized(60, 16);
        person.keys("?").is_as_in("help");
        person.keys("<").at("cache.prefetch").keys(" q").is_as_in("quit");
        home.write("# theirs\n");
        person.keys("<s").is_as_in("stale");
        person.keys("<").at("cache.remote.endpoint").keys(">http://localhost>s").is_as_in("bucket");
    }

    #[test]
    fn of_an_invalid_file() {
        let home = Home::new("# Mine.\n[cache]\nlocal_max_size = 10GB\n");
        home.editor().sized(60, 16).is_as_in("invalid");
    }

    #[test]
    fn without_unicode_all_is_ascii() {
        let home = Home::new("[cache]\nkey_salt = 'schön…'\n").set("KACHE_S3_SECRET_KEY", "hush");
        let mut person = home.editor().sized(60, 16);
        person.look = Look::new(false, false);
        for keys in ["", "?", "<", "/salt>", ">", "<c", "j q", "<"] {
            let screen = person.keys(keys).screen();
            assert!(screen.is_ascii(), "{screen}");
        }
        person.at("cache.key_salt").shows("sch?n~");
    }

    #[test]
    fn without_colors_the_selected_row_is_inverted() {
        let home = Home::new(TEXT);
        let mut person = home.editor().sized(60, 16);
        let terminal = person.terminal();
        let buffer = terminal.backend().buffer();
        let row = (0..16).find(|y| buffer[(1, *y)].symbol() == "▸").unwrap();
        assert!((0..60).all(|x| buffer[(x, row)].modifier.contains(Modifier::REVERSED)));
        assert!(buffer.content.iter().all(|cell| cell.fg == ratatui::style::Color::Reset));
        person.look = Look::new(true, true);
        let buffer = person.terminal().backend().buffer().clone();
        assert!(buffer.content.iter().any(|cell| cell.fg != ratatui::style::Color::Reset));
    }

    #[test]
    fn all_that_is_said_of_a_setting_is_seen_in_the_smallest_terminal() {
        let home = Home::new("");
        let draft = Draft::open(&Env::from_pairs(home.variables.clone()), None).unwrap();
        for setting in draft.settings() {
            let said = [explain(setting.key), details::facts(&setting)];
            let rows: usize = said.iter().map(|text| dialog::wrapped(&text.as_str().into(), 58)).sum();
            assert!(rows < usize::from(details::HEIGHT), "{said:?}");
        }
    }

    #[test]
    fn every_setting_can_be_seen() {
        let home = Home::new("");
        for (columns, rows) in [(60, 16), (100, 30), (200, 60)] {
            let mut person = home.editor().sized(columns, rows);
            let names = person.state().settings.iter().map(list::short_name).collect::<Vec<_>>();
            for _ in &names {
                let name = list::short_name(person.state().current().unwrap());
                person.shows(&format!("▸ {name} "));
                person.key(KeyCode::Down, KeyModifiers::NONE);
            }
            person.key(KeyCode::Home, KeyModifiers::NONE).shows(" General\n ▸ local_store ");
        }
    }
}

mod edits {
    use super::*;

    #[test]
    fn a_value_is_typed_checked_and_saved() {
        let home = Home::new(TEXT);
        let mut person = home.editor();
        person.at("cache.local_max_size").keys(">").shows("└ a size above 0");
        person.keys("^u2x").shows("└ expected a size above 0");
        // What is invalid can't be kept.
        person.keys(">").shows("└ expected a size above 0");
        person.key(KeyCode::Backspace, KeyModifiers::NONE).keys("0GB>");
        person.shows("20GB").shows("file, unsaved").shows("1 unsaved change");
        assert_eq!(home.read(), TEXT);
        person.keys("s").shows("Saved.").hides("unsaved");
        assert_eq!(home.read(), TEXT.replace("'10GB'", "\"20GB\""));
        person.keys("q");
        assert!(person.ended);
    }

    #[test]
    fn esc_leaves_a_field_as_it_was() {
        let home = Home::new(TEXT);
        let mut person = home.editor();
        person.at("cache.local_max_size").keys(">^u1<").hides("unsaved").shows("10GB");
        // So does keeping what was there.
        person.keys(">>").hides("unsaved");
        person.keys("s").shows("There is nothing to save.");
        assert_eq!(home.read(), TEXT);
    }

    #[test]
    fn ctrl_s_keeps_a_field_and_saves() {
        let home = Home::new(TEXT);
        let mut person = home.editor();
        person.at("cache.remote.bucket").keys(">^w^uother^s").shows("Saved.");
        assert_eq!(home.read(), TEXT.replace("builds", "other"));
    }

    #[test]
    fn flags_toggle_and_choices_go_round() {
        let home = Home::new("");
        let mut person = home.editor();
        let value = |person: &mut Person| person.state().current().unwrap().own.clone();
        person.at("cache.prefetch").keys(" ");
        assert_eq!(value(&mut person).as_deref(), Some("false"));
        person.keys(">").hides("unsaved");
        person.at("report.style");
        for expected in [Some("full"), Some("json"), Some("none"), None] {
            assert_eq!(value(person.keys(">")).as_deref(), expected);
        }
        person.key(KeyCode::Left, KeyModifiers::NONE);
        assert_eq!(value(&mut person).as_deref(), Some("none"));
        // The arrows open no field.
        person.at("cache.key_salt").key(KeyCode::Right, KeyModifiers::NONE).shows("Enter change");
        person.at("cache.remote.readonly").keys(">s");
        assert_eq!(home.read(), "[cache.remote]\nreadonly = true\n\n[report]\nstyle = \"none\"\n");
    }

    #[test]
    fn unset_goes_back_to_the_default() {
        let home = Home::new(TEXT);
        let mut person = home.editor();
        person.at("cache.local_max_size").keys("u").shows("50GB").shows("default, unsaved");
        person.at("cache.trace").keys("u").shows("`cache.trace` is not in your file");
        // An empty text is none.
        person.at("cache.remote.bucket").keys(">^u").hides("expected").keys(">s");
        assert_eq!(
            home.read(),
            TEXT.replace("local_max_size = '10GB' # small\n", "")
                .replace("\n[cache.remote]\nbucket = \"builds\"\n", "")
        );
    }

    #[test]
    fn lists_and_pastes() {
        let home = Home::new("");
        let mut person = home.editor();
        person.at("cache.bypass").keys(">").input(Input::Paste("a-*, b\nq\n".into())).shows("a-*, b q");
        person.keys(">s");
        assert_eq!(home.read(), "[cache]\nbypass = [\"a-*\", \"b q\"]\n");
        // At the list a pasted text is none of the editor's keys.
        person.input(Input::Paste("q".into()));
        assert!(!person.ended);
    }

    #[test]
    fn the_cursor_is_where_wide_texts_say() {
        let home = Home::new("");
        let mut person = home.editor().sized(60, 16);
        person.at("cache.key_salt").keys(">日本語");
        let at = |person: &mut Person| person.terminal().backend_mut().cursor_position();
        let end = at(&mut person);
        person.key(KeyCode::Left, KeyModifiers::NONE);
        assert_eq!(at(&mut person).x + 2, end.x);
        person.keys(&"x".repeat(80));
        assert!(at(&mut person).x < 60);
        person.key(KeyCode::End, KeyModifiers::NONE).shows("x語");
        assert!(at(&mut person).x < 60);
        person.key(KeyCode::Home, KeyModifiers::NONE).shows("日本xx");
        assert_eq!(at(&mut person).x + 6, end.x);
    }

    #[test]
    fn what_a_variable_sets_is_locked() {
        let home = Home::new(TEXT).set("KACHE_MAX_SIZE", "2 GB").set("KACHE_OFFLINE", "1");
        let mut person = home.editor();
        person.at("cache.local_max_size").shows("(env: KACHE_MAX_SIZE=2 GB)");
        for key in [">", "u", " "] {
            person
                .keys(key)
                .shows("locked: `KACHE_MAX_SIZE` is set and wins over your file")
                .hides("unsaved");
        }
        person.keys("/offline>>").shows("locked: only the variable `KACHE_OFFLINE` sets it");
    }

    #[test]
    fn a_project_wins_and_the_users_value_can_still_be_changed() {
        let home = Home::new("").project("report.style = 'full'\n");
        let mut person = home.editor();
        person.at("report.style").shows("Set by the project's").keys(">").shows("project, unsaved").keys("s");
        assert_eq!(home.read(), "[report]\nstyle = \"full\"\n");
        person.keys("u").shows("full").shows("project, unsaved");
    }

    #[test]
    fn secrets_are_not_shown() {
        let home = Home::new("").set("KACHE_S3_SECRET_KEY", "hush").set("KACHE_S3_ACCESS_KEY", "hush");
        let mut person = home.editor();
        person.keys("/secret>").shows("(env: KACHE_S3_SECRET_KEY=…)").hides("hush");
        person.keys(">").hides("hush").keys("u").hides("hush");
    }
}

mod files {
    use super::*;

    #[test]
    fn leaving_asks_about_changes() {
        let home = Home::new("");
        let mut person = home.editor();
        person.at("cache.prefetch").keys(" q").shows("1 change is not saved.");
        person.keys("<").hides("is not saved").keys("<x").shows("1 change is not saved.").keys("n");
        assert!(person.ended);
        assert_eq!(home.read(), "");

        let mut person = home.editor();
        person.at("cache.prefetch").keys(" qs");
        assert!(person.ended);
        assert_eq!(home.read(), "[cache]\nprefetch = false\n");

        // Ctrl-C asks once.
        let mut person = home.editor();
        person.at("cache.trace").keys(" ^c").shows("1 change is not saved.").keys("^c");
        assert!(person.ended);
        let mut person = home.editor();
        person.at("cache.key_salt").keys(">^c");
        assert!(person.ended);
    }

    #[test]
    fn a_bucket_is_demanded_before_leaving_too() {
        let home = Home::new("");
        let mut person = home.editor();
        person.at("cache.remote.region").keys(">^ueu>qs").shows("a remote needs a bucket");
        assert_eq!(person.keys(">").selected(), "cache.remote.bucket");
        person.keys(">builds>qs");
        assert!(person.ended);
        assert_eq!(home.read(), "[cache.remote]\nbucket = \"builds\"\nregion = \"eu\"\n");
    }

    #[test]
    fn changes_of_others_are_asked_about() {
        let home = Home::new(TEXT);
        let mut person = home.editor();
        person.at("cache.local_max_size").keys(">^u20GB>");
        let theirs = TEXT.replace("builds", "theirs");
        home.write(&theirs);
        person.keys("s").shows("Changed meanwhile").keys("<").shows("1 unsaved change");
        person.keys("s").shows("Changed meanwhile").keys("^c").shows("1 change is not saved.").keys("<");
        assert_eq!(home.read(), theirs);
        person
            .keys("so")
            .shows("Saved.")
            .at("cache.remote.bucket")
            .shows("theirs")
            .at("cache.local_max_size");
        assert_eq!(home.read(), theirs.replace("'10GB'", "\"20GB\""));

        person.keys("u");
        home.write("");
        person.keys("sr").shows("Read again.").hides("unsaved").hides("theirs");
        assert_eq!(home.read(), "");

        // From the way out it goes on to the end.
        person.at("cache.prefetch").keys(" ");
        home.write("# now\n");
        person.keys("qso");
        assert!(person.ended);
        assert_eq!(home.read(), "# now\n\n[cache]\nprefetch = false\n");
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        let home = Home::new("").set("KACHE_CONFIG", "/dev/null");
        let mut person = home.editor();
        person.at("cache.prefetch").keys(" s").shows("Not saved").shows("it is no regular file");
        person.keys(">").shows("1 unsaved change").keys("qs").shows("Not saved");
        assert!(!person.ended);
    }

    #[test]
    fn an_invalid_file_is_shown_and_kept() {
        let broken = "[cache]\nlocal_max_size = 10GB\n";
        let home = Home::new(broken);
        let mut person = home.editor();
        person.shows("line 2, column ").shows("    2 | local_max_size = 10GB").keys("s> u").shows("line 2");
        assert_eq!(home.read(), broken);
        home.write("[cache]\ntrace = 3\n");
        person.keys("r").shows("invalid value `3` for `cache.trace`: expected `auto` or `off`");
        person.shows("line 2, column 9");
        home.write(TEXT);
        person.keys("r").shows("10GB").shows("unknown key `cache.foo`");

        // It may also become so later.
        person.at("cache.trace").keys(" ");
        home.write(broken);
        person.keys("so").shows("failed to parse").shows("line 2,");
        assert_eq!(home.read(), broken);
        person.keys(">").shows("1 unsaved change").keys("q");
        assert!(!person.ended);
    }
}

mod ways {
    use super::*;

    #[test]
    fn a_filter_leaves_what_matches() {
        let home = Home::new("");
        let mut person = home.editor();
        person
            .keys("/S3_CON")
            .shows(" /S3_CON\n")
            .shows("s3_concurrency")
            .hides("local_store")
            .hides("General");
        assert_eq!(person.keys(">").selected(), "cache.s3_concurrency");
        person.shows("all settings").keys("c").shows("compression_level");
        person.keys("fxyzzy").shows("No setting matches `xyzzy`.").keys(">> u").shows("No setting matches");
        person.keys("<");
        // The name of a section is that of all in it.
        assert_eq!(person.keys("/remote>").selected(), "cache.remote.type");
        person.shows("prefetch_wait").hides("trace").keys("cgfx");
        // Esc takes the filter away before it means to leave.
        person.keys("<").shows("local_store").keys("/s3>");
        assert!(!person.keys("<").ended && person.keys("<").ended);
    }

    #[test]
    fn tab_goes_from_section_to_section() {
        let home = Home::new("");
        let mut person = home.editor();
        let mut seen = vec![person.selected()];
        for _ in 0..4 {
            seen.push(person.key(KeyCode::Tab, KeyModifiers::NONE).selected());
        }
        assert_eq!(
            seen,
            [
                "cache.local_store",
                "cache.cache_executables",
                "cache.remote.type",
                "cache.lock_timeout",
                "cache.local_store"
            ]
        );
        assert_eq!(person.key(KeyCode::BackTab, KeyModifiers::SHIFT).selected(), "cache.lock_timeout");
    }

    #[test]
    fn the_mouse_selects_and_scrolls() {
        let home = Home::new("");
        let mut person = home.editor().sized(60, 16);
        let place = |person: &mut Person, text: &str| {
            let row = person.screen().lines().position(|line| line.contains(text)).unwrap();
            u16::try_from(row).unwrap()
        };
        let row = place(&mut person, "min_free");
        person.mouse(MouseEventKind::Down(MouseButton::Left), 10, row);
        assert_eq!(person.selected(), "cache.min_free");
        // Not on a setting: nothing.
        let row = place(&mut person, "General");
        person.mouse(MouseEventKind::Down(MouseButton::Left), 10, row);
        assert_eq!(person.selected(), "cache.min_free");

        person.mouse(MouseEventKind::ScrollDown, 10, 3).hides("local_store").shows(" min_free");
        assert_eq!(person.selected(), "cache.min_free");
        for _ in 0..30 {
            person.mouse(MouseEventKind::ScrollDown, 10, 3);
        }
        person.shows("event_log_max_size");
        for _ in 0..30 {
            person.mouse(MouseEventKind::ScrollUp, 10, 3);
        }
        person.shows("local_store").shows("▸");
    }
}
