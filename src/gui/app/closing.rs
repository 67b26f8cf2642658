//! The dialog that decides about running runs when the window closes.

use eframe::egui;

use crate::gui::theme;

/// The decision about running runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseChoice {
    /// Save checkpoints, end the workers, close.
    Stop,
    /// Close; the workers go on.
    Leave,
    /// Do not close.
    Stay,
}

/// Asks what shall become of `live` runs; none until it is decided.
pub fn choose(ctx: &egui::Context, live: usize) -> Option<CloseChoice> {
    let modal = egui::Modal::new(egui::Id::unique("closing")).show(ctx, |ui| {
        ui.set_width(380.0);
        ui.heading(if live == 1 { "A run is going on".to_owned() } else { format!("{live} runs are going on") });
        ui.label(
            "It can stop with a checkpoint, to be resumed later, or go on without the window; opening it again \
             finds it.",
        );
        ui.add_space(theme::GAP);
        let choices = [
            (CloseChoice::Stop, "Stop and close", "Saves a checkpoint first"),
            (CloseChoice::Leave, "Keep it running", "Closes the window only"),
            (CloseChoice::Stay, "Cancel", "Keeps the window open"),
        ];
        ui.horizontal(|ui| {
            let clicked = choices.map(|(choice, name, hint)| {
                ui.button(name).on_hover_text(hint).clicked().then_some(choice)
            });
            clicked.into_iter().flatten().next()
        })
        .inner
    });
    modal.inner.or(modal.should_close().then_some(CloseChoice::Stay))
}
