//! How the space is searched.

use eframe::egui::{self, DragValue, RichText};

use super::form::{Drag, Form};
use crate::config::RunConfig;
use crate::metric::{FRECHET_DISTANCE, INCEPTION_SCORE, MetricName, Reward};
use crate::search::{Baseline, EstimatorKind, Levels, StrategyKind};

/// Whether the reward can be had from images without classes.
///
/// # Errors
///
/// If it needs classes, in a sentence.
pub fn without_classes(config: &RunConfig) -> Result<(), String> {
    if config.search.reward.needs_classes() {
        return Err(
            "The inception score needs images with classes: one sub-folder for each, or another reward"
                .to_owned(),
        );
    }
    Ok(())
}

/// Draws the section.
pub fn show(ui: &mut egui::Ui, form: Form<'_>, config: &mut RunConfig) {
    form.section(ui, "Search", "Who proposes, what a proposal is worth, and for how long", |ui| {
        let search = &mut config.search;
        let tip = "Who proposes architectures";
        let strategies = [
            (
                StrategyKind::Reinforce,
                "Controller",
                "A recurrent network, trained by REINFORCE, as in the paper",
            ),
            (StrategyKind::Random, "Random", "Uniform draws: what every strategy must beat"),
        ];
        form.choice(ui, "search.strategy", "Strategy", tip, &mut search.strategy, &strategies);
        let tip = "Whether the generator grows while it is searched";
        let levels = [
            (Levels::Multi, "Cell by cell", "Multi-level search: a controller and a beam for each stage"),
            (Levels::Single, "All at once", "One controller for the whole generator, at full size"),
        ];
        form.choice(ui, "search.levels", "Growth", tip, &mut search.levels, &levels);
        let tip = "What a proposal is worth: the proxy task";
        let estimators = [
            (EstimatorKind::Shared, "Shared weights", "Scored with the weights of the shared GAN: cheap"),
            (EstimatorKind::Scratch, "Short training", "Trained from scratch for a few steps: honest, dear"),
        ];
        form.choice(ui, "search.estimator", "Estimate", tip, &mut search.estimator, &estimators);
        if search.estimator == EstimatorKind::Scratch {
            let (tip, drag) = ("Generator steps of such a training", Drag::whole(1..=100_000, 5.0));
            form.number(ui, "search.scratch_steps", "Its steps", tip, &mut search.scratch_steps, drag);
        }
        iterations(ui, form, &mut search.iterations);
        let (tip, drag) =
            ("Discriminator steps of shared training in an iteration", Drag::whole(0..=1_000_000, 20.0));
        form.number(ui, "search.shared_steps", "Shared steps", tip, &mut search.shared_steps, drag);
        let (tip, drag) = ("Updates of the controller in an iteration", Drag::whole(0..=10_000, 1.0));
        form.number(
            ui,
            "search.controller.steps",
            "Controller steps",
            tip,
            &mut search.controller.steps,
            drag,
        );
        let (tip, drag) = ("How far the controller moves at each update", Drag::real(1e-6..=1.0, 1e-4));
        form.number(ui, "search.controller.rate", "Controller rate", tip, &mut search.controller.rate, drag);
        let (tip, drag) = (
            "How strongly undecided probabilities are rewarded, against settling early",
            Drag::real(0.0..=1.0, 1e-3),
        );
        form.number(
            ui,
            "search.controller.entropy",
            "Entropy weight",
            tip,
            &mut search.controller.entropy,
            drag,
        );
        let (tip, drag) = ("Proposals that are ranked when a stage ends", Drag::whole(1..=10_000, 0.2));
        form.number(ui, "search.candidates", "Candidates", tip, &mut search.candidates, drag);
        let (tip, drag) = (
            "How many of them live on, and are trained from scratch at the end",
            Drag::whole(1..=1_000, 0.1),
        );
        form.number(ui, "search.top_k", "Beam", tip, &mut search.top_k, drag);
        let tip = "What the search maximises";
        let mut rewards = vec![
            (Reward::Mix, "Mix", "The mean of the two next: quality and closeness to the real images"),
            (Reward::FrechetDistance, "Fréchet distance", "Closeness to the real images; needs no classes"),
            (Reward::InceptionScore, "Inception score", "As a share of the number of classes"),
            (Reward::RawInceptionScore, "Raw", "The inception score itself, as released"),
        ];
        // Those two are among the ones above, on a common scale.
        let others = MetricName::all().filter(|name| ![FRECHET_DISTANCE, INCEPTION_SCORE].contains(name));
        rewards.extend(others.map(|name| (Reward::Metric(name), name.label(""), name.about())));
        form.choice(ui, "search.reward", "Reward", tip, &mut search.reward, &rewards);
        let (tip, drag) = ("Images that a proposal generates to be scored", Drag::whole(2..=100_000, 20.0));
        form.number(ui, "search.reward_samples", "Reward images", tip, &mut search.reward_samples, drag);
        let (tip, drag) = ("Parts over which the inception score is averaged", Drag::whole(1..=100, 0.1));
        form.number(ui, "search.reward_splits", "Reward splits", tip, &mut search.reward_splits, drag);
        switches(ui, form, config);
    });
}

