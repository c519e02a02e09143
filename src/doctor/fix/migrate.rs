//! Which of sccache's settings becomes which of ours.
//!
//! Owns the names and forms of its settings, in variables and in its own file. Carries over only what is unset with us,
//! and never a secret.
//!
//! | sccache | its file | ours |
//! |---|---|---|
//! | `SCCACHE_BUCKET` | `cache.s3.bucket` | `cache.remote.bucket` |
//! | `SCCACHE_ENDPOINT`, `SCCACHE_S3_USE_SSL` | `cache.s3.endpoint`, `use_ssl` | `cache.remote.endpoint` |
//! | `SCCACHE_REGION`, else `AWS_REGION`, `AWS_DEFAULT_REGION` | `cache.s3.region` | `cache.remote.region` |
//! | `SCCACHE_S3_KEY_PREFIX` | `cache.s3.key_prefix` | `cache.remote.prefix` |
//! | `AWS_PROFILE` | | `cache.remote.profile` |
//! | `SCCACHE_CACHE_SIZE` | `cache.disk.size` | `cache.local_max_size` |

use std::path::Path;

use toml_edit::DocumentMut;

use super::super::Subject;
use super::super::cargo_config::CargoConfigs;
use super::super::sccache::settings_file;
use crate::config::Origin;
use crate::env;
use crate::fs;
use crate::quantity::parse_size;

const BUCKET: &str = "cache.remote.bucket";
const SIZE: &str = "cache.local_max_size";

/// Its remotes that we have nothing for: what their variables begin with, their table in its file, their name.
const OTHERS: [(&str, &str, &str); 8] = [
    ("SCCACHE_GCS_BUCKET", "gcs", "Google Cloud Storage"),
    ("SCCACHE_AZURE_BLOB_CONTAINER", "azure", "Azure Blob Storage"),
    ("SCCACHE_REDIS_ENDPOINT", "redis", "Redis"),
    ("SCCACHE_REDIS", "redis", "Redis"),
    ("SCCACHE_MEMCACHED", "memcached", "Memcached"),
    ("SCCACHE_WEBDAV_ENDPOINT", "webdav", "WebDAV"),
    ("SCCACHE_OSS_BUCKET", "oss", "Alibaba OSS"),
    ("SCCACHE_GHA_ENABLED", "gha", "the cache of GitHub Actions"),
];

