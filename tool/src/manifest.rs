// SPDX-License-Identifier: GPL-2.0-only
//! patches/variants/variants.toml: what each variant of the driver is.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    suggest,
};

/// The number of the format this program reads.
pub const SCHEMA: u64 = 1;

/// A work item whose dispatches are counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// What it does.
    pub about: String,
    /// Extended regular expression for the symbol of its work function.
    pub function: String,
}

/// A variant of the driver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// What it is, in a line.
    pub title: String,
    /// What it stands for.
    pub description: String,
    /// The variant whose patches come first.
    #[serde(default)]
    pub parent: Option<String>,
    /// Its own patches, in order.
    pub patches: Vec<String>,
    /// Patches of the campaign that it has.
    pub letters: Vec<String>,
    /// Where the content is known from.
    pub sources: Vec<String>,
    /// Series of the campaign that it re-makes.
    #[serde(default)]
    pub recorded: Vec<String>,
}

/// The manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Number of the format.
    pub schema: u64,
    /// Work items, by role.
    #[serde(default)]
    pub roles: BTreeMap<String, Role>,
    /// Variants, by name.
    pub variants: BTreeMap<String, Variant>,
    /// Where it was read from.
    #[serde(skip)]
    folder: PathBuf,
}

impl Manifest {
    /// Reads and checks a manifest and that its patches exist.
    ///
    /// # Errors
    ///
    /// It cannot be read, has unknown keys, or refers to what does not exist.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io("read the manifest", path))?;
        let in_file = |problem: String| Error::Input(format!("{}: {problem}", path.display()));
        let mut manifest = Self::parse(&text).map_err(in_file)?;
        manifest.folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        for (name, variant) in &manifest.variants {
            for patch in &variant.patches {
                let file = manifest.folder.join(patch);
                if !file.is_file() {
                    return Err(in_file(format!(
                        "variant {name} has a patch {patch}, and {} does not exist",
                        file.display()
                    )));
                }
            }
        }
        Ok(manifest)
    }

    fn parse(text: &str) -> std::result::Result<Self, String> {
        let manifest: Self = from_toml(text)?;
        if manifest.schema != SCHEMA {
            return Err(format!(
                "schema is {}, this program reads {SCHEMA}",
                manifest.schema
            ));
        }
        for (name, variant) in &manifest.variants {
            let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || !name.chars().all(good) {
                return Err(format!(
                    "'{name}' is no name of a variant: lower-case letters, digits and hyphens"
                ));
            }
            if let Some(parent) = variant
                .parent
                .as_ref()
                .filter(|parent| !manifest.variants.contains_key(*parent))
            {
                return Err(format!(
                    "parent of variant {name}: {}",
                    manifest.unknown(parent)
                ));
            }
            manifest
                .chain(name)
                .map_err(|()| format!("variant {name} is its own ancestor"))?;
        }
        Ok(manifest)
    }

    fn unknown(&self, name: &str) -> String {
        let names = self.variants.keys().map(String::as_str);
        format!(
            "no variant is called '{name}'{}; there are: {}",
            suggest::nearest(name, names.clone()),
            names.collect::<Vec<_>>().join(", ")
        )
    }

    /// The variant of that name.
    ///
    /// # Errors
    ///
    /// There is none; the text suggests the nearest.
    pub fn variant(&self, name: &str) -> Result<&Variant> {
        self.variants
            .get(name)
            .ok_or_else(|| Error::Usage(self.unknown(name)))
    }

    /// A variant's ancestors from the oldest to itself.
    fn chain(&self, name: &str) -> std::result::Result<Vec<String>, ()> {
        let mut chain = vec![name.to_owned()];
        let mut current = name;
        while let Some(parent) = self
            .variants
            .get(current)
            .and_then(|variant| variant.parent.as_deref())
        {
            if chain.iter().any(|known| known == parent) {
                return Err(());
            }
            chain.insert(0, parent.to_owned());
            current = parent;
        }
        Ok(chain)
    }

    /// All patches of a variant in the order of application, those of its ancestors first.
    #[must_use]
    pub fn patches(&self, name: &str) -> Vec<PathBuf> {
        self.chain(name)
            .unwrap_or_default()
            .iter()
            .filter_map(|ancestor| self.variants.get(ancestor))
            .flat_map(|variant| &variant.patches)
            .map(|patch| self.folder.join(patch))
            .collect()
    }
}

