#![allow(clippy::unwrap_used)]
use std::io::{Cursor, Write};

use image::{ImageBuffer, ImageFormat, Luma, Rgb, Rgba};
use proptest::prelude::*;

use super::*;
use crate::data::decode::{Decoded, decode};

/// A tag: its number, 3 for short and 4 for long numbers, and these.
type Tag = (u16, u16, Vec<u32>);

/// A file of pages, each with its tags, the places of its strips or tiles aside, and these.
fn file(is_little: bool, pages: &[(Vec<Tag>, Vec<Vec<u8>>)]) -> Vec<u8> {
    let short = |number: u32| {
        let number = number as u16;
        if is_little { number.to_le_bytes() } else { number.to_be_bytes() }
    };
    let long = |number: u32| if is_little { number.to_le_bytes() } else { number.to_be_bytes() };
    let mut file = [if is_little { *b"II" } else { *b"MM" }, short(42)].concat();
    let mut link = file.len();
    file.extend([0; 4]);
    for (tags, chunks) in pages {
        let mut tags = tags.clone();
        let mut starts = Vec::new();
        for chunk in chunks {
            starts.push(file.len() as u32);
            file.extend(chunk);
        }
        let is_tiled = tags.iter().any(|tag| tag.0 == TILE_WIDTH);
        let places = if is_tiled { [TILE_OFFSETS, TILE_BYTES] } else { [STRIP_OFFSETS, STRIP_BYTES] };
        tags.push((places[0], 4, starts));
        tags.push((places[1], 4, chunks.iter().map(|chunk| chunk.len() as u32).collect()));
        tags.sort();
        let mut directory = short(tags.len() as u32).to_vec();
        for (tag, kind, numbers) in tags {
            let mut value: Vec<u8> = match kind {
                3 => numbers.iter().flat_map(|&number| short(number)).collect(),
                _ => numbers.iter().flat_map(|&number| long(number)).collect(),
            };
            if value.len() > 4 {
                let at = file.len() as u32;
                file.extend(value);
                value = long(at).to_vec();
            }
            value.resize(4, 0);
            directory.extend(
                [&short(tag.into())[..], &short(kind.into()), &long(numbers.len() as u32), &value].concat(),
            );
        }
        let at = file.len() as u32;
        file[link..link + 4].copy_from_slice(&long(at));
        file.extend(directory);
        link = file.len();
        file.extend([0; 4]);
    }
    file
}

/// The tags of a page that needs no others.
fn tags(width: u32, height: u32, photometric: u32, bits: &[u32]) -> Vec<Tag> {
    vec![
        (WIDTH, 4, vec![width]),
        (HEIGHT, 4, vec![height]),
        (BITS, 3, bits.to_vec()),
        (PHOTOMETRIC, 3, vec![photometric]),
        (SAMPLES, 3, vec![bits.len() as u32]),
    ]
}

fn one(tags: &[Tag], more: &[Tag], chunk: &[u8]) -> Vec<u8> {
    file(true, &[([tags, more].concat(), vec![chunk.to_vec()])])
}

fn get(bytes: &[u8]) -> Result<Decoded, Cause> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    decode(file.path(), [255; 3], |image| image)
}

fn pixels(bytes: &[u8]) -> Vec<u8> {
    get(bytes).unwrap_or_else(|cause| panic!("{cause}")).pixels
}

fn why(bytes: &[u8]) -> String {
    get(bytes).err().map_or_else(|| "it is read".to_owned(), |cause| cause.to_string())
}

fn encoded(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Tiff).unwrap();
    bytes.into_inner()
}

