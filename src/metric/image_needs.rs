//! How many images all that is computed needs: what too few cannot give is said before anything is computed, by
//! runs, by the window's form and by `autogan score`.

use super::extractor::MIN_IMAGES;
use super::feature_set::Material;
use super::metrics::{Metric, MetricName, MetricSettings, metrics_of};
use crate::arch::words::thousands;

/// A number of images, in the words of whoever can change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedImages {
    /// The number.
    pub count: usize,
    /// That it is so, as the beginning of a sentence.
    words: String,
    /// The setting or option to change.
    key: String,
    /// What makes it larger, in words.
    more: String,
}

impl CountedImages {
    /// Images that are there; `of` is what they are called.
    pub fn there(of: &str, count: usize) -> Self {
        let images = if count == 1 { "image" } else { "images" };
        Self {
            count,
            words: format!("{of} has {} {images}", thousands(count as u64)),
            key: "data.source".to_owned(),
            more: "add images".to_owned(),
        }
    }

    /// The same where the setting or option `key` allows no more of them.
    pub fn limited_by(self, key: &str) -> Self {
        Self { key: key.to_owned(), more: format!("raise {key}"), ..self }
    }

    /// Images that are to be made, or taken of those that are there: as many as the setting or option `key` says.
    pub fn asked_for(key: &str, count: usize) -> Self {
        Self {
            count,
            words: format!("{key} is {}", thousands(count as u64)),
            key: key.to_owned(),
            more: format!("raise {key}"),
        }
    }
}

/// There are too few images for something that is to be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ImageShortage {
    /// The setting to change first, dotted.
    pub key: String,
    /// What is too few for what, and what to change, in a sentence.
    pub text: String,
}

/// How what decides the numbers is called where it can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStyle {
    /// Settings of a run: `score.neighbours`.
    Setting,
    /// Options of `autogan score`: `--k`.
    Option,
    /// It cannot be changed.
    Fixed,
}

/// Everything that needs some number of images.
#[derive(Debug, Clone)]
pub struct ImageNeeds {
    metrics: Vec<&'static dyn Metric>,
    settings: MetricSettings,
    keys: KeyStyle,
    /// Whether an extractor is trained on the real images.
    extractor: bool,
    /// Whether mean and covariance of the real images are computed, whatever the metrics.
    moments: bool,
    /// Real images in a training step.
    batch: Option<usize>,
}

/// One thing that needs images.
#[derive(PartialEq, Eq)]
struct Need {
    fewest: usize,
    /// Its name, and how many it needs.
    words: String,
    /// The setting or option that decides it.
    key: Option<String>,
    /// What to do about it other than to bring more images.
    remedy: Option<String>,
}

impl ImageNeeds {
    /// What the values `names` need, with keys named in that style.
    pub fn new(names: &[MetricName], settings: MetricSettings, keys: KeyStyle) -> Self {
        Self {
            metrics: metrics_of(names).collect(),
            settings,
            keys,
            extractor: false,
            moments: false,
            batch: None,
        }
    }

    /// With a small network that is trained on the real images, if `trained`.
    pub fn with_extractor(self, trained: bool) -> Self {
        Self { extractor: trained, ..self }
    }

    /// With mean and covariance of the real images, if they are `computed`.
    pub fn with_moments(self, computed: bool) -> Self {
        Self { moments: computed, ..self }
    }

    /// With a training whose steps take so many real images.
    pub fn with_batch(self, batch: usize) -> Self {
        Self { batch: Some(batch), ..self }
    }

    /// Without the metrics that need class distributions, which an extractor that knows no classes leaves out.
    pub fn without_classes(mut self) -> Self {
        self.metrics.retain(|metric| metric.material() != Material::ClassDistributions);
        self
    }

    /// Whether so many real images are enough.
    ///
    /// # Errors
    /// What they are too few for.
    pub fn check_real(&self, real: &CountedImages) -> Result<(), ImageShortage> {
        refuse(real, self.of_real(real, real.count))
    }

    /// Whether so many generated images are enough.
    ///
    /// # Errors
    /// What they are too few for.
    pub fn check_generated(&self, generated: &CountedImages) -> Result<(), ImageShortage> {
        refuse(generated, self.of_generated(generated.count, generated.count))
    }

    /// Whether the images of both sides are enough, where they are counted. A setting that is to be lowered for both
    /// has one value that does for both, and what both sides lack alike is said once.
    ///
    /// # Errors
    /// What they are too few for.
    pub fn check_sides(
        &self,
        real: Option<&CountedImages>,
        generated: Option<&CountedImages>,
    ) -> Result<(), ImageShortage> {
        let smaller = real.into_iter().chain(generated).map(|side| side.count).min().unwrap_or(0);
        let real = real.map(|side| (side, self.of_real(side, smaller)));
        let generated = generated.map(|side| (side, self.of_generated(side.count, smaller)));
        let sides = match (real, generated) {
            (Some((side, mut needs)), Some((other, others))) if side == other => {
                let added: Vec<Need> = others.into_iter().filter(|need| !needs.contains(need)).collect();
                needs.extend(added);
                vec![(side, needs)]
            }
            (real, generated) => real.into_iter().chain(generated).collect(),
        };
        let short: Vec<ImageShortage> =
            sides.into_iter().filter_map(|(side, needs)| refuse(side, needs).err()).collect();
        let Some(first) = short.first() else { return Ok(()) };
        let texts: Vec<&str> = short.iter().map(|shortage| shortage.text.as_str()).collect();
        Err(ImageShortage { key: first.key.clone(), text: texts.join("; ") })
    }

