//! What was promised from the start, row by row, and the test that shows each.
//!
//! The rows are those of the tables of commands and of variables. What has come since has rows of its own, so that no
//! command and no setting is without a test.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_kache::env;

use crate::support::project;

/// The row of a table, and the tests that show what it says.
type Row = (&'static str, &'static [&'static str]);

const COMMANDS: &[Row] = &[
    ("kache", &["monitor::it_opens_by_the_short_name_alone", "monitor::the_terminal_is_given_back"]),
    (
        "kache monitor [--since <dur>]",
        &["monitor::after_two_builds", "monitor::a_period_leaves_out_what_was_before"],
    ),
    (
        "kache list [<crate>] [--sort name|size|hits|age]",
        &["commands::list::list_in_each_order", "commands::list::list_of_one_crate"],
    ),
    (
        "kache sync [--pull] [--push] [--all] [--dry-run]",
        &[
            "remote::syncs::both_ways_are_the_default_and_can_be_said",
            "remote::syncs::a_pull_takes_what_the_lock_file_names",
            "remote::syncs::a_push_sends_what_was_built_here",
        ],
    ),
    (
        "kache gc [--max-age <dur>]",
        &[
            "commands::gc::gc_removes_the_least_recently_used_first",
            "commands::gc::gc_by_age",
            "commands::gc::gc_by_ages_in_days_hours_and_minutes",
        ],
    ),
    (
        "kache purge [--crate-name <name>]",
        &["commands::purge::purge_of_all", "commands::purge::purge_of_one_crate"],
    ),
    (
        "kache clean [--dry-run]",
        &[
            "clean::only_target_directories_of_cargos_go",
            "clean::what_it_says_it_frees_is_what_the_disk_gains",
            "clean::screens::how_it_looks",
        ],
    ),
    (
        "kache doctor [--fix [--purge-sccache]]",
        &[
            "commands::doctor::doctor_of_a_sound_setup",
            "doctor::home::bucket_and_wrapper_move",
            "doctor::purge::server_cache_and_program_go",
        ],
    ),
    ("kache config", &["editor::a_value_is_typed_and_saved_and_all_else_stays"]),
    (
        "kache daemon",
        &["daemon::life::started_looked_at_and_stopped", "daemon::service::installed_upgraded_and_removed"],
    ),
    ("kache daemon run", &["daemon::life::one_in_the_foreground"]),
    (
        "kache daemon start",
        &["daemon::life::started_looked_at_and_stopped", "daemon::life::it_is_cut_off_from_its_starter"],
    ),
    ("kache daemon stop", &["daemon::life::started_looked_at_and_stopped"]),
    ("kache daemon install", &["daemon::service::installed_upgraded_and_removed"]),
    ("kache daemon uninstall", &["daemon::service::installed_upgraded_and_removed"]),
    ("kache daemon log", &["daemon::log::following", "daemon::log::the_last_lines"]),
];

const VARIABLES: &[Row] = &[
    ("KACHE_CACHE_DIR", &["settings::the_cache_and_the_file_are_where_they_are_looked_for", KEYS]),
    ("KACHE_MAX_SIZE", &["commands::gc::gc_removes_the_least_recently_used_first", KEYS]),
    (
        "KACHE_S3_BUCKET",
        &["remote::builds::another_machine_compiles_nothing", "remote::syncs::what_a_sync_needs", KEYS],
    ),
    ("KACHE_S3_ENDPOINT", &["remote::builds::another_machine_compiles_nothing", KEYS]),
    ("KACHE_S3_REGION", &["remote::settings::requests_are_signed_for_the_region", KEYS]),
    ("KACHE_S3_PREFIX", &["remote::settings::objects_lie_below_the_prefix", KEYS]),
    ("KACHE_S3_PROFILE", &[CREDENTIALS, KEYS]),
    ("KACHE_S3_ACCESS_KEY", &[CREDENTIALS]),
    ("KACHE_S3_SECRET_KEY", &[CREDENTIALS]),
    (
        "KACHE_CACHE_EXECUTABLES",
        &["executables::every_kind_comes_back", "executables::not_without_being_asked", KEYS],
    ),
    ("KACHE_CLEAN_INCREMENTAL", &["settings::gc_takes_incremental_folders_unless_told_not_to", KEYS]),
    ("KACHE_COMPRESSION_LEVEL", &["remote::settings::a_higher_level_makes_smaller_objects", KEYS]),
    ("KACHE_S3_CONCURRENCY", &["remote::settings::as_many_operations_and_as_much_ahead_as_allowed", KEYS]),
    ("KACHE_DISABLED", &["front_end::disabled_means_no_cache_at_all", "compiler::disabled_is_plain_cargo"]),
    (
        "KACHE_LOG",
        &[
            "settings::the_wrapper_says_as_much_as_is_asked_for",
            "daemon::log::lines_on_the_terminal_are_asked_for",
            "remote::settings::a_daemon_tells_its_terminal_of_trouble_unless_told_not_to",
        ],
    ),
];

/// Shows key, default, and that the variable wins over the file.
const KEYS: &str = "settings::each_key_has_its_default_its_line_and_its_variable";
const CREDENTIALS: &str = "remote::settings::the_pair_wins_over_the_profile_and_the_profile_over_the_rest";

/// What stands beside the tables.
const TEXT: &[Row] = &[
    ("wrapper by RUSTC_WRAPPER=kache", &["front_end::a_link_named_kache_is_the_same_program"]),
    ("wrapper by ~/.cargo/config.toml", &["settings::the_wrapper_of_cargos_own_settings"]),
    ("durations: 7d, 24h, 30m", &["commands::gc::gc_by_ages_in_days_hours_and_minutes"]),
    ("sync needs no daemon", &["remote::syncs::both_ways_are_the_default_and_can_be_said"]),
    ("sync filters by Cargo.lock; --all", &["remote::syncs::a_pull_takes_what_the_lock_file_names"]),
    ("{prefix}/{crate_name}/{cache_key}.tar.zst", &["remote::settings::objects_lie_below_the_prefix"]),
    (
        "~/.config/kache/config.toml, XDG_CONFIG_HOME",
        &["settings::the_cache_and_the_file_are_where_they_are_looked_for"],
    ),
    ("environment, then file, then default", &[KEYS]),
    (
        "credentials: pair, profile, default chain",
        &[CREDENTIALS, "remote::credentials::sources_come_in_order"],
    ),
    ("hits are hard links", &["store::two_targets_and_the_store_share_one_inode"]),
    ("the daemon uploads and prefetches", &["remote::builds::another_machine_compiles_nothing"]),
    ("a replaced binary restarts the daemon", &["daemon::life::a_replaced_binary_replaces_the_daemon"]),
    (
        "keys are the same on other machines",
        &["remote::builds::equal_builds_at_other_places_have_equal_keys"],
    ),
    ("no incremental compilation", &["edits::never_is_never"]),
];

/// Commands and settings that came later.
const LATER: &[Row] = &[
    ("kache stats", &["commands::stats::stats_in_each_form", "commands::stats::stats_of_the_last_build"]),
    ("kache why", &["commands::why::why_follows_the_chain_to_its_root"]),
    ("kache verify", &["commands::verify::verify_finds_damage_and_repairs_it"]),
    ("kache config list", &["commands::config::config_keeps_what_people_wrote"]),
    ("kache config get", &["commands::config::config_keeps_what_people_wrote"]),
    (
        "kache config set",
        &["commands::config::config_keeps_what_people_wrote", "commands::config::config_makes_the_file"],
    ),
    ("kache config unset", &["commands::config::config_keeps_what_people_wrote"]),
    ("kache config path", &["settings::the_cache_and_the_file_are_where_they_are_looked_for"]),
    ("kache completions", &["commands::common::completions_for_each_shell"]),
    ("kache key generate", &["remote::keys::a_pair_is_made_at_a_path"]),
    ("kache help", &["commands::common::each_command_has_help"]),
    ("KACHE_MIN_FREE", &["commands::gc::gc_on_a_disk_with_little_room"]),
    ("KACHE_S3_SESSION_TOKEN", &[CREDENTIALS]),
    ("KACHE_S3_READONLY", &["remote::builds::a_read_only_remote_is_read"]),
    ("KACHE_REMOTE_TIMEOUT", &["remote::settings::a_build_waits_for_the_remote_as_long_as_told"]),
    ("KACHE_OFFLINE", &["remote::builds::a_remote_that_is_off_is_not_contacted"]),
    ("KACHE_SIGNING_KEY", &["remote::syncs::only_entries_of_those_who_are_trusted_are_used"]),
    (
        "KACHE_INCREMENTAL",
        &["edits::never_is_never", "edits::an_edited_member_and_its_dependants_go_on_from_their_state"],
    ),
    ("KACHE_RESTORE", &["store::copies_have_the_modes_of_plain_cargo"]),
    ("KACHE_TRACE", &["macros::without_tracing_what_loads_macros_is_not_recorded"]),
    ("KACHE_SHARE_HOMES", &["places::layouts::homes_share_unless_told_otherwise"]),
    ("KACHE_LOCK_TIMEOUT", &["concurrency::the_wait_for_an_equal_compile_ends"]),
    ("KACHE_KEY_SALT", &["compiler::another_salt_is_another_cache"]),
    ("KACHE_KEY_ENV", &["env::listed_variables_count_for_every_unit"]),
    (
        "KACHE_BYPASS",
        &["compiler::another_salt_is_another_cache", "scripts::refused::a_package_that_is_excluded"],
    ),
    ("KACHE_PREFETCH", &["remote::settings::as_many_operations_and_as_much_ahead_as_allowed"]),
    ("KACHE_PREFETCH_WAIT", &["remote::settings::a_build_waits_for_the_remote_as_long_as_told"]),
    ("KACHE_PREFETCH_MAX", &["remote::settings::as_many_operations_and_as_much_ahead_as_allowed"]),
    ("KACHE_UPLOAD_WAIT", &["remote::settings::a_build_waits_for_its_uploads_if_told_so"]),
    ("KACHE_REPORT", &["front_end::the_styles_of_the_report"]),
    ("KACHE_REPORT_FILE", &["front_end::report_files_have_the_form_of_their_ending"]),
    ("KACHE_RECACHE", &["compiler::another_salt_is_another_cache"]),
    ("KACHE_VERIFY", &["verify::equal_entries_are_hits_and_others_are_found_and_replaced"]),
    ("KACHE_LOG_FILE", &["daemon::log::a_log_elsewhere"]),
    ("KACHE_SOCKET", &["daemon::places::a_socket_of_ones_own"]),
    ("KACHE_DAEMON_IDLE", &["daemon::life::without_work_it_ends_and_a_service_stays"]),
    ("KACHE_CONFIG", &["settings::the_cache_and_the_file_are_where_they_are_looked_for"]),
];

/// Variables of ours that are no settings.
const NO_SETTINGS: &[&str] = &["KACHE_BUILD", "KACHE_PAGER"];

fn rows() -> impl Iterator<Item = Row> {
    [COMMANDS, VARIABLES, TEXT, LATER].into_iter().flatten().copied()
}

#[test]
fn each_row_has_a_test() {
    let mut missing = Vec::new();
    for (row, tests) in rows() {
        assert!(!tests.is_empty(), "`{row}` has no test");
        missing.extend(tests.iter().filter(|test| !exists(test)).map(|test| format!("{row}: {test}")));
    }
    assert!(missing.is_empty(), "tests that do not exist:\n{}", missing.join("\n"));
    assert!(
        !exists("seed::exists") && !exists("seed::no_such_test") && !exists("remote::credentials::inner")
    );
}

/// Whether the sources have a test of this name that is run.
fn exists(test: &str) -> bool {
    let (module, name) = test.rsplit_once("::").unwrap();
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(module.replace("::", "/"));
    let files = [module.with_extension("rs"), module.join("mod.rs")];
    let texts = files.iter().filter_map(|file| std::fs::read_to_string(file).ok());
    texts.into_iter().any(|text| {
        let lines = text.lines().collect::<Vec<_>>();
        let begin = format!("fn {name}() ");
        let found = lines.iter().position(|line| line.starts_with(&begin));
        let before = found.map_or(&[][..], |at| &lines[..at]);
        let attributes = before.iter().rev().take_while(|line| line.starts_with("#[")).collect::<Vec<_>>();
        attributes.contains(&&"#[test]") && !attributes.iter().any(|line| line.starts_with("#[ignore"))
    })
}

#[test]
fn each_command_and_each_setting_has_a_row() {
    let p = project().settings("").build();
    let below = |words: &str| -> Vec<String> {
        let help = p.kache(&format!("{words} --help"));
        let list = help.success().stdout.split("\nCommands:\n").nth(1).unwrap_or_default();
        let names = list.lines().take_while(|line| !line.trim().is_empty());
        let names =
            names.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|it| !it.is_empty());
        names.map(|name| format!("{words} {name}").trim().to_owned()).collect()
    };
    let all = below("");
    assert!(all.len() > 10 && all.contains(&"monitor".to_owned()), "{all:?}");
    let mut found = BTreeSet::from(["kache".to_owned()]);
    for command in &all {
        let inner = below(command);
        // `key` alone is no command.
        if inner.is_empty() || command != "key" {
            found.insert(format!("kache {command}"));
        }
        found.extend(inner.iter().map(|name| format!("kache {name}")));
    }
    let of_ours = env::ALL.iter().map(|(name, _)| *name).filter(|name| name.starts_with("KACHE_"));
    found.extend(of_ours.filter(|name| !NO_SETTINGS.contains(name)).map(str::to_owned));

    let mut known = BTreeSet::new();
    for (row, _) in [COMMANDS, VARIABLES, LATER].into_iter().flatten() {
        let words = row.split(' ').take_while(|word| !word.starts_with('['));
        let name = words.collect::<Vec<_>>().join(" ");
        assert!(known.insert(name), "`{row}` is there twice");
    }
    assert_eq!(found.difference(&known).collect::<Vec<_>>(), [""; 0], "these have no row");
    assert_eq!(known.difference(&found).collect::<Vec<_>>(), [""; 0], "these are no more");
}
