//! Brings the Inception network's weights to this machine, once.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::data::fetch::{DownloadProgress, fetch_inception};
use crate::metric::extractor::inception::InceptionWeights;

/// Downloads the weights into the folder `to`, or for the time being into `cache`; reads and checks them, and
/// keeps them in `cache`. Returns the kept file; where it was there before, nothing is downloaded. `mirror`
/// replaces their publisher.
///
/// # Errors
///
/// If they cannot be downloaded or written, or something else arrived.
pub fn bring_inception(
    cache: &Path,
    to: Option<&Path>,
    mirror: Option<&str>,
    progress: &mut dyn FnMut(DownloadProgress<'_>),
) -> anyhow::Result<PathBuf> {
    if to.is_none() && InceptionWeights::cached(cache).is_ok_and(|kept| kept.is_public()) {
        return Ok(InceptionWeights::place(cache));
    }
    let file = fetch_inception(to.unwrap_or(cache), mirror, progress)?;
    let kept = InceptionWeights::read(&file)?.keep(cache)?;
    if to.is_none() {
        std::fs::remove_file(&file).with_context(|| format!("{} cannot be removed", file.display()))?;
    }
    Ok(kept)
}
