# SPDX-License-Identifier: GPL-2.0-only
#
# mkDerivation with the phases, hooks and attributes that this project uses.
# setup.sh is the builder's side of it.
{
  lib,
  # Folders of programs that every build has in its PATH.
  initialPath,
  # Versions of the Debian packages behind them: part of every hash.
  hostTools,
  buildPlatform,
  hostPlatform,
}: let
  setup = builtins.path {
    name = "setup.sh";
    path = ./setup.sh;
  };
  cross = hostPlatform.system != buildPlatform.system;

  mkDerivation = args: let
    attrs = removeAttrs args [
      "env"
      "meta"
      "nativeCheckInputs"
      "passthru"
      "strictDeps"
    ];
    name =
      args.name
      or "${args.pname}${lib.optionalString cross "-${hostPlatform.rust.rustcTarget}"}-${args.version}";
    drv = derivation (
      args.env
      or {}
      // attrs
      // {
        inherit name hostTools setup;
        inherit (buildPlatform) system;
        initialPath = map (folder: "${folder}/bin") initialPath;
        nativeBuildInputs =
          args.nativeBuildInputs
          or []
          ++ lib.optionals (args.doCheck or false) (args.nativeCheckInputs or []);
        builder = "/bin/bash";
        args = [
          "-c"
          ". \"$setup\"; genericBuild"
        ];
      }
    );
  in
    drv
    // args.passthru or {}
    // {
      inherit stdenv;
      meta =
        {
          inherit name;
        }
        // args.meta or {};
      passthru = args.passthru or {};
      overrideAttrs = change: mkDerivation (args // change args);
    }
    // builtins.intersectAttrs {
      pname = null;
      version = null;
      src = null;
    }
    args;

  stdenv = {
    inherit mkDerivation buildPlatform hostPlatform;
    inherit (hostPlatform) system;
    cc = {
      targetPrefix = lib.optionalString cross "aarch64-linux-gnu-";
      libc.static = null;
    };
  };
in
  stdenv
