# SPDX-License-Identifier: GPL-2.0-only
#
# The tablet's system in QEMU, to be measured over ssh.
{
  lib,
  callPackage,
  writeShellApplication,
  coreutils,
  gnugrep,
  openssh,
  qemu,
}: let
  inherit (callPackage ../../checks/vm-boot/system.nix {} {arguments = "serve";}) config initrd kernel;
  library = lib.fileset.toSource {
    root = ../../checks/lib;
    fileset = lib.fileset.unions [../../checks/lib/judge.sh ../../checks/lib/vm.sh];
  };
in
  writeShellApplication {
    name = "ramp-vm";
    runtimeInputs = [
      coreutils
      gnugrep
      openssh
      qemu
    ];
    text = ''
      export RAMP_VM_IMAGE=${kernel}/Image
      export RAMP_VM_INITRD=${initrd}
      export RAMP_VM_PARAMETERS=${lib.escapeShellArg (toString config.boot.kernelParams)}
      export RAMP_VM_LIB=${library}
      exec "$BASH" ${./ramp-vm.sh} "$@"
    '';
    meta.description = "Boots the tablet's kernel with the emulated chip, to be measured over ssh";
  }
