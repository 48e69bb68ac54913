#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel series: patches/linux/ as commits, and commits as patches/linux/.
#
#   series.sh unpack DIR [SOURCE]   a git tree of the pinned source (tag base)
#                                   with the patches as commits (branch series);
#                                   SOURCE is the .deb, the repacked tar.zst, or
#                                   a folder; default: what ci/set-up put in the
#                                   Nix store, or $BESSER_KERNEL_DEB
#   series.sh export DIR            commits -> patches/linux/; the same commits
#                                   give the same bytes
#   series.sh check DIR             DIR is such a git tree or a folder with the
#                                   unpatched source: patches apply exactly,
#                                   checkpatch --strict and rustfmt are content,
#                                   docs/soundness.md covers the unsafe code
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
pin=$top/pkgs/linux/source.json
patches=$top/patches/linux

die() {
  echo "series: $*" >&2
  exit 1
}

# Names from patches/linux/series, in order.
names() { sed -e '/^#/d' -e '/^$/d' "$patches/series"; }

pinned_source() {
  local name
  name=$(jq -er '.path | split("/") | last | gsub("~"; "-")' "$pin")
  if [ -n "${BESSER_KERNEL_DEB:-}" ]; then
    echo "$BESSER_KERNEL_DEB"
  elif [ -e "/nix/var/nix/gcroots/besser/$name" ]; then
    readlink -f "/nix/var/nix/gcroots/besser/$name"
  else
    die "the kernel source is not in the Nix store; run ci/set-up, or name a file: series.sh unpack DIR SOURCE"
  fi
}

# A .deb must be the pinned one; the store vouches for what was made of it.
verify() {
  local want have
  want=$(jq -er '.hash | ltrimstr("sha256-")' "$pin")
  have=$(openssl dgst -sha256 -binary "$1" | base64)
  [ "$want" = "$have" ] || die "$1 has sha256-$have, but $pin wants sha256-$want"
}

unpack_source() { # SOURCE DIR
  case $1 in
    *.deb)
      verify "$1"
      dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/src/*.tar.xz' | xz -dc -T0 | tar -x -C "$2" --strip-components=1
      ;;
    *.tar.zst) zstd -qdc "$1" | tar -x -C "$2" --strip-components=1 ;;
    *)
      [ -e "$1/Kbuild" ] || die "$1 is neither a .deb, a .tar.zst nor a kernel source folder"
      cp -R --no-preserve=mode,ownership,timestamps "$1/." "$2"
      ;;
  esac
}

unpack() { # DIR [SOURCE]
  local dir=$1 source version name log
  source=${2:-$(pinned_source)}
  version=$(jq -er .version "$pin")
  [ ! -e "$dir" ] || die "$dir exists"
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  unpack_source "$source" "$dir"

  git -C "$dir" init -q -b series
  git -C "$dir" config user.name >/dev/null || git -C "$dir" config user.name series
  git -C "$dir" config user.email >/dev/null || git -C "$dir" config user.email series@localhost
  git -C "$dir" config core.abbrev 12
  git -C "$dir" config gc.auto 0
  # Debian's .gitignore hides the whole tree.
  git -C "$dir" add -A -f .
  GIT_AUTHOR_NAME=base GIT_AUTHOR_EMAIL=base@invalid GIT_AUTHOR_DATE='1970-01-01T00:00:00Z' \
    GIT_COMMITTER_NAME=base GIT_COMMITTER_EMAIL=base@invalid GIT_COMMITTER_DATE='1970-01-01T00:00:00Z' \
    git -C "$dir" commit -q --no-verify -m "Linux $version as packaged"
  git -C "$dir" tag base

  for name in $(names); do
    log=$(git -C "$dir" apply --check --verbose "$patches/$name" 2>&1) || die "$name does not apply:"$'\n'"$log"
    ! grep -E 'offset|fuzz' <<<"$log" || die "$name applies only with an offset; ./dev series export after a rebase"
    git -C "$dir" am -q --keep-cr "$patches/$name"
  done
  echo "series: Linux $version and $(names | wc -l) patches are in $dir"
}

export_patches() { # DIR
  local new
  git -C "$1" rev-parse -q --verify base >/dev/null || die "$1 is no work tree of this script: there is no tag base"
  git -C "$1" rev-parse -q --verify series >/dev/null || die "$1 has no branch series"
  mkdir -p "$patches"
  new=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$new'" EXIT
  git -C "$1" -c core.abbrev=12 -c diff.mnemonicPrefix=false -c diff.noprefix=false \
    -c format.useAutoBase=false -c format.thread=false -c format.encodeEmailHeaders=true \
    format-patch -q --no-signature --zero-commit -N --no-color --diff-algorithm=histogram --stat=72 \
    --unified=3 --no-attach --no-notes --suffix=.patch -o "$new" base..series
  (cd "$new" && find . -name '*.patch' -printf '%f\n' | LC_ALL=C sort >series)
  find "$patches" -maxdepth 1 \( -name '*.patch' -o -name series \) -delete
  mv "$new"/* "$patches/"
  echo "series: $(names | wc -l) patches in $patches"
}

# The files that a patch changes, as they are before the series.
touched() { sed -nE 's,^(---|\+\+\+) [ab]/,,p' "$@" | LC_ALL=C sort -u; }

# Whether an entry of a MAINTAINERS file other than "the rest" covers a file.
maintained() { # FILE MAINTAINERS
  local pattern
  while read -r pattern; do
    case $pattern in '*' | '*/') continue ;; esac
    [[ $pattern != */ ]] || pattern+='*'
    # shellcheck disable=SC2053
    [[ $1 != $pattern ]] || return 0
  done < <(sed -nE 's/^F:[[:space:]]+//p' "$2")
  return 1
}

