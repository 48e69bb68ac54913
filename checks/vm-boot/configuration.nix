# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet in the virtual machine: what an owner would set, and the test's own
# modules.
{
  hardware.bes2600.regulatoryDomain = "DE";

  networking.wireless.iwd = {
    enable = true;
    settings = {
      General.EnableNetworkConfiguration = true;
      Network.NameResolvingService = "none";
    };
  };

  # The virtual slot of the chip, and radios for the access points
  boot.kernelModules = ["vsdio" "mac80211_hwsim"];
}
