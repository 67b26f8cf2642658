//! The phases of a run as a row: which is under way, what happens in it, and which panel shows that.

use eframe::egui::{self, Align, Button, Label, Layout, RichText, Role, Sense, Vec2, WidgetInfo};

use crate::gan::Network;
use crate::gui::commands::{Action, entry};
use crate::gui::layout::PanelLayout;
use crate::gui::panels::PanelId;
use crate::gui::state::{RunState, Status};
use crate::gui::theme::Palette;
use crate::search::{Activity, Curve, GanId, StrategyKind, TrainingId};

/// The least width at which all phases are named, in points; in less, only the one that is under way is.
const WIDE: f32 = 1000.0;
/// The side of the square that a phase's dot lies in, in points.
const DOT: f32 = 10.0;

/// A phase as the row names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NamedPhase {
    name: &'static str,
    /// One sentence of what happens in it.
    sentence: &'static str,
    /// The key of the panel that shows it.
    panel: &'static str,
}

const PREPARING: NamedPhase =
    NamedPhase { name: "Preparing", sentence: "The images are read and the device gets ready", panel: "log" };
const TRAINING: NamedPhase = NamedPhase {
    name: "Training",
    sentence: "The discriminator learns to spot fakes, the generator to get past it",
    panel: "curves",
};
const SCORING: NamedPhase = NamedPhase {
    name: "Scoring",
    sentence: "Generated images are compared with real ones, which gives the scores",
    panel: "curves",
};
const RANDOM_PROPOSALS: NamedPhase = NamedPhase {
    name: "Proposals",
    sentence: "Architectures are drawn at random and judged; nothing is learned from it",
    panel: "board",
};
/// The ranking after the last iteration, when nothing grows any more.
const LAST_RANKING: NamedPhase = NamedPhase {
    name: "Ranking",
    sentence: "Proposals are ranked: the best of them will be trained from scratch",
    panel: "board",
};

/// What an activity of a search is called, and what happens in it.
fn named(activity: Activity) -> NamedPhase {
    let (name, sentence, panel) = match activity {
        Activity::Shared => (
            "Shared training",
            "Each step trains another architecture, with weights that all of them share",
            "samples",
        ),
        Activity::Control => (
            "Controller",
            "The controller proposes architectures and learns from how well they do",
            "controller",
        ),
        Activity::Rank => ("Ranking", "Proposals are ranked: the best of them will grow by a cell", "board"),
        Activity::Derive => {
            ("Finalists", "The best architectures are trained from scratch, each for as many steps", "curves")
        }
        Activity::Winner => ("Winner", "The best finalist is trained on to its end", "samples"),
    };
    NamedPhase { name, sentence, panel }
}

/// The phases of a run at an event index.
#[derive(Debug, PartialEq)]
struct Phases {
    /// In their order.
    all: Vec<NamedPhase>,
    /// The place of the one that is under way; none before the first and after the last.
    current: Option<usize>,
    /// Whether all are done.
    are_done: bool,
}

impl Phases {
    fn of(state: &RunState, event_index: u32) -> Self {
        let are_done = state.summary.is_some() && event_index >= state.event_index;
        let (all, current) = if state.is_single_training() {
            (vec![PREPARING, TRAINING, SCORING], Some(place_in_training(state, event_index)))
        } else {
            of_search(state, event_index)
        };
        Self { all, current: current.filter(|_| !are_done), are_done }
    }

    /// The one that is under way, or that the run prepares for.
    fn now(&self) -> NamedPhase {
        self.current.map_or(PREPARING, |at| self.all[at])
    }
}

/// The phases of a search, and the place of the one that is under way.
fn of_search(state: &RunState, event_index: u32) -> (Vec<NamedPhase>, Option<usize>) {
    use Activity::{Control, Derive, Rank, Shared, Winner};
    let search = state.config.as_ref().map(|config| &config.search);
    let has_shared = search.is_none_or(|search| search.shared_steps > 0);
    let activities: Vec<Activity> = [Shared, Control, Rank, Derive, Winner]
        .into_iter()
        .filter(|activity| *activity != Shared || has_shared)
        .collect();
    let phase = state.phase_at(event_index);
    let is_last = |iteration| search.is_some_and(|search| iteration >= search.total_iterations());
    let name = |&activity: &Activity| match activity {
        Control if search.is_some_and(|search| search.strategy == StrategyKind::Random) => RANDOM_PROPOSALS,
        Rank if phase.is_some_and(|phase| is_last(phase.iteration)) => LAST_RANKING,
        activity => named(activity),
    };
    let place = |activity| activities.iter().position(|other| *other == activity);
    (activities.iter().map(name).collect(), phase.and_then(|phase| place(phase.activity)))
}

