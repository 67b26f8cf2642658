//! The pictures of candidates, and the candidates of pictures.

use super::RunState;
use super::records::{CandidatePicture, Sample};
use crate::arch::Genotype;
use crate::search::{Candidate, SampleSource};

impl RunState {
    /// Takes in a candidate that came to the board.
    pub(super) fn add_candidate(&mut self, event_index: u32, candidate: Candidate) {
        if let Some(picture) = self.find_picture(&candidate) {
            self.candidate_pictures.insert(candidate.id, picture);
        }
        self.candidates.push((event_index, candidate));
    }

    /// The picture of a new candidate, among all that there are until then.
    fn find_picture(&self, candidate: &Candidate) -> Option<CandidatePicture> {
        if let Some(file) = &candidate.picture {
            return Some(CandidatePicture::Strip(file.clone()));
        }
        if candidate.is_trained() {
            let is_its = |sample: &&Sample| {
                let of_training = matches!(sample.source, SampleSource::Training { .. });
                of_training && sample.genotype.as_ref() == Some(&candidate.genotype)
            };
            let sample = self.samples.iter().rev().find(is_its)?;
            return Some(CandidatePicture::Samples(sample.file.clone()));
        }
        // A remembered estimate, which costs nothing, made no images; the one that it repeats did.
        if candidate.macs > 0 {
            return None;
        }
        let is_repeated = |other: &&Candidate| {
            other.genotype == candidate.genotype && other.macs > 0 && !other.is_trained()
        };
        let first = self.candidates.iter().rev().map(|(_, other)| other).find(is_repeated)?;
        self.candidate_pictures.get(&first.id).cloned()
    }

    /// The picture of the candidate with this number, where the run kept one.
    pub fn picture_of(&self, candidate: usize) -> Option<&CandidatePicture> {
        self.candidate_pictures.get(&candidate)
    }

    /// The newest candidate at an event index that has the architecture of a picture; a trained one where the picture is
    /// of a training, if there is one already.
    pub fn candidate_of(
        &self,
        event_index: u32,
        source: SampleSource,
        genotype: &Genotype,
    ) -> Option<&Candidate> {
        let of_training = matches!(source, SampleSource::Training { .. });
        let board = self.board_at(event_index).iter().rev().map(|(_, candidate)| candidate);
        let mut same = board.filter(|candidate| candidate.genotype == *genotype);
        let newest = same.next()?;
        if newest.is_trained() == of_training {
            return Some(newest);
        }
        Some(same.find(|candidate| candidate.is_trained() == of_training).unwrap_or(newest))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::{LogEvent, Tick};
    use crate::search::{EstimatorId, GeneratorStep, SearchEvent, TrainingId};

    const A: &str = "1 0 1 1";
    const B: &str = "0 1 0 0";

    fn candidate(id: usize, vector: &str, macs: u64, picture: Option<&str>) -> Candidate {
        let genotype = Genotype::parse(vector).unwrap();
        Candidate {
            id,
            cells: 1,
            genotype,
            parent: None,
            iteration: 0,
            strategy: "random".to_owned(),
            estimator: EstimatorId::SharedWeights,
            scores: Vec::new(),
            reward: 1.0,
            macs,
            picture: picture.map(str::to_owned),
        }
    }

    fn trained(id: usize, vector: &str) -> Candidate {
        Candidate { estimator: EstimatorId::Trained { steps: 9 }, ..candidate(id, vector, 5, None) }
    }

    fn samples(state: &mut RunState, source: SampleSource, vector: &str, file: &str) {
        let genotype = Some(Genotype::parse(vector).unwrap());
        state.log_event(LogEvent::Samples { source, genotype, tick: Tick(1), file: file.to_owned() });
    }

    const SHARED: SampleSource = SampleSource::Shared { iteration: 0 };

    fn winner() -> SampleSource {
        SampleSource::Training { training: TrainingId::Winner, step: Some(GeneratorStep(9)) }
    }

    fn board(state: &mut RunState, candidates: impl IntoIterator<Item = Candidate>) {
        candidates
            .into_iter()
            .for_each(|candidate| state.log_event(SearchEvent::Candidate(candidate).into()));
    }

    #[test]
    fn a_candidate_is_shown_by_its_own_picture_by_that_of_the_estimate_it_repeats_or_by_samples_of_its_training()
     {
        let mut state = RunState::default();
        board(
            &mut state,
            [
                candidate(0, A, 7, Some("candidates/000003.png")),
                candidate(1, B, 7, None),
                candidate(2, A, 0, None),
                // Estimated anew, and no picture was kept of it.
                candidate(3, A, 7, None),
                candidate(4, A, 0, None),
            ],
        );
        samples(&mut state, SHARED, A, "samples/000004.png");
        board(&mut state, [trained(5, A)]);
        samples(&mut state, winner(), A, "samples/000009.png");
        samples(&mut state, winner(), B, "samples/000010.png");
        board(&mut state, [trained(6, A)]);
        let strip = CandidatePicture::Strip("candidates/000003.png".to_owned());
        let expected = [
            Some(strip.clone()),
            None,
            Some(strip),
            None,
            None,
            None,
            Some(CandidatePicture::Samples("samples/000009.png".to_owned())),
        ];
        for (id, expected) in expected.iter().enumerate() {
            assert_eq!(state.picture_of(id), expected.as_ref(), "{id}");
        }
        state.begin_anew();
        assert_eq!(state.picture_of(0), None);
    }

    #[test]
    fn a_picture_belongs_to_the_newest_candidate_of_its_architecture_and_its_kind() {
        let mut state = RunState::default();
        board(&mut state, [candidate(0, A, 7, None), candidate(1, A, 7, None), candidate(2, B, 7, None)]);
        let found = |state: &RunState, event_index, source, vector: &str| {
            let genotype = Genotype::parse(vector).unwrap();
            state.candidate_of(event_index, source, &genotype).map(|candidate| candidate.id)
        };
        assert_eq!(found(&state, 1, SHARED, A), Some(0));
        assert_eq!(found(&state, 3, SHARED, A), Some(1));
        assert_eq!(found(&state, 3, winner(), A), Some(1), "it is trained at the moment");
        assert_eq!(found(&state, 3, SHARED, "1 1 1 1"), None);
        board(&mut state, [trained(3, A), trained(4, B)]);
        assert_eq!(found(&state, 5, winner(), A), Some(3));
        assert_eq!(found(&state, 5, SHARED, A), Some(1));
    }
}
