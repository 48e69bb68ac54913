// SPDX-License-Identifier: GPL-2.0-only
//! Suggestions for names that are nearly right.

/// `; did you mean 'X'?` with the nearest known name, or nothing when none is near.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(name, candidate),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.55)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map_or_else(String::new, |(_, candidate)| {
            format!("; did you mean '{candidate}'?")
        })
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_near() {
        assert_eq!(
            nearest("patch-d", ["head", "patch-b"]),
            "; did you mean 'patch-b'?"
        );
        assert_eq!(
            nearest("haed", ["head", "patch-b"]),
            "; did you mean 'head'?"
        );
        assert_eq!(
            nearest("patch-c3", ["patch-b", "patch-c-v3"]),
            "; did you mean 'patch-c-v3'?"
        );
        assert_eq!(nearest("something", ["head", "patch-b"]), "");
    }
}
