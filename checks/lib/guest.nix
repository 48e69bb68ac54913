# SPDX-License-Identifier: GPL-2.0-only
#
# What runs guests, made fit for a build sandbox, with the given files of
# checks/ beside it.
{
  lib,
  runCommand,
}: files: let
  source = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions ([
        ./allowed-reports.txt
        ./bench-report
        ./certificates.sh
        ./guest-init
        ./iwd.sh
        ./judge.sh
        ./kernel-reports
        ./ktap
        ./measure
        ./outage
        ./traffic
        ./uml-run
        ./wifi.sh
      ]
      ++ files);
  };
in
  runCommand "guest-files" {} ''
    cp -r --no-preserve=mode ${source} $out
    cat ${./sandbox-root} ${source}/lib/guest-init >$out/lib/guest-init
    find ${source} -type f -perm -0100 -printf "$out/%P\n" | xargs chmod +x
  ''
