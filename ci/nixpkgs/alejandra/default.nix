# SPDX-License-Identifier: GPL-2.0-only
{
  lib,
  stdenv,
  rustPlatform,
  cargo,
  rustc,
}:
stdenv.mkDerivation {
  pname = "alejandra";
  inherit ((lib.importTOML ./Cargo.toml).package) version;
  src = lib.fileset.toSource {
    root = ./.;
    fileset = lib.fileset.unions [./Cargo.toml ./Cargo.lock ./main.rs];
  };
  vendor = rustPlatform.importCargoLock {lockFile = ./Cargo.lock;};
  nativeBuildInputs = [cargo rustc];
  CARGO_PROFILE_RELEASE_OPT_LEVEL = "1";
  buildPhase = ''
    export CARGO_HOME=$NIX_BUILD_TOP/.cargo-home
    mkdir "$CARGO_HOME"
    cp $vendor/config.toml "$CARGO_HOME/"
    cargo build --release --offline --locked
  '';
  installPhase = "install -D -t $out/bin target/release/alejandra";
  meta.mainProgram = "alejandra";
}
