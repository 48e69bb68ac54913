// SPDX-License-Identifier: GPL-2.0-only
//! Whole experiments with a runner that measures nothing, through the program.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of it is tests"
)]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use common::{besser, command, json, runner, status, stderr, stdout, write_module};
use rustix::process::{Pid, Signal, kill_process};

struct Bench {
    folder: tempfile::TempDir,
    runner: String,
    slow: String,
    fast: String,
}

/// Two modules and a runner.
fn bench(before: &str) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let text = |path: PathBuf| path.display().to_string();
    Bench {
        runner: text(runner(folder.path(), before)),
        slow: text(write_module(folder.path(), "slow", "AAAA")),
        fast: text(write_module(folder.path(), "fast", "BBBB")),
        folder,
    }
}

impl Bench {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `besser VERB slow.ko fast.ko --runner … OPTION…`
    fn measure(&self, verb: &str, options: &[&str]) -> std::process::Output {
        let mut words = vec![
            verb,
            &self.slow,
            &self.fast,
            "--runner",
            &self.runner,
            "--seconds",
            "5",
        ];
        words.extend(options);
        besser(self.path(), &words)
    }
}

fn records(run: &Path) -> Vec<serde_json::Value> {
    let mut all: Vec<PathBuf> = fs::read_dir(run.join("repetitions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    all.sort();
    all.iter()
        .map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

#[test]
fn a_whole_comparison() {
    let bench = bench("");
    let output = bench.measure(
        "compare",
        &[
            "--out",
            "run",
            "--control",
            "--predict",
            "rx_mb_s >= +50%",
            "--predict",
            "receive_work_s = 0",
            "--predict",
            "rx_mb_s >= +150%",
            "--json",
            "--plots",
            "plots",
        ],
    );
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let found = json(&output);
    assert_eq!(found["complete"], true);
    assert_eq!(found["comparisons"][0]["metric"], "rx_mb_s");
    assert_eq!(found["comparisons"][0]["word"], "faster");
    assert_eq!(found["control"]["variant"], "slow again");
    let outcomes: Vec<_> = found["predictions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["held", "held", "broken"]);
    // Three repetitions of three, the control included, in an order that takes turns.
    assert_eq!(records(&bench.path().join("run")).len(), 9);
    for plot in ["rates", "repetitions", "intervals", "dispatches"] {
        let png = fs::read(bench.path().join(format!("plots/{plot}.png"))).unwrap();
        assert_eq!(&png[..4], b"\x89PNG");
        assert!(
            fs::read_to_string(bench.path().join(format!("plots/{plot}.svg")))
                .unwrap()
                .contains("</svg>")
        );
    }
    // The prediction was on disk before the first repetition.
    let plan = fs::metadata(bench.path().join("run/run.json"))
        .unwrap()
        .modified()
        .unwrap();
    let first = fs::metadata(bench.path().join("run/repetitions").join("001-slow.json"))
        .or_else(|_| fs::metadata(bench.path().join("run/repetitions/001-fast.json")))
        .or_else(|_| fs::metadata(bench.path().join("run/repetitions/001-slow-again.json")))
        .unwrap();
    assert!(plan < first.modified().unwrap());
    assert!(bench.path().join("run/differences.json").exists());

    let again = besser(bench.path(), &["report", "run", "--markdown"]);
    let text = stdout(&again);
    assert!(
        text.contains("| config | rep values (MB/s) | mean |"),
        "{text}"
    );
    assert!(text.contains("| fast | slow | +9"), "{text}");
    assert!(text.contains("did not hold"), "{text}");
    let table = stdout(&besser(bench.path(), &["report", "run", "--detail"]));
    assert!(table.contains("fast against slow: faster"), "{table}");
    assert!(!table.contains('\u{1b}'), "colours off a terminal");
    assert!(table.contains("Control, the same module twice"), "{table}");
}

#[test]
fn gates() {
    let bench = bench("");
    // The other way round, the second is slower.
    let words = [
        "compare",
        &bench.fast,
        &bench.slow,
        "--runner",
        &bench.runner,
        "--seconds",
        "5",
        "--out",
        "run",
    ];
    let output = besser(
        bench.path(),
        &[&words[..], &["--fail-on", "slower"]].concat(),
    );
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("broken promise: slow against fast: slower"),
        "{}",
        stderr(&output)
    );
    assert_eq!(status(&besser(bench.path(), &["report", "run"])), 0);
    assert_eq!(
        status(&besser(
            bench.path(),
            &["report", "run", "--fail-on", "failure,not-enough-data"]
        )),
        0
    );
    assert_eq!(
        status(&besser(
            bench.path(),
            &["report", "run", "--fail-on", "control"]
        )),
        1
    );
}

#[test]
fn a_failed_repetition_is_kept_with_its_cause() {
    let bench = bench(
        "[ \"$variant\" = fast ] && [ ! -e \"$out/../../failed\" ] && touch \"$out/../../failed\" && failed kernel 'WARNING: at wifi.rs'",
    );
    let output = bench.measure("ramp", &["--out", "run"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("2 of 3") && text.contains("3 of 3"), "{text}");
    assert!(
        text.contains("Repetitions that count for nothing:")
            && text.contains("kernel: WARNING: at wifi.rs"),
        "{text}"
    );
    assert!(text.contains("not enough data"), "{text}");
    let failed: Vec<_> = records(&bench.path().join("run"))
        .into_iter()
        .filter(|record| record["outcome"] == "failed")
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["cause"], "WARNING: at wifi.rs");
    assert_eq!(
        status(&besser(
            bench.path(),
            &["report", "run", "--fail-on", "failure"]
        )),
        1
    );
}

#[test]
fn an_interrupted_run_is_valid_and_goes_on() {
    let bench = bench(
        "[ -e \"$out/../../slowly\" ] && { trap 'failed interrupted \"told to\"' TERM; touch \"$out/../../hangs\"; sleep 60 & wait; }",
    );
    let run = bench.path().join("run");
    // The second repetition hangs until it is interrupted.
    let mut child = command(
        bench.path(),
        &[
            "ramp",
            &bench.slow,
            &bench.fast,
            "--runner",
            &bench.runner,
            "--seconds",
            "5",
            "--out",
            "run",
        ],
    )
    .stdout(std::process::Stdio::null())
    .stderr(std::process::Stdio::piped())
    .spawn()
    .unwrap();
    let wait_for = |path: &Path| {
        let began = Instant::now();
        while !path.exists() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{} does not appear",
                path.display()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    wait_for(&run.join("repetitions"));
    fs::write(run.join("slowly"), "").unwrap();
    wait_for(&run.join("hangs"));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = {
        use std::io::Read;
        let mut text = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        (child.wait().unwrap(), text)
    };
    assert_eq!(output.0.code(), Some(130), "{}", output.1);
    assert!(
        output.1.contains("--resume goes on with it"),
        "{}",
        output.1
    );

    let partial = besser(bench.path(), &["report", "run"]);
    assert_eq!(status(&partial), 0, "{}", stderr(&partial));
    assert!(
        stdout(&partial).contains("The run is not complete"),
        "{}",
        stdout(&partial)
    );
    let order = fs::read_to_string(run.join("run.json")).unwrap();
    fs::remove_file(run.join("slowly")).unwrap();
    let output = besser(
        bench.path(),
        &["ramp", "--resume", "run", "--runner", &bench.runner],
    );
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(!stdout(&output).contains("not complete"));
    assert_eq!(fs::read_to_string(run.join("run.json")).unwrap(), order);
    let all = records(&run);
    assert_eq!(all.len(), 6);
    assert!(all.iter().all(|record| record["outcome"] == "ok"));
    // What the interrupted one left is kept as well.
    let kept = fs::read_dir(run.join("repetitions"))
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .contains(".interrupted-")
        });
    assert_eq!(kept.count(), 1);
}

#[test]
fn a_target_that_goes_away() {
    let bench = bench(
        "[ \"$(ls -d \"$out\"/../*/ | wc -l)\" -gt 2 ] && { echo 'connection lost' >&2; exit 255; }",
    );
    let output = bench.measure("ramp", &["--out", "run", "--reps", "5"]);
    assert_eq!(status(&output), 5, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("the target is gone")
            && stderr(&output).contains("connection lost"),
        "{}",
        stderr(&output)
    );
    let all = records(&bench.path().join("run"));
    assert_eq!(
        all.iter()
            .filter(|record| record["outcome"] == "ok")
            .count(),
        2
    );
    assert_eq!(
        all.iter()
            .filter(|record| record["kind"] == "target")
            .count(),
        2
    );
    assert_eq!(status(&besser(bench.path(), &["report", "run"])), 0);
}

#[test]
fn a_full_disk() {
    // The record of the second repetition cannot be written: its file is a full device.
    let bench =
        bench("for name in slow fast; do ln -sf /dev/full \"$out/../.002-$name.json.part\"; done");
    let output = bench.measure("ramp", &["--out", "run"]);
    assert_eq!(status(&output), 6, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("make room and go on with --resume"),
        "{}",
        stderr(&output)
    );
    assert_eq!(records(&bench.path().join("run")).len(), 1);
    assert_eq!(status(&besser(bench.path(), &["report", "run"])), 0);
    // The runner's own word for it.
    let bench = self::bench("failed disk 'no space left'");
    let output = bench.measure("ramp", &["--out", "run"]);
    assert_eq!(status(&output), 6, "{}", stderr(&output));
    assert_eq!(records(&bench.path().join("run")).len(), 1);
}

#[test]
fn nothing_could_be_measured() {
    let bench = bench("failed setup 'no link'");
    let output = bench.measure("compare", &["--out", "run", "--json"]);
    assert_eq!(status(&output), 5, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("not one repetition could be measured"),
        "{}",
        stderr(&output)
    );
    let found = json(&output);
    assert_eq!(found["variants"][0]["failures"][2]["cause"], "no link");
    let gate = besser(
        bench.path(),
        &["report", "run", "--fail-on", "not-enough-data"],
    );
    assert!(
        stderr(&gate).contains("slow was not measured"),
        "{}",
        stderr(&gate)
    );
}

#[test]
fn a_run_of_another_version() {
    let bench = bench("");
    assert_eq!(status(&bench.measure("ramp", &["--out", "run"])), 0);
    let path = bench.path().join("run/run.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"version\": 1", "\"version\": 7", 1)).unwrap();
    let output = besser(bench.path(), &["report", "run"]);
    assert_eq!(status(&output), 3);
    assert!(
        stderr(&output).contains("version 7 of the format, this one reads 1"),
        "{}",
        stderr(&output)
    );
    // Nothing is overwritten.
    let output = bench.measure("ramp", &["--out", "run"]);
    assert_eq!(status(&output), 2);
    assert!(
        stderr(&output).contains("is not empty"),
        "{}",
        stderr(&output)
    );
    let output = besser(bench.path(), &["report", "."]);
    assert!(
        stderr(&output).contains("is not the folder of a run"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_damaged_run() {
    let bench = bench("");
    assert_eq!(status(&bench.measure("ramp", &["--out", "run"])), 0);
    fs::write(
        bench.path().join("run/run.json"),
        "{\"format\": \"besser-run\", ",
    )
    .unwrap();
    let output = besser(bench.path(), &["report", "run"]);
    assert_eq!(status(&output), 3);
    assert!(
        stderr(&output).contains("is not whole"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn another_module_than_the_one_that_was_asked_for() {
    let bench = bench("[ \"$variant\" = fast ] && srcversion=CCCC");
    let output = bench.measure("ramp", &["--out", "run"]);
    assert!(
        stdout(&output).contains("the module that ran has srcversion CCCC, fast has BBBB"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn runs_of_different_experiments_are_not_mixed() {
    let bench = bench("");
    assert_eq!(status(&bench.measure("ramp", &["--out", "one"])), 0);
    assert_eq!(
        status(&bench.measure("ramp", &["--out", "two", "--seed", "9"])),
        0
    );
    assert_eq!(
        status(&bench.measure("ramp", &["--out", "three", "--rate", "1M"])),
        0
    );
    let both = besser(bench.path(), &["report", "one", "two"]);
    assert!(
        stdout(&both).contains("6 of 6"),
        "{}{}",
        stdout(&both),
        stderr(&both)
    );
    let mixed = besser(bench.path(), &["report", "one", "three"]);
    assert_eq!(status(&mixed), 2);
    assert!(
        stderr(&mixed).contains("are different experiments"),
        "{}",
        stderr(&mixed)
    );
}

#[test]
fn the_campaigns_figures_stand_beside_ours() {
    let bench = bench("");
    assert_eq!(status(&bench.measure("ramp", &["--out", "run"])), 0);
    let text = stdout(&besser(bench.path(), &["campaign", "run"]));
    assert!(
        text.contains("second-hand") && text.contains("ours"),
        "{text}"
    );
    let found = json(&besser(bench.path(), &["campaign", "--json"]));
    assert!(found["mark"].as_str().unwrap().contains("second-hand"));
}

#[test]
fn the_command_line_is_checked_before_anything_runs() {
    let bench = bench("");
    for (words, status_wanted, text) in [
        (vec!["ramp", &bench.slow, &bench.slow], 2, "is named twice"),
        (
            vec!["ramp", &bench.slow, "--rate", "1M", "--load", "udp-down"],
            2,
            "--rate caps the load stream",
        ),
        (
            vec!["ramp", &bench.slow, "--predict", "fast: rx_mb_s >= +5%"],
            2,
            "is about fast, which is not measured",
        ),
        (
            vec!["ramp", &bench.slow, "--predict", "rx_mbs >= +5%"],
            2,
            "did you mean 'rx_mb_s'?",
        ),
        (
            vec!["ramp", &bench.slow, "--target", "vax"],
            2,
            "is no target",
        ),
        (
            vec!["ramp", "missing.ko"],
            6,
            "cannot read the module missing.ko",
        ),
        (
            vec![
                "ramp",
                &bench.slow,
                "--out",
                "run",
                "--runner",
                "/nowhere/ramp",
            ],
            5,
            "cannot run /nowhere/ramp",
        ),
        (vec!["ramp", "head"], 2, "neither this folder nor one above"),
    ] {
        let output = besser(bench.path(), &words);
        assert_eq!(
            status(&output),
            status_wanted,
            "{words:?}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(text),
            "{words:?}: {}",
            stderr(&output)
        );
    }
}
