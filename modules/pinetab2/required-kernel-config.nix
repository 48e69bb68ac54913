# SPDX-License-Identifier: GPL-2.0-only
#
# What a NixOS with this module asks of the kernel's configuration: NixOS' own
# list (system.requiredKernelConfig of its kernel, udev, stage 1, systemd and
# zram modules), and the board's. `is` names a function of lib.kernelConfig.
#
# CONFIG_DMIID of systemd's list is left out: it is for PCs, and the tablet has
# a device tree in its place.
let
  isYes = why: {
    is = "isYes";
    inherit why;
  };
  isEnabled = why: {
    is = "isEnabled";
    inherit why;
  };
  isModule = why: {
    is = "isModule";
    inherit why;
  };
in {
  MODULES = isYes "kernel";
  BINFMT_ELF = isYes "kernel";
  BLK_DEV_INITRD = isYes "stage 1";
  TMPFS = isYes "stage 1";
  INOTIFY_USER = isYes "udev, systemd";
  NET = isYes "udev, systemd";
  UNIX = isEnabled "udev";
  AUTOFS_FS = isEnabled "systemd";
  CGROUPS = isEnabled "systemd";
  CRYPTO_HMAC = isEnabled "systemd";
  CRYPTO_SHA256 = isEnabled "systemd";
  CRYPTO_USER_API_HASH = isEnabled "systemd";
  DEVTMPFS = isEnabled "systemd";
  EPOLL = isEnabled "systemd";
  FHANDLE = isEnabled "systemd";
  PROC_FS = isEnabled "systemd";
  SECCOMP = isEnabled "systemd";
  SIGNALFD = isEnabled "systemd";
  SYSFS = isEnabled "systemd";
  TIMERFD = isEnabled "systemd";
  TMPFS_POSIX_ACL = isEnabled "systemd";
  TMPFS_XATTR = isEnabled "systemd";
  ZRAM = isModule "zramSwap";
  ZRAM_BACKEND_ZSTD = isYes "zramSwap.algorithm, as NixOS sets it";

  # iwd has its cryptography from the kernel.
  ASYMMETRIC_KEY_TYPE = isEnabled "iwd";
  CRYPTO_AES = isEnabled "iwd";
  CRYPTO_CBC = isEnabled "iwd";
  CRYPTO_CMAC = isEnabled "iwd";
  CRYPTO_ECB = isEnabled "iwd";
  CRYPTO_MD5 = isEnabled "iwd";
  CRYPTO_SHA1 = isEnabled "iwd";
  CRYPTO_SHA512 = isEnabled "iwd";
  CRYPTO_USER_API_SKCIPHER = isEnabled "iwd";
  KEY_DH_OPERATIONS = isEnabled "iwd";
  PKCS8_PRIVATE_KEY_PARSER = isEnabled "iwd";
  RFKILL = isEnabled "airplane mode";

  RD_ZSTD = isYes "the initrd is compressed with it";
  MMC_BLOCK = isYes "the root file system is on it, and the initrd brings no modules";
  MMC_DW_ROCKCHIP = isYes "the SD card, and the slot of the Wi-Fi chip";
  MMC_SDHCI_OF_DWCMSHC = isYes "the eMMC";
  EXT4_FS = isYes "the root file system";
  BACKLIGHT_PWM = isYes "as a module it left tablets dark";
  DRM_PANEL_BOE_TH101MB31UIG002_28A = isYes "the display from the first message on";
  FW_LOADER_COMPRESS_ZSTD = isYes "NixOS compresses firmware with it";
  CGROUP_BPF = isEnabled "systemd's IP accounting and device rules";
  NF_TABLES = isEnabled "the firewall";
  NFT_CT = isEnabled "the firewall: connections";
  NFT_FIB_INET = isEnabled "the firewall: reverse path";
  NFT_LOG = isEnabled "the firewall: refused connections";
  NFT_REJECT = isEnabled "the firewall";
  VFAT_FS = isEnabled "the first partition of the images";
}
