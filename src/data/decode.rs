//! One image file to pixels.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use super::limits::{LARGE_MEMORY, MAX_FILE, MAX_PIXELS, MAX_RATIO, MAX_SIDE, SMALL_MEMORY, SMALL_PIXELS};
use crate::input;

/// Held while a large image is decoded, so that as many threads as there are do not take as many times the
/// memory.
static LARGE: Mutex<()> = Mutex::new(());

/// Decodes one file to its pixels `[height, width, 3]` over `background`, width and height; or says why not.
/// Of a file with several frames, the first one.
pub(super) fn decode(path: &Path, background: [u8; 3]) -> Result<(Vec<u8>, [u32; 2]), String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let (file, length) = input::open(path).map_err(unreadable)?;
    if length > MAX_FILE {
        return Err(format!("its {length} bytes are over the limit of {} MiB", MAX_FILE >> 20));
    }
    let small = decoder(file, SMALL_MEMORY)?;
    let (width, height) = small.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(format!(
            "{width} x {height} pixels are over the limit of {MAX_SIDE} a side and 64 megapixels"
        ));
    }
    if pixels == 0 {
        return Err("it has no pixels".into());
    }
    if pixels <= SMALL_PIXELS {
        return finish(small, background);
    }
    drop(small);
    if 3 * pixels > MAX_RATIO.saturating_mul(length) {
        return Err(format!(
            "{width} x {height} pixels in {length} bytes are packed more than {MAX_RATIO} to 1, as only files made \
             to fill memory are"
        ));
    }
    let _alone = LARGE.lock().unwrap_or_else(PoisonError::into_inner);
    let (file, _) = input::open(path).map_err(unreadable)?;
    finish(decoder(file, LARGE_MEMORY)?, background)
}

/// Reads an image's header. The content decides, whatever the file is called.
fn decoder(file: File, memory: u64) -> Result<impl ImageDecoder, String> {
    let reader = ImageReader::new(BufReader::new(file)).with_guessed_format();
    let mut reader = reader.map_err(|error| format!("cannot be read: {error}"))?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(memory);
    reader.limits(limits);
    reader.into_decoder().map_err(explain)
}

fn finish(mut decoder: impl ImageDecoder, background: [u8; 3]) -> Result<(Vec<u8>, [u32; 2]), String> {
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

fn explain(error: ImageError) -> String {
    match error {
        ImageError::Unsupported(_) => {
            "not an image in one of the formats png, jpeg, gif, bmp, webp".to_string()
        }
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            "the file is cut off".to_string()
        }
        ImageError::Limits(error) => format!("it needs more memory than an image may: {error}"),
        error => format!("damaged: {error}"),
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
