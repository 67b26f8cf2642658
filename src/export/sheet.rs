//! A contact sheet: images with a caption under each, and what they are on top.

use super::canvas::Canvas;
use super::{Picture, font};

const PAPER: u32 = 0xff_ff_ff;
const TEXT: u32 = 0x22_26_2c;
const WEAK: u32 = 0x5d_65_70;
/// Pixels around the sheet, and between images.
const MARGIN: u32 = 16;
const GAP: u32 = 12;
/// Height of letters, and of their lines relative to that.
const TITLE: f32 = 16.0;
const CAPTION: f32 = 12.0;
const LINE: f32 = 1.4;
/// The narrowest that a title is broken to.
const NARROWEST: f32 = 240.0;
/// The most pixels to a side.
const LARGEST: u32 = 32_767;

/// Images with their captions in `columns` columns, below `title`, which is broken into lines where it
/// is wider than they are.
///
/// # Errors
///
/// If there is no image, or the sheet were too large for a picture, in a sentence.
pub fn contact_sheet(title: &str, images: &[(Picture, String)], columns: usize) -> Result<Picture, String> {
    if images.is_empty() {
        return Err("a contact sheet needs at least one image".to_owned());
    }
    let columns = columns.clamp(1, images.len());
    let caption_height = pixels(LINE * CAPTION);
    let widest =
        |(picture, caption): &(Picture, String)| picture.size().0.max(pixels(font::width(caption, CAPTION)));
    let cell_width = images.iter().map(widest).max().unwrap_or(0);
    let image_height = images.iter().map(|(picture, _)| picture.size().1).max().unwrap_or(0);
    let (across, down) = (columns as u64, images.len().div_ceil(columns) as u64);
    let extent = |count: u64, each: u32| count * u64::from(each + GAP) - u64::from(GAP);
    let images_width = extent(across, cell_width);
    let title = broken(title, TITLE, (images_width as f32).max(NARROWEST));
    let title_width = title.iter().map(|line| pixels(font::width(line, TITLE))).max().unwrap_or(0);
    let line_height = pixels(LINE * TITLE);
    let head = match title.len() as u32 {
        0 => 0,
        lines => lines * line_height + GAP,
    };
    let width = images_width.max(u64::from(title_width)) + u64::from(2 * MARGIN);
    let height = extent(down, image_height + caption_height) + u64::from(head + 2 * MARGIN);
    let too_large =
        || format!("a contact sheet of {width} x {height} pixels is too large; take fewer or smaller images");
    if width.max(height) > u64::from(LARGEST) {
        return Err(too_large());
    }
    let mut canvas = Canvas::new(width as u32, height as u32, PAPER).ok_or_else(too_large)?;
    for (number, line) in title.iter().enumerate() {
        let base = MARGIN as f32 + number as f32 * line_height as f32 + TITLE;
        canvas.text(line, TITLE, [MARGIN as f32, base], false, TEXT);
    }
    for (number, (picture, caption)) in images.iter().enumerate() {
        let left = MARGIN + (number % columns) as u32 * (cell_width + GAP);
        let top = MARGIN + head + (number / columns) as u32 * (image_height + caption_height + GAP);
        let (width, height) = picture.size();
        canvas.picture(picture, [left + (cell_width - width) / 2, top + image_height - height]);
        let at = [left as f32 + cell_width as f32 / 2.0, (top + image_height) as f32 + 1.1 * CAPTION];
        canvas.text(caption, CAPTION, at, true, WEAK);
    }
    Ok(canvas.finish())
}

fn pixels(length: f32) -> u32 {
    length.ceil() as u32
}

/// Text in lines that are at most so wide, or have a single word.
fn broken(text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if font::width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn image(shade: f32, side: usize) -> Picture {
        Picture::grid(&vec![shade; 3 * side * side], side, 1)
    }

    #[test]
    fn every_image_stands_in_its_place_with_a_caption_below() {
        let images: Vec<(Picture, String)> =
            (0..5).map(|n| (image(n as f32 / 2.5 - 1.0, 64), format!("seed {n}"))).collect();
        let sheet = contact_sheet("1 0 1 1 · quick", &images, 2).unwrap();
        let (width, height) = sheet.size();
        let head = pixels(LINE * TITLE) + GAP;
        let pitch = 64 + pixels(LINE * CAPTION) + GAP;
        assert_eq!(height, 2 * MARGIN + head + 3 * pitch - GAP);
        assert!(width >= 2 * MARGIN + 2 * 64 + GAP);
        let ink = |left: u32, top: u32, w: u32, h: u32| {
            let places = (left..left + w).flat_map(|x| (top..top + h).map(move |y| (x, y)));
            places.filter(|&(x, y)| sheet.image().get_pixel(x, y).0 != [255; 3]).count()
        };
        for (n, (picture, _)) in images.iter().enumerate() {
            let (left, top) = (MARGIN + n as u32 % 2 * (64 + GAP), MARGIN + head + n as u32 / 2 * pitch);
            assert_eq!(sheet.image().get_pixel(left + 1, top + 1), picture.image().get_pixel(1, 1));
            assert_eq!(sheet.image().get_pixel(left + 63, top + 63), picture.image().get_pixel(63, 63));
            assert!(ink(left, top + 64, 64, pitch - 64) > 20, "no caption below image {n}");
        }
        assert!(ink(0, 0, width, MARGIN + head) > 50, "no title");
        // The place of a sixth image is empty.
        let (left, top) = (MARGIN + 64 + GAP, MARGIN + head + 2 * pitch);
        assert_eq!(ink(left, top, width - left, height - top), 0);
    }

    #[test]
    fn a_long_title_is_broken_and_stays_on_the_sheet() {
        let title =
            "Architecture 1 0 1 1 1 0 0 1 1 1 0 1 0 3 of the run 2026-01-01-quick, Fréchet distance 12.3";
        let lines = broken(title, TITLE, NARROWEST);
        assert!(lines.len() > 2 && lines.join(" ") == title);
        assert!(lines.iter().all(|line| font::width(line, TITLE) <= NARROWEST));
        let sheet = contact_sheet(title, &[(image(0.0, 8), String::new())], 8).unwrap();
        assert!(sheet.size().0 <= 2 * MARGIN + NARROWEST as u32 + 1, "{:?}", sheet.size());
    }

    #[test]
    fn no_images_and_too_many_are_refused_in_a_sentence() {
        assert!(contact_sheet("x", &[], 3).unwrap_err().contains("at least one"));
        let tall = vec![(image(0.0, 8), String::new()); 1000];
        let error = contact_sheet("", &tall, 1).unwrap_err();
        assert!(error.contains("too large"), "{error}");
    }
}
