//! A set of square images of one size, as pixels.

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::{DynamicImage, ImageDecoder, RgbImage, RgbaImage};

use super::Picture;
use super::picture::{GAP, level};

/// The largest side of a generated image, in pixels.
const LARGEST: usize = 256;
/// Images of a strip at most.
const MOST_OF_STRIP: usize = 8;

/// Square images of one size, 8-bit RGBA, one after the other.
#[derive(Clone, PartialEq, Eq)]
pub struct Tiles {
    side: usize,
    rgba: Vec<u8>,
}

impl Tiles {
    /// Images of `side` pixels in `rgba`, row-major; `None` where that is not whole images, or none.
    pub fn new(side: usize, rgba: Vec<u8>) -> Option<Self> {
        let image = 4 * side * side;
        (image > 0 && !rgba.is_empty() && rgba.len().is_multiple_of(image)).then_some(Self { side, rgba })
    }

    /// The images in `values`: `[count, 3, side, side]`, from -1 to 1, row-major, each value rounded to the
    /// nearest of 256 levels; `None` where that is not whole images, or none.
    pub fn of(values: &[f32], side: usize) -> Option<Self> {
        let plane = side * side;
        let whole = plane > 0 && values.len().is_multiple_of(3 * plane);
        let pixels = values.chunks_exact((3 * plane).max(1)).flat_map(|image| {
            (0..plane).flat_map(move |place| {
                let shade = |channel: usize| level(image[channel * plane + place]);
                [shade(0), shade(1), shade(2), u8::MAX]
            })
        });
        whole.then(|| Self::new(side, pixels.collect()))?
    }

    /// The images of a grid with `columns` columns and as many rows that [`Picture`](super::Picture)
    /// made, `enlarged` by that factor, from its PNG file.
    ///
    /// # Errors
    ///
    /// If it is no such picture, in a sentence.
    pub fn from_grid(png: &[u8], columns: usize, enlarged: u32) -> Result<Self, String> {
        let unreadable = |error: image::ImageError| format!("the picture cannot be read: {error}");
        let decoder = PngDecoder::new(Cursor::new(png)).map_err(unreadable)?;
        // The header is enough to tell, and a file of a few hundred bytes may declare gigabytes of pixels.
        let (width, height) = decoder.dimensions();
        let room = (width / enlarged) as usize + GAP;
        let side = (room / columns).saturating_sub(GAP);
        let fits = (1..=LARGEST).contains(&side) && (room - GAP) == columns * (side + GAP) - GAP;
        if width != height || !fits {
            return Err(format!("a picture of {width} x {height} pixels is no grid of {columns} columns"));
        }
        let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?.into_rgba8();
        let image = |index: usize| {
            let corner = |place: usize| place * (side + GAP);
            cut(&picture, corner(index % columns), corner(index / columns), side, enlarged)
        };
        let rgba = (0..columns * columns).flat_map(image).collect();
        Ok(Self { side, rgba })
    }

    /// The first `count` images of a grid with `columns` columns that [`Picture`](super::Picture) made; `None` where it
    /// is no such grid or has fewer.
    pub fn of_picture(picture: &Picture, columns: usize, count: usize) -> Option<Self> {
        let (width, height) = picture.size();
        let (room, columns) = (width as usize + GAP, columns.max(1));
        let side = (room / columns).checked_sub(GAP)?;
        let rows = (height as usize + GAP) / (side + GAP);
        if side == 0 || room != columns * (side + GAP) || count > columns * rows {
            return None;
        }
        let picture = DynamicImage::from(picture.image().clone()).into_rgba8();
        let image = |index: usize| {
            let corner = |place: usize| place * (side + GAP);
            cut(&picture, corner(index % columns), corner(index / columns), side, 1)
        };
        Self::new(side, (0..count).flat_map(image).collect())
    }

    /// The images of a single row that [`grid`](Self::grid) made, each pixel once and with the usual gaps, from its
    /// PNG file: 8 at most.
    ///
    /// # Errors
    ///
    /// If it is no such picture, in a sentence.
    pub fn from_strip(png: &[u8]) -> Result<Self, String> {
        let unreadable = |error: image::ImageError| format!("the picture cannot be read: {error}");
        let decoder = PngDecoder::new(Cursor::new(png)).map_err(unreadable)?;
        let (width, height) = decoder.dimensions();
        let (side, room) = (height as usize, width as usize + GAP);
        let count = room / (side + GAP);
        let fits = (1..=LARGEST).contains(&side) && (1..=MOST_OF_STRIP).contains(&count);
        if !fits || room != count * (side + GAP) {
            return Err(format!("a picture of {width} x {height} pixels is no row of images"));
        }
        let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?.into_rgba8();
        let rgba = (0..count).flat_map(|index| cut(&picture, index * (side + GAP), 0, side, 1)).collect();
        Ok(Self { side, rgba })
    }

