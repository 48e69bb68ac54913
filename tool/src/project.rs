// SPDX-License-Identifier: GPL-2.0-only
//! Where the project is, and its flake.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, Result},
    manifest::Manifest,
};

/// The manifest below the project's folder.
const MANIFEST: &str = "patches/variants/variants.toml";

/// The project's folder.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its top.
    pub top: PathBuf,
    /// What Nix is asked for.
    pub flake: String,
}

impl Project {
    /// The folder named, or the nearest one above the current that has the manifest.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn find(named: Option<&Path>, flake: Option<&str>) -> Result<Self> {
        let top = match named {
            Some(folder) if folder.join(MANIFEST).is_file() => folder.to_owned(),
            Some(folder) => {
                return Err(Error::Usage(format!(
                    "{} has no {MANIFEST}",
                    folder.display()
                )));
            }
            None => {
                let here = env::current_dir()
                    .map_err(Error::io("find", Path::new("the current folder")))?;
                here.ancestors()
                    .find(|folder| folder.join(MANIFEST).is_file())
                    .map(Path::to_owned)
                    .ok_or_else(|| Error::Usage(format!("neither this folder nor one above has {MANIFEST}: name the project's with --project")))?
            }
        };
        let flake = flake.map_or_else(|| top.display().to_string(), str::to_owned);
        Ok(Self { top, flake })
    }

    /// Reads the manifest.
    ///
    /// # Errors
    ///
    /// As [`Manifest::read`].
    pub fn manifest(&self) -> Result<Manifest> {
        Manifest::read(&self.top.join(MANIFEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_manifest_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Project::find(Some(folder.path()), None).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("has no patches/variants/variants.toml")
        );
    }

    #[test]
    fn the_flake_is_the_folder_unless_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("patches/variants")).unwrap();
        std::fs::write(folder.path().join(MANIFEST), "schema = 1\n[variants]\n").unwrap();
        let project = Project::find(Some(folder.path()), None).unwrap();
        assert_eq!(project.flake, folder.path().display().to_string());
        let project = Project::find(Some(folder.path()), Some("path:/x")).unwrap();
        assert_eq!(project.flake, "path:/x");
        assert!(project.manifest().unwrap().variants.is_empty());
    }
}
