//! Layers, kinds, texts and edits, on real files in a scratch home.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::env::{self, Env};
use crate::fs;

/// A home folder with an optional user file and project.
struct Home {
    dir: TempDir,
    variables: Vec<(OsString, OsString)>,
}

fn home() -> Home {
    let dir = tempfile::tempdir().unwrap();
    let variables = vec![("HOME".into(), dir.path().into())];
    Home { dir, variables }
}

impl Home {
    fn user(self, text: &str) -> Self {
        self.file(".config/kache/config.toml", text)
    }

    fn project(self, text: &str) -> Self {
        self.file("project/.config/kache.toml", text)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        self
    }

    fn var(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path(".config/kache/config.toml")
    }

    fn env(&self) -> Env {
        Env::from_pairs(self.variables.clone())
    }

    fn try_resolve(&self) -> Result<Resolved, ConfigError> {
        resolve(&self.env(), Some(&self.path("project")))
    }

    fn resolved(&self) -> Resolved {
        self.try_resolve().unwrap()
    }

    fn settings(&self) -> Settings {
        self.resolved().settings
    }

    fn error(&self) -> String {
        self.try_resolve().unwrap_err().to_string()
    }

    fn warnings(&self) -> Vec<String> {
        self.resolved().warnings.iter().map(ToString::to_string).collect()
    }

    fn origin(&self, key: &str) -> String {
        list(&self.resolved()).into_iter().find(|row| row.key == key).unwrap().from
    }
}

/// Returns what is wrong with one variable.
fn variable_error(name: &str, value: impl Into<OsString>) -> String {
    home().var(name, value).error()
}

/// Returns what is wrong with one line under `[cache]`.
fn line_error(line: &str) -> String {
    home().user(&format!("[cache]\n{line}\n")).error()
}

mod order {
    use super::*;

    #[test]
    fn without_files_and_variables_all_is_built_in() {
        let home = home();
        let resolved = home.resolved();
        assert_eq!(resolved.settings, Settings::new(home.path(".cache/kache")));
        assert_eq!(resolved.warnings, []);
        assert_eq!(resolved.user_file, Some(home.config()));
        assert!(list(&resolved).iter().all(|row| row.from == "default"));
    }

    #[test]
    fn variables_win_over_project_over_user_over_default() {
        let with_user =
            || home().user("cache.key_salt = 'user'\nreport.style = 'full'\ncache.bypass = ['u']\n");
        assert_eq!(with_user().settings().key_salt.as_deref(), Some("user"));

        let with_project = || with_user().project("cache.key_salt = 'project'\nreport.style = 'json'\n");
        let home = with_project().var(env::KACHE_KEY_SALT, "variable");
        let settings = home.settings();
        assert_eq!(settings.key_salt.as_deref(), Some("variable"));
        assert_eq!(settings.report, ReportStyle::Json);
        assert_eq!(settings.bypass, ["u"]);

        assert_eq!(home.origin("cache.key_salt"), "env KACHE_KEY_SALT");
        assert_eq!(home.origin("cache.bypass"), format!("file {}", home.config().display()));
        let project = home.path("project/.config/kache.toml");
        assert_eq!(home.origin("report.style"), format!("project {}", project.display()));
        assert_eq!(home.origin("cache.local_max_size"), "default");
    }

    #[test]
    fn a_few_bytes_are_odd() {
        let variable = |size: &str| home().var("KACHE_MAX_SIZE", size).warnings();
        assert_eq!(variable("50"), ["`KACHE_MAX_SIZE` has no unit: it means 50 bytes; did you mean `50GB`?"]);
        for size in ["0.5MB", "50 B", "1kB", "1000000"] {
            assert_eq!(variable(size), [""; 0], "{size}");
        }
        for line in ["min_free = 20000", "min_free = '20000'"] {
            let odd = home().user(&format!("[cache]\n{line}\nlocal_max_size = '20GB'\n"));
            let place = odd.config().display().to_string();
            let meaning = "has no unit: it means 20000 bytes; did you mean `20000MB`?";
            assert_eq!(odd.warnings(), [format!("`cache.min_free` in {place} {meaning}")]);
        }
        assert_eq!(home().user("[cache]\nmin_free = 0\ncompression_level = 4\n").warnings(), [""; 0]);
    }

    #[test]
    fn an_empty_variable_is_unset() {
        let home = home().user("[cache]\nlocal_max_size = '1GB'\n").var(env::KACHE_MAX_SIZE, "");
        assert_eq!(home.settings().max_size, 1_000_000_000);
    }

    #[test]
    fn an_empty_text_in_a_file_takes_back_a_lower_one() {
        let home = home().user("cache.key_salt = 'user'").project("cache.key_salt = ''");
        assert_eq!(home.settings().key_salt, None);
    }

