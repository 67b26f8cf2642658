//! Both sides, looked at, become scores.

use anyhow::{Context as _, bail, ensure};

use super::origin::Origin;
use super::protocol::{Measure, Protocol};
use super::tally::Tally;
use crate::arch::words::thousands;
use crate::input;
use crate::metric::extractor::Extractor;
use crate::metric::{Gaussian, Metric, Score, frechet_distance, kid, prdc};
use crate::tensors::Moments;

/// Both sides, looked at.
pub(super) struct Sides<'a> {
    pub real: &'a Origin,
    pub fake: &'a Origin,
    pub protocol: &'a Protocol,
    pub extractor: &'a Extractor,
    pub real_tally: Option<Tally>,
    pub fake_tally: Option<Tally>,
}

impl Sides<'_> {
    pub fn scores(&self) -> anyhow::Result<Vec<Score>> {
        let mut scores = Vec::new();
        for measure in &self.protocol.measures {
            match measure {
                Measure::Is => scores.extend(self.inception()?),
                Measure::Fid => scores.push(self.frechet()?),
                Measure::Kid => scores.push(self.kernel()?),
                Measure::Prdc => scores.extend(self.neighbourhoods()?),
            }
        }
        Ok(scores)
    }

    fn score(&self, metric: Metric, value: f64) -> Score {
        Score {
            metric,
            value,
            std: None,
            extractor: self.extractor.name().to_owned(),
            samples: self.fake_tally.as_ref().map_or(0, |tally| tally.seen),
            reference: Some(match &self.real_tally {
                Some(tally) => format!("{}, {} images", self.real, thousands(tally.seen as u64)),
                None => self.real.to_string(),
            }),
            splits: None,
            seed: match self.fake {
                Origin::Model(_) => self.protocol.generation.seed,
                Origin::Images(_) | Origin::Statistics(_) => 0,
            },
            setting: None,
        }
    }

    /// None where the network knows no classes.
    fn inception(&self) -> anyhow::Result<Option<Score>> {
        let Some(scoring) = self.fake_tally.as_ref().and_then(|tally| tally.inception.as_ref()) else {
            return Ok(None);
        };
        let found = scoring.finish()?;
        let score = self.score(Metric::InceptionScore, found.mean);
        let splits = Some(self.protocol.splits);
        Ok(Some(Score { std: Some(found.std), reference: None, splits, ..score }))
    }

    fn frechet(&self) -> anyhow::Result<Score> {
        let width = self.extractor.features();
        let real = gaussian(self.real, self.real_tally.as_ref(), width)?;
        let fake = gaussian(self.fake, self.fake_tally.as_ref(), width)?;
        Ok(self.score(Metric::FrechetDistance, frechet_distance(&real, &fake)?))
    }

    /// All features of both sides, real ones first.
    fn features(&self) -> anyhow::Result<[&[f32]; 2]> {
        let real = self.real_tally.as_ref().and_then(|tally| tally.features.as_deref());
        let fake = self.fake_tally.as_ref().and_then(|tally| tally.features.as_deref());
        real.zip(fake).map(|(real, fake)| [real, fake]).context("both sides must be images")
    }

    fn kernel(&self) -> anyhow::Result<Score> {
        let Protocol { kid: config, generation, .. } = self.protocol;
        let [real, fake] = self.features()?;
        let found = kid(real, fake, self.extractor.features(), *config, generation.seed)?;
        let setting = format!("{} subsets of {}", config.subsets, thousands(config.subset_size as u64));
        let score = self.score(Metric::KernelDistance, found.mean);
        Ok(Score { std: Some(found.std), setting: Some(setting), ..score })
    }

    fn neighbourhoods(&self) -> anyhow::Result<[Score; 4]> {
        let k = self.protocol.neighbours;
        let [real, fake] = self.features()?;
        let found = prdc(real, fake, self.extractor.features(), k)?;
        let score = |metric, value| Score { setting: Some(format!("k = {k}")), ..self.score(metric, value) };
        Ok([
            score(Metric::Precision, found.precision),
            score(Metric::Recall, found.recall),
            score(Metric::Density, found.density),
            score(Metric::Coverage, found.coverage),
        ])
    }
}

fn gaussian(origin: &Origin, tally: Option<&Tally>, width: usize) -> anyhow::Result<Gaussian> {
    if let Some(statistics) = tally.and_then(|tally| tally.statistics.as_ref()) {
        return Ok(statistics.gaussian()?);
    }
    let Origin::Statistics(path) = origin else {
        bail!("{origin} was not looked at");
    };
    let unusable = || format!("{} cannot be used as statistics", path.display());
    let (file, _) = input::open(path).with_context(unusable)?;
    let Moments { mean, covariance } = Moments::read(file).with_context(unusable)?;
    ensure!(
        mean.len() == width,
        "{} is of features of width {}, and this extractor's have {width}; compute the statistics again with it",
        path.display(),
        mean.len()
    );
    Ok(Gaussian::new(mean, &covariance))
}
