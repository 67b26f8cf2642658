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
        let (heading, text, keep) = words(live);
        ui.heading(heading);
        ui.label(text);
        ui.add_space(theme::GAP);
        let choices = [
            (
                CloseChoice::Stop,
                "Stop and close",
                "Saves checkpoints first, from which what stops can be resumed",
            ),
            (CloseChoice::Leave, keep, "Closes the window only"),
            (CloseChoice::Stay, "Cancel", "Keeps the window open"),
        ];
        ui.horizontal(|ui| {
            let clicked = choices
                .map(|(choice, name, hint)| ui.button(name).on_hover_text(hint).clicked().then_some(choice));
            clicked.into_iter().flatten().next()
        })
        .inner
    });
    modal.inner.or(modal.should_close().then_some(CloseChoice::Stay))
}

/// The heading, what can be done, and the label of the button that lets `live` runs go on.
fn words(live: usize) -> (String, &'static str, &'static str) {
    if live == 1 {
        let text = "It can stop with a checkpoint and be resumed later, or go on without the window, which shows it \
                    again when it is opened";
        ("A run is going on".to_owned(), text, "Keep it running")
    } else {
        let text = "They can stop, each with a checkpoint, and be resumed later, or go on without the window, which \
                    shows them again when it is opened";
        (format!("{live} runs are going on"), text, "Keep them running")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_are_no_it() {
        let (heading, text, keep) = words(2);
        assert!(heading.starts_with("2 runs are") && text.starts_with("They") && keep.contains("them"));
        let (heading, text, keep) = words(1);
        assert!(heading.starts_with("A run is") && text.starts_with("It") && keep.contains("it"));
    }
}
