// SPDX-License-Identifier: GPL-2.0-only
//! Commands about what variants are: list, show, build, diff, repro.

use std::{fmt::Write, path::PathBuf};

use serde_json::json;

use super::{Workshop, attribute, is_file, print, print_json};
use crate::{
    cli::{Cli, Kernel},
    diff::{Difference, elf::Module, inputs::Inputs, text},
    error::{BROKEN, Error, Result},
    manifest::PatchSize,
    progress::Progress,
    report::table::table,
};

pub(super) fn list(cli: &Cli) -> Result<u8> {
    let workshop = Workshop::open(cli)?;
    if cli.json {
        return print_json(&workshop.manifest.variants);
    }
    let rows = workshop
        .manifest
        .variants
        .iter()
        .map(|(name, variant)| {
            vec![
                name.clone(),
                variant.letters.join(" "),
                variant.title.clone(),
            ]
        })
        .collect();
    print(&table(&["variant", "letters", "what it is"], 3, rows))
}

pub(super) fn show(cli: &Cli, name: &str) -> Result<u8> {
    let workshop = Workshop::open(cli)?;
    let variant = workshop.manifest.variant(name)?;
    let patches = workshop
        .manifest
        .patches(name)
        .iter()
        .map(|file| PatchSize::of(file))
        .collect::<Result<Vec<_>>>()?;
    if cli.json {
        return print_json(&json!({
            "name": name,
            "variant": variant,
            "patches": patches,
            "packages": {"uml": attribute(Kernel::Uml, name), "pinetab2": attribute(Kernel::Pinetab2, name)},
        }));
    }
    let mut text = format!(
        "{name}: {}\n\n{}\n\n",
        variant.title,
        variant.description.trim()
    );
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{key:<12} {value}");
        }
    };
    line("letters", &variant.letters.join(", "));
    line("parent", variant.parent.as_deref().unwrap_or_default());
    line("recorded as", &variant.recorded.join(", "));
    line("sources", &variant.sources.join("; "));
    line(
        "packages",
        &format!(
            "{} (user-mode Linux), {} (tablet)",
            attribute(Kernel::Uml, name),
            attribute(Kernel::Pinetab2, name)
        ),
    );
    for patch in &patches {
        let counts = format!(
            "{} ({} files, +{} −{})",
            patch.file.display(),
            patch.files,
            patch.added,
            patch.removed
        );
        line("patch", &counts);
    }
    if patches.is_empty() {
        line("patch", "none: the sources as they are");
    }
    print(&text)
}

pub(super) fn build(cli: &Cli, names: &[String], kernel: Kernel) -> Result<u8> {
    let workshop = Workshop::open(cli)?;
    for name in names {
        workshop.manifest.variant(name)?;
    }
    let progress = Progress::new(names.len(), cli.quiet);
    let mut rows = Vec::new();
    let mut built_all = Vec::new();
    for (done, name) in names.iter().enumerate() {
        progress.at(&format!("builds {name}"));
        let (built, file) = workshop.variant(kernel, name)?;
        let module = Module::read(&file)?;
        progress.done(done.saturating_add(1));
        progress.say(&format!("{name}: {} ({} s)", file.display(), built.took_s));
        built_all.push(json!({
            "variant": name,
            "attribute": built.attribute,
            "package": built.path,
            "module": file,
            "srcversion": module.srcversion(),
            "sha256": module.sha256,
            "took_s": built.took_s,
        }));
        rows.push(vec![
            name.clone(),
            module.srcversion().unwrap_or("none").to_owned(),
            file.display().to_string(),
            built.took_s.to_string(),
        ]);
    }
    progress.finish();
    if cli.json {
        return print_json(&built_all);
    }
    print(&table(
        &["variant", "srcversion", "module", "seconds"],
        3,
        rows,
    ))
}

/// A side of a comparison: its module, and its package when it is a variant.
fn side(cli: &Cli, name: &str, kernel: Kernel) -> Result<(Module, Option<String>)> {
    if is_file(name) {
        return Ok((Module::read(&PathBuf::from(name))?, None));
    }
    let (_, file) = Workshop::open(cli)?.variant(kernel, name)?;
    Ok((Module::read(&file)?, Some(attribute(kernel, name))))
}

pub(super) fn diff(cli: &Cli, one: &str, other: &str, detail: bool, kernel: Kernel) -> Result<u8> {
    let (first, first_attribute) = side(cli, one, kernel)?;
    let (second, second_attribute) = side(cli, other, kernel)?;
    let inputs = match first_attribute.zip(second_attribute) {
        Some((first, second)) => {
            let nix = Workshop::open(cli)?.nix;
            Some(Inputs::of(
                &nix.derivation(&first)?,
                &nix.derivation(&second)?,
            ))
        }
        None => None,
    };
    let difference = Difference::of(&first, &second, inputs);
    if cli.json {
        print_json(&difference)?;
    } else {
        print(&text::report(&difference, detail))?;
    }
    Ok(if difference.identical { 0 } else { BROKEN })
}

pub(super) fn repro(cli: &Cli, names: &[String], kernel: Kernel) -> Result<u8> {
    let workshop = Workshop::open(cli)?;
    for name in names {
        workshop.manifest.variant(name)?;
    }
    let progress = Progress::new(names.len(), cli.quiet);
    let mut results = Vec::new();
    for (done, name) in names.iter().enumerate() {
        progress.at(&format!("builds {name} twice"));
        let (built, file) = workshop.variant(kernel, name)?;
        let before = Module::read(&file)?;
        let same = workshop.nix.rebuild(&built.attribute)?;
        // The one in the store is what the second build was compared with.
        let after = Module::read(&file)?;
        if before.sha256 != after.sha256 {
            return Err(Error::Build(format!(
                "{} changed while it was built again",
                file.display()
            )));
        }
        progress.done(done.saturating_add(1));
        progress.say(&format!(
            "{name}: {}",
            if same { "identical" } else { "different" }
        ));
        results.push((name.clone(), same, before.sha256));
    }
    progress.finish();
    if cli.json {
        let all: Vec<_> = results
            .iter()
            .map(|(name, same, hash)| json!({"variant": name, "identical": same, "sha256": hash}))
            .collect();
        print_json(&all)?;
    } else {
        let rows = results
            .iter()
            .map(|(name, same, hash)| {
                vec![
                    name.clone(),
                    if *same { "identical" } else { "DIFFERENT" }.to_owned(),
                    hash.clone(),
                ]
            })
            .collect();
        print(&table(&["variant", "two builds", "sha256"], 3, rows))?;
    }
    Ok(if results.iter().all(|(_, same, _)| *same) {
        0
    } else {
        BROKEN
    })
}
