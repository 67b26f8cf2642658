//! Networks, gradients and one whole training step against PyTorch, on one device.

use std::collections::BTreeMap;

use autogan::arch::{Genotype, NetShape, Space, SpaceConfig};
use autogan::gan::{AdamConfig, Loss, Pair};
use autogan::model::layers::{BatchNorm, instance_norm, resize};
use autogan::model::{
    Average, Discriminator, Generator, Init, ModelConfig, NamedTensors, Pass, SkipTap, collect,
    collect_gradients, host, is_buffer, restore,
};
use burn::tensor::{Device, Tensor};
use serde_json::Value;

use super::fixtures::{CHANNELS, Fixture, LATENT, assert_close, genotype, index, values};

const RATE: f64 = 2e-4;

pub fn config(tap: SkipTap) -> ModelConfig {
    ModelConfig {
        latent: LATENT,
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

/// The shared generator in eval mode: every architecture of the fixture at every stage.
pub fn generator_outputs(device: &Device, tolerance: f64) {
    let fixture = Fixture::open("generator");
    for (tap, prefix) in [(SkipTap::AfterAddition, "out"), (SkipTap::BeforeAddition, "sound")] {
        let generator = Generator::shared(&config(tap), &space(), device);
        let generator = restore(generator, &fixture.under("w.")).unwrap();
        for entry in index("generator")["archs"].as_array().unwrap() {
            let whole = genotype(&entry["arch"]);
            for cells in 1..=3 {
                let name = format!("{prefix}.{}.{}", entry["index"], cells - 1);
                if fixture.has(&name) {
                    let z = fixture.tensor("z", device);
                    let images = generator.forward(z, &whole.prefix(cells), Pass::Eval);
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
        let derived = Generator::derived(&config(SkipTap::AfterAddition), &whole, device);
        let wanted = autogan::model::shapes(&derived);
        let own: NamedTensors = weights
            .iter()
            .filter(|(name, _)| wanted.contains_key(*name))
            .map(|(name, data)| (name.clone(), data.clone()))
            .collect();
        let derived = restore(derived, &own).unwrap();
        let images = derived.forward(fixture.tensor("z", device), &whole, Pass::Eval);
        let name = format!("out.{}.2", entry["index"]);
        assert_close(&name, &host(images), &fixture.values(&name), tolerance);
    }
}

/// The discriminator at every stage: eval, train with its power iteration, gradient to the images.
pub fn discriminator_outputs(device: &Device, tolerance: f64) {
    let fixture = Fixture::open("discriminator");
    let fresh = || {
        let discriminator =
            Discriminator::new(&config(SkipTap::AfterAddition), 3, &device.clone().autodiff());
        restore(discriminator, &fixture.under("w.")).unwrap()
    };
    for stage in 0..3 {
        let discriminator = fresh();
        let images = fixture.tensor::<4>(&format!("x.{stage}"), device);
        let check = |name: &str, found: Tensor<2>| {
            let name = format!("{name}.{stage}");
            assert_close(&name, &host(found.inner()), &fixture.values(&name), tolerance);
        };
        let plain = Tensor::from_inner(images.clone());
        check("eval", discriminator.forward(plain.clone(), stage, Pass::Eval));
        let input = plain.clone().require_grad();
        let scores = discriminator.forward(input.clone(), stage, Pass::Train);
        let gradients = scores.clone().sum().backward();
        check("train", scores);
        let name = format!("grad_x.{stage}");
        let gradient = input.grad(&gradients).unwrap();
        assert_close(&name, &host(gradient), &fixture.values(&name), tolerance);
        let state = collect(&discriminator);
        for (name, wanted) in fixture.under(&format!("after.{stage}.")) {
            assert_close(&name, &values(&state[&name]), &values(&wanted), tolerance);
        }
        check("eval_after", discriminator.forward(plain, stage, Pass::Eval));
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
    let generator = Generator::shared(&config, &space(), &trained);
    let generator = restore(generator, &fixture.under("g.w.")).unwrap();
    let discriminator = Discriminator::new(&config, 3, &trained);
    let discriminator = restore(discriminator, &fixture.under("d.w.")).unwrap();
    let average = Average::new(&generator, 0.999);
    let mut start = collect(average.module());
    start.extend(fixture.under("ema0."));
    let mut average = average.restore(&start).unwrap();

    let named = |name: &str| format!("{case}.{name}");
    let real = || fixture.tensor::<4>(&named("real"), device);
    let z_d = || fixture.tensor::<2>(&named("z_d"), device);
    let z_g = || fixture.tensor::<2>(&named("z_g"), device);
    // The gradients come from a pair of their own: computing them moves statistics and vectors.
    let copies = || {
        let generator = restore(Generator::shared(&config, &space(), &trained), &fixture.under("g.w."));
        let discriminator = restore(Discriminator::new(&config, 3, &trained), &fixture.under("d.w."));
        Pair::new(generator.unwrap(), discriminator.unwrap(), AdamConfig::default())
    };
    let pair = copies();
    let (loss, gradients) = pair.discriminator_gradients(Loss::Hinge, &genotype, real(), z_d());
    assert_close("d_loss", &[loss], &fixture.values(&named("d_loss")), tolerance);
    let found = collect_gradients(&pair.discriminator, &gradients);
    assert_gradients(&found, fixture.under(&named("d.grad.")), &[], tolerance);

    let mut pair = Pair::new(generator, discriminator, AdamConfig::default());
    let loss = pair.discriminator_step(Loss::Hinge, &genotype, real(), z_d(), RATE);
    assert_close("d_loss in the step", &[loss], &fixture.values(&named("d_loss")), tolerance);
    let (loss, gradients) = {
        // The same networks, in a pair whose vectors and statistics are not shared.
        let state = pair.state();
        let copy = copies().restore(&state, device).unwrap();
        let (loss, gradients) = copy.generator_gradients(Loss::Hinge, &genotype, z_g());
        (loss, collect_gradients(&copy.generator, &gradients))
    };
    assert_close("g_loss", &[loss], &fixture.values(&named("g_loss")), tolerance);
    let noisy: Vec<&str> = noise.iter().filter_map(|name| name.strip_prefix("g.grad.")).collect();
    assert_gradients(&gradients, fixture.under(&named("g.grad.")), &noisy, tolerance);
    pair.generator_step(Loss::Hinge, &genotype, z_g(), RATE);
    average.update(&pair.generator);

    assert_updates(
        &collect(&pair.discriminator),
        &fixture.under("d.w."),
        fixture.under(&named("d.after.")),
        &[],
        tolerance,
    );
    let mut after = fixture.under("g.w.");
    after.extend(fixture.under(&named("g.after.")));
    assert_updates(&collect(&pair.generator), &fixture.under("g.w."), after, &noisy, tolerance);
    let found = collect(average.module());
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
    use autogan::arch::Up;
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
        for (up, name) in [(Up::Bilinear, "bilinear"), (Up::Nearest, "nearest")] {
            for factor in [2, 4, 8] {
                let x = input();
                check(name, format!("{name}{factor}"), x.clone(), resize(x, up, factor));
            }
        }
        if fixture.has(&format!("{shape}.in.y")) {
            let x = input();
            check("instance norm", "in".to_owned(), x.clone(), instance_norm(x));
        }
        let norm = BatchNorm::new(3, &device.clone().autodiff());
        let norm = restore(norm, &fixture.under("bn.w.")).unwrap();
        let x = input();
        check("batch norm", "bn".to_owned(), x.clone(), norm.forward(x, Pass::Train));
        let state = collect(&norm);
        for buffer in ["running_mean", "running_var"] {
            let name = format!("{shape}.bn.{buffer}");
            assert_close(&name, &values(&state[buffer]), &fixture.values(&name), tolerance);
        }
    }
    assert_eq!(checked.len(), 4);
}