/// What a patch does to files, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PatchSize {
    /// Its file.
    pub file: PathBuf,
    /// Files it changes.
    pub files: usize,
    /// Lines it adds.
    pub added: usize,
    /// Lines it removes.
    pub removed: usize,
}

impl PatchSize {
    /// Counts the lines of a unified diff.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn of(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).map_err(Error::io("read the patch", file))?;
        let mut size = Self {
            file: file.to_owned(),
            files: 0,
            added: 0,
            removed: 0,
        };
        // A message and a signature may have lines that begin like a change's.
        let mut in_hunk = false;
        for line in text.lines() {
            match line {
                _ if line.starts_with("@@ ") => in_hunk = true,
                _ if line.starts_with("+++ ") => size.files += 1,
                _ if line.starts_with("--- ") || line.starts_with("diff ") || line == "-- " => {
                    in_hunk = false;
                }
                _ if in_hunk && line.starts_with('+') => size.added += 1,
                _ if in_hunk && line.starts_with('-') => size.removed += 1,
                _ => {}
            }
        }
        Ok(size)
    }
}

/// Reads TOML; an unknown key gets a suggestion.
///
/// # Errors
///
/// What the parser says, with the place.
pub fn from_toml<T: DeserializeOwned>(text: &str) -> std::result::Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let words: Vec<&str> = error.message().split('`').collect();
        let suggestion = match words.as_slice() {
            ["unknown field ", unknown, rest @ ..] => {
                suggest::nearest(unknown, rest.iter().skip(1).step_by(2).copied())
            }
            _ => String::new(),
        };
        format!("{}{suggestion}", error.to_string().trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MANIFEST;

    fn error(from: &str, to: &str) -> String {
        assert!(MANIFEST.contains(from));
        Manifest::parse(&MANIFEST.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn reads_and_orders_patches() {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let patches: Vec<_> = manifest.patches("patch-b");
        assert_eq!(
            patches,
            [Path::new("relay.patch"), Path::new("patch-b.patch")]
        );
        assert!(manifest.patches("head").is_empty());
    }

    #[test]
    fn a_typo_is_refused_with_a_suggestion() {
        let text = error("title =", "titel =");
        assert!(text.contains("unknown field `titel`"), "{text}");
        assert!(text.contains("did you mean 'title'?"), "{text}");
        assert!(text.contains("line "), "{text}");
    }

    #[test]
    fn names_must_exist() {
        let text = error("parent = \"patch-c-v3\"", "parent = \"patch-c3\"");
        assert!(text.contains("parent of variant patch-b"), "{text}");
        assert!(text.contains("did you mean 'patch-c-v3'?"), "{text}");
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let unknown = manifest.variant("heat").unwrap_err();
        assert!(unknown.to_string().contains("did you mean 'head'?"));
        assert_eq!(unknown.status(), 2);
    }

    #[test]
    fn circles_and_other_formats_are_refused() {
        let text = error(
            "patches = [\"relay.patch\"]",
            "parent = \"patch-b\"\npatches = [\"relay.patch\"]",
        );
        assert!(text.contains("is its own ancestor"), "{text}");
        assert!(error("schema = 1", "schema = 2").contains("this program reads 1"));
        assert!(error("[variants.head]", "[variants.HEAD]").contains("no name of a variant"));
    }

    #[test]
    fn a_missing_patch_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("variants.toml");
        fs::write(&path, MANIFEST).unwrap();
        let text = Manifest::read(&path).unwrap_err().to_string();
        assert!(
            text.contains("has a patch") && text.contains("does not exist"),
            "{text}"
        );
    }

    #[test]
    fn the_size_of_a_patch() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.patch");
        fs::write(
            &path,
            "Subject\n---\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-old\n+new\n+newer\n same\n",
        )
        .unwrap();
        let size = PatchSize::of(&path).unwrap();
        assert_eq!((size.files, size.added, size.removed), (1, 2, 1));
    }
}
