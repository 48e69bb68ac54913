# SPDX-License-Identifier: GPL-2.0-only
#
# Five minutes of coverage-guided fuzzing, shared by the fuzzers of all parsers,
# from the seeds of fuzz/corpus; and how much of each parser they reached.
{
  lib,
  craneLib,
  llvmPackages_22,
  python3,
  runCommand,
  stdenv,
}: let
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../Cargo.toml
      ../driver/logic
      ../driver/vsdio/abi
      ../driver/vsdio/abi.rs
      ../fuzz
    ];
  };
  # Lines of a file of flags; # begins a comment.
  flags = file: lib.concatStringsSep " " (lib.filter (line: line != "" && !lib.hasPrefix "#" line) (lib.splitString "\n" (lib.readFile file)));
  target = stdenv.hostPlatform.rust.rustcTarget;
  build = args:
    craneLib.buildPackage ({
        inherit src;
        version = (lib.importTOML ../fuzz/Cargo.toml).package.version;
        cargoLock = ../fuzz/Cargo.lock;
        cargoArtifacts = null;
        # Members of the workspace that no parser is in are not here.
        postPatch = ''
          sed -i 's/^members = .*/members = ["driver\/logic", "driver\/vsdio\/abi"]/' Cargo.toml
          cd fuzz
        '';
        # With a target of their own, build scripts are not instrumented.
        CARGO_BUILD_TARGET = target;
        doCheck = false;
        doInstallCargoArtifacts = false;
        installPhase = ''
          mkdir -p $out/bin
          find target/${target}/release -maxdepth 1 -type f -perm -0100 -exec cp -t $out/bin {} +
        '';
      }
      // args);
  fuzzers = build {
    pname = "bes2600-fuzzers";
    cargoExtraArgs = "--locked --no-default-features --features engine";
    RUSTFLAGS = flags ../fuzz/flags/engine;
  };
  replay = build {
    pname = "bes2600-fuzz-replay";
    cargoExtraArgs = "--locked --bin replay";
    RUSTFLAGS = flags ../fuzz/flags/coverage;
    RUSTC_BOOTSTRAP = 1;
    # Where regions are is in sections that stripping takes.
    dontStrip = true;
  };
in
  runCommand "check-fuzz" {
    nativeBuildInputs = [
      llvmPackages_22.libllvm
      python3
    ];
    passthru = {inherit fuzzers replay;};
  } ''
    bash ${../fuzz}/campaign ${fuzzers}/bin ${replay}/bin 300 campaign
    mkdir $out
    cp campaign/results.tap campaign/executions.tsv $out/
  ''