    #[test]
    fn without_a_project_its_file_is_not_read() {
        let home = home().project("cache.key_salt = 'project'");
        let resolved = resolve(&home.env(), None).unwrap();
        assert_eq!(resolved.settings.key_salt, None);
        assert_eq!(resolved.project_file, None);
    }
}

mod places {
    use super::*;

    #[test]
    fn the_user_file_follows_xdg_and_kache_config() {
        let home = home();
        let path = |env: Env| user_file_path(&env).unwrap();
        assert_eq!(path(home.env()), home.config());

        let xdg = home.var(env::XDG_CONFIG_HOME, "/xdg");
        assert_eq!(path(xdg.env()), Path::new("/xdg/kache/config.toml"));
        let own = xdg.var(env::KACHE_CONFIG, "~/own.toml");
        assert_eq!(path(own.env()), own.path("own.toml"));

        let own = own.file("own.toml", "cache.local_max_size = '7GB'");
        assert_eq!(own.settings().max_size, 7_000_000_000);
        assert_eq!(own.warnings(), [""; 0]);
    }

    #[test]
    fn a_named_file_that_is_not_there_is_told() {
        let home = home().var(env::KACHE_CONFIG, "/no/such.toml");
        assert_eq!(home.warnings(), ["`KACHE_CONFIG` names /no/such.toml, which does not exist"]);
        assert_eq!(
            variable_error(env::KACHE_CONFIG, "kache.toml"),
            "invalid value `kache.toml` for `KACHE_CONFIG`: expected an absolute path"
        );
    }

    #[test]
    fn the_cache_is_in_the_users_cache_folder() {
        assert_eq!(home().var(env::XDG_CACHE_HOME, "/xdg").settings().cache_dir, Path::new("/xdg/kache"));
        let relative = home().var(env::XDG_CACHE_HOME, "xdg");
        assert_eq!(relative.settings().cache_dir, relative.path(".cache/kache"));
    }

    #[test]
    fn a_leading_tilde_is_the_home_folder() {
        let home = home().user("cache.local_store = '~/a/'");
        assert_eq!(home.settings().cache_dir, home.path("a"));
        let home = home.var(env::KACHE_CACHE_DIR, "~/b");
        assert_eq!(home.settings().cache_dir, home.path("b"));
        let home = home.var(env::KACHE_CACHE_DIR, "/c~/d");
        assert_eq!(home.settings().cache_dir, Path::new("/c~/d"));
    }

    #[test]
    fn a_relative_cache_is_refused() {
        assert_eq!(
            variable_error(env::KACHE_CACHE_DIR, "cache"),
            "invalid value `cache` for `KACHE_CACHE_DIR`: expected an absolute path"
        );
        assert!(line_error("local_store = '~other/cache'").ends_with("expected an absolute path"));
    }

    #[test]
    fn without_a_home_there_is_an_error_and_a_way_out() {
        let error = resolve(&Env::from_pairs([("", ""); 0]), None).unwrap_err();
        assert!(matches!(error, ConfigError::NoHome { .. }));
        assert_eq!(error.to_string(), "cannot tell where the cache is: `HOME` is not set");
        assert_eq!(error.hint().unwrap(), "set `HOME` or `KACHE_CACHE_DIR`");

        let resolved = resolve(&Env::from_pairs([(env::KACHE_CACHE_DIR, "/cache")]), None).unwrap();
        assert_eq!(resolved.settings.cache_dir, Path::new("/cache"));
        assert_eq!(resolved.user_file, None);
        let error = user_file_path(&Env::from_pairs([(env::KACHE_CACHE_DIR, "/cache")])).unwrap_err();
        assert_eq!(error.hint().unwrap(), "set `HOME` or `KACHE_CONFIG`");
    }

    #[test]
    fn a_non_utf8_path_is_kept() {
        let raw = OsString::from_vec(b"/cache/\xff".to_vec());
        assert_eq!(home().var(env::KACHE_CACHE_DIR, raw.clone()).settings().cache_dir, Path::new(&raw));
    }
}

mod kinds {
    use super::*;

    #[test]
    fn flags_have_eight_words_in_any_case() {
        for (word, flag) in [("1", true), ("TRUE", true), ("yes", true), ("On", true), (" true ", true)] {
            assert_eq!(home().var(env::KACHE_DISABLED, word).settings().disabled, flag, "{word}");
        }
        for word in ["0", "False", "no", "OFF"] {
            assert!(!home().var(env::KACHE_PREFETCH, word).settings().prefetch, "{word}");
        }
        assert_eq!(
            variable_error(env::KACHE_DISABLED, "2"),
            "invalid value `2` for `KACHE_DISABLED`: expected `true` or `false`"
        );
        assert_eq!(
            line_error("clean_incremental = 'yes'"),
            "invalid value `yes` for `cache.clean_incremental`: expected `true` or `false`"
        );
    }

