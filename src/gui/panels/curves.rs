//! Losses, scores, rewards and speed over time.

use std::collections::BTreeMap;

use eframe::egui;
use egui_plot::{AxisHints, Legend, Line, Plot, PlotPoints, VLine};

use super::{Context, empty};
use crate::gui::state::{RunState, Series, smoothed, thinned};
use crate::gui::theme::{Palette, faded};

/// Points that a curve is drawn with are at most twice as many.
const BUCKETS: usize = 800;

/// The panel's own state.
#[derive(Default)]
pub struct View {
    /// The group that is shown; none for the newest.
    group: Option<String>,
    /// What was drawn of each curve, as long as nothing of it changes.
    drawn: BTreeMap<String, Drawn>,
}

/// What a curve was drawn from, and what came out.
struct Drawn {
    count: usize,
    smoothing: f64,
    log: bool,
    raw: Vec<[f64; 2]>,
    smooth: Vec<[f64; 2]>,
}

/// The group of a curve: what stands before its last slash, or itself.
fn group(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(group, _)| group)
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

/// The group under which a curve is shown: scores of all trainings are together.
fn shown_group(name: &str) -> String {
    let is_score = ["fréchet distance", "fid", "inception score", "is"]
        .iter()
        .find(|score| name.rsplit('/').next() == Some(**score));
    match is_score {
        Some(score) => (*score).to_owned(),
        None => group(name).to_owned(),
    }
}

/// In words for the list of groups.
fn words(group: &str) -> String {
    match group {
        "shared" => "Losses of the shared GAN".to_owned(),
        "controller" => "Controller".to_owned(),
        "speed" => "Speed (steps a second)".to_owned(),
        "fréchet distance" => "Fréchet distance".to_owned(),
        "inception score" => "Inception score".to_owned(),
        "fid" | "is" => group.to_uppercase(),
        training => format!("Losses of {training}"),
    }
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
        let combo = egui::ComboBox::from_id_salt("curve group").selected_text(text).width(190.0);
        let combo = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut view.group, None, "Newest");
            for group in &groups {
                ui.selectable_value(&mut view.group, Some(group.clone()), words(group));
            }
        });
        combo.response.labelled_by(label.id);
        let smoothing = egui::Slider::new(&mut context.settings.smoothing, 0.0..=0.99);
        ui.add(smoothing.text("Smoothing").max_decimals(2)).on_hover_text(
            "Share of the old value in a moving average; the curve itself stays faintly visible",
        );
        ui.checkbox(&mut context.settings.log_axis, "Log axis")
            .on_hover_text("Shows powers of ten; values of zero and less are left out");
        let copy =
            ui.button("Copy CSV").on_hover_text("Copies the curves that are shown, as they are, as a table");
        if copy.clicked() {
            ui.copy_text(csv(context.state, context.moment, &shown));
        }
    });
    plot(ui, context, &shown);
}

/// The curves of a group up to a moment: `name,step,value`, a line for each point.
fn csv(state: &RunState, moment: u32, shown: &str) -> String {
    let mut text = "name,step,value\n".to_owned();
    for (name, series) in state.series.iter().filter(|(name, _)| shown_group(name) == shown) {
        for [step, value] in &series.points()[..series.count_until(moment)] {
            text += &format!("{name},{step},{value}\n");
        }
    }
    text
}

/// The group that got the newest point.
fn newest(state: &RunState, moment: u32) -> Option<String> {
    let last = |series: &Series| {
        let count = series.count_until(moment);
        series.moments()[..count].last().copied()
    };
    let candidates = state.series.iter().filter(|(name, _)| name.as_str() != "speed");
    // Scores come seldom, so that their group would flash up for an instant.
    let candidates = candidates.filter(|(name, _)| shown_group(name) == group(name));
    let newest = candidates.max_by_key(|(_, series)| last(series));
    newest.map(|(name, _)| shown_group(name))
}

