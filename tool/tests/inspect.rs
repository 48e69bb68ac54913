// SPDX-License-Identifier: GPL-2.0-only
//! list, show, build, diff and repro, through the program; Nix is a stand-in.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of it is tests"
)]

mod common;

use std::{fs, path::Path};

use common::{
    besser, command, function, json, module, program, project, status, stderr, stdout, write_module,
};

#[test]
fn lists_and_shows() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let text = stdout(&besser(folder.path(), &["list"]));
    assert!(
        text.contains("patch-b") && text.contains("the driver as it stands"),
        "{text}"
    );
    assert_eq!(
        json(&besser(folder.path(), &["list", "--json"]))["head"]["title"],
        "the driver as it stands"
    );
    let text = stdout(&besser(folder.path(), &["show", "patch-b"]));
    assert!(text.contains("relay.patch (1 files, +1 −1)"), "{text}");
    let unknown = besser(folder.path(), &["show", "patch-c"]);
    assert_eq!(status(&unknown), 2);
    assert!(
        stderr(&unknown).contains("did you mean 'patch-b'?"),
        "{}",
        stderr(&unknown)
    );
    let unknown = besser(folder.path(), &["show", "patch-c", "--json"]);
    assert_eq!(json(&unknown)["status"], 2);
}

#[test]
fn a_manifest_with_a_typo() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let path = folder.path().join("patches/variants/variants.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("letters =", "leters =", 1)).unwrap();
    let output = besser(folder.path(), &["list"]);
    assert_eq!(status(&output), 3);
    assert!(
        stderr(&output).contains("did you mean 'letters'?"),
        "{}",
        stderr(&output)
    );
}

fn read(folder: &Path, one: &[u8], other: &[u8]) -> (serde_json::Value, String, i32) {
    fs::write(folder.join("a.ko"), one).unwrap();
    fs::write(folder.join("b.ko"), other).unwrap();
    let output = besser(folder, &["diff", "a.ko", "b.ko", "--json"]);
    let text = stdout(&besser(folder, &["diff", "a.ko", "b.ko", "--detail"]));
    (json(&output), text, status(&output))
}

#[test]
fn what_moved_is_not_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let calls = [0x48, 0x8d, 0x3d, 0, 0, 0, 0, 0xc3];
    let one = module(
        "AAAA",
        &["first", "second"],
        &[
            function("poll", &calls, Some((3, "second"))),
            function("init_module", &[0x31, 0xc0, 0xc3], None),
        ],
    );
    // The same functions in another order, the strings, too.
    let moved = module(
        "BBBB",
        &["second", "first", "third"],
        &[
            function("init_module", &[0x31, 0xc0, 0xc3], None),
            function("poll", &calls, Some((3, "second"))),
        ],
    );
    let (found, text, result) = read(folder.path(), &one, &moved);
    assert_eq!(result, 1);
    assert_eq!(found["identical"], false);
    assert_eq!(found["functions"]["same"], 2, "{text}");
    assert!(
        text.contains("a reference into a section counts as what is there"),
        "{text}"
    );
    assert!(text.contains("srcversion: AAAA → BBBB"), "{text}");

    // Another string is another function, though not one byte of its code differs.
    let other = module(
        "AAAA",
        &["first", "second"],
        &[
            function("poll", &calls, Some((3, "first"))),
            function("init_module", &[0x31, 0xc0, 0xc3], None),
        ],
    );
    let (found, text, _) = read(folder.path(), &one, &other);
    assert!(
        found["functions"]["changed"].get("poll").is_some(),
        "{text}"
    );
    assert!(text.contains("~ poll (8 bytes, other content)"), "{text}");
}

#[test]
fn functions_come_go_and_grow() {
    let folder = tempfile::tempdir().unwrap();
    let one = module(
        "AAAA",
        &[],
        &[
            function("_RNvNtCs1234_7bes26004wifi4poll", &[0xc3], None),
            function("relay", &[0x90, 0xc3], None),
        ],
    );
    let other = module(
        "AAAA",
        &[],
        &[
            function("_RNvNtCs9876_7bes26004wifi4poll", &[0x90, 0x90, 0xc3], None),
            function("fresh", &[0xc3], None),
        ],
    );
    let (found, text, _) = read(folder.path(), &one, &other);
    assert_eq!(
        found["functions"]["changed"]["bes2600::wifi::poll"][1]["size"], 3,
        "{text}"
    );
    assert!(
        text.contains("~ bes2600::wifi::poll (1 → 3 bytes)"),
        "{text}"
    );
    assert!(
        text.contains("+ fresh (1 bytes)") && text.contains("- relay (2 bytes)"),
        "{text}"
    );
}

