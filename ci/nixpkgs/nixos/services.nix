# SPDX-License-Identifier: GPL-2.0-only
#
# Network daemons, desktop, and other services.
{lib, ...}: let
  inherit (lib) mkOption types;
  bool = default:
    mkOption {
      type = types.bool;
      inherit default;
    };
  settings = mkOption {
    type = types.attrsOf types.anything;
    default = {};
  };
in {
  options = {
    networking = {
      hostName = mkOption {
        type = types.str;
        default = "nixos";
      };
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
        inherit settings;
      };
    };
    systemd.network.links = settings;
    services = {
      udev.extraRules = mkOption {
        type = types.lines;
        default = "";
      };
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
}
