#!/usr/bin/env bash
# Builds through a real S3 engine of three nodes, and takes one of them away in the middle.
#
# Run by name, not by `cargo test`: it installs Garage from crates.io (ten minutes, once) into `target/garage`.
#
#   tests/garage.sh            all of it; says what it does, ends with 0 when all held
#
# Shown: a first machine builds and sends; a second, with its own cache, fetches while a node is killed, and what it
# builds is what plain cargo builds; a third fetches all from the two nodes that are left, also what was sent meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly project=$PWD
readonly garage=$project/target/garage/bin/garage
readonly kache=$project/target/debug/cargo-kache
readonly crates=24

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

room=$(mktemp -d)
declare -a nodes=()
clean_up() {
    for node in "${nodes[@]}"; do kill -9 "$node" 2>/dev/null || true; done
    [ -z "${KEEP:-}" ] && rm -rf "$room"
}
trap clean_up EXIT

# Waits until a command succeeds; half a minute at most.
until_done() {
    for _ in $(seq 300); do
        "$@" >/dev/null 2>&1 && return
        read -rt 0.1 <> <(:) || true
    done
    fail "waited in vain for: $*"
}

# Where node N listens: for S3, and for the other nodes.
s3_port() { echo $((39000 + 10 * $1)); }
rpc_port() { echo $((39001 + 10 * $1)); }

write_config() {
    local node=$1
    mkdir -p "$room/node-$node"
    cat > "$room/node-$node.toml" <<END
metadata_dir = "$room/node-$node/meta"
data_dir = "$room/node-$node/data"
db_engine = "lmdb"
replication_factor = 3
rpc_bind_addr = "127.0.0.1:$(rpc_port "$node")"
rpc_public_addr = "127.0.0.1:$(rpc_port "$node")"
rpc_secret = "$secret"

[s3_api]
s3_region = "garage"
api_bind_addr = "127.0.0.1:$(s3_port "$node")"
END
}

start_node() {
    RUST_LOG=garage=warn "$garage" -c "$room/node-$1.toml" server > "$room/node-$1.log" 2>&1 &
    nodes[$1]=$!
    disown
}

on_node() {
    local node=$1
    shift
    "$garage" -c "$room/node-$node.toml" "$@"
}

start_engine() {
    secret=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
    local node id
    for node in 1 2 3; do
        write_config "$node"
        start_node "$node"
    done
    for node in 1 2 3; do until_done on_node "$node" status; done
    for node in 2 3; do
        id=$(on_node "$node" node id -q)
        until_done on_node 1 node connect "$id"
    done
    for node in 1 2 3; do
        id=$(on_node "$node" node id -q)
        until_done on_node 1 layout assign --zone "zone-$node" --capacity 1G "${id%%@*}"
    done
    on_node 1 layout apply --version 1 > /dev/null
    until_done on_node 1 bucket create builds
    local key
    key=$(on_node 1 key create machines)
    access=$(sed -n 's/^ *Key ID: *//p' <<< "$key")
    secret_key=$(sed -n 's/^ *Secret key: *//p' <<< "$key")
    on_node 1 bucket allow --read --write builds --key "$access" > /dev/null
}

# A workspace in which each crate needs the one before it, the first has generated code, and the last is a program.
write_workspace() {
    local root=$1 n
    mkdir -p "$root"
    printf '[workspace]\nresolver = "2"\nmembers = ["crates/*"]\n' > "$root/Cargo.toml"
    for n in $(seq "$crates"); do
        local crate=$root/crates/c$n before=$((n - 1))
        mkdir -p "$crate/src"
        printf '[package]\nname = "c%s"\nversion = "0.1.0"\nedition = "2021"\n' "$n" > "$crate/Cargo.toml"
        if [ "$n" = 1 ]; then
            # shellcheck disable=SC2016
            echo 'fn main() { let out = std::env::var("OUT_DIR").unwrap(); std::fs::write(format!("{out}/n.rs"), "pub const N: u64 = 1;").unwrap(); println!("cargo:rerun-if-changed=build.rs"); }' > "$crate/build.rs"
            echo 'include!(concat!(env!("OUT_DIR"), "/n.rs")); pub fn sum() -> u64 { N }' > "$crate/src/lib.rs"
        else
            printf '[dependencies]\nc%s = { path = "../c%s" }\n' "$before" "$before" >> "$crate/Cargo.toml"
            echo "pub fn sum() -> u64 { $n + c$before::sum() }" > "$crate/src/lib.rs"
        fi
    done
    echo "fn main() { println!(\"{}\", c$crates::sum()); }" > "$root/crates/c$crates/src/main.rs"
}

# Builds on a machine of its own: a cache, and a checkout at another place. The report goes to `<machine>.json`.
build_on() {
    local machine=$1
    (
        cd "$room/$machine/checkout"
        export KACHE_CACHE_DIR=$room/$machine/cache KACHE_CONFIG=$room/$machine/config.toml
        # An edit is recorded only where it was not compiled incrementally.
        export KACHE_INCREMENTAL=never
        export KACHE_S3_BUCKET=builds KACHE_S3_REGION=garage KACHE_S3_ENDPOINT=http://127.0.0.1:$(s3_port 1)
        export KACHE_S3_ACCESS_KEY=$access KACHE_S3_SECRET_KEY=$secret_key KACHE_CACHE_EXECUTABLES=1
        rm -f "$room/$machine.json"
        "$kache" kache --report short --report-file "$room/$machine.json" --wait-uploads build --offline
    )
}

new_machine() {
    mkdir -p "$room/$1"
    cp -r "$room/sources" "$room/$1/checkout"
    touch "$room/$1/config.toml"
}

count() { sed -n "s/.*\"$2\":\\([0-9]*\\).*/\\1/p" "$room/$1.json" | head -1; }

# What is built must be what plain cargo builds.
compare_with_plain() {
    local machine=$1 plain ours
    (cd "$room/$machine/checkout" && cargo build -q --offline --target-dir "$room/$machine/plain")
    plain=$("$room/$machine/plain/debug/c$crates")
    ours=$("$room/$machine/checkout/target/debug/c$crates")
    [ "$plain" = "$ours" ] || fail "$machine built a program that says $ours instead of $plain"
}

if [ ! -x "$garage" ]; then
    say 'installing Garage'
    cargo install garage --locked --no-default-features --features bundled-libs,lmdb --root target/garage
fi
say 'building cargo-kache'
cargo build -q --locked

say 'starting three nodes'
start_engine
write_workspace "$room/sources"

say 'a first machine builds and sends'
new_machine first
build_on first
compare_with_plain first
[ "$(count first missed)" -ge "$crates" ] || fail 'the first machine found something in an empty bucket'

say 'a second machine fetches, and a node goes away'
new_machine second
build_on second &
building=$!
until_done test -s "$room/second/cache/logs/events.jsonl"
kill -9 "${nodes[3]}"
wait "$building" || fail 'the build did not survive'
compare_with_plain second

say 'the second machine changes a crate, and sends with two nodes'
echo "pub fn sum() -> u64 { 1000 + c9::sum() }" > "$room/second/checkout/crates/c10/src/lib.rs"
build_on second
compare_with_plain second

say 'a third machine finds all of it on two nodes'
new_machine third
cp "$room/second/checkout/crates/c10/src/lib.rs" "$room/third/checkout/crates/c10/src/lib.rs"
build_on third
compare_with_plain third
[ "$(count third missed)" = 0 ] || fail "the third machine compiled $(count third missed) units"
[ "$(count third remote)" -gt "$crates" ] || fail 'the third machine found too little in the bucket'

say 'all held'
