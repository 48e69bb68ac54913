# SPDX-License-Identifier: GPL-2.0-only
#
# What the driver needs of a kernel, and what this one lacks.
{
  lib,
  kernel,
}: let
  series = map (patch: lib.removeSuffix ".patch" (baseNameOf patch)) (import ../../pkgs/linux {inherit lib;}).patches;
  applied = map (patch: patch.name) (kernel.kernelPatches or []);
  missing = lib.filter (name: !lib.elem name applied) series;
  lacking = symbols: lib.filter (symbol: !kernel.config.isYes symbol) (lib.attrNames symbols);

  # Without these there is no driver.
  needed = {
    CFG80211 = "the series' Rust side links to it";
    FW_LOADER = "the chip has no firmware of its own";
    GPIOLIB = "the chip is woken by a line";
    MAC80211 = "the series' Rust side links to it";
    MMC = "the chip is an SDIO card";
    MODULES = "the driver is a module";
    RUST = "the driver is written in Rust";
    RUST_FW_LOADER_ABSTRACTIONS = "the driver loads firmware";
  };

  # Without these it runs, and something else does not.
  wanted = {
    DEBUG_FS = "bes2600-report finds no counters";
    DYNAMIC_DEBUG = "hardware.bes2600.debug.dynamicDebug has no effect";
    FTRACE = "hardware.bes2600.debug.tracepoints has no effect";
    FW_LOADER_COMPRESS_ZSTD = "the firmware loads only with hardware.firmwareCompression = \"none\" or \"xz\"";
  };
in {
  inherit (kernel) version;
  inherit missing;
  count = builtins.length series;

  # Of another kernel's configuration nothing may be known.
  lacking = lib.optionals (missing == []) (map (symbol: "CONFIG_${symbol}=y (${needed.${symbol}})") (lacking needed));
  warnings = lib.optionals (missing == []) (
    map (symbol: "hardware.bes2600: the kernel's configuration lacks CONFIG_${symbol}=y: ${wanted.${symbol}}. Take back what switches it off in boot.kernelPatches.") (lacking wanted)
  );
}
