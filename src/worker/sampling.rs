//! Images from a trained generator.

use std::collections::HashMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};
use burn::tensor::{Device, Tensor, TensorData};

use super::engine::WEIGHTS;
use crate::arch::Genotype;
use crate::data::SIDES;
use crate::gan::latents;
use crate::model::{
    Generator, ModelFile, NamedTensors, Pass, WeightsError, from_safetensors, host, import, to_safetensors,
};
use crate::rng::SAMPLE_STREAM;
use crate::tensors::{PthFile, TensorsError, is_safetensors};

/// Images that are generated at a time.
pub(super) const BATCH: usize = 64;
/// Most latents that a file may hold: the images of all of them are held.
const MOST_LATENTS: usize = 100_000;
/// How burn's own files of weights begin: the number 0x4255524E in either order.
const BURNPACK: [&[u8]; 2] = [b"NRUB", b"BURN"];

/// Which latents to make images of.
pub enum Latents {
    /// So many draws.
    Drawn {
        /// How many.
        count: usize,
        /// Their seed.
        seed: u64,
    },
    /// The tensor `z`, `[n, latent]`, in the bytes of a safetensors file.
    Given(Vec<u8>),
}

/// Generated images on the host.
pub struct Images {
    /// `[count, 3, side, side]`, row-major, from -1 to 1.
    pub values: Vec<f32>,
    /// Number of images.
    pub count: usize,
    /// Their side in pixels.
    pub side: usize,
}

impl Images {
    /// The bytes of a safetensors file with the tensor `images`.
    ///
    /// # Errors
    ///
    /// If they cannot be written as one.
    pub fn to_safetensors(&self) -> anyhow::Result<Vec<u8>> {
        let shape = [self.count, 3, self.side, self.side];
        let data = TensorData::new(self.values.clone(), shape);
        let tensors = NamedTensors::from([("images".to_owned(), data)]);
        Ok(to_safetensors(&tensors, HashMap::new())?)
    }
}

/// The model file that is meant: a file itself, or the winner of a run folder.
///
/// # Errors
///
/// If the run has no winner yet.
pub fn model_file(model: &Path) -> anyhow::Result<PathBuf> {
    if !model.is_dir() {
        return Ok(model.to_owned());
    }
    let path = model.join(WEIGHTS);
    ensure!(
        path.exists(),
        "{0} has no trained generator yet; finish it with: autogan search --resume {0}",
        model.display()
    );
    Ok(path)
}

/// A model file that was read.
#[derive(Debug)]
pub struct Read {
    /// The generator.
    pub file: ModelFile,
    /// What was found out about it, where it does not say itself what it is.
    pub notes: Vec<String>,
}

/// Reads a model file: one of this program, which describes itself, or the reference's weights in a
/// safetensors or PyTorch file, which run as released. `arch` says the architecture where the names of the
/// reference's tensors do not.
///
/// # Errors
///
/// If the bytes are no generator's weights.
pub fn read_model(bytes: &[u8], arch: Option<&Genotype>) -> anyhow::Result<Read> {
    let is_safetensors = is_safetensors(bytes);
    if arch.is_none() && is_safetensors {
        match ModelFile::from_bytes(bytes) {
            Ok(file) => return drawable(Read { file, notes: Vec::new() }),
            Err(WeightsError::Undescribed) => {}
            // What is wrong with a description is more to the point than what is wrong with the names.
            Err(error) => return Err(error.into()),
        }
    }
    let (tensors, table) = match is_safetensors {
        true => (from_safetensors(bytes)?.0, None),
        false => from_pytorch(bytes)?,
    };
    let imported = import(tensors, arch)?;
    let mut notes: Vec<String> = table.into_iter().collect();
    notes.push(imported.how);
    if imported.unused > 0 {
        notes.push(format!("{} tensors of other operators are left out", imported.unused));
    }
    drawable(Read { file: imported.file, notes })
}

/// Refuses a generator whose images are larger than any that are trained.
fn drawable(read: Read) -> anyhow::Result<Read> {
    let side = read.file.config.side(read.file.genotype.cells.len());
    let (least, most) = (SIDES.start(), SIDES.end());
    ensure!(side <= *most, "its images would have {side} px a side; from {least} to {most} can be made");
    Ok(read)
}

