# SPDX-License-Identifier: GPL-2.0-only
#
# The driver and the kernel's Rust side come out the same to the bit in another
# folder, at another time, with another number of jobs. Whole kernels:
# ./check --full.
{
  lib,
  callPackage,
  linux-uml,
  runCommand,
}: let
  elsewhere = "another-place-with-a-longer-name";

  # The checksums of the Rust side's objects, and proof that twice they were
  # the same. Apart from the modules, whose changes do not touch it.
  rustSide = linux-uml.overrideAttrs (_: {
    pname = "linux-rust-twice";
    outputs = ["out"];
    modules = "";
    buildPhase = ''
      # From the configuration alone: what an earlier build of the whole kernel
      # left would be compared with nothing.
      once() { # SOURCE BUILD JOBS
        mkdir -p "$2"
        cp "$build/.config" "$2/"
        make -C "$1" O="$2" $makeFlags -j$3 prepare
        (cd "$2" && find rust -name '*.o' | sort | xargs sha256sum)
      }
      one=$(realpath ..)/one
      other=$(realpath ..)/${elsewhere}
      mkdir "$other"
      once "$source" "$one" $NIX_BUILD_CORES | tee first
      cp -r "$source" "$other/tree"
      sleep 2
      once "$other/tree" "$other/objects" 1 | tee second
    '';
    installPhase = ''
      grep -E '^[0-9a-f]{64}  ' first >$out
      grep -q ' rust/kernel.o$' $out
      grep -E '^[0-9a-f]{64}  ' second | diff $out -
    '';
  });

  # A module, and the same module built once more.
  module = name:
    callPackage ../pkgs/kernel-module {
      inherit name;
      kernel = linux-uml;
    };
  again = name:
    (module name).overrideAttrs (old: {
      pname = "${name}-again";
      buildPhase =
        ''
          mkdir ../${elsewhere}
          cp -r . ../${elsewhere}/driver
          cd ../${elsewhere}/driver
          sleep 2
        ''
        + lib.replaceStrings ["$NIX_BUILD_CORES"] ["1"] old.buildPhase;
    });
  file = name: build: "${build}/lib/modules/${linux-uml.modDirVersion}/updates/${name}.ko";
in
  runCommand "check-reproducible" {} ''
    number=0 failed=0
    verdict() { # TEXT COMMAND...
      local text=$1 word=ok
      shift
      number=$((number + 1))
      "$@" || { word='not ok' failed=1; }
      echo "$word $number - $text" | tee -a results.tap
    }
    verdict "$(wc -l <${rustSide}) objects of the kernel's Rust side are the same in two builds" test -s ${rustSide}
    ${lib.concatMapStrings (name: ''
      verdict '${name}.ko is the same in two builds' cmp ${file name (module name)} ${file name (again name)}
    '') ["bes2600" "vsdio"]}
    echo "1..$number" >>results.tap
    [ "$failed" -eq 0 ]
    mkdir $out
    cp results.tap $out/
    cp ${rustSide} $out/sha256sums
  ''
