//! Which events are worth a line.
//!
//! Owns the meaning of `KACHE_LOG`: words `<target>=<level>` or `<level>` between commas, the longest target that fits
//! counts. `kache` stands for this program. Words that make no sense are passed over: a log is not worth an error.

use tracing::Metadata;
use tracing::level_filters::LevelFilter;

/// The name of this program in filters, and in its own targets.
const OURS: (&str, &str) = ("kache", "cargo_kache");

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    rules: Vec<(String, LevelFilter)>,
}

impl Filter {
    pub(super) fn parse(text: &str) -> Self {
        let rule = |word: &str| {
            let (target, level) = word.split_once('=').unwrap_or(("", word));
            let target = match target.trim().split_once("::") {
                Some((first, rest)) if first == OURS.0 => format!("{}::{rest}", OURS.1),
                _ if target.trim() == OURS.0 => OURS.1.to_owned(),
                _ => target.trim().to_owned(),
            };
            Some((target, level.trim().parse().ok()?))
        };
        Self {
            rules: text.split(',').map(str::trim).filter(|word| !word.is_empty()).filter_map(rule).collect(),
        }
    }

    /// Returns the filter of the file: what we say at `info`, others at `warn`, and more where it is asked for.
    pub(super) fn at_least_for_file(mut self) -> Self {
        for (target, level) in &mut self.rules {
            let least = if is_ours(target) { LevelFilter::INFO } else { LevelFilter::WARN };
            *level = (*level).max(least);
        }
        let all = self.level("");
        self.rules.push((OURS.1.to_owned(), self.level(OURS.1).max(LevelFilter::INFO)));
        self.rules.push((String::new(), all.max(LevelFilter::WARN)));
        self
    }

    pub(super) fn takes(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let level = self.level(target);
        let level = if is_ours(target) { level } else { level.min(LevelFilter::INFO) };
        *metadata.level() <= level
    }

    /// Returns the level of the longest rule for a target; of two, the later.
    fn level(&self, target: &str) -> LevelFilter {
        let fits = |rule: &&(String, LevelFilter)| is_within(target, &rule.0);
        let rule = self.rules.iter().filter(fits).max_by_key(|(target, _)| target.len());
        rule.map_or(LevelFilter::OFF, |(_, level)| *level)
    }
}

fn is_ours(target: &str) -> bool {
    is_within(target, OURS.1)
}

fn is_within(target: &str, outer: &str) -> bool {
    match target.strip_prefix(outer) {
        Some(rest) => rest.is_empty() || outer.is_empty() || rest.starts_with("::"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(filter: &Filter) -> [LevelFilter; 3] {
        ["cargo_kache", "cargo_kache::daemon::server", "hyper::client"].map(|target| filter.level(target))
    }

    #[test]
    fn words_are_levels_and_targets() {
        use LevelFilter as L;
        for (text, expected) in [
            ("kache=warn", [L::WARN, L::WARN, L::OFF]),
            ("debug", [L::DEBUG, L::DEBUG, L::DEBUG]),
            ("kache=info, hyper=trace", [L::INFO, L::INFO, L::TRACE]),
            ("error,kache::daemon=debug", [L::ERROR, L::DEBUG, L::ERROR]),
            ("", [L::OFF, L::OFF, L::OFF]),
            ("nonsense,kache=loud,kachel=debug", [L::OFF, L::OFF, L::OFF]),
        ] {
            assert_eq!(levels(&Filter::parse(text)), expected, "{text}");
        }
    }

    #[test]
    fn the_file_has_at_least_the_story() {
        use LevelFilter as L;
        for (text, expected) in [
            ("kache=warn", [L::INFO, L::INFO, L::WARN]),
            ("off", [L::INFO, L::INFO, L::WARN]),
            ("", [L::INFO, L::INFO, L::WARN]),
            ("kache=trace", [L::TRACE, L::TRACE, L::WARN]),
            ("debug", [L::DEBUG, L::DEBUG, L::DEBUG]),
            ("kache::daemon=error", [L::INFO, L::INFO, L::WARN]),
        ] {
            assert_eq!(levels(&Filter::parse(text).at_least_for_file()), expected, "{text}");
        }
    }
}
