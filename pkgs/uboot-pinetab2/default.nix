# SPDX-License-Identifier: GPL-2.0-only
#
# The boot loader: U-Boot with mainline's configuration for the board. Two parts
# are Rockchip's and have no source, which the licence says: the code that
# starts the memory, and the firmware that stays behind Linux. The free one of
# the latter lacks the GPU's clock.
{
  lib,
  buildUBoot,
  rkbin,
}:
(buildUBoot {
  defconfig = "pinetab2-rk3566_defconfig";
  env = {
    BL31 = rkbin.BL31_RK3568;
    ROCKCHIP_TPL = rkbin.TPL_RK3566;
  };
  filesToInstall = [
    "idbloader.img"
    "u-boot.itb"
    "u-boot-rockchip-spi.bin"
  ];
  extraMeta = {
    description = "U-Boot for the PineTab2, with Rockchip's memory start-up code and secure firmware";
    license = lib.licenses.unfreeRedistributableFirmware;
    platforms = ["aarch64-linux"];
  };
})
.overrideAttrs (_: {
  # Which board's, not which file of settings
  pname = "uboot-pinetab2";
})
