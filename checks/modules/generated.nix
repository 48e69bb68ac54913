# SPDX-License-Identifier: GPL-2.0-only
#
# What right configurations generate.
{
  configOf,
  equal,
  holds,
  lib,
  nixosModules,
  complaints,
  systemWith,
  ...
}: let
  plain = configOf {};
  tuned = configOf {
    hardware.bes2600 = {
      powerSave = true;
      regulatoryDomain = "DE";
      macAddress = "02:ba:5e:00:00:01";
    };
  };
  debugged = configOf {hardware.bes2600.debug.enable = true;};
  busDebugged = configOf {
    hardware.bes2600.debug = {
      enable = true;
      tracepoints = ["mmc:*"];
      dynamicDebug = [];
    };
  };
  withIwd = configOf {
    networking.networkmanager = {
      enable = true;
      wifi.backend = "iwd";
    };
    networking.wireless.iwd.enable = true;
    networking.wireless.iwd.settings.General.Country = "DE";
  };
  early = configOf {
    hardware.pinetab2 = {
      revision = "v0.1";
      suspend = "deep";
    };
  };
  # Those that differ from the driver as it stands, and those that do not
  manifest = (lib.importTOML ../../patches/variants/variants.toml).variants;
  changes = variant: variant.patches != [] || variant ? parent;
  driverOf = variant: (configOf {hardware.bes2600 = {inherit variant;};}).hardware.bes2600.package;
  same = a: b: a.drvPath == b.drvPath;
  without = configOf {hardware.bes2600.enable = false;};
  driverAlone =
    (systemWith [nixosModules.bes2600] ({pkgs, ...}: {
      options.hardware.pinetab2.enable = lib.mkOption {type = lib.types.bool;};
      config.boot.kernelPackages = pkgs.linuxPackagesFor pkgs.linux-pinetab2;
    }))
    .config;

  mentions = config: lib.filter (param: lib.any (prefix: lib.hasPrefix prefix param) ["cfg80211." "dyndbg" "trace_event"]) config.boot.kernelParams;
  rule = power: config:
    lib.filter (line: builtins.match ".*bes2600.*" line != null) (lib.splitString "\n" (builtins.unsafeDiscardStringContext config.services.udev.extraRules))
    == [''ACTION=="add", SUBSYSTEM=="net", ENV{DEVTYPE}=="wlan", DRIVERS=="bes2600", RUN+="${builtins.unsafeDiscardStringContext "${iw config}"}/bin/iw dev $name set power_save ${power}"''];
  iw = config: lib.elemAt (builtins.match ".*RUN[+]=\"([^\"]*)/bin/iw .*" (builtins.unsafeDiscardStringContext config.services.udev.extraRules)) 0;
  modules = config: map (package: package.outPath) config.boot.extraModulePackages;
