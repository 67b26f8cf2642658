//! The Python file that goes with exported weights, run by a real PyTorch.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use autogan::app::{Images, Latents, sample};
use autogan::arch::{ConvBlock, Genotype, Norm, Space, SpaceConfig, Up};
use autogan::engine::{ModelOptions, read_model};
use autogan::export::{PyTorch, pytorch};
use autogan::model::{ModelConfig, ModelFile, SkipTap, is_buffer, to_safetensors};
use autogan::rng::rng;
use burn::tensor::{Device, TensorData};
use rand::RngExt;

/// Set where a test that cannot run must fail instead of saying so.
const REQUIRE: &str = "AUTOGAN_REQUIRE_PYTORCH";

/// More than a batch of the file's or of ours.
const IMAGES: usize = 70;
const LATENT: usize = 12;
const CHANNELS: usize = 6;

/// Runs the command line of every file in the folders named, in one process: a start takes seconds.
const DRIVER: &str = r#"
import importlib.util, os, sys
for folder in sys.argv[1:]:
    os.chdir(folder)
    spec = importlib.util.spec_from_file_location("generator", "generator.py")
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    latents = ["--latents", "z.safetensors"]
    for out in (["images.safetensors"] + latents, ["grid.png"] + latents, ["drawn.pt", "--n", "3"]):
        sys.argv = ["generator.py", "--out"] + out
        generator.main()
    assert generator.torch.load("drawn.pt").shape[0] == 3
"#;

