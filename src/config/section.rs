//! What settings are about.
//!
//! Owns the parts a list of settings is split into for people. Files know nothing of them: there, a key lies in a table.

/// What a setting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The store, and what is told.
    General,
    /// What is cached, and how.
    Caching,
    /// Where results are shared.
    Remote,
    /// What hardly anybody has to change.
    Advanced,
}

impl Section {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::General, Self::Caching, Self::Remote, Self::Advanced];

    /// Returns its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Caching => "Caching",
            Self::Remote => "Remote (S3)",
            Self::Advanced => "Advanced",
        }
    }
}
