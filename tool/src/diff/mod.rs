// SPDX-License-Identifier: GPL-2.0-only
//! What is different between two modules, and why.
//!
//! Two files are identical when their bytes are; nothing else is ever called so. To find what
//! changed inside, some differences are looked through. They are named in every report:
//!
//! * hashes in Rust's symbols (crate disambiguators) are left out of names;
//! * a reference into a section counts as what is there (name and distance, string, content), and
//!   not as its distance from the section's start.

pub mod elf;
pub mod inputs;
pub mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use self::elf::{Item, Module};
use self::inputs::Inputs;

/// What is looked through, in words.
pub const LOOKED_THROUGH: [&str; 2] = [
    "hashes of crates in Rust's symbols are left out of names",
    "a reference into a section counts as what is there, not as its distance from the section's start",
];

/// Entries of two maps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entries<T> {
    /// Only in the second.
    pub added: BTreeMap<String, T>,
    /// Only in the first.
    pub removed: BTreeMap<String, T>,
    /// In both, and different.
    pub changed: BTreeMap<String, (T, T)>,
    /// In both, and equal.
    pub same: usize,
}

impl<T: Clone + PartialEq> Entries<T> {
    /// Compares two maps.
    #[must_use]
    pub fn of(one: &BTreeMap<String, T>, other: &BTreeMap<String, T>) -> Self {
        let only =
            |these: &BTreeMap<String, T>, those: &BTreeMap<String, T>| -> BTreeMap<String, T> {
                these
                    .iter()
                    .filter(|(name, _)| !those.contains_key(*name))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            };
        let both = one
            .iter()
            .filter_map(|(name, value)| Some((name, value, other.get(name)?)));
        Self {
            added: only(other, one),
            removed: only(one, other),
            changed: both
                .clone()
                .filter(|(_, a, b)| a != b)
                .map(|(name, a, b)| (name.clone(), (a.clone(), b.clone())))
                .collect(),
            same: both.filter(|(_, a, b)| a == b).count(),
        }
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// All differences of two modules.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The first file with its hash.
    pub one: (String, String),
    /// The second.
    pub other: (String, String),
    /// Whether the files are the same, byte for byte.
    pub identical: bool,
    /// Sizes of the files.
    pub size: (u64, u64),
    /// The identities that the kernel shows.
    pub srcversion: (Option<String>, Option<String>),
    /// `.modinfo`.
    pub modinfo: Entries<Vec<String>>,
    /// Sections by raw content.
    pub sections: Entries<elf::Section>,
    /// Functions.
    pub functions: Entries<Item>,
    /// Named data.
    pub objects: Entries<Item>,
    /// Symbols wanted of the kernel.
    pub undefined: Entries<()>,
    /// What the packages were built from, and the kernel's configuration.
    pub inputs: Option<Inputs>,
    /// What was looked through to find what changed.
    pub looked_through: [&'static str; 2],
}

impl Difference {
    /// Compares two modules.
    #[must_use]
    pub fn of(one: &Module, other: &Module, inputs: Option<Inputs>) -> Self {
        let names = |module: &Module| {
            module
                .undefined
                .iter()
                .map(|name| (name.clone(), ()))
                .collect()
        };
        let name = |module: &Module| (module.path.display().to_string(), module.sha256.clone());
        Self {
            one: name(one),
            other: name(other),
            identical: one.sha256 == other.sha256 && one.size == other.size,
            size: (one.size, other.size),
            srcversion: (
                one.srcversion().map(str::to_owned),
                other.srcversion().map(str::to_owned),
            ),
            modinfo: Entries::of(&one.modinfo, &other.modinfo),
            sections: Entries::of(&one.sections, &other.sections),
            functions: Entries::of(&one.functions, &other.functions),
            objects: Entries::of(&one.objects, &other.objects),
            undefined: Entries::of(&names(one), &names(other)),
            inputs,
            looked_through: LOOKED_THROUGH,
        }
    }

    /// Whether code, data, entries and imports are equal once looked through; the files may still
    /// differ.
    #[must_use]
    pub fn only_outside(&self) -> bool {
        !self.identical
            && self.functions.equal()
            && self.objects.equal()
            && self.modinfo.equal()
            && self.undefined.equal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, u8)]) -> BTreeMap<String, u8> {
        entries
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect()
    }

    #[test]
    fn entries() {
        let found = Entries::of(
            &map(&[("a", 1), ("b", 2), ("c", 3)]),
            &map(&[("b", 2), ("c", 4), ("d", 5)]),
        );
        assert_eq!(found.added, map(&[("d", 5)]));
        assert_eq!(found.removed, map(&[("a", 1)]));
        assert_eq!(found.changed.keys().collect::<Vec<_>>(), ["c"]);
        assert_eq!(found.same, 1);
        assert!(!found.equal());
        assert!(Entries::of(&map(&[("a", 1)]), &map(&[("a", 1)])).equal());
    }
}
