# SPDX-License-Identifier: GPL-2.0-only
#
# Types and defaults of the options.
{
  equal,
  system,
  ...
}: let
  inherit ((system {}).options.hardware) bes2600 pinetab2;
  looksLike = name: option: description: default:
    equal "option ${name}" {
      inherit description default;
      documented = true;
    } {
      inherit (option.type) description;
      inherit (option) default;
      documented = option.description != "";
    };
in [
  (looksLike "hardware.bes2600.enable" bes2600.enable "boolean" false)
  (looksLike "hardware.bes2600.variant" bes2600.variant "string" "default")
  (looksLike "hardware.bes2600.powerSave" bes2600.powerSave "boolean" false)
  (looksLike "hardware.bes2600.regulatoryDomain" bes2600.regulatoryDomain "null or string" null)
  (looksLike "hardware.bes2600.macAddress" bes2600.macAddress "null or string" null)
  (looksLike "hardware.bes2600.debug.enable" bes2600.debug.enable "boolean" false)
  (looksLike "hardware.bes2600.debug.tracepoints" bes2600.debug.tracepoints "list of string" ["cfg80211:*" "mac80211:*"])
  (looksLike "hardware.pinetab2.enable" pinetab2.enable "boolean" false)
  (looksLike "hardware.pinetab2.revision" pinetab2.revision ''one of "v0.1", "v2.0"'' "v2.0")
  (looksLike "hardware.pinetab2.suspend" pinetab2.suspend ''one of "s2idle", "deep"'' "s2idle")
  (equal "option hardware.bes2600.package" "package" bes2600.package.type.description)
  (equal "option hardware.bes2600.firmware" "package" bes2600.firmware.type.description)
]
