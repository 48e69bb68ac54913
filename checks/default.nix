# SPDX-License-Identifier: GPL-2.0-only
#
# The flake's checks, one file each. Every check leaves results.tap.
{
  lib,
  callPackage,
  hasUml,
}: let
  checks =
    {
      besser = callPackage ./besser.nix {};
      emulator = callPackage ./emulator.nix {};
      fuzz = callPackage ./fuzz.nix {};
      modules = callPackage ./modules.nix {};
      panics = callPackage ./panics.nix {};
      style = callPackage ./style.nix {};
      series = callPackage ./series.nix {};
      vm-boot = callPackage ./vm-boot.nix {};
      vm-ramp = callPackage ./vm-ramp.nix {};
    }
    // lib.optionalAttrs hasUml {
      address = callPackage ./address.nix {};
      air = callPackage ./air.nix {};
      autoload = callPackage ./autoload.nix {};
      bench = callPackage ./bench.nix {};
      bring-up = callPackage ./bring-up.nix {};
      defects = callPackage ./defects.nix {};
      debug-works = callPackage ./debug-works.nix {};
      faults = callPackage ./faults.nix {};
      kunit = callPackage ./kunit.nix {};
      mutation = callPackage ./mutation.nix {};
      mutation-air = callPackage ./mutation-air.nix {};
      misuse = callPackage ./misuse.nix {};
      reproducible = callPackage ./reproducible.nix {};
      soak = callPackage ./soak.nix {};
      station = callPackage ./station.nix {};
      station-faults = callPackage ./station-faults.nix {};
      station-knobs = callPackage ./station-knobs.nix {};
      station-traffic = callPackage ./station-traffic.nix {};
      radios = callPackage ./radios.nix {};
      recovery = callPackage ./recovery.nix {};
      variants = callPackage ./variants.nix {};
      vsdio = callPackage ./vsdio.nix {};
      vsdio-node = callPackage ./vsdio-node.nix {};
    };
in
  checks // lib.optionalAttrs hasUml {robustness = callPackage ./robustness.nix {inherit checks;};}
