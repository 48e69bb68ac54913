# SPDX-License-Identifier: GPL-2.0-only
#
# The driver and the kernel's Rust side come out the same to the bit in another
# folder, at another time, with another number of jobs. Whole kernels:
# ./check --full.
{linux-uml}:
linux-uml.overrideAttrs (old: {
  pname = "check-reproducible";
  outputs = ["out"];
  modules = "";
  driver = ../driver;
  buildPhase = ''
    compared() { # FOLDER: what must not differ
      (cd "$1" && find . \( -path './rust/*.o' -o -path './driver/*.ko' \) -type f | sort | xargs sha256sum)
    }
    once() { # SOURCE BUILD JOBS
      rm -f "$2/Module.symvers"
      make -C "$1" O="$2" $makeFlags -j$3 prepare modules_prepare
      # Modules are linked against symbols of the kernel, which is not built here.
      cp -r $driver "$2/driver"
      chmod -R u+w "$2/driver"
      make -C "$2" $makeFlags -j$3 M="$2/driver" KBUILD_MODPOST_WARN=1 modules
    }
    once "$source" "$build" 1
    other=$(realpath ..)/another-place-with-a-longer-name
    mkdir "$other"
    cp -r "$source" "$other/tree"
    mkdir "$other/objects"
    cp "$build/.config" "$other/objects/"
    sleep 2
    once "$other/tree" "$other/objects" $((NIX_BUILD_CORES + 1))
    compared "$build" >first
    compared "$other/objects" >second
  '';
  installPhase = ''
    if ! diff first second; then
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
