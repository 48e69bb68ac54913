# SPDX-License-Identifier: GPL-2.0-only
#
# Types and defaults of the options; the documentation names no others.
{
  equal,
  lib,
  system,
  ...
}: let
  inherit ((system {}).options) hardware;
  inherit (hardware) bes2600 pinetab2;

  # Options that a page names and that do not exist
  unknownIn = page: let
    named = map (found: lib.elemAt found 0) (lib.filter builtins.isList (builtins.split "hardware[.]((bes2600|pinetab2)([.][a-z][A-Za-z0-9]*)+)" (builtins.readFile page)));
    exists = path: (lib.foldl' (set: name: set.${name} or {}) hardware (lib.splitString "." path)) ? _type;
  in
    lib.filter (path: !exists path) named;
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
  (equal "docs/nixos.md names options that exist" [] (unknownIn ../../docs/nixos.md))
  (equal "docs/pinetab2.md names options that exist" [] (unknownIn ../../docs/pinetab2.md))
  (equal "docs/troubleshooting.md names options that exist" [] (unknownIn ../../docs/troubleshooting.md))
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