fn iterations(ui: &mut egui::Ui, form: Form<'_>, iterations: &mut [u64]) {
    let tip = "How often shared training and controller training alternate, for each number of cells";
    form.row(ui, "search.iterations", "Iterations", tip, |ui| {
        let row = ui.horizontal_wrapped(|ui| {
            for (cell, count) in iterations.iter_mut().enumerate() {
                let name =
                    ui.label(RichText::new(format!("with {}", crate::arch::words::cells(cell + 1))).weak());
                let drag = DragValue::new(count).range(0..=100_000).speed(0.1);
                ui.add(drag).labelled_by(name.id).on_hover_text(tip);
            }
        });
        row.response
    });
}

/// Each switch in which the released code and the sound one differ.
fn switches(ui: &mut egui::Ui, form: Form<'_>, config: &mut RunConfig) {
    let search = &mut config.search;
    let about = "Ranks each architecture once; the released code keeps duplicates";
    form.switch(ui, "search.distinct", "Distinct candidates", about, &mut search.distinct);
    let about = "Scores all candidates from the same latents; the released code draws fresh ones each time";
    form.switch(ui, "search.fixed_noise", "Same latents", about, &mut search.fixed_noise);
    let about = "Measures batch norm statistics anew for each candidate; the released code mixes all of them";
    form.switch(ui, "search.recalibrate", "Own statistics", about, &mut search.recalibrate);
    let tip = "What a reward is compared with";
    let baselines = [
        (Baseline::Persistent, "Persistent", "A running mean over the stage, without the newest reward"),
        (Baseline::AsReleased, "As released", "Starts anew each iteration and contains the newest reward"),
    ];
    form.choice(
        ui,
        "search.controller.baseline",
        "Baseline",
        tip,
        &mut search.controller.baseline,
        &baselines,
    );
    let about =
        "Starts a collapsed pair anew before the controller learns from it; the released code does it after";
    form.switch(ui, "search.reset.at_once", "Reset at once", about, &mut search.reset.at_once);
    let tip = "Losses that are looked at before a pair counts as collapsed";
    let drag = Drag::whole(2..=100_000, 1.0);
    form.number(ui, "search.reset.window", "Reset window", tip, &mut search.reset.window, drag);
    let tip = "A pair whose losses vary less than this counts as collapsed";
    let drag = Drag::real(0.0..=1.0, 1e-4);
    form.number(ui, "search.reset.variance", "Reset variance", tip, &mut search.reset.variance, drag);
    let tip = "A pair whose images differ less than this counts as collapsed; 0 switches it off";
    form.number(
        ui,
        "search.reset.diversity",
        "Reset diversity",
        tip,
        &mut search.reset.diversity,
        Drag::real(0.0..=1.0, 1e-3),
    );
}
