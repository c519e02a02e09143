//! Many builds in one target directory: whatever the order of edits, builds and wipes, programs say what the sources say.

use crate::support::{Project, project};

/// A small generator: each walk is the same on every machine.
struct Steps(u64);

impl Steps {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % limit
    }
}

/// What stands in the sources now: one number each.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Numbers {
    low: u64,
    mid: u64,
    generated: u64,
    app: u64,
}

impl Numbers {
    fn write(self, p: &Project) {
        let edit = |path: &str, text: String| {
            if p.read(path) != text {
                p.write(path, text);
            }
        };
        // The number stands in a body: what depends on it can see it in no metadata.
        edit("low/src/lib.rs", format!("pub fn n() -> u64 {{ {} }}\n", self.low));
        edit("mid/src/own.rs", format!("pub const N: u64 = {};\n", self.mid));
        edit("mid/in.txt", self.generated.to_string());
        edit(
            "app/src/main.rs",
            format!("fn main() {{ println!(\"{{}} {{:?}}\", {}, mid::all()) }}\n", self.app),
        );
    }

    fn says(self) -> String {
        format!("{} ({}, {}, {})\n", self.app, self.low, self.mid, self.generated)
    }
}

fn three_members() -> Project {
    project()
        .workspace(&["low", "mid", "app"])
        .package("low", "low", "")
        .file("low/src/lib.rs", "")
        .package("mid", "mid", "[dependencies]\nlow = { path = \"../low\" }\n")
        .file("mid/src/lib.rs", "mod own; include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));\npub fn all() -> (u64, u64, u64) { (low::n(), own::N, G) }\n")
        .file("mid/src/own.rs", "")
        .file("mid/in.txt", "")
        .file(
            "mid/build.rs",
            "fn main() { println!(\"cargo:rerun-if-changed=in.txt\"); let text = std::fs::read_to_string(\"in.txt\").unwrap(); \
             std::fs::write(format!(\"{}/g.rs\", std::env::var(\"OUT_DIR\").unwrap()), format!(\"pub const G: u64 = {text};\")).unwrap() }",
        )
        .package("app", "app", "[dependencies]\nmid = { path = \"../mid\" }\n")
        .file("app/src/main.rs", "")
        .build()
}

fn walk(seed: u64, steps: usize, executables: bool) {
    let mut p = three_members();
    if executables {
        p.set("KACHE_CACHE_EXECUTABLES", "1");
    }
    let mut random = Steps(seed);
    let mut now = Numbers { low: 0, mid: 0, generated: 0, app: 0 };
    let mut story = Vec::new();
    for _ in 0..steps {
        let n = random.below(2);
        match random.below(4) {
            0 => now.low = n,
            1 => now.mid = n,
            2 => now.generated = n,
            _ => now.app = n,
        }
        now.write(&p);
        story.push(format!("{now:?}"));
        // Something in between, which leaves the target directory half new.
        let between = [
            "",
            "",
            "build -p low",
            "build -p mid",
            "check",
            "plain build -p mid",
            "plain build -p low",
            "wipe",
        ];
        let between = between[random.below(between.len() as u64) as usize];
        story.push(between.to_owned());
        match between.strip_prefix("plain ") {
            _ if between.is_empty() => {}
            _ if between == "wipe" => {
                p.wipe();
            }
            Some(arguments) => {
                p.cargo(arguments).success();
            }
            None => {
                p.wrapped(between).success();
            }
        }
        if random.below(4) == 0 {
            continue;
        }
        let run = p.wrapped("build");
        run.success();
        assert_eq!(p.run_program("app"), now.says(), "{story:#?}{run}");
        p.assert_fresh("build");
    }
}

#[test]
fn programs_say_what_the_sources_say() {
    walk(1, 20, false);
}

#[test]
fn cached_programs_say_what_the_sources_say() {
    walk(2, 20, true);
}

#[test]
fn two_target_directories_do_not_touch_each_other() {
    let p = three_members();
    let mut random = Steps(3);
    let mut now = Numbers { low: 0, mid: 0, generated: 0, app: 0 };
    now.write(&p);
    let mut story = Vec::new();
    for _ in 0..16 {
        match random.below(3) {
            0 => now.low = random.below(2),
            1 => now.mid = random.below(2),
            _ => {}
        }
        now.write(&p);
        let directory = ["target/one", "target/two"][random.below(2) as usize];
        let part = ["", " -p low", " -p mid"][random.below(3) as usize];
        story.push(format!("{directory}{part} {now:?}"));
        p.wrapped(&format!("build --target-dir {directory}{part}")).success();
        if part.is_empty() {
            assert_eq!(p.run_program(&format!("{directory}/debug/app")), now.says(), "{story:#?}");
            p.assert_fresh(&format!("build --target-dir {directory}"));
        }
    }
}
