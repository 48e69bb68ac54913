# SPDX-License-Identifier: GPL-2.0-only
#
# The crates of a lock file, each a fixed output of its own, as the folder
# that cargo's vendored sources are.
{
  lib,
  fetchurl,
  runCommand,
}: {lockFile}: let
  crates = lib.filter (crate: crate ? checksum) (lib.importTOML lockFile).package;
  fetch = crate:
    fetchurl {
      name = "crate-${crate.name}-${crate.version}.tar.gz";
      url = "crate-${crate.name}-${crate.version}.tar.gz";
      sha256 = crate.checksum;
    };
in
  runCommand "cargo-vendor-dir" {} ''
    mkdir $out
    cd $out
    crate() { # NAME-VERSION CHECKSUM ARCHIVE
      tar -xzf "$3" --no-same-owner
      echo '{"files":{},"package":"'"$2"'"}' >"$1/.cargo-checksum.json"
    }
    ${lib.concatMapStrings (
        crate: "crate ${crate.name}-${crate.version} ${crate.checksum} ${fetch crate}\n"
      )
      crates}
    printf '[source.crates-io]\nreplace-with = "vendored-sources"\n[source.vendored-sources]\ndirectory = "%s"\n' \
      $out >config.toml
  ''
