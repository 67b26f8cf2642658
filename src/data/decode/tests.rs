#![allow(clippy::unwrap_used)]
use std::fs;

use image::{ImageBuffer, Rgb, RgbImage, Rgba};

use super::*;

const WHITE: [u8; 3] = [255; 3];

fn shade(x: u32, y: u32) -> u8 {
    (x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 7) as u8
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// What comes of a file with this content.
fn get(bytes: &[u8]) -> Result<Decoded, Cause> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    decode(file.path(), WHITE, |image| image)
}

fn reason(bytes: &[u8]) -> Option<Reason> {
    get(bytes).err().map(|cause| cause.reason)
}

#[test]
fn what_is_cut_in_half_or_overwritten_with_zeros_is_no_picture() {
    let image = DynamicImage::from(RgbImage::from_fn(90, 70, |x, y| Rgb([shade(x, y), x as u8, y as u8])));
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP]
    {
        let bytes = encoded(&image, format);
        assert_eq!(get(&bytes).unwrap().size, [90, 70], "{format:?}");
        let half = bytes.len() / 2;
        let cut = get(&bytes[..half]).err().unwrap();
        assert_eq!(cut.to_string(), Reason::CutOff.words(), "{format:?}");
        // Zeros are good pixels of a BMP file.
        if format != ImageFormat::Bmp {
            let mut zeroed = bytes.clone();
            zeroed[half..].fill(0);
            let zeroed = reason(&zeroed);
            assert!(matches!(zeroed, Some(Reason::CutOff | Reason::Damaged)), "{format:?}: {zeroed:?}");
        }
    }
    let jpeg = encoded(&image, ImageFormat::Jpeg);
    assert_eq!(reason(&jpeg[..jpeg.len() / 2]), Some(Reason::CutOff));
    let whole = get(&jpeg).unwrap().pixels;
    assert_eq!(get(&jpeg[..jpeg.len() - 2]).unwrap().pixels, whole, "it lacks its end marker only");
}

#[test]
fn what_follows_a_whole_picture_is_no_matter() {
    let image = DynamicImage::from(RgbImage::from_fn(90, 70, |x, y| Rgb([shade(x, y), x as u8, y as u8])));
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let bytes = encoded(&image, format);
        let padded = get(&[&bytes[..], &[0; 3_000]].concat()).unwrap();
        assert_eq!(padded.pixels, get(&bytes).unwrap().pixels, "{format:?}");
    }
}

#[test]
fn a_png_file_without_its_last_chunk_is_whole() {
    let image = DynamicImage::from(RgbImage::from_fn(90, 70, |x, y| Rgb([shade(x, y), x as u8, y as u8])));
    let bytes = encoded(&image, ImageFormat::Png);
    let whole = get(&bytes).unwrap().pixels;
    for less in 1..=12 {
        assert_eq!(get(&bytes[..bytes.len() - less]).unwrap().pixels, whole, "{less} bytes less");
    }
    // With one byte less of its data, or of the sum behind that, it is not.
    for less in 13..=20 {
        assert_eq!(reason(&bytes[..bytes.len() - less]), Some(Reason::CutOff), "{less} bytes less");
    }
}

#[test]
fn what_a_decoder_says_of_an_early_end_is_cut_off_and_formats_are_not_named_twice() {
    let said = |text: &str| {
        let error = image::error::DecodingError::new(ImageFormat::Gif.into(), text);
        explain(ImageError::Decoding(error)).to_string()
    };
    assert_eq!(said("image truncated"), Reason::CutOff.words());
    assert_eq!(said("Unexpected End of File"), Reason::CutOff.words());
    assert_eq!(said("no color table"), "damaged: no color table");
}

#[test]
fn decoders_say_nothing_in_values_of_their_own() {
    let image = DynamicImage::from(RgbImage::from_fn(90, 70, |x, y| Rgb([shade(x, y), x as u8, y as u8])));
    let mut bytes = encoded(&image, ImageFormat::Png);
    // The sum of its pixels' chunk.
    let at = bytes.len() - 13;
    bytes[at] ^= 0xff;
    assert_eq!(get(&bytes).err().unwrap().to_string(), "damaged");
}

