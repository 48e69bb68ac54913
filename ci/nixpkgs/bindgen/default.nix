# SPDX-License-Identifier: GPL-2.0-only
#
# bindgen from its crate: Debian 12's is too old for the kernel.
{
  lib,
  stdenv,
  fetchurl,
  rustPlatform,
  cargo,
  rustc,
  llvmPackages_22,
}: let
  source = lib.importJSON ./source.json;
in
  stdenv.mkDerivation {
    pname = "bindgen";
    inherit (source) version;
    src = fetchurl {
      name = "crate-bindgen-cli-${source.version}.tar.gz";
      url = "crate-bindgen-cli-${source.version}.tar.gz";
      inherit (source) sha256;
    };
    vendor = rustPlatform.importCargoLock {lockFile = ./Cargo.lock;};
    nativeBuildInputs = [
      cargo
      rustc
    ];
    # It runs a few seconds in a kernel's build: not worth long compilation.
    CARGO_PROFILE_RELEASE_OPT_LEVEL = "1";
    CARGO_PROFILE_RELEASE_LTO = "off";
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS = "16";
    buildPhase = ''
      export CARGO_HOME=$NIX_BUILD_TOP/.cargo-home
      mkdir "$CARGO_HOME"
      cp $vendor/config.toml "$CARGO_HOME/"
      cargo build --release --offline --locked --no-default-features --features runtime
    '';
    # It opens libclang when it runs, the newest it finds unless told otherwise.
    libclang = llvmPackages_22.libclang.lib;
    installPhase = ''
      mkdir -p $out/bin $out/libexec
      cp target/release/bindgen $out/libexec/
      printf '#!/bin/sh\nexport LIBCLANG_PATH=%s/lib\nexec %s/libexec/bindgen "$@"\n' "$libclang" "$out" >$out/bin/bindgen
      chmod +x $out/bin/bindgen
    '';
  }
