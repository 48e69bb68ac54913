# SPDX-License-Identifier: GPL-2.0-only
#
# The functions of nixpkgs' lib that this project calls, by the same names and
# with the same meaning.
let
  inherit
    (builtins)
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    functionArgs
    genList
    isAttrs
    isFunction
    isString
    length
    listToAttrs
    match
    replaceStrings
    split
    stringLength
    substring
    ;

  lib =
    builtins
    // {
      importJSON = path: builtins.fromJSON (builtins.readFile path);
      importTOML = path: builtins.fromTOML (builtins.readFile path);

      # Lists
      optional = condition: x:
        if condition
        then [x]
        else [];
      optionals = condition: xs:
        if condition
        then xs
        else [];
      take = n: xs:
        genList (elemAt xs) (
          if n < length xs
          then n
          else length xs
        );
      last = xs: elemAt xs (length xs - 1);
      unique = foldl' (known: x:
        if elem x known
        then known
        else known ++ [x]) [];
      any = builtins.any;
      imap0 = f: xs: genList (index: f index (elemAt xs index)) (length xs);

      # Attribute sets
      nameValuePair = name: value: {inherit name value;};
      genAttrs = names: f:
        listToAttrs (
          map (name: {
            inherit name;
            value = f name;
          })
          names
        );
      mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
      mapAttrs' = f: set: listToAttrs (lib.mapAttrsToList f set);
      filterAttrs = keep: set: removeAttrs set (filter (name: !keep name set.${name}) (builtins.attrNames set));
      optionalAttrs = condition: set:
        if condition
        then set
        else {};
      recursiveUpdate = x: y:
        x
        // builtins.mapAttrs (
          name: value:
            if isAttrs value && isAttrs (x.${name} or null)
            then lib.recursiveUpdate x.${name} value
            else value
        )
        y;
      isDerivation = x: isAttrs x && x.type or null == "derivation";

      # Strings
      optionalString = condition: string:
        if condition
        then string
        else "";
      concatStrings = concatStringsSep "";
      concatMapStrings = f: xs: concatStringsSep "" (map f xs);
      concatMapStringsSep = separator: f: xs:
        concatStringsSep separator (map f xs);
      hasPrefix = prefix: string: substring 0 (stringLength prefix) string == prefix;
      hasSuffix = suffix: string: let
        n = stringLength string - stringLength suffix;
      in
        n >= 0 && substring n (-1) string == suffix;
      removePrefix = prefix: string:
        if lib.hasPrefix prefix string
        then substring (stringLength prefix) (-1) string
        else string;
      removeSuffix = suffix: string:
        if lib.hasSuffix suffix string
        then substring 0 (stringLength string - stringLength suffix) string
        else string;
      escapeRegex = replaceStrings ["\\" "." "+" "*" "?" "[" "]" "(" ")" "{" "}" "^" "$" "|"] [
        "\\\\"
        "\\."
        "\\+"
        "\\*"
        "\\?"
        "\\["
        "\\]"
        "\\("
        "\\)"
        "\\{"
        "\\}"
        "\\^"
        "\\$"
        "\\|"
      ];
      splitString = separator: string: filter isString (split (lib.escapeRegex separator) string);
      toUpper = replaceStrings (lib.splitString "," "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z") (
        lib.splitString "," "A,B,C,D,E,F,G,H,I,J,K,L,M,N,O,P,Q,R,S,T,U,V,W,X,Y,Z"
      );
      generators.toINI = _options: sections: let
        show = value:
          if builtins.isBool value
          then lib.boolToString value
          else toString value;
        section = name: settings: "[${name}]\n" + lib.concatStrings (lib.mapAttrsToList (key: value: "${key}=${show value}\n") settings);
      in
        concatStringsSep "\n" (lib.mapAttrsToList section sections);
      boolToString = value:
        if value
        then "true"
        else "false";
      escapeShellArg = arg: let
        string = toString arg;
      in
        if match "[[:alnum:],._+:@%/-]+" string != null
        then string
        else "'${replaceStrings ["'"] ["'\\''"] string}'";
      escapeShellArgs = lib.concatMapStringsSep " " lib.escapeShellArg;
      makeBinPath = lib.concatMapStringsSep ":" (package: "${package}/bin");

      assertMsg = condition: message:
        if condition
        then true
        else throw message;

      versionOlder = version: other: builtins.compareVersions version other < 0;
      versionAtLeast = version: other: !lib.versionOlder version other;

      # Packages
      getName = package: package.pname or (builtins.parseDrvName package.name).name;
      getExe = package: "${package}/bin/${package.meta.mainProgram or (lib.getName package)}";
      getExe' = package: program: "${package}/bin/${program}";
      getOutput = output: package: package.${output} or package.out or package;
      getDev = package: package.dev or package;
      licenses = {
        gpl2Only = {
          spdxId = "GPL-2.0-only";
          free = true;
        };
        # nixpkgs counts it as free, so that images can have it.
        unfreeRedistributableFirmware = {
          fullName = "Unfree redistributable firmware";
          redistributable = true;
          free = true;
        };
      };
      platforms = {
        linux = [
          "x86_64-linux"
          "aarch64-linux"
        ];
      };

      # Overriding and scopes
      fix = f: let
        x = f x;
      in
        x;
      extends = overlay: f: final: let
        prev = f final;
      in
        prev // overlay final prev;
      makeExtensible = f:
        lib.fix (final: f final // {extend = overlay: lib.makeExtensible (lib.extends overlay f);});
      makeOverridable = f: args: let
        result = f args;
        override = new:
          lib.makeOverridable f (args
            // (
              if isFunction new
              then new args
              else new
            ));
      in
        if isAttrs result
        then result // {inherit override;}
        else result;
      callPackageWith = scope: package: args: let
        f =
          if isFunction package
          then package
          else import package;
        missing = filter (name: !(functionArgs f).${name} && !(scope ? ${name}) && !(args ? ${name})) (
          builtins.attrNames (functionArgs f)
        );
      in
        if missing != []
        then throw "the stand-in for nixpkgs has no ${concatStringsSep ", " missing}, which ${toString package} asks for"
        else lib.makeOverridable f (builtins.intersectAttrs (functionArgs f) scope // args);
      makeScope = newScope: f: let
        self =
          f self
          // {
            newScope = extra: newScope (self // extra);
            callPackage = self.newScope {};
            overrideScope = overlay: lib.makeScope newScope (lib.extends overlay f);
            packages = f;
          };
      in
        self;

      # Sources: a file set is a list of files and folders.
      fileset = {
        unions = builtins.concatMap (x:
          if builtins.isList x
          then x
          else [x]);
        toSource = {
          root,
          fileset,
        }: let
          wanted = map toString (lib.fileset.unions [fileset]);
          covers = path: set: path == set || lib.hasPrefix "${set}/" path;
        in
          builtins.path {
            name = "source";
            path = root;
            filter = path: type:
              lib.any (set: covers path set || (type == "directory" && lib.hasPrefix "${path}/" set)) wanted;
          };
      };

      # A platform by its name, as far as anybody here looks at it
      systems.elaborate = system: let
        cpu = lib.removeSuffix "-linux" system;
        isAarch64 = cpu == "aarch64";
      in
        if isAttrs system
        then system
        else {
          inherit system isAarch64;
          isx86_64 = !isAarch64;
          linuxArch =
            if isAarch64
            then "arm64"
            else "x86_64";
          rust = {
            rustcTarget = "${cpu}-unknown-linux-gnu";
            cargoEnvVarTarget = "${lib.toUpper cpu}_UNKNOWN_LINUX_GNU";
          };
        };

      # Answers for kernelPatches' structuredExtraConfig
      kernel = {
        yes.tristate = "y";
        module.tristate = "m";
        no.tristate = "n";
        freeform = value: {freeform = value;};
      };

      # Modules
      types = import ./types.nix lib;
    }
    // import ./modules.nix lib;
in
  lib