#[test]
fn kinds_of_jpeg_that_are_not_read_are_no_damaged_pictures() {
    let image = DynamicImage::from(RgbImage::from_fn(40, 30, |x, y| Rgb([shade(x, y), x as u8, y as u8])));
    let jpeg = encoded(&image, ImageFormat::Jpeg);
    let at = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let kinds = [
        (0xc1, 12, "it has more than 8 bits a channel"),
        (0xc3, 8, "its pixels are packed without loss"),
        (0xc9, 8, "its codes are arithmetic"),
        (0xc5, 8, "it is hierarchical"),
        (0xf7, 8, "it is JPEG-LS"),
    ];
    for (marker, bits, kind) in kinds {
        let mut other = jpeg.clone();
        (other[at + 1], other[at + 4]) = (marker, bits);
        let expected = format!("{}: {kind}", Reason::UnreadJpeg.words());
        assert_eq!(get(&other).err().unwrap().to_string(), expected);
    }
}

/// Drawings and scans become hundreds of times as large as their files, and are pictures all the same.
#[test]
fn flat_drawings_and_scans_are_read() {
    let drawing = DynamicImage::from(ImageBuffer::from_fn(3_000, 3_000, |x, y| {
        if (x / 1_500 + y / 1_500) % 2 == 0 { Rgba([250u8, 200, 0, 255]) } else { Rgba([0, 0, 0, 0]) }
    }));
    let bytes = encoded(&drawing, ImageFormat::Png);
    assert!(9_000_000 * 4 / bytes.len() > 100, "{} bytes", bytes.len());
    let Decoded { pixels, size } = get(&bytes).unwrap();
    assert_eq!(size, [3_000, 3_000]);
    assert_eq!((&pixels[..3], &pixels[3 * 2_999..3 * 3_000]), (&[250, 200, 0][..], &[255; 3][..]));
    // A page at 600 dots an inch, black and white: a bit a pixel.
    let mut scan = Vec::new();
    let mut encoder = png::Encoder::new(&mut scan, 4_960, 7_016);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let page: Vec<u8> = (0..7_016).flat_map(|row| [if row % 100 < 10 { 0u8 } else { 0xff }; 620]).collect();
    encoder.write_header().unwrap().write_image_data(&page).unwrap();
    let Decoded { pixels, size } = get(&scan).unwrap();
    assert_eq!(size, [4_960, 7_016]);
    let row = |row: usize| pixels[3 * 4_960 * row..][..3].to_vec();
    assert_eq!((row(9), row(10)), (vec![0; 3], vec![255; 3]));
}

#[test]
fn a_photo_of_200_megapixels_is_read() {
    let Decoded { pixels, size } = get(&super::jpeg::tests::flat(16_320, 12_240, 0)).unwrap();
    assert_eq!((size, pixels.len()), ([16_320, 12_240], 3 * 16_320 * 12_240));
    assert_eq!((&pixels[..3], &pixels[pixels.len() - 3..]), (&[128; 3][..], &[128; 3][..]));
}

#[test]
fn memory_is_counted_before_it_is_taken() {
    let bytes = |image: &DynamicImage, format, orientation| {
        let file = encoded(image, format);
        let reader = ImageReader::with_format(Cursor::new(&file[..]), format);
        needed(&reader.into_decoder().unwrap(), 100, orientation, 0)
    };
    let (png, still) = (ImageFormat::Png, Orientation::NoTransforms);
    let plain = DynamicImage::from(RgbImage::new(10, 10));
    assert_eq!(bytes(&plain, png, still), 300);
    assert_eq!(bytes(&plain, png, Orientation::Rotate90), 600);
    assert_eq!(bytes(&plain, png, Orientation::Rotate180), 300);
    assert_eq!(bytes(&plain.to_luma8().into(), png, still), 400);
    assert_eq!(bytes(&plain.to_rgba8().into(), png, still), 700);
    assert_eq!(bytes(&plain.to_rgba16().into(), png, still), 1_300);
    assert_eq!(bytes(&plain, ImageFormat::Jpeg, still), 300);
    // 200 megapixels of a phone fit, turned too; and not with 16 bits a channel and transparency.
    let [phone, deep] = [6, 13].map(|each| each * MAX_PIXELS);
    assert!(phone <= LARGE_MEMORY && deep > LARGE_MEMORY);
}
