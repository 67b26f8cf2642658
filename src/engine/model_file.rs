//! Reads a trained generator from a run's folder or from a file of weights.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure};
use burn::tensor::TensorData;

use super::run_loop::WEIGHTS;
use crate::arch::Genotype;
use crate::data::SIDES;
use crate::model::{ModelFile, NamedTensors, WeightsError, from_safetensors, import};
use crate::tensors::{PthFile, TensorsError, is_safetensors};

/// How burn's own files of weights begin: the number 0x4255524E in either order.
const BURNPACK: [&[u8]; 2] = [b"NRUB", b"BURN"];

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
pub struct ModelRead {
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
pub fn read_model(bytes: &[u8], arch: Option<&Genotype>) -> anyhow::Result<ModelRead> {
    let is_safetensors = is_safetensors(bytes);
    if arch.is_none() && is_safetensors {
        match ModelFile::from_bytes(bytes) {
            Ok(file) => return drawable(ModelRead { file, notes: Vec::new() }),
            Err(WeightsError::Undescribed) => {}
            // What is wrong with a description is more to the point than what is wrong with the names.
            Err(error) => return Err(error.into()),
        }
    }
    let (tensors, table) =
        if is_safetensors { (from_safetensors(bytes)?.0, None) } else { from_pytorch(bytes)? };
    let imported = import(tensors, arch)?;
    let mut notes: Vec<String> = table.into_iter().collect();
    notes.push(imported.how);
    if imported.unused > 0 {
        notes.push(format!("{} tensors of other operators are left out", imported.unused));
    }
    drawable(ModelRead { file: imported.file, notes })
}

/// Refuses a generator whose images are larger than any that are trained.
fn drawable(read: ModelRead) -> anyhow::Result<ModelRead> {
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
