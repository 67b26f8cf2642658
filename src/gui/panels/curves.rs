//! Losses, scores, rewards and speed over time.

use eframe::egui;
use egui_plot::VLine;

use super::{Context, empty};
use crate::export::csv;
use crate::gui::plot::groups::{group, shown_group, words};
use crate::gui::plot::{self, Drawings, Look};
use crate::gui::state::{RunState, Series, rates};
use crate::gui::theme::Palette;

/// The panel's own state.
#[derive(Default)]
pub struct View {
    /// The group that is shown; none for the newest.
    group: Option<String>,
    drawn: Drawings,
}

/// Groups in order, scores of trainings with their losses apart.
fn groups(state: &RunState, moment: u32) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for (name, series) in &state.series {
        let group = shown_group(name);
        if series.count_until(moment) > 0 && !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

pub fn show(ui: &mut egui::Ui, context: &mut Context<'_>) {
    let groups = groups(context.state, context.moment);
    if groups.is_empty() {
        return empty(ui, "Curves come with the first step");
    }
    let view = &mut context.view.curves;
    let newest = newest(context.state, context.moment);
    let chosen = view.group.clone().filter(|group| groups.contains(group));
    let shown = chosen.clone().or(newest).unwrap_or_else(|| groups[0].clone());
    ui.horizontal_wrapped(|ui| {
        let text = match &chosen {
            Some(group) => words(group),
            None => format!("Newest: {}", words(&shown)),
        };
        let label = ui.label("Show");
        let combo =
            egui::ComboBox::from_id_salt("curve group").selected_text(text).width(190.0).height(420.0);
        let combo = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut view.group, None, "Newest");
            for group in &groups {
                ui.selectable_value(&mut view.group, Some(group.clone()), words(group));
            }
        });
        combo.response.labelled_by(label.id);
        plot::controls(ui, context.settings);
        let copy =
            ui.button("Copy CSV").on_hover_text("Copies the curves that are shown, as they are, as a table");
        if copy.clicked() {
            ui.copy_text(table(context.state, context.moment, &shown));
        }
    });
    draw(ui, context, &shown);
}

/// The curves of a group up to a moment: `name,step,value`, a line for each point.
fn table(state: &RunState, moment: u32, shown: &str) -> String {
    let curves = state.series.iter().filter(|(name, _)| shown_group(name) == shown);
    let rows = curves.flat_map(|(name, series)| {
        let points = series.points()[..series.count_until(moment)].iter();
        points.map(move |[step, value]| [name.clone(), step.to_string(), value.to_string()])
    });
    csv(["name", "step", "value"], rows)
}

/// The group that got the newest point.
fn newest(state: &RunState, moment: u32) -> Option<String> {
    let last = |series: &Series| {
        let count = series.count_until(moment);
        series.moments()[..count].last().copied()
    };
    let candidates = state.series.iter().filter(|(name, _)| !["speed", rates::GROUP].contains(&group(name)));
    // Scores come seldom, so that their group would flash up for an instant.
    let candidates = candidates.filter(|(name, _)| shown_group(name) == group(name));
    let newest = candidates.max_by_key(|(_, series)| last(series));
    newest.map(|(name, _)| shown_group(name))
}

fn draw(ui: &mut egui::Ui, context: &mut Context<'_>, shown: &str) {
    let palette = Palette::of(ui);
    let look = Look::of(context.settings);
    let View { drawn, .. } = &mut context.view.curves;
    let in_group: Vec<(&String, &Series)> =
        context.state.series.iter().filter(|(name, _)| shown_group(name) == shown).collect();
    drawn.retain(|name| in_group.iter().any(|(known, _)| *known == name));
    let scores = in_group.iter().all(|(name, _)| group(name) != shown);
    let horizontal = if shown == "speed" { "Moment" } else { "Step" };
    plot::plot(shown, horizontal, look, &palette).show(ui, |plot| {
        for (index, (name, series)) in in_group.iter().enumerate() {
            let color = match scores || shown == "controller" {
                true => palette.distinct(index),
                false => palette.by_name(name),
            };
            let label = match scores {
                true => group(name).to_owned(),
                false => name.rsplit('/').next().unwrap_or(name).replace('_', " "),
            };
            let points = &series.points()[..series.count_until(context.moment)];
            drawn.of(name, points, look).show(plot, &label, color, scores);
        }
        // Where the scrubber stands, if the end of the curve does not show it.
        let end = in_group.iter().filter_map(|(_, series)| series.at(context.moment)).map(|[x, _]| x);
        let end = end.reduce(f64::max).filter(|_| context.view.moment.is_some());
        if let Some(end) = end {
            plot.vline(VLine::new("scrubber", end).color(palette.faint).name(""));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_every_point_of_the_group_up_to_the_moment() {
        let mut state = RunState::default();
        for (moment, name) in [(1, "shared/generator_loss"), (2, "winner/loss"), (3, "shared/generator_loss")]
        {
            state.series.entry(name.to_owned()).or_default().push(moment, f64::from(moment), 0.5);
        }
        assert_eq!(table(&state, 2, "shared"), "name,step,value\nshared/generator_loss,1,0.5\n");
        assert_eq!(table(&state, 3, "shared").lines().count(), 3);
    }
}
