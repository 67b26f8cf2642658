//! The architectures of several runs below each other, with marks on what differs.

use std::collections::BTreeSet;

use eframe::egui::{self, RichText};

use super::names;
use crate::app::Comparison;
use crate::arch::diagram::Diagram;
use crate::arch::{Genotype, difference};
use crate::gui::theme::Palette;
use crate::gui::widgets::drawing::{self, Diagrams};

pub fn show(ui: &mut egui::Ui, diagrams: &mut Diagrams, comparison: Option<&Comparison>) {
    let Some(comparison) = comparison else { return };
    let dirs: Vec<_> = comparison.runs.iter().map(|run| run.dir.as_path()).collect();
    let names = names(&dirs);
    let outcomes: Vec<_> = comparison.runs.iter().map(|run| run.outcome.as_ref()).collect();
    let drawings: Vec<Option<Diagram>> = outcomes
        .iter()
        .map(|outcome| {
            let outcome = outcome.as_ref()?;
            Some(diagrams.of(&outcome.genotype, &outcome.shape?).clone())
        })
        .collect();
    let marks = marks(&drawings);
    let first = outcomes.iter().position(Option::is_some);
    let first = first.and_then(|first| Some((first, &outcomes[first]?.genotype)));
    let palette = Palette::of(ui);
    egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let same = marks.iter().all(Vec::is_empty) && drawings.iter().flatten().count() > 1;
        ui.label(
            RichText::new(if same {
                "The architectures are the same"
            } else {
                "Marked are the differences: in the first drawing from all the others, in each other one from the first"
            })
            .weak(),
        );
        for (index, ((drawing, marks), name)) in drawings.iter().zip(&marks).zip(&names).enumerate() {
            let words = match outcomes[index] {
                Some(outcome) if outcome.is_final => format!("{name}: winner {}", outcome.vector),
                Some(outcome) => format!("{name}: best so far {}", outcome.vector),
                None => format!("{name}: no architecture yet"),
            };
            let label = ui.label(RichText::new(words).strong().color(palette.distinct(index)));
            if let Some(outcome) = outcomes[index] {
                label.on_hover_text(outcome.genotype.in_words());
                match first {
                    Some((first, base)) if first != index => {
                        ui.label(unlike(&names[first], base, &outcome.genotype));
                    }
                    _ => drop(ui.label(RichText::new(outcome.genotype.summary()).weak())),
                }
            }
            match (drawing, outcomes[index]) {
                (Some(drawing), _) => drawing::show(ui, drawing, marks),
                (None, Some(_)) => {
                    drop(ui.label(
                        RichText::new("Its sizes are not known, because its settings cannot be read").weak(),
                    ));
                }
                (None, None) => {}
            }
        }
    });
}

/// What tells an architecture from the first, that of the run `name`, in a sentence.
fn unlike(name: &str, first: &Genotype, other: &Genotype) -> String {
    match difference(first, other) {
        Some(words) => format!("Unlike in {name}, {words}"),
        None => format!("The same architecture as in {name}"),
    }
}

/// What to mark in each drawing: in the first, what any other has not; in the others, what the first has
/// not.
fn marks(drawings: &[Option<Diagram>]) -> Vec<Vec<usize>> {
    let first = drawings.iter().position(Option::is_some);
    let Some((first, base)) = first.and_then(|at| Some((at, drawings[at].as_ref()?))) else {
        return vec![Vec::new(); drawings.len()];
    };
    let mark = |(index, drawing): (usize, &Option<Diagram>)| match drawing {
        Some(_) if index == first => {
            let others = drawings[first + 1..].iter().flatten();
            let all: BTreeSet<usize> = others.flat_map(|other| base.differences(other)).collect();
            all.into_iter().collect()
        }
        Some(drawing) => drawing.differences(base),
        None => Vec::new(),
    };
    drawings.iter().enumerate().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{Genotype, NetShape};

    #[test]
    fn the_first_has_the_marks_of_all_others() {
        let drawing = |vector: &str| {
            let genotype = Genotype::parse(vector).ok()?;
            Some(Diagram::of(&genotype, &NetShape::default()))
        };
        let (base, up, norm) = (drawing("1 0 1 1"), drawing("1 0 0 1"), drawing("1 1 1 1"));
        let alone = |other: &Option<Diagram>| marks(&[base.clone(), other.clone()]);
        let (one, two) = (alone(&up), alone(&norm));
        assert!(!one[0].is_empty() && !one[1].is_empty() && one[0] != two[0]);
        let all = marks(&[None, base.clone(), up.clone(), norm.clone()]);
        let union: BTreeSet<usize> = one[0].iter().chain(&two[0]).copied().collect();
        assert_eq!(all[1], union.into_iter().collect::<Vec<_>>());
        assert_eq!((&all[2], &all[3], &all[0]), (&one[1], &two[1], &Vec::new()));
        assert!(alone(&base).iter().all(Vec::is_empty));
    }
}
