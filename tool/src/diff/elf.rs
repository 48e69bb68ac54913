// SPDX-License-Identifier: GPL-2.0-only
//! What is in a module's file.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

use object::{
    Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionIndex, SectionKind, SymbolKind,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// A section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Bytes.
    pub size: u64,
    /// Hash of its bytes, empty for those without.
    pub sha256: String,
}

/// A function or an object of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Bytes.
    pub size: u64,
    /// Hash of its bytes and of what they refer to.
    pub sha256: String,
    /// Its section.
    pub section: String,
}

/// A module.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Module {
    /// Its file.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Hash of the file: the only proof of being the same.
    pub sha256: String,
    /// Entries of `.modinfo`, by key.
    pub modinfo: BTreeMap<String, Vec<String>>,
    /// Sections, by name; of several with one name, in their order.
    pub sections: BTreeMap<String, Section>,
    /// Functions, by demangled name without the crates' hashes.
    pub functions: BTreeMap<String, Item>,
    /// Named data.
    pub objects: BTreeMap<String, Item>,
    /// Symbols that the kernel must have.
    pub undefined: Vec<String>,
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A name for people: demangled, without the hashes of crates.
fn plain(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// A name made of a hash of its content, or a mere number, says nothing.
fn anonymous(name: &str) -> bool {
    name.is_empty()
        || name.starts_with(".L")
        || name.contains("anon.")
        || name.starts_with("__unnamed_")
}

/// Adds an entry; a second one of the same name gets a number.
pub(super) fn insert<T>(map: &mut BTreeMap<String, T>, name: &str, value: T) {
    let mut key = name.to_owned();
    let mut number = 1;
    while map.contains_key(&key) {
        number += 1;
        key = format!("{name} #{number}");
    }
    map.insert(key, value);
}

/// Where something is, and what it is called.
struct Place {
    name: String,
    start: u64,
    end: u64,
}

struct Reader<'a> {
    file: object::File<'a>,
    /// Symbols of each section with a size, by address.
    places: HashMap<SectionIndex, Vec<Place>>,
}