/// The place of what a training of one architecture does: it is scored when the steps to the next evaluation are done
/// and the evaluation is not there.
fn place_in_training(state: &RunState, event_index: u32) -> usize {
    let gan = GanId::Training(TrainingId::Single);
    let losses = state.series.get(&Curve::Loss { gan, network: Network::Generator });
    let Some([step, _]) = losses.and_then(|losses| losses.at(event_index)) else {
        // What was evaluated was trained, also where its losses were not kept.
        return usize::from(state.evaluations.iter().any(|record| record.event_index <= event_index));
    };
    let Some(config) = &state.config else { return 1 };
    let done = (step as u64).div_ceil(config.recipe.n_critic.max(1));
    let evaluations = state.evaluations.iter().rev();
    let before = evaluations.filter(|record| record.event_index <= event_index).map(|record| record.step.0);
    let before = before.max().unwrap_or(0);
    let due = (before + config.winner.evaluate_every.max(1)).min(config.winner.steps);
    if done >= due && before < due { 2 } else { 1 }
}

/// What the row says of now.
fn sentence(state: &RunState, phases: &Phases, is_newest: bool) -> String {
    if phases.are_done {
        return "All is done; “Result” says what came out".to_owned();
    }
    let sentence = phases.now().sentence;
    let before = match state.status {
        _ if !is_newest => "Then",
        Status::Paused => "Paused",
        Status::Waiting(_) => "Waiting",
        Status::Idle | Status::Stopped | Status::Failed(_) | Status::Died(_) => "Stopped here",
        Status::Preparing { .. } | Status::Running | Status::Finished => return sentence.to_owned(),
    };
    format!("{before}: {sentence}")
}

/// Draws the row for the event index that is shown. A panel that is asked for comes to the front of `layout`.
pub fn show(
    ui: &mut egui::Ui,
    state: &RunState,
    event_index: Option<u32>,
    layout: &mut PanelLayout,
    actions: &mut Vec<Action>,
) {
    let phases = Phases::of(state, event_index.unwrap_or(state.event_index));
    let sentence = sentence(state, &phases, event_index.is_none());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let is_wide = ui.available_width() >= WIDE;
        for (at, phase) in phases.all.iter().enumerate() {
            let dot = match phases.current {
                Some(current) if current == at => PhaseDot::Now,
                _ if phases.are_done => PhaseDot::Done,
                _ => PhaseDot::Other,
            };
            draw_phase(ui, phase, dot, is_wide);
        }
        ui.separator();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let hide = entry(Action::Phases);
            let button = ui.add(Button::new("✖").frame(false).small());
            button.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Hide the phases"));
            let about = format!("Hides this row; the command “{}” brings it back", hide.name);
            if button.on_hover_text(about).clicked() {
                actions.push(Action::Phases);
            }
            open(ui, &phases, layout, actions);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let label = Label::new(&sentence).truncate().show_tooltip_when_elided(false);
                ui.add(label).on_hover_text(&sentence);
            });
        });
    });
}

/// What the dot of a phase says. Phases of a search come again and again, so one is done only when all are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PhaseDot {
    Now,
    Done,
    Other,
}

/// Draws a phase: a dot, and its name where it is under way or there is room for all names.
fn draw_phase(ui: &mut egui::Ui, phase: &NamedPhase, dot: PhaseDot, is_wide: bool) {
    let is_current = dot == PhaseDot::Now;
    let palette = Palette::of(ui);
    let weak = ui.visuals().weak_text_color();
    let (place, response) = ui.allocate_exact_size(Vec2::splat(DOT), Sense::hover());
    let (middle, painter) = (place.center(), ui.painter());
    match dot {
        PhaseDot::Now => painter.circle_filled(middle, 0.45 * DOT, palette.generator),
        PhaseDot::Done => painter.circle_filled(middle, 0.35 * DOT, weak),
        PhaseDot::Other => painter.circle_stroke(middle, 0.35 * DOT, egui::Stroke::new(1.0, weak)),
    };
    let name =
        if is_current { format!("Phase now: {}", phase.name) } else { format!("Phase: {}", phase.name) };
    if !is_current && !is_wide {
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
        response.on_hover_text(format!("{}: {}", phase.name, phase.sentence));
        return;
    }
    let text = RichText::new(phase.name);
    let text = if is_current { text.strong().color(palette.generator) } else { text.color(weak) };
    let label = ui.add(Label::new(text).selectable(false));
    label.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    label.on_hover_text(phase.sentence);
}

