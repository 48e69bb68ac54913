// SPDX-License-Identifier: GPL-2.0-only

//! Kernel modules: what `modprobe` does, from the same files.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::PathBuf;

use rustix::system::{delete_module, finit_module};

/// The installed modules of one kernel release: `modules.dep` and `modules.alias`.
pub(crate) struct Modules {
    root: PathBuf,
    /// Name to file, then the files it depends on, nearest first.
    files: HashMap<String, Vec<String>>,
    /// Pattern and module name.
    aliases: Vec<(String, String)>,
}

impl Modules {
    /// Reads the indices that `depmod` made for `release`.
    pub(crate) fn open(release: &str) -> Result<Self, String> {
        let root = PathBuf::from("/lib/modules").join(release);
        let read = |name: &str| {
            let path = root.join(name);
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let files = read("modules.dep")?
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(file, needs)| {
                let all = std::iter::once(file).chain(needs.split_whitespace());
                (module_name(file), all.map(str::to_owned).collect())
            })
            .collect();
        let aliases = read("modules.alias")?
            .lines()
            .filter_map(|line| line.strip_prefix("alias ")?.split_once(' '))
            .map(|(pattern, name)| (pattern.to_owned(), name.to_owned()))
            .collect();
        Ok(Self {
            root,
            files,
            aliases,
        })
    }

    /// The modules whose alias patterns match `alias`, each once.
    pub(crate) fn resolve(&self, alias: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .aliases
            .iter()
            .filter(|(pattern, _)| matches(pattern.as_bytes(), alias.as_bytes()))
            .map(|(_, name)| name.clone())
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Loads a module after what it depends on. Returns what was loaded, in that order; a module
    /// that is there already is passed over.
    pub(crate) fn load(&self, name: &str) -> Result<Vec<String>, String> {
        let files = self
            .files
            .get(name)
            .ok_or_else(|| format!("no module {name} in modules.dep"))?;
        let mut loaded = Vec::new();
        for file in files.iter().rev() {
            let path = self.root.join(file);
            let image =
                File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            match finit_module(&image, c"", 0) {
                Ok(()) => loaded.push(module_name(file)),
                Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(format!("load {}: {error}", path.display())),
            }
        }
        Ok(loaded)
    }

    /// Unloads one module; fails when it is in use.
    pub(crate) fn unload(&self, name: &str) -> Result<(), String> {
        let text = std::ffi::CString::new(name).map_err(|error| error.to_string())?;
        delete_module(&text, rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
            .map_err(|error| format!("unload {name}: {error}"))
    }
}

/// A module's name from its file: `kernel/net/a-b.ko` is `a_b`.
fn module_name(file: &str) -> String {
    let base = file.rsplit('/').next().unwrap_or(file);
    base.split(".ko").next().unwrap_or(base).replace('-', "_")
}

/// Shell pattern matching with `*` alone, which is all that SDIO aliases use.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len())
            .filter_map(|skip| text.get(skip..))
            .any(|end| matches(rest, end)),
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(have, more)| have == first && matches(rest, more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sdio_alias_with_any_class() {
        assert!(matches(b"sdio:c*vBE57d2002*", b"sdio:c07vBE57d2002"));
        assert!(!matches(b"sdio:c*vBE57d2002*", b"sdio:c07vBE57d2003"));
        assert!(!matches(b"sdio:c*", b"usb:c0"));
    }

    #[test]
    fn names_of_files() {
        assert_eq!(module_name("updates/bes2600.ko"), "bes2600");
        assert_eq!(module_name("kernel/x/snd-soc.ko.xz"), "snd_soc");
    }
}
