//! Whole networks: non-finite latents, pictures and weights.

use autogan::arch::{ConvBlock, Genotype, Norm, Up};
use autogan::gan::Networks;
use autogan::metric::Extractor;
use autogan::model::{ModelConfig, ModelFile, NamedTensors, Pass, Value, Weights, recalibrate, run};
use autogan::rng::rng;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;

use super::{Kind, NON_FINITE, Right, caught, host, judge, tensor};

const LATENT: usize = 8;

fn config() -> ModelConfig {
    ModelConfig {
        latent_dim: LATENT,
        bottom_width: 2,
        generator_channels: 4,
        discriminator_channels: 4,
        ..ModelConfig::default()
    }
}

fn genotype(conv: ConvBlock, norm: Norm, up: Up) -> Genotype {
    let (conv, norm, up) = (conv as u32, norm as u32, up as u32);
    Genotype::from_tokens(&[conv, norm, up, 1, conv, norm, up, 1, 1]).unwrap()
}

fn genotypes() -> [Genotype; 3] {
    [
        genotype(ConvBlock::Pre, Norm::Batch, Up::Bilinear),
        genotype(ConvBlock::Post, Norm::Instance, Up::Nearest),
        genotype(ConvBlock::Pre, Norm::None, Up::Deconv),
    ]
}

/// Every kind of latents, of pictures and of weights, one tensor at a time.
pub(super) fn generator_and_discriminator(device: &Device, cases: usize) {
    for (which, genotype) in genotypes().iter().enumerate() {
        let networks = Networks::new(&config(), genotype);
        let generator = config().derived_generator(genotype, device, 1, "non_finite").without_autodiff();
        let discriminator = config().discriminator(2, device, 1, "non_finite").without_autodiff();
        let tame = |number: u64| Kind::Tame.numbers(&mut rng(12, "non_finite/tame", number), 3 * LATENT);
        for number in 0..cases {
            let kind = Kind::of(number);
            let draws = &mut rng(13, "non_finite/networks", (which * cases + number) as u64);
            let z = kind.numbers(draws, 3 * LATENT);
            let images = |z: &[f32], pass| {
                let z: Tensor<2> = tensor(z, [3, LATENT], device);
                run(&networks.generator, &generator, vec![z.into()], pass).output()
            };
            let within = |values: &[f32]| kind == Kind::Huge && values.iter().all(|v| v.abs() <= 1.0);
            for pass in [Pass::Eval, Pass::Train] {
                let out = host(images(&z, pass).maps());
                let right = |values: &[f32]| kind == Kind::Tame || within(values);
                judge(&format!("generator {genotype}, {pass:?}"), kind, &z, Ok(out), Right::Known(&right));
            }
            let mut measured = generator.clone();
            let latents = [tensor(&z, [3, LATENT], device)].into_iter();
            recalibrate(&networks.generator, &mut measured, latents);
            let healthy = autogan::gan::non_finite_weights(&measured).is_none();
            assert!(healthy || kind != Kind::Tame, "statistics of {z:?}");

            let x = kind.numbers(draws, 2 * 3 * 64);
            for pass in [Pass::Train, Pass::Eval] {
                let x4: Tensor<4> = tensor(&x, [2, 3, 8, 8], device);
                let scores = run(&networks.discriminator, &discriminator, vec![x4.into()], pass).output();
                judge("discriminator", kind, &x, Ok(host(scores.features())), Right::Unknown);
            }
            weights(device, &discriminator, &generator, genotype, draws, &tame(number as u64));
        }
    }
}