/// Draws the button that shows where to look.
fn open(ui: &mut egui::Ui, phases: &Phases, layout: &mut PanelLayout, actions: &mut Vec<Action>) {
    if phases.are_done {
        let result = entry(Action::Result);
        let button = ui.small_button("Show the result").on_hover_text(result.hint(ui.ctx()));
        if button.clicked() {
            actions.push(Action::Result);
        }
        return;
    }
    let Ok(panel) = PanelId::try_from(phases.now().panel.to_owned()) else { return };
    let title = panel.title();
    let button = ui.small_button(format!("Show {title}"));
    let about = format!(
        "Brings the panel {title} to the front, where this can be seen, and opens it if it is closed"
    );
    if button.on_hover_text(about).clicked() {
        layout.show(panel);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::Genotype;
    use crate::config::RunConfig;
    use crate::engine::{JobSpec, LogEvent};
    use crate::metric::Score;
    use crate::search::{GeneratorStep, SearchEvent};

    fn search(settings: &[&str], phases: &[(Activity, u64)]) -> RunState {
        let mut config = RunConfig::preset("quick").unwrap();
        settings.iter().for_each(|setting| config.apply(setting).unwrap());
        let job = Some(JobSpec::Search);
        let mut state =
            RunState { config: Some(config), job, status: Status::Running, ..RunState::default() };
        for &(activity, iteration) in phases {
            let event = SearchEvent::Phase { activity, cells: 1, iteration };
            state.log_event(LogEvent::Search(event));
        }
        state
    }

    fn names(phases: &Phases) -> Vec<&'static str> {
        phases.all.iter().map(|phase| phase.name).collect()
    }

    #[test]
    fn a_search_goes_through_five_phases_of_which_one_is_current() {
        let state = search(&[], &[(Activity::Shared, 0), (Activity::Control, 0), (Activity::Rank, 1)]);
        let at = |event_index| Phases::of(&state, event_index);
        assert_eq!(names(&at(0)), ["Shared training", "Controller", "Ranking", "Finalists", "Winner"]);
        assert_eq!([0, 1, 2, 3].map(|index| at(index).current), [None, Some(0), Some(1), Some(2)]);
        assert_eq!(at(0).now(), PREPARING);
        assert_eq!(at(3).now().sentence, "Proposals are ranked: the best of them will grow by a cell");
        assert!(sentence(&state, &at(2), false).starts_with("Then: The controller proposes"));
        let paused = RunState { status: Status::Paused, ..state.clone() };
        assert!(sentence(&paused, &at(2), true).starts_with("Paused: The controller proposes"));
    }

    #[test]
    fn the_last_ranking_and_searches_of_other_kinds_are_named_as_what_they_are() {
        let last = search(&[], &[]).config.unwrap().search.total_iterations();
        let state = search(&[], &[(Activity::Rank, last)]);
        assert_eq!(Phases::of(&state, 1).now(), LAST_RANKING);
        let random = search(&["search.strategy=random"], &[(Activity::Control, 0)]);
        assert_eq!(Phases::of(&random, 1).now(), RANDOM_PROPOSALS);
        let scratch = search(&["search.shared_steps=0"], &[(Activity::Control, 0)]);
        let phases = Phases::of(&scratch, 1);
        assert_eq!((names(&phases)[0], phases.current), ("Controller", Some(0)));
    }

    #[test]
    fn a_training_prepares_trains_and_is_scored_when_its_next_evaluation_is_due() {
        let mut config = RunConfig::preset("quick").unwrap();
        for setting in ["winner.steps=50", "winner.evaluate_every=20"] {
            config.apply(setting).unwrap();
        }
        let critic = config.recipe.n_critic;
        let job = Some(JobSpec::Train(Genotype::parse("1 0 1 1").unwrap()));
        let mut state = RunState { config: Some(config), job, ..RunState::default() };
        let current = |state: &RunState| Phases::of(state, state.event_index).now().name;
        assert_eq!(current(&state), "Preparing");
        let gan = GanId::Training(TrainingId::Single);
        let step = |state: &mut RunState, step: u64| {
            let curve = Curve::Loss { gan, network: Network::Generator };
            state.log_event(SearchEvent::Metric { curve, step: step * critic, value: 1.0 }.into());
        };
        let evaluate = |state: &mut RunState, step: u64| {
            let (training, step) = (TrainingId::Single, GeneratorStep(step));
            let scores = vec![Score::of_tests(1.0)];
            state.log_event(SearchEvent::Evaluated { training, step, scores, best: true }.into());
        };
        for (at, name) in [(1, "Training"), (19, "Training"), (20, "Scoring")] {
            step(&mut state, at);
            assert_eq!(current(&state), name, "after step {at}");
        }
        evaluate(&mut state, 20);
        assert_eq!(current(&state), "Training");
        step(&mut state, 40);
        evaluate(&mut state, 40);
        step(&mut state, 49);
        assert_eq!(current(&state), "Training");
        step(&mut state, 50);
        assert_eq!(current(&state), "Scoring", "the last evaluation is due at the end");
        evaluate(&mut state, 50);
        assert_eq!(current(&state), "Training", "nothing is due any more");
    }

    #[test]
    fn every_phase_names_a_panel_that_there_is_and_fits_the_smallest_window() {
        use Activity::{Control, Derive, Rank, Shared, Winner};
        let of_search = [Shared, Control, Rank, Derive, Winner].map(named);
        let others = [PREPARING, TRAINING, SCORING, RANDOM_PROPOSALS, LAST_RANKING];
        for phase in of_search.into_iter().chain(others) {
            assert!(PanelId::try_from(phase.panel.to_owned()).is_ok(), "{}", phase.panel);
            assert!(phase.sentence.len() < 78 && !phase.sentence.ends_with('.'), "{}", phase.sentence);
        }
    }
}
