//! Sliders that move all images along the strongest directions of latent space.

use eframe::egui::{self, RichText, Role, Slider, WidgetInfo};

use super::choices::CreateChoices;
use super::player::named;
use crate::engine::DIRECTIONS;
use crate::model::PrincipalDirection;

/// How far images can be moved, in standard deviations.
const RANGE: std::ops::RangeInclusive<f64> = -3.0..=3.0;
/// Width of a slider, in points.
const WIDTH: f32 = 80.0;

/// Draws the sliders, each with the share of variance of its direction.
pub fn show(ui: &mut egui::Ui, choices: &mut CreateChoices, directions: &[PrincipalDirection]) {
    if directions.is_empty() {
        return;
    }
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Directions").strong()).on_hover_text(
            "What changes images most: the principal components of the generator's first layer (GANSpace), each as a \
             direction of latent space. They move all images",
        );
        let is_moved = choices.along.iter().any(|by| *by != 0.0);
        let reset = ui.add_enabled(is_moved, egui::Button::new("Reset").small());
        let reset = reset.on_hover_text("Moves all images back to where their latents are");
        reset.widget_info(|| WidgetInfo::labeled(Role::Button, is_moved, "Reset the directions"));
        if reset.clicked() {
            choices.along = [0.0; DIRECTIONS];
        }
    });
    egui::Grid::new("directions").num_columns(3).spacing([8.0, 4.0]).show(ui, |ui| {
        ui.spacing_mut().slider_width = WIDTH;
        for (number, (by, direction)) in choices.along.iter_mut().zip(directions).enumerate() {
            let name = name(number);
            let tip = format!(
                "{name} explains {} of the variance behind the generator's first layer. Moves all images along it, \
                 up to 3 standard deviations of what the training saw",
                percent(direction.share)
            );
            let label = ui.label(&name).on_hover_text(&tip);
            let slider = Slider::new(by, RANGE).show_value(false);
            let slider = ui.add(slider).labelled_by(label.id).on_hover_text(&tip);
            slider.widget_info(|| named(WidgetInfo::slider(true, *by, ""), &name));
            ui.label(RichText::new(format!("{by:+.2} · {}", percent(direction.share))).weak());
            ui.end_row();
        }
    });
}

/// How far images are moved, as the end of a sentence; empty where they are not.
pub fn words(along: &[f64; DIRECTIONS], directions: &[PrincipalDirection]) -> String {
    let moves = along.iter().zip(directions).enumerate().filter(|(_, (by, _))| **by != 0.0);
    moves.map(|(number, (by, _))| format!(", {by:+.2} along {}", name(number).to_lowercase())).collect()
}

fn name(number: usize) -> String {
    format!("Direction {}", number + 1)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_have_words_where_there_are_some() {
        let directions = [0.5, 0.25].map(|share| PrincipalDirection { vector: vec![1.0], share });
        let mut along = [0.0; DIRECTIONS];
        assert_eq!(words(&along, &directions), "");
        along[1] = -1.5;
        assert_eq!(words(&along, &directions), ", -1.50 along direction 2");
        along[0] = 0.25;
        // There is no third one.
        along[2] = 1.0;
        assert_eq!(words(&along, &directions), ", +0.25 along direction 1, -1.50 along direction 2");
        assert_eq!(percent(0.234), "23.4 %");
    }
}
