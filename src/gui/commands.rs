//! Every command of the window in one table: menus, buttons, palette, keys and tooltips come from it.

mod icons;

pub use icons::{bar_words, icon, panels_words, with_icon};

use std::sync::LazyLock;

use eframe::egui::{self, Key, KeyboardShortcut, Modifiers, RichText};

use super::panels::PanelId;
use super::theme::ThemeChoice;
use super::widgets::focus;
use crate::engine::Stride;

/// Something that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the welcome screen.
    Home,
    /// Begin the demo.
    Demo,
    /// Set up a search or a training.
    Setup,
    /// Begin what was set up.
    Start,
    /// Take the last change of the settings back.
    Undo,
    /// Make it again.
    Redo,
    /// Read settings from a file.
    LoadSettings,
    /// Write the settings to a file.
    SaveSettings,
    /// Choose a folder or a file of images to learn from.
    ChooseImages,
    /// Open a run folder.
    OpenRun,
    /// Open the recorded run that comes with the program.
    Example,
    /// Play with the run's generator.
    Create,
    /// Write what the run found into a folder.
    Export,
    /// Show what came out of the run, or its panels again.
    Result,
    /// Back from there to the run.
    BackToRun,
    /// Play with a generator in a file.
    OpenModel,
    /// Show all runs.
    Runs,
    /// Lay the selected runs side by side.
    Compare,
    /// Pause the run.
    Pause,
    /// Let a paused run go on.
    Continue,
    /// One step.
    Step(Stride),
    /// Save a checkpoint.
    Checkpoint,
    /// Stop with a checkpoint.
    Stop,
    /// End the worker at once.
    End,
    /// Go on with a run that stands.
    Resume,
    /// Follow the run live.
    Live,
    /// To the picture before.
    Back,
    /// To the next picture.
    Forward,
    /// Open or close a panel.
    Panel(PanelId),
    /// Put all panels where they were at first.
    ResetLayout,
    /// Show or hide the row with the phases of a run.
    Phases,
    /// Light or dark.
    Theme(ThemeChoice),
    /// Choose a lesson.
    Lessons,
    /// Write a lesson about the run.
    MakeLesson,
    /// Show all commands.
    Palette,
    /// Show the keys of all commands.
    Shortcuts,
    /// Show what this program is, and what it computes on.
    About,
    /// Show the run folder in the file manager.
    Reveal,
    /// Close the window.
    Quit,
}

/// A command in the table of all: its name, tooltip and keys.
pub struct CommandEntry {
    /// The action that it triggers.
    pub action: Action,
    /// In a few words.
    pub name: String,
    /// One sentence that says what it does.
    pub tooltip: &'static str,
    /// Its keys.
    pub shortcut: Option<KeyboardShortcut>,
    /// A letter that gives it, too, where no text is typed.
    pub letter: Option<Key>,
}

const CTRL: Modifiers = Modifiers::COMMAND;

/// All commands, in the order of the palette. Every frame reads it, so it is made once.
pub fn table() -> &'static [CommandEntry] {
    static TABLE: LazyLock<Vec<CommandEntry>> = LazyLock::new(entries);
    &TABLE
}

