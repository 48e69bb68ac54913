# SPDX-License-Identifier: GPL-2.0-only
#
# The driver with patches on it: NAME goes into the name of the package, WHAT
# is for messages.
{
  name,
  what,
  patches,
}: driver:
driver.overrideAttrs (old: {
  pname = "${old.pname}-${name}";
  inherit patches;
  # Offsets are fine, the driver moves on; fuzz is not.
  patchPhase = ''
    for patch in $patches; do
      patch -p1 --fuzz=0 --force <$patch >patch.log || {
        echo "${what}: the patch ''${patch#*-} does not apply any more:"
        grep -E 'patching file|FAILED|malformed|can.t find file' patch.log
        exit 1
      }
    done
    find . -name '*.orig' -delete
    rm -f patch.log
  '';
})
