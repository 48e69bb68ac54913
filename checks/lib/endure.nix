# SPDX-License-Identifier: GPL-2.0-only
#
# What the scenario soak has beside it.
[
  ./endure
  ./nl80211.py
  ./wpa_control.py
]
