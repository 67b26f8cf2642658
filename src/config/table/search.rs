//! Settings of the search.

use super::scores::metric;
use super::{Bound, MAX_CHANNELS, MAX_IMAGES, Most, Section, Setting, SettingChoice, SettingKind, choices};
use crate::metric::{FRECHET_DISTANCE, INCEPTION_SCORE, MetricName};
use crate::search::EstimatorKind;

/// The search.
pub const SEARCH: Section = Section {
    title: "Search",
    about: "Who proposes, what a proposal is worth, and for how long",
    settings: || {
        const {
            &[
                Setting::new(
                    "search.strategy",
                    "Strategy",
                    "Who proposes architectures",
                    SettingKind::Choice(|| {
                        choices(&[
                            (
                                "reinforce",
                                "Controller",
                                "A recurrent network, trained by REINFORCE, as in the paper",
                            ),
                            ("random", "Random", "Uniform draws: what every strategy must beat"),
                        ])
                    }),
                ),
                Setting::new(
                    "search.levels",
                    "Growth",
                    "Whether the generator grows while it is searched",
                    SettingKind::Choice(|| {
                        choices(&[
                            (
                                "multi",
                                "Cell by cell",
                                "Multi-level search: a controller and a beam for each stage",
                            ),
                            ("single", "All at once", "One controller for the whole generator, at full size"),
                        ])
                    }),
                ),
                Setting::new(
                    "search.estimator",
                    "Estimate",
                    "What a proposal is worth: the proxy task",
                    SettingKind::Choice(|| {
                        choices(&[
                            ("shared", "Shared weights", "Scored with the weights of the shared GAN: cheap"),
                            (
                                "scratch",
                                "Short training",
                                "Trained from scratch for a few steps: honest, dear",
                            ),
                        ])
                    }),
                ),
                Setting::new(
                    "search.scratch_steps",
                    "Its steps",
                    "Generator steps of such a training",
                    SettingKind::Whole(0, Most::Any),
                )
                .speed(5.0)
                .shown(|config, _| config.search.estimator == EstimatorKind::Scratch),
                Setting::new(
                    "search.iterations",
                    "Iterations",
                    "How often shared training and controller training alternate, for each number of cells",
                    SettingKind::Own("a list of whole numbers, one for each cell"),
                ),
                Setting::new(
                    "search.shared_steps",
                    "Shared steps",
                    "Discriminator steps of shared training in an iteration",
                    SettingKind::Whole(0, Most::Any),
                )
                .speed(20.0),
                Setting::new(
                    "search.controller.steps",
                    "Controller steps",
                    "Updates of the controller in an iteration",
                    SettingKind::Whole(0, Most::Any),
                ),
                Setting::new(
                    "search.controller.learning_rate",
                    "Controller learning rate",
                    "How far the controller moves at each update",
                    SettingKind::Real(Bound::Positive),
                )
                .formerly("search.controller.rate")
                .speed(1e-4),
                Setting::new(
                    "search.controller.entropy",
                    "Entropy weight",
                    "How strongly undecided probabilities are rewarded, against settling early",
                    SettingKind::Real(Bound::NotNegative),
                )
                .speed(1e-3),
                Setting::new(
                    "search.candidates",
                    "Candidates",
                    "Proposals that are ranked when a stage ends",
                    SettingKind::Whole(1, Most::Any),
                )
                .speed(0.2),
                Setting::new(
                    "search.top_k",
                    "Beam",
                    "How many of them live on, and are trained from scratch at the end",
                    SettingKind::Whole(1, Most::Any),
                )
                .speed(0.1),
                Setting::new("search.reward", "Reward", "What the search maximises", SettingKind::Choice(rewards)),
                Setting::new(
                    "search.reward_samples",
                    "Reward images",
                    "Images that a proposal generates to be scored",
                    SettingKind::Whole(2, MAX_IMAGES),
                )
                .speed(20.0),
                Setting::new(
                    "search.reward_splits",
                    "Reward splits",
                    "Parts over which the inception score is averaged",
                    SettingKind::Whole(1, Most::Setting("search.reward_samples")),
                )
                .speed(0.1),
                Setting::new(
                    "search.deduplicate",
                    "Deduplicate candidates",
                    "Ranks each architecture once; the released code keeps duplicates",
                    SettingKind::Switch,
                )
                .formerly("search.distinct"),
                Setting::new(
                    "search.fixed_noise",
                    "Same latents",
                    "Scores all candidates from the same latents; the released code draws fresh ones each time",
                    SettingKind::Switch,
                ),
                Setting::new(
                    "search.recalibrate",
                    "Own statistics",
                    "Measures batch norm statistics anew for each candidate; the released code mixes all of them",
                    SettingKind::Switch,
                ),
                Setting::new(
                    "search.controller.baseline",
                    "Baseline",
                    "What a reward is compared with",
                    SettingKind::Choice(|| {
                        choices(&[
                            (
                                "persistent",
                                "Persistent",
                                "A running mean over the stage, without the newest reward",
                            ),
                            (
                                "as_released",
                                "As released",
                                "Starts anew each iteration and contains the newest reward",
                            ),
                        ])
                    }),
                ),
                Setting::new(
                    "search.reset.before_controller",
                    "Reset before controller",
                    "Restarts a collapsed GAN before the controller learns from it; the released code does it after",
                    SettingKind::Switch,
                )
                .formerly("search.reset.at_once"),
                Setting::new(
                    "search.reset.window",
                    "Reset window",
                    "Losses that are looked at before a GAN counts as collapsed",
                    SettingKind::Whole(2, MAX_IMAGES),
                ),
                Setting::new(
                    "search.reset.variance",
                    "Reset variance",
                    "A GAN whose losses vary less than this counts as collapsed",
                    SettingKind::Real(Bound::NotNegative),
                )
                .speed(1e-4),
                Setting::new(
                    "search.reset.diversity",
                    "Reset diversity",
                    "A GAN whose images differ less than this counts as collapsed; 0 switches it off",
                    SettingKind::Real(Bound::NotNegative),
                )
                .speed(1e-3),
                Setting::new(
                    "search.controller.hidden",
                    "Controller size",
                    "Size of the controller's state and of its embeddings",
                    SettingKind::Whole(1, MAX_CHANNELS),
                )
                .advanced(),
                Setting::new(
                    "search.controller.baseline_decay",
                    "Baseline decay",
                    "Share of the old baseline that is kept at each update",
                    SettingKind::Real(Bound::Share),
                )
                .speed(1e-3)
                .advanced(),
            ]
        }
    },
};

/// Rewards of their own, and every metric that is not among them.
fn rewards() -> Vec<SettingChoice> {
    let mut rewards = choices(&[
        ("mix", "Mix", "The mean of the two next: quality and closeness to the real images"),
        ("frechet_distance", "Fréchet distance", "Closeness to the real images; needs no classes"),
        ("inception_score", "Inception score", "As a share of the number of classes"),
        ("raw_inception_score", "Raw", "The inception score itself, as released"),
    ]);
    let others = MetricName::all().filter(|name| ![FRECHET_DISTANCE, INCEPTION_SCORE].contains(name));
    rewards.extend(others.map(metric));
    rewards
}
