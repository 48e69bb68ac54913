# SPDX-License-Identifier: GPL-2.0-only
#
# No panic can be reached in the modules as they ship, nor in the kernel's
# abstractions below them: what they refer to in Rust's own libraries is known,
# by name and with a reason. An object with an unchecked index shows that the
# check sees one.
{
  bes2600,
  linux-pinetab2,
  llvmPackages_22,
  runCommand,
  rustc-unwrapped,
  vsdio,
}:
runCommand "check-panics" {
  nativeBuildInputs = [
    llvmPackages_22.libllvm
    rustc-unwrapped
  ];
  modules = [bes2600 vsdio];
} ''
  number=0 failed=0
  verdict() { # TEXT STATUS
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then echo "ok $number - $1"; else
      echo "not ok $number - $1"
      sed 's/^/# /' complaints
      failed=1
    fi | tee -a results.tap
    [ "$2" -eq 0 ] || failed=1
  }
  for module in $modules; do
    file=$(find $module -name '*.ko')
    status=0
    bash ${./lib/panics} ${./panics.tsv} "$file" >complaints || status=$?
    verdict "$(basename "$file"): nothing in it can panic but what is known" $status
  done

  # What patches/linux adds to the kernel crate
  abstractions='(^|[ <&])kernel::(devmsg|gpio|mmc|net::(bits|cfg80211|gro|ieee80211|mac80211|skbuff))::'
  object=${linux-pinetab2.dev}/lib/modules/${linux-pinetab2.modDirVersion}/build/rust/kernel.o
  status=0
  bash ${./lib/panics} ${./panics.tsv} $object "$abstractions" >complaints || status=$?
  verdict 'the abstractions in the kernel: nothing in them can panic but what is known' $status

  printf '%s\n' '#![no_std]' '#[no_mangle]' 'pub fn planted(a: &[u8], i: usize) -> u8 { a[i] }' >planted.rs
  rustc --crate-type lib --emit obj=planted.ko -Cpanic=abort -Copt-level=2 planted.rs
  status=0
  bash ${./lib/panics} ${./panics.tsv} planted.ko >complaints && status=1
  grep -q 'planted refers to core::panicking::panic_bounds_check' complaints || status=1
  grep -q '  in planted$' complaints || status=1
  bash ${./lib/panics} ${./panics.tsv} planted.ko '^planted$' >complaints && status=1
  bash ${./lib/panics} ${./panics.tsv} planted.ko '^other$' >complaints || status=1
  verdict 'an unchecked index in a planted object is found by name' $status

  echo "1..$number" >>results.tap
  [ "$failed" -eq 0 ]
  mkdir $out
  cp results.tap $out/
''
