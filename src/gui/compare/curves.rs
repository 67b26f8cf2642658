//! One curve of several runs, over each other.

use std::collections::BTreeMap;

use eframe::egui;

use super::names;
use crate::export::csv;
use crate::gui::plot::groups::{curve_words, group, shown_group};
use crate::gui::plot::{self, Drawings, Look};
use crate::gui::session::Session;
use crate::gui::settings::Settings;
use crate::gui::state::RunState;
use crate::gui::theme::Palette;

/// What the user looks at.
#[derive(Default)]
pub struct View {
    /// The curve that is shown; none for the one that says most.
    chosen: Option<String>,
    drawn: Drawings,
}

pub fn show(ui: &mut egui::Ui, view: &mut View, runs: &[Session], settings: &mut Settings) {
    let mut curves: BTreeMap<String, usize> = BTreeMap::new();
    for run in runs {
        count(&mut curves, &run.lock());
    }
    let Some(telling) = telling(&curves) else {
        ui.centered_and_justified(|ui| ui.label(egui::RichText::new("No curves to compare yet").weak()));
        return;
    };
    let shown = view.chosen.clone().filter(|chosen| curves.contains_key(chosen)).unwrap_or(telling);
    let dirs: Vec<_> = runs.iter().map(Session::dir).collect();
    let names = names(&dirs);
    ui.horizontal_wrapped(|ui| {
        let label = ui.label("Curve");
        let combo =
            egui::ComboBox::from_id_salt("compared curve").selected_text(curve_words(&shown)).width(240.0);
        let combo = combo.show_ui(ui, |ui| {
            for (name, count) in &curves {
                let words = match *count == runs.len() {
                    true => curve_words(name),
                    false => format!("{} (in {count} of {} runs)", curve_words(name), runs.len()),
                };
                ui.selectable_value(&mut view.chosen, Some(name.clone()), words);
            }
        });
        combo.response.labelled_by(label.id);
        plot::controls(ui, settings);
        let copy = ui.button("Copy CSV").on_hover_text("Copies the curve of each run, as it is, as a table");
        if copy.clicked() {
            let curves =
                runs.iter().zip(&names).map(|(run, name)| (name.as_str(), points(&run.lock(), &shown)));
            ui.copy_text(table(curves));
        }
    });
    let (palette, look) = (Palette::of(ui), Look::of(settings));
    let is_score = shown_group(&shown) != group(&shown);
    // What was drawn of another curve is of no use.
    view.drawn.retain(|known| known.strip_prefix(shown.as_str()).is_some_and(|rest| rest.starts_with('\n')));
    plot::plot(&format!("compared {shown}"), "Step", look, &palette).show(ui, |plot| {
        for (index, (run, name)) in runs.iter().zip(&names).enumerate() {
            let state = run.lock();
            let Some(series) = state.series.get(&shown).filter(|series| !series.points().is_empty()) else {
                continue;
            };
            let drawn = view.drawn.of(&format!("{shown}\n{index}"), series.points(), look);
            drawn.show(plot, name, palette.distinct(index), is_score);
        }
    });
}

/// Adds one to each curve that the run has. Speeds belong to the moment, and are not compared.
fn count(curves: &mut BTreeMap<String, usize>, state: &RunState) {
    for (name, series) in &state.series {
        if !series.points().is_empty() && name != "speed" {
            *curves.entry(name.clone()).or_default() += 1;
        }
    }
}

/// The curve that says most: one that all runs have, a score before a loss, of the last training.
fn telling(curves: &BTreeMap<String, usize>) -> Option<String> {
    let rank = |(name, count): &(&String, &usize)| {
        let is_score = shown_group(name) != group(name);
        let last = ["winner", "train"].contains(&group(name));
        (**count, is_score, last, std::cmp::Reverse((*name).clone()))
    };
    curves.iter().max_by_key(rank).map(|(name, _)| name.clone())
}

fn points(state: &RunState, name: &str) -> Vec<[f64; 2]> {
    state.series.get(name).map_or_else(Vec::new, |series| series.points().to_vec())
}

/// `run,step,value`, a line for each point.
fn table<'a>(curves: impl Iterator<Item = (&'a str, Vec<[f64; 2]>)>) -> String {
    let rows = curves.flat_map(|(run, points)| {
        points.into_iter().map(move |[step, value]| [run.to_owned(), step.to_string(), value.to_string()])
    });
    csv(["run", "step", "value"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_curve_is_a_score_that_all_have() {
        let curves = |all: &[(&str, usize)]| {
            let curves = all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
            telling(&curves).unwrap_or_default()
        };
        let losses = ("shared/generator_loss", 2);
        let (one, both) = (("winner/fréchet distance", 1), ("winner/fréchet distance", 2));
        assert_eq!(curves(&[losses, one]), losses.0);
        assert_eq!(curves(&[losses, both, ("derived 1/fréchet distance", 2)]), both.0);
        assert_eq!(curves(&[]), "");
    }

    #[test]
    fn a_table_has_every_point_of_every_run() {
        let curves = [("a", vec![[1.0, 0.5], [2.0, 0.25]]), ("b", vec![[1.0, 3.0]])];
        assert_eq!(table(curves.into_iter()), "run,step,value\na,1,0.5\na,2,0.25\nb,1,3\n");
    }
}