#[test]
fn depths_and_colours_are_those_of_the_pixels() {
    let shade = |x: u32, y: u32| (x * 40 + y * 7) as u8;
    let colour = ImageBuffer::from_fn(6, 5, |x, y| Rgb([shade(x, y), x as u8, y as u8]));
    let Decoded { pixels: read, size } = get(&encoded(&colour.clone().into())).unwrap();
    assert_eq!((read, size), (colour.into_raw(), [6, 5]));
    let grey = DynamicImage::from(ImageBuffer::from_fn(3, 1, |x, _| Luma([x as u8])));
    assert_eq!(pixels(&encoded(&grey)), [0, 0, 0, 1, 1, 1, 2, 2, 2]);
    let deep = DynamicImage::from(ImageBuffer::from_fn(1, 1, |_, _| Rgb([0u16, 0x8080, 0xffff])));
    assert_eq!(pixels(&encoded(&deep)), [0, 128, 255]);
    let deep = DynamicImage::from(ImageBuffer::from_fn(1, 1, |_, _| Luma([257u16 * 9 + 129])));
    assert_eq!(pixels(&encoded(&deep)), [10; 3]);
    // Transparent pixels lie on the background.
    let clear = DynamicImage::from(ImageBuffer::from_fn(1, 1, |_, _| Rgba([255u8, 0, 0, 128])));
    assert_eq!(pixels(&encoded(&clear)), [255, 127, 127]);
}

#[test]
fn both_orders_of_bytes_and_all_kinds_of_grey_are_read() {
    for is_little in [true, false] {
        let sixteen = if is_little { vec![0x01, 0x80] } else { vec![0x80, 0x01] };
        let deep = file(is_little, &[(tags(1, 1, 1, &[16]), vec![sixteen])]);
        assert_eq!(pixels(&deep), [128; 3]);
        let byte = file(is_little, &[(tags(2, 1, 0, &[8]), vec![vec![0, 200]])]);
        assert_eq!(pixels(&byte), [255, 255, 255, 55, 55, 55], "white is zero");
        // A bit a pixel, nine to a row.
        let bits = file(is_little, &[(tags(9, 2, 1, &[1]), vec![vec![0b1010_0000, 0x80, 0, 0]])]);
        let white: Vec<bool> = pixels(&bits).chunks(3).map(|pixel| pixel == [255; 3]).collect();
        assert_eq!(white, [1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0].map(|bit| bit == 1));
    }
}

#[test]
fn inks_and_palettes_become_colours() {
    let inks = [0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255];
    assert_eq!(pixels(&one(&tags(3, 1, 5, &[8; 4]), &[], &inks)), [255, 255, 255, 0, 255, 255, 0, 0, 0]);
    for is_little in [true, false] {
        // Red values of all colours, then green, then blue; 257 times 8 bits.
        let mut map = vec![0; 768];
        (map[3], map[256 + 7], map[512 + 9]) = (200 * 257, 65_535, 257);
        let palette = |map: &[u32]| (PALETTE, 3, map.to_vec());
        let page = |map: &[u32]| ([tags(4, 1, 3, &[8]), vec![palette(map)]].concat(), vec![vec![3, 7, 9, 0]]);
        let colours = [200, 0, 0, 0, 255, 0, 0, 0, 1, 0, 0, 0];
        assert_eq!(pixels(&file(is_little, &[page(&map)])), colours);
        // As programs of old have written it.
        map.iter_mut().for_each(|value| *value /= 257);
        assert_eq!(pixels(&file(is_little, &[page(&map)])), colours);
        let two = [tags(2, 1, 3, &[1]), vec![palette(&[10, 20, 30, 40, 50, 60])]].concat();
        assert_eq!(pixels(&file(is_little, &[(two, vec![vec![0x40]])])), [10, 30, 50, 20, 40, 60]);
    }
}

