// SPDX-License-Identifier: GPL-2.0-only
//! Suggestions for names that are nearly right.

/// `; did you mean 'X'?` with the known name nearest to `name`, or empty if none is near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let limit = name.len() / 3 + 1;
    known
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map_or_else(String::new, |(_, candidate)| {
            format!("; did you mean '{candidate}'?")
        })
}

/// Levenshtein's distance, in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (to, cell) in b.bytes().zip(row.iter_mut().skip(1)) {
            let substitute = diagonal.saturating_add(usize::from(from != to));
            let best = substitute
                .min(cell.saturating_add(1))
                .min(left.saturating_add(1));
            diagonal = *cell;
            left = best;
            *cell = best;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn measures_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(
            nearest("irq_cler", ["sleep", "irq_clear"]),
            "; did you mean 'irq_clear'?"
        );
        assert_eq!(nearest("zzz", ["sleep", "irq_clear"]), "");
    }
}
