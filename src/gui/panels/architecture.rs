//! A generator as a drawing: the selected candidate, the best so far or the current one, and what tells it
//! from another.

use eframe::egui::{self, RichText};

use super::{Panel, PanelContext, PanelKind, PanelPlace, PanelRequest, Saving, empty};
use crate::arch::{Genotype, difference};
use crate::gui::widgets::drawing::{Diagrams, DrawingView};
use crate::search::Activity;

/// The panel in the list of all.
pub const KIND: PanelKind = PanelKind {
    key: "architecture",
    title: "Architecture",
    place: PanelPlace::BelowLeft,
    make: || Box::<ArchitecturePanel>::default(),
};

/// The least width that is worth the beginning of what an architecture is in words, in points.
const LEAST_WORDS: f32 = 60.0;

/// The panel, with its own state.
#[derive(Default)]
struct ArchitecturePanel {
    diagrams: Diagrams,
    view: DrawingView,
    /// Whether it shows the current architecture, whichever that is, while nothing is selected.
    follows: bool,
}

/// The architecture that is shown.
struct Shown {
    genotype: Genotype,
    /// In words.
    title: String,
    /// Whether it has the sizes of those that are trained from scratch.
    derived: bool,
}

impl Panel for ArchitecturePanel {
    fn show(&mut self, ui: &mut egui::Ui, context: &mut PanelContext<'_>) {
        let Some(shown) = self.shown(context) else {
            return empty(ui, "An architecture comes with the first candidate");
        };
        let Some(config) = &context.state.config else {
            return empty(ui, "The run's settings cannot be read");
        };
        let shape = if shown.derived { config.derived_model().net_shape() } else { config.model.net_shape() };
        // Nothing here wraps within itself: what follows it would lie over its second line.
        ui.horizontal_wrapped(|ui| {
            if !context.state.is_single_training() {
                self.choose(ui, context);
            }
            ui.add(egui::Label::new(&shown.title).extend());
            self.view.controls(ui);
            act(ui, context, &shown);
        });
        ui.horizontal(|ui| {
            let vector = shown.genotype.to_string();
            let label = egui::Label::new(RichText::new(&vector).monospace()).truncate();
            ui.add(label)
                .on_hover_text("The integer vector: conv, norm, up, shortcut and skips of each cell");
            if ui.available_width() >= LEAST_WORDS {
                let words = RichText::new(shown.genotype.summary()).weak();
                ui.add(egui::Label::new(words).truncate()).on_hover_text(shown.genotype.in_words());
            }
        });
        let compared = context.view.compared.and_then(|id| context.candidate(id)).cloned();
        let first = self.diagrams.of(&shown.genotype, &shape).clone();
        let second = compared.map(|other| {
            let drawing = self.diagrams.of(&other.genotype, &shape).clone();
            (other, drawing)
        });
        let mut drawings = vec![(None, &first, Vec::new())];
        if let Some((candidate, other)) = &second {
            ui.label(match difference(&shown.genotype, &candidate.genotype) {
                Some(words) => format!("In candidate {}, {words}", candidate.id),
                None => format!("Candidate {} has the same architecture", candidate.id),
            });
            drawings[0].2 = first.differences(other);
            let words = format!("Compared with candidate {}: {}", candidate.id, candidate.genotype);
            drawings.push((Some(words), other, other.differences(&first)));
        }
        self.view.show(ui, &drawings);
    }
}

/// Draws the buttons for the architecture that is shown.
fn act(ui: &mut egui::Ui, context: &mut PanelContext<'_>, shown: &Shown) {
    let about = "Copies the integer vector, which `autogan train --arch` takes";
    if ui.small_button("Copy").on_hover_text(about).clicked() {
        ui.copy_text(shown.genotype.to_string());
    }
    let about = "Sets up a training of this architecture from scratch, on any images";
    if ui.small_button("Train…").on_hover_text(about).clicked() {
        context.view.request = Some(PanelRequest::Train(shown.genotype.clone()));
    }
    let about = "Writes this architecture as a drawing (SVG, PNG) or as cells and costs (JSON)";
    if ui.small_button("Save drawing…").on_hover_text(about).clicked()
        && let Some(config) = &context.state.config
    {
        let (genotype, derived) = (shown.genotype.clone(), shown.derived);
        let config = Box::new(config.clone());
        context.view.request = Some(PanelRequest::Save(Saving::Architecture { genotype, derived, config }));
    }
    if context.view.compared.is_none() && !context.state.is_single_training() {
        ui.label(RichText::new("Shift and click a candidate to compare").weak());
    }
}

impl ArchitecturePanel {
    /// The architecture to show: the selected candidate, else what was chosen here.
    fn shown(&self, context: &PanelContext<'_>) -> Option<Shown> {
        let selected = context.view.selected.and_then(|id| context.candidate(id));
        let current = context.state.current.as_ref().filter(|_| context.is_live());
        let follows = self.follows && selected.is_none();
        let best = context.state.best_at(context.event_index);
        match (current, selected.or(best)) {
            // While there is no candidate, there is only the current one.
            (Some(genotype), candidate) if follows || candidate.is_none() => {
                let activity = context.state.phase_at(context.event_index).map(|phase| phase.activity);
                let single = context.state.is_single_training();
                let derived = single || matches!(activity, Some(Activity::Derive | Activity::Winner));
                let doing = activity.map_or(if single { "In training" } else { "" }, Activity::of_current);
                Some(Shown { genotype: genotype.clone(), title: doing.to_owned(), derived })
            }
            (_, Some(candidate)) => {
                let words = if selected.is_some() { "Candidate" } else { "Best so far: candidate" };
                Some(Shown {
                    genotype: candidate.genotype.clone(),
                    title: format!("{words} {}", candidate.id),
                    derived: candidate.is_trained(),
                })
            }
            (_, None) => {
                let genotype = context.state.single_genotype()?.clone();
                Some(Shown { genotype, title: "Trained from scratch".to_owned(), derived: true })
            }
        }
    }

    /// Which architecture to show.
    fn choose(&mut self, ui: &mut egui::Ui, context: &mut PanelContext<'_>) {
        let selected = context.view.selected.is_some();
        let mut choice = None;
        for (now, text, about) in [
            (false, "Best", "The best candidate so far; a click on the board shows another"),
            (true, "Now", "The architecture that is trained or estimated at this moment, as it changes"),
        ] {
            let chosen = !selected && self.follows == now;
            let possible = !now || context.state.current.is_some();
            let label = ui.add_enabled(possible, egui::Button::selectable(chosen, text));
            let label = label.on_hover_text(about).on_disabled_hover_text("No worker is at work on the run");
            if label.clicked() {
                choice = Some(now);
            }
        }
        if let Some(now) = choice {
            self.follows = now;
            (context.view.selected, context.view.compared) = (None, None);
        }
    }
}
