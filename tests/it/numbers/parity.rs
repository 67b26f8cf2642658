//! Networks, gradients and one whole training step against PyTorch, on one device.

use std::collections::BTreeMap;

use autogan::arch::graph::Parameters;
use autogan::arch::graph::ops::{BatchNorm, InstanceNorm, Interpolation, Upsample};
use autogan::arch::shared_parameters;
use autogan::arch::{Genotype, NetShape, Space, SpaceConfig};
use autogan::gan::{AdamConfig, Gan, Loss, Networks};
use autogan::model::{
    Average, Generator, Init, ModelConfig, NamedTensors, Pass, SkipTap, Weights, host, is_buffer, run, scalar,
};
use burn::tensor::{Device, Tensor};
use serde_json::Value;

use crate::numbers::fixtures::{CHANNELS, Fixture, LATENT, assert_close, genotype, index, values};
use crate::numbers::operators::Layer;

const RATE: f64 = 2e-4;

pub fn config(tap: SkipTap) -> ModelConfig {
    ModelConfig {
        latent_dim: LATENT,
        bottom_width: 4,
        generator_channels: CHANNELS,
        discriminator_channels: CHANNELS,
        init: Init::FanIn,
        skip_tap: tap,
        allocate_unused: true,
        ..ModelConfig::default()
    }
}

fn space() -> Space {
    Space::new(SpaceConfig::default(), NetShape::default()).unwrap()
}

/// The weights of the shared generator.
fn shared(config: &ModelConfig) -> Parameters {
    shared_parameters(&space(), &config.net_shape(), config.allocate_unused)
}

/// The shared generator in eval mode: every architecture of the fixture at every stage.
pub fn generator_outputs(device: &Device, tolerance: f64) {
    let fixture = Fixture::open("generator");
    for (tap, prefix) in [(SkipTap::AfterAddition, "out"), (SkipTap::BeforeAddition, "sound")] {
        let config = config(tap);
        let weights = Weights::from_state_dict(&shared(&config), &fixture.under("w."), device).unwrap();
        for entry in index("generator")["archs"].as_array().unwrap() {
            let whole = genotype(&entry["arch"]);
            for cells in 1..=3 {
                let name = format!("{prefix}.{}.{}", entry["index"], cells - 1);
                if fixture.has(&name) {
                    let z = fixture.tensor("z", device);
                    let images = Generator::new(&config, &whole.prefix(cells), &weights).generate(z);
                    assert_close(&name, &host(images), &fixture.values(&name), tolerance);
                }
            }
        }
    }
}

/// A generator of one architecture gives what the shared one gives with the same weights.
pub fn derived_generators_equal_the_shared_one(device: &Device, tolerance: f64) {
    let fixture = Fixture::open("generator");
    let weights = fixture.under("w.");
    for entry in index("generator")["archs"].as_array().unwrap() {
        let whole = genotype(&entry["arch"]);
        let config = config(SkipTap::AfterAddition);
        let wanted = config.generator_graph(&whole).parameters();
        let own: NamedTensors = weights
            .iter()
            .filter(|(name, _)| wanted.contains_key(*name))
            .map(|(name, data)| (name.clone(), data.clone()))
            .collect();
        let derived = Weights::from_state_dict(&wanted, &own, device).unwrap();
        let images = Generator::new(&config, &whole, &derived).generate(fixture.tensor("z", device));
        let name = format!("out.{}.2", entry["index"]);
        assert_close(&name, &host(images), &fixture.values(&name), tolerance);
    }
}

/// The discriminator at every stage: eval, train with its power iteration, gradient to the images.
pub fn discriminator_outputs(device: &Device, tolerance: f64) {
    let fixture = Fixture::open("discriminator");
    let config = config(SkipTap::AfterAddition);
    let parameters = config.discriminator_graph(3).parameters();
    let trained = device.clone().autodiff();
    for stage in 0..3 {
        let mut weights = Weights::from_state_dict(&parameters, &fixture.under("w."), &trained).unwrap();
        let graph = config.discriminator_graph(stage + 1);
        let mut score = |images: Tensor<4>, pass| {
            let mut scored = run(&graph, &weights, vec![images.into()], pass);
            weights.set_buffers(std::mem::take(&mut scored.buffers));
            scored.output().features()
        };
        let images = fixture.tensor::<4>(&format!("x.{stage}"), device);
        let check = |name: &str, found: Tensor<2>| {
            let name = format!("{name}.{stage}");
            assert_close(&name, &host(found.inner()), &fixture.values(&name), tolerance);
        };
        let plain = Tensor::from_inner(images.clone());
        check("eval", score(plain.clone(), Pass::Eval));
        let input = plain.clone().require_grad();
        let scores = score(input.clone(), Pass::Train);
        let gradients = scores.clone().sum().backward();
        check("train", scores);
        let name = format!("grad_x.{stage}");
        let gradient = input.grad(&gradients).unwrap();
        assert_close(&name, &host(gradient), &fixture.values(&name), tolerance);
        check("eval_after", score(plain, Pass::Eval));
        let state = weights.state_dict();
        for (name, wanted) in fixture.under(&format!("after.{stage}.")) {
            assert_close(&name, &values(&state[&name]), &values(&wanted), tolerance);
        }
    }
}

