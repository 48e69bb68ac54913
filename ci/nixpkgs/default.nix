# SPDX-License-Identifier: GPL-2.0-only
#
# A package set with nixpkgs' names, backed by the machine's own toolchain.
# Covers what this project uses and nothing else.
{
  lib,
  debianPackages,
  crossSystem ? null,
  overlays ? [],
}: let
  hostToolsList = lib.importJSON ./host-tools.json;
  buildPlatform = lib.systems.elaborate "x86_64-linux";
  hostPlatform =
    if crossSystem == null
    then buildPlatform
    else crossSystem;

  # "PACKAGE VERSION" of the Debian packages behind a tool.
  versionsOf = tool:
    map (
      package: "${package} ${
        debianPackages.${package}
        or (throw "/var/lib/nix-host/packages.json does not know ${package}: run ci/set-up")
      }"
    )
    hostToolsList.${tool}.apt;

  # A package of links to the machine's programs, and to other files of theirs.
  # Their versions are in its hash, and so in the hash of all that is built
  # with it.
  hostTool = name:
    derivation {
      name = "${name}-of-host";
      inherit (buildPlatform) system;
      inherit (hostToolsList.${name}) programs;
      files = hostToolsList.${name}.files or [];
      versions = versionsOf name;
      builder = "/bin/bash";
      PATH = "/usr/bin:/usr/sbin:/bin:/sbin";
      args = [
        "-euc"
        ''
          mkdir -p $out/bin
          for program in $programs; do
            file=$(type -P "''${program#*=}") || {
              echo "this machine has no ''${program#*=}: run ci/set-up" >&2
              exit 1
            }
            ln -s "$file" "$out/bin/''${program%%=*}"
          done
          for file in $files; do
            [ -e "''${file#*=}" ] || {
              echo "this machine has no ''${file#*=}: run ci/set-up" >&2
              exit 1
            }
            mkdir -p "$out/$(dirname "''${file%%=*}")"
            ln -s "''${file#*=}" "$out/''${file%%=*}"
          done
        ''
      ];
    };

  stdenvWith = compilers:
    import ./stdenv.nix {
      inherit lib buildPlatform hostPlatform;
      hostTools = versionsOf "stdenv";
      initialPath = [(hostTool "stdenv")] ++ compilers;
    };

  reimport = import ./.;

  packages = self: {
    inherit lib;
    pkgs = self;
    buildPackages =
      if crossSystem == null
      then self
      else reimport {inherit lib debianPackages overlays;};
    newScope = extra: lib.callPackageWith (self // extra);
    callPackage = self.newScope {};
    extend = overlay:
      reimport {
        inherit lib debianPackages crossSystem;
        overlays = overlays ++ [overlay];
      };
    pkgsCross.aarch64-multiplatform = reimport {
      inherit lib debianPackages overlays;
      crossSystem = lib.systems.elaborate "aarch64-linux";
    };

    stdenvNoCC = stdenvWith [];
    stdenv = stdenvWith (
      [(hostTool "gcc")] ++ lib.optional (crossSystem != null) (hostTool "gcc-aarch64")
    );
    llvmPackages_22 = {
      stdenv = stdenvWith [
        (hostTool "clang")
        (hostTool "gcc")
      ];
      libclang.lib = "/usr/lib/llvm-22";
      lld = hostTool "lld";
      llvm = hostTool "llvm";
      libllvm = hostTool "libllvm";
    };

    runCommand = self.runCommandWith self.stdenvNoCC;
    # With a compiler
    runCommandCC = self.runCommandWith self.stdenv;
    runCommandWith = stdenv: name: env: buildCommand:
      stdenv.mkDerivation (
        {
          inherit name buildCommand;
          passAsFile = ["buildCommand"];
        }
        // env
      );
    writeText = name: text: builtins.toFile name text;
    writeShellApplication = {
      name,
      text,
      runtimeInputs ? [],
      meta ? {},
    }:
      self.runCommand name
      {
        text = ''
          #!/bin/bash
          set -o errexit
          set -o nounset
          set -o pipefail
          export PATH="${lib.makeBinPath runtimeInputs}:$PATH"

          ${text}
        '';
        passAsFile = [
          "text"
          "buildCommand"
        ];
        nativeBuildInputs = [self.shellcheck];
        meta =
          {
            mainProgram = name;
          }
          // meta;
      }
      ''
        mkdir -p $out/bin
        cp "$textPath" "$out/bin/${name}"
        chmod +x "$out/bin/${name}"
        shellcheck "$out/bin/${name}"
      '';
    mkShell = {
      packages ? [],
      inputsFrom ? [],
      ...
    } @ args:
      self.stdenv.mkDerivation (
        {
          name = "shell";
          nativeBuildInputs = packages ++ lib.concatMap (x: x.nativeBuildInputs or []) inputsFrom;
          dontUnpack = true;
          installPhase = "touch $out";
        }
        // removeAttrs args [
          "packages"
          "inputsFrom"
        ]
      );

    # The paths that a program needs at run time, one a line in store-paths.
    closureInfo = {rootPaths}:
      derivation {
        name = "closure-info";
        inherit (buildPlatform) system;
        exportReferencesGraph = lib.concatMap (path: ["graph-${baseNameOf path}" path]) (lib.unique (map toString rootPaths));
        builder = "/bin/bash";
        PATH = "/usr/bin:/bin";
        args = [
          "-euc"
          ''
            mkdir $out
            cat graph-* | grep '^/nix/store/' | grep -v '\.drv$' | sort -u >$out/store-paths
          ''
        ];
      };

    # Nothing is fetched during a build: ci/set-up puts these files in the
    # store, and a fixed output that is there is not built.
    fetchurl = {
      url,
      hash ? null,
      sha256 ? null,
      name ? baseNameOf url,
    }:
      derivation {
        inherit name;
        inherit (buildPlatform) system;
        outputHashMode = "flat";
        outputHash =
          if hash != null
          then hash
          else sha256;
        outputHashAlgo =
          if hash != null
          then null
          else "sha256";
        builder = "/bin/bash";
        args = [
          "-c"
          "echo '${name} is not in the Nix store yet: run ci/set-up, which fetches it' >&2; exit 1"
        ];
      };

    # Never fetched and never built here: they stand for sources and packages
    # that only a machine with the real nixpkgs builds, so that what is made of
    # them evaluates.
    absent = name: attributes:
      self.runCommand name attributes ''
        echo '${name} is not part of the stand-in for nixpkgs: a machine with a Nix cache builds this' >&2
        exit 1
      '';
    fetchFromGitLab = {
      owner,
      repo,
      rev,
      hash,
    }:
      self.absent "source" {inherit owner repo rev hash;};
    buildUBoot = {
      defconfig,
      filesToInstall,
      env,
      extraMeta,
    }:
      self.absent "uboot-${defconfig}" {
        inherit env filesToInstall;
        meta = extraMeta;
      };
    rkbin = let
      rkbin = self.absent "rkbin" {
        pname = "rkbin";
        version = "0";
        meta.license = lib.licenses.unfreeRedistributableFirmware;
      };
    in
      rkbin
      // {
        BL31_RK3568 = "${rkbin}/bl31.elf";
        TPL_RK3566 = "${rkbin}/ddr.bin";
      };

    # Patches of nixpkgs' own kernels, by name
    kernelPatches.request_key_helper = {
      name = "request-key-helper";
      patch = self.absent "request-key-helper.patch" {};
    };

    # What NixOS makes of kernels and firmware
    linuxPackagesFor = kernel:
      lib.makeExtensible (final: {
        inherit kernel;
        inherit (final.kernel) isZen kernelAtLeast kernelOlder stdenv;
      });
    compressFirmwareZstd = firmware:
      self.runCommand "${lib.getName firmware}-zstd" {
        inherit firmware;
        nativeBuildInputs = [self.zstd];
      } ''
        mkdir -p $out/lib
        cp -rL --no-preserve=mode "$firmware/lib/firmware" $out/lib/
        find $out/lib/firmware -type f -exec zstd -q -T1 -19 --rm {} +
      '';
    buildEnv = {
      name,
      paths,
      pathsToLink,
      ignoreCollisions,
    }:
      self.runCommand name {inherit ignoreCollisions paths pathsToLink;} ''
        mkdir $out
        for path in $paths; do
          for folder in $pathsToLink; do
            [ ! -d "$path/$folder" ] || { mkdir -p "$out/$folder" && cp -rsnL "$path/$folder/." "$out/$folder/"; }
          done
        done
      '';

    rustPlatform = {
      rustLibSrc = "/usr/lib/rustlib/src/rust/library";
      importCargoLock = self.callPackage ./cargo-vendor.nix {};
    };
    rustc = hostTool "rustc";
    rustc-unwrapped = self.rustc;
    # Never with links
    busybox = tools.busybox // {override = {enableAppletSymlinks}: assert !enableAppletSymlinks; tools.busybox;};
    rust-bindgen-unwrapped = self.callPackage ./bindgen {};
    python3Minimal = self.python3;
    alejandra = self.callPackage ./alejandra {};
    deadnix = self.callPackage ./deadnix {};
    systemd = self.callPackage ./udev {};
    python3Packages.dtschema = self.callPackage ./dtschema {};
    linuxManualConfig = self.callPackage ./linux.nix {};
  };

  # What the guest of the tablet's kernel runs: programs by nixpkgs' names, all
  # of them in one package.
  guestPrograms = self:
    lib.optionalAttrs (crossSystem != null) (
      lib.genAttrs ["busybox" "dbus" "dropbear" "hostapd" "iperf3" "iw" "iwd" "systemd"] (_: self.callPackage ./arm64 {})
    );

  tools =
    lib.genAttrs [
      "bc"
      "bison"
      "busybox"
      "cargo"
      "clippy"
      "codespell"
      "coreutils"
      "cpio"
      "dbus"
      "dpkg"
      "dtc"
      "dtschema-libraries"
      "elfutils"
      "flex"
      "git"
      "gnugrep"
      "gnused"
      "gnutar"
      "gzip"
      "hostapd"
      "iperf3"
      "iproute2"
      "iputils"
      "iw"
      "iwd"
      "jq"
      "kmod"
      "openssh"
      "openssl"
      "patchelf"
      "perl"
      "procps"
      "python3"
      "qemu"
      "rsync"
      "rustfmt"
      "shellcheck"
      "util-linux"
      "which"
      "wireless-regdb"
      "wpa_supplicant"
      "xz"
      "yamllint"
      "zstd"
    ]
    hostTool;
in
  lib.fix (lib.foldl' (set: overlay: lib.extends overlay set) (self: tools // packages self // guestPrograms self) overlays)