impl<'a> Reader<'a> {
    fn new(file: object::File<'a>) -> Self {
        let mut places: HashMap<SectionIndex, Vec<Place>> = HashMap::new();
        for symbol in file.symbols() {
            let (Some(section), Ok(name)) = (symbol.section_index(), symbol.name()) else {
                continue;
            };
            if symbol.size() > 0
                && !anonymous(name)
                && matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data)
            {
                places.entry(section).or_default().push(Place {
                    name: plain(name),
                    start: symbol.address(),
                    end: symbol.address().saturating_add(symbol.size()),
                });
            }
        }
        for list in places.values_mut() {
            list.sort_by_key(|place| place.start);
        }
        Self { file, places }
    }

    /// What is at a place of a section, so that it is called the same wherever the section has it:
    /// a name and a distance, or for what has no name, its content.
    fn describe(&self, index: SectionIndex, offset: i64, depth: usize) -> String {
        let Ok(section) = self.file.section_by_index(index) else {
            return format!("section {} + {offset}", index.0);
        };
        let name = section.name().unwrap_or_default();
        let Ok(at) = u64::try_from(offset) else {
            return format!("{name} {offset}");
        };
        let known = self.places.get(&index).and_then(|list| {
            let after = list.partition_point(|place| place.start <= at);
            list.get(after.checked_sub(1)?)
                .filter(|place| at < place.end)
        });
        if let Some(place) = known {
            return format!("{} + {}", place.name, at.saturating_sub(place.start));
        }
        let data = section.data().unwrap_or_default();
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let rest = data.get(start..).unwrap_or_default();
        if name.contains(".str") {
            let end = rest
                .iter()
                .position(|byte| *byte == 0)
                .unwrap_or(rest.len());
            return format!(
                "string {:?}",
                String::from_utf8_lossy(rest.get(..end).unwrap_or_default())
            );
        }
        // Nothing says how long it is: to the next thing that has a name, at most so far.
        let next = self
            .places
            .get(&index)
            .and_then(|list| list.iter().find(|place| place.start > at))
            .map_or(u64::MAX, |place| place.start.saturating_sub(at));
        let length = rest.len().min(usize::try_from(next).unwrap_or(64)).min(64);
        if depth == 0 || section.kind() == SectionKind::Text {
            return format!("{name} + {at}");
        }
        self.hash(
            index,
            at,
            at.saturating_add(length as u64),
            depth.saturating_sub(1),
        )
    }

    /// Hash of some bytes of a section and of what they refer to.
    fn hash(&self, index: SectionIndex, start: u64, end: u64, depth: usize) -> String {
        let mut hasher = Sha256::new();
        let Ok(section) = self.file.section_by_index(index) else {
            return String::new();
        };
        let data = section.data().unwrap_or_default();
        let range = usize::try_from(start).unwrap_or(usize::MAX)
            ..usize::try_from(end).unwrap_or(usize::MAX);
        hasher.update(data.get(range).unwrap_or_default());
        for (offset, relocation) in section.relocations() {
            if offset < start || offset >= end {
                continue;
            }
            let addend = relocation.addend();
            let target = match relocation.target() {
                RelocationTarget::Symbol(symbol) => match self.file.symbol_by_index(symbol) {
                    Ok(symbol)
                        if symbol.kind() == SymbolKind::Section
                            || anonymous(symbol.name().unwrap_or_default()) =>
                    {
                        // A distance that counts from the place of the reference itself.
                        let bias = if relative(&relocation) {
                            width(&relocation)
                        } else {
                            0
                        };
                        let place = i64::try_from(symbol.address())
                            .unwrap_or(0)
                            .saturating_add(addend)
                            .saturating_add(bias);
                        match symbol.section_index() {
                            Some(section) => self.describe(section, place, depth),
                            None => format!("{} + {addend}", symbol.name().unwrap_or_default()),
                        }
                    }
                    Ok(symbol) => {
                        format!("{} + {addend}", plain(symbol.name().unwrap_or_default()))
                    }
                    Err(_) => format!("symbol {} + {addend}", symbol.0),
                },
                RelocationTarget::Section(section) => self.describe(section, addend, depth),
                _ => format!("+ {addend}"),
            };
            hasher.update(format!(
                "\n{} {:?} {target}",
                offset.saturating_sub(start),
                relocation.flags()
            ));
        }
        let mut text = String::new();
        for byte in hasher.finalize() {
            use std::fmt::Write;
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// Whether the reference is a distance.
fn relative(relocation: &object::Relocation) -> bool {
    matches!(
        relocation.kind(),
        object::RelocationKind::Relative | object::RelocationKind::PltRelative
    )
}

/// Bytes of the reference: x86 counts distances from behind it.
fn width(relocation: &object::Relocation) -> i64 {
    i64::from(relocation.size() / 8)
}

impl Module {
    /// Reads a module's file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no module.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(Error::io("read the module", path))?;
        Self::parse(path, &bytes)
            .map_err(|what| Error::Input(format!("{}: {what}", path.display())))
    }

    fn parse(path: &Path, bytes: &[u8]) -> std::result::Result<Self, String> {
        let file =
            object::File::parse(bytes).map_err(|error| format!("is no ELF file ({error})"))?;
        let modinfo = file
            .section_by_name(".modinfo")
            .and_then(|section| section.data().ok())
            .map(modinfo)
            .ok_or("is no kernel module: it has no .modinfo")?;
        let reader = Reader::new(file);
        let mut module = Self {
            path: path.to_owned(),
            size: bytes.len() as u64,
            sha256: sha256(bytes),
            modinfo,
            sections: BTreeMap::new(),
            functions: BTreeMap::new(),
            objects: BTreeMap::new(),
            undefined: Vec::new(),
        };
        for section in reader.file.sections() {
            let entry = Section {
                size: section.size(),
                sha256: section.data().map(sha256).unwrap_or_default(),
            };
            insert(
                &mut module.sections,
                section.name().unwrap_or_default(),
                entry,
            );
        }
        for symbol in reader.file.symbols() {
            let Ok(name) = symbol.name() else { continue };
            if symbol.is_undefined() && !name.is_empty() {
                module.undefined.push(plain(name));
            }
            let Some(index) = symbol.section_index() else {
                continue;
            };
            if anonymous(name) || symbol.size() == 0 {
                continue;
            }
            let into = match symbol.kind() {
                SymbolKind::Text => &mut module.functions,
                SymbolKind::Data => &mut module.objects,
                _ => continue,
            };
            let section = reader.file.section_by_index(index).ok();
            let end = symbol.address().saturating_add(symbol.size());
            let item = Item {
                size: symbol.size(),
                sha256: reader.hash(index, symbol.address(), end, 2),
                section: section
                    .and_then(|section| section.name().ok().map(str::to_owned))
                    .unwrap_or_default(),
            };
            insert(into, &plain(name), item);
        }
        module.undefined.sort();
        Ok(module)
    }

    /// The identity that the kernel shows.
    #[must_use]
    pub fn srcversion(&self) -> Option<&str> {
        self.modinfo.get("srcversion")?.first().map(String::as_str)
    }
}

/// Entries `key=value`, each ended by a zero.
fn modinfo(data: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in data.split(|byte| *byte == 0) {
        let text = String::from_utf8_lossy(entry);
        if let Some((key, value)) = text.split_once('=') {
            all.entry(key.to_owned())
                .or_default()
                .push(value.to_owned());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ko");
        fs::write(&path, "text").unwrap();
        let error = Module::read(&path).unwrap_err();
        assert!(error.to_string().contains("is no ELF file"), "{error}");
        // A program is one, and no module.
        let error = Module::read(&std::env::current_exe().unwrap()).unwrap_err();
        assert!(error.to_string().contains("has no .modinfo"), "{error}");
        assert_eq!(error.status(), 3);
    }

    #[test]
    fn names_without_hashes() {
        assert_eq!(
            plain("_RNvNtCs1234_7bes26004wifi4poll"),
            "bes2600::wifi::poll"
        );
        assert_eq!(plain("init_module"), "init_module");
        assert!(anonymous(".Lanon.0123.4"));
        assert!(!anonymous("init_module"));
    }

    #[test]
    fn a_second_of_the_same_name_is_kept() {
        let mut map = BTreeMap::new();
        insert(&mut map, "a", 1);
        insert(&mut map, "a", 2);
        assert_eq!(
            map.into_iter().collect::<Vec<_>>(),
            [("a".to_owned(), 1), ("a #2".to_owned(), 2)]
        );
    }

    #[test]
    fn entries_of_modinfo() {
        let all = modinfo(b"srcversion=ABC\0alias=one\0alias=two\0\0");
        assert_eq!(all["srcversion"], ["ABC"]);
        assert_eq!(all["alias"], ["one", "two"]);
    }
}
