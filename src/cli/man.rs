//! Man pages: one for the program, one for each of our commands.
//!
//! Owns how they are made of the command line's own definition. The files in `man/` hold the same, for packagers; a test
//! compares them.

use std::io;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::args::Cli;

/// Returns all pages, each with the name of its file.
pub(super) fn pages() -> io::Result<Vec<(String, String)>> {
    let mut program = Cli::command();
    program.build();
    let mut pages = vec![page(&program, "cargo-kache".to_owned())?];
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("cargo-kache-{}", command.get_name());
        for below in
            command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help")
        {
            pages.push(page(below, format!("{name}-{}", below.get_name()))?);
        }
        pages.push(page(command, name)?);
    }
    pages.sort();
    Ok(pages)
}

fn page(command: &Command, name: String) -> io::Result<(String, String)> {
    // Commands are called as they are typed; pages, with hyphens.
    let typed = name.replacen("cargo-kache-", "cargo kache ", 1);
    let command = command.clone().name(name.clone()).display_name(name.clone()).bin_name(typed);
    let command = command.version(env!("CARGO_PKG_VERSION"));
    let mut text = Vec::new();
    Man::new(command).manual("cargo-kache").render(&mut text)?;
    Ok((format!("{name}.1"), String::from_utf8(text).map_err(io::Error::other)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::env::Env;
    use crate::fs;

    /// Set to rewrite the files instead of comparing them.
    const REWRITE: &str = "KACHE_REWRITE_MAN";

    #[test]
    fn the_files_are_up_to_date() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
        let pages = pages().unwrap();
        if Env::process().get(REWRITE).is_some() {
            fs::remove_dir_all(&folder).unwrap();
            fs::create_dir_all(&folder).unwrap();
            for (name, text) in &pages {
                fs::write(&folder.join(name), text).unwrap();
            }
        }
        let there = fs::list_with_types(&folder).unwrap().into_iter().map(|(name, _)| {
            let text = fs::read_to_string(&folder.join(&name)).unwrap();
            (name.into_string().unwrap(), text)
        });
        let same = there.collect::<BTreeMap<_, _>>() == pages.into_iter().collect();
        assert!(same, "`man/` is stale: run the tests with {REWRITE}=1");
    }

    #[test]
    fn every_command_teaches_by_example() {
        let mut program = Cli::command();
        program.build();
        for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Example"), "{}", command.get_name());
        }
    }
}
