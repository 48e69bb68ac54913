# SPDX-License-Identifier: GPL-2.0-only
{
  lib,
  craneLib,
  runCommand,
}: let
  program = craneLib.buildPackage (
    import ./workspace.nix {inherit lib craneLib;}
    // {
      pname = "besser-program";
      cargoExtraArgs = "--locked";
      # The check of the same name runs the tests.
      doCheck = false;
    }
  );
in
  # The manual and the completions come out of the program.
  runCommand "besser" {
    meta = {
      description = "Builds, compares and measures variants of the BES2600 driver";
      license = lib.licenses.gpl2Only;
      mainProgram = "besser";
    };
  } ''
    mkdir -p $out/share/bash-completion/completions $out/share/zsh/site-functions $out/share/fish/vendor_completions.d
    install -D -t $out/bin ${program}/bin/besser
    cd $out
    bin/besser man --out share/man/man1
    bin/besser completions bash >share/bash-completion/completions/besser
    bin/besser completions zsh >share/zsh/site-functions/_besser
    bin/besser completions fish >share/fish/vendor_completions.d/besser.fish
  ''
