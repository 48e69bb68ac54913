// SPDX-License-Identifier: GPL-2.0-only
//! Differences for people: summary first, detail on request.

use std::fmt::Write;

use super::{Difference, Entries, elf::Item};

/// Lines of a list in a summary.
const SHORT: usize = 12;

fn count<T>(text: &mut String, what: &str, entries: &Entries<T>) {
    let _ = writeln!(
        text,
        "  {what:<14} {} changed, {} added, {} removed, {} equal",
        entries.changed.len(),
        entries.added.len(),
        entries.removed.len(),
        entries.same
    );
}

fn sizes(entries: &Entries<Item>) -> i128 {
    let sum = |items: &mut dyn Iterator<Item = u64>| items.map(i128::from).sum::<i128>();
    sum(&mut entries.added.values().map(|item| item.size))
        - sum(&mut entries.removed.values().map(|item| item.size))
        + sum(&mut entries.changed.values().map(|(_, new)| new.size))
        - sum(&mut entries.changed.values().map(|(old, _)| old.size))
}

/// A list, the largest first; shortened unless all are wanted.
fn items(text: &mut String, entries: &Entries<Item>, all: bool) {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for (name, item) in &entries.added {
        lines.push((item.size, format!("  + {name} ({} bytes)", item.size)));
    }
    for (name, item) in &entries.removed {
        lines.push((item.size, format!("  - {name} ({} bytes)", item.size)));
    }
    for (name, (old, new)) in &entries.changed {
        let size = if old.size == new.size {
            format!("{} bytes, other content", new.size)
        } else {
            format!("{} → {} bytes", old.size, new.size)
        };
        lines.push((old.size.max(new.size), format!("  ~ {name} ({size})")));
    }
    lines.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    list(text, lines.into_iter().map(|(_, line)| line).collect(), all);
}

fn list(text: &mut String, lines: Vec<String>, all: bool) {
    let rest = if all {
        0
    } else {
        lines.len().saturating_sub(SHORT)
    };
    let shown = lines.len().saturating_sub(rest);
    for line in lines.into_iter().take(shown) {
        let _ = writeln!(text, "{line}");
    }
    if rest > 0 {
        let _ = writeln!(text, "  … and {rest} more; --detail shows them");
    }
}

fn texts(entries: &Entries<String>) -> Vec<String> {
    let short = |value: &str| {
        value
            .chars()
            .take(160)
            .collect::<String>()
            .replace('\n', "\\n")
    };
    let mut lines = Vec::new();
    lines.extend(
        entries
            .changed
            .iter()
            .map(|(name, (old, new))| format!("  ~ {name}: {} → {}", short(old), short(new))),
    );
    lines.extend(
        entries
            .added
            .iter()
            .map(|(name, value)| format!("  + {name}: {}", short(value))),
    );
    lines.extend(
        entries
            .removed
            .iter()
            .map(|(name, value)| format!("  - {name}: {}", short(value))),
    );
    lines
}

/// The report.
#[must_use]
pub fn report(difference: &Difference, detail: bool) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "  {}  {}", difference.one.1, difference.one.0);
    let _ = writeln!(text, "  {}  {}", difference.other.1, difference.other.0);
    if difference.identical {
        text.push_str("identical: the same bytes\n");
    } else {
        let _ = writeln!(
            text,
            "different: {} and {} bytes",
            difference.size.0, difference.size.1
        );
        let version =
            |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
        let _ = writeln!(
            text,
            "  srcversion     {}{}",
            version(&difference.srcversion.0),
            if difference.srcversion.0 == difference.srcversion.1 {
                " in both".to_owned()
            } else {
                format!(" → {}", version(&difference.srcversion.1))
            }
        );
        count(&mut text, "functions", &difference.functions);
        let _ = writeln!(
            text,
            "  {:<14} {:+} bytes",
            "code",
            sizes(&difference.functions)
        );
        let fields = difference
            .functions
            .changed
            .values()
            .filter(|(old, new)| old.size == new.size)
            .count();
        if fields > 0 {
            let _ = writeln!(
                text,
                "  {:<14} {fields} of the changed have the same size: often other offsets of fields only",
                ""
            );
        }
        count(&mut text, "named data", &difference.objects);
        count(&mut text, "imports", &difference.undefined);
        count(&mut text, "modinfo", &difference.modinfo);
        count(&mut text, "sections, raw", &difference.sections);
    }
    if let Some(inputs) = &difference.inputs {
        count(&mut text, "inputs", &inputs.inputs);
        count(&mut text, "environment", &inputs.environment);
        if let Some(config) = &inputs.config {
            count(&mut text, "kernel config", config);
        } else {
            let _ = writeln!(text, "  {:<14} not at hand", "kernel config");
        }
    }
    if difference.only_outside() {
        text.push_str("\nNo function, data, import or entry differs; the files do, and remain different files.\n");
    }
    if !difference.identical {
        text.push_str("\nTo find what changed, this was looked through:\n");
        for what in difference.looked_through {
            let _ = writeln!(text, "  {what}");
        }
    }
    lists(&mut text, difference, detail);
    text
}

fn lists(text: &mut String, difference: &Difference, detail: bool) {
    if !difference.functions.equal() {
        text.push_str("\nFunctions:\n");
        items(text, &difference.functions, detail);
    }
    if let Some(inputs) = &difference.inputs {
        for (title, entries) in [
            ("Inputs", Some(&inputs.inputs)),
            ("Environment", Some(&inputs.environment)),
            ("Kernel configuration", inputs.config.as_ref()),
        ] {
            if let Some(entries) = entries.filter(|entries| !entries.equal()) {
                let _ = writeln!(text, "\n{title}:");
                list(text, texts(entries), detail);
            }
        }
    }
    if !detail {
        return;
    }
    if !difference.objects.equal() {
        text.push_str("\nNamed data:\n");
        items(text, &difference.objects, true);
    }
    if !difference.undefined.equal() {
        text.push_str("\nImports:\n");
        for name in difference.undefined.added.keys() {
            let _ = writeln!(text, "  + {name}");
        }
        for name in difference.undefined.removed.keys() {
            let _ = writeln!(text, "  - {name}");
        }
    }
    if !difference.modinfo.equal() {
        text.push_str("\nmodinfo:\n");
        for (name, (old, new)) in &difference.modinfo.changed {
            let _ = writeln!(text, "  ~ {name}: {} → {}", old.join(", "), new.join(", "));
        }
        for (sign, entries) in [
            ("+", &difference.modinfo.added),
            ("-", &difference.modinfo.removed),
        ] {
            for (name, values) in entries {
                let _ = writeln!(text, "  {sign} {name}: {}", values.join(", "));
            }
        }
    }
    if !difference.sections.equal() {
        text.push_str("\nSections, by raw content:\n");
        for (name, (old, new)) in &difference.sections.changed {
            let _ = writeln!(text, "  ~ {name} ({} → {} bytes)", old.size, new.size);
        }
        for (sign, entries) in [
            ("+", &difference.sections.added),
            ("-", &difference.sections.removed),
        ] {
            for (name, section) in entries {
                let _ = writeln!(text, "  {sign} {name} ({} bytes)", section.size);
            }
        }
    }
}
