//! What a run leaves behind: the best generator, its images and the summary.

use std::path::Path;

use anyhow::Context as _;
use burn::tensor::Device;

use crate::config::RunConfig;
use crate::engine::event::Summary;
use crate::gan::picture;
use crate::model::ModelFile;
use crate::run::write_atomic;
use crate::search::{Job, SearchError};

/// Enlargement of the pictures in a run's folder, so that 32 px images can be looked at.
pub const ENLARGED: u32 = 3;
/// The winner's weights in a run's folder.
pub const WEIGHTS: &str = "export/winner.safetensors";
/// The raw generator's weights at the same evaluation, which the winner's are the moving average of.
const RAW_WEIGHTS: &str = "export/winner-raw.safetensors";
/// The winner's images in a run's folder.
const PICTURE: &str = "export/winner.png";

/// Writes the best generator so far, if there is one, so that it can be used before the end. Returns the file
/// with its average weights.
pub(super) fn export_winner(job: &dyn Job, dir: &Path) -> anyhow::Result<Option<ModelFile>> {
    let Some(winner) = job.winner() else {
        return Ok(None);
    };
    let write = |name: &str, file: &ModelFile| -> anyhow::Result<()> {
        Ok(write_atomic(&dir.join(name), &file.to_bytes()?)?)
    };
    if let Some(raw) = &winner.raw {
        write(RAW_WEIGHTS, raw)?;
    }
    write(WEIGHTS, &winner.average)?;
    Ok(Some(winner.average))
}

/// Writes what the run leaves behind, but for its summary, which it returns.
pub(super) fn conclude(job: &dyn Job, dir: &Path, config: &RunConfig) -> anyhow::Result<Summary> {
    let file = export_winner(job, dir)?
        .context("the run ended without a scored generator; raise score.samples or derive.steps")?;
    // On the CPU, so that the picture is the same whatever the run was on.
    let generator = file.generator(&Device::flex())?;
    let grid = picture(&generator, config.seed).map_err(SearchError::from)?;
    write_atomic(&dir.join(PICTURE), &grid.enlarged(ENLARGED).png())?;
    Ok(Summary {
        data: config.data.source.clone(),
        side: file.config.side(file.genotype.cells.len()),
        trained: job.trained(),
        candidates: job.board().map_or(0, |board| board.len()),
        estimate_macs: job.board().map_or(0, |board| board.macs()),
        weights: WEIGHTS.to_owned(),
        grid: PICTURE.to_owned(),
    })
}