/// One step of each network as released: losses, every gradient, every weight, spectral vectors,
/// running statistics and the average.
pub fn adversarial_step(device: &Device, tolerance: f64, cases: &[&str]) {
    let fixture = Fixture::open("step");
    let described = index("step");
    for case in described["cases"].as_array().unwrap() {
        let prefix = case["prefix"].as_str().unwrap();
        if cases.contains(&prefix) {
            adversarial_step_of(&fixture, prefix, case, device, tolerance);
        }
    }
}

fn adversarial_step_of(fixture: &Fixture, case: &str, described: &Value, device: &Device, tolerance: f64) {
    let genotype: Genotype = genotype(&described["arch"]);
    let noise: Vec<String> = serde_json::from_value(described["zero_gradients"].clone()).unwrap();
    let config = config(SkipTap::AfterAddition);
    let trained = device.clone().autodiff();
    let networks = Networks::new(&config, &genotype);
    let gan = || {
        let weights = |parameters: &Parameters, prefix: &str| {
            Weights::from_state_dict(parameters, &fixture.under(prefix), &trained).unwrap()
        };
        let discriminator = config.discriminator_graph(3).parameters();
        let (generator, discriminator) = (weights(&shared(&config), "g.w."), weights(&discriminator, "d.w."));
        Gan::new(generator, discriminator, AdamConfig::default())
    };
    let mut average = Average::new(&gan().generator, 0.999);
    let mut start = average.weights().state_dict();
    start.extend(fixture.under("ema0."));
    average.load_state_dict(&start).unwrap();

    let named = |name: &str| format!("{case}.{name}");
    let real = || fixture.tensor::<4>(&named("real"), device);
    let z_d = || fixture.tensor::<2>(&named("z_d"), device);
    let z_g = || fixture.tensor::<2>(&named("z_g"), device);
    // The gradients come from a GAN of their own: computing them moves statistics and vectors.
    let mut copy = gan();
    let (loss, gradients) = copy.discriminator_gradients(Loss::Hinge, &networks, real(), z_d());
    assert_close("d_loss", &[scalar(loss)], &fixture.values(&named("d_loss")), tolerance);
    let found = copy.discriminator.gradients(&gradients);
    assert_gradients(&found, fixture.under(&named("d.grad.")), &[], tolerance);

    let mut gan = gan();
    let loss = gan.discriminator_step(Loss::Hinge, &networks, real(), z_d(), RATE);
    assert_close("d_loss in the step", &[scalar(loss)], &fixture.values(&named("d_loss")), tolerance);
    let (loss, gradients) = {
        let mut copy = gan.clone();
        let (loss, gradients) = copy.generator_gradients(Loss::Hinge, &networks, z_g());
        (loss, copy.generator.gradients(&gradients))
    };
    assert_close("g_loss", &[scalar(loss)], &fixture.values(&named("g_loss")), tolerance);
    let noisy: Vec<&str> = noise.iter().filter_map(|name| name.strip_prefix("g.grad.")).collect();
    assert_gradients(&gradients, fixture.under(&named("g.grad.")), &noisy, tolerance);
    gan.generator_step(Loss::Hinge, &networks, z_g(), RATE);
    average.update(&gan.generator);

    assert_updates(
        &gan.discriminator.state_dict(),
        &fixture.under("d.w."),
        fixture.under(&named("d.after.")),
        &[],
        tolerance,
    );
    let mut after = fixture.under("g.w.");
    after.extend(fixture.under(&named("g.after.")));
    assert_updates(&gan.generator.state_dict(), &fixture.under("g.w."), after, &noisy, tolerance);
    let found = average.weights().state_dict();
    for (name, wanted) in fixture.under(&named("ema.")) {
        if !noisy.contains(&name.as_str()) {
            let before = values(&start[&name]);
            let moved = |data: Vec<f32>| -> Vec<f32> {
                data.iter().zip(&before).map(|(after, before)| after - before).collect()
            };
            // The average moves by a thousandth, so f32 leaves fewer digits of the movement.
            let name = format!("average {name}");
            let found = moved(values(&found[name.strip_prefix("average ").unwrap()]));
            assert_close(&name, &found, &moved(values(&wanted)), 10.0 * tolerance);
        }
    }
}

