# SPDX-License-Identifier: GPL-2.0-only
#
# The types of options that this project uses, by nixpkgs' names and with its
# descriptions: `check` looks at one definition, `merge` makes a value of all.
lib: let
  inherit (builtins) all concatMap elem foldl' head isAttrs isBool isInt isList isString length match;

  showOption = lib.concatStringsSep ".";
  mkType = description: check: merge: {inherit description check merge;};

  one = loc: definitions:
    if length definitions == 1
    then (head definitions).value
    else throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.";
  equal = loc: definitions: let
    inherit (head definitions) value;
  in
    if all (definition: definition.value == value) definitions
    then value
    else throw "The option `${showOption loc}' has conflicting definition values.";

  # What definitions of a set say of one attribute
  valuesOf = name: definitions:
    map (definition: {
      inherit (definition) file;
      value = definition.value.${name};
    }) (builtins.filter (definition: definition.value ? ${name}) definitions);

  # The same definitions, one level down.
  elementsOf = loc: type: values: (lib.mergeDefinitions loc type values).value;
in rec {
  raw = mkType "raw value" (_: true) one;
  anything = mkType "anything" (_: true) (
    loc: definitions:
      if all (definition: isAttrs definition.value && !lib.isDerivation definition.value) definitions
      then (lazyAttrsOf anything).merge loc definitions
      else equal loc definitions
  );
  bool = mkType "boolean" isBool equal;
  int = mkType "signed integer" isInt equal;
  str = mkType "string" isString equal;
  lines = mkType "strings concatenated with \"\\n\"" isString (_: lib.concatMapStringsSep "\n" (definition: definition.value));
  strMatching = pattern: mkType "string matching the pattern ${pattern}" (x: isString x && match pattern x != null) equal;
  enum = values: mkType "one of ${lib.concatMapStringsSep ", " builtins.toJSON values}" (x: elem x values) equal;
  package = mkType "package" (x: lib.isDerivation x || (isString x && lib.hasPrefix builtins.storeDir x)) one;
  path = mkType "absolute path" (x: lib.isDerivation x || builtins.isPath x || (isString x && lib.hasPrefix "/" x)) equal;
  attrs = mkType "attribute set" isAttrs (_: foldl' (merged: definition: merged // definition.value) {});

  # Of two types, the one that all definitions are of
  either = a: b:
    mkType "${a.description} or ${b.description}" (x: a.check x || b.check x) (
      loc: definitions: let
        of = type: all (definition: type.check definition.value) definitions;
      in
        if of a
        then a.merge loc definitions
        else if of b
        then b.merge loc definitions
        else one loc definitions
    );
  oneOf = types: foldl' either (head types) (builtins.tail types);
  # What is of the one type is made the other's.
  coercedTo = from: coerce: to: let
    coerced = x:
      if from.check x
      then coerce x
      else x;
  in
    mkType "${to.description} or ${from.description} convertible to it" (x: to.check (coerced x)) (
      loc: definitions: to.merge loc (map (definition: definition // {value = coerced definition.value;}) definitions)
    );

  nullOr = type:
    mkType "null or ${type.description}" (x: x == null || type.check x) (
      loc: definitions:
        if all (definition: definition.value == null) definitions
        then null
        else type.merge loc definitions
    );

  listOf = type:
    mkType "list of ${type.description}" isList (
      loc:
        concatMap (
          definition:
            concatMap (
              value: let
                merged = lib.mergeDefinitions (loc ++ ["*"]) type [
                  {
                    inherit (definition) file;
                    inherit value;
                  }
                ];
              in
                lib.optional merged.isDefined merged.value
            )
            definition.value
        )
    )
    // {emptyValue = [];};

  lazyAttrsOf = type:
    mkType "lazy attribute set of ${type.description}" isAttrs (
      loc: definitions: let
        names = lib.unique (concatMap (definition: builtins.attrNames definition.value) definitions);
      in
        lib.genAttrs names (name: elementsOf (loc ++ [name]) type (valuesOf name definitions))
    )
    // {emptyValue = {};};
  # Knows which attributes have a value.
  attrsOf = type: let
    lazy = lazyAttrsOf type;
  in
    lazy
    // {
      description = "attribute set of ${type.description}";
      merge = loc: definitions: let
        isDefined = name: (lib.mergeDefinitions (loc ++ [name]) type (valuesOf name definitions)).isDefined;
      in
        lib.filterAttrs (name: _: isDefined name) (lazy.merge loc definitions);
    };

  submodule = module:
    mkType "submodule" (x: isAttrs x || builtins.isFunction x) (
      loc: definitions:
        (lib.evalModules {
          modules =
            [
              module
              {_module.args.name = lib.last loc;}
            ]
            ++ map (definition: {
              _file = definition.file;
              config = definition.value;
            })
            definitions;
        })
        .config
    );
}
