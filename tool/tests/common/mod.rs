// SPDX-License-Identifier: GPL-2.0-only
//! Modules, runners and projects made for tests.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a part of tests, and each uses a part of it"
)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
    write::{Object, Relocation, Symbol, SymbolSection},
};

pub struct Function {
    pub name: &'static str,
    pub code: Vec<u8>,
    /// A reference at this offset to that string.
    pub string: Option<(u64, &'static str)>,
}

pub fn function(name: &'static str, code: &[u8], string: Option<(u64, &'static str)>) -> Function {
    Function {
        name,
        code: code.to_vec(),
        string,
    }
}

/// An object file as the kernel's modules are: strings are referred to by their section.
pub fn module(srcversion: &str, strings: &[&str], functions: &[Function]) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let info = object.add_section(Vec::new(), b".modinfo".to_vec(), SectionKind::ReadOnlyData);
    object.append_section_data(
        info,
        format!("license=GPL\0srcversion={srcversion}\0").as_bytes(),
        1,
    );
    let rodata = object.add_section(
        Vec::new(),
        b".rodata.str1.1".to_vec(),
        SectionKind::ReadOnlyString,
    );
    let places: Vec<u64> = strings
        .iter()
        .map(|text| object.append_section_data(rodata, format!("{text}\0").as_bytes(), 1))
        .collect();
    let base = object.section_symbol(rodata);
    let text = object.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
    for function in functions {
        let at = object.append_section_data(text, &function.code, 16);
        object.add_symbol(Symbol {
            name: function.name.as_bytes().to_vec(),
            value: at,
            size: function.code.len() as u64,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
        if let Some((offset, wanted)) = function.string {
            let place = strings.iter().position(|text| *text == wanted).unwrap();
            object
                .add_relocation(
                    text,
                    Relocation {
                        offset: at + offset,
                        symbol: base,
                        addend: i64::try_from(places[place]).unwrap() - 4,
                        flags: RelocationFlags::Elf {
                            r_type: elf::R_X86_64_PC32,
                        },
                    },
                )
                .unwrap();
        }
    }
    object.write().unwrap()
}

/// Writes a module of its own for a name.
pub fn write_module(folder: &Path, name: &str, srcversion: &str) -> PathBuf {
    let path = folder.join(format!("{name}.ko"));
    let code = [srcversion.as_bytes(), &[0xc3]].concat();
    fs::write(
        &path,
        module(
            srcversion,
            &["text"],
            &[function("init_module", &code, None)],
        ),
    )
    .unwrap();
    path
}

/// Writes a program.
pub fn program(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    // Builds in Nix have no /usr/bin/env.
    let bash = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join("bash"))
        .find(|bash| bash.is_file())
        .unwrap();
    let text = text.replacen("#!/usr/bin/env bash", &format!("#!{}", bash.display()), 1);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A runner that measures nothing; see ramp-fake.sh. `before` is a piece of shell that sees
/// $variant, $seed and $out.
pub fn runner(folder: &Path, before: &str) -> PathBuf {
    let text = include_str!("ramp-fake.sh").replace(": BEFORE", before);
    program(folder, "ramp-fake", &text)
}

/// The manifest of a project with a baseline and a variant.
pub fn project(folder: &Path) -> PathBuf {
    let variants = folder.join("patches/variants");
    fs::create_dir_all(&variants).unwrap();
    fs::write(
        variants.join("relay.patch"),
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
    )
    .unwrap();
    fs::write(
        variants.join("variants.toml"),
        r#"# SPDX-License-Identifier: GPL-2.0-only
schema = 1

[variants.head]
title = "the driver as it stands"
description = "As it is."
patches = []
letters = []
sources = []

[variants.patch-b]
title = "with relay"
description = "A work item for everything."
patches = ["relay.patch"]
letters = ["A", "B"]
sources = ["field notes"]
recorded = ["patch-b-preflight"]
"#,
    )
    .unwrap();
    folder.to_owned()
}

/// Runs the program in a folder without anything from the environment that it would listen to.
pub fn besser(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_besser"));
    command.current_dir(folder).args(arguments);
    for name in [
        "BESSER_PROJECT",
        "BESSER_FLAKE",
        "BESSER_RUNNER",
        "BESSER_NIX",
        "BESSER_SSH",
    ] {
        command.env_remove(name);
    }
    command
}

pub fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn json(output: &Output) -> serde_json::Value {
    serde_json::from_str(&stdout(output))
        .unwrap_or_else(|error| panic!("{error}: {}{}", stdout(output), stderr(output)))
}
