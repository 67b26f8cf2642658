//! Curves as they are drawn everywhere: smoothed, thinned out, on a plain or a logarithmic axis.

pub mod groups;
pub mod legend;

use std::collections::BTreeMap;

use eframe::egui::{self, Color32, RichText};
use egui_plot::{AxisHints, Line, Plot, PlotPoints, PlotUi};
use serde::{Deserialize, Serialize};

use super::state::{smoothed, thinned};
use super::theme::{Palette, faded};
use crate::metric::MetricName;
use crate::search::CurveGroup;

/// Points that a curve is drawn with are at most twice as many.
const BUCKETS: usize = 800;
/// Curves of fewer points show each of them.
const FEW: usize = 60;

/// The style of curves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CurveStyle {
    /// Share of the old value in the moving average, from 0 to below 1.
    pub smoothing: f64,
    /// Whether the vertical axis is logarithmic.
    #[serde(rename = "log_axis")]
    pub log: bool,
}

impl Default for CurveStyle {
    fn default() -> Self {
        Self { smoothing: 0.9, log: false }
    }
}

impl CurveStyle {
    /// The same, with the default where a value makes no sense.
    pub fn mended(self) -> Self {
        if (0.0..1.0).contains(&self.smoothing) { self } else { Self { log: self.log, ..Self::default() } }
    }
}

/// Draws the controls of the style.
pub fn controls(ui: &mut egui::Ui, style: &mut CurveStyle) {
    let smoothing = egui::Slider::new(&mut style.smoothing, 0.0..=0.99);
    ui.add(smoothing.text("Smoothing").max_decimals(2))
        .on_hover_text("Share of the old value in a moving average; the curve itself stays faintly visible");
    ui.checkbox(&mut style.log, "Log axis")
        .on_hover_text("Shows powers of ten; values of zero and less are left out");
}

/// Says which direction of the curves of a group is the better one, where they are scores.
pub fn direction(ui: &mut egui::Ui, shown: &CurveGroup) {
    if let CurveGroup::Score(label) = shown
        && let Some(metric) = MetricName::labelled(label)
    {
        ui.label(RichText::new(metric.direction()).weak()).on_hover_text(metric.about());
    }
}

/// A cache of drawn curves, kept as long as nothing of them changes.
pub struct Drawings<K> {
    drawn: BTreeMap<K, Drawn>,
}

impl<K> Default for Drawings<K> {
    fn default() -> Self {
        Self { drawn: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Drawings<K> {
    /// Forgets all curves but some.
    pub fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        self.drawn.retain(|key, _| keep(key));
    }

    /// The curve `key` as it is drawn from these points. Points are only ever added to a curve.
    pub fn of(&mut self, key: &K, points: &[[f64; 2]], style: CurveStyle) -> &Drawn {
        let fresh = |drawn: &Drawn| (drawn.count, drawn.style) == (points.len(), style);
        if !self.drawn.get(key).is_some_and(fresh) {
            self.drawn.insert(key.clone(), Drawn::new(points, style));
        }
        &self.drawn[key]
    }
}

/// A drawn curve, and the number of points it was drawn from.
pub struct Drawn {
    count: usize,
    style: CurveStyle,
    raw: Vec<[f64; 2]>,
    smooth: Vec<[f64; 2]>,
}

impl Drawn {
    fn new(points: &[[f64; 2]], style: CurveStyle) -> Self {
        let scaled = |points: Vec<[f64; 2]>| -> Vec<[f64; 2]> {
            let scaled = points.into_iter().filter(|[_, y]| y.is_finite() && (!style.log || *y > 0.0));
            let scaled: Vec<[f64; 2]> =
                scaled.map(|[x, y]| [x, if style.log { y.log10() } else { y }]).collect();
            thinned(&scaled, BUCKETS)
        };
        Self {
            count: points.len(),
            style,
            raw: scaled(points.to_vec()),
            smooth: scaled(smoothed(points, style.smoothing)),
        }
    }

    /// Draws the curve: smoothed over its faint self, or its points where they are few or `exact` ones,
    /// such as scores.
    pub fn show(&self, plot: &mut PlotUi<'_>, label: &str, color: Color32, exact: bool) {
        let points = |points: &[[f64; 2]]| PlotPoints::from(points.to_vec());
        if self.style.smoothing > 0.0 && !exact && self.raw.len() >= 3 {
            let faint = Line::new(format!("{label}, raw"), points(&self.raw));
            plot.line(faint.color(faded(color, 0.3)).width(1.0).name(""));
            plot.line(Line::new(label, points(&self.smooth)).color(color).width(2.0));
            return;
        }
        plot.line(Line::new(label, points(&self.raw)).color(color).width(1.5));
        if self.raw.len() < FEW {
            plot.points(egui_plot::Points::new(label, points(&self.raw)).color(color).radius(3.0));
        }
    }
}

/// An empty plot with axes. `horizontal` is what is counted on the horizontal one.
pub fn plot<'a>(id: &str, horizontal: &'static str, style: CurveStyle, palette: &Palette) -> Plot<'a> {
    let value = move |y: f64| if style.log { 10f64.powf(y) } else { y };
    let horizontal = AxisHints::new_x().label(horizontal).label_spacing(egui::Rangef::new(36.0, 60.0));
    let vertical = AxisHints::new_y()
        .formatter(move |mark, _| number(value(mark.value)))
        // So that plots below each other begin at the same place.
        .min_thickness(40.0)
        .label_spacing(egui::Rangef::new(8.0, 13.0));
    Plot::new(("curves", id, style.log))
        .show_background(false)
        .grid_color(palette.faint)
        .allow_scroll(false)
        .auto_bounds([true, true])
        .custom_x_axes(vec![horizontal])
        .custom_y_axes(vec![vertical])
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
    fn numbers_on_axes_are_short() {
        let words = [0.0, 0.05, 1.5, 250.0, 1e6, 2e-5].map(number);
        assert_eq!(words, ["0", "0.05", "1.5", "250", "1e6", "2e-5"]);
    }

    #[test]
    fn a_logarithmic_axis_leaves_out_what_has_no_logarithm() {
        let points = [[0.0, -1.0], [1.0, 100.0], [2.0, 0.0], [3.0, f64::NAN]];
        let drawn = Drawn::new(&points, CurveStyle { smoothing: 0.0, log: true });
        assert_eq!(drawn.raw, [[1.0, 2.0]]);
    }
}
