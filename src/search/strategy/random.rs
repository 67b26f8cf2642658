//! Random search: the baseline that every strategy must beat.

use rand::{Rng, RngExt};

use super::{Distributions, Proposal, Reading, Strategy, StrategyError};
use crate::arch::{Genotype, Space};
use crate::gan::Divergence;
use crate::model::NamedTensors;
use crate::rng::rng;

/// Draws uniformly from the space; after growth, uniformly among the beam's extensions.
pub struct Random {
    seed: u64,
    cells: usize,
    beam: Vec<Genotype>,
}

impl Random {
    /// Draws from `seed`; the first stage has `cells` cells.
    pub fn new(seed: u64, cells: usize) -> Self {
        Self { seed, cells, beam: Vec::new() }
    }
}

impl Strategy for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn propose(&self, space: &Space, stream: &str, counter: u64) -> Proposal {
        let mut generator = rng(self.seed, &format!("strategy/{stream}"), counter);
        extend(space, &self.beam, self.cells, &mut generator)
    }

    fn begin_iteration(&mut self) {}

    fn learn(
        &mut self,
        _space: &Space,
        _proposal: &Proposal,
        _reward: f64,
        _step: u64,
    ) -> Result<Vec<Reading>, Divergence> {
        Ok(Vec::new())
    }

    fn grow(&mut self, _space: &Space, beam: &[Proposal], cells: usize) {
        self.beam = beam.iter().map(|entry| entry.genotype.clone()).collect();
        self.cells = cells;
    }

    fn distributions(&self, _space: &Space) -> Distributions {
        Vec::new()
    }

    fn state(&self) -> (serde_json::Value, NamedTensors) {
        (serde_json::json!([self.beam, self.cells]), NamedTensors::new())
    }

    fn load_state(
        &mut self,
        _space: &Space,
        state: serde_json::Value,
        _tensors: &NamedTensors,
    ) -> Result<(), StrategyError> {
        (self.beam, self.cells) = serde_json::from_value(state)?;
        Ok(())
    }
}

/// A uniform draw of `cells` cells that starts with a uniformly drawn entry of `beam`, if any.
pub(super) fn extend(space: &Space, beam: &[Genotype], cells: usize, generator: &mut impl Rng) -> Proposal {
    if beam.is_empty() && cells == space.cells() {
        // Uniform over the members within the bounds, which growing cell by cell is not.
        return Proposal { genotype: space.sample(generator), parent: None };
    }
    let parent = (!beam.is_empty()).then(|| generator.random_range(0..beam.len()));
    let start = parent.map_or_else(Genotype::default, |parent| beam[parent].clone());
    let genotype = (start.cells.len()..cells).fold(start, |prefix, _| {
        // A beam holds admissible prefixes, and each of those has an admissible extension.
        let cell = space
            .sample_cell(&prefix, generator)
            .unwrap_or_else(|| unreachable!("an admissible prefix that nothing extends: {prefix}"));
        prefix.extended(cell)
    });
    Proposal { genotype, parent }
}
