//! What is computed, and how.

use super::origin::{Generation, OpenedOrigin, Origin, Quantization};
use crate::arch::words::images;
use crate::data::Split;
use crate::engine::ModelOptions;
use crate::metric::extractor::inception::Preprocessing;
use crate::metric::extractor::{Extractor, ExtractorKind};
use crate::metric::{
    FRECHET_DISTANCE, INCEPTION_SCORE, ImageNeeds, KeyStyle, Metric, MetricName, MetricSettings, metrics_of,
};

/// What is to be computed, and how.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// What.
    pub metrics: Vec<MetricName>,
    /// Whose features.
    pub extractor: ExtractorKind,
    /// How images come to the Inception network.
    pub preprocessing: Preprocessing,
    /// Which part of a public data set the real images are.
    pub real_split: Split,
    /// How images are generated.
    pub generation: Generation,
    /// What else decides the values.
    pub settings: MetricSettings,
    /// Whether it is one of the field's, by its name: then nothing of it can be changed.
    pub is_fixed: bool,
}

impl Default for Protocol {
    /// That of the field: 50,000 images, 10 splits, 100 subsets of 1,000, 5 neighbours.
    fn default() -> Self {
        Self {
            metrics: vec![INCEPTION_SCORE, FRECHET_DISTANCE],
            extractor: ExtractorKind::Builtin,
            preprocessing: Preprocessing::default(),
            real_split: Split::Train,
            generation: Generation {
                model: ModelOptions::default(),
                count: 50_000,
                seed: 0,
                quantization: Quantization::Rounded,
            },
            settings: MetricSettings::default(),
            is_fixed: false,
        }
    }
}

impl Protocol {
    /// The metrics that give the values.
    pub(super) fn computed(&self) -> impl Iterator<Item = &'static dyn Metric> {
        metrics_of(&self.metrics)
    }

    /// How many images all that is computed needs, of real images `real` whose statistics may be `saved`.
    pub(super) fn image_needs(&self, real: &Origin, saved: bool) -> ImageNeeds {
        let keys = if self.is_fixed { KeyStyle::Fixed } else { KeyStyle::Option };
        let builtin = self.extractor == ExtractorKind::Builtin;
        let trained = builtin
            && matches!(real, Origin::Images(source) if Extractor::is_trained_on(&source.to_string()));
        let needs = ImageNeeds::new(&self.metrics, self.settings, keys);
        needs.with_extractor(trained).with_moments(saved)
    }

    /// What decides the numbers beside the images, a sentence each.
    pub(super) fn assumptions(
        &self,
        extractor: &Extractor,
        sides: [&Option<OpenedOrigin>; 2],
    ) -> Vec<String> {
        let mut assumptions = vec![format!("features: {}", extractor.name())];
        if self.extractor == ExtractorKind::Inception {
            assumptions.push(format!("preprocessing {}: {}", self.preprocessing, self.preprocessing.words()));
        }
        if self.metrics.contains(&INCEPTION_SCORE) {
            let bias = if self.extractor == ExtractorKind::Inception { ", logits without bias" } else { "" };
            assumptions.push(format!(
                "inception score: {} splits of consecutive images{bias}",
                self.settings.splits
            ));
        }
        for (side, what) in sides.into_iter().zip(["real", "generated"]) {
            match side {
                Some(OpenedOrigin::Model { generation, notes, .. }) => {
                    assumptions.push(format!(
                        "{what}: {} of seed {}, levels {}",
                        images(generation.count),
                        generation.seed,
                        match generation.quantization {
                            Quantization::Rounded => "rounded to 8 bits",
                            Quantization::Truncated => "truncated to 8 bits",
                        }
                    ));
                    // Which weights they are of, where the file leaves it open.
                    assumptions.extend(notes.iter().map(|note| format!("{what}: {note}")));
                }
                Some(side) => {
                    assumptions.push(format!("{what}: {} in their own size", images(side.len())));
                    assumptions.extend(side.notes().iter().map(|note| format!("{what}: {note}")));
                }
                None => assumptions.push(format!("{what}: statistics of a file")),
            }
        }
        assumptions
    }
}
