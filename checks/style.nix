# SPDX-License-Identifier: GPL-2.0-only
#
# Formatters and linters have nothing to say, every file says its licence, and
# no unsafe code is outside of the abstractions.
{
  lib,
  callPackage,
  craneLib,
  deadnix,
  formatter,
  jq,
  linux-uml,
  runCommand,
  rustfmt,
  shellcheck,
  hasUml,
}: let
  clippy =
    lib.optional hasUml (callPackage ../pkgs/kernel-module {
      name = "bes2600";
      kernel = linux-uml;
      lint = true;
    })
    ++ lib.optional hasUml (callPackage ../pkgs/kernel-module {
      name = "vsdio";
      kernel = linux-uml;
      lint = true;
    })
    ++ map (workspace:
      craneLib.cargoClippy (
        workspace
        // {
          cargoExtraArgs = "--locked --workspace";
          cargoClippyExtraArgs = "--all-targets -- --deny warnings";
          doInstallCargoArtifacts = false;
          # Tests may unwrap and index; what ships may not.
          CLIPPY_CONF_DIR = lib.fileset.toSource {
            root = ../.;
            fileset = ../clippy.toml;
          };
        }
      )) [
      (import ../pkgs/workspace.nix {inherit lib craneLib;} // {pname = "workspace";})
      (import ../pkgs/besser/workspace.nix {inherit lib craneLib;})
    ];
in
  runCommand "check-style"
  {
    src = ../.;
    # Their outputs exist when clippy was content.
    inherit clippy;
    nativeBuildInputs = [
      deadnix
      formatter
      jq
      rustfmt
      shellcheck
    ];
  }
  ''
    bash ${./lib/style} $src results.tap
    number=$(grep -c ok results.tap)
    for linted in $clippy; do
      number=$((number + 1))
      echo "ok $number - clippy: $(basename "$linted" | cut -d- -f2-)" | tee -a results.tap
    done
    echo "1..$number" >>results.tap
    mkdir $out
    cp results.tap $out/
  ''
