//! Losses, scores, rewards and speed over time.

use std::collections::BTreeSet;

use eframe::egui;
use egui_plot::VLine;

use super::{Panel, PanelContext, PanelKind, PanelPlace, empty};
use crate::export::csv;
use crate::gui::plot::groups::{in_group, words};
use crate::gui::plot::{self, Drawings};
use crate::gui::state::{RunState, Series};
use crate::gui::theme::Palette;
use crate::search::{Axis, Curve, CurveGroup};

/// The panel in the list of all.
pub const KIND: PanelKind = PanelKind {
    key: "curves",
    title: "Curves",
    place: PanelPlace::AboveRight,
    make: || Box::<CurvesPanel>::default(),
};

/// The panel, with its own state.
#[derive(Default)]
struct CurvesPanel {
    /// The group that is shown; none for the newest.
    group: Option<CurveGroup>,
    drawn: Drawings<Curve>,
}

/// The groups of the curves that have points up to an event.
fn groups(state: &RunState, event_index: u32) -> BTreeSet<CurveGroup> {
    let drawn = state.series.iter().filter(|(_, series)| series.count_until(event_index) > 0);
    drawn.map(|(curve, _)| curve.group()).collect()
}

impl Panel for CurvesPanel {
    fn show(&mut self, ui: &mut egui::Ui, context: &mut PanelContext<'_>) {
        let groups = groups(context.state, context.event_index);
        let Some(first) = groups.first() else {
            return empty(ui, "Curves come with the first step");
        };
        let newest = newest(context.state, context.event_index);
        let chosen = self.group.clone().filter(|group| groups.contains(group));
        let shown = chosen.clone().or(newest).unwrap_or_else(|| first.clone());
        ui.horizontal_wrapped(|ui| {
            let text = match &chosen {
                Some(group) => words(group),
                None => format!("Newest: {}", words(&shown)),
            };
            let label = ui.label("Show");
            let combo =
                egui::ComboBox::from_id_salt("curve group").selected_text(text).width(190.0).height(420.0);
            let combo = combo.show_ui(ui, |ui| {
                ui.selectable_value(&mut self.group, None, "Newest");
                for group in &groups {
                    ui.selectable_value(&mut self.group, Some(group.clone()), words(group));
                }
            });
            combo.response.labelled_by(label.id);
            plot::controls(ui, context.style);
            let copy = ui
                .button("Copy CSV")
                .on_hover_text("Copies the curves that are shown, as they are, as a table");
            if copy.clicked() {
                ui.copy_text(table(context.state, context.event_index, &shown));
            }
        });
        draw(ui, context, &shown, &mut self.drawn);
    }
}

/// The curves of a group up to an event index: `name,step,value`, a line for each point.
fn table(state: &RunState, event_index: u32, shown: &CurveGroup) -> String {
    let curves = state.series.iter().filter(|(curve, _)| curve.group() == *shown);
    let rows = curves.flat_map(|(curve, series)| {
        let points = series.points()[..series.count_until(event_index)].iter();
        points.map(move |[step, value]| [curve.to_string(), step.to_string(), value.to_string()])
    });
    csv(["name", "step", "value"], rows)
}

/// The group that got the newest point.
fn newest(state: &RunState, event_index: u32) -> Option<CurveGroup> {
    let last = |series: &Series| {
        let count = series.count_until(event_index);
        series.event_indices()[..count].last().copied()
    };
    // Speeds and rates come with other curves, and scores so seldom that their group would flash up for an
    // instant.
    let passing = |group: &CurveGroup| {
        matches!(group, CurveGroup::Speed | CurveGroup::LearningRates | CurveGroup::Score(_))
    };
    let candidates = state.series.iter().filter(|(curve, _)| !passing(&curve.group()));
    candidates.max_by_key(|(_, series)| last(series)).map(|(curve, _)| curve.group())
}

fn draw(ui: &mut egui::Ui, context: &PanelContext<'_>, shown: &CurveGroup, drawn: &mut Drawings<Curve>) {
    let palette = Palette::of(ui);
    let style = *context.style;
    let curves: Vec<(&Curve, &Series)> =
        context.state.series.iter().filter(|(curve, _)| curve.group() == *shown).collect();
    drawn.retain(|known| curves.iter().any(|(curve, _)| *curve == known));
    let scores = matches!(shown, CurveGroup::Score(_));
    let horizontal = curves.first().map_or(Axis::Steps, |(curve, _)| curve.axis()).words();
    plot::plot(&words(shown), horizontal, style, &palette).show(ui, |plot| {
        for (index, (curve, series)) in curves.iter().enumerate() {
            let color = if scores || *shown == CurveGroup::Controller {
                palette.distinct(index)
            } else {
                palette.of_curve(curve)
            };
            let points = &series.points()[..series.count_until(context.event_index)];
            drawn.of(curve, points, style).show(plot, &in_group(curve), color, scores);
        }
        // Where the scrubber stands, if the end of the curve does not show it.
        let end = curves.iter().filter_map(|(_, series)| series.at(context.event_index)).map(|[x, _]| x);
        let end = end.reduce(f64::max).filter(|_| context.view.event_index.is_some());
        if let Some(end) = end {
            plot.vline(VLine::new("scrubber", end).color(palette.faint).name(""));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::GanId;

    #[test]
    fn a_table_has_every_point_of_the_group_up_to_the_moment() {
        let mut state = RunState::default();
        for (event_index, name) in
            [(1, "shared/generator_loss"), (2, "winner/diversity"), (3, "shared/generator_loss")]
        {
            let series = state.series.entry(Curve::from(name.to_owned())).or_default();
            series.push(event_index, f64::from(event_index), 0.5);
        }
        let shown = CurveGroup::Losses(GanId::Shared);
        assert_eq!(table(&state, 2, &shown), "name,step,value\nshared/generator_loss,1,0.5\n");
        assert_eq!(table(&state, 3, &shown).lines().count(), 3);
    }
}
