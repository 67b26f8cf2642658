//! What follows from the settings alone: whether they can work, how many architectures they leave, how
//! large those are, how much work that is.

use super::form::Problem;
use super::{SetupInputs, data, labels};
use crate::arch::{Cost, Genotype, NetShape, Space, macs, params};
use crate::config::RunConfig;
use crate::data::Source;
use crate::engine::{JobSpec, expected_macs};

/// What is known of a draft. To find it out takes too long for every frame.
pub struct Study {
    /// The draft.
    pub of: SetupInputs,
    /// What to do; none while the architecture cannot be read.
    pub job: Option<JobSpec>,
    /// The first setting that cannot work.
    pub problem: Option<Problem>,
    /// Figures; none while the settings cannot work.
    pub figures: Option<Figures>,
}

/// What comes of settings, in numbers.
pub struct Figures {
    /// Architectures within the bounds; none where one is given.
    pub count: Option<u64>,
    /// Of the smallest generator.
    pub smallest: Cost,
    /// What the largest has at most.
    pub largest: Cost,
    /// Their depth.
    pub cells: usize,
    /// Multiply-accumulates of the whole run.
    pub work: u64,
}

impl Study {
    /// Studies a draft.
    pub fn of(draft: &SetupInputs) -> Self {
        let config = &draft.config;
        let job =
            draft.arch.as_ref().map_or(Ok(JobSpec::Search), |text| Genotype::parse(text).map(JobSpec::Train));
        let (job, unreadable) = match job {
            Ok(job) => (Some(job), None),
            Err(error) => (None, Some(Problem { key: "arch".to_owned(), text: error.to_string() })),
        };
        let checked = match draft.arch {
            None => config.validate_search(),
            Some(_) => config.validate(),
        };
        let problem = checked.err().map(|error| Problem {
            key: error.key().unwrap_or_default().to_owned(),
            text: error.to_string(),
        });
        // What is wrong with a source is said in words of the form, where it is typed.
        let source = config.data.source.parse::<Source>().err().map(|error| Problem {
            key: data::problem_row(&config.data.source).to_owned(),
            text: labels::of_images(&error),
        });
        let problem = source.or(problem);
        let figures = job.as_ref().and_then(|job| Figures::of(job, config));
        Self { of: draft.clone(), problem: unreadable.or(problem), figures, job }
    }

    /// Side in pixels of the images.
    pub fn side(&self) -> usize {
        let config = &self.of.config;
        match &self.job {
            Some(JobSpec::Train(genotype)) => config.model.side(genotype.cells.len()),
            _ => config.side(),
        }
    }
}

impl Figures {
    fn of(job: &JobSpec, config: &RunConfig) -> Option<Self> {
        let work = expected_macs(job, config).ok()?;
        let cost = |genotype: &Genotype, shape: &NetShape| Cost {
            params: params(genotype, shape),
            macs: macs(genotype, shape),
        };
        if let JobSpec::Train(genotype) = job {
            let own = cost(genotype, &config.derived_model().net_shape());
            let cells = genotype.cells.len();
            return Some(Self { count: None, smallest: own, largest: own, cells, work });
        }
        // Bounds hold for the search's sizes; what is trained from scratch may be larger.
        let shape = config.model.net_shape();
        let space = Space::new(config.space.clone(), shape).ok()?;
        let dearest = cost(&space.largest(), &shape);
        let within = |cost: u64, bound: Option<u64>| bound.map_or(cost, |bound| cost.min(bound));
        Some(Self {
            count: Some(space.size_within_bounds()),
            smallest: cost(&space.smallest(), &shape),
            largest: Cost {
                params: within(dearest.params, config.space.max_params),
                macs: within(dearest.macs, config.space.max_macs),
            },
            cells: space.cells(),
            work,
        })
    }
}
