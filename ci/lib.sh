# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# What ci/set-up, ./check and ./demo have in common: which Nix there is, which
# flake it can use, and building with signs of life.

besser_prefix=${BESSER_PREFIX:-/opt/besser}

# Cargo and Nix keep their caches there.
export HOME=${HOME:-/root}

# A Nix of the user's own, with a binary cache to fetch from.
own_nix() {
  local nix
  nix=$(command -v nix) || return 1
  case $(realpath "$nix") in "$besser_prefix"/*) return 1 ;; esac
  [ -n "$(nix --extra-experimental-features nix-command config show substituters 2>/dev/null)" ]
}

# The address of the Debian mirror that this machine's apt uses.
debian_mirror() {
  local uri
  # The code name is known after apt-get update, the release as the sources say.
  # shellcheck disable=SC2016
  uri=$(apt-get indextargets --format '$(COMPONENT) $(REPO_URI) $(RELEASE) $(CODENAME)' 'Created-By: Packages' |
    awk '$1 == "main" && ($3 == "bookworm" || $4 == "bookworm") { print $2; exit }')
  [ -n "$uri" ] && echo "${uri%/}"
}

# foreign_apt SUITE WORK-FOLDER [ARCHITECTURE]: makes apt-get and apt-cache know
# this one suite of the machine's Debian mirror, no installed packages, and keeps
# to the folder: the options in apt_options do it.
foreign_apt() {
  local mirror arch=${3:-amd64} keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(debian_mirror) || { echo 'the apt sources name no Debian mirror for bookworm main' >&2 && return 1; }
  mkdir -p "$2/lists/partial" "$2/cache/archives/partial" "$2/sources"
  : >"$2/status"
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: %s\nSigned-By: %s\n' \
    "$mirror" "$1" "$arch" "$keys" >"$2/sources/suite.sources"
  apt_options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$2/sources"
    -o Dir::Etc::preferencesparts=/dev/null -o Dir::State::status="$2/status" -o Dir::State::lists="$2/lists"
    -o Dir::Cache="$2/cache" -o APT::Sandbox::User=root -o APT::Architecture="$arch" -o APT::Architectures="$arch"
    -o APT::Install-Recommends=false -o Acquire::Languages=none)
}

# choose_flake TOP: sets flake, and makes the machine ready for it.
choose_flake() {
  if own_nix; then
    flake=$1
    return
  fi
  "$1/ci/set-up" || return
  PATH=$besser_prefix/bin:$PATH
  flake=$1/ci
}

say() { [ -n "${quiet:-}" ] || printf '[%4d s] %s\n' "$SECONDS" "$*"; }

# What a log's last lines say is going on.
progress() { # LOG
  local line
  line=$(grep -avE '^(warning|error|copying|  /nix|these |this |•|    )' "$1" 2>/dev/null | tail -n 1) || true
  line=${line//$'\r'/}
  case $line in
    "building '"*) line=${line#*-} && echo "${line%.drv*}" ;;
    ?*) echo "${line:0:90}" ;;
    *) echo 'evaluating' ;;
  esac
}

# What is said when the user has stopped a build.
interrupted() {
  echo
  say 'interrupted; run it again and it goes on from here' >&2
}

# build LABEL ATTRIBUTE LOG [OPTION...]: builds an attribute of $flake, tells
# every 20 seconds what it is at, and sets built to its path. Nix keeps what is
# finished: an interrupted build goes on where it was. The evaluation cache stays
# off: a build holds its lock until it ends, and a second one would wait for that.
build() {
  local label=$1 attribute=$2 log=$3 status=0 since=$SECONDS
  shift 3
  mkdir -p "$(dirname "$log")"
  nix --extra-experimental-features 'nix-command flakes' build "${flake:?}#$attribute" \
    --option eval-cache false --no-write-lock-file --no-link --print-out-paths --print-build-logs "$@" >"$log.path" 2>"$log" </dev/null &
  local nix=$!
  # shellcheck disable=SC2064
  trap "kill -TERM $nix 2>/dev/null; wait $nix; interrupted; exit 130" INT TERM
  while kill -0 "$nix" 2>/dev/null; do
    sleep 0.2
    if [ $((SECONDS - since)) -ge 20 ]; then
      since=$SECONDS
      say "$label: $(progress "$log")"
    fi
  done
  wait "$nix" || status=$?
  trap - INT TERM
  built=$(cat "$log.path")
  rm -f "$log.path"
  return "$status"
}
