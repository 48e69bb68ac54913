# SPDX-License-Identifier: GPL-2.0-only
#
# The Wi-Fi chip of the PineTab2: its driver, its firmware, and settings that
# are spread over the kernel's command line, udev and the network daemons.
{
  config,
  lib,
  pkgs,
  ...
}: let
  inherit (lib) literalExpression mkOption types;
  inherit (config.networking) networkmanager;
  cfg = config.hardware.bes2600;
  kernel = import ./kernel.nix {
    inherit lib;
    inherit (config.boot.kernelPackages) kernel;
  };
  variants = pkgs.besser.bes2600Variants;
  # What they are, for the option's description
  titles = lib.mapAttrsToList (name: variant: "- `${name}`: ${variant.title}") (lib.importTOML ../../patches/variants/variants.toml).variants;
in {
  options.hardware.bes2600 = {
    enable = lib.mkEnableOption "the BES2600 Wi-Fi chip with the driver written in Rust";

    variant = mkOption {
      type = types.str;
      default = "default";
      example = "patch-b";
      description = ''
        Which variant of the driver to build, for comparisons; `default` is the driver as it stands, and so is `head`.
        The others are earlier designs:

        ${lib.concatStringsSep "\n" titles}
      '';
    };

    package = mkOption {
      type = types.package;
      default = (variants.${cfg.variant} or variants.default) config.boot.kernelPackages.kernel;
      defaultText = literalExpression "pkgs.besser.bes2600Variants.\${config.hardware.bes2600.variant} config.boot.kernelPackages.kernel";
      description = "The kernel module, built for the kernel of {option}`boot.kernelPackages`.";
    };

    firmware = mkOption {
      type = types.package;
      default = pkgs.besser.bes2600-firmware;
      defaultText = literalExpression "pkgs.besser.bes2600-firmware";
      description = ''
        The chip's firmware and calibration, in `lib/firmware/bes2600`. The default has no source and may be passed on.
      '';
    };

    powerSave = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether the station sleeps between beacons when a network is joined. Off, which is also the kernel's own
        default: what it saves and costs with this driver has not been measured on a tablet. The setting
        reaches every network daemon, by a udev rule, and NetworkManager and iwd by their own settings.
      '';
    };

    regulatoryDomain = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "DE";
      description = ''
        The country the tablet is in, two capital letters of ISO 3166. It decides about channels and power. With
        `null` the kernel keeps to what is allowed everywhere, which leaves out most of the 5 GHz band.
      '';
    };

    macAddress = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "02:ba:5e:00:00:01";
      description = ''
        The address of the station, set by udev before NetworkManager takes the interface up; iwd without
        NetworkManager does not wait for udev, and may be first. With `null` it is the boot loader's, by way of the
        device tree; without one there, the driver makes up another address at each start.
      '';
    };

    debug = {
      enable = lib.mkEnableOption "tracepoints and debug messages for reports about the driver; {command}`bes2600-report` collects them";

      tracepoints = mkOption {
        type = types.listOf types.str;
        default = ["cfg80211:*" "mac80211:*"];
        example = ["mac80211:*" "mmc:*"];
        description = "Tracepoints that are on from boot. The bus commands are `mmc:*`: there are thousands a second.";
      };

      dynamicDebug = mkOption {
        type = types.listOf types.str;
        default = ["module cfg80211 +p" "module mac80211 +p"];
        description = "Queries for the kernel's dynamic debug. The driver itself has no such messages.";
      };
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = import ./assertions.nix {inherit cfg config kernel lib variants;};
    warnings = kernel.warnings;

    # udev loads the module by the card's modalias; it has no parameters.
    boot.extraModulePackages = [cfg.package];
    hardware.firmware = [cfg.firmware];

    # cfg80211 is built in and reads its database once, before the root file
    # system is there.
    hardware.wirelessRegulatoryDatabase = lib.mkDefault true;
    boot.initrd.extraFirmwarePaths = ["regulatory.db" "regulatory.db.p7s"];

    # Built in, so modprobe's options would not reach it either.
    boot.kernelParams = lib.mkMerge [
      (lib.mkIf (cfg.regulatoryDomain != null) ["cfg80211.ieee80211_regdom=${cfg.regulatoryDomain}"])
      (lib.mkIf (cfg.debug.enable && cfg.debug.tracepoints != []) ["trace_event=${lib.concatStringsSep "," cfg.debug.tracepoints}"])
      (lib.mkIf (cfg.debug.enable && cfg.debug.dynamicDebug != []) [''dyndbg="${lib.concatStringsSep "; " cfg.debug.dynamicDebug}"''])
    ];

    services.udev.extraRules = let
      power =
        if cfg.powerSave
        then "on"
        else "off";
    in ''
      ACTION=="add", SUBSYSTEM=="net", ENV{DEVTYPE}=="wlan", DRIVERS=="bes2600", RUN+="${pkgs.iw}/bin/iw dev $name set power_save ${power}"
    '';
    networking.networkmanager.wifi.powersave = lib.mkDefault cfg.powerSave;
    networking.wireless.iwd.settings.DriverQuirks = lib.mkMerge [
      # iwd would remove the interface and make another one, while udev is
      # setting it up. For NetworkManager, NixOS says so of all interfaces, which
      # a pattern of ours would take back for others than ours.
      {
        DefaultInterface = lib.mkDefault (
          if networkmanager.enable && networkmanager.wifi.backend == "iwd"
          then "?*"
          else "bes2600"
        );
      }
      (lib.mkIf (!cfg.powerSave) {PowerSaveDisable = lib.mkDefault "bes2600";})
    ];

    # Before 99-default.link, which would take the name from it.
    systemd.network.links = lib.mkIf (cfg.macAddress != null) {
      "10-bes2600" = {
        matchConfig.Driver = "bes2600";
        linkConfig = {
          NamePolicy = "keep kernel";
          MACAddress = cfg.macAddress;
        };
      };
    };

    environment.systemPackages = [pkgs.besser.bes2600-report];
  };
}
