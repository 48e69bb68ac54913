#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what modules outside of the tree are built against.
#
#   install-dev.sh SOURCE BUILD ARCH-FOLDERS DESTINATION
#
# Makes DESTINATION/{source,build}: headers, makefiles, scripts and the Rust
# side's sources of SOURCE; configuration, generated headers, symbol versions,
# host programs and the Rust crates' metadata of BUILD. ARCH-FOLDERS are
# folders of arch/, separated by commas.
set -euo pipefail

source=$1 build=$2
IFS=, read -ra arches <<<"$3"
destination=$4
mkdir -p "$destination/source/arch" "$destination/build"

cd "$source"
cp -r Makefile Kbuild include scripts rust .clippy.toml .rustfmt.toml "$destination/source/"
for arch in "${arches[@]}"; do
  find "arch/$arch" -type f \( -name '*.h' -o -name 'Makefile*' -o -name 'Kbuild*' -o -name '*.lds*' -o -name '*.include' -o -name '*.rs' \) \
    -exec cp --parents -t "$destination/source" {} +
done

cd "$build"
cp .config Module.symvers "$destination/build/"
cp -r include scripts "$destination/build/"
mkdir "$destination/build/rust"
cp rust/*.rmeta rust/*.so "$destination/build/rust/"
for arch in "${arches[@]}"; do
  [ ! -d "arch/$arch/include" ] || cp -r --parents "arch/$arch/include" "$destination/build"
done
sed "s|$source/|$destination/source/|g; s|^export KBUILD_OUTPUT = .*|export KBUILD_OUTPUT = $destination/build|" Makefile >"$destination/build/Makefile"

# Records of how things were made would make them be made again.
find "$destination" -name '.*.cmd' -delete -o -name '*.o' -delete
# The abstractions as they are in the kernel, for check panics.
cp rust/kernel.o "$destination/build/rust/"
