# SPDX-License-Identifier: GPL-2.0-only
#
# Both modules; the flake adds the packages that they refer to.
{
  imports = [
    ./bes2600
    ./pinetab2
  ];
}
