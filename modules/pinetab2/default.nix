# SPDX-License-Identifier: GPL-2.0-only
#
# The board: kernel, device tree, boot loader's menu, and what its display,
# sensors, sound and battery want of user space. docs/pinetab2.md lists what is
# not done.
{
  config,
  lib,
  pkgs,
  ...
}: let
  inherit (lib) mkDefault mkOption types;
  cfg = config.hardware.pinetab2;
  required = import ./required-kernel-config.nix;
in {
  options.hardware.pinetab2 = {
    enable = lib.mkEnableOption "the Pine64 PineTab2";

    revision = mkOption {
      type = types.enum ["v0.1" "v2.0"];
      default = "v2.0";
      description = "Revision of the board: tablets as sold are v2.0, v0.1 went to developers. They differ in the supply of the Wi-Fi chip and the switch of the cover.";
    };

    suspend = mkOption {
      type = types.enum ["s2idle" "deep"];
      default = "s2idle";
      description = ''
        How the tablet sleeps. `deep` leaves it to the firmware, draws less, and is what resume failures were reported
        of; `s2idle` keeps the kernel in charge.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    boot = {
      kernelPackages = mkDefault (pkgs.linuxPackagesFor pkgs.linux-pinetab2);
      kernelParams = [
        # The last one is /dev/console.
        "console=ttyS2,1500000n8"
        "console=tty0"
        "mem_sleep_default=${cfg.suspend}"
      ];
      loader.grub.enable = mkDefault false;
      loader.generic-extlinux-compatible.enable = mkDefault true;

      # What the root file system needs is built in, and NixOS' default list is
      # for PCs.
      initrd.includeDefaultModules = false;
      initrd.allowMissingModules = mkDefault true;
      initrd.systemd.tpm2.enable = mkDefault false;
    };
    system.requiredKernelConfig = map (symbol: config.lib.kernelConfig.${required.${symbol}.is} symbol) (lib.attrNames required);

    hardware.deviceTree = {
      enable = true;
      name = "rockchip/rk3566-pinetab2-${cfg.revision}.dtb";
    };

    # GPU: panfrost in the kernel, Mesa in user space
    hardware.graphics.enable = mkDefault true;
    # Rotation by the accelerometer
    hardware.sensor.iio.enable = mkDefault true;
    # Battery level and the warning before it is empty
    services.upower.enable = mkDefault true;
    services.pipewire = {
      enable = mkDefault true;
      alsa.enable = mkDefault true;
      pulse.enable = mkDefault true;
    };
    # Four or eight gigabytes of memory, and no disk that wants swap on it
    zramSwap.enable = mkDefault true;
    # The kernel has what nftables' rules name, and of iptables' matches few.
    networking.nftables.enable = mkDefault true;
  };
}
