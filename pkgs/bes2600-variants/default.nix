# SPDX-License-Identifier: GPL-2.0-only
#
# The variants of the driver that patches/variants/variants.toml names: a
# function from a kernel to the module for each.
{
  lib,
  # The driver as it stands, for a kernel.
  driverFor,
}: let
  folder = ../../patches/variants;
  manifest = lib.importTOML (folder + "/variants.toml");

  known = {
    manifest = ["roles" "schema" "variants"];
    role = ["about" "function"];
    variant = ["description" "letters" "parent" "patches" "recorded" "sources" "title"];
  };
  # Throws for a key that the format does not have: what is mistyped would be ignored.
  checked = what: keys: set: let
    unknown = lib.filter (key: !lib.elem key keys) (lib.attrNames set);
  in
    if unknown == []
    then set
    else throw "variants.toml: ${what} has no key '${lib.head unknown}'; there are: ${lib.concatStringsSep ", " keys}";

  variants = let
    all = (checked "the manifest" known.manifest manifest).variants;
    roles = lib.mapAttrs (name: checked "role ${name}" known.role) manifest.roles;
  in
    if manifest.schema != 1
    then throw "variants.toml: schema ${toString manifest.schema} is not known here, only 1"
    else builtins.deepSeq roles (lib.mapAttrs (name: checked "variant ${name}" known.variant) all);

  # A variant's patches, those of its parents first.
  patches = name: let
    variant = variants.${name} or (throw "variants.toml: there is no variant ${name}");
  in
    lib.optionals (variant ? parent) (patches variant.parent) ++ variant.patches;

  patched = name: own:
    import ./patched.nix {
      inherit name;
      what = "variant ${name}";
      patches = map (file: folder + "/${file}") own;
    };

  build = name: kernel: let
    own = patches name;
    driver = driverFor kernel;
  in
    if own == []
    then driver
    else patched name own driver;
in
  lib.mapAttrs (name: _: build name) variants
