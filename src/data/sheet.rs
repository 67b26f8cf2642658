//! Contact sheets: many images of a set in one.

use image::RgbImage;

use super::ImageSet;

/// The first `columns` x `rows` images of `set` (fewer when it has fewer) at their own size, row by
/// row on white with a gap of a sixteenth of their side.
pub fn contact_sheet(set: &ImageSet, columns: usize, rows: usize) -> RgbImage {
    let side = set.side();
    let gap = (side / 16).max(1);
    let extent = |cells: usize| (cells * (side + gap) + gap) as u32;
    let mut sheet = RgbImage::from_pixel(extent(columns), extent(rows), image::Rgb([255; 3]));
    for index in 0..set.len().min(columns * rows) {
        let left = index % columns * (side + gap) + gap;
        let top = index / columns * (side + gap) + gap;
        for (position, pixel) in set.image(index).chunks_exact(3).enumerate() {
            let (x, y) = (left + position % side, top + position / side);
            sheet.put_pixel(x as u32, y as u32, image::Rgb([pixel[0], pixel[1], pixel[2]]));
        }
    }
    sheet
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn images_lie_row_by_row_with_gaps() {
        let pixels = [10, 20, 30].iter().flat_map(|&v| [v; 12]).collect();
        let set = ImageSet::new("x", 2, pixels, None, vec![]).unwrap();
        let sheet = contact_sheet(&set, 2, 2);
        assert_eq!(sheet.dimensions(), (7, 7));
        let value = |x, y| sheet.get_pixel(x, y).0[0];
        assert_eq!([value(1, 1), value(4, 2), value(2, 5)], [10, 20, 30]);
        assert_eq!([value(0, 0), value(3, 1), value(5, 5)], [255; 3]);
    }
}
