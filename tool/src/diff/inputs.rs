// SPDX-License-Identifier: GPL-2.0-only
//! Why two packages differ: their derivations' inputs and environment, the kernel's configuration.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Serialize;
use serde_json::Value;

use super::Entries;

/// What two packages are built from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inputs {
    /// Derivations and sources, by name without hash.
    pub inputs: Entries<String>,
    /// Environment of the builder.
    pub environment: Entries<String>,
    /// The kernel's configuration; `None` when it is not at hand.
    pub config: Option<Entries<String>>,
}

impl Inputs {
    /// Compares two derivations as `nix derivation show` has them.
    #[must_use]
    pub fn of(one: &Value, other: &Value) -> Self {
        let environments = (environment(one), environment(other));
        let config = |environment: &BTreeMap<String, String>| {
            let folder = environment.get("kernelBuild")?;
            fs::read_to_string(Path::new(folder).join(".config"))
                .ok()
                .map(|text| parse_config(&text))
        };
        Self {
            config: config(&environments.0)
                .zip(config(&environments.1))
                .map(|(one, other)| Entries::of(&one, &other)),
            inputs: Entries::of(&inputs(one), &inputs(other)),
            environment: Entries::of(&shown(&environments.0), &shown(&environments.1)),
        }
    }
}

/// Variables of the builder's environment.
fn environment(derivation: &Value) -> BTreeMap<String, String> {
    let Some(env) = derivation.get("env").and_then(Value::as_object) else {
        return BTreeMap::new();
    };
    env.iter()
        .map(|(name, value)| {
            (
                name.clone(),
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            )
        })
        .collect()
}

/// Without the outputs, which always differ.
fn shown(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let outputs: Vec<&str> = environment
        .get("outputs")
        .map_or("out", String::as_str)
        .split_whitespace()
        .collect();
    environment
        .iter()
        .filter(|(name, _)| !outputs.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Derivations and sources by their name, with their path in the store.
fn inputs(derivation: &Value) -> BTreeMap<String, String> {
    let mut paths: Vec<String> = Vec::new();
    // Newer versions of Nix have these below "inputs".
    let below = derivation.get("inputs");
    let of = |old: &str, new: &str| derivation.get(old).or_else(|| below?.get(new));
    if let Some(derivations) = of("inputDrvs", "drvs").and_then(Value::as_object) {
        paths.extend(derivations.keys().cloned());
    }
    if let Some(sources) = of("inputSrcs", "srcs").and_then(Value::as_array) {
        paths.extend(sources.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    paths.sort();
    let mut named = BTreeMap::new();
    for path in paths {
        let file = path.rsplit('/').next().unwrap_or_default();
        let name = file
            .split_once('-')
            .map_or(file, |(_, name)| name)
            .to_owned();
        super::elf::insert(&mut named, &name, path);
    }
    named
}

/// `CONFIG_X=value`; symbols that are not set are `n`.
fn parse_config(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| {
            if let Some(name) = line
                .strip_prefix("# ")
                .and_then(|rest| rest.strip_suffix(" is not set"))
            {
                return Some((name.to_owned(), "n".to_owned()));
            }
            let (name, value) = line.split_once('=')?;
            name.starts_with("CONFIG_")
                .then(|| (name.to_owned(), value.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivations_say_why() {
        let folder = tempfile::tempdir().unwrap();
        let kernel = |name: &str, text: &str| {
            let folder = folder.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join(".config"), text).unwrap();
            folder.display().to_string()
        };
        let derivation = |out: &str, patch: Option<&str>, kernel: String| {
            let mut sources = vec!["/nix/store/aaa-driver"];
            sources.extend(patch);
            serde_json::json!({
                "env": {"out": out, "outputs": "out", "pname": "bes2600", "kernelBuild": kernel},
                "inputDrvs": {"/nix/store/bbb-linux-uml.drv": {}},
                "inputSrcs": sources,
            })
        };
        let one = derivation(
            "/nix/store/1-x",
            None,
            kernel("a", "CONFIG_A=y\n# CONFIG_B is not set\n"),
        );
        let other = derivation(
            "/nix/store/2-x",
            Some("/nix/store/ccc-patch-b.patch"),
            kernel("b", "CONFIG_A=y\nCONFIG_B=m\n"),
        );
        let found = Inputs::of(&one, &other);
        assert_eq!(
            found.inputs.added.keys().collect::<Vec<_>>(),
            ["patch-b.patch"]
        );
        assert_eq!(found.inputs.same, 2);
        // The output's own path is no reason.
        assert_eq!(
            found.environment.changed.keys().collect::<Vec<_>>(),
            ["kernelBuild"]
        );
        let config = found.config.unwrap();
        assert_eq!(config.changed["CONFIG_B"], ("n".to_owned(), "m".to_owned()));
        assert_eq!(config.same, 1);
    }

    #[test]
    fn both_forms_of_derivations() {
        let new =
            serde_json::json!({"inputs": {"drvs": {"bbb-linux.drv": {}}, "srcs": ["aaa-driver"]}});
        assert_eq!(
            inputs(&new).into_keys().collect::<Vec<_>>(),
            ["driver", "linux.drv"]
        );
    }
}