    #[test]
    fn sizes_have_units_or_are_bytes() {
        assert_eq!(home().var(env::KACHE_MAX_SIZE, "50GiB").settings().max_size, 50 << 30);
        assert_eq!(home().user("cache.local_max_size = 4096").settings().max_size, 4096);
        assert_eq!(home().var(env::KACHE_MIN_FREE, "0").settings().min_free, 0);
        assert_eq!(
            variable_error(env::KACHE_MAX_SIZE, "lots"),
            "invalid value `lots` for `KACHE_MAX_SIZE`: expected a size above 0, as in `50GB` or `20GiB`"
        );
        assert!(variable_error(env::KACHE_MAX_SIZE, "0").contains("`0` for `KACHE_MAX_SIZE`"));
        assert!(line_error("local_max_size = -1").contains("`-1` for `cache.local_max_size`"));
        assert!(line_error("min_free = 1.5").contains("`1.5` for `cache.min_free`: expected a size, as in"));
    }

    #[test]
    fn durations_need_a_unit() {
        let settings = home().var(env::KACHE_LOCK_TIMEOUT, "1h30m").settings();
        assert_eq!(settings.lock_timeout, Duration::from_mins(90));
        let expected = "expected a duration, as in `30m`, `24h` or `7d`";
        assert_eq!(
            variable_error(env::KACHE_REMOTE_TIMEOUT, "3"),
            format!("invalid value `3` for `KACHE_REMOTE_TIMEOUT`: {expected}")
        );
        assert_eq!(
            line_error("lock_timeout = 600"),
            format!("invalid value `600` for `cache.lock_timeout`: {expected}")
        );
    }

    #[test]
    fn numbers_stay_between_their_bounds() {
        assert_eq!(home().var(env::KACHE_COMPRESSION_LEVEL, "22").settings().compression_level, 22);
        for wrong in ["0", "23", "-1", "three", "99999999999"] {
            assert_eq!(
                variable_error(env::KACHE_COMPRESSION_LEVEL, wrong),
                format!(
                    "invalid value `{wrong}` for `KACHE_COMPRESSION_LEVEL`: expected a number from 1 to 22"
                )
            );
        }
        assert_eq!(
            line_error("s3_concurrency = '8'"),
            "invalid value `8` for `cache.s3_concurrency`: expected a number from 1 to 256"
        );
    }

    #[test]
    fn lists_are_arrays_or_separated_by_commas() {
        assert_eq!(home().var(env::KACHE_BYPASS, "a, b-*,,").settings().bypass, ["a", "b-*"]);
        assert_eq!(home().var(env::KACHE_BYPASS, "['a,b', 'c']").settings().bypass, ["a,b", "c"]);
        assert_eq!(home().var(env::KACHE_BYPASS, "[ab]*").settings().bypass, ["[ab]*"]);
        assert_eq!(home().user("cache.key_env = ['A', 'B_*']").settings().key_env, ["A", "B_*"]);
        let expected = "expected a list of texts, as in `[\"a\", \"b\"]`";
        assert_eq!(line_error("bypass = 'a'"), format!("invalid value `a` for `cache.bypass`: {expected}"));
        assert_eq!(line_error("bypass = [1]"), format!("invalid value `[1]` for `cache.bypass`: {expected}"));
    }

    #[test]
    fn choices_are_closed() {
        assert_eq!(home().var(env::KACHE_VERIFY, "sampled").settings().verify, Verify::Sampled);
        assert_eq!(home().user("cache.incremental = 'never'").settings().incremental, Incremental::Never);
        assert_eq!(
            variable_error(env::KACHE_REPORT, "long"),
            "invalid value `long` for `KACHE_REPORT`: expected `short`, `full`, `json` or `none`"
        );
        assert_eq!(
            line_error("trace = false"),
            "invalid value `false` for `cache.trace`: expected `auto` or `off`"
        );
    }

    #[test]
    fn readonly_is_a_flag_with_a_third_word() {
        let variable = |word: &str| home().var(env::KACHE_S3_READONLY, word).settings().remote.readonly;
        assert_eq!(variable("1"), Readonly::Yes);
        assert_eq!(variable("off"), Readonly::No);
        assert_eq!(variable("auto"), Readonly::Auto);
        assert_eq!(home().user("cache.remote.readonly = true").settings().remote.readonly, Readonly::Yes);
    }

