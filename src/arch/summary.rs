//! An architecture in words: in a line, and cell by cell.

use super::slots::cells_in_words;
use super::{Choices, Genotype, Slot, words};

impl Genotype {
    /// The architecture in a line. Of each choice the most frequent one is named, then the cells that have another.
    ///
    /// ```
    /// use autogan::arch::Genotype;
    ///
    /// assert_eq!(
    ///     Genotype::autogan_a().summary(),
    ///     "3 cells: pre-activation, no norm, nearest but bilinear in cell 2, shortcut but no shortcut in cell 3, 3 skips"
    /// );
    /// ```
    pub fn summary(&self) -> String {
        let mentioned = |slot: &Slot| self.cells.iter().any(|gene| gene.mentions(*slot));
        let chosen: Vec<String> =
            Slot::ALL.iter().copied().filter(mentioned).map(|slot| self.chosen_in_all(slot)).collect();
        match chosen.as_slice() {
            [] => "no cells".to_owned(),
            chosen => format!("{}: {}", words::cells(self.cells.len()), chosen.join(", ")),
        }
    }

    /// The choices in words, a line for each cell: `Cell 1: pre-activation, no norm, nearest, shortcut`.
    pub fn in_words(&self) -> String {
        let lines = self.describe().into_iter().enumerate();
        lines.map(|(cell, choices)| format!("Cell {}: {choices}", cell + 1)).collect::<Vec<_>>().join("\n")
    }

    /// What all cells chose for a slot, as it reads among the words for an architecture.
    fn chosen_in_all(&self, slot: Slot) -> String {
        if let Choices::Skips = slot.entry().choices {
            let cells = self.cells.iter().enumerate();
            return match cells.map(|(cell, gene)| gene.skips_from(cell).len()).sum::<usize>() {
                0 => "no skips".to_owned(),
                1 => "1 skip".to_owned(),
                count => format!("{count} skips"),
            };
        }
        let cells = self.cells.iter().enumerate();
        let chosen: Vec<String> = cells.map(|(cell, gene)| slot.words(cell, gene.value(slot))).collect();
        let of =
            |words: &String| (0..chosen.len()).filter(|&at| chosen[at] == *words).collect::<Vec<usize>>();
        // Of equally frequent ones the last is taken, which is the first of all.
        let Some(most) = chosen.iter().rev().max_by_key(|words| of(words).len()) else {
            return String::new();
        };
        let mut others: Vec<&String> = Vec::new();
        for words in chosen.iter().filter(|words| *words != most) {
            if !others.contains(&words) {
                others.push(words);
            }
        }
        let exceptions: Vec<String> =
            others.iter().map(|words| format!("{words} in {}", cells_in_words(&of(words)))).collect();
        if exceptions.is_empty() { most.clone() } else { format!("{most} but {}", exceptions.join(" and ")) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_names_what_cells_have_in_common_and_what_sets_them_apart() {
        let summary = |vector: &str| Genotype::parse(vector).unwrap().summary();
        assert_eq!(
            summary("0 1 2 0"),
            "1 cell: post-activation, batch norm, transposed convolution, no shortcut, no skips"
        );
        assert_eq!(
            summary("1 0 1 1 1 1 0 1 0 1 2 2 1 1"),
            "3 cells: pre-activation, no norm but batch norm in cell 2 and instance norm in cell 3, nearest but bilinear \
             in cell 2 and transposed convolution in cell 3, shortcut, 1 skip"
        );
        assert_eq!(Genotype::default().summary(), "no cells");
    }

    #[test]
    fn each_cell_has_a_line() {
        assert_eq!(
            Genotype::parse("1 0 1 1 1 0 0 1 1").unwrap().in_words(),
            "Cell 1: pre-activation, no norm, nearest, shortcut\n\
             Cell 2: pre-activation, no norm, bilinear, shortcut, skip from cell 1"
        );
    }
}
