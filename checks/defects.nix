# SPDX-License-Identifier: GPL-2.0-only
#
# Defects of the kinds that the vendor's driver has, planted one by one: each
# is caught, by the name of the test that is there for it.
{
  lib,
  callPackage,
  bes2600,
  bes2600For,
  craneLib,
  linux-uml,
  llvmPackages_22,
  runCommand,
}: let
  # A defect is a patch of defects/, on driver/.
  file = defect: ./defects + "/${defect}.patch";
  plantedIn = defect:
    import ../pkgs/bes2600-variants/patched.nix {
      name = defect;
      what = "defect ${defect}";
      patches = [(file defect)];
    };

  # By a host test of driver/logic.
  host = defect: test:
    craneLib.cargoTest (
      import ../pkgs/workspace.nix {inherit lib craneLib;}
      // {
        pname = "defect-${defect}";
        cargoExtraArgs = "--locked -p bes2600-logic";
        cargoTestExtraArgs = "2>&1 | tee test.log || true";
        postPatch = "patch -d driver -p1 --fuzz=0 --force <${file defect}";
        installPhase = ''
          grep '^test ${test} \.\.\. FAILED$' test.log >found || {
            echo "the test ${test} did not fail"
            exit 1
          }
          mkdir $out
          cp found $out/
        '';
        doInstallCargoArtifacts = false;
      }
    );

  # By what the check panics says of the module that ships.
  panics = defect: complaint:
    runCommand "defect-${defect}-panics" {
      nativeBuildInputs = [llvmPackages_22.libllvm];
      module = plantedIn defect bes2600;
    } ''
      if bash ${./lib/panics} ${./panics.tsv} "$(find $module -name '*.ko')" >complaints; then
        echo "nothing was found"
        exit 1
      fi
      cat complaints
      mkdir $out
      grep -E -- ${lib.escapeShellArg complaint} complaints >$out/found
    '';

  # By a scenario, of which only what ONLY says is run.
  scenario = name: only: settings: defect: complaint:
    (callPackage ./lib/uml.nix {bes2600For = kernel: plantedIn defect (bes2600For kernel);}) (lib.recursiveUpdate {
        name = "defect-${defect}-${name}";
        scenario = name;
        kernel = linux-uml;
        options = ["--time-travel" "--mem" "1024M" "--timeout" "300"];
        variables.ONLY = only;
        fails = complaint;
      }
      settings);
  bring-up = row:
    scenario "bring-up" "^${row}$" {
      board = ./uml.dts;
      variables.TABLE = ./bring-up.tsv;
    };
  station-faults = test: scenario "station-faults" test {withAir = true;};

  # Each defect, by whom it is caught.
  catches = {
    batch-overflow = {
      "host test properties::batch_of_anything" = host "batch-overflow" "properties::batch_of_anything";
      "check panics" = panics "batch-overflow" "refers to core::slice::index";
      "bring-up, row batch-length-5000" = bring-up "batch-length-5000" "batch-overflow" "range end index 5000 out of range";
    };
    unknown-confirm = {
      "host test data::w_18_forged_packet_ids_find_nothing" = host "unknown-confirm" "data::w_18_forged_packet_ids_find_nothing";
      "station-faults, test W-18" = station-faults "^W-18" "unknown-confirm" "not ok [0-9]+ - W-18: confirms of frames that nobody sent";
    };
    stale-toggle = {
      "host test transcripts::announcements" = host "stale-toggle" "transcripts::announcements";
      "bring-up, row stale-count" = bring-up "stale-count" "stale-toggle" "not ok [0-9]+ - stale-count";
    };
    early-confirm = {
      "bring-up: the chip comes up" = bring-up "none" "early-confirm" "not ok [0-9]+ - the chip comes up";
    };
  };
  all = lib.concatLists (lib.mapAttrsToList (defect: lib.mapAttrsToList (by: run: {inherit defect by run;})) catches);
in
  runCommand "check-defects" {} ''
    mkdir $out
    exec 3>$out/results.tap
    echo 1..${toString (lib.length all)} >&3
    ${lib.concatStrings (lib.imap0 (number: {
        defect,
        by,
        run,
      }: ''
        [ -e ${run}/found ] || [ -e ${run}/results.tap ]
        echo "ok ${toString (number + 1)} - ${defect} is caught by ${by}" >&3
      '')
      all)}
    cat $out/results.tap
  ''
