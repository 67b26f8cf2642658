//! Scores of several runs, ranked where they were measured alike.

use serde::Serialize;

use crate::metric::{MetricName, Score, ScoreCondition};

/// Scores that agree in everything but value, std and seed, one a run at most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// The score of each run, `None` where it has none that was measured so.
    pub scores: Vec<Option<Score>>,
    /// The runs with the best value; none where there is nothing to rank.
    pub best: Vec<usize>,
}

impl Ranking {
    fn of(scores: Vec<Option<Score>>) -> Self {
        let there = || scores.iter().enumerate().filter_map(|(run, score)| Some((run, score.as_ref()?)));
        let unbeaten = |score: &Score| {
            // What is no number neither beats nor is unbeaten.
            score.compare(score).is_some() && !there().any(|(_, other)| other.better(score))
        };
        let best = match there().count() {
            0 | 1 => Vec::new(),
            _ => there().filter(|(_, score)| unbeaten(score)).map(|(run, _)| run).collect(),
        };
        Self { scores, best }
    }

    /// A score of it: all say the same but for the value.
    pub fn measured(&self) -> Option<&Score> {
        self.scores.iter().flatten().next()
    }

    /// What is measured, and with what: `Fréchet distance (toys-v1, 2,000 samples)`.
    pub fn words(&self) -> String {
        let measured = self.measured();
        measured.map_or_else(String::new, |score| format!("{} ({})", score.label(), score.conditions()))
    }
}

/// Sorts the scores of each run into rankings, in the order in which they are met.
pub(super) fn rankings(runs: &[&[Score]]) -> Vec<Ranking> {
    let mut rows: Vec<Vec<Option<Score>>> = Vec::new();
    for (run, scores) in runs.iter().enumerate() {
        for score in *scores {
            let fits = |row: &Vec<Option<Score>>| {
                row[run].is_none() && row.iter().flatten().all(|other| other.comparable(score))
            };
            let at = rows.iter().position(fits).unwrap_or_else(|| {
                rows.push(vec![None; runs.len()]);
                rows.len() - 1
            });
            rows[at][run] = Some(score.clone());
        }
    }
    // Rows of one metric stand together.
    let metric = |row: &Vec<Option<Score>>| row.iter().flatten().next().map(|score| score.metric);
    let met: Vec<Option<MetricName>> = rows.iter().map(metric).collect();
    rows.sort_by_key(|row| met.iter().position(|other| *other == metric(row)));
    rows.into_iter().map(Ranking::of).collect()
}

