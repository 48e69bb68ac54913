# SPDX-License-Identifier: GPL-2.0-only
#
# A program from its crate, for those that Debian 12 lacks or has too old. Its
# folder holds source.json (crate, version, sha256 of the .crate) and the
# Cargo.lock of the crate; ci/set-up fetches what they name.
{
  lib,
  stdenv,
  fetchurl,
  rustPlatform,
  cargo,
  rustc,
}: {
  pname,
  folder,
  cargoFlags ? "",
  ...
} @ args: let
  source = lib.importJSON (folder + "/source.json");
  archive = "crate-${source.crate}-${source.version}.tar.gz";
in
  stdenv.mkDerivation ({
      inherit (source) version;
      src = fetchurl {
        name = archive;
        url = archive;
        inherit (source) sha256;
      };
      vendor = rustPlatform.importCargoLock {lockFile = folder + "/Cargo.lock";};
      nativeBuildInputs = [
        cargo
        rustc
      ];
      # They run for a few seconds in a build: not worth long compilation.
      CARGO_PROFILE_RELEASE_OPT_LEVEL = "1";
      CARGO_PROFILE_RELEASE_LTO = "off";
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS = "16";
      buildPhase = ''
        export CARGO_HOME=$NIX_BUILD_TOP/.cargo-home
        mkdir "$CARGO_HOME"
        cp $vendor/config.toml "$CARGO_HOME/"
        cargo build --release --offline --locked${lib.optionalString (cargoFlags != "") " ${cargoFlags}"}
      '';
      installPhase = "install -D -t $out/bin target/release/${pname}";
      meta.mainProgram = pname;
    }
    // removeAttrs args ["folder" "cargoFlags"])
