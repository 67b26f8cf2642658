//! Whether the images that were found are enough for what the settings ask for.

use super::RunConfig;
use crate::data::Report;
use crate::metric::extractor::{Extractor, ExtractorKind};
use crate::metric::{CountedImages, FRECHET_DISTANCE, ImageShortage};

impl RunConfig {
    /// Whether the settings can work with these images: their number, and whether they have classes. `searched`: for
    /// a search, otherwise for training and scoring one architecture. Runs and the window's form ask this before
    /// anything is computed.
    ///
    /// # Errors
    ///
    /// What cannot work, with the settings to change.
    pub fn check_images(&self, searched: bool, found: &Report) -> Result<(), ImageShortage> {
        let builtin = self.score.extractor == ExtractorKind::Builtin;
        let reward = searched.then_some(self.search.reward);
        let needs = self.score.image_needs(reward);
        let needs = needs.with_extractor(builtin && Extractor::is_trained_on(&found.source));
        let needs = needs.with_moments(true).with_batch(self.recipe.batch);
        let images = CountedImages::there(&found.source, found.used);
        let is_limited = found.used + found.skipped.len() < found.found;
        needs.check_real(&if is_limited { images.limited_by("data.limit") } else { images })?;
        // The Inception network knows classes of its own.
        if builtin && found.classes.len() < 2 {
            self.check_without_classes(searched)?;
        }
        Ok(())
    }

    /// Whether nothing that decides needs classes.
    fn check_without_classes(&self, searched: bool) -> Result<(), ImageShortage> {
        let shortage = |key: &str, text: String| Err(ImageShortage { key: key.to_owned(), text });
        if searched && self.search.reward.needs_classes() {
            let text = "the search is rewarded for the inception score, which needs images with classes: give one \
                        sub-folder for each, or set search.reward to another one";
            return shortage("search.reward", text.to_owned());
        }
        let deciding = self.score.deciding;
        if deciding.needs_classes() {
            let text = format!(
                "score.deciding is {deciding}, and the images have no classes; set it to {FRECHET_DISTANCE}, or take \
                 images with labels"
            );
            return shortage("score.deciding", text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{ClassCount, DataConfig, Source, Split, load};

    /// What is found in a folder of so many pictures, of so many classes.
    fn found(images: usize, classes: usize) -> Report {
        let source = Source::toys();
        let data = DataConfig { limit: Some(1), ..DataConfig::default() };
        let report = load(&source, &data.options(8, Split::Train)).unwrap().report;
        let classes = (0..classes).map(|class| ClassCount { name: class.to_string(), count: 1 });
        Report { source: "photos".into(), found: images, used: images, classes: classes.collect(), ..report }
    }

    fn said(settings: &[&str], searched: bool, found: &Report) -> (String, String) {
        let mut config = RunConfig::preset("quick").unwrap();
        settings.iter().for_each(|setting| config.apply(setting).unwrap());
        let shortage = config.check_images(searched, found).err();
        shortage.map(|shortage| (shortage.key, shortage.text)).unwrap_or_default()
    }

    #[test]
    fn few_pictures_are_refused_with_the_settings_to_change_and_enough_are_not() {
        let fid = ["search.reward=frechet_distance", "score.metrics=[]"];
        let with = |more: &[&str], count| said(&[&fid[..], more].concat(), true, &found(count, 0));
        for count in [1, 2, 3, 5, 19] {
            let (key, text) = with(&[], count);
            assert_eq!(key, "score.extractor", "{text}");
            assert!(
                text.contains("the built-in extractor needs 20") && text.contains("recipe.batch is"),
                "{text}"
            );
        }
        let (key, text) = with(&[], 20);
        assert!(key == "recipe.batch" && text.contains("(set it to 20 or less)"), "{text}");
        assert_eq!(with(&["recipe.batch=20"], 20), Default::default());
        let inception = ["score.extractor=inception", "recipe.batch=1"];
        assert!(with(&inception, 1).1.contains("the Fréchet distance needs 2 (add images)"));
        assert_eq!(with(&inception, 2), Default::default());
        // Where the limit leaves no more of them, there are enough.
        let limited = Report { found: 50, ..found(18, 0) };
        let (_, text) = said(&[&fid[..], &["recipe.batch=8"]].concat(), true, &limited);
        assert_eq!(
            text,
            "photos has 18 images, which is too few: the built-in extractor needs 20 to be trained (raise data.limit, or \
             set score.extractor to \"inception\")"
        );
        let (key, text) = with(&["recipe.batch=8", "score.metrics=[\"recall\"]", "score.neighbours=30"], 25);
        assert!(key == "score.neighbours" && text.contains("set score.neighbours to 24 or less"), "{text}");
        // The toys bring their own extractor.
        let toys = Report { source: "toys".into(), ..found(8, 10) };
        assert_eq!(said(&["recipe.batch=8"], true, &toys), Default::default());
    }

    #[test]
    fn what_decides_needs_no_classes_where_there_are_none() {
        let (key, text) = said(&["search.reward=inception_score"], true, &found(100, 0));
        assert!(key == "search.reward" && text.contains("sub-folder"), "{text}");
        assert_eq!(said(&["search.reward=inception_score"], true, &found(100, 2)), Default::default());
        assert_eq!(said(&["search.reward=inception_score"], false, &found(100, 0)), Default::default());
        let (key, text) = said(&["score.deciding=inception_score"], false, &found(100, 1));
        assert!(key == "score.deciding" && text.contains("no classes"), "{text}");
    }
}
