# SPDX-License-Identifier: GPL-2.0-only
#
# Every detector of the debug kernel reports a defect planted for it.
{
  callPackage,
  runCommand,
  llvmPackages_22,
  linux-uml-debug,
  busybox,
  kmod,
  util-linux,
}: let
  kernel = linux-uml-debug;
  source = callPackage ./lib/guest.nix {} [./debug-works ./scenarios/planted.sh];
  planted = llvmPackages_22.stdenv.mkDerivation {
    name = "planted-defects";
    src = ./debug-works;
    nativeBuildInputs = [
      llvmPackages_22.lld
      llvmPackages_22.llvm
      kmod
    ];
    hardeningDisable = ["all"];
    buildPhase = ''
      make -C ${kernel.dev}/lib/modules/${kernel.modDirVersion}/build ARCH=um LLVM=1 M=$PWD modules
    '';
    installPhase = "install -D -m 644 -t $out planted.ko";
    dontStrip = true;
  };
in
  runCommand "check-debug-works"
  {
    nativeBuildInputs = [
      busybox
      kmod
      util-linux
    ];
  }
  ''
    bash ${source}/debug-works/run ${kernel}/linux ${planted}/planted.ko "$PWD/out" | tee results.tap
    mkdir $out
    grep -E '^(ok|not ok|1\.\.)' results.tap >$out/results.tap
    for log in out/*/console.log; do
      cp "$log" "$out/$(basename "$(dirname "$log")").log"
    done
  ''
