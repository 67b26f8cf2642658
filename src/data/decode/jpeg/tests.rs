#![allow(clippy::unwrap_used)]
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, RgbImage};
use proptest::prelude::*;

use super::super::ZEROS;
use super::*;

/// Progressive, of half the colours' resolution, with restarts: 16 x 16 pixels.
const PROGRESSIVE: &[u8] = include_bytes!("../../../../tests/fixtures/progressive.jpg");

fn shade(x: u32, y: u32) -> u8 {
    (x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 7) as u8
}

fn encoded(image: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    bytes
}

/// Files of cameras and programs, as far as one can be made here.
fn files() -> Vec<Vec<u8>> {
    let colour =
        |w, h| DynamicImage::from(RgbImage::from_fn(w, h, |x, y| image::Rgb([shade(x, y), x as u8, 9])));
    let grey = DynamicImage::from(GrayImage::from_fn(37, 21, |x, y| image::Luma([shade(x, y)])));
    let smooth = DynamicImage::from(RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 200])));
    vec![
        encoded(&colour(40, 30), 90),
        encoded(&colour(17, 9), 30),
        encoded(&grey, 75),
        encoded(&smooth, 100),
        flat(33, 17, 0),
        flat(33, 17, 1),
        flat(64, 64, 3),
        PROGRESSIVE.to_vec(),
    ]
}

/// A grey file with colours at half resolution and codes of one bit, so that all data is zeros; with a restart
/// after each `interval` units, if that is not 0.
pub fn flat(width: u16, height: u16, interval: u16) -> Vec<u8> {
    let segment = |marker: u8, content: &[u8]| {
        [&[0xff, marker][..], &(content.len() as u16 + 2).to_be_bytes(), content].concat()
    };
    let [w, h] = [width, height].map(u16::to_be_bytes);
    let table = |kind: u8| [&[kind, 1][..], &[0; 15], &[0]].concat();
    let mut file = [
        vec![0xff, 0xd8],
        segment(0xdb, &[&[0][..], &[1; 64]].concat()),
        segment(0xc0, &[&[8][..], &h, &w, &[3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]].concat()),
        segment(0xc4, &[table(0), table(0x10)].concat()),
        segment(0xdd, &interval.to_be_bytes()),
        segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
    ]
    .concat();
    let units = usize::from(width.div_ceil(16)) * usize::from(height.div_ceil(16));
    let per = if interval == 0 { units } else { usize::from(interval) };
    for (number, first) in (0..units).step_by(per).enumerate() {
        if number > 0 {
            file.extend([0xff, 0xd0 + (number - 1) as u8 % 8]);
        }
        // Six blocks of two bits a unit; ones fill up.
        let bits = 12 * per.min(units - first);
        file.resize(file.len() + bits / 8, 0);
        if bits % 8 > 0 {
            file.push(0xff >> (bits % 8));
        }
    }
    file.extend([0xff, 0xd9]);
    file
}

/// Where the data of the first scan begins.
fn data(file: &[u8]) -> usize {
    Segments::new(file).find(|segment| segment.marker == 0xda).unwrap().end
}

#[test]
fn whole_files_are_whole_with_and_without_their_end_marker() {
    for (number, file) in files().iter().enumerate() {
        image::load_from_memory(file).unwrap();
        assert!(header(file).is_some(), "{number}");
        for cut in 0..=2 {
            assert_eq!(walk(&file[..file.len() - cut]), Walk::Whole, "{number} less {cut}");
        }
        // What follows the end marker is another matter.
        assert_eq!(walk(&[file, &[0; 9_000][..]].concat()), Walk::Whole, "{number}");
    }
}

#[test]
fn every_cut_in_the_data_is_found() {
    for (number, file) in files().iter().enumerate() {
        for end in 2..data(file) {
            assert!(ends_in_header(&file[..end]), "{number} cut at {end}");
        }
        assert!(!ends_in_header(file) && !ends_in_header(&file[..file.len() - 2]), "{number}");
        for end in data(file)..file.len() - 2 {
            assert_eq!(walk(&file[..end]), Walk::EndsEarly, "{number} cut at {end} of {}", file.len());
        }
        // Also where a program has closed it.
        let half = (data(file) + file.len()) / 2;
        let closed = [&file[..half], &[0xff, 0xd9]].concat();
        // A progressive file that is closed early is a rough picture.
        if number < 7 {
            assert_eq!(walk(&closed), Walk::EndsEarly, "{number}");
        }
    }
}

#[test]
fn data_overwritten_with_zeros_is_found() {
    let noise =
        DynamicImage::from(RgbImage::from_fn(400, 300, |x, y| image::Rgb([shade(x, y), shade(y, x), 9])));
    let large = [encoded(&noise, 60), encoded(&noise, 98), flat(1_024, 1_024, 0)];
    for (number, file) in files().iter().take(4).chain(&large).enumerate() {
        let mut zeroed = file.clone();
        let half = (data(file) + file.len()) / 2;
        zeroed[half..].fill(0);
        // Of a flat picture nothing is lost.
        zeroed.extend([0; 100]);
        assert_ne!(walk(&zeroed), Walk::Whole, "{number}");
    }
    // A hole in the middle.
    for file in &large[..2] {
        let mut holed = file.clone();
        let half = (data(file) + file.len()) / 2;
        holed[half..half + 8_192].fill(0);
        assert_ne!(walk(&holed), Walk::Whole);
    }
    // And a flat picture, whose data is zeros, is whole.
    assert!(large[2].windows(ZEROS).any(|part| part.iter().all(|&byte| byte == 0)));
    assert_eq!(walk(&large[2]), Walk::Whole);
}