/// One non-finite weight anywhere shows in what comes out, or at the latest in the check of the weights.
fn weights(
    device: &Device,
    discriminator: &Weights,
    generator: &Weights,
    genotype: &Genotype,
    draws: &mut impl rand::Rng,
    z: &[f32],
) {
    let non_finite = NON_FINITE[draws.random_range(0..NON_FINITE.len())];
    let networks = Networks::new(&config(), genotype);
    let mut state = generator.state_dict();
    let name = state.keys().nth(draws.random_range(0..state.len())).unwrap().clone();
    let mut values = state[&name].as_slice::<f32>().unwrap().to_vec();
    let at = draws.random_range(0..values.len());
    values[at] = non_finite;
    let shape = state[&name].shape().clone();
    state.insert(name.clone(), TensorData::new(values, shape));
    let find_non_finite = loaded(generator, &state);
    let found = autogan::gan::non_finite_weights(&find_non_finite).unwrap().to_string();
    assert!(found.starts_with(&name), "{name}: {found}");
    let z: Value = tensor::<2>(z, [3, LATENT], device).into();
    let images = host(run(&networks.generator, &find_non_finite, vec![z], Pass::Eval).output().maps());
    if non_finite.is_nan() && images.iter().all(|value| value.is_finite()) {
        eprintln!("a NaN in {name} of {genotype} made a finite picture on {device:?}");
    }
    let file = ModelFile { genotype: genotype.clone(), config: config(), tensors: state };
    let refusal = file.generator(device).unwrap_err().to_string();
    assert!(refusal.contains(&name) && refusal.contains("earlier checkpoint"), "{refusal}");

    let mut state = discriminator.state_dict();
    let data = state["block1.c1.weight_orig"].clone();
    let mut values = data.as_slice::<f32>().unwrap().to_vec();
    values[at % 10] = f32::NAN;
    state.insert("block1.c1.weight_orig".to_owned(), TensorData::new(values, data.shape().clone()));
    let find_non_finite = loaded(discriminator, &state);
    let x = Tensor::<4>::ones([2, 3, 8, 8], device) * 0.3;
    let scores = run(&networks.discriminator, &find_non_finite, vec![x.into()], Pass::Train).output();
    let scores = host(scores.features());
    if scores.iter().all(|value| value.is_finite()) {
        eprintln!("a NaN in the discriminator's first layer made the scores {scores:?} on {device:?}");
    }
    assert!(autogan::gan::non_finite_weights(&find_non_finite).is_some());
}

/// The network with other values.
fn loaded(weights: &Weights, state: &NamedTensors) -> Weights {
    let mut weights = weights.clone();
    weights.load_state_dict(state).unwrap();
    weights
}

#[test]
fn networks_make_no_numbers_of_nothing() {
    let device = Device::flex();
    for genotype in genotypes() {
        let networks = Networks::new(&config(), &genotype);
        let generator = config().derived_generator(&genotype, &device, 1, "non_finite").without_autodiff();
        let discriminator = config().discriminator(2, &device, 1, "non_finite").without_autodiff();
        let images = |z: Tensor<2>, pass| {
            host(run(&networks.generator, &generator, vec![z.into()], pass).output().maps())
        };
        let scores = |x: Tensor<4>, pass| {
            host(run(&networks.discriminator, &discriminator, vec![x.into()], pass).output().features())
        };
        for pass in [Pass::Eval, Pass::Train] {
            let z = Tensor::<2>::zeros([0, LATENT], &device);
            let images = caught(|| images(z, pass));
            assert!(images.is_err() || images.as_ref().is_ok_and(Vec::is_empty), "{pass:?}: {images:?}");
            let x = Tensor::<4>::zeros([0, 3, 8, 8], &device);
            let scores = caught(|| scores(x, pass));
            assert!(scores.is_err() || scores.as_ref().is_ok_and(Vec::is_empty), "{pass:?}: {scores:?}");
        }
        // One image is a batch, too.
        let one = images(Tensor::zeros([1, LATENT], &device), Pass::Train);
        assert!(one.len() == 3 * 64 && one.iter().all(|value| value.is_finite()));
    }
}

/// Pictures are clamped before the network sees them, which hides infinities and, on a GPU, NaN.
#[test]
fn an_extractor_refuses_non_finite_pictures_and_answers_to_all_others() {
    let device = Device::flex();
    let extractor = Extractor::builtin_toys(&device).unwrap();
    for number in 0..24 {
        let kind = Kind::of(number);
        let side = [1, 2, 8, 33][number / 3 % 4];
        let x = kind.numbers(&mut rng(14, "non_finite/extractor", number as u64), 2 * 3 * side * side);
        let outputs = extractor.outputs(tensor(&x, [2, 3, side, side], &device), 0);
        let outputs = outputs.map_err(|error| error.to_string());
        let out = outputs.map(|outputs| [outputs.features, outputs.logits.unwrap()].concat());
        // Huge pixels are white or black, or their mean is not finite any more.
        let plain = |values: &[f32]| values.iter().all(|value| value.abs() < 1e4);
        judge(&format!("extractor at {side} px"), kind, &x, out, Right::Known(&plain));
    }
    let none = extractor.outputs(Tensor::zeros([0, 3, 8, 8], &device), 0).unwrap();
    assert!(none.features.is_empty() && none.logits.unwrap().is_empty());
    let pixelless = caught(|| extractor.outputs(Tensor::zeros([2, 3, 0, 0], &device), 0));
    assert!(!matches!(pixelless, Ok(Ok(_))), "{pixelless:?}");
}