/// The tensors of a PyTorch file, and which of its tables they are where there are several: a training
/// checkpoint's average generator, which the authors' test takes too, before the raw one.
fn from_pytorch(bytes: &[u8]) -> anyhow::Result<(NamedTensors, Option<String>)> {
    let is_burnpack = BURNPACK.iter().any(|magic| bytes.starts_with(magic));
    ensure!(
        !is_burnpack,
        "it is a file of burn's own format (burnpack), and models are read from safetensors (.safetensors) and \
         PyTorch (.pth, .pt) files; save it as one of these"
    );
    let mut file = PthFile::read(Cursor::new(bytes)).map_err(|error| match error {
        TensorsError::OtherKind { .. } => anyhow!(
            "it is neither a safetensors (.safetensors) nor a PyTorch (.pth, .pt) file; choose one that is"
        ),
        error => error.into(),
    })?;
    let tables: Vec<String> = file.tables()?.into_iter().map(str::to_owned).collect();
    let wanted = ["avg_gen_state_dict", "gen_state_dict", "state_dict"];
    let table = wanted.into_iter().find(|table| tables.iter().any(|own| own == table));
    let arrays = file.tensors(table)?;
    let tensors = arrays.into_iter().map(|(name, array)| (name, TensorData::new(array.values, array.shape)));
    Ok((tensors.collect(), table.map(|table| format!("its table {table}"))))
}

/// Generates images on `device`.
///
/// # Errors
///
/// If weights or latents do not fit the architecture.
pub fn sample(file: &ModelFile, from: &Latents, device: &Device) -> anyhow::Result<Images> {
    let sampler = Sampler::new(file, from, device)?;
    let count = sampler.len();
    let batches = (0..count).step_by(BATCH);
    let values = batches.flat_map(|first| host(sampler.images(first, BATCH.min(count - first))));
    Ok(Images { values: values.collect(), count, side: sampler.side })
}

/// A generator with the latents that images are made of, some at a time.
pub(super) struct Sampler {
    generator: Generator,
    genotype: Genotype,
    z: Tensor<2>,
    side: usize,
}

impl Sampler {
    /// The generator of a file on `device`.
    ///
    /// # Errors
    ///
    /// If weights or latents do not fit the architecture.
    pub fn new(file: &ModelFile, from: &Latents, device: &Device) -> anyhow::Result<Self> {
        let latent = file.config.latent;
        // Its sizes are those of the tensors then, and nothing is made for others.
        let generator = file.generator(device)?;
        let z = match from {
            Latents::Drawn { count, seed } => latents(*seed, SAMPLE_STREAM, 0, *count, latent, device),
            Latents::Given(bytes) => read_latents(bytes, latent, device)?,
        };
        let side = file.config.side(file.genotype.cells.len());
        Ok(Self { generator, genotype: file.genotype.clone(), z, side })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        let [count, _] = self.z.dims();
        count
    }

    /// `count` images from the number `first`, `[count, 3, side, side]` in -1 to 1.
    pub fn images(&self, first: usize, count: usize) -> Tensor<4> {
        let z = self.z.clone().narrow(0, first, count);
        self.generator.forward(z, &self.genotype, Pass::Eval)
    }
}

/// The bytes of a file with one latent, as [`Latents::Given`] takes it.
///
/// # Errors
///
/// None that a latent could bring about.
pub fn latent_file(values: &[f32]) -> anyhow::Result<Vec<u8>> {
    let z = TensorData::new(values.to_vec(), [1, values.len()]);
    Ok(to_safetensors(&NamedTensors::from([("z".to_owned(), z)]), Default::default())?)
}

fn read_latents(bytes: &[u8], latent: usize, device: &Device) -> anyhow::Result<Tensor<2>> {
    let (tensors, _) = from_safetensors(bytes).context("the latents cannot be used")?;
    let z = tensors.get("z").context("the latents' file has no tensor z of [n, latent]")?;
    let finite = z.as_slice::<f32>().is_ok_and(|values| values.iter().all(|value| value.is_finite()));
    ensure!(finite, "the latents' tensor z holds what is no number; write it again");
    match z.shape().to_vec()[..] {
        [n, _] if n > MOST_LATENTS => {
            bail!(
                "the latents' tensor z has {n} latents, and at most {MOST_LATENTS} are read; split the file"
            )
        }
        [n, length] if n > 0 && length == latent => Ok(Tensor::from_data(z.clone(), device)),
        ref other => bail!("the latents' tensor z has shape {other:?}; the model wants [n, {latent}]"),
    }
}