    #[test]
    fn the_remote_is_an_s3_table() {
        let home = home().user(
            "[cache.remote]\ntype = \"s3\"\nbucket = \"build-cache\"\nendpoint = \"https://s3.example.com\"\n\
             profile = \"ceph\"\nprefix = \"/team/a/\"\n",
        );
        let remote = home.settings().remote;
        assert_eq!(remote.bucket.as_deref(), Some("build-cache"));
        assert_eq!(remote.endpoint.as_deref(), Some("https://s3.example.com"));
        assert_eq!(remote.profile.as_deref(), Some("ceph"));
        assert_eq!((remote.prefix.as_str(), remote.region.as_str()), ("team/a", "us-east-1"));
        assert!(remote.is_on());

        let offline = home.var(env::KACHE_OFFLINE, "1").settings().remote;
        assert!(offline.is_configured() && !offline.is_on());
    }

    #[test]
    fn the_remote_may_be_a_folder() {
        let dir = home().user("[cache.remote]\ntype = 'dir'\npath = '~/shared'\n");
        assert!(dir.settings().remote.is_on());
        assert_eq!(dir.settings().remote.path, Some(dir.path("shared")));

        let nowhere = home().user("cache.remote.type = 'dir'");
        assert!(!nowhere.settings().remote.is_configured());
        assert_eq!(nowhere.warnings(), ["`cache.remote.type` is `dir`, but `cache.remote.path` is not set"]);
    }

    #[test]
    fn buckets_and_endpoints_have_a_form() {
        assert_eq!(
            variable_error(env::KACHE_S3_BUCKET, "s3://cache"),
            "invalid value `s3://cache` for `KACHE_S3_BUCKET`: expected the name of a bucket, without `s3://` and `/`"
        );
        assert_eq!(
            variable_error(env::KACHE_S3_ENDPOINT, "minio:9000"),
            "invalid value `minio:9000` for `KACHE_S3_ENDPOINT`: expected an address, as in `https://s3.example.com`"
        );
    }

    #[test]
    fn a_non_utf8_value_is_a_clear_error() {
        let raw = || OsString::from_vec(b"a\xff".to_vec());
        assert_eq!(
            variable_error(env::KACHE_KEY_SALT, raw()),
            "invalid value `a\u{fffd}` for `KACHE_KEY_SALT`: expected UTF-8 text"
        );
        assert!(variable_error(env::KACHE_MAX_SIZE, raw()).ends_with("expected UTF-8 text"));
        assert_eq!(
            variable_error(env::KACHE_S3_SECRET_KEY, raw()),
            "invalid value `…` for `KACHE_S3_SECRET_KEY`: expected UTF-8 text"
        );
    }

    #[test]
    fn ci_waits_for_uploads() {
        assert_eq!(home().settings().upload_wait, Duration::ZERO);
        assert_eq!(home().var(env::CI, "true").settings().upload_wait, Duration::from_mins(1));
        let set = home().var(env::CI, "true").user("cache.upload_wait = '0s'");
        assert_eq!(set.settings().upload_wait, Duration::ZERO);
    }
}

mod credentials {
    use super::*;

    #[test]
    fn a_pair_is_taken_and_never_shown() {
        let home = home()
            .var(env::KACHE_S3_ACCESS_KEY, "AKIDEXAMPLE")
            .var(env::KACHE_S3_SECRET_KEY, "hush")
            .var(env::KACHE_S3_SESSION_TOKEN, "token");
        let resolved = home.resolved();
        let pair = resolved.settings.remote.credentials.clone().unwrap();
        assert_eq!((pair.access_key.as_str(), pair.secret_key.as_str()), ("AKIDEXAMPLE", "hush"));
        assert_eq!(pair.session_token.as_deref(), Some("token"));

        let shown = format!("{resolved:?} {:?}", list(&resolved));
        for secret in ["AKIDEXAMPLE", "hush", "token\""] {
            assert!(!shown.contains(secret), "{secret}");
        }
    }

    #[test]
    fn half_a_pair_is_a_warning_and_ignored() {
        let half = |name: &str| {
            let home = home().var(name, "x");
            assert_eq!(home.settings().remote.credentials, None);
            home.warnings()
        };
        assert_eq!(
            half(env::KACHE_S3_ACCESS_KEY),
            ["`KACHE_S3_ACCESS_KEY` is set but `KACHE_S3_SECRET_KEY` is not: it is ignored"]
        );
        assert_eq!(
            half(env::KACHE_S3_SECRET_KEY),
            ["`KACHE_S3_SECRET_KEY` is set but `KACHE_S3_ACCESS_KEY` is not: it is ignored"]
        );
        assert_eq!(
            half(env::KACHE_S3_SESSION_TOKEN),
            ["`KACHE_S3_SESSION_TOKEN` is set but `KACHE_S3_ACCESS_KEY` is not: it is ignored"]
        );
    }

