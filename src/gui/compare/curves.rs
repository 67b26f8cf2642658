//! One curve of several runs, over each other.

use std::collections::BTreeMap;

use eframe::egui;

use super::names;
use crate::export::csv;
use crate::gui::plot::groups::curve_words;
use crate::gui::plot::legend::CurveLegend;
use crate::gui::plot::{self, CurveStyle, Drawings};
use crate::gui::session::Session;
use crate::gui::state::RunState;
use crate::gui::theme::Palette;
use crate::search::{Curve, GanId, TrainingId};

/// The state of the curves.
#[derive(Default)]
pub struct CurvesView {
    /// The curve that is shown; none for the one that says most.
    chosen: Option<Curve>,
    /// Of each run, by its place.
    drawn: Drawings<(Curve, usize)>,
    legend: CurveLegend,
}

pub fn show(ui: &mut egui::Ui, view: &mut CurvesView, runs: &[Session], style: &mut CurveStyle) {
    let mut curves: BTreeMap<Curve, usize> = BTreeMap::new();
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
            for (curve, count) in &curves {
                let words = if *count == runs.len() {
                    curve_words(curve)
                } else {
                    format!("{} (in {count} of {} runs)", curve_words(curve), runs.len())
                };
                ui.selectable_value(&mut view.chosen, Some(curve.clone()), words);
            }
        });
        combo.response.labelled_by(label.id);
        plot::direction(ui, &shown.group());
        plot::controls(ui, style);
        let copy = ui.button("Copy CSV").on_hover_text("Copies the curve of each run, as it is, as a table");
        if copy.clicked() {
            let curves =
                runs.iter().zip(&names).map(|(run, name)| (name.as_str(), points(&run.lock(), &shown)));
            ui.copy_text(table(curves));
        }
    });
    let (palette, style) = (Palette::of(ui), *style);
    let is_score = matches!(shown, Curve::Score { .. });
    // What was drawn of another curve is of no use.
    view.drawn.retain(|(curve, _)| *curve == shown);
    let has = |run: &Session| run.lock().series.get(&shown).is_some_and(|series| !series.points().is_empty());
    let named = runs.iter().zip(&names).enumerate().filter(|(_, (run, _))| has(run));
    view.legend.show(ui, named.map(|(index, (_, name))| (name.as_str(), palette.distinct(index))));
    plot::plot(&format!("compared {shown}"), shown.axis().words(), style, &palette).show(ui, |plot| {
        for (index, (run, name)) in runs.iter().zip(&names).enumerate() {
            let state = run.lock();
            if !view.legend.shows(name) {
                continue;
            }
            let Some(series) = state.series.get(&shown).filter(|series| !series.points().is_empty()) else {
                continue;
            };
            let drawn = view.drawn.of(&(shown.clone(), index), series.points(), style);
            drawn.show(plot, name, palette.distinct(index), is_score);
        }
    });
}

/// Adds one to each curve that the run has. Speeds are of one machine and time, and are not compared.
fn count(curves: &mut BTreeMap<Curve, usize>, state: &RunState) {
    for (curve, series) in &state.series {
        if !series.points().is_empty() && *curve != Curve::Speed {
            *curves.entry(curve.clone()).or_default() += 1;
        }
    }
}

/// The curve that says most: one that all runs have, a score before a loss, of the last training.
fn telling(curves: &BTreeMap<Curve, usize>) -> Option<Curve> {
    let rank = |(curve, count): &(&Curve, &usize)| {
        let is_score = matches!(curve, Curve::Score { .. });
        let last = training(curve).is_some_and(TrainingId::is_last);
        (**count, is_score, last, std::cmp::Reverse((*curve).clone()))
    };
    curves.iter().max_by_key(rank).map(|(curve, _)| curve.clone())
}

/// The training that a curve is of.
fn training(curve: &Curve) -> Option<TrainingId> {
    match curve {
        Curve::Loss { gan: GanId::Training(training), .. }
        | Curve::Diversity(training)
        | Curve::Score { training, .. } => Some(*training),
        _ => None,
    }
}

fn points(state: &RunState, curve: &Curve) -> Vec<[f64; 2]> {
    state.series.get(curve).map_or_else(Vec::new, |series| series.points().to_vec())
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
    use crate::gan::Network;

    #[test]
    fn the_first_curve_is_a_score_that_all_have() {
        let telling = |all: &[(Curve, usize)]| telling(&all.iter().cloned().collect());
        let network = Network::Generator;
        let losses = (Curve::Loss { gan: GanId::Shared, network }, 2);
        let score = |training, count| (Curve::Score { training, label: "FID" }, count);
        let (one, both) = (score(TrainingId::Winner, 1), score(TrainingId::Winner, 2));
        assert_eq!(telling(&[losses.clone(), one]), Some(losses.0.clone()));
        assert_eq!(telling(&[losses, both.clone(), score(TrainingId::Finalist(1), 2)]), Some(both.0));
        assert_eq!(telling(&[]), None);
    }

    #[test]
    fn a_table_has_every_point_of_every_run() {
        let curves = [("a", vec![[1.0, 0.5], [2.0, 0.25]]), ("b", vec![[1.0, 3.0]])];
        assert_eq!(table(curves.into_iter()), "run,step,value\na,1,0.5\na,2,0.25\nb,1,3\n");
    }
}
