//! What is said.
//!
//! Owns the values on the wire. Their form is the order of fields and variants: nothing is moved or removed within one
//! [`PROTOCOL`], new variants come last. Never holds a secret.

use serde::{Deserialize, Serialize};

use super::identity::Identity;
use crate::digest::Digest;

/// Version of requests and replies. 1: first.
pub const PROTOCOL: u32 = 1;

/// The client's first frame. The same in every version of the program: fields are only ever added at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of the client.
    pub protocol: u32,
    /// Whether the client can do with another daemon than its own.
    pub intent: Intent,
    /// Version of the client, for people.
    pub version: String,
    /// Binary and settings of the client.
    pub identity: Identity,
}

/// What a client wants of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// To know about it, or to stop it: any daemon does.
    Look,
    /// Its work: a daemon of another binary or other settings makes room for a new one.
    Use,
}

/// The daemon's first frame. The same in every version of the program: fields are only ever added at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// [`PROTOCOL`] of the daemon.
    pub protocol: u32,
    /// Version of the daemon, for people.
    pub version: String,
    /// Number of its process.
    pub pid: u32,
    /// Whether it runs the client's binary.
    pub same_program: bool,
    /// Whether it has the client's settings.
    pub same_settings: bool,
    /// Whether it is about to end and takes no more work.
    pub ending: bool,
}

impl Greeting {
    /// Whether the daemon does this client's work.
    pub fn serves(&self) -> bool {
        self.protocol == PROTOCOL && self.same_program && self.same_settings && !self.ending
    }
}

/// What a client asks for. What is answered while the daemon works is added here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Nothing but an answer.
    Ping,
    /// How the daemon is.
    Status,
    /// To finish what is queued and end.
    Stop,
    /// To fetch ahead what a build is likely to need.
    Begin {
        /// Names the run of cargo, as in its events.
        id: String,
        /// What is built.
        build: Build,
        /// How long the caller waits for all of it to be there, in milliseconds.
        within_ms: u64,
    },
    /// To look for one entry in the remote.
    Find {
        /// Names the run of cargo, as in its events.
        id: String,
        /// What is built, as far as it is known.
        build: Option<Build>,
        /// What is looked for.
        wanted: Wanted,
        /// How long the caller waits, in milliseconds.
        within_ms: u64,
    },
    /// To send what a build made, which has ended. Its number, as in its events. Who waits for that asks again.
    Ended(String),
}

/// A build, as one compiler call knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The workspace's directory.
    pub workspace: String,
    /// The profile directory's name: `debug`, `release` …
    pub profile: String,
    /// The target triple when it is not the host.
    pub triple: Option<String>,
    /// The compiler, as it calls itself.
    pub compiler: String,
    /// Whether to fetch ahead.
    pub prefetch: bool,
}

/// An entry that a compiler call looks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The package.
    pub package: String,
    /// The invocation.
    pub invocation: Digest,
    /// The keys that the entry may have, by what is known of what the invocation reads; the likeliest first.
    pub keys: Vec<Digest>,
}

/// What the daemon answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// To [`Request::Ping`].
    Pong,
    /// To [`Request::Status`].
    Status(Status),
    /// To [`Request::Stop`]: the connection closes when the process ends.
    Stopping,
    /// To [`Request::Begin`]: it is under way, or there.
    Begun,
    /// To [`Request::Find`]: whether something came that makes it worth to look again.
    Found(bool),
    /// To [`Request::Ended`], in words for people.
    Ended {
        /// What is the matter with the remote, if anything is: nothing is sent now.
        trouble: Option<String>,
        /// What of it the build could not use; told once.
        unusable: Option<String>,
    },
}

/// How a daemon is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// How long it has been running.
    pub uptime_ms: u64,
    /// Whether a service manager runs it.
    pub service: bool,
    /// What it has to do.
    pub queue: Queue,
    /// The remote it works with, without anything secret.
    pub remote: Option<String>,
    /// Its log file, as far as it is text.
    pub log: String,
}

/// Work to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Transfers to the remote.
    pub uploads: u64,
    /// Transfers from the remote.
    pub downloads: u64,
    /// Bytes of those that were wanted ahead, as far as they are known.
    pub download_bytes: u64,
}

impl Queue {
    /// Whether there is nothing to do.
    pub fn is_empty(self) -> bool {
        self.uploads == 0 && self.downloads == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::frame;

    /// The bytes are those of the first version, written down.
    #[test]
    fn the_first_frames_stay_as_they_are() {
        let identity =
            Identity { program: Digest::from_bytes([1; 32]), settings: Digest::from_bytes([2; 32]) };
        let hello = Hello { protocol: 1, intent: Intent::Use, version: "0.1.0".into(), identity };
        let mut bytes = vec![72, 0, 0, 0, 1, 1, 5];
        bytes.extend(b"0.1.0");
        bytes.extend([[1; 32], [2; 32]].concat());
        bytes[0] = u8::try_from(bytes.len() - frame::HEAD).unwrap();
        assert_eq!(frame::encode(&hello).unwrap(), bytes);

        let greeting = Greeting {
            protocol: 1,
            version: "0.1.0".into(),
            pid: 300,
            same_program: true,
            same_settings: false,
            ending: true,
        };
        let mut bytes = vec![12, 0, 0, 0, 1, 5];
        bytes.extend(b"0.1.0");
        bytes.extend([0xac, 2, 1, 0, 1]);
        assert_eq!(bytes.len() - frame::HEAD, 12);
        assert_eq!(frame::encode(&greeting).unwrap(), bytes);
    }

    #[test]
    fn what_a_later_version_adds_is_passed_over() {
        let later = frame::encode(&(9_u32, "2.0.0", 7_u32, true, true, false, "more")).unwrap();
        let greeting: Greeting = frame::decode(&later[frame::HEAD..]).unwrap();
        assert_eq!((greeting.protocol, greeting.pid), (9, 7));
        assert!(!greeting.serves(), "another protocol is another daemon");
    }
}
