# SPDX-License-Identifier: GPL-2.0-only
#
# The chip's firmware as its maker published it, and its radio calibration, which
# is public as data inside a driver's source. Nobody states a licence for the
# images; distributions ship them as redistributable.
#
# Uncompressed: NixOS compresses what is in hardware.firmware as the kernel's
# loader wants it (hardware.firmwareCompression).
{
  lib,
  stdenv,
  fetchFromGitLab,
  fetchurl,
  # Fields of the factory file that is installed: 30, as it is published, or 31
  # with the section about the eFuse at its end, which some firmware was built for.
  factoryFields ? 30,
  # Of the files that the driver loads, as another distribution published them
  # from the same release: two sources that agree.
  checksums ? ./sha256sums,
}:
assert lib.assertMsg (lib.elem factoryFields [30 31])
"bes2600-firmware: factoryFields is ${toString factoryFields}; set it to 30 or 31";
  stdenv.mkDerivation {
    pname = "bes2600-firmware";
    version = "20231227";

    src = fetchFromGitLab {
      owner = "pine64-org";
      repo = "bes2600-firmware";
      rev = "7a305de61771a84f1264866b204cf172df6d9195";
      hash = "sha256-32O0f0d90n0PW1y8ITvKlLJcKTR3gvaq/c1cKoog98Q=";
    };

    # 832 bytes of calibration are in the array sdd_22 of this file.
    sddSource = fetchurl {
      url = "https://raw.githubusercontent.com/cringeops/bes2600/123c43270b483f621aa2ede38d58e4a019eb6076/bes2600/sta.c";
      hash = "sha256-SREhpl/wAkKl+k+aw4ZY2nXSzulUyIPl/AfAeVipSq8=";
    };

    makeFirmware = ./make-firmware.sh;
    inherit checksums factoryFields;

    dontConfigure = true;
    buildPhase = ''
      runHook preBuild
      bash $makeFirmware check firmware/bes2600 $checksums
      bash $makeFirmware sdd $sddSource sdd_22 832 463b48b5 sdd.bin
      bash $makeFirmware factory firmware/bes2600/bes2600_factory.txt $factoryFields factory.txt
      runHook postBuild
    '';
    installPhase = ''
      runHook preInstall
      install -D -m 644 -t $out/lib/firmware/bes2600 firmware/bes2600/best2002_fw_boot_sdio.bin \
        firmware/bes2600/best2002_fw_sdio.bin sdd.bin
      install -m 644 factory.txt $out/lib/firmware/bes2600/bes2600_factory.txt
      runHook postInstall
    '';
    # Not for the machine that stores them.
    dontFixup = true;

    meta = {
      description = "Firmware and calibration of the BES2600 Wi-Fi chip";
      homepage = "https://gitlab.com/pine64-org/bes2600-firmware";
      license = lib.licenses.unfreeRedistributableFirmware;
      platforms = lib.platforms.linux;
    };
  }
