# SPDX-License-Identifier: GPL-2.0-only
#
# Network daemons, udev, desktop, and other services.
{
  config,
  lib,
  pkgs,
  ...
}: let
  inherit (lib) mkOption types;
  inherit (import ./option.nix {inherit lib;}) bool lines settings string;
  inherit (config.networking.wireless) iwd;
  # What udev and iwd read has this form.
  sections = lib.generators.toINI {};
  ini = types.attrsOf (types.attrsOf (types.nullOr (types.oneOf [types.bool types.int types.str])));
  managed = with config.networking.networkmanager; enable && wifi.backend == "iwd";
in {
  options = {
    networking = {
      hostName = string "nixos";
      nftables.enable = bool false;
      networkmanager = {
        enable = bool false;
        wifi = {
          backend = mkOption {
            type = types.enum ["wpa_supplicant" "iwd"];
            default = "wpa_supplicant";
          };
          powersave = mkOption {
            type = types.nullOr types.bool;
            default = null;
          };
        };
      };
      wireless.iwd = {
        enable = bool false;
        settings = mkOption {
          type = ini;
          default = {};
        };
      };
    };
    systemd.network.links = mkOption {
      default = {};
      type = types.attrsOf (types.submodule {
        options = {
          matchConfig = settings;
          linkConfig = settings;
        };
      });
    };
    services = {
      udev.extraRules = lines;
      desktopManager.gnome.enable = bool false;
      displayManager.gdm.enable = bool false;
      logind.settings.Login = settings;
      pipewire = {
        enable = bool false;
        alsa.enable = bool false;
        pulse.enable = bool false;
      };
      upower.enable = bool false;
    };
  };

  config = {
    networking.wireless.iwd.enable = lib.mkIf managed true;
    assertions = lib.mkIf iwd.enable [
      {
        assertion = !(iwd.settings ? General && iwd.settings.General ? UseDefaultInterface);
        message = "networking.wireless.iwd.settings.General.UseDefaultInterface is DriverQuirks.DefaultInterface now.";
      }
    ];

    # iwd's interfaces keep the names that it gives them.
    systemd.network.links."80-iwd" = lib.mkIf iwd.enable {
      matchConfig.Type = "wlan";
      linkConfig.NamePolicy = "keep kernel";
    };

    environment.etc = lib.mkMerge [
      {
        "udev/rules.d".source = pkgs.runCommand "udev-rules" {rules = config.services.udev.extraRules;} ''
          mkdir $out
          cp ${pkgs.systemd}/lib/udev/rules.d/*.rules $out/
          printf '%s\n' "$rules" >$out/99-local.rules
        '';
      }
      (lib.mkIf iwd.enable {
        # The last one is what an iwd of Debian 12 calls DefaultInterface.
        "iwd/main.conf".text = sections (
          lib.foldl' lib.recursiveUpdate (lib.optionalAttrs managed {DriverQuirks.DefaultInterface = "?*";}) [
            iwd.settings
            {General.UseDefaultInterface = true;}
          ]
        );
      })
      (lib.mapAttrs' (name: link:
        lib.nameValuePair "systemd/network/${name}.link" {
          text = sections {
            Match = link.matchConfig;
            Link = link.linkConfig;
          };
        })
      config.systemd.network.links)
    ];
  };
}
