//! Losses, scores, rewards and speed over time.

use std::collections::{BTreeMap, BTreeSet};

use eframe::egui::{self, Color32, Rect, Role, Sense, UiBuilder, Vec2, WidgetInfo};
use egui_plot::VLine;

use super::{Panel, PanelContext, PanelKind, PanelPlace, empty};
use crate::export::csv;
use crate::gui::plot::groups::{CurveUnit, in_group, unit, words};
use crate::gui::plot::legend::CurveLegend;
use crate::gui::plot::{self, Drawings};
use crate::gui::state::{RunState, Series};
use crate::gui::theme::Palette;
use crate::gui::widgets::focus;
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
    legend: CurveLegend,
}

/// The least width of a plot that has another beside it, and the least height of any, with its names.
const WIDTH: f32 = 260.0;
const HEIGHT: f32 = 120.0;

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
            plot::direction(ui, &shown);
            plot::controls(ui, context.style);
            let copy = ui
                .button("Copy CSV")
                .on_hover_text("Copies the curves that are shown, as they are, as a table");
            if copy.clicked() {
                ui.copy_text(table(context.state, context.event_index, &shown));
            }
        });
        self.draw(ui, context, &shown);
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

/// A curve with its name and its colour in its group.
struct NamedCurve<'a> {
    curve: &'a Curve,
    series: &'a Series,
    name: String,
    color: Color32,
}

/// The curves of a group that have points up to an event index, those of one unit together.
fn by_unit<'a>(
    state: &'a RunState,
    shown: &CurveGroup,
    event_index: u32,
    palette: &Palette,
) -> BTreeMap<CurveUnit, Vec<NamedCurve<'a>>> {
    let mut units: BTreeMap<CurveUnit, Vec<NamedCurve<'_>>> = BTreeMap::new();
    let curves = state.series.iter().filter(|(curve, _)| curve.group() == *shown);
    for (index, (curve, series)) in curves.enumerate() {
        if series.count_until(event_index) == 0 {
            continue;
        }
        // Of losses each has its network's colour; other curves are only told apart.
        let is_loss = matches!(shown, CurveGroup::Losses(_) | CurveGroup::Speed);
        let color = if is_loss { palette.of_curve(curve) } else { palette.distinct(index) };
        units.entry(unit(curve)).or_default().push(NamedCurve {
            curve,
            series,
            name: in_group(curve),
            color,
        });
    }
    units
}

impl CurvesPanel {
    /// A plot for each unit: below each other, or in two columns where there are many and room for them.
    fn draw(&mut self, ui: &mut egui::Ui, context: &PanelContext<'_>, shown: &CurveGroup) {
        let units = by_unit(context.state, shown, context.event_index, &Palette::of(ui));
        self.drawn.retain(|known| units.values().flatten().any(|curve| curve.curve == known));
        let spacing = ui.spacing().item_spacing;
        let columns = if units.len() > 2 && ui.available_width() >= 2.0 * WIDTH + spacing.x { 2 } else { 1 };
        let rows = units.len().div_ceil(columns);
        let height = (ui.available_height() - (rows - 1) as f32 * spacing.y) / rows as f32;
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let width = (ui.available_width() - (columns - 1) as f32 * spacing.x) / columns as f32;
            let size = Vec2::new(width, height.max(HEIGHT));
            let whole = Vec2::new(ui.available_width(), (size.y + spacing.y) * rows as f32 - spacing.y);
            let (whole, _) = ui.allocate_exact_size(whole, Sense::hover());
            for (index, (unit, curves)) in units.iter().enumerate() {
                let place = Vec2::new((index % columns) as f32, (index / columns) as f32);
                let rect = Rect::from_min_size(whole.min + place * (size + spacing), size);
                ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
                    let id = format!("{} {unit:?}", words(shown));
                    self.plot(ui, context, &id, curves, matches!(shown, CurveGroup::Score(_)));
                });
            }
            focus::keep_in_sight(ui);
        });
    }

    /// The plot of the curves of one unit, and their names above it.
    fn plot(
        &mut self,
        ui: &mut egui::Ui,
        context: &PanelContext<'_>,
        id: &str,
        curves: &[NamedCurve<'_>],
        are_scores: bool,
    ) {
        let (palette, style) = (Palette::of(ui), *context.style);
        self.legend.show(ui, curves.iter().map(|curve| (curve.name.as_str(), curve.color)));
        let horizontal = curves.first().map_or(Axis::Steps, |curve| curve.curve.axis()).words();
        let plot = plot::plot(id, horizontal, style, &palette).show(ui, |plot| {
            for NamedCurve { curve, series, name, color } in curves {
                if self.legend.shows(name) {
                    let points = &series.points()[..series.count_until(context.event_index)];
                    self.drawn.of(curve, points, style).show(plot, name, *color, are_scores);
                }
            }
            // Where the scrubber stands, if the end of the curve does not show it.
            let ends = curves.iter().filter_map(|curve| curve.series.at(context.event_index));
            let end = ends.map(|[x, _]| x).reduce(f64::max).filter(|_| context.view.event_index.is_some());
            if let Some(end) = end {
                plot.vline(VLine::new("scrubber", end).color(palette.faint).name(""));
            }
        });
        let names: Vec<&str> = curves.iter().map(|curve| curve.name.as_str()).collect();
        let about = format!("Plot of {}", names.join(", "));
        plot.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &about));
    }
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