#[test]
fn opacity_that_is_multiplied_in_already_is_not_multiplied_again() {
    let page =
        |kind: u32| one(&tags(1, 1, 2, &[8; 4]), &[(EXTRA_SAMPLES, 3, vec![kind])], &[128, 0, 64, 128]);
    assert_eq!(pixels(&page(1)), [255, 127, 191]);
    assert_eq!(pixels(&page(2)), [191, 127, 159]);
    // What is no opacity is left out.
    assert_eq!(pixels(&page(0)), [128, 0, 64]);
    let predicted = [(EXTRA_SAMPLES, 3, vec![0]), (PREDICTOR, 3, vec![2])];
    assert!(
        why(&one(&tags(1, 1, 2, &[8; 4]), &predicted, &[1; 4])).ends_with("channels that are no colours")
    );
}

#[test]
fn of_several_pages_the_first_is_read_and_turned_as_it_says() {
    let page = |width, orientation, value: u8| {
        let turned = (ORIENTATION, 3, vec![orientation]);
        let data = (0..2).map(|pixel| value + pixel).collect();
        ([tags(width, 2 / width, 1, &[8]), vec![turned]].concat(), vec![data])
    };
    let Decoded { pixels, size } = get(&file(true, &[page(2, 6, 10), page(1, 1, 200)])).unwrap();
    assert_eq!((pixels, size), (vec![10, 10, 10, 11, 11, 11], [1, 2]));
}

/// A picture of 6 x 4 grey pixels, all different.
fn grey() -> Vec<u8> {
    (0..24).map(|value| value * 10).collect()
}

