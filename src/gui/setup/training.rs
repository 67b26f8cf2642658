//! The networks' sizes, how they are trained, and where and under which name.

use eframe::egui::{self, TextEdit};

use super::form::{Drag, Form};
use super::machine::{Devices, Machine};
use crate::config::RunConfig;
use crate::gan::{AverageStatistics, Idle, Loss, RateDecay};
use crate::gui::theme::Palette;
use crate::model::SkipTap;

/// Draws the networks' section.
pub fn networks(ui: &mut egui::Ui, form: Form<'_>, config: &mut RunConfig, searched: bool) {
    form.section(ui, "Networks", "Sizes of generator and discriminator", |ui| {
        let (model, derived) = (&mut config.model, &mut config.derived_model);
        let channels = || Drag::whole(1..=1024, 1.0);
        let drag = channels();
        let tip = "Channels of every generator cell";
        form.number(
            ui,
            "model.generator_channels",
            "Generator channels",
            tip,
            &mut model.generator_channels,
            drag,
        );
        let tip = "Channels of every discriminator block";
        form.number(
            ui,
            "model.discriminator_channels",
            "Discriminator channels",
            tip,
            &mut model.discriminator_channels,
            drag,
        );
        if searched {
            let tip = "Channels of what is trained from scratch; as in the search without a bound";
            let fresh = 2 * model.generator_channels;
            form.bound(
                ui,
                "derived_model.generator_channels",
                "Generator, derived",
                tip,
                &mut derived.generator_channels,
                fresh,
                drag,
            );
            let fresh = 2 * model.discriminator_channels;
            form.bound(
                ui,
                "derived_model.discriminator_channels",
                "Discriminator, derived",
                tip,
                &mut derived.discriminator_channels,
                fresh,
                drag,
            );
        }
        let tip = "Length of the random vector that an image is made from";
        form.number(ui, "model.latent", "Latent length", tip, &mut model.latent, channels());
        let tip =
            "Share of the old weights that the average generator keeps at each step; it makes the images";
        form.number(
            ui,
            "model.ema_decay",
            "EMA decay",
            tip,
            &mut model.ema_decay,
            Drag::real(0.0..=0.99999, 1e-3),
        );
        let about = "Keeps the discriminator smooth, so that it cannot run away from the generator";
        form.switch(ui, "model.spectral_norm", "Spectral norm", about, &mut model.spectral_norm);
        let tip = "Where skips between cells are tapped";
        let taps = [
            (SkipTap::BeforeAddition, "Before addition", "As the paper's figure shows"),
            (SkipTap::AfterAddition, "After addition", "As the released code does"),
        ];
        form.choice(ui, "model.skip_tap", "Skip tap", tip, &mut model.skip_tap, &taps);
    });
}

/// Draws the section on training.
pub fn recipe(ui: &mut egui::Ui, form: Form<'_>, config: &mut RunConfig, searched: bool) {
    form.section(ui, "Training", "The adversarial recipe, and how long the best are trained", |ui| {
        let recipe = &mut config.recipe;
        let tip = "What the two networks minimise";
        let losses = [
            (Loss::Hinge, "Hinge", "AutoGAN's, and that of most others"),
            (Loss::NonSaturating, "Non-saturating", "Goodfellow's first"),
            (Loss::LeastSquares, "Least squares", "Distances from 0 and 1"),
        ];
        form.choice(ui, "recipe.loss", "Loss", tip, &mut recipe.loss, &losses);
        let rate = || Drag::real(1e-7..=1.0, 1e-5);
        let tip = "How far the generator moves at each step";
        form.number(ui, "recipe.generator_rate", "Generator rate", tip, &mut recipe.generator_rate, rate());
        let tip = "How far the discriminator moves at each step";
        form.number(
            ui,
            "recipe.discriminator_rate",
            "Discriminator rate",
            tip,
            &mut recipe.discriminator_rate,
            rate(),
        );
        let tip = "Discriminator steps for each generator step";
        form.number(ui, "recipe.n_critic", "n_critic", tip, &mut recipe.n_critic, Drag::whole(1..=100, 0.05));
        let tip = "Real images, and as many fakes, in a discriminator step";
        form.number(ui, "recipe.batch", "Batch", tip, &mut recipe.batch, Drag::whole(1..=4096, 1.0));
        let tip = "Fakes in a generator step";
        form.number(
            ui,
            "recipe.generator_batch",
            "Generator batch",
            tip,
            &mut recipe.generator_batch,
            Drag::whole(1..=4096, 1.0),
        );
        let about = "Keeps an epoch's smaller last batch, as the released code does";
        form.switch(ui, "recipe.keep_last_batch", "Last batch", about, &mut recipe.keep_last_batch);
        let tip = "What Adam does with parameters that a loss does not reach";
        let idle = [
            (Idle::Skip, "Leave alone", "Today's habit"),
            (Idle::DecayMoments, "Decay moments", "As the released code's PyTorch 1"),
        ];
        form.choice(ui, "recipe.adam.idle", "Idle parameters", tip, &mut recipe.adam.idle, &idle);
        let steps = || Drag::whole(1..=10_000_000, 20.0);
        if searched {
            let tip = "Generator steps of each of the best, from scratch";
            form.number(ui, "derive.steps", "Steps of each", tip, &mut config.derive.steps, steps());
        }
        let tip = "Generator steps of the winner in all";
        let label = if searched { "Steps of the winner" } else { "Steps" };
        form.number(ui, "winner.steps", label, tip, &mut config.winner.steps, steps());
        let tip = "Generator steps between two scores";
        form.number(
            ui,
            "winner.evaluate_every",
            "Score every",
            tip,
            &mut config.winner.evaluate_every,
            steps(),
        );
        let tip = "Generator steps between two pictures of the fixed latents";
        form.number(
            ui,
            "winner.samples_every",
            "Picture every",
            tip,
            &mut config.winner.samples_every,
            steps(),
        );
        let tip = "What the learning rates do towards the end";
        let decays = [
            (RateDecay::None, "Constant", "As the released scripts"),
            (RateDecay::Linear, "Linear", "Down to zero at the last step"),
        ];
        form.choice(ui, "winner.rate_decay", "Rate decay", tip, &mut config.winner.rate_decay, &decays);
        let tip = "Which batch norm statistics the average generator has";
        let statistics = [
            (AverageStatistics::Recalibrated, "Its own", "Measured anew for the averaged weights"),
            (AverageStatistics::Raw, "Raw", "The raw generator's, as released"),
        ];
        form.choice(
            ui,
            "winner.average_statistics",
            "EMA statistics",
            tip,
            &mut config.winner.average_statistics,
            &statistics,
        );
    });
}

