# SPDX-License-Identifier: GPL-2.0-only
#
# In user-mode Linux the real udev loads the driver by the card's modalias, and
# what the NixOS module generates for udev takes effect.
{
  callPackage,
  writeText,
  iw,
  linux-uml,
  nixos,
  stdenv,
  systemd,
}: let
  address = "02:ba:5e:00:00:01";
  inherit
    ((nixos.nixosSystem {
      modules = [
        nixos.nixosModules.bes2600
        {
          nixpkgs.hostPlatform = stdenv.hostPlatform.system;
          hardware.bes2600 = {
            enable = true;
            powerSave = true;
            macAddress = address;
          };
          system.stateVersion = "26.11";
        }
      ];
    }))
    config
    ;
in
  (callPackage ./lib/uml.nix {}) {
    name = "autoload";
    kernel = linux-uml;
    options = ["--time-travel" "--timeout" "600"];
    variables = {
      ADDRESS = address;
      POWER_SAVE = "on";
      IW = "${iw}/bin/iw";
      LINK = config.environment.etc."systemd/network/10-bes2600.link".source;
      # The program that it names is IW.
      RULES = writeText "99-local.rules" (builtins.unsafeDiscardStringContext config.services.udev.extraRules);
      UDEV = systemd;
    };
  }