fn coloured(grey: &[u8]) -> Vec<u8> {
    grey.iter().flat_map(|&value| [value; 3]).collect()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Codes of nine bits: all bytes as they are, between a start and an end.
fn lzw(bytes: &[u8]) -> Vec<u8> {
    let codes = [256].into_iter().chain(bytes.iter().map(|&byte| u32::from(byte))).chain([257]);
    let bits: String = codes.map(|code| format!("{code:09b}")).collect();
    let bytes = bits.as_bytes().chunks(8).map(|byte| format!("{:0<8}", std::str::from_utf8(byte).unwrap()));
    bytes.map(|byte| u8::from_str_radix(&byte, 2).unwrap()).collect()
}

#[test]
fn pixels_are_unpacked_by_every_usual_method() {
    let packbits: Vec<u8> = [&[23][..], &grey()].concat();
    for (method, data) in
        [(1, grey()), (5, lzw(&grey())), (8, zlib(&grey())), (32_946, zlib(&grey())), (32_773, packbits)]
    {
        let page = one(&tags(6, 4, 1, &[8]), &[(COMPRESSION, 3, vec![method])], &data);
        assert_eq!(pixels(&page), coloured(&grey()), "method {method}");
    }
    // Differences along each row.
    let rows = grey();
    let differences: Vec<u8> = rows
        .chunks(6)
        .flat_map(|row| {
            let before = [&[0], row].concat();
            row.iter().zip(before).map(|(value, before)| value.wrapping_sub(before)).collect::<Vec<u8>>()
        })
        .collect();
    let more = [(COMPRESSION, 3, vec![8]), (PREDICTOR, 3, vec![2])];
    assert_eq!(pixels(&one(&tags(6, 4, 1, &[8]), &more, &zlib(&differences))), coloured(&rows));
}

#[test]
fn strips_tiles_and_planes_are_put_together() {
    let strips = vec![grey()[..18].to_vec(), grey()[18..].to_vec()];
    let rows = (ROWS_PER_STRIP, 3, vec![3]);
    assert_eq!(
        pixels(&file(true, &[([tags(6, 4, 1, &[8]), vec![rows]].concat(), strips)])),
        coloured(&grey())
    );
    // A tile of 16 x 16 has all, and padding.
    let mut tile = vec![99; 256];
    grey().chunks(6).enumerate().for_each(|(row, pixels)| tile[16 * row..][..6].copy_from_slice(pixels));
    let tiled = [tags(6, 4, 1, &[8]), vec![(TILE_WIDTH, 3, vec![16]), (TILE_HEIGHT, 3, vec![16])]].concat();
    assert_eq!(pixels(&file(true, &[(tiled, vec![tile])])), coloured(&grey()));
    let planes = vec![vec![1, 2], vec![3, 4], vec![5, 6]];
    let apart = [tags(2, 1, 2, &[8; 3]), vec![(PLANAR, 3, vec![2])]].concat();
    assert_eq!(pixels(&file(true, &[(apart, planes)])), [1, 3, 5, 2, 4, 6]);
}

#[test]
fn kinds_that_are_not_read_are_named() {
    let base = "a kind of TIFF that is not read: save it as PNG, or as TIFF without compression: ";
    let grey = |bits: u32, more: &[Tag]| one(&tags(1, 1, 1, &[bits]), more, &[0; 8]);
    let photometric = |photometric| one(&tags(1, 1, photometric, &[8; 3]), &[], &[0; 3]);
    let method = |method| grey(8, &[(COMPRESSION, 3, vec![method])]);
    let cases = [
        (grey(32, &[(SAMPLE_FORMAT, 3, vec![3])]), "its pixels are floating-point numbers"),
        (grey(16, &[(SAMPLE_FORMAT, 3, vec![2])]), "its pixels are not whole numbers without a sign"),
        (grey(4, &[]), "it has 4 bits a channel"),
        (grey(32, &[]), "it has 32 bits a channel"),
        (photometric(6), "its colours are not grey, RGB, CMYK or a palette"),
        (photometric(8), "its colours are not grey, RGB, CMYK or a palette"),
        (one(&tags(1, 1, 1, &[8; 2]), &[], &[0; 2]), "its grey has other channels beside it"),
        (one(&tags(1, 1, 2, &[8; 17]), &[], &[0; 17]), "its pixels have 17 channels"),
        (method(7), "its pixels are packed as JPEG"),
        (method(50_000), "its pixels are packed by the method 50000"),
        (method(4), "its pixels are packed by the method 4"),
        (grey(8, &[(FILL_ORDER, 3, vec![2])]), "its bits are stored in reverse"),
        (grey(8, &[(SUBFILE, 4, vec![1])]), "its first page is a small preview of another"),
        (one(&tags(1, 1, 2, &[8, 8, 16]), &[], &[0; 4]), "its channels differ in their numbers"),
        (one(&tags(1, 1, 5, &[8; 4]), &[(PLANAR, 3, vec![2])], &[0; 4]), "its channels lie apart"),
    ];
    for (bytes, detail) in cases {
        assert_eq!(why(&bytes), format!("{base}{detail}"));
    }
    assert_eq!(get(&grey(8, &[(DNG_VERSION, 3, vec![1])])).err().unwrap().reason, Reason::CameraRaw);
}

#[test]
fn every_cut_is_found_and_what_contradicts_itself_is_damaged() {
    for bytes in [
        one(&tags(6, 4, 1, &[8]), &[], &grey()),
        one(&tags(6, 4, 1, &[8]), &[(COMPRESSION, 3, vec![8])], &zlib(&grey())),
    ] {
        // The directory is last, and behind it a link to the next page.
        for end in 8..bytes.len() - 4 {
            assert_eq!(get(&bytes[..end]).err().unwrap().reason, Reason::CutOff, "at {end}");
        }
    }
    // Some programs write the directory first.
    let mut early = one(&tags(6, 4, 1, &[8]), &[], &grey());
    let entry = early.windows(4).position(|entry| entry == [0x11, 1, 4, 0]).unwrap();
    early[entry + 8] = early.len() as u8;
    early.extend(grey());
    assert_eq!(pixels(&early), coloured(&grey()));
    assert_eq!(get(&early[..early.len() - 1]).err().unwrap().reason, Reason::CutOff);
    // Zeros written over the end of the pixels, which two of the methods would take for black.
    let noise: Vec<u8> =
        (0..3_000u32).map(|value| (value.wrapping_mul(2_654_435_761) >> 24) as u8 | 1).collect();
    for (method, data) in [
        (5, lzw(&noise[..240])),
        (32_773, noise.chunks(100).flat_map(|run| [&[99u8][..], run].concat()).collect()),
    ] {
        let rows = data.len().min(240) as u32 / 10;
        let whole = one(&tags(10, rows, 1, &[8]), &[(COMPRESSION, 3, vec![method])], &data);
        assert!(get(&whole).is_ok(), "method {method}");
        let mut zeroed = data.clone();
        zeroed[data.len() / 4..].fill(0);
        zeroed.resize(zeroed.len() + 600, 0);
        let zeroed = one(&tags(10, 200, 1, &[8]), &[(COMPRESSION, 3, vec![method])], &zeroed);
        assert_eq!(get(&zeroed).err().unwrap().reason, Reason::CutOff, "method {method}");
    }
    let broken = one(&tags(6, 4, 1, &[8]), &[(COMPRESSION, 3, vec![8])], &[0; 30]);
    assert_eq!(get(&broken).err().unwrap().reason, Reason::Damaged);
    let cases = [
        (one(&tags(0, 4, 1, &[8]), &[], &[0]), "it has no pixels"),
        (one(&tags(6, 4, 1, &[8])[1..], &[], &grey()), "it says nothing of its width"),
        (one(&tags(6, 4, 1, &[8]), &[(ROWS_PER_STRIP, 3, vec![1])], &grey()), "its pixels have 4 parts"),
        (one(&tags(6, 4, 1, &[8]), &[(ROWS_PER_STRIP, 3, vec![0])], &grey()), "its parts have 6 x 0 pixels"),
        (one(&tags(6, 4, 1, &[8]), &[], &[]), "parts of its pixels are empty"),
        (one(&tags(6, 4, 3, &[8]), &[(PALETTE, 3, vec![0; 9])], &grey()), "its palette has not 256 colours"),
        (
            one(&tags(6, 4, 1, &[8]), &[(ORIENTATION, 3, vec![1; 3])], &grey()),
            "what it says of its orientation is not one number",
        ),
        (
            one(&tags(6, 4, 1, &[8]), &[(COMPRESSION, 2, vec![1])], &grey()),
            "what it says of its compression is not one number",
        ),
    ];
    for (bytes, detail) in cases {
        let said = why(&bytes);
        assert!(said.starts_with(&format!("damaged: {detail}")), "{said}");
    }
    let huge = why(&one(&tags(65_536, 1, 1, &[8]), &[], &[0]));
    assert!(huge.contains("65536 x 1 pixels are over the limit"), "{huge}");
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused(
        kind in 0usize..5,
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..12),
        cut: usize,
    ) {
        let tiled = [tags(6, 4, 1, &[8]), vec![(TILE_WIDTH, 3, vec![4]), (TILE_HEIGHT, 3, vec![2])]].concat();
        let mut bytes = match kind {
            0 => one(&tags(6, 4, 1, &[8]), &[(COMPRESSION, 3, vec![8])], &zlib(&grey())),
            1 => one(&tags(2, 4, 2, &[8; 3]), &[(PREDICTOR, 3, vec![2])], &grey()),
            2 => file(false, &[(tiled, vec![grey()[..8].to_vec(); 4])]),
            3 => one(&tags(6, 4, 3, &[8]), &[(PALETTE, 3, (0..768).collect())], &grey()),
            _ => one(&tags(8, 4, 0, &[1]), &[(COMPRESSION, 3, vec![4])], &[0x26, 0xa0, 0x01, 0x00, 0x10, 0x01]),
        };
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        bytes.truncate(cut % (bytes.len() + 64));
        if let Ok(Decoded { pixels, size: [width, height] }) = get(&bytes) {
            prop_assert_eq!(pixels.len() as u64, 3 * u64::from(width) * u64::from(height));
        }
    }
}