/// Draws the section on the run itself.
pub fn run(ui: &mut egui::Ui, form: Form<'_>, config: &mut RunConfig, machine: &mut Machine) {
    form.section(ui, "Run", "Its name, its seed, and where it is computed", |ui| {
        form.row(ui, "name", "Name", "A part of the run folder's name", |ui| {
            ui.add(TextEdit::singleline(&mut config.name).desired_width(220.0))
        });
        let tip =
            "Every random number follows from it: the same seed on the CPU is the same run, bit for bit";
        form.number(ui, "seed", "Seed", tip, &mut config.seed, Drag::whole(0..=crate::config::MAX_SEED, 0.1));
        let devices = machine.devices();
        form.row(ui, "device", "Device", "Where the networks are computed", |ui| {
            let shown = egui::ComboBox::from_id_salt("device")
                .width(320.0)
                .selected_text(in_words(&config.device, &devices));
            let shown = shown.show_ui(ui, |ui| {
                let mut names = vec!["auto".to_owned()];
                if let Some(Ok(devices)) = devices.as_deref() {
                    names.extend(devices.adapters.iter().map(|adapter| adapter.name.clone()));
                }
                names.push("cpu".to_owned());
                for name in names {
                    let words = in_words(&name, &devices);
                    ui.selectable_value(&mut config.device, name, words);
                }
            });
            shown.response
        });
        ui.label("Self-test").on_hover_text("Whether the device computes what the CPU computes");
        ui.vertical(|ui| self_test(ui, &config.device, machine));
        ui.end_row();
        let tip = "Seconds of work between two checkpoints: what a power cut may cost";
        let drag = Drag::whole(1..=86_400, 1.0).of(" s");
        form.number(
            ui,
            "checkpoint.every_seconds",
            "Checkpoint every",
            tip,
            &mut config.checkpoint.every_seconds,
            drag,
        );
        let tip = "MiB of memory after which a new process goes on from a checkpoint; 0 for never";
        let (key, drag) = ("checkpoint.renew_after_mib", Drag::whole(0..=1 << 20, 8.0).of(" MiB"));
        form.number(ui, key, "Memory may grow by", tip, &mut config.checkpoint.renew_after_mib, drag);
    });
}

fn self_test(ui: &mut egui::Ui, device: &str, machine: &mut Machine) {
    let test = machine.test();
    let idle = !matches!(test, Some(None));
    let button = ui.add_enabled(idle, egui::Button::new("Test the device"));
    let about = "Runs every operator forward and backward there and on the CPU; a minute the first time";
    if button.on_hover_text(about).clicked() {
        machine.begin_test(device);
    }
    let palette = Palette::of(ui);
    match test.as_ref().map(Option::as_deref) {
        None => {}
        Some(None) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Testing");
            });
        }
        Some(Some(Ok(text))) => drop(ui.colored_label(palette.good, text)),
        Some(Some(Err(text))) => drop(ui.colored_label(palette.bad, text)),
    }
}

fn gibibytes(bytes: u64) -> String {
    format!("{:.0} GiB", bytes as f64 / (1u64 << 30) as f64)
}

/// A device with what is known of it.
fn in_words(name: &str, devices: &Devices) -> String {
    let devices = match devices.as_deref() {
        Some(Ok(devices)) => devices,
        Some(Err(_)) => return format!("{name} (the devices could not be listed)"),
        None => return format!("{name} (looking for devices)"),
    };
    match name {
        "auto" => format!("auto: {}, {}", devices.auto.name, devices.auto.reason),
        "cpu" => {
            let cpu = &devices.cpu;
            format!("cpu: {}, {} cores, {}", cpu.name, cpu.cores, gibibytes(cpu.memory))
        }
        name => match devices.adapters.iter().find(|adapter| adapter.name == name) {
            Some(adapter) => match adapter.memory {
                Some(memory) => format!("{name}, {}", gibibytes(memory)),
                None => name.to_owned(),
            },
            None => format!("{name} (not on this machine)"),
        },
    }
}

/// The name of the device that a choice comes to, once that is known.
pub fn resolved(name: &str, devices: &Devices) -> Option<String> {
    match (name, devices.as_deref()) {
        ("auto", Some(Ok(devices))) => Some(devices.auto.name.clone()),
        ("auto", _) => None,
        (name, _) => Some(name.to_owned()),
    }
}
