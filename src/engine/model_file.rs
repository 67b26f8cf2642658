//! Reads a trained generator from a run's folder or from a file of weights.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, ensure};

use super::plan::resume_command;
use super::run_loop::WEIGHTS;
use crate::arch::Genotype;
use crate::arch::words;
use crate::data::SIDES;
use crate::model::{GeneratorTable, ModelFile, NamedTensors, WeightsError, cells_of, import, named};
use crate::run::{RunError, RunView};
use crate::tensors::{TensorFile, TensorsError, is_safetensors, shown};

/// How burn's own files of weights begin: the number 0x4255524E in either order.
const BURNPACK: [&[u8]; 2] = [b"NRUB", b"BURN"];

/// Most classes that a note names.
const MOST_CLASSES: usize = 3;

/// The model file that is meant: a file itself, or the winner of a run folder.
///
/// # Errors
///
/// If the run has no winner yet, or the folder is no run's.
pub fn model_file(model: &Path) -> anyhow::Result<PathBuf> {
    if !model.is_dir() {
        return Ok(model.to_owned());
    }
    let path = model.join(WEIGHTS);
    if path.exists() {
        return Ok(path);
    }
    let dir = model.display();
    match RunView::open(model) {
        Ok(view) => bail!("{dir} has no trained generator yet; finish it with: {}", resume_command(&view)),
        Err(RunError::NotARun { .. }) => bail!(
            "{dir} is a folder that no run wrote, so there is no generator to find in it; name a file of weights or a \
             run's folder"
        ),
        Err(error) => Err(error.into()),
    }
}

/// Which generator of a file is meant, where the file leaves it open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelOptions {
    /// The architecture, where the names of the tensors do not say it.
    pub arch: Option<Genotype>,
    /// The table that the weights are in, where the file has several.
    pub table: Option<String>,
    /// The stage of growth, from 1, where not the whole generator is meant: so many of its cells.
    pub stage: Option<usize>,
}

/// A model file that was read.
#[derive(Debug)]
pub struct ModelRead {
    /// The generator.
    pub file: ModelFile,
    /// The table of the file that it is in, as [`ModelOptions::table`] names it; none for a file without tables.
    pub table: Option<String>,
    /// What was found out about it, where it does not say itself what it is.
    pub notes: Vec<String>,
}

/// Reads a model file: one of this program, which describes itself, or the reference's weights in a safetensors or
/// PyTorch file, alone or in the tables of a checkpoint, which run as released.
///
/// # Errors
///
/// If the bytes are no generator's weights, or not what `options` say.
pub fn read_model(bytes: &[u8], options: &ModelOptions) -> anyhow::Result<ModelRead> {
    let ModelOptions { arch, table, stage } = options;
    if arch.is_none() && is_safetensors(bytes) {
        match ModelFile::from_bytes(bytes) {
            Ok(file) => {
                ensure!(
                    table.is_none(),
                    "it is a model of this program, which has no tables; leave out --table"
                );
                return drawable(at_stage(ModelRead { file, table: None, notes: Vec::new() }, *stage)?);
            }
            Err(WeightsError::Undescribed) => {}
            // What is wrong with a description is more to the point than what is wrong with the names.
            Err(error) => return Err(error.into()),
        }
    }
    let (tensors, table, mut notes) = generator_of(bytes, table.as_deref())?;
    // What the weights have not cannot be named either; where they have no cells, the import says so.
    if let Some(stage) = *stage
        && let there @ 1.. = cells_of(&tensors)
    {
        ensure!(
            stage <= there,
            "the weights have {}, and stage {stage} was asked for; choose one from 1 to {there} with --stage",
            words::cells(there)
        );
    }
    if let (Some(arch), Some(stage)) = (arch, *stage) {
        let named = arch.cells.len();
        ensure!(
            stage <= named,
            "--arch names {} and --stage {stage} needs {stage}; name them, too",
            words::cells(named)
        );
    }
    let imported = import(tensors, arch.as_ref(), stage.is_some())?;
    notes.push(imported.how);
    match imported.unused {
        0 => {}
        1 => notes.push("1 tensor of another operator is left out".to_owned()),
        unused => notes.push(format!("{unused} tensors of other operators are left out")),
    }
    drawable(at_stage(ModelRead { file: imported.file, table, notes }, *stage)?)
}