in [
  (equal "plain: no complaint" [] (complaints plain))
  (equal "plain: no warning of ours" [] (lib.filter (lib.hasPrefix "hardware.") plain.warnings))
  (equal "plain: the driver for this kernel, and no other module" [plain.hardware.bes2600.package.outPath] (modules plain))
  (equal "plain: kernel parameters of the Wi-Fi chip" [] (mentions plain))
  (holds "plain: udev loads the module, nothing else does" (!lib.elem "bes2600" plain.boot.kernelModules))
  (holds "plain: no options for modprobe, the module has none" (builtins.match ".*bes2600.*" plain.boot.extraModprobeConfig == null))
  (holds "plain: udev switches power save off" (rule "off" plain))
  (equal "plain: NetworkManager" false plain.networking.networkmanager.wifi.powersave)
  (equal "plain: iwd" {
      DefaultInterface = "bes2600";
      PowerSaveDisable = "bes2600";
    }
    plain.networking.wireless.iwd.settings.DriverQuirks)
  (holds "plain: no link file" (!plain.systemd.network.links ? "10-bes2600"))
  (holds "plain: the regulatory database, for the root file system and before it" (
    plain.hardware.wirelessRegulatoryDatabase
    && lib.all (file: lib.elem file plain.boot.initrd.extraFirmwarePaths) ["regulatory.db" "regulatory.db.p7s"]
  ))
  (holds "plain: bes2600-report is installed" (lib.any (package: lib.getName package == "bes2600-report") plain.environment.systemPackages))
  (equal "plain: device tree" "rockchip/rk3566-pinetab2-v2.0.dtb" plain.hardware.deviceTree.name)
  (holds "plain: console on the serial port and on the display, in this order" (
    lib.filter (lib.hasPrefix "console=") plain.boot.kernelParams == ["console=ttyS2,1500000n8" "console=tty0"]
  ))
  (holds "plain: swap is compressed by what the kernel has" (
    plain.zramSwap.enable && plain.boot.kernelPackages.kernel.config.isYes "ZRAM_BACKEND_${lib.toUpper plain.zramSwap.algorithm}"
  ))
  (holds "plain: the firewall by nftables" plain.networking.nftables.enable)
  (holds "plain: stage 1 asks for no modules of PCs" (!plain.boot.initrd.includeDefaultModules && !plain.boot.initrd.systemd.tpm2.enable))
  (holds "plain: sleep" (lib.elem "mem_sleep_default=s2idle" plain.boot.kernelParams))

  (equal "tuned: no complaint" [] (complaints tuned))
  (equal "tuned: country, on the command line as cfg80211 is built in" ["cfg80211.ieee80211_regdom=DE"] (mentions tuned))
  (holds "tuned: udev switches power save on" (rule "on" tuned))
  (equal "tuned: NetworkManager" true tuned.networking.networkmanager.wifi.powersave)
  (equal "tuned: iwd" {DefaultInterface = "bes2600";} tuned.networking.wireless.iwd.settings.DriverQuirks)
  (equal "tuned: link file with the address" {
      matchConfig.Driver = "bes2600";
      linkConfig = {
        MACAddress = "02:ba:5e:00:00:01";
        NamePolicy = "keep kernel";
      };
    } {
      inherit (tuned.systemd.network.links."10-bes2600") matchConfig linkConfig;
    })

  (equal "debug: kernel parameters" [
    "trace_event=cfg80211:*,mac80211:*"
    ''dyndbg="module cfg80211 +p; module mac80211 +p"''
  ] (mentions debugged))
  (equal "debug of the bus alone: kernel parameters" ["trace_event=mmc:*"] (mentions busDebugged))

  (equal "NetworkManager on iwd: no complaint" [] (complaints withIwd))
  (equal "NetworkManager on iwd: own settings beside ours, and NixOS' about all interfaces" {
    DriverQuirks = {
      DefaultInterface = "?*";
      PowerSaveDisable = "bes2600";
    };
    General.Country = "DE";
  } {inherit (withIwd.networking.wireless.iwd.settings) DriverQuirks General;})

  (equal "v0.1: device tree" "rockchip/rk3566-pinetab2-v0.1.dtb" early.hardware.deviceTree.name)
  (holds "v0.1: sleep" (lib.elem "mem_sleep_default=deep" early.boot.kernelParams))

  (equal "variants: each that changes something is another driver" (lib.attrNames (lib.filterAttrs (_: changes) manifest))
    (lib.filter (name: !same (driverOf name) plain.hardware.bes2600.package) (lib.attrNames manifest)))
  (holds "variants: no two that change something are the same" (let
    drivers = map (name: (driverOf name).drvPath) (lib.attrNames (lib.filterAttrs (_: changes) manifest));
  in
    lib.unique drivers == drivers))
  (holds "variants: for the kernel of the configuration" (
    lib.all (name: (driverOf name).kernel.outPath == plain.boot.kernelPackages.kernel.outPath) (lib.attrNames manifest)
  ))
  (equal "variants: one is all that is loaded" [(driverOf "patch-b").outPath] (modules (configOf {hardware.bes2600.variant = "patch-b";})))

  (equal "without the driver: no module" [] (modules without))
  (holds "without the driver: no udev rule" (builtins.match ".*bes2600.*" without.services.udev.extraRules == null))

  (equal "the driver's module without the board's: no complaint" [] (complaints driverAlone))
  (equal "the driver's module without the board's: the driver" [driverAlone.hardware.bes2600.package.outPath] (modules driverAlone))
]
