//! Making entries older than they are: nobody waits in a test.

use std::time::Duration;

use cargo_kache::key::invocation::unit_id;
use cargo_kache::store::Store;

use super::project::Project;

impl Project {
    /// Makes the entries of a package, and their uses so far, older. To be called before anything has read the log.
    pub(crate) fn age(&self, package: &str, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).unwrap();
        let store = Store::open(self.layout()).unwrap();
        let mut entries = store.index.read().unwrap().entries();
        entries.retain(|(_, entry)| entry.unit.package == package);
        assert!(!entries.is_empty(), "nothing of `{package}` to age");
        for (key, entry) in &mut entries {
            entry.created_ms -= by_ms;
            let unit = unit_id(&entry.unit);
            store.index.write(|writer| writer.put_entry(key, &unit, entry)).unwrap();
        }
        let log = self.layout().events();
        let text = self.read(&log);
        let lines = text.lines().map(|line| {
            let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
            if event["unit"]["package"] == package {
                event["at_ms"] = (event["at_ms"].as_u64().unwrap() - by_ms).into();
            }
            event.to_string() + "\n"
        });
        self.write(&log, lines.collect::<String>());
    }
}
