# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the package of the guest's arm64 programs: takes $programs, $systemd
# and $libexec out of the Debian packages $debs, with their libraries, to $out,
# where nixpkgs' packages have them, independent of where Debian has them.
# shellcheck disable=SC2154

mkdir -p debian "$out"/{bin,lib/systemd/system,lib/udev,libexec,example/systemd}
for deb in $debs; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C debian --no-same-owner; done

find debian -path '*/aarch64-linux-gnu/*' -prune -o -name 'ld-linux-aarch64.so.1' -exec cp -L {} "$out/lib/" \;
find debian -path '*/aarch64-linux-gnu/*.so*' \( -path '*/aarch64-linux-gnu/systemd/*' -o -not -path '*/aarch64-linux-gnu/*/*' \) \
  -exec cp -P {} "$out/lib/" \;
for program in $programs; do cp "$(find debian -path "*bin/$program" -type f)" "$out/bin/"; done
for program in $systemd; do cp "debian/lib/systemd/$program" "$out/lib/systemd/"; done
for program in $libexec; do cp "debian/usr/libexec/$program" "$out/libexec/"; done
ln -s ../../bin/udevadm "$out/lib/systemd/systemd-udevd"

# nixpkgs keeps systemd's own units among the examples: NixOS chooses of them.
cp -r debian/lib/systemd/system "$out/example/systemd/"
mv "$out/example/systemd/system/iwd.service" "$out/lib/systemd/system/"
cp -r debian/lib/udev/rules.d "$out/lib/udev/"
find "$out/example" "$out/lib/systemd/system" -type f -exec \
  sed -i -e "s,=\(-\?\)/lib/systemd/,=\1$out/lib/systemd/,; s,=/usr/libexec/,=$out/libexec/," {} +

for file in "$out"/bin/* "$out"/libexec/* "$out"/lib/systemd/*; do
  # A static one needs nothing.
  if [ ! -f "$file" ] || [ -L "$file" ] || ! patchelf --print-interpreter "$file" >/dev/null 2>&1; then continue; fi
  patchelf --set-interpreter "$out/lib/ld-linux-aarch64.so.1" --set-rpath "$out/lib" "$file"
done
for library in "$out"/lib/*.so*; do
  case $library in */ld-linux-aarch64.so.1 | */libc.so.6) continue ;; esac
  [ -L "$library" ] || patchelf --set-rpath "$out/lib" "$library"
done

# Every library that is asked for is there.
find "$out" -type f -exec patchelf --print-needed {} \; 2>/dev/null | sort -u | while read -r library; do
  [ -e "$out/lib/$library" ] || {
    echo "no package of packages.json has $library" >&2
    exit 1
  }
done