fn entries() -> Vec<CommandEntry> {
    let entry = |action, name: &str, tooltip, shortcut: Option<(Modifiers, Key)>| CommandEntry {
        action,
        name: name.to_owned(),
        tooltip,
        shortcut: shortcut.map(|(modifiers, key)| KeyboardShortcut::new(modifiers, key)),
        letter: None,
    };
    let mut all = vec![
        entry(
            Action::Demo,
            "Start the demo",
            "Searches a small space on the built-in toys: minutes on any machine",
            Some((CTRL, Key::D)),
        ),
        entry(
            Action::Setup,
            "New search…",
            "Choose pictures, how long it may take and how large they are, then start; or choose all settings",
            Some((CTRL, Key::N)),
        ),
        entry(
            Action::Start,
            "Start",
            "Begins the run in a folder of its own, with the settings as they are",
            Some((CTRL, Key::Enter)),
        ),
        entry(Action::Undo, "Undo", "Takes the last change of the settings back", Some((CTRL, Key::Z))),
        entry(
            Action::Redo,
            "Redo",
            "Makes the change again that was taken back",
            Some((CTRL.plus(Modifiers::SHIFT), Key::Z)),
        ),
        entry(
            Action::LoadSettings,
            "Load settings…",
            "Reads a TOML file, such as the config.toml of a run",
            None,
        ),
        entry(
            Action::SaveSettings,
            "Save settings…",
            "Writes a TOML file that the command line takes too: autogan search --config FILE",
            None,
        ),
        entry(
            Action::ChooseImages,
            "Choose images…",
            "A folder of images, the files of a public data set, or a file of another kind of source",
            None,
        ),
        entry(
            Action::OpenRun,
            "Open a run…",
            "Shows a run folder, whether it is finished, stands, or is written by another program",
            Some((CTRL, Key::O)),
        ),
        entry(
            Action::Create,
            "Create",
            "Plays with the best generator so far: seeds, latent space, interpolation, export",
            Some((CTRL, Key::G)),
        ),
        entry(
            Action::Export,
            "Export…",
            "Writes the winner's weights with PyTorch code, its drawing, settings and curves into a folder",
            Some((CTRL, Key::E)),
        ),
        entry(
            Action::Result,
            "Result",
            "Shows what came out of a finished run and what can be done with it, or its panels again",
            Some((CTRL, Key::F)),
        ),
        entry(
            Action::BackToRun,
            "Back to the run",
            "Shows the run that trained this generator",
            Some((CTRL, Key::B)),
        ),
        entry(
            Action::OpenModel,
            "Open a generator…",
            "Plays with a trained generator in a file: one that was exported, or the authors' own (.pth)",
            None,
        ),
        entry(
            Action::Runs,
            "All runs",
            "Lists all runs with samples, winner and score; opens, resumes, compares and deletes them",
            Some((CTRL, Key::L)),
        ),
        entry(
            Action::Compare,
            "Compare the selected runs",
            "Curves over each other, settings that differ, scores and architectures side by side",
            Some((CTRL.plus(Modifiers::SHIFT), Key::C)),
        ),
        entry(
            Action::Pause,
            "Pause",
            "The run waits, with all in memory, until you continue",
            Some((CTRL, Key::Space)),
        ),
        entry(Action::Continue, "Continue", "The run goes on where it waits", Some((CTRL, Key::Space))),
        entry(
            Action::Step(Stride::Both),
            "One step",
            "Does one update of the networks or of the controller, then waits: to watch what it changes",
            Some((CTRL, Key::Period)),
        ),
        entry(
            Action::Step(Stride::Discriminator),
            "One discriminator update",
            "Goes on until the discriminator was updated once, then waits: to watch how it answers the \
             generator. The order of the updates stays as it is",
            Some((CTRL, Key::Comma)),
        ),
        entry(
            Action::Step(Stride::Generator),
            "One generator update",
            "Goes on until the generator was updated once, then waits: to watch what it learned from the \
             discriminator. The order of the updates stays as it is",
            Some((CTRL, Key::Slash)),
        ),
        entry(
            Action::Checkpoint,
            "Save a checkpoint",
            "Saves the state now; a run that is killed goes on from its last checkpoint",
            Some((CTRL, Key::S)),
        ),
        entry(
            Action::Stop,
            "Stop",
            "Saves a checkpoint and ends the worker, which frees the GPU; the run can be resumed",
            None,
        ),
        entry(
            Action::End,
            "End the worker",
            "Ends the worker process at once, for one that hangs; what it did since its last checkpoint is done \
             again when the run is resumed",
            None,
        ),
        entry(
            Action::Resume,
            "Resume",
            "Goes on with the run from its last checkpoint",
            Some((CTRL, Key::R)),
        ),
        entry(
            Action::Live,
            "Follow live",
            "All panels show what is happening now, not an earlier moment",
            Some((CTRL, Key::End)),
        ),
        entry(
            Action::Back,
            "Earlier picture",
            "Moves all panels to the moment of the picture before",
            Some((CTRL, Key::ArrowLeft)),
        ),
        entry(
            Action::Forward,
            "Later picture",
            "Moves all panels to the moment of the next picture",
            Some((CTRL, Key::ArrowRight)),
        ),
        entry(Action::Home, "Welcome screen", "Recent runs and ways to begin", Some((CTRL, Key::H))),
        entry(Action::Reveal, "Show the run folder", "Opens the folder with all the run's files", None),
    ];
    for panel in PanelId::all() {
        let name = format!("Panel: {}", panel.title());
        all.push(entry(Action::Panel(panel), &name, "Opens the panel, or closes it", None));
    }
    all.push(entry(
        Action::ResetLayout,
        "Reset the panels",
        "Opens all panels where they were at first",
        None,
    ));
    all.push(entry(
        Action::Phases,
        "Phases: show or hide",
        "The row over the panels that says what a run does now, and which panel shows it",
        None,
    ));
    for theme in ThemeChoice::ALL {
        let name = format!("Theme: {}", theme.words().to_lowercase());
        all.push(entry(Action::Theme(theme), &name, "Light or dark colours", None));
    }
    all.push(entry(
        Action::Lessons,
        "Lessons…",
        "Runs of minutes that explain step by step what they do, or a lesson in a file",
        None,
    ));
    all.push(entry(
        Action::MakeLesson,
        "Make a lesson of this…",
        "Writes a file with the settings of this run and a first step, which you go on with in a text editor",
        None,
    ));
    all.push(entry(
        Action::Example,
        "See an example",
        "Opens a search that was recorded, with its winner: to look around without waiting",
        None,
    ));
    all.push(entry(Action::Palette, "All commands", "Finds a command by its name", Some((CTRL, Key::P))));
    all.push(CommandEntry {
        letter: Some(Key::Questionmark),
        ..entry(
            Action::Shortcuts,
            "Keyboard shortcuts",
            "Lists the keys of all commands",
            Some((Modifiers::NONE, Key::F1)),
        )
    });
    all.push(entry(
        Action::About,
        "About AutoGAN",
        "Version, licence, the device and how it does; copies a report for those who look into a problem",
        None,
    ));
    all.push(entry(Action::Quit, "Quit", "Closes the window", Some((CTRL, Key::Q))));
    all
}

