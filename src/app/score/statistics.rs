//! Mean and covariance of features as a file (`.npz`).

use std::path::Path;

use anyhow::{Context as _, ensure};

use crate::input;
use crate::metric::Gaussian;
use crate::tensors::Moments;

/// Reads statistics of features with `width` values.
pub(super) fn read(path: &Path, width: usize) -> anyhow::Result<Gaussian> {
    let unusable = || format!("{} cannot be used as statistics", path.display());
    let (file, _) = input::open(path).with_context(unusable)?;
    let Moments { mean, covariance } = Moments::read(file).with_context(unusable)?;
    ensure!(
        mean.len() == width,
        "{} is of features of width {}, and this extractor's have {width}; compute the statistics again with it",
        path.display(),
        mean.len()
    );
    Ok(Gaussian::new(mean, &covariance))
}

/// Writes statistics.
pub(super) fn write(gaussian: &Gaussian, path: &Path) -> anyhow::Result<()> {
    let unwritable = || format!("the statistics cannot be written to {}", path.display());
    let moments = Moments { mean: gaussian.mean.clone(), covariance: gaussian.rows() };
    let mut bytes = std::io::Cursor::new(Vec::new());
    moments.write(&mut bytes).with_context(unwritable)?;
    crate::run::write_file(path, bytes.get_ref()).with_context(unwritable)?;
    Ok(())
}
