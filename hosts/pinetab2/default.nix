# SPDX-License-Identifier: GPL-2.0-only
#
# A tablet with a desktop: what you have after `nix flake init`, to make it yours.
{lib, ...}: {
  hardware.pinetab2.enable = true;
  hardware.bes2600 = {
    enable = true;
    # regulatoryDomain = "DE";
  };

  networking = {
    hostName = "pinetab2";
    networkmanager.enable = true;
  };

  # GNOME has an on-screen keyboard, turns the display by the accelerometer and
  # scales for fingers.
  services.desktopManager.gnome.enable = true;
  services.displayManager.gdm.enable = true;
  # A short press of the power button, as on every tablet
  services.logind.settings.Login.HandlePowerKey = lib.mkDefault "suspend";

  users.users.tablet = {
    isNormalUser = true;
    extraGroups = ["networkmanager" "wheel"];
    # Digits, as long as there is a lock screen without a keyboard. Change it with
    # passwd at the first start.
    initialPassword = "147147";
  };
  time.timeZone = lib.mkDefault "UTC";

  fileSystems."/" = {
    device = lib.mkDefault "/dev/disk/by-label/NIXOS_SD";
    fsType = "ext4";
  };

  # The boot menu offers the last five systems: what an update broke is one
  # choice away.
  boot.loader.generic-extlinux-compatible.configurationLimit = 5;
  nix = {
    settings.experimental-features = ["nix-command" "flakes"];
    gc = {
      automatic = true;
      options = "--delete-older-than 30d";
    };
  };

  system.stateVersion = "26.11";
}
