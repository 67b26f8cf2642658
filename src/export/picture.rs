//! Generated images as pixels: single ones and grids.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};

use super::{PictureRecipe, recipe};

/// Pixels between the images of a grid.
pub const GAP: usize = 2;
/// Shade of the gaps.
const GAP_SHADE: u8 = 255;

/// An 8-bit RGB picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    image: RgbImage,
}

impl Picture {
    /// A grid with `columns` columns of the images in `values`: `[count, 3, side, side]`, from -1 to 1,
    /// row-major. Values are rounded to the nearest of 256 levels.
    ///
    /// # Panics
    ///
    /// If `values` does not hold whole images.
    ///
    /// ```
    /// use autogan::export::{GAP, Picture};
    ///
    /// let (black, white) = ([-1.0; 3 * 4], [1.0; 3 * 4]);
    /// let picture = Picture::grid(&[black, white].concat(), 2, 8);
    /// assert_eq!(picture.size(), (2 + GAP as u32 + 2, 2), "two images of 2 px in a row");
    /// assert_eq!(picture.image().get_pixel(0, 0).0, [0, 0, 0]);
    /// ```
    pub fn grid(values: &[f32], side: usize, columns: usize) -> Self {
        let plane = side * side;
        assert!(values.len().is_multiple_of(3 * plane), "whole images of side {side}");
        let count = values.len() / (3 * plane);
        let columns = columns.clamp(1, count.max(1));
        let extent = |cells: usize| (cells * (side + GAP)).saturating_sub(GAP).max(1) as u32;
        let (width, height) = (extent(columns), extent(count.div_ceil(columns)));
        let mut image = RgbImage::from_pixel(width, height, image::Rgb([GAP_SHADE; 3]));
        for (index, pixels) in values.chunks_exact(3 * plane).enumerate() {
            let left = index % columns * (side + GAP);
            let top = index / columns * (side + GAP);
            for place in 0..plane {
                let shade = |channel: usize| level(pixels[channel * plane + place]);
                let (x, y) = ((left + place % side) as u32, (top + place / side) as u32);
                image.put_pixel(x, y, image::Rgb([shade(0), shade(1), shade(2)]));
            }
        }
        Self { image }
    }

    /// Each pixel as a square of `factor` pixels, so that small images are seen on large screens.
    pub fn enlarged(&self, factor: u32) -> Self {
        let (width, height) = self.image.dimensions();
        let nearest = image::imageops::FilterType::Nearest;
        Self { image: image::imageops::resize(&self.image, width * factor, height * factor, nearest) }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.image.dimensions()
    }

    /// The picture as a PNG file.
    pub fn png(&self) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let written = self.image.write_to(&mut bytes, ImageFormat::Png);
        written.unwrap_or_else(|e| unreachable!("writing a PNG to memory failed: {e}"));
        bytes.into_inner()
    }

    /// The picture as a PNG file that keeps how it was made.
    pub fn png_with(&self, recipe: &PictureRecipe) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = self.write_png(&mut bytes, recipe);
        written.unwrap_or_else(|e| unreachable!("writing a PNG to memory failed: {e}"));
        bytes
    }

    fn write_png(&self, bytes: &mut Vec<u8>, recipe: &PictureRecipe) -> Result<(), png::EncodingError> {
        let (width, height) = self.image.dimensions();
        let mut encoder = png::Encoder::new(bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        recipe::describe(&mut encoder, Some(recipe))?;
        let mut writer = encoder.write_header()?;
        writer.write_image_data(self.image.as_raw())?;
        writer.finish()
    }

    /// The pixels.
    pub fn image(&self) -> &RgbImage {
        &self.image
    }
}

impl From<RgbImage> for Picture {
    fn from(image: RgbImage) -> Self {
        Self { image }
    }
}

/// The nearest 8-bit level of a value from -1 to 1.
pub(super) fn level(value: f32) -> u8 {
    (value * 127.5 + 127.5).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_places_images_row_by_row_with_gaps() {
        let black = vec![-1.0; 3 * 4];
        let white = vec![1.0; 3 * 4];
        let grey = vec![0.0; 3 * 4];
        let picture = Picture::grid(&[black, white, grey].concat(), 2, 2);
        assert_eq!(picture.size(), (6, 6));
        let at = |x, y| picture.image.get_pixel(x, y).0;
        assert_eq!([at(0, 0), at(4, 1), at(1, 5)], [[0; 3], [255; 3], [128; 3]]);
        assert_eq!(at(2, 0), [GAP_SHADE; 3]);
    }

    #[test]
    fn channels_stay_apart_and_values_outside_are_clamped() {
        let picture = Picture::grid(&[2.0, -1.0, -3.0], 1, 1);
        assert_eq!(picture.image.get_pixel(0, 0).0, [255, 0, 0]);
    }

    #[test]
    fn a_png_reads_back_as_the_same_picture() {
        let picture = Picture::grid(&[0.3, -0.2, 0.9], 1, 1).enlarged(3);
        let read = image::load_from_memory(&picture.png()).map(|image| image.into_rgb8());
        assert_eq!(read.ok(), Some(picture.image));
    }
}