    #[test]
    fn secrets_have_no_key() {
        assert!(KEYS.iter().filter(|key| key.secret).all(|key| key.path.is_none()));
        let home = home().user("[cache.remote]\nsecret_key = 'hush'\n");
        let warnings = home.warnings();
        assert!(warnings[0].starts_with("unknown key `cache.remote.secret_key` in "), "{warnings:?}");
        assert!(!warnings[0].contains("hush"));
    }
}

mod files {
    use super::*;

    #[test]
    fn unknown_keys_warn_with_a_suggestion() {
        let home = home().user("colour = 1\n[cache]\nfoo = 1\nlocal_max_sise = '1GB'\n[cahce]\nx = 1\n");
        let path = home.config();
        let path = path.display();
        assert_eq!(
            home.warnings(),
            [
                format!("unknown key `colour` in {path}"),
                format!("unknown key `cache.foo` in {path}"),
                format!("unknown key `cache.local_max_sise` in {path}; did you mean `cache.local_max_size`?"),
                format!("unknown key `cahce` in {path}; did you mean `cache`?"),
            ]
        );
        let lines = home.resolved().warnings.into_iter().map(|warning| match warning {
            Warning::UnknownKey { at, .. } => at.line,
            other => panic!("{other:?}"),
        });
        assert_eq!(lines.collect::<Vec<_>>(), [1, 3, 4, 5]);
    }

    #[test]
    fn a_project_sets_only_what_it_may() {
        let home = home().project(
            "[cache]\nlocal_store = 7\nkey_salt = 's'\nbypas = []\n[cache.remote]\nbucket = 'theirs'\n",
        );
        let path = home.path("project/.config/kache.toml");
        let path = path.display();
        assert_eq!(
            home.warnings(),
            [
                format!("key `cache.local_store` in {path} is ignored: a project may not set it"),
                format!("unknown key `cache.bypas` in {path}; did you mean `cache.bypass`?"),
                format!("key `cache.remote.bucket` in {path} is ignored: a project may not set it"),
            ]
        );
        let settings = home.settings();
        assert_eq!(settings.cache_dir, home.path(".cache/kache"));
        assert_eq!(settings.key_salt.as_deref(), Some("s"));
        assert_eq!(settings.remote.bucket, None);
    }

    #[test]
    fn a_broken_file_is_an_error_with_its_place() {
        let home = home().user("[cache]\nlocal_max_size = \n");
        let error = home.try_resolve().unwrap_err();
        assert_eq!(error.to_string(), format!("failed to parse {}", home.config().display()));
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.starts_with("line 2, column 18: "), "{cause}");
        assert!(!cause.contains('\n'));
    }

    #[test]
    fn a_wrong_value_is_an_error_with_its_place() {
        let home = home().user("# é\n[cache]\nkey_salt = 'é'\nlocal_max_size = true\n");
        let error = home.try_resolve().unwrap_err();
        assert!(
            error.to_string().starts_with("invalid value `true` for `cache.local_max_size`: expected a size")
        );
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, format!("set in {}, line 4, column 18", home.config().display()));
    }

    #[test]
    fn tables_and_values_are_not_mixed_up() {
        assert_eq!(home().user("cache = 3").error(), "invalid value `3` for `cache`: expected a table");
        assert_eq!(
            home().user("[[cache.remote]]").error(),
            "invalid value `array of tables` for `cache.remote`: expected a table"
        );
        assert_eq!(
            home().user("[report.style]").error(),
            "invalid value `table` for `report.style`: expected `short`, `full`, `json` or `none`"
        );
        let inline = home().user("cache = { local_max_size = '1GB', remote.bucket = 'b' }");
        assert_eq!(inline.settings().remote.bucket.as_deref(), Some("b"));
    }

    #[test]
    fn a_file_that_is_no_text_is_an_error() {
        let home = home().user("");
        fs::write(&home.config(), b"\xff").unwrap();
        assert_eq!(home.error(), format!("failed to read `{}`", home.config().display()));
    }
}

mod default_toml {
    use super::*;