    /// All that needs real images, where the smaller of the two sides has `smaller` images.
    fn of_real(&self, real: &CountedImages, smaller: usize) -> Vec<Need> {
        let extractor = self.extractor.then(|| {
            let (key, remedy) = match self.keys {
                KeyStyle::Setting => ("score.extractor", "set score.extractor to \"inception\""),
                KeyStyle::Option | KeyStyle::Fixed => ("--extractor", "take --extractor inception"),
            };
            Need {
                fewest: MIN_IMAGES,
                words: format!("the built-in extractor needs {MIN_IMAGES} to be trained"),
                key: Some(key.to_owned()),
                remedy: Some(format!("{}, or {remedy}", real.more)),
            }
        });
        let batch = self.batch.map(|batch| Need {
            fewest: batch,
            words: format!("recipe.batch is {}", thousands(batch as u64)),
            key: Some("recipe.batch".to_owned()),
            remedy: (real.count > 0).then(|| format!("set it to {} or less", real.count)),
        });
        // A metric that is made of them needs as many.
        let moments =
            self.moments && self.metrics.iter().all(|metric| metric.material() != Material::Moments);
        let moments = moments.then(|| Need {
            fewest: 2,
            words: "a covariance needs 2".to_owned(),
            key: None,
            remedy: None,
        });
        let compared = self.metrics.iter().filter(|metric| metric.compares());
        let compared = compared.map(|metric| self.need(*metric, smaller));
        extractor.into_iter().chain(batch).chain(moments).chain(compared).collect()
    }

    /// All that needs generated images, of which there are `count`, where the smaller of the two sides has `smaller`
    /// images.
    fn of_generated(&self, count: usize, smaller: usize) -> Vec<Need> {
        let need = |metric: &&dyn Metric| self.need(*metric, if metric.compares() { smaller } else { count });
        self.metrics.iter().map(need).collect()
    }

    /// What a metric needs, and to what its setting would have to be lowered for `count` images.
    fn need(&self, metric: &dyn Metric, count: usize) -> Need {
        let (fewest, setting) = metric.fewest_images(&self.settings);
        let least = match setting {
            Some("kid_subset_size") => 2,
            _ => 1,
        };
        // As much less as there are images too few.
        let lowered = setting.and_then(|setting| {
            let now = match setting {
                "splits" => self.settings.splits,
                "neighbours" => self.settings.neighbours.get(),
                _ => self.settings.kid.subset_size,
            };
            let lowered = (now + count).checked_sub(fewest)?;
            (lowered >= least).then_some(lowered)
        });
        let key = setting.and_then(|setting| match (self.keys, setting) {
            (KeyStyle::Setting, setting) => Some(format!("score.{setting}")),
            (KeyStyle::Option, "splits") => Some("--splits".to_owned()),
            (KeyStyle::Option, "neighbours") => Some("--k".to_owned()),
            (KeyStyle::Option, _) => Some("--kid-subset-size".to_owned()),
            (KeyStyle::Fixed, _) => None,
        });
        let remedy = key.as_ref().zip(lowered).map(|(key, to)| format!("set {key} to {to} or less"));
        Need { fewest, words: format!("{} needs {}", metric.noun(), thousands(fewest as u64)), key, remedy }
    }
}