/// The entry of a command.
pub fn entry(action: Action) -> &'static CommandEntry {
    let found = table().iter().find(|entry| entry.action == action);
    found.unwrap_or_else(|| unreachable!("every command is in the table"))
}

impl CommandEntry {
    /// Its keys in the system's way of writing them.
    pub fn keys(&self, ctx: &egui::Context) -> Option<String> {
        let keys = self.shortcut.map(|shortcut| ctx.format_shortcut(&shortcut));
        let letter = self.letter.map(|letter| letter.symbol_or_name().to_owned());
        let all: Vec<String> = keys.into_iter().chain(letter).collect();
        (!all.is_empty()).then(|| all.join(" or "))
    }

    /// Its tooltip with its keys.
    pub fn hint(&self, ctx: &egui::Context) -> String {
        match self.keys(ctx) {
            Some(keys) => format!("{} ({keys})", self.tooltip),
            None => self.tooltip.to_owned(),
        }
    }
}

/// A button for a command in a bar. `words` are what is seen of its name, beside its icon.
pub fn button(ui: &mut egui::Ui, action: Action, words: &str, possible: bool, actions: &mut Vec<Action>) {
    let entry = entry(action);
    let button = egui::Button::new(bar_words(ui.ctx(), action, words));
    let button = ui.add_enabled(possible, button).on_hover_text(entry.hint(ui.ctx()));
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, possible, &entry.name));
    if button.clicked() {
        actions.push(action);
    }
}

/// A button for a command that keeps its place also while the command cannot be given, for a `reason` that its tooltip
/// says then.
pub fn slot(
    ui: &mut egui::Ui,
    action: Action,
    button: egui::Button<'_>,
    reason: Option<&str>,
    actions: &mut Vec<Action>,
) {
    let entry = entry(action);
    let response = ui.add_enabled(reason.is_none(), button).on_hover_text(entry.hint(ui.ctx()));
    let response = response.on_disabled_hover_ui(|ui| {
        ui.label(entry.tooltip);
        ui.label(RichText::new(reason.unwrap_or_default()).strong());
    });
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, reason.is_none(), &entry.name));
    focus::ring_around(ui.painter(), &response);
    if response.clicked() {
        actions.push(action);
    }
}

/// The commands whose keys were pressed in this frame and that are `possible`, keys taken.
pub fn pressed(ctx: &egui::Context, possible: impl Fn(Action) -> bool) -> Vec<Action> {
    let types = ctx.text_edit_focused();
    // One key combination is one command: the first that is possible.
    let taken = |entry: &&CommandEntry| {
        ctx.input_mut(|input| {
            let letter = entry.letter.filter(|_| !types);
            entry.shortcut.is_some_and(|shortcut| input.consume_shortcut(&shortcut))
                || letter.is_some_and(|letter| input.consume_key(Modifiers::NONE, letter))
        })
    };
    let entries = table().iter().filter(|entry| entry.shortcut.is_some() && possible(entry.action));
    entries.filter(taken).map(|entry| entry.action).collect()
}

/// The cost of matching a command's name with what was typed: all letters in order, early and close together.
/// Smaller is better; none if it does not.
pub fn answers(name: &str, typed: &str) -> Option<usize> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let mut at = 0;
    let mut cost = 0;
    for letter in typed.to_lowercase().chars().filter(|letter| !letter.is_whitespace()) {
        let found = at + name[at..].iter().position(|&c| c == letter)?;
        cost += found - at;
        at = found + 1;
    }
    Some(cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_keys_clash_only_where_never_both_are_possible() {
        let table = table();
        let names: HashSet<&str> = table.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names.len(), table.len());
        let exclusive = [Action::Pause, Action::Continue];
        let mut seen: Vec<(KeyboardShortcut, Action)> = Vec::new();
        for entry in table {
            assert!(!entry.tooltip.ends_with('.') && entry.tooltip.len() > 12, "{}", entry.name);
            let Some(shortcut) = entry.shortcut else { continue };
            let clash = seen.iter().find(|(other, _)| *other == shortcut);
            assert!(clash.is_none_or(|(_, action)| exclusive.contains(action)), "{}", entry.name);
            seen.push((shortcut, entry.action));
        }
    }

    #[test]
    fn commands_are_found_by_letters_in_order() {
        assert_eq!(answers("Save a checkpoint", "save"), Some(0));
        assert!(answers("Save a checkpoint", "svchk").is_some());
        assert_eq!(answers("Pause", "paws"), None);
        assert_eq!(answers("Pause", ""), Some(0));
    }
}