    /// Returns the file with the keys that have no default, or one that depends, taken out of their comments.
    fn all_keys() -> String {
        let uncommented = DEFAULT_TOML.lines().map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(name, _)| is_name(name)) => rest,
            _ => line,
        });
        uncommented.map(|line| format!("{line}\n")).collect()
    }

    fn is_name(text: &str) -> bool {
        text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    }

    #[test]
    fn it_equals_the_built_in_values() {
        let home = home().user(DEFAULT_TOML);
        assert_eq!(home.settings(), Settings::new(home.path(".cache/kache")));
        assert_eq!(home.warnings(), [""; 0]);
    }

    #[test]
    fn it_holds_every_key() {
        let home = home().user(&all_keys());
        let resolved = home.resolved();
        assert_eq!(resolved.warnings, []);
        let missing = list(&resolved).into_iter().filter(|row| row.from == "default").map(|row| row.key);
        assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn commented_defaults_are_true_too() {
        let settings = home().user(&all_keys()).settings();
        let built_in = Settings::new(PathBuf::new());
        assert_eq!(settings.upload_wait, built_in.upload_wait);
        assert_eq!(settings.key_salt, built_in.key_salt);
        assert_eq!(settings.incremental == built_in.incremental, !cfg!(target_os = "macos"));
    }

    #[test]
    fn it_names_the_variable_of_every_key_and_marks_project_keys() {
        let text = all_keys();
        for key in KEYS {
            let Some(path) = key.path else { continue };
            let (section, name) = path.rsplit_once('.').unwrap();
            let section = text.split_once(&format!("\n[{section}]\n")).unwrap().1;
            let before = section.split(&format!("\n{name} = ")).next().unwrap();
            let comment = before.rsplit("\n\n").next().unwrap();
            assert_eq!(comment.contains("(project)"), key.project, "{path}");
            assert!(key.variable.is_none_or(|variable| comment.contains(variable)), "{path}");
        }
    }
}

mod show {
    use super::*;