# The subject of a patch, unfolded.
subject() { sed -n '/^Subject: /,/^[^ S]/{/^Subject: \|^ /p}' "$1" | tr -d '\n' | sed 's/^Subject: \[[^]]*\] //'; }

# How many lines of Rust with the word unsafe a patch adds, comments apart.
unsafe_lines() {
  awk '/^\+\+\+ / { rust = $2 ~ /\.rs$/; next }
    rust && /^\+/ { sub(/\/\/.*/, ""); if (/(^|[^A-Za-z_])unsafe([^A-Za-z_]|$)/) lines++ }
    END { print lines + 0 }' "$1"
}

# What docs/soundness.md has to say about each patch that adds some.
sound() { # PATCH...
  local name lines title said result=0
  for name; do
    lines=$(unsafe_lines "$name")
    title=$(subject "$name")
    said=$(awk -v title="## $title" '/^## / { here = $0 == title } here && sub(/^Lines: /, "") { print $1 + 0; exit }' "$top/docs/soundness.md")
    [ "$lines" != "${said:-0}" ] || continue
    echo "series: \"$title\" adds $lines lines with unsafe; docs/soundness.md has ${said:-no section}" >&2
    result=1
  done
  return $result
}

check() { # DIR
  local dir failed=0 work name log file files
  dir=$(cd "$1" && pwd)
  mapfile -t files < <(names)
  [ "${#files[@]}" -gt 0 ] || die "$patches/series names no patches"
  [ "$(names | LC_ALL=C sort)" = "$(cd "$patches" && find . -name '*.patch' -printf '%f\n' | LC_ALL=C sort)" ] ||
    die "$patches/series does not name exactly the patches of that folder"
  files=("${files[@]/#/$patches/}")

  work=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  while read -r file; do
    mkdir -p "$work/$(dirname "$file")"
    if git -C "$dir" rev-parse -q --verify base >/dev/null 2>&1; then
      ! git -C "$dir" cat-file -e "base:$file" 2>/dev/null || git -C "$dir" show "base:$file" >"$work/$file"
    elif [ -e "$dir/$file" ]; then
      cp --no-preserve=mode "$dir/$file" "$work/$file"
    fi
  done < <(touched "${files[@]}")

  for name in "${files[@]}"; do
    if ! log=$(patch -d "$work" -p1 --fuzz=0 --no-backup-if-mismatch --batch <"$name" 2>&1) || grep -Eq 'offset|fuzz' <<<"$log"; then
      echo "series: ${name##*/} does not apply exactly:" >&2
      grep -Ev '^patching file' <<<"$log" >&2 || true
      failed=1
    fi
  done

  # checkpatch wants every patch that adds a file to change MAINTAINERS. Look
  # instead whether somebody is named for the file when all is applied.
  while read -r file; do
    maintained "$file" "$work/MAINTAINERS" || {
      echo "series: MAINTAINERS has nobody for $file" >&2
      failed=1
    }
  done < <(sed -nE '/^--- \/dev\/null$/{n;s,^\+\+\+ b/,,p}' "${files[@]}" | LC_ALL=C sort -u)

  # With a git folder checkpatch asks a Python script about each licence line,
  # which needs GitPython; the style check looks at these lines anyway.
  for name in "${files[@]}"; do
    if ! (cd "$dir" && GIT_DIR=/nonexistent perl scripts/checkpatch.pl --strict --no-summary --terse --show-types --codespell --ignore FILE_PATH_CHANGES "$name"); then
      echo "series: checkpatch --strict has complaints about ${name##*/}" >&2
      failed=1
    fi
  done

  while read -r file; do
    # From standard input, rustfmt looks at this file and not at its modules.
    if ! (cd "$dir" && rustfmt --edition 2021 --check --config-path .rustfmt.toml <"$work/$file"); then
      echo "series: rustfmt would change $file" >&2
      failed=1
    fi
  done < <(cd "$work" && find . -name '*.rs' -size +0 | LC_ALL=C sort)

  sound "${files[@]}" || failed=1

  [ "$failed" = 0 ] || exit 1
  echo "series: ${#files[@]} patches apply exactly, checkpatch --strict and rustfmt have no complaints, docs/soundness.md covers them"
}

case ${1:-}:$# in
  unpack:2 | unpack:3) unpack "${@:2}" ;;
  export:2) export_patches "$2" ;;
  check:2) check "$2" ;;
  *)
    sed -n '/^#   series.sh/,/^set/{/^set/!s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
