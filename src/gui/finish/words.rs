//! What came out of a run, in sentences.

use crate::arch::Space;
use crate::arch::words::thousands;
use crate::gui::state::{EvaluationRecord, RunState};
use crate::metric::Score;
use crate::search::TrainingId;

/// What came out; none of a run that has no summary.
pub fn sentences(state: &RunState) -> Option<Vec<String>> {
    let summary = state.summary.as_ref()?;
    let winner = summary.trained.first()?;
    let mut sentences = vec![tried(state, summary.candidates)];
    if let Some(score) = winner.scores.first() {
        sentences.push(format!("{}; {}", score_of(score), score.metric.direction()));
        sentences.extend(gained(state, score));
    }
    Some(sentences)
}

/// How many architectures there are, and how many of them were tried.
fn tried(state: &RunState, candidates: usize) -> String {
    if state.is_single_training() || candidates == 0 {
        return "One architecture was trained; nothing was searched".to_owned();
    }
    let tried = thousands(candidates as u64);
    let space = state
        .config
        .as_ref()
        .and_then(|config| Space::new(config.space.clone(), config.model.net_shape()).ok());
    match space {
        Some(space) => {
            format!("Of {} architectures {tried} were tried", thousands(space.size_within_bounds()))
        }
        None => format!("{tried} architectures were tried"),
    }
}

fn score_of(score: &Score) -> String {
    let label = score.metric.label(&score.extractor);
    format!("This one has {} {label} of {} ({})", article(label), score.number(), score.conditions())
}

fn article(label: &str) -> &'static str {
    if label.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" }
}

/// How much better the score is than the first one of the same training.
fn gained(state: &RunState, last: &Score) -> Option<String> {
    let is_first = |record: &&EvaluationRecord| record.training.is_last();
    let first = state.evaluations.iter().find(is_first)?;
    let before = first.scores.iter().find(|score| score.label() == last.label())?;
    if !last.better(before) {
        return None;
    }
    let larger = last.metric.larger_is_better();
    let (times, word) =
        if larger { (last.value / before.value, "higher") } else { (before.value / last.value, "lower") };
    let steps = thousands(first.step.0);
    (times.is_finite() && times >= 1.05)
        .then(|| format!("That is {times:.1} times {word} than after its first {steps} steps"))
}

/// The pictures that show how the winner learned, oldest first: `most` at most, evenly spread. Each is the number of a
/// sample of the run, with its caption.
pub fn learned(state: &RunState, most: usize) -> Vec<(usize, String)> {
    use crate::search::SampleSource::Training;
    let of_winner = |training: TrainingId| training.is_last();
    let steps: Vec<(usize, u64)> = state
        .samples
        .iter()
        .enumerate()
        .filter_map(|(at, sample)| match sample.source {
            Training { training, step: Some(step) } if of_winner(training) => Some((at, step.0)),
            _ => None,
        })
        .collect();
    let last = steps.len().saturating_sub(1);
    let count = steps.len().min(most);
    let mut chosen: Vec<usize> = (0..count).map(|at| at * last / count.saturating_sub(1).max(1)).collect();
    chosen.dedup();
    chosen.into_iter().map(|at| (steps[at].0, format!("After {} steps", thousands(steps[at].1)))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::RunConfig;
    use crate::engine::{LogEvent, Summary, Tick};
    use crate::search::{GeneratorStep, SampleSource, SearchEvent, Trained};

    fn evaluated(state: &mut RunState, step: u64, value: f64) {
        state.log_event(LogEvent::Search(SearchEvent::Evaluated {
            training: TrainingId::Winner,
            step: GeneratorStep(step),
            scores: vec![Score::of_tests(value)],
            best: true,
        }));
    }

    fn finished(candidates: usize, value: f64) -> RunState {
        let config = RunConfig::preset("quick").unwrap();
        let space = Space::new(config.space.clone(), config.model.net_shape()).unwrap();
        let genotype = space.smallest();
        let mut state = RunState { config: Some(config), ..RunState::default() };
        evaluated(&mut state, 200, 80.0);
        evaluated(&mut state, 3000, value);
        let trained = Trained {
            vector: genotype.to_string(),
            genotype,
            params: 1,
            macs: 1,
            scores: vec![Score::of_tests(value)],
            best_step: 3000,
            steps: 3000,
        };
        let summary = Summary {
            data: "toys".to_owned(),
            side: 16,
            trained: vec![trained],
            candidates,
            estimate_macs: 1,
            weights: "export/winner.safetensors".to_owned(),
            grid: "export/winner.png".to_owned(),
        };
        state.log_event(LogEvent::Finished { summary: Box::new(summary) });
        state
    }

    #[test]
    fn what_a_search_found_is_said_in_three_sentences() {
        let sentences = sentences(&finished(1_096, 20.0)).unwrap();
        assert!(sentences[0].ends_with(" architectures 1,096 were tried"), "{sentences:?}");
        assert!(sentences[1].starts_with("This one has a Fréchet distance of 20.0 (toys-v1, 2,000"));
        assert!(sentences[1].ends_with("; lower is better"), "{sentences:?}");
        assert_eq!(sentences[2], "That is 4.0 times lower than after its first 200 steps");
    }

    #[test]
    fn what_did_not_become_better_is_not_praised() {
        assert_eq!(sentences(&finished(5, 79.9)).unwrap().len(), 2);
        assert_eq!(sentences(&finished(5, 90.0)).unwrap().len(), 2);
        assert_eq!(sentences(&RunState::default()), None);
        let trained = sentences(&finished(0, 20.0)).unwrap();
        assert_eq!(trained[0], "One architecture was trained; nothing was searched");
    }

    #[test]
    fn pictures_of_the_training_are_spread_evenly() {
        let mut state = RunState::default();
        assert!(learned(&state, 4).is_empty());
        let mut sample = |training, step| {
            state.log_event(LogEvent::Samples {
                source: SampleSource::Training { training, step: Some(GeneratorStep(step)) },
                genotype: None,
                tick: Tick(step),
                file: format!("samples/{step}.png"),
            });
        };
        sample(TrainingId::Finalist(1), 50);
        (1..=10).for_each(|step| sample(TrainingId::Winner, 1000 * step));
        let captions = |most| learned(&state, most);
        assert_eq!(captions(3), [1, 5, 10].map(|at| (at, format!("After {at},000 steps"))));
        assert_eq!(captions(1), [(1, "After 1,000 steps".to_owned())]);
        assert_eq!(captions(99).len(), 10);
    }
}