#[test]
fn identical_is_by_the_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let one = module("AAAA", &["x"], &[function("init_module", &[0xc3], None)]);
    let (found, text, result) = read(folder.path(), &one, &one);
    assert_eq!((result, &found["identical"]), (0, &serde_json::json!(true)));
    assert!(text.contains("identical: the same bytes"), "{text}");
    // A byte at the end that no section has is a difference.
    let (found, text, result) = read(folder.path(), &one, &[&one[..], &[0]].concat());
    assert_eq!(
        (result, &found["identical"]),
        (1, &serde_json::json!(false))
    );
    assert!(
        text.contains("the files do, and remain different files"),
        "{text}"
    );
    let output = besser(folder.path(), &["diff", "a.ko", "none.ko"]);
    assert_eq!(status(&output), 6);
}

/// A stand-in for Nix: what it builds is a folder with a module.
fn nix(folder: &Path, text: &str) -> String {
    let package = folder.join("package/lib/modules/7/updates");
    fs::create_dir_all(&package).unwrap();
    write_module(&package, "bes2600", "AAAA");
    let text = text.replace("PACKAGE", &folder.join("package").display().to_string());
    program(folder, "nix", &format!("#!/bin/sh\n{text}\n"))
        .display()
        .to_string()
}

#[test]
fn builds_and_builds_again() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let with = |text: &str, words: &[&str]| {
        command(folder.path(), words)
            .env("BESSER_NIX", nix(folder.path(), text))
            .output()
            .unwrap()
    };
    let output = with("echo PACKAGE", &["build", "head", "patch-b", "--json"]);
    let found = json(&output);
    assert_eq!(found[1]["srcversion"], "AAAA", "{}", stderr(&output));
    assert_eq!(found[1]["attribute"], "bes2600-variants.patch-b");

    let same = with("echo PACKAGE", &["repro", "head"]);
    assert_eq!(status(&same), 0);
    assert!(stdout(&same).contains("identical"), "{}", stdout(&same));
    let differs = "case \"$*\" in *--rebuild*) echo 'error: derivation may not be deterministic: output differs' >&2; exit 1 ;; esac; echo PACKAGE";
    let different = with(differs, &["repro", "head", "--json"]);
    assert_eq!(status(&different), 1);
    assert_eq!(json(&different)[0]["identical"], false);
}

#[test]
fn a_patch_that_does_not_apply() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let fails = "echo 'bes2600> patching file bes2600/wifi.rs' >&2; echo 'bes2600> Hunk #2 FAILED at 77.' >&2; exit 1";
    let nix = nix(folder.path(), fails);
    let output = command(folder.path(), &["build", "patch-b"])
        .env("BESSER_NIX", &nix)
        .output()
        .unwrap();
    assert_eq!(status(&output), 4);
    assert!(
        stderr(&output).contains("Hunk #2 FAILED at 77."),
        "{}",
        stderr(&output)
    );
    // Nothing is begun when one cannot be built.
    let words = ["ramp", "patch-b", "--out", "run", "--runner", "/bin/true"];
    let output = command(folder.path(), &words)
        .env("BESSER_NIX", &nix)
        .output()
        .unwrap();
    assert_eq!(status(&output), 4);
    assert!(!folder.path().join("run").exists());
}

#[test]
fn completions_and_manual() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let text = stdout(&besser(folder.path(), &["completions", shell]));
        assert!(
            text.contains("compare") && text.contains("--fail-on") || text.contains("fail-on"),
            "{shell}"
        );
    }
    let page = stdout(&besser(folder.path(), &["man"]));
    assert!(
        page.starts_with(".ie") && page.contains("Exit status") && page.contains("130"),
        "{page}"
    );
    assert_eq!(
        status(&besser(folder.path(), &["man", "--out", "pages"])),
        0
    );
    assert!(folder.path().join("pages/besser-compare.1").exists());
}