/// For each metric in several rankings, what it was measured with differently, in a sentence.
pub(super) fn unranked(rankings: &[Ranking]) -> Vec<String> {
    let mut metrics: Vec<MetricName> = Vec::new();
    for score in rankings.iter().filter_map(Ranking::measured) {
        if !metrics.contains(&score.metric) {
            metrics.push(score.metric);
        }
    }
    let sentence = |metric: MetricName| {
        let scores = rankings.iter().filter_map(Ranking::measured);
        let scores: Vec<&Score> = scores.filter(|score| score.metric == metric).collect();
        let measured = scores.iter().map(|score| score.named_conditions());
        let mut conditions: Vec<Vec<ScoreCondition>> = Vec::new();
        for (place, condition) in measured.flat_map(|of_one| of_one.into_iter().enumerate()) {
            if conditions.len() == place {
                conditions.push(Vec::new());
            }
            let values = &mut conditions[place];
            if !values.contains(&condition) {
                values.push(condition);
            }
        }
        let differ = conditions.into_iter().filter(|values| values.len() > 1);
        let differ: Vec<String> = differ
            .map(|values| {
                let words: Vec<&str> = values.iter().map(|value| &*value.words).collect();
                format!("{} differ ({})", values[0].plural, words.join("; "))
            })
            .collect();
        let what = match differ.as_slice() {
            [] => return None,
            [one] => one.clone(),
            [many @ .., last] => format!("{} and {last}", many.join(", ")),
        };
        Some(format!("{}: not ranked together where {what}", metric.label("")))
    };
    metrics.into_iter().filter_map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::INCEPTION_SCORE;

    fn inception(value: f64) -> Score {
        Score { metric: INCEPTION_SCORE, reference: None, splits: Some(10), ..Score::of_tests(value) }
    }

    #[test]
    fn the_smaller_distance_and_the_larger_inception_score_are_the_best() {
        let runs = [
            vec![Score::of_tests(30.0), inception(7.0)],
            vec![inception(8.0), Score::of_tests(20.0)],
            vec![],
        ];
        let rankings = rankings(&runs.each_ref().map(Vec::as_slice));
        let best: Vec<_> = rankings.iter().map(|ranking| ranking.best.clone()).collect();
        assert_eq!(best, [[1], [1]]);
        assert_eq!(rankings[0].scores, [Some(Score::of_tests(30.0)), Some(Score::of_tests(20.0)), None]);
        assert_eq!(rankings[1].words(), "Inception score (toys-v1, 2,000 samples, 10 splits)");
        assert_eq!(unranked(&rankings), Vec::<String>::new());
    }

    #[test]
    fn what_was_measured_otherwise_is_never_ranked_with_the_rest() {
        let others = [
            Score { samples: 500, ..Score::of_tests(1.0) },
            Score { setting: Some("k = 3".into()), ..Score::of_tests(1.0) },
            Score { extractor: "other".into(), ..Score::of_tests(1.0) },
            Score { reference: Some("cifar10".into()), ..Score::of_tests(1.0) },
        ];
        let parts = [
            "numbers of samples differ (2,000; 500)",
            "settings differ (none; k = 3)",
            "extractors differ (toys-v1; other)",
            "real images differ (toys; cifar10)",
        ];
        for (other, part) in others.into_iter().zip(parts) {
            let found = rankings(&[&[Score::of_tests(30.0), inception(7.0)], &[other]]);
            assert_eq!(found.len(), 3);
            // Both distances stand together, and none is the best.
            assert!(found[..2].iter().all(|ranking| ranking.words().contains("distance")));
            assert!(found.iter().all(|ranking| ranking.best.is_empty()));
            let [sentence] = &unranked(&found)[..] else { panic!("one sentence") };
            assert!(sentence.starts_with("Fréchet") && sentence.contains(part), "{sentence}");
        }
    }

    #[test]
    fn runs_on_the_same_pictures_are_ranked_and_their_names_are_no_difference() {
        let of = |value, name: &str, samples| Score {
            samples,
            reference: Some(format!("{name}, 40 images of 16 px, 1a2b3c4d")),
            ..Score::of_tests(value)
        };
        let found = rankings(&[&[of(3.0, "photos", 9)], &[of(2.0, "/home/me/photos", 9)]]);
        assert_eq!((found.len(), found[0].best.as_slice()), (1, &[1][..]));
        let shown = found[0].scores.iter().flatten().map(|score| score.reference.as_deref());
        let shown: Vec<&str> = shown.flatten().collect();
        assert_eq!(
            shown,
            ["photos, 40 images of 16 px, 1a2b3c4d", "/home/me/photos, 40 images of 16 px, 1a2b3c4d"]
        );
        let found = rankings(&[&[of(3.0, "photos", 9)], &[of(2.0, "./photos", 8)]]);
        let said = "Fréchet distance: not ranked together where numbers of samples differ (9; 8)";
        assert_eq!(unranked(&found), [said]);
    }

    #[test]
    fn equals_share_the_first_place_and_no_number_has_none() {
        let best = |values: [f64; 3]| {
            let scores = values.map(|value| vec![Score::of_tests(value)]);
            rankings(&scores.each_ref().map(Vec::as_slice))[0].best.clone()
        };
        assert_eq!(best([2.0, 1.0, 1.0]), [1, 2]);
        let other_seed = Score { seed: 2, ..Score::of_tests(1.0) };
        assert_eq!(rankings(&[&[Score::of_tests(2.0)], &[other_seed]])[0].best, [1], "seeds may differ");
        assert_eq!(best([2.0, f64::NAN, 3.0]), [0]);
    }
}
