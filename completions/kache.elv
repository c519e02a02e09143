
use builtin;
use str;

set edit:completion:arg-completer[kache] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'kache'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'kache'= {
            cand --color 'When to color the output'
            cand --report 'Report after the build'
            cand --report-file 'Write the report to a file too'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand --no-prefetch 'Fetch nothing ahead of the build'
            cand --no-remote 'Use the local store only'
            cand --wait-uploads 'Wait for all uploads at the end'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand list 'List cached entries, or show those of one crate in full'
            cand stats 'Show hit rate, time saved and space used'
            cand why 'Explain why units of the last build were compiled'
            cand gc 'Remove what was not used for long, and what nobody refers to'
            cand purge 'Remove everything from the local store, or one crate'
            cand verify 'Check every entry and file of the store'
            cand doctor 'Check the setup'
            cand config 'Show or change the settings'
            cand daemon 'Look after the process that works in the background'
            cand completions 'Print a completion script for a shell'
            cand help 'Show help for a command'
            cand build 'Compile through the cache'
            cand check 'Check through the cache'
            cand clippy 'Lint through the cache'
            cand test 'Run tests, built through the cache'
            cand run 'Run a program, built through the cache'
            cand bench 'Run benchmarks, built through the cache'
            cand doc 'Build documentation through the cache'
            cand rustc 'Compile one target with extra flags'
            cand install 'Install a program, built through the cache'
        }
        &'kache;list'= {
            cand --sort 'Order of the entries'
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;stats'= {
            cand --since 'Period to look at, as in `7d` [default: 24h]'
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --last 'Show the full report of the last build'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;why'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;gc'= {
            cand --max-age 'Drop entries not used for that long, as in `30d`, instead of those above the size limit'
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand -n 'Only say what would be removed'
            cand --dry-run 'Only say what would be removed'
            cand --automatic 'Nobody asked: act only well above the limit'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;purge'= {
            cand --crate-name 'Remove only the entries of this crate'
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;verify'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --repair 'Remove what is damaged'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;doctor'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --fix 'Put right what can be put right, and migrate from sccache'
            cand --purge-sccache 'With `--fix`: remove sccache and its cache too'
            cand --dry-run 'With `--fix`: only show what would change'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;config'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List every setting, its value and where it comes from'
            cand get 'Print the value in effect'
            cand set 'Set a value in your settings file'
            cand unset 'Take a setting out of your settings file'
            cand path 'Print the path of your settings file'
        }
        &'kache;config;list'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;config;get'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;config;set'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;config;unset'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;config;path'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;daemon'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand run 'Run it in this terminal'
            cand start 'Start it in the background'
            cand stop 'Let it finish its work and end'
            cand install 'Start it at each login: a user service of systemd, or an agent of launchd'
            cand uninstall 'Take the service back'
            cand log 'Print its log'
        }
        &'kache;daemon;run'= {
            cand --color 'When to color the output'
            cand --service 'A service manager started it: it stays when there is no work'
            cand --background 'It was started on demand'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;daemon;start'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;daemon;stop'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;daemon;install'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;daemon;uninstall'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;daemon;log'= {
            cand -n 'How many of the last lines to print'
            cand --color 'When to color the output'
            cand --follow 'Go on with new lines'
            cand --no-follow 'Stop at the end'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;completions'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;help'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;build'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;check'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;clippy'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;test'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;run'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;bench'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;doc'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;rustc'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'kache;install'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}

use builtin;
use str;

set edit:completion:arg-completer[cargo-kache] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'cargo-kache'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'cargo-kache'= {
            cand --color 'When to color the output'
            cand --report 'Report after the build'
            cand --report-file 'Write the report to a file too'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand --no-prefetch 'Fetch nothing ahead of the build'
            cand --no-remote 'Use the local store only'
            cand --wait-uploads 'Wait for all uploads at the end'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand list 'List cached entries, or show those of one crate in full'
            cand stats 'Show hit rate, time saved and space used'
            cand why 'Explain why units of the last build were compiled'
            cand gc 'Remove what was not used for long, and what nobody refers to'
            cand purge 'Remove everything from the local store, or one crate'
            cand verify 'Check every entry and file of the store'
            cand doctor 'Check the setup'
            cand config 'Show or change the settings'
            cand daemon 'Look after the process that works in the background'
            cand completions 'Print a completion script for a shell'
            cand help 'Show help for a command'
            cand build 'Compile through the cache'
            cand check 'Check through the cache'
            cand clippy 'Lint through the cache'
            cand test 'Run tests, built through the cache'
            cand run 'Run a program, built through the cache'
            cand bench 'Run benchmarks, built through the cache'
            cand doc 'Build documentation through the cache'
            cand rustc 'Compile one target with extra flags'
            cand install 'Install a program, built through the cache'
        }
        &'cargo-kache;list'= {
            cand --sort 'Order of the entries'
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;stats'= {
            cand --since 'Period to look at, as in `7d` [default: 24h]'
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --last 'Show the full report of the last build'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;why'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;gc'= {
            cand --max-age 'Drop entries not used for that long, as in `30d`, instead of those above the size limit'
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand -n 'Only say what would be removed'
            cand --dry-run 'Only say what would be removed'
            cand --automatic 'Nobody asked: act only well above the limit'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;purge'= {
            cand --crate-name 'Remove only the entries of this crate'
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;verify'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --repair 'Remove what is damaged'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;doctor'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --fix 'Put right what can be put right, and migrate from sccache'
            cand --purge-sccache 'With `--fix`: remove sccache and its cache too'
            cand --dry-run 'With `--fix`: only show what would change'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;config'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List every setting, its value and where it comes from'
            cand get 'Print the value in effect'
            cand set 'Set a value in your settings file'
            cand unset 'Take a setting out of your settings file'
            cand path 'Print the path of your settings file'
        }
        &'cargo-kache;config;list'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;config;get'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;config;set'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;config;unset'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;config;path'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;daemon'= {
            cand --format 'Form of the result'
            cand --color 'When to color the output'
            cand --json 'Short for `--format json`'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand run 'Run it in this terminal'
            cand start 'Start it in the background'
            cand stop 'Let it finish its work and end'
            cand install 'Start it at each login: a user service of systemd, or an agent of launchd'
            cand uninstall 'Take the service back'
            cand log 'Print its log'
        }
        &'cargo-kache;daemon;run'= {
            cand --color 'When to color the output'
            cand --service 'A service manager started it: it stays when there is no work'
            cand --background 'It was started on demand'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;daemon;start'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;daemon;stop'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;daemon;install'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;daemon;uninstall'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;daemon;log'= {
            cand -n 'How many of the last lines to print'
            cand --color 'When to color the output'
            cand --follow 'Go on with new lines'
            cand --no-follow 'Stop at the end'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;completions'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;help'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;build'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;check'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;clippy'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;test'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;run'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;bench'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;doc'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;rustc'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'cargo-kache;install'= {
            cand --color 'When to color the output'
            cand -q 'Say only errors and what was asked for'
            cand --quiet 'Say only errors and what was asked for'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand --no-pager 'Never page long output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