    #[test]
    fn get_returns_what_set_takes() {
        let home = home()
            .user("[cache]\nlocal_max_size = '20GiB'\nlock_timeout = '1d12h'\nbypass = ['a', 'b']\n")
            .var(env::KACHE_S3_READONLY, "yes");
        let resolved = home.resolved();
        let value = |key| get(&resolved, key).unwrap();
        assert_eq!(value("cache.local_max_size").unwrap(), "20GiB");
        assert_eq!(value("cache.lock_timeout").unwrap(), "1d12h");
        assert_eq!(value("cache.bypass").unwrap(), "a,b");
        assert_eq!(value("cache.remote.readonly").unwrap(), "true");
        assert_eq!(value("cache.compression_level").unwrap(), "3");
        assert_eq!(value("cache.local_store").unwrap(), home.path(".cache/kache").to_str().unwrap());
        assert_eq!(value("cache.remote.bucket"), None);

        // Every shown value is one that can be set again, to the same effect.
        for row in list(&resolved) {
            let Some(text) = row.value else { continue };
            let path = home.path("again.toml");
            set(&path, row.key, &text).unwrap();
            let again =
                resolve(&Env::from_pairs([("HOME", "/"), ("KACHE_CONFIG", path.to_str().unwrap())]), None);
            assert_eq!(get(&again.unwrap(), row.key).unwrap(), Some(text), "{}", row.key);
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_with_a_hint() {
        let error = get(&home().resolved(), "cache.max_size").unwrap_err();
        assert_eq!(error.to_string(), "unknown key `cache.max_size`");
        assert_eq!(error.hint().unwrap(), "did you mean `cache.local_max_size`?");
        assert_eq!(get(&home().resolved(), "x").unwrap_err().hint(), None);
        assert!(get(&home().resolved(), "cache").is_err());
    }
}

mod edits {
    use super::*;

    /// Returns `text` after one change.
    fn edited(text: &str, change: impl FnOnce(&Path)) -> String {
        let home = home().user(text);
        change(&home.config());
        home.try_resolve().unwrap();
        fs::read_to_string(&home.config()).unwrap()
    }

    fn after_set(text: &str, key: &str, value: &str) -> String {
        edited(text, |path| set(path, key, value).unwrap())
    }

    fn after_unset(text: &str, key: &str) -> String {
        edited(text, |path| assert!(unset(path, key).unwrap()))
    }

    const COMMENTED: &str = "\
# Mine.

[cache] # local
# Not too much.
local_max_size   =  '10GB'  # for now
foo = 1
key_env = [ # these
    'A', # and
    'B',
]
trace = 'off'

# Theirs.
[cache.remote]
bucket = \"b\"
";

    #[test]
    fn set_changes_one_value_and_nothing_else() {
        assert_eq!(
            after_set(COMMENTED, "cache.local_max_size", "20 GiB"),
            COMMENTED.replace("'10GB'", "\"20 GiB\"")
        );
        assert_eq!(after_set(COMMENTED, "cache.remote.bucket", "c"), COMMENTED.replace("\"b\"", "\"c\""));
    }

    #[test]
    fn set_adds_a_key_to_its_table() {
        assert_eq!(
            after_set(COMMENTED, "cache.min_free", "0"),
            COMMENTED.replace("trace = 'off'\n", "trace = 'off'\nmin_free = \"0\"\n")
        );
        assert_eq!(
            after_set(COMMENTED, "cache.remote.readonly", "yes"),
            COMMENTED.to_owned() + "readonly = true\n"
        );
        assert_eq!(
            after_set(COMMENTED, "report.style", "full"),
            COMMENTED.to_owned() + "\n[report]\nstyle = \"full\"\n"
        );
    }

    #[test]
    fn set_writes_each_kind_as_itself() {
        let written = |key, value| after_set("", key, value);
        assert_eq!(written("cache.prefetch", "off"), "[cache]\nprefetch = false\n");
        assert_eq!(written("cache.compression_level", "19"), "[cache]\ncompression_level = 19\n");
        assert_eq!(written("cache.bypass", "a,b"), "[cache]\nbypass = [\"a\", \"b\"]\n");
        assert_eq!(written("cache.bypass", "['a,b']"), "[cache]\nbypass = [\"a,b\"]\n");
        assert_eq!(written("cache.bypass", ""), "[cache]\nbypass = []\n");
        assert_eq!(written("cache.remote.prefix", "/x/"), "[cache.remote]\nprefix = \"x\"\n");
        assert_eq!(written("cache.local_store", "~/store"), "[cache]\nlocal_store = \"~/store\"\n");
        assert_eq!(written("cache.key_salt", "a\"b"), "[cache]\nkey_salt = 'a\"b'\n");
    }

    #[test]
    fn set_finds_dotted_and_inline_tables() {
        assert_eq!(after_set("cache.trace = 'off'\n", "cache.trace", "auto"), "cache.trace = \"auto\"\n");
        assert_eq!(
            after_set("cache = { trace = 'off' } # x\n", "cache.restore", "copy"),
            "cache = { trace = 'off', restore = \"copy\" } # x\n"
        );
        assert_eq!(
            after_set("cache = { trace = 'off' }\n", "cache.remote.bucket", "b"),
            "cache = { trace = 'off', remote.bucket = \"b\" }\n"
        );
        let beside = after_set("[cache.remote]\nbucket = 'b'\n", "cache.trace", "off");
        assert!(beside.contains("[cache]\ntrace = \"off\"\n"), "{beside}");
    }

    #[test]
    fn windows_line_ends_stay() {
        let text = COMMENTED.replace('\n', "\r\n");
        assert_eq!(
            after_set(&text, "report.style", "full"),
            text.clone() + "\r\n[report]\r\nstyle = \"full\"\r\n"
        );
        assert_eq!(after_unset(&text, "cache.trace"), text.replace("trace = 'off'\r\n", ""));
    }

    #[test]
    fn unset_takes_the_key_and_keeps_the_comments() {
        assert_eq!(
            after_unset(COMMENTED, "cache.local_max_size"),
            COMMENTED.replace("local_max_size   =  '10GB'  # for now\n", "")
        );
        assert_eq!(
            after_unset(COMMENTED, "cache.key_env"),
            COMMENTED.replace("key_env = [ # these\n    'A', # and\n    'B',\n]\n", "")
        );
        assert_eq!(after_unset("cache.trace = 'off'", "cache.trace"), "");
        assert_eq!(
            after_unset("cache = { trace = 'off', restore = 'copy' }\n", "cache.trace"),
            "cache = { restore = 'copy' }\n"
        );
    }

    #[test]
    fn unset_leaves_no_empty_table() {
        assert_eq!(after_unset("[cache]\ntrace = 'off'\n", "cache.trace"), "");
        assert_eq!(after_unset(COMMENTED, "cache.remote.bucket"), COMMENTED.replace("bucket = \"b\"\n", ""));
        for text in ["", "x = 1\n", "# Mine.\n\n[other]\nx = 1\n", COMMENTED] {
            let set = after_set(text, "report.style", "full");
            assert_eq!(after_unset(&set, "report.style"), text);
            let windows = text.replace('\n', "\r\n");
            let set = after_set(&windows, "report.style", "full");
            let expected = if text.is_empty() { "" } else { &*windows };
            assert_eq!(after_unset(&set, "report.style"), expected);
        }
        let unset = |text: &str| after_unset(text, "cache.trace");
        assert_eq!(unset("[cache]\ntrace = 'off'\n\n# Theirs.\n[x]\ny = 1\n"), "# Theirs.\n[x]\ny = 1\n");
        for kept in ["# Mine.\n[cache]\n", "[cache] # mine\n", "[cache]\n# mine\n", "[cache]\nx = 1\n"] {
            let last = kept.rfind("x = 1").unwrap_or(kept.len());
            let (above, below) = kept.split_at(last);
            assert_eq!(unset(&format!("{above}trace = 'off'\n{below}")), kept);
            assert_eq!(unset(&format!("{above}{below}trace = 'off'\n")), kept);
        }
        assert_eq!(unset("[cache]\ntrace = 'off'\n\n# Mine.\n\n[x]\n"), "[cache]\n\n# Mine.\n\n[x]\n");
    }

    #[test]
    fn unset_of_what_is_not_there_writes_nothing() {
        let home = home();
        assert!(!unset(&home.config(), "cache.trace").unwrap());
        assert!(!home.config().exists());
    }

    #[test]
    fn set_checks_the_value() {
        let home = home().user(COMMENTED);
        let error = |key, value| set(&home.config(), key, value).unwrap_err().to_string();
        assert_eq!(
            error("cache.lock_timeout", "10"),
            "invalid value `10` for `cache.lock_timeout`: expected a duration, as in `30m`, `24h` or `7d`"
        );
        assert!(error("cache.prefetch", "").contains("expected `true` or `false`"));
        assert!(error("cache.local_store", "here").contains("expected an absolute path"));
        assert_eq!(error("cache.nothing", "1"), "unknown key `cache.nothing`");
        assert_eq!(error("cache", "5"), "`cache` is a table of settings, not a setting");
        let hint = |key| find(key).unwrap_err().hint();
        assert_eq!(hint("cache.remote").unwrap(), "name a setting in it, as in `cache.remote.type`");
        assert_eq!(hint("cahce"), None, "no setting is called `cache`");
        assert_eq!(fs::read_to_string(&home.config()).unwrap(), COMMENTED);
    }

    #[test]
    fn a_broken_file_is_never_overwritten() {
        let broken = "[cache\nkey = ";
        let home = home().user(broken);
        for result in
            [set(&home.config(), "cache.trace", "off"), unset(&home.config(), "cache.trace").map(drop)]
        {
            assert!(matches!(result, Err(ConfigError::Parse { .. })));
        }
        assert_eq!(fs::read_to_string(&home.config()).unwrap(), broken);

        let odd = home.user("cache = 3\n");
        let error = set(&odd.config(), "cache.trace", "off").unwrap_err().to_string();
        assert_eq!(error, "invalid value `3` for `cache`: expected a table");
        assert_eq!(fs::read_to_string(&odd.config()).unwrap(), "cache = 3\n");
    }

    #[test]
    fn folders_are_made_and_nothing_is_left_over() {
        let home = home();
        set(&home.config(), "cache.trace", "off").unwrap();
        assert_eq!(fs::list(home.config().parent().unwrap()).unwrap(), ["config.toml"]);
    }

    #[test]
    fn a_linked_file_stays_a_link_and_keeps_its_mode() {
        let home = home().file("dotfiles/kache.toml", "# mine\n");
        let target = home.path("dotfiles/kache.toml");
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
        fs::create_dir_all(home.config().parent().unwrap()).unwrap();
        symlink("../../dotfiles/kache.toml", home.config()).unwrap();

        set(&home.config(), "cache.trace", "off").unwrap();
        assert!(home.config().is_symlink());
        assert!(!target.is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "# mine\n\n[cache]\ntrace = \"off\"\n");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn a_link_to_nothing_yet_is_followed() {
        let home = home();
        fs::create_dir_all(home.config().parent().unwrap()).unwrap();
        symlink(home.path("later/kache.toml"), home.config()).unwrap();
        set(&home.config(), "cache.trace", "off").unwrap();
        assert!(home.config().is_symlink());
        assert!(home.path("later/kache.toml").is_file());

        fs::remove_file(&home.config()).unwrap();
        symlink("config.toml", home.config()).unwrap();
        assert!(set(&home.config(), "cache.trace", "off").is_err());
    }

    #[test]
    fn an_open_file_notices_changes_of_others() {
        let home = home().user("[cache]\n");
        let mut file = UserFile::open(&home.config()).unwrap();
        file.set("cache.trace", "off").unwrap();
        assert!(file.is_changed() && !file.is_stale().unwrap());
        file.save().unwrap();
        assert!(!file.is_changed() && !file.is_stale().unwrap());
        fs::write(&home.config(), "").unwrap();
        assert!(file.is_stale().unwrap());
    }
}

/// Prints how long resolving takes; run it alone, with `--ignored --nocapture`.
#[test]
#[ignore = "measures, does not check"]
#[expect(clippy::print_stderr, reason = "its output is its purpose")]
fn time_of_resolving() {
    let time = |what: &str, env: &Env, root: &Path| {
        let rounds = 10_000;
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            std::hint::black_box(resolve(env, Some(root)).unwrap());
        }
        eprintln!("{what}: {:?}", start.elapsed() / rounds);
    };
    let home = home();
    time("no files, process environment", &Env::process(), &home.path("project"));
    time("no files, fixed environment", &home.env(), &home.path("project"));
    let home = home.user(DEFAULT_TOML);
    time("every key in the user file", &home.env(), &home.path("project"));
}