    /// The first `count` images, or all where there are fewer.
    pub fn first(&self, count: usize) -> Self {
        let bytes = 4 * self.side * self.side * count.clamp(1, self.count());
        Self { side: self.side, rgba: self.rgba[..bytes].to_vec() }
    }

    /// The images with at most `most` pixels to a side: smaller ones as they are, larger ones as means.
    pub fn shrunk(&self, most: usize) -> Self {
        if self.side <= most.max(1) {
            return self.clone();
        }
        let side = most.max(1) as u32;
        let image = |index: usize| image::imageops::thumbnail(&self.image(index), side, side).into_raw();
        Self { side: side as usize, rgba: (0..self.count()).flat_map(image).collect() }
    }

    /// Pixels to a side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Number of images, at least one.
    pub fn count(&self) -> usize {
        self.rgba.len() / (4 * self.side * self.side)
    }

    /// All pixels: `[image][row][column][channel]`.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// One image.
    ///
    /// # Panics
    ///
    /// If there is none of that number.
    pub fn image(&self, index: usize) -> RgbaImage {
        let bytes = 4 * self.side * self.side;
        let pixels = self.rgba[index * bytes..(index + 1) * bytes].to_vec();
        let side = self.side as u32;
        RgbaImage::from_raw(side, side, pixels).unwrap_or_else(|| unreachable!("a whole image was cut out"))
    }

    /// All images as one picture with so many columns. Each pixel becomes a square of `factor` pixels; the
    /// gaps have `gap`.
    pub fn grid(&self, columns: usize, factor: u32, gap: u32) -> Picture {
        let columns = columns.clamp(1, self.count()) as u32;
        let (count, extent) = (self.count() as u32, self.side as u32 * factor);
        let whole = |images: u32| images * (extent + gap) - gap;
        let white = image::Rgb([u8::MAX; 3]);
        let mut picture = RgbImage::from_pixel(whole(columns), whole(count.div_ceil(columns)), white);
        for index in 0..count {
            let image = self.picture(index as usize).enlarged(factor);
            let corner = |place: u32| i64::from(place * (extent + gap));
            image::imageops::replace(
                &mut picture,
                image.image(),
                corner(index % columns),
                corner(index / columns),
            );
        }
        picture.into()
    }

    /// One image as a picture.
    ///
    /// # Panics
    ///
    /// If there is none of that number.
    pub fn picture(&self, index: usize) -> Picture {
        DynamicImage::from(self.image(index)).into_rgb8().into()
    }
}

impl std::fmt::Debug for Tiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tiles({} of {} px)", self.count(), self.side)
    }
}