/// What is carried over.
#[derive(Debug, Default)]
pub(in super::super) struct Carried {
    /// Keys of ours with the values they get.
    pub(in super::super) settings: Vec<(&'static str, String)>,
    /// What is not, and why.
    pub(in super::super) notes: Vec<String>,
}

/// What sccache has of a bucket.
#[derive(Debug, Default)]
struct Bucket {
    name: Option<String>,
    endpoint: Option<String>,
    region: Option<String>,
    prefix: Option<String>,
}

/// Finds what is to be carried over.
pub(in super::super) fn carried(subject: &Subject<'_>, configs: &CargoConfigs) -> Carried {
    let mut carried = Carried::default();
    let file = own_file(subject, configs, &mut carried.notes);
    let text = |path: &[&str]| item(file.as_ref()?, path)?.as_str().map(str::to_owned);
    let set = |name: &str| configs.variable(subject, name);

    let use_ssl =
        set("SCCACHE_S3_USE_SSL").map(|value| matches!(&*value.to_lowercase(), "true" | "on" | "1"));
    let of_variables = Bucket {
        name: set("SCCACHE_BUCKET"),
        endpoint: set("SCCACHE_ENDPOINT").map(|endpoint| address(&endpoint, use_ssl)),
        region: set("SCCACHE_REGION"),
        prefix: set("SCCACHE_S3_KEY_PREFIX"),
    };
    let use_ssl = file.as_ref().and_then(|file| item(file, &["cache", "s3", "use_ssl"])?.as_bool());
    let of_file = || Bucket {
        name: text(&["cache", "s3", "bucket"]),
        endpoint: text(&["cache", "s3", "endpoint"]).map(|endpoint| address(&endpoint, use_ssl)),
        region: text(&["cache", "s3", "region"]),
        prefix: text(&["cache", "s3", "key_prefix"]),
    };
    // Its variables do not mix with its file.
    let bucket = if of_variables.name.is_some() { of_variables } else { of_file() };
    let region = || set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"));
    let mut wanted = Vec::new();
    if let Some(name) = &bucket.name {
        wanted.push((BUCKET, Some(name.clone())));
        let has_password = bucket.endpoint.as_ref().is_some_and(|endpoint| endpoint.contains('@'));
        if has_password {
            let note = "the endpoint of sccache has a password in it: set `cache.remote.endpoint` yourself";
            carried.notes.push(note.to_owned());
        }
        wanted.push(("cache.remote.endpoint", bucket.endpoint.filter(|_| !has_password)));
        wanted.push(("cache.remote.region", bucket.region.or_else(region)));
        wanted.push(("cache.remote.prefix", bucket.prefix));
        wanted.push(("cache.remote.profile", set(env::AWS_PROFILE)));
        carried.notes.extend(secrets_in_files(configs));
    } else {
        carried.notes.extend(other_remote(subject, configs, file.as_ref()));
    }
    let in_file = || Some(item(file.as_ref()?, &["cache", "disk", "size"])?.as_integer()?.to_string());
    wanted.push((SIZE, set("SCCACHE_CACHE_SIZE").or_else(in_file).and_then(|value| size(&value))));

    let wanted = wanted.into_iter().filter_map(|(key, value)| Some((key, value?)));
    carried.settings = wanted.filter(|(key, _)| is_free(subject, key, bucket.name.as_deref())).collect();
    carried
}

/// Whether a key of ours may be set: it is not set yet, and belongs to the same bucket.
fn is_free(subject: &Subject<'_>, key: &str, bucket: Option<&str>) -> bool {
    // The file is not read well: opening it to write will say so.
    let Ok(resolved) = subject.settings else { return true };
    let is_unset = |key| resolved.origin(key) == Some(Origin::Default);
    let ours = resolved.settings.remote.bucket.as_deref();
    let is_same = is_unset("cache.remote.type") && (ours.is_none() || ours == bucket);
    is_unset(key) && (is_same || !key.starts_with("cache.remote."))
}

/// Returns which variable of ours stands for one of sccache's, and its value.
pub(in super::super) fn of_variable(name: &str, value: &str) -> Option<(&'static str, String)> {
    let is_plain = !value.contains("$");
    Some(match name {
        "SCCACHE_BUCKET" => (env::KACHE_S3_BUCKET, value.to_owned()),
        "SCCACHE_ENDPOINT" if is_plain => (env::KACHE_S3_ENDPOINT, address(value, None)),
        "SCCACHE_ENDPOINT" => (env::KACHE_S3_ENDPOINT, value.to_owned()),
        "SCCACHE_REGION" => (env::KACHE_S3_REGION, value.to_owned()),
        "SCCACHE_S3_KEY_PREFIX" => (env::KACHE_S3_PREFIX, value.to_owned()),
        "SCCACHE_CACHE_SIZE" => (env::KACHE_MAX_SIZE, size(value)?),
        _ => return None,
    })
}

/// Reads its own settings file.
fn own_file(subject: &Subject<'_>, configs: &CargoConfigs, notes: &mut Vec<String>) -> Option<DocumentMut> {
    let path = settings_file(subject, configs)?;
    let document = fs::read_to_string(&path).ok().and_then(|text| text.parse().ok());
    if document.is_none() {
        notes.push(format!("{} does not parse: nothing is taken over from it", path.display()));
    }
    document
}

fn item<'a>(document: &'a DocumentMut, path: &[&str]) -> Option<&'a toml_edit::Item> {
    path.iter().try_fold(document.as_item(), |item, name| item.get(name))
}

/// Completes an endpoint: sccache takes one without a scheme, for plain HTTP unless it is told otherwise.
fn address(endpoint: &str, use_ssl: Option<bool>) -> String {
    let (scheme, host) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let scheme = match use_ssl {
        Some(true) => "https",
        Some(false) => "http",
        None => scheme,
    };
    format!("{scheme}://{host}")
}

/// Writes a size of sccache's in our words: its `G` are binary.
fn size(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    let unit = match &*text[digits.len()..].to_ascii_uppercase() {
        "" => "",
        "K" => "KiB",
        "M" => "MiB",
        "G" => "GiB",
        "T" => "TiB",
        _ => return None,
    };
    let written = match unit {
        "" => [("GiB", 1 << 30), ("MiB", 1 << 20)]
            .into_iter()
            .find(|(_, each)| number.is_multiple_of(*each))
            .map_or(number.to_string(), |(unit, each)| format!("{}{unit}", number / each)),
        unit => format!("{number}{unit}"),
    };
    (number > 0 && parse_size(&written).is_ok()).then_some(written)
}

/// Tells of credentials that only compilers see, as cargo sets them.
fn secrets_in_files(configs: &CargoConfigs) -> Vec<String> {
    let has_secret = |variables: Vec<super::super::cargo_config::Variable>| {
        variables.iter().any(|variable| variable.name == env::AWS_SECRET_ACCESS_KEY)
    };
    let files = configs.counting().filter(|config| has_secret(config.variables()));
    let note = |path: &Path| {
        format!(
            "`{}` stays in {}, where only compilers see it: put the pair of keys into a profile of AWS",
            env::AWS_SECRET_ACCESS_KEY,
            path.display()
        )
    };
    files.map(|config| note(&config.path)).collect()
}

