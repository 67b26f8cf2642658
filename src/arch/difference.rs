//! What tells one architecture from another, in words.

use super::slots::{Choices, cells_in_words, sources};
use super::{CellGene, Genotype, Slot};

/// What tells `other` from `base`, as clauses of a sentence: `cell 2 has skip from cell 1; all cells have transposed
/// convolution in place of bilinear`. `None` where they are the same.
///
/// ```
/// use autogan::arch::{Genotype, difference};
///
/// let base = Genotype::parse("1 0 1 1 1 0 0 1 0")?;
/// let other = Genotype::parse("1 0 1 1 1 0 2 1 1")?;
/// let words = "cell 2 has transposed convolution in place of bilinear and skip from cell 1";
/// assert_eq!(difference(&base, &other).as_deref(), Some(words));
/// assert_eq!(difference(&base, &base), None);
/// # Ok::<(), autogan::arch::ArchError>(())
/// ```
pub fn difference(base: &Genotype, other: &Genotype) -> Option<String> {
    let common = base.cells.len().min(other.cells.len());
    // Each change with the cells that have it, in the order of the slots.
    let mut changes: Vec<(String, Vec<usize>)> = Vec::new();
    for &slot in Slot::ALL {
        for cell in 0..common {
            for change in changes_of(slot, cell, &base.cells[cell], &other.cells[cell]) {
                match changes.iter_mut().find(|(known, _)| *known == change) {
                    Some((_, cells)) => cells.push(cell),
                    None => changes.push((change, vec![cell])),
                }
            }
        }
    }
    // The changes of the same cells are one clause.
    let mut clauses: Vec<(Vec<usize>, Vec<String>)> = Vec::new();
    for (change, cells) in changes {
        match clauses.iter_mut().find(|(known, _)| *known == cells) {
            Some((_, changes)) => changes.push(change),
            None => clauses.push((cells, vec![change])),
        }
    }
    clauses.sort_by(|(a, _), (b, _)| a[0].cmp(&b[0]).then(b.len().cmp(&a.len())));
    let all = common > 1 && base.cells.len() == other.cells.len();
    let clause = |(cells, changes): (Vec<usize>, Vec<String>)| {
        let whose =
            if all && cells.len() == common { "all cells".to_owned() } else { cells_in_words(&cells) };
        format!("{whose} {} {}", if cells.len() == 1 { "has" } else { "have" }, listed(&changes))
    };
    let mut words: Vec<String> = clauses.into_iter().map(clause).collect();
    let (more, fewer) = (common..other.cells.len(), common..base.cells.len());
    words
        .extend(more.map(|cell| format!("cell {} is added: {}", cell + 1, other.cells[cell].describe(cell))));
    if !fewer.is_empty() {
        let verb = if fewer.len() == 1 { "is" } else { "are" };
        words.push(format!("{} {verb} left out", cells_in_words(&fewer.collect::<Vec<_>>())));
    }
    (!words.is_empty()).then(|| words.join("; "))
}

/// How a slot of a cell changed: in two ways at most, where skips came and others went.
fn changes_of(slot: Slot, cell: usize, base: &CellGene, other: &CellGene) -> Vec<String> {
    let (before, now) = (base.value(slot), other.value(slot));
    if before == now {
        return Vec::new();
    }
    match slot.entry().choices {
        Choices::OneOf(_) => {
            vec![format!("{} in place of {}", slot.words(cell, now), slot.words(cell, before))]
        }
        Choices::Switch(_) => vec![slot.words(cell, now)],
        Choices::Skips => {
            let (came, went) = (now & !before, before & !now);
            let without = || match sources(went, cell).len() {
                1 => format!("no {}", slot.words(cell, went)),
                _ => format!("no more {}", slot.words(cell, went)),
            };
            let came = (came != 0).then(|| slot.words(cell, came));
            came.into_iter().chain((went != 0).then(without)).collect()
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn words(base: &str, other: &str) -> Option<String> {
        difference(&Genotype::parse(base).unwrap(), &Genotype::parse(other).unwrap())
    }

    #[test]
    fn a_difference_reads_like_a_sentence() {
        let base = "1 0 0 1 1 0 0 1 0 1 0 0 1 3";
        for (other, expected) in [
            (base, None),
            ("1 0 0 1 1 0 0 1 1 1 0 0 1 3", Some("cell 2 has skip from cell 1")),
            (
                "1 0 2 1 1 0 2 1 0 1 0 2 1 3",
                Some("all cells have transposed convolution in place of bilinear"),
            ),
            ("1 0 0 1 1 0 0 1 0 1 0 0 1 0", Some("cell 3 has no more skips from cells 1 and 2")),
            ("1 0 0 1 1 0 0 1 0 1 0 0 1 1", Some("cell 3 has no skip from cell 1")),
            (
                "0 1 0 1 0 1 0 0 1 1 0 0 1 3",
                Some(
                    "cells 1 and 2 have post-activation in place of pre-activation and batch norm in place of no norm; \
                     cell 2 has no shortcut and skip from cell 1",
                ),
            ),
            ("1 0 0 1 1 0 0 1 0", Some("cell 3 is left out")),
            ("1 0 1 1", Some("cell 1 has nearest in place of bilinear; cells 2 and 3 are left out")),
        ] {
            assert_eq!(words(base, other).as_deref(), expected, "{other}");
        }
        assert_eq!(
            words("1 0 0 1", "1 0 0 1 1 0 1 0 1").unwrap(),
            "cell 2 is added: pre-activation, no norm, nearest, no shortcut, skip from cell 1"
        );
        let swapped = words("1 0 0 1 1 0 0 1 0 1 0 0 1 2", "1 0 0 1 1 0 0 1 0 1 0 0 1 1").unwrap();
        assert_eq!(swapped, "cell 3 has skip from cell 2 and no skip from cell 1");
    }

    fn any_genotype() -> impl Strategy<Value = Genotype> {
        prop::collection::vec(any::<[u32; 5]>(), 1..4).prop_map(|cells| {
            let gene = |(cell, draws): (usize, [u32; 5])| {
                let slots = Slot::of_cell(cell).zip(draws);
                slots
                    .fold(CellGene::default(), |gene, (slot, draw)| gene.with(slot, draw % slot.values(cell)))
            };
            Genotype { cells: cells.into_iter().enumerate().map(gene).collect() }
        })
    }

    proptest! {
        #[test]
        fn only_the_same_have_no_difference(base in any_genotype(), other in any_genotype()) {
            prop_assert_eq!(difference(&base, &base), None);
            prop_assert_eq!(difference(&base, &other).is_none(), base == other);
        }
    }
}