/// A sector of a disk that was lost: half of its picture is moved to the side, and decoders say nothing.
#[test]
fn a_hole_of_one_sector_is_found() {
    let noise =
        DynamicImage::from(RgbImage::from_fn(160, 120, |x, y| image::Rgb([shade(x, y), shade(y, x), 9])));
    for quality in [40, 75, 95] {
        let file = encoded(&noise, quality);
        let data = data(&file);
        let last = file.len() - 2 - 600;
        for start in (data..last).step_by(311) {
            let mut holed = file.clone();
            holed[start..start + ZEROS].fill(0);
            assert_ne!(walk(&holed), Walk::Whole, "quality {quality} at {start} of {}", file.len());
        }
        // Zeros or ones that fill up before the end marker are none.
        for filler in [0, 0xff] {
            let mut padded = file.clone();
            padded.splice(file.len() - 2..file.len() - 2, [filler; 2_000]);
            assert_eq!(walk(&padded), Walk::Whole);
        }
    }
}

/// It would otherwise depend on what follows in the file whether the picture is used.
#[test]
fn a_segment_that_is_cut_off_is_found_whatever_it_is() {
    let file = &files()[0];
    let open = &file[..file.len() - 2];
    for start in [&[0xff, 0xda, 0, 109, 8][..], &[0xff, 0xc4, 1], &[0xff, 0xe1], &[0xff, 0xfe, 0, 9, b'x']] {
        assert_eq!(walk(&[open, start].concat()), Walk::EndsEarly, "{start:x?}");
        assert_eq!(walk(&[file, start].concat()), Walk::Whole, "{start:x?} behind the end marker");
    }
}

/// Decoders take what a scan's damaged header makes of it: false colours over the whole picture.
#[test]
fn a_scan_that_cannot_come_next_is_damage() {
    let is_restart = |segment: &Segment<'_>| matches!(segment.marker, 0xd0..=0xd7);
    let segments: Vec<_> = Segments::new(PROGRESSIVE).filter(|segment| !is_restart(segment)).collect();
    let scans: Vec<_> = segments.windows(2).filter(|pair| pair[0].marker == 0xda).collect();
    // The first three are each colour's own lowest frequency.
    assert!(scans.len() > 3, "{}", scans.len());
    for pair in &scans[3..] {
        let (start, end, next) = (pair[0].at, pair[0].end, pair[1].at);
        // Band and bits stand last: zeros make another first scan of the lowest frequency of it.
        for last in [[0, 0, 0], [9, 8, 0]] {
            let mut changed = PROGRESSIVE.to_vec();
            changed[end - 3..end].copy_from_slice(&last);
            assert_eq!(walk(&changed), Walk::Damaged, "the scan at {start} with {last:?}");
        }
        let twice = [&PROGRESSIVE[..next], &PROGRESSIVE[start..]].concat();
        assert_eq!(walk(&twice), Walk::Damaged, "the scan at {start}, twice");
    }
}

#[test]
fn the_memory_for_coefficients_is_known_before_it_is_taken() {
    assert_eq!(header(&files()[0]).unwrap(), Header { size: [40, 30], coefficients: 0 });
    // One unit of six blocks of 64 numbers of two bytes.
    assert_eq!(header(PROGRESSIVE).unwrap().coefficients, 6 * 128);
    let huge = |marker: u8| {
        let mut file = flat(0xffff, 0xffff, 0);
        let at = file.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        file[at + 1] = marker;
        file
    };
    let units = 4_096 * 4_096;
    assert_eq!(header(&huge(0xc2)), None, "a progressive scan of all coefficients is none");
    assert_eq!(header(&huge(0xc0)).unwrap().coefficients, 0);
    assert_eq!(
        Frame::read(&[8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0], true).unwrap().coefficients(),
        4 * units * 128
    );
}

#[test]
fn other_kinds_are_left_to_the_decoder() {
    let mut file = files().remove(0);
    for content in [&b""[..], b"\xff\xd8", b"\xff\xd8\xff\xd9", b"GIF89a"] {
        assert_eq!((walk(content), header(content)), (Walk::Whole, None));
    }
    // Arithmetic codes.
    let at = file.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    file[at + 1] = 0xc9;
    assert_eq!((walk(&file), header(&file)), (Walk::Whole, None));
}

proptest! {
    #[test]
    fn anything_is_walked_to_an_end(file in 0usize..8, changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..20), cut: usize) {
        let mut file = files().swap_remove(file);
        for (at, value) in changes {
            let at = at % file.len();
            file[at] = value;
        }
        file.truncate(cut % (file.len() + 1));
        // Its size may have become anything, within what is decoded at all.
        if header(&file).is_none_or(|header| header.coefficients < 1 << 24) {
            walk(&file);
        }
    }
}
