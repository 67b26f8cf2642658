//! What is said of a run wherever it is listed: how it stands, what it found and how good that is.

use eframe::egui::Color32;

use super::cache::RunEntry;
use super::running::{BestSoFar, RunningNow};
use crate::gui::state::capital;
use crate::gui::theme::Palette;
use crate::metric::Score;
use crate::run::RunStatus;

/// How it stands: in words and, while it goes on, with how far it is; why it is damaged where it is.
pub fn in_words(entry: &RunEntry) -> String {
    match entry.run.status() {
        // The reason is what matters.
        RunStatus::Damaged => format!("Damaged: {}", entry.run.problem.as_deref().unwrap_or_default()),
        RunStatus::Running => match entry.running.as_ref().map(RunningNow::progress) {
            Some(progress) if !progress.is_empty() => format!("Running: {progress}"),
            _ => entry.state().to_owned(),
        },
        RunStatus::Finished | RunStatus::Stopped => entry.state().to_owned(),
    }
}

/// The colour of how it stands; `weak` for what nobody has to look at.
pub fn color(entry: &RunEntry, palette: &Palette, weak: Color32) -> Color32 {
    match entry.run.status() {
        RunStatus::Running => palette.good,
        RunStatus::Finished => palette.generator,
        RunStatus::Damaged => palette.bad,
        RunStatus::Stopped => weak,
    }
}

/// What a run that goes on does now.
pub fn doing(entry: &RunEntry) -> String {
    let running = entry.running.as_ref();
    let now = running.and_then(|now| now.waiting.as_ref().or(now.preparing.as_ref()).or(now.phase.as_ref()));
    now.map_or_else(|| "A worker process is at work on it now".to_owned(), |now| capital(now))
}

/// The architecture that it found, or the best so far, and what is said of it under the pointer.
pub fn found(entry: &RunEntry) -> (String, String) {
    if let Some(winner) = &entry.winner {
        return (winner.vector.clone(), winner.genotype.in_words());
    }
    match best_so_far(entry) {
        Some(best) => (best.vector.clone(), format!("The best so far\n{}", best.genotype.in_words())),
        None => Default::default(),
    }
}

/// The score of what a run found.
#[derive(Default)]
pub struct ShownScore {
    /// The score and what it is of.
    pub words: String,
    /// Which of two values is the better one.
    pub direction: &'static str,
    /// All scores with how they were measured.
    pub hint: String,
}

/// The score of what it found; none where it has no score.
pub fn scored(entry: &RunEntry) -> Option<ShownScore> {
    let short = |score: &Score| format!("{} {}", score.label(), score.number());
    if let Some(winner) = &entry.winner {
        let first = winner.scores.first()?;
        let hint = winner.scores.iter().map(Score::with_direction).collect::<Vec<_>>().join("\n");
        return Some(ShownScore { words: short(first), direction: first.metric.direction(), hint });
    }
    let best = best_so_far(entry)?;
    let score = best.score.as_ref()?;
    let (direction, all) = (score.metric.direction(), score.with_direction());
    let (words, hint) = if best.is_trained {
        (format!("{} so far", short(score)), format!("{all}, the best so far"))
    } else {
        let hint = format!("{all}, with the shared weights: only an estimate of what a training will reach");
        (format!("{} estimated", short(score)), hint)
    };
    Some(ShownScore { words, direction, hint })
}

fn best_so_far(entry: &RunEntry) -> Option<&BestSoFar> {
    entry.running.as_ref()?.best.as_ref()
}