fn plot(ui: &mut egui::Ui, context: &mut Context<'_>, shown: &str) {
    let palette = Palette::of(ui);
    let (smoothing, log) = (context.settings.smoothing, context.settings.log_axis);
    let View { drawn, .. } = &mut context.view.curves;
    let in_group: Vec<(&String, &Series)> =
        context.state.series.iter().filter(|(name, _)| shown_group(name) == shown).collect();
    drawn.retain(|name, _| in_group.iter().any(|(known, _)| *known == name));
    for (name, series) in &in_group {
        let points = &series.points()[..series.count_until(context.moment)];
        let fresh =
            |drawn: &Drawn| (drawn.count, drawn.smoothing, drawn.log) == (points.len(), smoothing, log);
        if !drawn.get(*name).is_some_and(fresh) {
            drawn.insert((*name).clone(), draw(points, smoothing, log));
        }
    }
    let value = move |y: f64| if log { 10f64.powf(y) } else { y };
    let scores = in_group.iter().all(|(name, _)| group(name) != shown);
    let horizontal = AxisHints::new_x()
        .label(if shown == "speed" { "Moment" } else { "Step" })
        .label_spacing(egui::Rangef::new(36.0, 60.0));
    let vertical = AxisHints::new_y()
        .formatter(move |mark, _| number(value(mark.value)))
        .label_spacing(egui::Rangef::new(12.0, 20.0));
    let plot = Plot::new(("curves", shown, log))
        .legend(Legend::default())
        .show_background(false)
        .grid_color(palette.faint)
        .allow_scroll(false)
        .auto_bounds([true, true])
        .custom_x_axes(vec![horizontal])
        .custom_y_axes(vec![vertical]);
    plot.show(ui, |plot| {
        for (index, (name, _)) in in_group.iter().enumerate() {
            let Some(Drawn { raw, smooth, .. }) = drawn.get(*name) else {
                continue;
            };
            let color = match scores || shown == "controller" {
                true => palette.distinct(index),
                false => palette.by_name(name),
            };
            let label = match scores {
                true => group(name).to_owned(),
                false => name.rsplit('/').next().unwrap_or(name).replace('_', " "),
            };
            let few = raw.len() < 3;
            if smoothing > 0.0 && !scores && !few {
                let faint = Line::new(format!("{label}, raw"), PlotPoints::from(raw.clone()));
                plot.line(faint.color(faded(color, 0.3)).width(1.0).name(""));
                plot.line(Line::new(label, PlotPoints::from(smooth.clone())).color(color).width(2.0));
            } else {
                plot.line(Line::new(label.clone(), PlotPoints::from(raw.clone())).color(color).width(1.5));
                let points = egui_plot::Points::new(label, PlotPoints::from(raw.clone()));
                if raw.len() < 60 {
                    plot.points(points.color(color).radius(3.0));
                }
            }
        }
        // Where the scrubber stands, if the end of the curve does not show it.
        let end = in_group.iter().filter_map(|(_, series)| series.at(context.moment)).map(|[x, _]| x);
        let end = end.reduce(f64::max).filter(|_| context.view.moment.is_some());
        if let Some(end) = end {
            plot.vline(VLine::new("scrubber", end).color(palette.faint).name(""));
        }
    });
}

fn draw(points: &[[f64; 2]], smoothing: f64, log: bool) -> Drawn {
    let scaled = |points: Vec<[f64; 2]>| -> Vec<[f64; 2]> {
        let scaled = points.into_iter().filter(|[_, y]| y.is_finite() && (!log || *y > 0.0));
        let scaled: Vec<[f64; 2]> = scaled.map(|[x, y]| [x, if log { y.log10() } else { y }]).collect();
        thinned(&scaled, BUCKETS)
    };
    Drawn {
        count: points.len(),
        smoothing,
        log,
        raw: scaled(points.to_vec()),
        smooth: scaled(smoothed(points, smoothing)),
    }
}

/// A number on an axis, short.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-3..1e5).contains(&size) => format!("{value:.0e}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 1.0 => trimmed(format!("{value:.2}")),
        _ => trimmed(format!("{value:.4}")),
    }
}

fn trimmed(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_one_training_are_one_group_and_scores_of_all_are_one() {
        assert_eq!(shown_group("shared/generator_loss"), "shared");
        assert_eq!(shown_group("derived 1/discriminator_loss"), "derived 1");
        assert_eq!(shown_group("derived 1/fréchet distance"), shown_group("winner/fréchet distance"));
        assert_eq!(words(&shown_group("winner/generator_loss")), "Losses of winner");
    }

    #[test]
    fn a_table_has_every_point_of_the_group_up_to_the_moment() {
        let mut state = RunState::default();
        for (moment, name) in [(1, "shared/generator_loss"), (2, "winner/loss"), (3, "shared/generator_loss")]
        {
            state.series.entry(name.to_owned()).or_default().push(moment, f64::from(moment), 0.5);
        }
        assert_eq!(csv(&state, 2, "shared"), "name,step,value\nshared/generator_loss,1,0.5\n");
        assert_eq!(csv(&state, 3, "shared").lines().count(), 3);
    }

    #[test]
    fn numbers_on_axes_are_short() {
        let words = [0.0, 0.05, 1.5, 250.0, 1e6, 2e-5].map(number);
        assert_eq!(words, ["0", "0.05", "1.5", "250", "1e6", "2e-5"]);
    }

    #[test]
    fn a_logarithmic_axis_leaves_out_what_has_no_logarithm() {
        let drawn = draw(&[[0.0, -1.0], [1.0, 100.0], [2.0, 0.0], [3.0, f64::NAN]], 0.0, true);
        assert_eq!(drawn.raw, [[1.0, 2.0]]);
    }
}
