//! A generator as a drawing: the selected candidate or the best so far, and what tells it from another.

use eframe::egui::{self, RichText};

use super::{Context, empty};
use crate::gui::drawing::{self, Diagrams};

/// The panel's own state.
#[derive(Default)]
pub struct View {
    diagrams: Diagrams,
}

pub fn show(ui: &mut egui::Ui, context: &mut Context<'_>) {
    let Some(shown) = context.shown().cloned() else {
        return empty(ui, "An architecture comes with the first candidate");
    };
    let Some(config) = &context.state.config else {
        return empty(ui, "The run's settings cannot be read");
    };
    let shape = match shown.is_trained() {
        true => config.derived_model().net_shape(),
        false => config.model.net_shape(),
    };
    let compared = context.view.compared.and_then(|id| context.candidate(id)).cloned();
    let is_selected = context.view.selected == Some(shown.id);
    ui.horizontal_wrapped(|ui| {
        let words = if is_selected { "Candidate" } else { "Best so far: candidate" };
        ui.label(format!("{words} {}", shown.id));
        let vector = shown.genotype.to_string();
        ui.label(RichText::new(&vector).monospace());
        if ui
            .small_button("Copy")
            .on_hover_text("Copies the integer vector, which `autogan train --arch` takes")
            .clicked()
        {
            ui.copy_text(vector);
        }
        let about = "Sets up a training of this architecture from scratch, on any images";
        if ui.small_button("Train…").on_hover_text(about).clicked() {
            context.view.train = Some(shown.genotype.clone());
        }
        if is_selected && ui.small_button("Best so far").on_hover_text("Shows the best again").clicked() {
            (context.view.selected, context.view.compared) = (None, None);
        }
        if compared.is_none() {
            ui.label(RichText::new("Shift and click a candidate to compare").weak());
        }
    });
    let first = context.view.architecture.diagrams.of(&shown.genotype, &shape).clone();
    let second = compared
        .map(|other| (other.id, context.view.architecture.diagrams.of(&other.genotype, &shape).clone()));
    egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let marks = second.as_ref().map(|(_, other)| first.differences(other)).unwrap_or_default();
        drawing::show(ui, &first, &marks);
        if let Some((id, other)) = &second {
            ui.label(RichText::new(format!("Compared with candidate {id}: {}", other.vector)).strong());
            drawing::show(ui, other, &other.differences(&first));
        }
    });
}
