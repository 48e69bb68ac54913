# SPDX-License-Identifier: GPL-2.0-only
#
# The driver and the kernel's Rust side come out the same to the bit in another
# folder, at another time, with another number of jobs. Whole kernels:
# ./check --full.
{linux-uml}:
linux-uml.overrideAttrs (_: {
  pname = "check-reproducible";
  outputs = ["out"];
  modules = "";
  driver = ../driver;
  buildPhase = ''
    compared() { # FOLDER: what must not differ
      (cd "$1" && find . \( -path './rust/*.o' -o -path './driver/*.ko' \) -type f | sort | xargs sha256sum)
    }
    # From the configuration alone: what an earlier build of the whole kernel
    # left would be compared with nothing.
    once() { # SOURCE BUILD JOBS
      mkdir -p "$2"
      cp "$build/.config" "$2/"
      make -C "$1" O="$2" $makeFlags -j$3 prepare modules_prepare
      # Modules are linked against symbols of the kernel, which is not built here.
      cp -r $driver "$2/driver"
      chmod -R u+w "$2/driver"
      make -C "$2" $makeFlags -j$3 M="$2/driver" KBUILD_MODPOST_WARN=1 modules
    }
    one=$(realpath ..)/one
    once "$source" "$one" $NIX_BUILD_CORES
    other=$(realpath ..)/another-place-with-a-longer-name
    mkdir "$other"
    cp -r "$source" "$other/tree"
    sleep 2
    once "$other/tree" "$other/objects" 1
    compared "$one" >first
    compared "$other/objects" >second
  '';
  installPhase = ''
    # That nothing differs says something only when there is something.
    if ! diff first second || ! grep -q rust/kernel.o first || ! grep -q bes2600.ko first; then
      echo "not ok 1 - two builds differ"
      exit 1
    fi
    mkdir $out
    {
      echo "ok 1 - $(grep -c rust/ first) files of the kernel's Rust side are the same in two builds"
      echo "ok 2 - $(grep -c '\.ko$' first) modules are the same in two builds"
      echo "1..2"
    } >$out/results.tap
    cp first $out/sha256sums
  '';
})
