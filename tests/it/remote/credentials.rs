//! Where credentials come from, and what is said when there are none; whom TLS trusts; which proxy is used.
//!
//! The sources are this process's own variables and files. So each test runs itself once more, as a process with other
//! variables; that one asks the server and prints what it got.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cargo_kache::remote::access::{Access, Credentials, Place, S3};
use cargo_kache::remote::bucket::Bucket;

use super::{Remote, block_on, far};
use crate::support::s3::{ACCESS_KEY, BUCKET, REGION, SECRET_KEY, Tls};

/// What the inner process is told.
const ENDPOINT: &str = "IT_REMOTE_ENDPOINT";
const PROFILE: &str = "IT_REMOTE_PROFILE";
const EXPLICIT: &str = "IT_REMOTE_EXPLICIT";

/// A server, and a home without any credentials.
struct Outer {
    remote: Remote,
    home: tempfile::TempDir,
}

impl Outer {
    fn new() -> Self {
        Self { remote: Remote::start(), home: tempfile::tempdir().unwrap() }
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes `~/.aws/<name>`.
    fn aws_file(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.home().join(".aws")).unwrap();
        std::fs::write(self.home().join(".aws").join(name), text).unwrap();
    }

    /// Asks in a process with these variables and no others. Returns what it printed.
    fn ask(&self, variables: &[(&str, &str)]) -> String {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "remote::credentials::inner", "--ignored", "--nocapture"]);
        command.env_clear().env("HOME", self.home()).env("AWS_EC2_METADATA_DISABLED", "true");
        command.env(ENDPOINT, self.remote.proxy.endpoint()).envs(variables.iter().copied());
        let output = command.output().unwrap();
        let shown = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{shown}");
        assert!(!shown.contains(SECRET_KEY), "{shown}");
        shown
            .lines()
            .find_map(|line| line.split_once("got: "))
            .map_or(shown.clone(), |(_, got)| got.to_owned())
    }
}

#[test]
#[ignore = "is the inner process of the tests below"]
#[expect(clippy::print_stdout, reason = "so the outer process learns the outcome")]
fn inner() {
    let var = |name| std::env::var(name).ok();
    // Run by hand it has nothing to ask.
    let Some(endpoint) = var(ENDPOINT) else { return };
    let credentials = var(EXPLICIT).map(|_| Credentials {
        access_key: ACCESS_KEY.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
        session_token: None,
    });
    let s3 = S3 {
        bucket: BUCKET.to_owned(),
        endpoint: Some(endpoint),
        region: REGION.to_owned(),
        profile: var(PROFILE),
        credentials,
    };
    let bucket = Bucket::open(&Access::to(Place::S3(s3)));
    let outcome = block_on(bucket.exists("a", far()));
    // The shape of the outcome, the source, and no secret.
    let outcome = outcome.map_or_else(|failure| failure.to_string(), |found| found.to_string());
    println!("\ngot: {outcome}, {}", bucket.credentials_source().unwrap_or("none"));
}

fn profile(name: &str, secret: &str) -> String {
    format!("[{name}]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {secret}\n")
}

#[test]
fn sources_come_in_order() {
    let outer = Outer::new();
    let variables = [("AWS_ACCESS_KEY_ID", ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", SECRET_KEY)];
    assert_eq!(outer.ask(&[]), "access denied: no credentials found, none");

    outer.aws_file("credentials", &profile("default", SECRET_KEY));
    assert_eq!(outer.ask(&[]), "false, the default AWS profile");
    assert_eq!(outer.ask(&variables), "false, the AWS variables");

    // A profile that is named wins over the variables, and the explicit pair over both.
    outer.aws_file("credentials", &(profile("default", "wrong") + &profile("mine", SECRET_KEY)));
    let named = [(PROFILE, "mine"), ("AWS_ACCESS_KEY_ID", "AKX"), ("AWS_SECRET_ACCESS_KEY", "wrong")];
    assert_eq!(outer.ask(&named), "false, the profile");
    let explicit = [(PROFILE, "default"), (EXPLICIT, "1"), named[1], named[2]];
    assert_eq!(outer.ask(&explicit), "false, `KACHE_S3_ACCESS_KEY`");
    assert_eq!(outer.ask(&[("AWS_PROFILE", "mine")]), "false, the default AWS profile");
}

#[test]
fn a_process_may_give_credentials() {
    let outer = Outer::new();
    let given = format!(r#"{{"Version":1,"AccessKeyId":"{ACCESS_KEY}","SecretAccessKey":"{SECRET_KEY}"}}"#);
    std::fs::write(outer.home().join("given"), given).unwrap();
    let text =
        format!("[profile helped]\ncredential_process = /bin/cat {}\n", outer.home().join("given").display());
    outer.aws_file("config", &text);
    assert_eq!(outer.ask(&[(PROFILE, "helped"), ("PATH", "/usr/bin:/bin")]), "false, the profile");

    outer.aws_file("config", "[profile helped]\ncredential_process = /bin/false\n");
    let got = outer.ask(&[(PROFILE, "helped"), ("PATH", "/usr/bin:/bin")]);
    assert_eq!(got, "access denied: the credentials of the profile could not be read, none");
}

#[test]
fn a_profile_that_is_missing_is_told() {
    let outer = Outer::new();
    let got = outer.ask(&[(PROFILE, "nobody")]);
    assert!(got.starts_with("access denied: "), "{got}");
}

#[test]
fn a_machine_that_is_no_instance_waits_for_none() {
    let outer = Outer::new();
    let started = Instant::now();
    // An address of documentations, where nobody answers.
    let variables =
        [("AWS_EC2_METADATA_DISABLED", "false"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://192.0.2.1")];
    assert_eq!(outer.ask(&variables), "access denied: no credentials found, none");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn tls_trusts_whom_the_system_trusts() {
    let outer = Outer::new();
    let tls = Tls::start(outer.remote.server.port());
    let (endpoint, authority) = (tls.endpoint(), Tls::authority());
    let asked = [(EXPLICIT, "1"), (ENDPOINT, &*endpoint)];
    let trusting = [asked[0], asked[1], ("SSL_CERT_FILE", authority.to_str().unwrap())];
    assert_eq!(outer.ask(&trusting), "false, `KACHE_S3_ACCESS_KEY`");
    let got = outer.ask(&asked);
    assert_eq!(got, "failed to reach the server: the TLS handshake failed, `KACHE_S3_ACCESS_KEY`");
}

#[test]
fn a_proxy_of_the_environment_is_used_but_for_this_machine() {
    let outer = Outer::new();
    let proxy = outer.remote.proxy.endpoint();
    // A name that nobody but a proxy could know.
    let by_proxy = [(EXPLICIT, "1"), (ENDPOINT, "http://bucket.invalid"), ("HTTP_PROXY", &*proxy)];
    assert_eq!(outer.ask(&by_proxy), "false, `KACHE_S3_ACCESS_KEY`");
    assert_eq!(outer.remote.proxy.seen().len(), 1);
    let own = [(EXPLICIT, "1"), ("HTTP_PROXY", "http://bucket.invalid")];
    assert_eq!(outer.ask(&own), "false, `KACHE_S3_ACCESS_KEY`");
}