/// Each wanted gradient is there and right, and no other is.
fn assert_gradients(found: &NamedTensors, wanted: NamedTensors, noise: &[&str], tolerance: f64) {
    let names = |tensors: &NamedTensors| tensors.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(&wanted), "parameters with a gradient");
    for (name, wanted) in wanted {
        if !noise.contains(&name.as_str()) {
            assert_close(&format!("gradient of {name}"), &values(&found[&name]), &values(&wanted), tolerance);
        }
    }
}

/// Weights moved as wanted; buffers have the wanted values.
fn assert_updates(
    found: &NamedTensors,
    before: &NamedTensors,
    wanted: NamedTensors,
    noise: &[&str],
    tolerance: f64,
) {
    for (name, wanted) in wanted {
        if noise.contains(&name.as_str()) {
            continue;
        }
        let (found, wanted) = (values(&found[&name]), values(&wanted));
        assert_close(&name, &found, &wanted, tolerance);
        if is_buffer(&name) {
            continue;
        }
        // Adam's first step moves each weight by about the rate, whatever the gradient; where the
        // gradient is near zero the direction is rounding noise, so the typical weight is compared.
        let moves = |after: &[f32]| -> Vec<f32> {
            let before = values(&before[&name]);
            after.iter().zip(before).map(|(after, before)| after - before).collect()
        };
        let (found, wanted) = (moves(&found), moves(&wanted));
        let off = found.iter().zip(&wanted).filter(|(a, b)| (*a - *b).abs() > 0.02 * RATE as f32);
        let share = off.count() as f64 / wanted.len() as f64;
        assert!(share <= 0.02, "{name}: {:.1} % of its weights moved otherwise", 100.0 * share);
    }
}

/// The layers of our own, forward and backward.
pub fn layers(device: &Device, tolerance: f64) {
    let fixture = Fixture::open("resize");
    let shapes = index("resize")["shapes"].as_array().unwrap().len();
    let mut checked = BTreeMap::<&str, usize>::new();
    for shape in 0..shapes {
        let input = || {
            let x = fixture.tensor::<4>(&format!("{shape}.x"), device);
            Tensor::from_inner(x).require_grad()
        };
        let mut check = |kind: &'static str, name: String, x: Tensor<4>, y: Tensor<4>| {
            let named = |part: &str| format!("{shape}.{name}.{part}");
            assert_close(&named("y"), &host(y.clone().inner()), &fixture.values(&named("y")), tolerance);
            let dy = Tensor::from_inner(fixture.tensor::<4>(&named("dy"), device));
            let gradients = (y * dy).sum().backward();
            let dx = x.grad(&gradients).unwrap();
            assert_close(&named("dx"), &host(dx), &fixture.values(&named("dx")), tolerance);
            *checked.entry(kind).or_default() += 1;
        };
        for (interpolation, name) in
            [(Interpolation::Bilinear, "bilinear"), (Interpolation::Nearest, "nearest")]
        {
            for factor in [2, 4, 8] {
                let x = input();
                let mut layer = Layer::on_maps(Upsample { interpolation, factor }, 3, device);
                check(name, format!("{name}{factor}"), x.clone(), layer.maps(x, Pass::Train));
            }
        }
        if fixture.has(&format!("{shape}.in.y")) {
            let x = input();
            let mut layer = Layer::on_maps(InstanceNorm::default(), 3, device);
            check("instance norm", "in".to_owned(), x.clone(), layer.maps(x, Pass::Train));
        }
        let norm = Layer::on_maps(BatchNorm::default(), 3, &device.clone().autodiff());
        let mut norm = norm.loaded(&fixture.under("bn.w."));
        let x = input();
        check("batch norm", "bn".to_owned(), x.clone(), norm.maps(x, Pass::Train));
        let state = norm.state();
        for buffer in ["running_mean", "running_var"] {
            let name = format!("{shape}.bn.{buffer}");
            assert_close(&name, &values(&state[buffer]), &fixture.values(&name), tolerance);
        }
    }
    assert_eq!(checked.len(), 4);
}
