# SPDX-License-Identifier: GPL-2.0-only
#
# `nix develop`: what ./dev calls, on a machine with a Nix of its own.
{
  lib,
  mkShell,
  formatter,
  hasUml,
  linux-uml,
  busybox,
  cargo,
  clippy,
  codespell,
  cpio,
  dtc,
  git,
  iproute2,
  jq,
  kmod,
  linux-pinetab2,
  python3,
  qemu,
  rust-bindgen-unwrapped,
  rustfmt,
  shellcheck,
}:
mkShell {
  inputsFrom = [linux-pinetab2] ++ lib.optional hasUml linux-uml;
  packages = [
    busybox
    cargo
    clippy
    codespell
    cpio
    dtc
    formatter
    git
    iproute2
    jq
    kmod
    python3
    qemu
    rustfmt
    shellcheck
  ];
  # For ./dev on a machine without a Nix of its own.
  passthru.bindgen = rust-bindgen-unwrapped;
}
