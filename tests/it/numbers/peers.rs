//! Against the Python peers: torch-fidelity, pytorch-fid, clean-fid, prdc, PyTorch.
//!
//! Weights, features and pictures are made by a hash (`tests/peers/counter_hash.py`), here as there, so that
//! nothing has to be downloaded; what the peers computed of them lies in `tests/peers/`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use autogan::metric::extractor::inception::{InceptionWeights, Preprocessing, tensors};
use autogan::metric::{
    Extractor, KidSubset, Statistics, frechet_distance, inception_score, kid_of_subsets, prdc,
};
use autogan::tensors::Array;
use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;

/// 64-bit FNV-1a.
fn seed(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The output `index` of SplitMix64 that starts at the name's hash.
fn bits(seed: u64, index: u64) -> u64 {
    let z = seed.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `count` values from -1 to 1, exact in `f32`.
fn unit(name: &str, count: usize) -> Vec<f32> {
    let seed = seed(name);
    let value = |index: u64| ((bits(seed, index) >> 40) as i64 - (1 << 23)) as f32 * 2f32.powi(-23);
    (0..count as u64).map(value).collect()
}

/// The picture `[side, side, 3]` of that kind and number.
pub fn picture(kind: &str, number: usize, side: usize) -> Vec<u8> {
    let fake = kind == "fake";
    let hash = seed(&format!("image/{kind}/{number}"));
    let head = |at: u64| bits(hash, at);
    let m = side as i64 - 1;
    let period = (side / 16) as i64 + (head(12) % (side as u64 / 8)) as i64;
    let (a, b) = ((head(13) % 4) as i64, 1 + (head(14) % 3) as i64);
    let amplitude = (head(15) % 48) as i64;
    let strength: u64 = if fake { 64 } else { 24 };
    let corner = |channel: u64, at: u64| {
        let byte = (head(4 * channel + at) & 255) as i64;
        if fake { 32 + (byte >> 1) } else { byte }
    };
    let mut pixels = Vec::with_capacity(side * side * 3);
    for y in 0..side as i64 {
        for x in 0..side as i64 {
            let stripe = if (a * x + b * y) / period % 2 == 1 { amplitude } else { -amplitude };
            for channel in 0..3 {
                let top = corner(channel, 0) * (m - x) + corner(channel, 1) * x;
                let bottom = corner(channel, 2) * (m - x) + corner(channel, 3) * x;
                let gradient = (top * (m - y) + bottom * y) / (m * m);
                let at = 16 + (y as u64 * side as u64 + x as u64) * 3 + channel;
                let noise = (bits(hash, at) % strength) as i64 - strength as i64 / 2;
                pixels.push((gradient + stripe + noise).clamp(0, 255) as u8);
            }
        }
    }
    pixels
}

/// Pictures of one side as a tensor in -1 to 1.
fn tensor(pictures: &[Vec<u8>], side: usize) -> Tensor<4> {
    let plane = side * side;
    let values = pictures.iter().flat_map(|pixels| {
        (0..3 * plane).map(move |at| f32::from(pixels[at % plane * 3 + at / plane]) / 127.5 - 1.0)
    });
    let data = TensorData::new(values.collect::<Vec<f32>>(), [pictures.len(), 3, side, side]);
    Tensor::from_data(data, &Device::flex())
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name)
}

fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file(name)).unwrap()).unwrap()
}

/// The `f32` tensors of a safetensors file, with their shapes.
fn arrays(name: &str) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let bytes = std::fs::read(file(name)).unwrap();
    let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    read.iter().map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), numbers(view.data())))).collect()
}

/// Little-endian `f32` values.
fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

fn close(value: f64, expected: f64, relative: f64, what: &str) {
    let error = (value - expected).abs() / expected.abs().max(1e-12);
    assert!(error <= relative, "{what}: {value} instead of {expected}, {error:e} relative");
}

fn subsets(of: &Value) -> Vec<Vec<u32>> {
    serde_json::from_value(of.clone()).unwrap()
}

/// Feature sets `[count, dims]` as the scripts make them.
fn features(kind: &str, count: usize, dims: usize) -> Vec<f32> {
    let u = unit(&format!("features/{kind}/{count}x{dims}"), count * dims);
    let (period, share) = if kind == "real" { (8, 0.5f32) } else { (9, 0.375f32) };
    let value = |at: usize| {
        let (row, j) = (at / dims * dims, at % dims);
        let own = (1.0 + (j % period) as f32 / 8.0) * u[at];
        let sum = own + share * u[row + (j + 1) % dims];
        if kind == "real" { sum } else { sum + (j % 3) as f32 / 16.0 }
    };
    (0..count * dims).map(value).collect()
}

fn distance(real: &[f32], fake: &[f32], dims: usize) -> f64 {
    let gaussian = |features: &[f32]| {
        let mut statistics = Statistics::new(dims);
        statistics.push(features).unwrap();
        statistics.gaussian().unwrap()
    };
    frechet_distance(&gaussian(real), &gaussian(fake)).unwrap()
}

