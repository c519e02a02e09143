# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kache_global_optspecs
    string join \n color= q/quiet v/verbose no-pager report= report-file= no-prefetch no-remote wait-uploads h/help V/version
end

function __fish_kache_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kache_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kache_using_subcommand
    set -l cmd (__fish_kache_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kache -n "__fish_kache_needs_command" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_needs_command" -l report -d 'Report after the build' -r -f -a "short\t''
full\t''
json\t''
none\t''"
complete -c kache -n "__fish_kache_needs_command" -l report-file -d 'Write the report to a file too' -r -F
complete -c kache -n "__fish_kache_needs_command" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_needs_command" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_needs_command" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_needs_command" -l no-prefetch -d 'Fetch nothing ahead of the build'
complete -c kache -n "__fish_kache_needs_command" -l no-remote -d 'Use the local store only'
complete -c kache -n "__fish_kache_needs_command" -l wait-uploads -d 'Wait for all uploads at the end'
complete -c kache -n "__fish_kache_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_needs_command" -s V -l version -d 'Print version'
complete -c kache -n "__fish_kache_needs_command" -f -a "monitor" -d 'Watch builds, projects and the store'
complete -c kache -n "__fish_kache_needs_command" -f -a "list" -d 'List cached entries, or show those of one crate in full'
complete -c kache -n "__fish_kache_needs_command" -f -a "stats" -d 'Show hit rate, time saved and space used'
complete -c kache -n "__fish_kache_needs_command" -f -a "why" -d 'Explain why units of the last build were compiled'
complete -c kache -n "__fish_kache_needs_command" -f -a "sync" -d 'Synchronize the local store with the remote'
complete -c kache -n "__fish_kache_needs_command" -f -a "gc" -d 'Remove what was not used for long, and what nobody refers to'
complete -c kache -n "__fish_kache_needs_command" -f -a "purge" -d 'Remove everything from the local store, or one crate'
complete -c kache -n "__fish_kache_needs_command" -f -a "clean" -d 'Find target directories and remove them'
complete -c kache -n "__fish_kache_needs_command" -f -a "verify" -d 'Check every entry and file of the store'
complete -c kache -n "__fish_kache_needs_command" -f -a "doctor" -d 'Check the set-up, and mend it'
complete -c kache -n "__fish_kache_needs_command" -f -a "config" -d 'Show or change the settings'
complete -c kache -n "__fish_kache_needs_command" -f -a "daemon" -d 'Look after the process that works in the background'
complete -c kache -n "__fish_kache_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c kache -n "__fish_kache_needs_command" -f -a "key" -d 'Make a key that signs what is pushed'
complete -c kache -n "__fish_kache_needs_command" -f -a "help" -d 'Show help for a command'
complete -c kache -n "__fish_kache_needs_command" -f -a "build" -d 'Compile through the cache'
complete -c kache -n "__fish_kache_needs_command" -f -a "check" -d 'Check through the cache'
complete -c kache -n "__fish_kache_needs_command" -f -a "clippy" -d 'Lint through the cache'
complete -c kache -n "__fish_kache_needs_command" -f -a "test" -d 'Run tests, built through the cache'
complete -c kache -n "__fish_kache_needs_command" -f -a "run" -d 'Run a program, built through the cache'
complete -c kache -n "__fish_kache_needs_command" -f -a "bench" -d 'Run benchmarks, built through the cache'
complete -c kache -n "__fish_kache_needs_command" -f -a "doc" -d 'Build documentation through the cache'
complete -c kache -n "__fish_kache_needs_command" -f -a "rustc" -d 'Compile one target with extra flags'
complete -c kache -n "__fish_kache_needs_command" -f -a "install" -d 'Install a program, built through the cache'
complete -c kache -n "__fish_kache_using_subcommand monitor" -l since -d 'Period to look at, as in `7d` [default: all that is known]' -r
complete -c kache -n "__fish_kache_using_subcommand monitor" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand monitor" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand monitor" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand monitor" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand monitor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand list" -l sort -d 'Order of the entries' -r -f -a "name\t'By name'
size\t'Largest first'
hits\t'Most used first'
age\t'Newest first'"
complete -c kache -n "__fish_kache_using_subcommand list" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand list" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand list" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand list" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand list" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand list" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand stats" -l since -d 'Period to look at, as in `7d` [default: 24h]' -r
complete -c kache -n "__fish_kache_using_subcommand stats" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'
markdown\t'A table for the summary of a CI job'"
complete -c kache -n "__fish_kache_using_subcommand stats" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand stats" -l last -d 'Show the full report of the last build'
complete -c kache -n "__fish_kache_using_subcommand stats" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand stats" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand stats" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand stats" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand why" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand why" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand why" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand why" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand why" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand why" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand sync" -l manifest-path -d 'The workspace\'s manifest, instead of looking for it from here upwards' -r -F
complete -c kache -n "__fish_kache_using_subcommand sync" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand sync" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand sync" -l pull -d 'Download only'
complete -c kache -n "__fish_kache_using_subcommand sync" -l push -d 'Upload only'
complete -c kache -n "__fish_kache_using_subcommand sync" -l all -d 'All packages, not just those of Cargo.lock'
complete -c kache -n "__fish_kache_using_subcommand sync" -s n -l dry-run -d 'Only say what would be transferred'
complete -c kache -n "__fish_kache_using_subcommand sync" -l allow-partial -d 'Succeed even if some transfers fail'
complete -c kache -n "__fish_kache_using_subcommand sync" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand sync" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand sync" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand sync" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand gc" -l max-age -d 'Drop entries not used for that long, as in `30d`, instead of those above the size limit' -r
complete -c kache -n "__fish_kache_using_subcommand gc" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand gc" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand gc" -s n -l dry-run -d 'Only say what would be removed'
complete -c kache -n "__fish_kache_using_subcommand gc" -l automatic -d 'Nobody asked: act only well above the limit'
complete -c kache -n "__fish_kache_using_subcommand gc" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand gc" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand gc" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand gc" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand gc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand purge" -l crate-name -d 'Remove only the entries of this crate' -r
complete -c kache -n "__fish_kache_using_subcommand purge" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand purge" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand purge" -s y -l yes -d 'Do not ask'
complete -c kache -n "__fish_kache_using_subcommand purge" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand purge" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand purge" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand purge" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand purge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand clean" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand clean" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand clean" -s n -l dry-run -d 'Only say what is there and what would be freed'
complete -c kache -n "__fish_kache_using_subcommand clean" -s y -l yes -d 'Remove all that is found; do not ask'
complete -c kache -n "__fish_kache_using_subcommand clean" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand clean" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand clean" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand clean" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand verify" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand verify" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand verify" -l repair -d 'Remove what is damaged'
complete -c kache -n "__fish_kache_using_subcommand verify" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand verify" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand verify" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand verify" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand doctor" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand doctor" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand doctor" -l fix -d 'Put right what can be put right, and migrate from sccache'
complete -c kache -n "__fish_kache_using_subcommand doctor" -l purge-sccache -d 'With `--fix`: remove sccache and its cache too'
complete -c kache -n "__fish_kache_using_subcommand doctor" -l dry-run -d 'Only show what `--fix` would change'
complete -c kache -n "__fish_kache_using_subcommand doctor" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand doctor" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand doctor" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand doctor" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "list" -d 'List every setting, its value and where it comes from'
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "get" -d 'Print the value in effect'
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "set" -d 'Set a value in your settings file'
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "unset" -d 'Take a setting out of your settings file'
complete -c kache -n "__fish_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "path" -d 'Print the path of your settings file'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from list" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from list" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from list" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from list" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from get" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from get" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from get" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from get" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from set" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from set" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from path" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from path" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "run" -d 'Run it in this terminal'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "start" -d 'Start it in the background'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "stop" -d 'Let it finish its work and end'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "install" -d 'Start it at each login: a user service of systemd, or an agent of launchd'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "uninstall" -d 'Take the service back'
complete -c kache -n "__fish_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "log" -d 'Print its log'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -l service -d 'A service manager started it: it stays when there is no work'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -l background -d 'It was started on demand'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -s n -d 'How many of the last lines to print' -r
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l follow -d 'Go on with new lines'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l no-follow -d 'Stop at the end'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand completions" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand completions" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand completions" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand completions" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -f -a "generate" -d 'Make a pair of keys, and print the public one'
complete -c kache -n "__fish_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c kache -n "__fish_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -l json -d 'Short for `--format json`'
complete -c kache -n "__fish_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand help" -l man -d 'Write man pages to a folder instead' -r -F
complete -c kache -n "__fish_kache_using_subcommand help" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand help" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand help" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand help" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand build" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand build" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand build" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand build" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand check" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand check" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand check" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand check" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand clippy" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand clippy" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand clippy" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand clippy" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand clippy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand test" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand test" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand test" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand test" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand run" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand run" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand run" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand run" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand bench" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand bench" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand bench" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand bench" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand bench" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand doc" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand doc" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand doc" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand doc" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand doc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand rustc" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand rustc" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand rustc" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand rustc" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand rustc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kache -n "__fish_kache_using_subcommand install" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c kache -n "__fish_kache_using_subcommand install" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c kache -n "__fish_kache_using_subcommand install" -s v -l verbose -d 'Say more'
complete -c kache -n "__fish_kache_using_subcommand install" -l no-pager -d 'Never page long output'
complete -c kache -n "__fish_kache_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cargo_kache_global_optspecs
    string join \n color= q/quiet v/verbose no-pager report= report-file= no-prefetch no-remote wait-uploads h/help V/version
end

function __fish_cargo_kache_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cargo_kache_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cargo_kache_using_subcommand
    set -l cmd (__fish_cargo_kache_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -l report -d 'Report after the build' -r -f -a "short\t''
full\t''
json\t''
none\t''"
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -l report-file -d 'Write the report to a file too' -r -F
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -l no-prefetch -d 'Fetch nothing ahead of the build'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -l no-remote -d 'Use the local store only'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -l wait-uploads -d 'Wait for all uploads at the end'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -s V -l version -d 'Print version'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "monitor" -d 'Watch builds, projects and the store'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "list" -d 'List cached entries, or show those of one crate in full'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "stats" -d 'Show hit rate, time saved and space used'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "why" -d 'Explain why units of the last build were compiled'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "sync" -d 'Synchronize the local store with the remote'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "gc" -d 'Remove what was not used for long, and what nobody refers to'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "purge" -d 'Remove everything from the local store, or one crate'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "clean" -d 'Find target directories and remove them'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "verify" -d 'Check every entry and file of the store'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "doctor" -d 'Check the set-up, and mend it'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "config" -d 'Show or change the settings'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "daemon" -d 'Look after the process that works in the background'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "key" -d 'Make a key that signs what is pushed'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "help" -d 'Show help for a command'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "build" -d 'Compile through the cache'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "check" -d 'Check through the cache'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "clippy" -d 'Lint through the cache'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "test" -d 'Run tests, built through the cache'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "run" -d 'Run a program, built through the cache'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "bench" -d 'Run benchmarks, built through the cache'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "doc" -d 'Build documentation through the cache'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "rustc" -d 'Compile one target with extra flags'
complete -c cargo-kache -n "__fish_cargo_kache_needs_command" -f -a "install" -d 'Install a program, built through the cache'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand monitor" -l since -d 'Period to look at, as in `7d` [default: all that is known]' -r
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand monitor" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand monitor" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand monitor" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand monitor" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand monitor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand list" -l sort -d 'Order of the entries' -r -f -a "name\t'By name'
size\t'Largest first'
hits\t'Most used first'
age\t'Newest first'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand list" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand list" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand list" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand list" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand list" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand list" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand stats" -l since -d 'Period to look at, as in `7d` [default: 24h]' -r
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand stats" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'
markdown\t'A table for the summary of a CI job'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand stats" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand stats" -l last -d 'Show the full report of the last build'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand stats" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand stats" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand stats" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand stats" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand why" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand why" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand why" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand why" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand why" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand why" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -l manifest-path -d 'The workspace\'s manifest, instead of looking for it from here upwards' -r -F
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -l pull -d 'Download only'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -l push -d 'Upload only'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -l all -d 'All packages, not just those of Cargo.lock'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -s n -l dry-run -d 'Only say what would be transferred'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -l allow-partial -d 'Succeed even if some transfers fail'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -l max-age -d 'Drop entries not used for that long, as in `30d`, instead of those above the size limit' -r
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -s n -l dry-run -d 'Only say what would be removed'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -l automatic -d 'Nobody asked: act only well above the limit'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand gc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand purge" -l crate-name -d 'Remove only the entries of this crate' -r
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand purge" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand purge" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand purge" -s y -l yes -d 'Do not ask'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand purge" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand purge" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand purge" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand purge" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand purge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clean" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clean" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clean" -s n -l dry-run -d 'Only say what is there and what would be freed'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clean" -s y -l yes -d 'Remove all that is found; do not ask'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clean" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clean" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clean" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clean" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand verify" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand verify" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand verify" -l repair -d 'Remove what is damaged'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand verify" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand verify" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand verify" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand verify" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -l fix -d 'Put right what can be put right, and migrate from sccache'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -l purge-sccache -d 'With `--fix`: remove sccache and its cache too'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -l dry-run -d 'Only show what `--fix` would change'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "list" -d 'List every setting, its value and where it comes from'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "get" -d 'Print the value in effect'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "set" -d 'Set a value in your settings file'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "unset" -d 'Take a setting out of your settings file'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and not __fish_seen_subcommand_from list get set unset path" -f -a "path" -d 'Print the path of your settings file'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from list" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from list" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from list" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from list" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from get" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from get" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from get" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from get" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from set" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from set" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from path" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from path" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "run" -d 'Run it in this terminal'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "start" -d 'Start it in the background'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "stop" -d 'Let it finish its work and end'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "install" -d 'Start it at each login: a user service of systemd, or an agent of launchd'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "uninstall" -d 'Take the service back'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop install uninstall log" -f -a "log" -d 'Print its log'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -l service -d 'A service manager started it: it stays when there is no work'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -l background -d 'It was started on demand'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -s n -d 'How many of the last lines to print' -r
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l follow -d 'Go on with new lines'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l no-follow -d 'Stop at the end'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand daemon; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand completions" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand completions" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand completions" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand completions" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and not __fish_seen_subcommand_from generate" -f -a "generate" -d 'Make a pair of keys, and print the public one'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -l format -d 'Form of the result' -r -f -a "text\t'For people'
json\t'One object, for programs'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -l json -d 'Short for `--format json`'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand key; and __fish_seen_subcommand_from generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand help" -l man -d 'Write man pages to a folder instead' -r -F
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand help" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand help" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand help" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand help" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand build" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand build" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand build" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand build" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand check" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand check" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand check" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand check" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clippy" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clippy" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clippy" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clippy" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand clippy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand test" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand test" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand test" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand test" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand run" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand run" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand run" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand run" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand bench" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand bench" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand bench" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand bench" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand bench" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doc" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doc" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doc" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doc" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand doc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand rustc" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand rustc" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand rustc" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand rustc" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand rustc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand install" -l color -d 'When to color the output' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand install" -s q -l quiet -d 'Say only errors and what was asked for'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand install" -s v -l verbose -d 'Say more'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand install" -l no-pager -d 'Never page long output'
complete -c cargo-kache -n "__fish_cargo_kache_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo -n '__fish_seen_subcommand_from kache' -f -a '(complete -C (string replace -r "^.*?\bkache\b" kache -- (commandline -cp)))'