/// The first Python that has PyTorch: where several are installed, the distribution's may not be the
/// first on the path.
fn python() -> Option<&'static str> {
    let has_pytorch = |python: &&str| {
        let output = Command::new(python).args(["-c", "import torch"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    if let Some(python) = ["python3", "/usr/bin/python3"].into_iter().find(has_pytorch) {
        return Some(python);
    }
    let required = std::env::var(REQUIRE).is_ok_and(|value| value == "1");
    assert!(!required, "{REQUIRE} is 1 and python3 cannot import torch; install the package python3-torch");
    #[allow(clippy::print_stderr)]
    {
        eprintln!("skipped: python3 cannot import torch, so the exported PyTorch file was not run");
    }
    None
}

/// Every kind of cell there is, and whole generators of one to four cells and six.
fn genotypes() -> BTreeSet<Genotype> {
    let mut genotypes = BTreeSet::from([Genotype::autogan_a(), Genotype::autogan_b(), Genotype::autogan_c()]);
    for conv in 0..ConvBlock::ALL.len() as u32 {
        for norm in 0..Norm::ALL.len() as u32 {
            for up in 0..Up::ALL.len() as u32 {
                for shortcut in 0..2 {
                    // The second cell is the opposite of the first in what is not numbered alike.
                    let skip = (shortcut + up) % 2;
                    let cells = [conv, norm, up, shortcut, 1 - conv, norm, up, shortcut, skip];
                    genotypes.insert(Genotype::from_tokens(&cells).unwrap());
                }
            }
        }
    }
    for (up, conv) in [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)] {
        // All skips from all cells, over ratios of 2, 4 and 8.
        let cells = [conv, 1, up, 1, conv, 0, up, 0, 1, conv, 2, up, 1, 3, conv, 1, up, 0, 7];
        genotypes.insert(Genotype::from_tokens(&cells).unwrap());
    }
    for (cells, count) in [(1, 2), (3, 6), (4, 6), (6, 1)] {
        let config = SpaceConfig { cells, ..SpaceConfig::default() };
        let space = Space::new(config, model(SkipTap::default(), 2).net_shape()).unwrap();
        genotypes.extend((0..count).map(|draw| space.sample(&mut rng(5, "pytorch", draw))));
    }
    genotypes
}

fn model(tap: SkipTap, bottom_width: usize) -> ModelConfig {
    ModelConfig {
        latent_dim: LATENT,
        bottom_width,
        generator_channels: CHANNELS,
        skip_tap: tap,
        ..ModelConfig::default()
    }
}

/// A model whose every tensor, statistics included, is far from its neutral value.
fn random_model(genotype: &Genotype, config: ModelConfig, seed: u64) -> ModelFile {
    let generator = config.derived_generator(genotype, &Device::flex(), seed, "pytorch");
    let mut tensors = generator.state_dict();
    let mut random = rng(seed, "pytorch/weights", 0);
    for (name, data) in &mut tensors {
        let shape = data.shape().to_vec();
        let count: usize = shape.iter().product();
        let fan_in = (count / shape[0]).max(1) as f32;
        let range = match name.rsplit('.').next().unwrap() {
            "running_var" => 0.3..2.0,
            "running_mean" => -0.5..0.5,
            "weight" if shape.len() == 1 => 0.5..1.5,
            "bias" => -0.3..0.3,
            // So that images are neither flat nor black and white.
            _ => -(2.0 / fan_in.sqrt())..2.0 / fan_in.sqrt(),
        };
        let values: Vec<f32> = (0..count).map(|_| random.random_range(range.clone())).collect();
        *data = TensorData::new(values, shape);
    }
    assert!(genotype.tokens()[1] != 1 || tensors.keys().any(|name| is_buffer(name)));
    ModelFile { genotype: genotype.clone(), config, tensors }
}

/// Writes the model, the Python file and latents into a new folder, and samples the model.
fn export(root: &Path, name: &str, file: &ModelFile, seed: u64) -> (PathBuf, Images) {
    let folder = root.join(name);
    fs::create_dir(&folder).unwrap();
    let mut random = rng(seed, "pytorch/latents", 0);
    let z: Vec<f32> = (0..IMAGES * LATENT).map(|_| random.random_range(-2.0..2.0)).collect();
    let z = TensorData::new(z, [IMAGES, LATENT]);
    let z = to_safetensors(&[("z".to_owned(), z)].into(), Default::default()).unwrap();
    fs::write(folder.join("z.safetensors"), &z).unwrap();
    let bytes = file.to_bytes().unwrap();
    fs::write(folder.join("winner.safetensors"), &bytes).unwrap();
    let shape = file.config.net_shape();
    let python = pytorch(&PyTorch {
        genotype: &file.genotype,
        shape: &shape,
        skip_tap: file.config.skip_tap,
        notes: &["Run \"a\\b\"\"\"".to_owned(), "Fréchet distance 12.3 ± 0.4\n)".to_owned()],
    });
    fs::write(folder.join("generator.py"), python).unwrap();
    let file = read_model(&bytes, &ModelOptions::default()).unwrap().file;
    let images = sample(&file, &Latents::Given(z), &Device::flex()).unwrap();
    (folder, images)
}

fn tensor_of(file: &Path) -> Vec<f32> {
    let bytes = fs::read(file).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let view = tensors.tensor("images").unwrap();
    view.data().chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// The largest difference, and the spread of the wanted values.
fn difference(found: &[f32], wanted: &[f32]) -> (f32, f32) {
    assert_eq!(found.len(), wanted.len());
    let largest = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let mean = wanted.iter().sum::<f32>() / wanted.len() as f32;
    let variance = wanted.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / wanted.len() as f32;
    (largest, variance.sqrt())
}

#[test]
fn the_exported_file_makes_our_images_for_every_choice_and_both_taps() {
    let Some(python) = python() else {
        return;
    };
    let root = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for (number, genotype) in genotypes().iter().enumerate() {
        let seed = number as u64;
        let width = if genotype.cells.len() > 4 { 1 } else { 1 + number % 3 };
        let taps = [SkipTap::BeforeAddition, SkipTap::AfterAddition].map(|tap| {
            let file = random_model(genotype, model(tap, width), seed);
            let (folder, images) = export(root.path(), &format!("{number}-{tap:?}"), &file, seed);
            cases.push((folder, file, images.side));
            images.values
        });
        // Where a cell both takes a skip and passes one on, the tap makes a difference.
        let skips =
            |cell: usize| genotype.cells.get(cell).is_some_and(|gene| !gene.skips_from(cell).is_empty());
        let taken =
            genotype.cells.iter().enumerate().any(|(target, gene)| {
                gene.skips_from(target).iter().any(|&source| source > 0 && skips(source))
            });
        assert_eq!(taps[0] != taps[1], taken, "{genotype}");
        let wanted = cases.len() - 2;
        for (case, values) in cases[wanted..].iter_mut().zip(taps) {
            fs::write(
                case.0.join("wanted"),
                values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>(),
            )
            .unwrap();
        }
    }
    assert!(cases.len() >= 100, "{}", cases.len());
    let folders = cases.iter().map(|(folder, ..)| folder);
    let output = Command::new(python).arg("-c").arg(DRIVER).args(folders).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (folder, file, side) in &cases {
        let what = format!("{} with its tap {:?}", file.genotype, file.config.skip_tap);
        let wanted = fs::read(folder.join("wanted")).unwrap();
        let wanted: Vec<f32> =
            wanted.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect();
        let (largest, spread) = difference(&tensor_of(&folder.join("images.safetensors")), &wanted);
        assert!(spread > 0.1, "{what}: the images are flat ({spread})");
        // Far below a grey level, which is 2/255 of the values' range.
        assert!(largest < 1e-3, "{what}: the images differ by {largest}");

        let columns = (IMAGES as f64).sqrt().ceil() as usize;
        let ours = autogan::export::Picture::grid(&wanted, *side, columns).png();
        let ours = image::load_from_memory(&ours).unwrap().into_rgb8();
        let theirs = image::open(folder.join("grid.png")).unwrap().into_rgb8();
        assert_eq!(ours.dimensions(), theirs.dimensions(), "{what}");
        let furthest = ours.iter().zip(theirs.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(furthest <= Some(1), "{what}: the grids differ by {furthest:?} grey levels");
    }
}