/// FID, KID and PRDC of two sets of features beside the peers'.
fn compare(
    real: &[f32],
    fake: &[f32],
    dims: usize,
    set: &Value,
    subsets_of: &Value,
    fid: f64,
    kid_within: f64,
) {
    let wide = &set["float64"];
    let found = distance(real, fake, dims);
    close(found, wide["fid"]["torch_fidelity"].as_f64().unwrap(), fid, "FID");
    let of_real = subsets(&subsets_of["kid_subsets_real"]).into_iter();
    let both = of_real.zip(subsets(&subsets_of["kid_subsets_fake"]));
    let both: Vec<KidSubset> = both.map(|(real, generated)| KidSubset { real, generated }).collect();
    let found = kid_of_subsets(real, fake, dims, &both).unwrap();
    close(found.mean, wide["kid"]["mean"].as_f64().unwrap(), kid_within, "KID");
    close(found.std, wide["kid"]["std"].as_f64().unwrap(), kid_within, "KID's deviation");
    for k in [3, 5] {
        let found = prdc(real, fake, dims, NonZeroUsize::new(k).unwrap()).unwrap();
        let peer = &wide[format!("prdc_k{k}")];
        for (name, value) in [
            ("precision", found.precision),
            ("recall", found.recall),
            ("density", found.density),
            ("coverage", found.coverage),
        ] {
            close(value, peer[name].as_f64().unwrap(), 1e-12, &format!("{name}, k = {k}"));
        }
    }
}

#[test]
fn fid_kid_prdc_and_the_inception_score_equal_the_peers_on_the_same_features() {
    let peers = json("metrics_small.json");
    for set in peers["sets"].as_array().unwrap() {
        let count = set["count"].as_u64().unwrap() as usize;
        let dims = set["dims"].as_u64().unwrap() as usize;
        let [real, fake] = ["real", "fake"].map(|kind| features(kind, count, dims));
        let first: Vec<f32> = serde_json::from_value(set["first_fake"].clone()).unwrap();
        assert_eq!(fake[..3], first[..], "the hash is the same");
        compare(&real, &fake, dims, set, set, 1e-6, 1e-6);
    }
    let logits = &peers["logits"];
    let count = logits["count"].as_u64().unwrap() as usize;
    let values: Vec<f32> = unit(&format!("logits/{count}x10"), count * 10).iter().map(|u| 4.0 * u).collect();
    for splits in [1, 4, 10] {
        let found = inception_score(&values, 10, splits).unwrap();
        let peer = &logits["inception_score"][format!("splits_{splits}")];
        close(found.mean, peer["mean"].as_f64().unwrap(), 1e-9, "inception score");
    }
}

/// The network's numbers by the hash.
pub fn weights() -> InceptionWeights {
    let arrays = tensors().into_iter().map(|(name, shape)| {
        let u = unit(&name, shape.iter().product());
        let fan_in: usize = shape[1..].iter().product();
        let values: Vec<f32> = match name.rsplit('.').collect::<Vec<&str>>()[..] {
            ["weight", "conv", ..] => {
                let bound = (6.0 / fan_in as f64).sqrt() as f32;
                u.iter().map(|u| u * bound).collect()
            }
            ["weight" | "running_var", "bn", ..] => u.iter().map(|u| 1.0 + 0.25 * u).collect(),
            ["bias" | "running_mean", "bn", ..] => u.iter().map(|u| 0.125 * u).collect(),
            ["weight", "fc"] => u.iter().map(|u| 0.5 * u).collect(),
            _ => u,
        };
        (name, Array { shape, values })
    });
    InceptionWeights::from_arrays(arrays.collect(), "0123456789abcdef".to_owned()).unwrap()
}

/// Features and logits of one picture of each of these sides, by their places among the five, are the peers'
/// but for `tolerance` of the largest.
pub fn features_equal_those_of_the_peers(device: &Device, sides: &[usize], tolerance: f32) {
    let (weights, peers) = (weights(), arrays("inception_features.safetensors"));
    for (preprocessing, mode) in
        [(Preprocessing::Tf, "tf1"), (Preprocessing::PytorchFid, "fid"), (Preprocessing::Clean, "clean")]
    {
        let extractor = Extractor::inception(&weights, preprocessing, device);
        for &at in sides {
            let side = [32, 48, 96, 299, 400][at];
            let images = tensor(&[picture("side", side, side)], side);
            let outputs = extractor.outputs(images, 0).unwrap();
            for (name, found) in [("pool3", &outputs.features), ("logits", outputs.logits.as_ref().unwrap())]
            {
                let (shape, values) = &peers[&format!("{name}.{mode}")];
                let row = &values[at * shape[1]..(at + 1) * shape[1]];
                let largest = row.iter().fold(0f32, |largest, value| largest.max(value.abs()));
                let error = found.iter().zip(row).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max) / largest;
                eprintln!("{name}, {mode}, {side} px: {error:e}");
                assert!(error < tolerance, "{name}, {mode}, {side} px: {error:e}");
            }
        }
    }
}

