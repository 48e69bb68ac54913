# SPDX-License-Identifier: GPL-2.0-only
#
# evalModules and what definitions are written with, by nixpkgs' names and with
# its meaning: the part that this project's modules and hosts use.
lib: let
  inherit (builtins) attrNames concatLists concatMap filter head isAttrs isFunction isPath isString mapAttrs sort;

  isType = name: x: isAttrs x && x._type or null == name;
  showOption = lib.concatStringsSep ".";

  # The least number wins; definitions without one count as 100.
  defaultPriority = 100;

  # A module as { file, key, imports, options, config }. Functions get what they
  # ask for: `args`, and of _module.args what is in neither.
  loadModule = args: fallbackFile: fallbackKey: module: let
    isFile = isPath module || isString module;
    file =
      if isFile
      then toString module
      else fallbackFile;
    key =
      if isFile
      then toString module
      else fallbackKey;
    content =
      if isFile
      then import module
      else module;
    named = lib.functionArgs content;
    value =
      if isFunction content
      then content (args // mapAttrs (name: _: args.${name} or args.config._module.args.${name}) named)
      else content;
    structured = value ? config || value ? options;
    special = ["_file" "imports" "key"];
    unknown = attrNames (removeAttrs value (special ++ ["config" "options"]));
  in
    if structured && unknown != []
    then throw "Module `${file}' has an unsupported attribute `${head unknown}'. This is caused by introducing a top-level `config' or `options' attribute."
    else {
      file = value._file or file;
      key = value.key or key;
      imports = value.imports or [];
      options = value.options or {};
      config =
        if structured
        then value.config or {}
        else removeAttrs value special;
    };

  # All modules that a list of them brings, each once.
  collectModules = args: modules: let
    visit = {
      seen,
      found,
    }: {
      file,
      key,
      module,
    }: let
      loaded = loadModule args file key module;
      below =
        lib.foldl' visit {
          seen = seen // {${loaded.key} = true;};
          found = found ++ [loaded];
        } (lib.imap0 (index: child: {
            inherit (loaded) file;
            key = "${loaded.key}:${toString index}";
            module = child;
          })
          loaded.imports);
    in
      if seen ? ${loaded.key}
      then {inherit seen found;}
      else below;
  in
    (lib.foldl' visit {
        seen = {};
        found = [];
      } (lib.imap0 (index: module: {
          file = "<unknown-file>";
          key = "<unknown-file>:${toString index}";
          inherit module;
        })
        modules))
    .found;

  # A definition of a set of options, with its mkIf and the like moved one
  # level down, to each attribute: a list of plain sets.
  pushDown = value:
    if isType "merge" value
    then concatMap pushDown value.contents
    else if isType "if" value
    then map (mapAttrs (_: lib.mkIf value.condition)) (pushDown value.content)
    else if isType "override" value
    then map (mapAttrs (_: lib.mkOverride value.priority)) (pushDown value.content)
    else [value];

  pushDownAll = concatMap ({
    file,
    value,
  }:
    map (plain: {
      inherit file;
      value = plain;
    }) (pushDown value));

  # A definition of one option without mkIf and the like: a list of
  # { value, priority }.
  discharge = value:
    if isType "merge" value
    then concatMap discharge value.contents
    else if isType "if" value
    then lib.optionals value.condition (discharge value.content)
    else if isType "override" value
    then map (x: x // {inherit (value) priority;}) (discharge value.content)
    else [
      {
        inherit value;
        priority = defaultPriority;
      }
    ];

  # What definitions of one option come to.
  mergeDefinitions = loc: type: definitions: let
    all = concatMap (definition: map (x: x // {inherit (definition) file;}) (discharge definition.value)) definitions;
    least = head (sort builtins.lessThan (map (x: x.priority) all));
    winning = filter (x: x.priority == least) all;
    wrong = filter (x: !type.check x.value) winning;
  in {
    isDefined = all != [];
    value =
      if all == []
      then type.emptyValue or (throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option.")
      else if wrong != []
      then throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:\n- In `${(head wrong).file}'"
      else type.merge loc winning;
  };

  # One level of the tree of options: declarations and definitions as lists of
  # { file, value } whose values are sets.
  evalLevel = loc: declarations: definitions: let
    declared = lib.unique (concatMap (declaration: attrNames declaration.value) declarations);
    at = name: filter (x: x.value ? ${name});
    childrenOf = name: entries:
      map (x: {
        inherit (x) file;
        value = x.value.${name};
      }) (at name entries);
    child = name: let
      here = loc ++ [name];
      inner = childrenOf name declarations;
      options = filter (x: isType "option" x.value) inner;
    in
      if options == []
      then evalLevel here inner (pushDownAll (childrenOf name definitions))
      else if builtins.length inner > 1
      then throw "The option `${showOption here}' in `${(head inner).file}' is already declared in `${(builtins.elemAt inner 1).file}'."
      else evalOption here (head options).value (childrenOf name definitions);
    children = lib.genAttrs declared child;

    strangers = concatMap (definition:
      map (name: {
        inherit (definition) file;
        loc = loc ++ [name];
      }) (filter (name: !children ? ${name}) (attrNames definition.value)))
    definitions;
  in {
    config = mapAttrs (_: x: x.config) children;
    options = mapAttrs (_: x: x.options) children;
    undeclared = strangers ++ concatLists (lib.mapAttrsToList (_: x: x.undeclared) children);
  };

  evalOption = loc: option: definitions: let
    merged = mergeDefinitions loc option.type (definitions
      ++ lib.optional (option ? default) {
        file = "<default>";
        value = lib.mkOverride 1500 option.default;
      });
    value = (option.apply or (x: x)) merged.value;
  in {
    config = value;
    options = option // {inherit loc value;};
    undeclared = [];
  };
in {
  mkOption = option: {_type = "option";} // option;
  mkEnableOption = what:
    lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = "Whether to enable ${what}.";
    };
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
  mkDefault = lib.mkOverride 1000;
  mkForce = lib.mkOverride 50;
  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };

  inherit mergeDefinitions;

  evalModules = {
    modules,
    specialArgs ? {},
  }: let
    args = specialArgs // {inherit config lib options;};
    found = collectModules args ([{options._module.args = lib.mkOption {type = lib.types.lazyAttrsOf lib.types.raw;};}] ++ modules);
    entries = attribute:
      map (module: {
        inherit (module) file;
        value = module.${attribute};
      })
      found;
    tree = evalLevel [] (entries "options") (pushDownAll (entries "config"));
    inherit (tree) config options;
    stranger = head tree.undeclared;
  in {
    inherit options;
    config =
      if tree.undeclared != []
      then throw "The option `${showOption stranger.loc}' does not exist. Definition values:\n- In `${stranger.file}'"
      else removeAttrs config ["_module"];
    inherit (config) _module;
    extendModules = extension:
      lib.evalModules {
        modules = modules ++ extension.modules or [];
        specialArgs = specialArgs // extension.specialArgs or {};
      };
  };
}
