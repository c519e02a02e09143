//! Changes to a real file, and what others do to it meanwhile.

use super::*;
use crate::fs;

const TEXT: &str = "# Mine.\n[cache]\nlocal_max_size = '10GB' # small\nfoo = 1\n";

struct Home(tempfile::TempDir);

impl Home {
    fn new(text: &str) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.write(text);
        home
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("config.toml")
    }

    fn write(&self, text: &str) {
        fs::write(&self.path(), text).unwrap();
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.path()).unwrap()
    }

    fn draft(&self, variables: &[(&str, &str)]) -> Result<Draft, ConfigError> {
        let (home, path) = (self.0.path().to_str().unwrap(), self.path());
        let own = [("HOME", home), ("KACHE_CONFIG", path.to_str().unwrap())];
        let env = Env::from_pairs(own.into_iter().chain(variables.iter().copied()));
        Draft::open(&env, Some(&self.0.path().join("project")))
    }
}

fn setting(draft: &Draft, name: &str) -> Setting {
    let is_it = |setting: &Setting| setting.key.name() == name;
    draft.settings().into_iter().find(is_it).unwrap()
}

#[test]
fn a_change_is_shown_before_it_is_saved() {
    let home = Home::new(TEXT);
    let mut draft = home.draft(&[]).unwrap();
    draft.set("cache.trace", "off").unwrap();
    draft.unset("cache.local_max_size").unwrap();
    let trace = setting(&draft, "cache.trace");
    assert_eq!((trace.value.as_deref(), trace.from, trace.changed), (Some("off"), Origin::User, true));
    let size = setting(&draft, "cache.local_max_size");
    assert_eq!((size.value.as_deref(), size.from, size.own), (Some("50GB"), Origin::Default, None));
    assert_eq!((draft.changes(), home.read()), (2, TEXT.to_owned()));

    assert_eq!(draft.save().unwrap(), Saved::Done);
    assert_eq!(home.read(), "# Mine.\n[cache]\nfoo = 1\ntrace = \"off\"\n");
    assert!(!setting(&draft, "cache.trace").changed);
    assert_eq!(draft.save().unwrap(), Saved::Nothing);
}

#[test]
fn a_change_back_is_none() {
    let home = Home::new(TEXT);
    let mut draft = home.draft(&[]).unwrap();
    for (key, there, back) in
        [("cache.local_max_size", "1GB", "10 GB"), ("cache.prefetch", "off", "on"), ("cache.bypass", "a", "")]
    {
        draft.set(key, there).unwrap();
        assert_eq!(draft.changes(), 1, "{key}");
        draft.set(key, back).unwrap();
        assert_eq!(draft.changes(), 0, "{key}");
    }
    draft.unset("cache.trace").unwrap();
    assert_eq!(draft.changes(), 0);
    // The default in the place of another value is a change, and so is taking it out.
    draft.set("cache.local_max_size", "50GB").unwrap();
    assert_eq!(draft.changes(), 1);
    draft.save().map(drop).unwrap();
    draft.unset("cache.local_max_size").unwrap();
    assert_eq!(draft.changes(), 1);
}

#[test]
fn variables_lock_and_secrets_stay_hidden() {
    let home = Home::new(TEXT);
    let variables = [
        ("KACHE_MAX_SIZE", "2 GB"),
        ("KACHE_S3_SECRET_KEY", "hush"),
        ("KACHE_TRACE", "maybe"),
        ("KACHE_OFFLINE", "1"),
    ];
    let draft = home.draft(&variables).unwrap();
    let size = setting(&draft, "cache.local_max_size");
    assert_eq!(size.locked, Some(("KACHE_MAX_SIZE", "2 GB".to_owned())));
    assert_eq!((size.value.as_deref(), size.own.as_deref()), (Some("2GB"), Some("10GB")));
    let trace = setting(&draft, "cache.trace");
    assert_eq!(trace.problem.as_deref(), Some("expected `auto` or `off`"));
    assert_eq!(setting(&draft, "KACHE_OFFLINE").from, Origin::Env);
    assert_eq!(setting(&draft, "KACHE_S3_SECRET_KEY").locked, Some(("KACHE_S3_SECRET_KEY", "…".into())));
    assert!(!format!("{:?}", draft.settings()).contains("hush"));
    assert!(draft.settings().iter().all(|setting| setting.key.variable != Some("KACHE_LOG")));
    assert!(draft.warnings()[0].contains("`maybe`"), "{:?}", draft.warnings());
}

#[test]
fn what_is_about_a_bucket_needs_one() {
    let home = Home::new("[cache.remote]\nregion = 'us-east-1'\n");
    let mut draft = home.draft(&[]).unwrap();
    draft.set("cache.remote.endpoint", "http://localhost").unwrap();
    draft.set("cache.remote.prefix", "x").unwrap();
    let error = draft.save().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a remote needs a bucket: `cache.remote.endpoint`, `cache.remote.prefix` are set, but \
         `cache.remote.bucket` is not"
    );
    assert!(error.hint().unwrap().starts_with("set `cache.remote.bucket`, or unset `cache.remote.endpoint`"));
    assert_eq!(home.read(), "[cache.remote]\nregion = 'us-east-1'\n");
    draft.set("cache.remote.bucket", "b").unwrap();
    assert_eq!(draft.save().unwrap(), Saved::Done);

    // A bucket of another layer is one, and a folder needs none.
    let mut draft = home.draft(&[("KACHE_S3_BUCKET", "b")]).unwrap();
    draft.unset("cache.remote.bucket").unwrap();
    assert_eq!(draft.save().unwrap(), Saved::Done);
    let mut draft = home.draft(&[]).unwrap();
    draft.set("cache.remote.type", "dir").unwrap();
    assert_eq!(draft.save().unwrap(), Saved::Done);
}

#[test]
fn changes_of_others_are_not_lost() {
    let home = Home::new(TEXT);
    let mut draft = home.draft(&[]).unwrap();
    draft.set("cache.local_max_size", "20GB").unwrap();
    let theirs = TEXT.replace("10GB", "11GB") + "trace = 'off'\n";
    home.write(&theirs);
    assert_eq!(draft.save().unwrap(), Saved::Stale);
    assert_eq!(home.read(), theirs);
    assert_eq!(draft.save_over().unwrap(), Saved::Done);
    assert_eq!(home.read(), theirs.replace("'11GB'", "\"20GB\""));

    draft.set("cache.trace", "auto").unwrap();
    home.write("[cache\n");
    assert_eq!(draft.save().unwrap(), Saved::Stale);
    assert!(matches!(draft.save_over(), Err(ConfigError::Parse { .. })));
    assert_eq!((home.read().as_str(), draft.changes()), ("[cache\n", 1));
    home.write("");
    draft.reload().unwrap();
    assert_eq!(draft.changes(), 0);
}

#[test]
fn invalid_files_are_errors() {
    for text in ["[cache\n", "[cache]\ntrace = 3\n", "cache = 3\n"] {
        let home = Home::new(text);
        assert!(home.draft(&[]).is_err(), "{text}");
        assert_eq!(home.read(), text);
    }
}
