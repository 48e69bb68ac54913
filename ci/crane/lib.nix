# SPDX-License-Identifier: GPL-2.0-only
#
# crane's buildPackage, buildDepsOnly, cargoTest, cargoClippy and cargoFmt with
# crane's argument names.
{pkgs}: let
  inherit (pkgs) lib stdenv;
  inherit (stdenv) hostPlatform;

  cross = hostPlatform.system != stdenv.buildPlatform.system;
  target = hostPlatform.rust.rustcTarget;

  # One cargo command as a derivation. `target/` of cargoArtifacts, if given,
  # is where it starts from.
  cargo = suffix: command: args:
    stdenv.mkDerivation (
      {
        pname = "${args.pname}${suffix}";
        inherit (args) version;
        cargoVendorDir = pkgs.rustPlatform.importCargoLock {
          lockFile = args.cargoLock or (args.src + "/Cargo.lock");
        };
        configurePhase = ''
          export CARGO_HOME=$NIX_BUILD_TOP/.cargo-home
          mkdir -p "$CARGO_HOME"
          cp "$cargoVendorDir/config.toml" "$CARGO_HOME/"
          if [ -n "''${cargoArtifacts:-}" ]; then
            cp -r --preserve=timestamps "$cargoArtifacts/target" .
            chmod -R u+w target
          fi
        '';
        buildPhase = command;
        installPhase = "mkdir -p $out";
      }
      // lib.optionalAttrs cross {
        CARGO_BUILD_TARGET = target;
        "CARGO_TARGET_${hostPlatform.rust.cargoEnvVarTarget}_LINKER" = "${stdenv.cc.targetPrefix}gcc";
      }
      // removeAttrs args [
        "cargoExtraArgs"
        "cargoTestExtraArgs"
        "cargoClippyExtraArgs"
        "cargoLock"
        "pname"
      ]
      // {
        nativeBuildInputs =
          [
            pkgs.cargo
            pkgs.rustc
          ]
          ++ args.nativeBuildInputs or [];
      }
    );

  flags = args: "--release --offline ${args.cargoExtraArgs or "--locked"}";

  # Manifests and the lock file with empty sources: all that dependencies need.
  # Depends on the names of the sources and not on what is in them.
  dummySource = src: let
    filesBelow = folder:
      lib.concatMap (
        name:
          if (builtins.readDir "${src}${folder}").${name} == "directory"
          then filesBelow "${folder}/${name}"
          else ["${folder}/${name}"]
      ) (builtins.attrNames (builtins.readDir "${src}${folder}"));
    sources = lib.filter (lib.hasSuffix ".rs") (filesBelow "");
    isMain = file:
      lib.any (suffix: lib.hasSuffix suffix file) ["/main.rs" "/build.rs"]
      || lib.any (folder: builtins.match ".*/${folder}/[^/]+" file != null) ["bin" "examples"];
    manifests = builtins.path {
      name = "manifests";
      path = src;
      filter = path: type: type == "directory" || lib.elem (baseNameOf path) ["Cargo.toml" "Cargo.lock"];
    };
  in
    pkgs.runCommand "cargo-dependencies" {} ''
      cp -r --no-preserve=mode ${manifests} $out
      cd $out
      ${lib.concatMapStrings (file: "printf '//! .\\n${lib.optionalString (isMain file) "fn main() {}\\n"}' >.${file}\n") sources}
    '';
in {
  buildDepsOnly = args:
    cargo "-deps"
    ''
      cargo build ${flags args}
      ${lib.optionalString (!cross) "cargo test --no-run ${flags args}"}
    ''
    (
      args
      // {
        src = dummySource args.src;
        cargoLock = args.src + "/Cargo.lock";
        # The workspace's own crates were empty: they must not look built.
        installPhase = ''
          mkdir $out
          cp -r --preserve=timestamps target $out/
          for crate in $(find . -path ./target -prune -o -name Cargo.toml -exec sed -nE 's/^name = "(.*)"/\1/p' {} +); do
            find $out/target \( -path "*/.fingerprint/$crate-*" -o -name "*''${crate//-/_}-*" -o -name "$crate*" \) -prune -exec rm -rf {} +
          done
        '';
      }
    );

  buildPackage = args:
    cargo "" "cargo build ${flags args}" (
      {
        checkPhase = "cargo test ${flags args} ${args.cargoTestExtraArgs or ""}";
        doCheck = !cross;
        installPhase = ''
          mkdir -p $out/bin
          find target/${lib.optionalString cross "${target}/"}release -maxdepth 1 -type f -perm -0100 \
            ! -name '*.so' -exec cp -t $out/bin {} +
        '';
      }
      // args
    );

  cargoTest = args: cargo "-test" "cargo test ${flags args} ${args.cargoTestExtraArgs or ""}" args;

  cargoClippy = args:
    cargo "-clippy" "cargo clippy ${flags args} ${args.cargoClippyExtraArgs or "--all-targets"}" (
      args // {nativeBuildInputs = [pkgs.clippy] ++ args.nativeBuildInputs or [];}
    );

  cargoFmt = args:
    cargo "-fmt" "cargo fmt --all -- --check" (
      args // {nativeBuildInputs = [pkgs.rustfmt] ++ args.nativeBuildInputs or [];}
    );
}
