# SPDX-License-Identifier: GPL-2.0-only
#
# Reads the kernel's headers for Rust; Debian 12's is too old for the kernel.
{
  callPackage,
  llvmPackages_22,
}:
callPackage ../crate-program.nix {} {
  pname = "bindgen";
  folder = ./.;
  cargoFlags = "--no-default-features --features runtime";
  # It opens libclang when it runs, the newest it finds unless told otherwise.
  libclang = llvmPackages_22.libclang.lib;
  installPhase = ''
    mkdir -p $out/bin $out/libexec
    cp target/release/bindgen $out/libexec/
    printf '#!/bin/sh\nexport LIBCLANG_PATH=%s/lib\nexec %s/libexec/bindgen "$@"\n' "$libclang" "$out" >$out/bin/bindgen
    chmod +x $out/bin/bindgen
  '';
}
