//! What was known of a run at an event index.

use super::RunState;
use super::records::{Probabilities, RunPhase, Sample};
use crate::arch::Genotype;
use crate::engine::JobSpec;
use crate::gan::Network;
use crate::search::{Candidate, Curve, GanId, TrainingId};

impl RunState {
    /// Whether the run has written a trained generator: a search does once its first finalist is trained.
    pub fn has_generator(&self) -> bool {
        let mut evaluations = self.evaluations.iter();
        self.summary.is_some()
            || evaluations.any(|evaluation| evaluation.best && evaluation.training != TrainingId::Finalist(1))
    }

    /// What was being done at an event index.
    pub fn phase_at(&self, event_index: u32) -> Option<&RunPhase> {
        self.phases[..self.phases.partition_point(|phase| phase.event_index <= event_index)].last()
    }

    /// What was being done at an event index, in words; none before anything was.
    pub fn doing_at(&self, event_index: u32) -> Option<String> {
        let training = || self.is_single_training().then(|| self.training_at(event_index));
        self.phase_at(event_index).map(RunPhase::words).or_else(training)
    }

    /// How far the run's one training was at an event index, in words. A training has no phases.
    fn training_at(&self, event_index: u32) -> String {
        let words = "training one architecture";
        let gan = GanId::Training(TrainingId::Single);
        let losses = self.series.get(&Curve::Loss { gan, network: Network::Generator });
        match (losses.and_then(|losses| losses.at(event_index)), &self.config) {
            (Some([step, _]), Some(config)) => {
                let done = (step as u64).div_ceil(config.recipe.n_critic.max(1));
                format!("{words}, step {done} of {}", config.winner.steps)
            }
            _ => words.to_owned(),
        }
    }

    /// Whether the run trains one architecture and searches nothing.
    pub fn is_single_training(&self) -> bool {
        let single = GanId::Training(TrainingId::Single);
        match &self.job {
            Some(job) => matches!(job, JobSpec::Train(_)),
            None => {
                self.series.keys().any(|curve| matches!(curve, Curve::Loss { gan, .. } if *gan == single))
            }
        }
    }

    /// The architecture of a run that trains only one, once the run, a picture or a summary says it.
    pub fn single_genotype(&self) -> Option<&Genotype> {
        if let Some(JobSpec::Train(genotype)) = &self.job {
            return Some(genotype);
        }
        let of_pictures = self.samples.iter().rev().find_map(|sample| sample.genotype.as_ref());
        let of_summary = || Some(&self.summary.as_ref()?.trained.first()?.genotype);
        of_pictures.or_else(of_summary).filter(|_| self.is_single_training())
    }

    /// The newest picture at an event index.
    pub fn sample_at(&self, event_index: u32) -> Option<&Sample> {
        self.samples[..self.samples.partition_point(|sample| sample.event_index <= event_index)].last()
    }

    /// The board as it was at an event index.
    pub fn board_at(&self, event_index: u32) -> &[(u32, Candidate)] {
        &self.candidates[..self.candidates.partition_point(|(at, _)| *at <= event_index)]
    }

    /// The newest distributions of each stage at an event index, and those of the current stage last.
    pub fn probabilities_at(&self, event_index: u32) -> &[Probabilities] {
        &self.probabilities[..self.probabilities.partition_point(|entry| entry.event_index <= event_index)]
    }

    /// The best of the board at an event index.
    pub fn best_at(&self, event_index: u32) -> Option<&Candidate> {
        Candidate::best(self.board_at(event_index).iter().map(|(_, candidate)| candidate))
    }
}
