# SPDX-License-Identifier: GPL-2.0-only
#
# The least that is a tablet: what the configurations of the check start from.
{lib, ...}: {
  hardware.pinetab2.enable = lib.mkDefault true;
  hardware.bes2600.enable = lib.mkDefault true;
  nixpkgs.hostPlatform = "aarch64-linux";
  fileSystems."/" = {
    device = "/dev/disk/by-label/NIXOS_SD";
    fsType = "ext4";
  };
  system.stateVersion = "26.11";
}