/// The pixels of one image in an enlarged grid, at its own size.
fn cut(picture: &RgbaImage, left: usize, top: usize, side: usize, enlarged: u32) -> Vec<u8> {
    let middle = |place: usize| place as u32 * enlarged + enlarged / 2;
    let pixel = |at: usize| picture.get_pixel(middle(left + at % side), middle(top + at / side)).0;
    (0..side * side).flat_map(pixel).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Picture;
    use super::*;

    #[test]
    fn a_grid_comes_apart_into_the_images_it_was_made_of() {
        let value = |image: usize, channel: usize| (image * 3 + channel) as f32 / 6.0 - 1.0;
        let values: Vec<f32> =
            (0..4).flat_map(|image| (0..3).flat_map(move |channel| vec![value(image, channel); 9])).collect();
        let picture = Picture::grid(&values, 3, 2);
        for enlarged in [1, 2, 3] {
            let tiles = Tiles::from_grid(&picture.enlarged(enlarged).png(), 2, enlarged).unwrap();
            assert_eq!((tiles.side(), tiles.count()), (3, 4));
            assert_eq!(tiles.picture(2), Picture::grid(&values[2 * 27..3 * 27], 3, 1));
            for image in 0..4 {
                let level = |channel| (value(image, channel) * 127.5 + 127.5).round() as u8;
                let pixel = [level(0), level(1), level(2), 255];
                assert!(tiles.image(image).pixels().all(|found| found.0 == pixel));
            }
        }
    }

    #[test]
    fn values_come_to_the_same_pixels_as_in_a_picture() {
        let values: Vec<f32> = (0..2 * 3 * 16).map(|value| value as f32 / 48.0 - 1.1).collect();
        let tiles = Tiles::of(&values, 4).unwrap();
        let picture = Picture::grid(&[&values[..], &[0.0; 2 * 48]].concat(), 4, 2);
        let same = Tiles::from_grid(&picture.png(), 2, 1).unwrap();
        assert_eq!(tiles.count(), 2);
        assert_eq!(tiles.rgba(), &same.rgba()[..tiles.rgba().len()]);
        assert!(Tiles::of(&values[1..], 4).is_none() && Tiles::of(&[], 4).is_none());
    }

    #[test]
    fn a_grid_of_tiles_is_that_of_their_values() {
        let values: Vec<f32> = (0..5 * 3 * 4).map(|value| value as f32 / 30.0 - 1.0).collect();
        let tiles = Tiles::of(&values, 2).unwrap();
        let expected = Picture::grid(&values, 2, 3);
        assert_eq!(tiles.grid(3, 1, GAP as u32), expected);
        assert_eq!(tiles.grid(3, 2, 2 * GAP as u32), expected.enlarged(2));
    }

    #[test]
    fn a_strip_comes_apart_into_the_images_it_was_made_of() {
        let values: Vec<f32> = (0..5 * 3 * 9).map(|value| value as f32 / 67.0 - 1.0).collect();
        let tiles = Tiles::of(&values, 3).unwrap();
        let four = tiles.first(4);
        assert_eq!((four.count(), four.picture(3)), (4, tiles.picture(3)));
        assert_eq!(tiles.first(9), tiles);
        let picture = Picture::grid(&values, 3, 2);
        assert_eq!(Tiles::of_picture(&picture, 2, 4), Some(four.clone()));
        assert_eq!(Tiles::of_picture(&picture, 2, 7), None, "there are three rows of two");
        assert_eq!(Tiles::of_picture(&picture, 3, 1), None, "there are two columns");
        for strip in [four, tiles.first(1)] {
            let png = strip.grid(strip.count(), 1, GAP as u32).png();
            assert_eq!(Tiles::from_strip(&png).unwrap(), strip);
        }
        assert!(Tiles::from_strip(b"no picture").unwrap_err().contains("cannot be read"));
        let rows = tiles.grid(2, 1, GAP as u32).png();
        assert!(Tiles::from_strip(&rows).unwrap_err().contains("8 x 13 pixels is no row"));
        let many = Picture::grid(&[0.0; 9 * 3], 1, 9).png();
        assert!(Tiles::from_strip(&many).unwrap_err().contains("is no row"), "more than a strip has");
    }

    #[test]
    fn larger_images_shrink_to_means_and_smaller_ones_stay() {
        let halves = |[left, right]: [f32; 2]| {
            let row = [left, left, right, right];
            [row; 3 * 4].concat()
        };
        let tiles = Tiles::of(&[halves([-1.0, 1.0]), halves([1.0, -1.0])].concat(), 4).unwrap();
        assert_eq!(tiles.shrunk(4), tiles);
        let half = Tiles::of(&[[-1.0, 1.0].repeat(6), [1.0, -1.0].repeat(6)].concat(), 2).unwrap();
        assert_eq!(tiles.shrunk(2), half);
        let shades = |tiles: &Tiles| tiles.rgba().chunks(4).map(|pixel| pixel[0]).collect::<Vec<_>>();
        assert!(shades(&tiles.shrunk(1)).iter().all(|shade| (127..=128).contains(shade)));
    }

    #[test]
    fn what_is_no_grid_is_refused() {
        assert!(Tiles::from_grid(b"no picture", 8, 1).unwrap_err().contains("cannot be read"));
        let picture = Picture::grid(&[0.0; 3 * 25], 5, 1);
        assert!(Tiles::from_grid(&picture.png(), 8, 1).unwrap_err().contains("5 x 5"));
        // Found by fuzzing: a small file took half a gigabyte before anyone looked at the shape.
        let wide = Picture::grid(&[0.0; 3], 1, 1).png();
        let declaring = |width: u32, height: u32| {
            let mut png = wide.clone();
            png[16..20].copy_from_slice(&width.to_be_bytes());
            png[20..24].copy_from_slice(&height.to_be_bytes());
            let sum = crc32(&png[12..29]);
            png[29..33].copy_from_slice(&sum.to_be_bytes());
            Tiles::from_grid(&png, 8, 1).unwrap_err()
        };
        assert!(declaring(16_449_546, 10).contains("16449546 x 10 pixels is no grid"));
        let side = (8 * (257 + GAP) - GAP) as u32;
        assert!(declaring(side, side).contains("is no grid"), "images of 257 pixels");
        let side = (8 * (256 + GAP) - GAP) as u32;
        assert!(declaring(side, side).contains("cannot be read"), "the pixels are missing");
        assert!(Tiles::new(2, vec![0; 15]).is_none() && Tiles::new(2, Vec::new()).is_none());
    }

    /// The sum at the end of a chunk of a PNG file.
    fn crc32(bytes: &[u8]) -> u32 {
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        sum.sum()
    }
}