/// An error where `images` are too few for any of the `needs`; all that need more are named.
fn refuse(images: &CountedImages, needs: Vec<Need>) -> Result<(), ImageShortage> {
    let short: Vec<Need> = needs.into_iter().filter(|need| images.count < need.fewest).collect();
    let Some(first) = short.first() else { return Ok(()) };
    let CountedImages { words, key, more, .. } = images;
    let line = |need: &Need| format!("{} ({})", need.words, need.remedy.as_ref().unwrap_or(more));
    let lines: Vec<String> = short.iter().map(line).collect();
    Err(ImageShortage {
        key: first.key.as_ref().unwrap_or(key).clone(),
        text: format!("{words}, which is too few: {}", lines.join("; ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{FRECHET_DISTANCE, INCEPTION_SCORE, KERNEL_DISTANCE, RECALL};

    fn all(keys: KeyStyle) -> ImageNeeds {
        let names: Vec<MetricName> = MetricName::all().collect();
        ImageNeeds::new(&names, MetricSettings::default(), keys)
    }

    fn said(result: Result<(), ImageShortage>) -> String {
        result.err().map_or_else(String::new, |shortage| format!("{}: {}", shortage.key, shortage.text))
    }

    #[test]
    fn a_run_learns_all_that_its_pictures_are_too_few_for_with_the_settings() {
        let needs = all(KeyStyle::Setting).with_extractor(true).with_moments(true).with_batch(32);
        let real = |count| said(needs.check_real(&CountedImages::there("photos", count)));
        assert_eq!(
            real(5),
            "score.extractor: photos has 5 images, which is too few: the built-in extractor needs 20 to be trained \
             (add images, or set score.extractor to \"inception\"); recipe.batch is 32 (set it to 5 or less); the \
             kernel distance needs 1,000 (set score.kid_subset_size to 5 or less); prdc needs 6 (set score.neighbours to 4 or less)"
        );
        assert_eq!(
            real(20),
            "recipe.batch: photos has 20 images, which is too few: recipe.batch is 32 (set it to 20 or less); the \
             kernel distance needs 1,000 (set score.kid_subset_size to 20 or less)"
        );
        // A subset has two images at least, and a neighbour is another image.
        let one = real(1);
        assert!(
            one.contains("photos has 1 image,") && one.contains("the Fréchet distance needs 2 (add images)"),
            "{one}"
        );
        assert!(
            one.contains("the kernel distance needs 1,000 (add images); prdc needs 6 (add images)"),
            "{one}"
        );
        assert_eq!(real(1000), "");
    }

    #[test]
    fn scoring_names_options_and_what_a_model_makes_is_an_option_too() {
        let generated = |count: &CountedImages| said(all(KeyStyle::Option).check_generated(count));
        assert_eq!(
            generated(&CountedImages::there("fakes", 3)),
            "--splits: fakes has 3 images, which is too few: the Inception score needs 10 (set --splits to 3 or less); the kernel distance needs 1,000 \
             (set --kid-subset-size to 3 or less); prdc needs 6 (set --k to 2 or less)"
        );
        let one = generated(&CountedImages::asked_for("--n", 1));
        assert!(one.starts_with("--splits: --n is 1, which is too few: the Inception score needs 10 (set --splits to 1 or less); the Fréchet distance needs 2 (raise --n)"), "{one}");
        let fixed = said(all(KeyStyle::Fixed).check_generated(&CountedImages::there("fakes", 3)));
        assert!(
            fixed.contains("the Inception score needs 10 (add images)") && !fixed.contains("--"),
            "{fixed}"
        );
    }

    #[test]
    fn both_sides_get_one_value_for_a_setting_and_what_they_share_is_said_once() {
        let names = [INCEPTION_SCORE, KERNEL_DISTANCE];
        let needs = ImageNeeds::new(&names, MetricSettings::default(), KeyStyle::Option);
        let (real, fake) = (CountedImages::there("real", 20), CountedImages::there("fake", 5));
        assert_eq!(
            said(needs.check_sides(Some(&real), Some(&fake))),
            "--kid-subset-size: real has 20 images, which is too few: the kernel distance needs 1,000 (set \
             --kid-subset-size to 5 or less); fake has 5 images, which is too few: the Inception score needs 10 (set \
             --splits to 5 or less); the kernel distance needs 1,000 (set --kid-subset-size to 5 or less)"
        );
        assert_eq!(
            said(needs.check_sides(Some(&fake), Some(&fake))),
            "--kid-subset-size: fake has 5 images, which is too few: the kernel distance needs 1,000 (set \
             --kid-subset-size to 5 or less); the Inception score needs 10 (set --splits to 5 or less)"
        );
        assert_eq!(said(needs.check_sides(None, Some(&fake))), said(needs.check_generated(&fake)));
        assert_eq!(needs.check_sides(None, None), Ok(()));
    }

    #[test]
    fn each_side_is_asked_for_what_is_computed_of_it() {
        let of = |name| ImageNeeds::new(&[name], MetricSettings::default(), KeyStyle::Option);
        let three = CountedImages::there("x", 3);
        // The inception score's splits are of generated images.
        assert_eq!(of(INCEPTION_SCORE).check_real(&three), Ok(()));
        assert!(of(INCEPTION_SCORE).check_generated(&three).is_err());
        assert_eq!(of(INCEPTION_SCORE).without_classes().check_generated(&three), Ok(()));
        for name in [KERNEL_DISTANCE, RECALL] {
            assert!(of(name).check_real(&three).is_err() && of(name).check_generated(&three).is_err());
        }
        assert_eq!(of(FRECHET_DISTANCE).check_real(&three), Ok(()));
        let moments = of(INCEPTION_SCORE).with_moments(true);
        let covariance = said(moments.check_real(&CountedImages::there("x", 1)));
        assert!(covariance.ends_with("which is too few: a covariance needs 2 (add images)"), "{covariance}");
    }
}
