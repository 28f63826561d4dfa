#!/usr/bin/env bash
# Runs every test of this repository, and installs what they need where it may. Leaves nothing running.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$1"; }
stop() { printf 'test.sh: %s\n' "$1" >&2; exit 2; }

say "what is needed"
command -v cargo >/dev/null || stop "cargo is missing: install Rust 1.91 or newer"
command -v node >/dev/null || stop "node is missing: install Node.js 20 or newer"
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || stop "Node.js 20 or newer is needed"
command -v npm >/dev/null || stop "npm is missing: install it with Node.js"
MISSING=()
for program in openssl redis-server faketime; do command -v $program >/dev/null || MISSING+=($program); done
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$CHROMIUM" ] || MISSING+=(chromium)
if [ ${#MISSING[@]} -gt 0 ]; then
  { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; } ||
    stop "install what is missing, Redis in version 7 or newer: apt-get install ${MISSING[*]} (a browser elsewhere: CHROMIUM=/path ./test.sh)"
  # At once, and without what Debian recommends beside Chromium: 88 packages more, drivers of printers and the like.
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${MISSING[@]}" >/dev/null
  CHROMIUM=${CHROMIUM:-$(command -v chromium)}
fi
export CHROMIUM
# Downloads, of which none needs another.
cargo fetch --quiet &
for package in ws-codegen/runtime ws-codegen/checks tests; do npm ci --prefix "$package" --silent; done
wait $!

say "format and lints"
cargo fmt --all --check
cargo clippy --workspace --all-targets --all-features --quiet -- -D warnings
cargo clippy --workspace --test cluster-long --all-features --quiet -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features --quiet

say "the programs and the tests are built"
# All at once: of some alone, most of what they consist of has other features, and would be built once more.
cargo build --workspace --all-features --all-targets --quiet
BUILT=$(cargo metadata --no-deps --format-version 1 | node -e 'process.stdout.write(JSON.parse(require("fs").readFileSync(0)).target_directory)')/debug
export CHAT=$BUILT/chat CLUSTER_DEMO=$BUILT/cluster-demo ROOMS=$BUILT/rooms WS_CODEGEN=$BUILT/ws-codegen ZOO=$BUILT/zoo

say "Rust"
# Ten seconds of random cases for each test that tries such, beside the others, on whatever core these leave.
FUZZ_SECONDS=10 cargo test --workspace --all-features --quiet

say "generated files are current"
"$WS_CODEGEN" typescript schemas/chat.json --out examples/chat/page/generated --emit js --check

say "TypeScript: the runtime, and the checks of validators"
npm test --prefix ws-codegen/runtime --silent
npm test --prefix ws-codegen/checks --silent

say "TypeScript: what is generated compiles, and agrees with serde"
npm run typescript --prefix tests --silent

say "the pages of the examples in a browser"
npm run browser --prefix tests --silent

say "the client in Node.js, Deno and Bun"
npm run runtimes --prefix tests --silent

say "everything passed"
