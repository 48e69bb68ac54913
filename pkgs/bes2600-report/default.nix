# SPDX-License-Identifier: GPL-2.0-only
#
# What a report about the driver on a tablet needs, in one file.
{
  writeShellApplication,
  coreutils,
  gnugrep,
  gnused,
  gnutar,
  gzip,
  iw,
  kmod,
  util-linux,
}:
writeShellApplication {
  name = "bes2600-report";
  runtimeInputs = [coreutils gnugrep gnused gnutar gzip iw kmod util-linux];
  text = builtins.readFile ./bes2600-report.sh;
  meta.description = "Collects what a report about the BES2600's driver needs";
}
