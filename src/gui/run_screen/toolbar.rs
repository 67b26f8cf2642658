//! The buttons of a run, each always at the same place, and why one cannot be pressed.

use std::collections::BTreeSet;

use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::{self, Button, PopupCloseBehavior, RichText, Role, Vec2, WidgetInfo};

use crate::engine::Stride;
use crate::gui::commands::{Action, bar_words, button, entry, panels_words, slot};
use crate::gui::finish;
use crate::gui::panels::PanelId;
use crate::gui::state::{RunState, Status};
use crate::gui::theme::{Palette, primary_button};

/// Width of the first button, whose name changes, in points: the longest of its names fits.
const FIRST_WIDTH: f32 = 96.0;

/// Why an action makes no sense for a run as it stands, in a sentence; none where it does.
/// `resumable` tells that its worker did not die too often.
pub fn blocking_reason(state: &RunState, resumable: bool, action: Action) -> Option<&'static str> {
    let status = &state.status;
    let is_possible = match action {
        Action::Pause => *status == Status::Running,
        Action::Continue => matches!(status, Status::Paused | Status::Waiting(_)),
        Action::Step(_) | Action::Checkpoint => matches!(status, Status::Running | Status::Paused),
        Action::Stop | Action::End => status.is_live(),
        Action::Resume => {
            resumable
                && matches!(status, Status::Idle | Status::Stopped | Status::Failed(_) | Status::Died(_))
        }
        Action::Create | Action::Export => state.has_generator(),
        Action::Result => finish::is_there(state),
        _ => true,
    };
    if is_possible {
        return None;
    }
    let reason = match (action, status) {
        (Action::Create | Action::Export, _) => {
            "There is no trained generator yet: there is one as soon as the first finalist of a search, or a \
             training, was scored"
        }
        (Action::Result, _) => "There is no result yet: there is one when the run is finished",
        (_, Status::Finished) => "The run is finished",
        (Action::Resume, _) if !resumable => {
            "It crashed three times in ten minutes; look into the log before you resume it from the command line"
        }
        (_, Status::Preparing { .. }) => "The run is still preparing; this can be pressed once it trains",
        (_, Status::Waiting(_)) => "The run waits; continue it first",
        (_, Status::Running | Status::Paused) => "The run is going on",
        (_, Status::Idle | Status::Stopped | Status::Failed(_) | Status::Died(_)) => {
            "Nobody works on this run; resume it first"
        }
    };
    Some(reason)
}

/// Draws the buttons of the run, but for those that a lesson `hides`, and the menu of its panels, of which some are
/// `open`.
pub fn toolbar(
    ui: &mut egui::Ui,
    state: &RunState,
    resumable: bool,
    open: &BTreeSet<PanelId>,
    hides: &dyn Fn(Action) -> bool,
    actions: &mut Vec<Action>,
) {
    let palette = Palette::of(ui);
    let ctx = ui.ctx().clone();
    let words = |action: Action| RichText::new(bar_words(&ctx, action, &entry(action).name));
    let mut add = |ui: &mut egui::Ui, action: Action, button: Button<'_>| {
        if !hides(action) {
            slot(ui, action, button, blocking_reason(state, resumable, action), actions);
        }
    };
    // What makes it go on or stand is one button: it is the same switch.
    let first = match &state.status {
        Status::Preparing { .. } | Status::Running => Action::Pause,
        Status::Paused | Status::Waiting(_) => Action::Continue,
        _ => Action::Resume,
    };
    // What brings a run that stands back to work is what one looks for.
    let goes_on = first != Action::Pause && blocking_reason(state, resumable, first).is_none();
    let button = if goes_on { primary_button(words(first)) } else { Button::new(words(first)) };
    add(ui, first, button.min_size(Vec2::new(FIRST_WIDTH, 0.0)));
    add(ui, Action::Step(Stride::Both), Button::new(words(Action::Step(Stride::Both))));
    for (stride, letter, color) in
        [(Stride::Discriminator, "D", palette.discriminator), (Stride::Generator, "G", palette.generator)]
    {
        let action = Action::Step(stride);
        let is_possible = blocking_reason(state, resumable, action).is_none();
        let color = if is_possible { color } else { ui.visuals().weak_text_color() };
        add(ui, action, Button::new(RichText::new(letter).strong().color(color)));
    }
    for action in [Action::Checkpoint, Action::Stop] {
        add(ui, action, Button::new(words(action)));
    }
    ui.separator();
    for action in [Action::Result, Action::Create, Action::Export] {
        add(ui, action, Button::new(words(action)));
    }
    panels(ui, open, actions);
}

/// Draws the menu of all panels, with a tick at each that is open. It stays open, so that several can be chosen.
fn panels(ui: &mut egui::Ui, open: &BTreeSet<PanelId>, actions: &mut Vec<Action>) {
    let stays = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let (menu, _) = MenuButton::new(panels_words(ui.ctx())).config(stays).ui(ui, |ui| {
        for panel in PanelId::all() {
            let entry = entry(Action::Panel(panel));
            let mut is_open = open.contains(&panel);
            let was_open = is_open;
            let response = ui.checkbox(&mut is_open, panel.title()).on_hover_text(entry.hint(ui.ctx()));
            response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, was_open, &entry.name));
            if response.changed() {
                actions.push(Action::Panel(panel));
            }
        }
        ui.separator();
        for action in [Action::Phases, Action::ResetLayout] {
            button(ui, action, &entry(action).name, true, actions);
        }
    });
    menu.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Panels"));
    menu.on_hover_text("Opens and closes panels, or puts all where they were at first");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_offers_what_fits_its_state() {
        let of = |status: &Status| RunState { status: status.clone(), ..RunState::default() };
        let can = |status: &Status, action| blocking_reason(&of(status), true, action).is_none();
        assert!(can(&Status::Running, Action::Pause) && !can(&Status::Running, Action::Continue));
        assert!(can(&Status::Paused, Action::Continue) && !can(&Status::Paused, Action::Resume));
        assert!(can(&Status::Stopped, Action::Resume) && !can(&Status::Stopped, Action::Stop));
        assert!(!can(&Status::Finished, Action::Resume));
        let crashed = blocking_reason(&of(&Status::Stopped), false, Action::Resume);
        assert!(crashed.is_some_and(|reason| reason.starts_with("It crashed three times")));
        let preparing = Status::Preparing { what: "An extractor".to_owned(), done: 0.5 };
        assert!(can(&preparing, Action::Stop) && !can(&preparing, Action::Checkpoint));
    }
}