/// Batches of `batch` pictures of 32 px that were looked at after one to warm up, and the seconds that 1,000
/// pictures take at that speed.
pub fn inception_speed(device: &Device, batch: usize, batches: usize) -> (usize, f64) {
    let extractor = Extractor::inception(&weights(), Preprocessing::Tf, device);
    let pictures: Vec<Vec<u8>> = (0..batch).map(|number| picture("real", number, 32)).collect();
    let images = tensor(&pictures, 32);
    extractor.outputs(images.clone(), 0).unwrap();
    let begun = std::time::Instant::now();
    for _ in 0..batches {
        extractor.outputs(images.clone(), 0).unwrap();
    }
    (batches, begun.elapsed().as_secs_f64() * 1000.0 / (batch * batches) as f64)
}

#[test]
fn features_and_logits_equal_those_of_the_peers_networks() {
    features_equal_those_of_the_peers(&Device::flex(), &[0, 1, 2, 3, 4], 1e-4);
}

/// How long the network takes on this machine's CPU, beside PyTorch's (`tests/peers/time_inception.py`).
#[test]
#[ignore = "measures; run alone with --ignored --nocapture"]
fn time_of_the_inception_network_on_the_cpu() {
    let (batches, seconds) = inception_speed(&Device::flex(), 32, 2);
    eprintln!("{seconds:.1} s for 1,000 pictures of 32 px ({batches} batches of 32)");
}

/// Both sets through the network, end to end: two minutes on two cores.
#[test]
#[ignore = "takes minutes; run with --ignored"]
fn scores_of_pictures_equal_the_peers_end_to_end() {
    let (weights, peers) = (weights(), json("inception.json"));
    for (preprocessing, mode) in
        [(Preprocessing::Tf, "tf1"), (Preprocessing::PytorchFid, "fid"), (Preprocessing::Clean, "clean")]
    {
        let extractor = Extractor::inception(&weights, preprocessing, &Device::flex());
        let [real, fake] = ["real", "fake"].map(|kind| {
            let pictures: Vec<Vec<u8>> = (0..64).map(|number| picture(kind, number, 32)).collect();
            extractor.outputs(tensor(&pictures, 32), 0).unwrap()
        });
        let set = &peers["sets"][mode];
        compare(&real.features, &fake.features, 2048, set, &peers, 1e-3, 1e-3);
        if mode == "tf1" {
            for (outputs, name) in [(&real, "inception_score_real"), (&fake, "inception_score_fake")] {
                for splits in [1, 4, 10] {
                    let logits = outputs.logits.as_ref().unwrap();
                    let found = inception_score(logits, 1008, splits).unwrap();
                    let peer = &set["float64"][name][format!("splits_{splits}")];
                    close(found.mean, peer["mean"].as_f64().unwrap(), 1e-3, "inception score");
                }
            }
        }
        let found = distance(&real.features, &fake.features, 2048);
        eprintln!("{mode}: FID {found}, of torch-fidelity {}", set["float64"]["fid"]["torch_fidelity"]);
    }
}

#[test]
fn models_of_the_authors_code_make_the_images_that_pytorch_makes() {
    let folder = tempfile::tempdir().unwrap();
    let vector = "1 0 1 1 1 0 0 1 1 1 0 1 0 3";
    let largest = "0 1 2 1 0 1 2 1 1 0 1 2 1 3";
    let e2gan = "0 1 0 1 0 1 2 1 0 0 1 0 1 2";
    for (model, arch, expected, key) in [
        ("autogan_cifar10_a", None, "autogan_cifar10_a", "images"),
        ("autogan_cifar10_b", None, "autogan_cifar10_b", "images"),
        ("autogan_cifar10_c", None, "autogan_cifar10_c", "images"),
        ("autogan_views", None, "autogan_cifar10_a", "images"),
        ("autogan_checkpoint", None, "autogan_checkpoint", "images.avg_gen"),
        ("autogan_shared", Some(vector), "autogan_shared", "images.A"),
        ("autogan_shared", Some(e2gan), "autogan_shared", "images.E2GAN"),
        ("autogan_shared", Some(largest), "autogan_shared", "images.largest"),
    ] {
        let out = folder.path().join(format!("{model}-{key}.safetensors"));
        let mut call = vec!["sample".to_owned(), "--device".to_owned(), "cpu".to_owned()];
        let latents = file(&format!("{expected}.safetensors"));
        for (option, value) in [
            ("--model", file(&format!("{model}.pth")).display().to_string()),
            ("--latents", latents.display().to_string()),
            ("--out", out.display().to_string()),
        ] {
            call.extend([option.to_owned(), value]);
        }
        arch.into_iter().for_each(|arch| call.extend(["--arch".to_owned(), arch.to_owned()]));
        let output = Command::new(env!("CARGO_BIN_EXE_autogan")).args(&call).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{model}: {said}");
        assert!(arch.is_some() || said.contains("recognised as autogan_cifar10_"), "{model}: {said}");
        let bytes = std::fs::read(&out).unwrap();
        let found = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let found = numbers(found.tensor("images").unwrap().data());
        let (_, peer) = &arrays(&format!("{expected}.safetensors"))[key];
        let error = found.iter().zip(peer).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        eprintln!("{model} {key}: {error:e}");
        assert!(found.len() == peer.len() && error < 1e-4, "{model} {key}: {error:e}");
    }
}
