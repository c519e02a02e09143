//! `meta.json`: what an archive says about itself.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::entry::{Entry, Output, OutputKind, Prediction};
use crate::remote::sign::Signature;

/// The form of `meta.json`.
pub const SCHEMA: u32 = 3;

/// The largest `meta.json`, in bytes.
pub const META_LIMIT: u64 = 16 << 20;

/// Everything about an entry but the bytes of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The key of the entry.
    pub key: Digest,
    /// The package, as its folder is called.
    pub crate_name: String,
    /// The entry.
    pub entry: Entry,
    /// What the compile read, so that a machine that never compiled it can form the key.
    pub prediction: Option<Prediction>,
    /// Who vouches for all this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

impl Meta {
    /// Describes an entry.
    pub fn new(key: Digest, entry: Entry, prediction: Option<Prediction>) -> Self {
        let crate_name = crate::remote::names::folder(&entry.unit.package);
        Self { schema: SCHEMA, key, crate_name, entry, prediction, signature: None }
    }

    /// Digests all but the signature, in a form that depends on nothing but the values.
    pub fn digest(&self) -> Digest {
        let all = (self.schema, &self.key, &self.crate_name, &self.entry, &self.prediction);
        Digest::of(&postcard::to_stdvec(&all).expect("values of these types serialise"))
    }

    /// Returns one output for each content, in the order of the archive: crate metadata first, then by name.
    pub fn blobs(&self) -> Vec<&Output> {
        let mut outputs = self.entry.outputs.iter().collect::<Vec<_>>();
        outputs.sort_by_key(|output| (output.kind != OutputKind::Metadata, &output.name));
        let mut seen = std::collections::HashSet::new();
        outputs.retain(|output| seen.insert(output.digest));
        outputs
    }
}