/// The generator at a stage of its growth: of its first cells alone.
fn at_stage(read: ModelRead, stage: Option<usize>) -> anyhow::Result<ModelRead> {
    let Some(stage) = stage else { return Ok(read) };
    let ModelRead { mut file, table, mut notes } = read;
    let cells = file.genotype.cells.len();
    ensure!(
        (1..=cells).contains(&stage),
        "the generator has {}, and stage {stage} was asked for; choose one from 1 to {cells} with --stage",
        words::cells(cells)
    );
    file.genotype = file.genotype.prefix(stage);
    let wanted = file.config.generator_graph(&file.genotype).parameters();
    file.tensors.retain(|name, _| wanted.contains_key(name));
    let (cells, side) = (words::cells(stage), file.config.side(stage));
    notes.push(format!("stage {stage} of its growth is taken: {cells}, images of {side} px"));
    Ok(ModelRead { file, table, notes })
}

/// Refuses a generator whose images are larger than any that are trained.
fn drawable(read: ModelRead) -> anyhow::Result<ModelRead> {
    let side = read.file.config.side(read.file.genotype.cells.len());
    let (least, most) = (SIDES.start(), SIDES.end());
    ensure!(side <= *most, "its images would have {side} px a side; from {least} to {most} can be made");
    Ok(read)
}

/// What is said of objects that stand beside the weights, of these classes.
fn left_out(classes: &[String]) -> String {
    let some: Vec<String> = classes.iter().take(MOST_CLASSES).map(|class| shown(class)).collect();
    let more = if classes.len() > some.len() { " and others" } else { "" };
    format!(
        "objects of other programs are left out, and nothing of them was run: {}{more} (weights in them are read once \
         they are saved with torch.save(model.state_dict(), path))",
        some.join(", ")
    )
}

/// What a file is that is neither of both kinds, and what to do.
fn other_kind(bytes: &[u8]) -> &'static str {
    match bytes {
        // Of protocol 2 and later.
        [0x80, 2..=5, ..] => {
            "it is a Python pickle, as StyleGAN's checkpoints are, which holds a program and not a table of weights; \
             nothing of it was run. Make images with that program, and score their folder"
        }
        [0x1f, 0x8b, ..] => "it is packed with gzip; unpack it, and name the file that was in it",
        _ if bytes.get(257..262) == Some(b"ustar") => {
            "it is a tar archive; unpack it, and name the file that was in it"
        }
        _ => "it is neither a safetensors (.safetensors) nor a PyTorch (.pth, .pt) file; choose one that is",
    }
}

/// The tensors of the generator in a file by their own names, the table that they are in, and what a person should
/// know of where they are from.
fn generator_of(
    bytes: &[u8],
    table: Option<&str>,
) -> anyhow::Result<(NamedTensors, Option<String>, Vec<String>)> {
    if BURNPACK.iter().any(|magic| bytes.starts_with(magic)) {
        bail!(
            "it is a file of burn's own format (burnpack), and models are read from safetensors (.safetensors) and \
             PyTorch (.pth, .pt) files; save it as one of these"
        );
    }
    let mut file = TensorFile::open(bytes).map_err(|error| match error {
        TensorsError::OtherKind { .. } => anyhow!("{}", other_kind(bytes)),
        error => error.into(),
    })?;
    let left_out = (!file.left_out().is_empty()).then(|| left_out(file.left_out()));
    let found = GeneratorTable::find(&file.list()?, &file.tables()?, table);
    let GeneratorTable { names, table, mut notes } = found.map_err(|error| match &left_out {
        // The generator may be in one of them, as in a model that was saved whole.
        Some(left_out) => anyhow!("{error}; {left_out}"),
        None => error.into(),
    })?;
    notes.extend(left_out);
    let arrays = file.read(&|name| names.contains_key(name))?;
    let mut own = BTreeMap::new();
    for (name, array) in arrays {
        let name = names[&name].clone();
        if let Some(twice) = own.insert(name.clone(), array) {
            drop(twice);
            bail!("two of its tensors are called {name}, one of them in a wrapper; save the weights again");
        }
    }
    Ok((named(own), table, notes))
}