/// Tells that its remote is of a kind that we do not have.
fn other_remote(subject: &Subject<'_>, configs: &CargoConfigs, file: Option<&DocumentMut>) -> Option<String> {
    let is_set = |name: &str, table: &str| {
        configs.variable(subject, name).is_some()
            || file.is_some_and(|file| item(file, &["cache", table]).is_some())
    };
    let (_, _, name) = OTHERS.into_iter().find(|(name, table, _)| is_set(name, table))?;
    Some(format!("sccache's remote is {name}, which kache does not use: set `KACHE_S3_BUCKET` for one of S3"))
}

#[cfg(test)]
mod tests {
    use super::super::super::cargo_config;
    use super::super::super::testing::Machine;
    use super::*;

    fn found(machine: &Machine) -> Vec<(&'static str, String)> {
        machine.with(|subject| carried(subject, &cargo_config::read_all(subject)).settings)
    }

    fn pairs(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
    }

    const FILE: &str = "[cache.s3]\nbucket = \"of-file\"\nendpoint = \"minio:9000\"\nuse_ssl = true\nkey_prefix = \"p\"\n\
                        [cache.disk]\nsize = 7516192768\n";

    #[test]
    fn its_file() {
        let machine = Machine::new();
        assert_eq!(found(&machine), []);
        machine.file("home/.config/sccache/config", FILE);
        let expected = pairs(&[
            (BUCKET, "of-file"),
            ("cache.remote.endpoint", "https://minio:9000"),
            ("cache.remote.prefix", "p"),
            (SIZE, "7GiB"),
        ]);
        assert_eq!(found(&machine), expected);
        machine.file("home/.config/sccache/config", "[cache");
        let notes = machine.with(|subject| carried(subject, &cargo_config::read_all(subject)).notes);
        assert!(notes[0].contains("does not parse"), "{notes:?}");
    }

    #[test]
    fn variables_do_not_mix_with_its_file() {
        let mut machine = Machine::new();
        let conf = machine.file("conf/sccache.toml", FILE).display().to_string();
        machine.set("SCCACHE_CONF", &conf);
        machine.set("SCCACHE_BUCKET", "b");
        machine.set("SCCACHE_CACHE_SIZE", "20G");
        machine.set("AWS_DEFAULT_REGION", "eu-north-1");
        machine
            .file("work/.cargo/config.toml", "[env]\nAWS_PROFILE = \"team\"\nSCCACHE_BUCKET = \"weaker\"\n");
        let expected = pairs(&[
            (BUCKET, "b"),
            ("cache.remote.region", "eu-north-1"),
            ("cache.remote.profile", "team"),
            (SIZE, "20GiB"),
        ]);
        assert_eq!(found(&machine), expected);
    }

    #[test]
    fn what_is_set_with_us_stays() {
        let mut machine = Machine::new();
        machine.set("SCCACHE_BUCKET", "b");
        machine.set("SCCACHE_REGION", "eu");
        machine.set("SCCACHE_CACHE_SIZE", "1K");
        let ours = |text: &str| drop(machine.file("home/.config/kache/config.toml", text));
        ours("[cache]\nlocal_max_size = \"1GB\"\n[cache.remote]\nbucket = \"b\"\n");
        assert_eq!(found(&machine), pairs(&[("cache.remote.region", "eu")]));
        ours("[cache.remote]\nbucket = \"another\"\n");
        assert_eq!(found(&machine), pairs(&[(SIZE, "1KiB")]), "a region of another bucket does harm");
        ours("[cache.remote]\ntype = \"dir\"\npath = \"/r\"\n");
        assert_eq!(found(&machine), pairs(&[(SIZE, "1KiB")]));
    }

    #[test]
    fn forms() {
        assert_eq!(address("h:1", None), "http://h:1");
        assert_eq!(address("https://h", None), "https://h");
        assert_eq!(address("http://h", Some(true)), "https://h");
        for (theirs, ours) in
            [("10G", Some("10GiB")), ("512m", Some("512MiB")), ("5", Some("5")), ("0", None), ("x", None)]
        {
            assert_eq!(size(theirs).as_deref(), ours, "{theirs}");
        }
    }

    #[test]
    fn other_remotes_are_told() {
        let mut machine = Machine::new();
        machine.set("SCCACHE_ENDPOINT", "u:hush@h");
        machine.set("SCCACHE_REDIS", "redis://u:hush@h");
        let notes = machine.with(|subject| carried(subject, &cargo_config::read_all(subject)).notes);
        assert!(notes[0].contains("Redis") && !notes[0].contains("hush"), "{notes:?}");
        machine.set("SCCACHE_BUCKET", "b");
        assert_eq!(found(&machine), pairs(&[(BUCKET, "b")]), "a password is a secret");
    }
}
