//! One image file to pixels.

mod kind;

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use super::limits::{LARGE_MEMORY, MAX_FILE, MAX_PIXELS, MAX_RATIO, MAX_SIDE, SMALL_MEMORY, SMALL_PIXELS};
use super::reason::{Cause, Reason};
use crate::input;

pub(super) use kind::{is_hidden, is_picture};

/// Held while a large image is decoded, so that as many threads as there are do not take as many times the
/// memory.
static LARGE: Mutex<()> = Mutex::new(());

/// Decodes one file to its pixels `[height, width, 3]` over `background`, width and height; or says why not.
/// Of a file with several frames, the first one.
pub(super) fn decode(path: &Path, background: [u8; 3]) -> Result<(Vec<u8>, [u32; 2]), Cause> {
    let (file, length) = input::open(path).map_err(unreadable)?;
    if length > MAX_FILE {
        let detail = format!("its {length} bytes are over the limit of {} MiB", MAX_FILE >> 20);
        return Err(Cause::new(Reason::TooLarge, detail));
    }
    let small = decoder(file, SMALL_MEMORY)?;
    let (width, height) = small.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_SIDE || pixels > MAX_PIXELS {
        let detail =
            format!("{width} x {height} pixels are over the limit of {MAX_SIDE} a side and 64 megapixels");
        return Err(Cause::new(Reason::TooLarge, detail));
    }
    if pixels == 0 {
        return Err(Cause::new(Reason::Damaged, "it has no pixels"));
    }
    if pixels <= SMALL_PIXELS {
        return finish(small, background);
    }
    drop(small);
    if 3 * pixels > MAX_RATIO.saturating_mul(length) {
        let detail = format!(
            "{width} x {height} pixels in {length} bytes are packed more than {MAX_RATIO} to 1, as only files made \
             to fill memory are"
        );
        return Err(Cause::new(Reason::TooLarge, detail));
    }
    let _alone = LARGE.lock().unwrap_or_else(PoisonError::into_inner);
    let (file, _) = input::open(path).map_err(unreadable)?;
    finish(decoder(file, LARGE_MEMORY)?, background)
}

/// Reads an image's header. The content decides, whatever the file is called.
fn decoder(file: File, memory: u64) -> Result<impl ImageDecoder, Cause> {
    let reader = ImageReader::new(BufReader::new(file)).with_guessed_format();
    let mut reader = reader.map_err(unreadable)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(memory);
    reader.limits(limits);
    reader.into_decoder().map_err(explain)
}

fn finish(mut decoder: impl ImageDecoder, background: [u8; 3]) -> Result<(Vec<u8>, [u32; 2]), Cause> {
    let orientation = decoder.orientation().map_err(explain)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(explain)?;
    image.apply_orientation(orientation);
    let size = [image.width(), image.height()];
    let rgb = if image.color().has_alpha() {
        flatten(&image.into_rgba8(), background)
    } else {
        image.into_rgb8().into_raw()
    };
    Ok((rgb, size))
}

fn unreadable(error: std::io::Error) -> Cause {
    Cause::new(Reason::Unreadable, error.to_string())
}

fn explain(error: ImageError) -> Cause {
    match error {
        ImageError::Unsupported(_) => Reason::UnknownFormat.into(),
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => Reason::CutOff.into(),
        ImageError::Limits(error) => Cause::new(Reason::TooMuchMemory, error.to_string()),
        error => Cause::new(Reason::Damaged, error.to_string()),
    }
}

/// Lays transparent pixels over `background`.
fn flatten(image: &image::RgbaImage, background: [u8; 3]) -> Vec<u8> {
    let blend = |value: u8, behind: u8, alpha: u8| {
        let (value, behind, alpha) = (u32::from(value), u32::from(behind), u32::from(alpha));
        ((value * alpha + behind * (255 - alpha) + 127) / 255) as u8
    };
    let pixels = image.pixels().map(|pixel| pixel.0);
    pixels
        .flat_map(|[r, g, b, a]| {
            [blend(r, background[0], a), blend(g, background[1], a), blend(b, background[2], a)]
        })
        .collect()
}
