//! Pictures that follow each other, as a GIF or an APNG file.

use std::time::Duration;

use super::{Picture, PictureRecipe, recipe};

/// A GIF's colours are chosen from about so many pixels of a frame, or a tenth of them where that is more.
const GIF_PIXELS: usize = 20_000;
const GIF_SPEEDS: std::ops::RangeInclusive<usize> = 1..=10;
/// Browsers show frames of a GIF that are shorter, in hundredths of a second, far longer.
const GIF_SHORTEST: u16 = 2;

/// Frames of one size, each shown for the same time, over and over.
#[derive(Clone, Debug)]
pub struct Animation {
    frames: Vec<Picture>,
    frame_time: Duration,
}

impl Animation {
    /// The frames in order.
    ///
    /// # Errors
    ///
    /// If there is none, or they differ in size or are larger than 65,535 pixels, in a sentence.
    pub fn new(frames: Vec<Picture>, frame_time: Duration) -> Result<Self, String> {
        let first = frames.first().ok_or("an animation needs at least one picture")?.size();
        if let Some(other) = frames.iter().map(Picture::size).find(|size| *size != first) {
            let ((w, h), (other_w, other_h)) = (first, other);
            return Err(format!(
                "the pictures of an animation must be of one size; there are {w} x {h} and {other_w} x {other_h} \
                 pixels"
            ));
        }
        if first.0.max(first.1) > u32::from(u16::MAX) {
            Err(format!("pictures of {} x {} pixels are too large to animate", first.0, first.1))
        } else {
            Ok(Self { frames, frame_time })
        }
    }

    /// Number of frames, at least one.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Never: an animation has at least one frame.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// A GIF file that loops for ever. Each frame has the 256 colours that suit it best. GIF counts in
    /// hundredths of a second, and takes two at least. The recipe goes into a comment.
    pub fn gif(&self, recipe: Option<&PictureRecipe>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = self.write_gif(&mut bytes, recipe);
        written.unwrap_or_else(|error| unreachable!("writing a GIF to memory failed: {error}"));
        bytes
    }

    fn write_gif(
        &self,
        bytes: &mut Vec<u8>,
        recipe: Option<&PictureRecipe>,
    ) -> Result<(), gif::EncodingError> {
        let (width, height) = self.frames[0].size();
        // `new` made sure of it.
        let (width, height) = (width as u16, height as u16);
        let mut encoder = gif::Encoder::new(bytes, width, height, &[])?;
        encoder.set_repeat(gif::Repeat::Infinite)?;
        if let Some(recipe) = recipe {
            let comment = recipe.to_json();
            // A block of data has up to 255 bytes.
            let blocks: Vec<&[u8]> = comment.as_bytes().chunks(255).collect();
            encoder.write_raw_extension(gif::Extension::Comment.into(), &blocks)?;
        }
        let area = usize::from(width) * usize::from(height);
        let speed = (area / GIF_PIXELS).clamp(*GIF_SPEEDS.start(), *GIF_SPEEDS.end()) as i32;
        let hundredths = (self.frame_time.as_millis() + 5) / 10;
        for frame in &self.frames {
            let pixels = frame.image().as_raw();
            let mut frame = gif::Frame::from_rgb_speed(width, height, pixels, speed);
            frame.delay = u16::try_from(hundredths).unwrap_or(u16::MAX).max(GIF_SHORTEST);
            encoder.write_frame(&frame)?;
        }
        Ok(())
    }

    /// An APNG file that loops for ever, with every colour; programs that know PNG only show the first
    /// frame. A frame takes at most 65 seconds. The recipe goes into a text chunk, as in other pictures.
    pub fn apng(&self, recipe: Option<&PictureRecipe>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = self.write_apng(&mut bytes, recipe);
        written.unwrap_or_else(|error| unreachable!("writing a PNG to memory failed: {error}"));
        bytes
    }

    fn write_apng(
        &self,
        bytes: &mut Vec<u8>,
        recipe: Option<&PictureRecipe>,
    ) -> Result<(), png::EncodingError> {
        let (width, height) = self.frames[0].size();
        let mut encoder = png::Encoder::new(bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_animated(self.frames.len() as u32, 0)?;
        encoder.set_frame_delay(u16::try_from(self.frame_time.as_millis()).unwrap_or(u16::MAX), 1000)?;
        recipe::describe(&mut encoder, recipe)?;
        let mut writer = encoder.write_header()?;
        for frame in &self.frames {
            writer.write_image_data(frame.image().as_raw())?;
        }
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Cursor;

    use image::AnimationDecoder;
    use image::codecs::gif::GifDecoder;
    use image::codecs::png::PngDecoder;

    use super::super::LatentRecipe;
    use super::*;
    use crate::arch::Genotype;

    /// Frames of many colours, each other than the one before.
    fn frames(count: usize) -> Vec<Picture> {
        let value = |frame: usize, place: usize| ((frame * 37 + place * 11) % 101) as f32 / 50.0 - 1.0;
        let frame = |frame| (0..3 * 64).map(|place| value(frame, place)).collect::<Vec<f32>>();
        (0..count).map(|number| Picture::grid(&frame(number), 8, 1).enlarged(2)).collect()
    }

    fn recipe() -> PictureRecipe {
        let mut recipe =
            PictureRecipe::new(&Genotype::autogan_a(), LatentRecipe::Point { values: vec![0.5; 200] });
        recipe.run = Some("Fréchet".to_owned());
        recipe
    }

    #[test]
    fn an_apng_reads_back_frame_by_frame_and_loops_for_ever() {
        let animation = Animation::new(frames(4), Duration::from_millis(70)).unwrap();
        let bytes = animation.apng(Some(&recipe()));
        let decoder = PngDecoder::new(Cursor::new(&bytes)).unwrap().apng().unwrap();
        let read = decoder.into_frames().collect_frames().unwrap();
        assert_eq!(read.len(), animation.len());
        for (read, frame) in read.iter().zip(frames(4)) {
            assert_eq!(read.delay().numer_denom_ms(), (70, 1));
            let rgb = image::DynamicImage::from(read.buffer().clone()).into_rgb8();
            assert_eq!(&rgb, frame.image());
        }
        let reader = png::Decoder::new(Cursor::new(&bytes)).read_info().unwrap();
        let control = reader.info().animation_control.unwrap();
        assert_eq!((control.num_frames, control.num_plays), (4, 0));
        assert_eq!(PictureRecipe::of_png(&bytes).unwrap(), Some(recipe()));
    }

    #[test]
    fn a_gif_reads_back_frame_by_frame_and_loops_for_ever() {
        let animation = Animation::new(frames(3), Duration::from_millis(70)).unwrap();
        let bytes = animation.gif(Some(&recipe()));
        let decoder = GifDecoder::new(Cursor::new(&bytes)).unwrap();
        assert!(matches!(decoder.loop_count(), image::metadata::LoopCount::Infinite));
        let read = decoder.into_frames().collect_frames().unwrap();
        assert_eq!(read.len(), 3);
        for (read, frame) in read.iter().zip(frames(3)) {
            assert_eq!(read.delay().numer_denom_ms(), (70, 1));
            // These frames have fewer than 256 colours, so none is lost.
            let rgb = image::DynamicImage::from(read.buffer().clone()).into_rgb8();
            assert_eq!(&rgb, frame.image());
        }
        let json = recipe().to_json();
        let whole: Vec<u8> = json.into_bytes();
        let first = &whole[..255];
        assert!(bytes.windows(255).any(|part| part == first), "no comment");
    }

    #[test]
    fn a_gif_of_more_colours_than_it_can_have_stays_near() {
        let side = 32;
        let smooth: Vec<f32> = (0..3 * side * side)
            .map(|place| {
                let (channel, x, y) = (place / (side * side), place % side, place / side % side);
                [x as f32, y as f32, (x + y) as f32 / 2.0][channel] / side as f32 * 1.6 - 0.8
            })
            .collect();
        let picture = Picture::grid(&smooth, side, 1);
        let gif = Animation::new(vec![picture.clone()], Duration::ZERO).unwrap().gif(None);
        let decoder = GifDecoder::new(Cursor::new(&gif)).unwrap();
        let frames = decoder.into_frames().collect_frames().unwrap();
        assert_eq!(frames[0].delay().numer_denom_ms(), (20, 1));
        let rgb = image::DynamicImage::from(frames[0].buffer().clone()).into_rgb8();
        let errors = rgb.iter().zip(picture.image().iter()).map(|(a, b)| u64::from(a.abs_diff(*b)));
        let mean = errors.sum::<u64>() as f64 / (3 * side * side) as f64;
        assert!(mean < 6.0, "{mean} levels off on average");
    }

    #[test]
    fn frames_that_cannot_be_animated_are_refused_in_a_sentence() {
        let error = |frames| Animation::new(frames, Duration::ZERO).unwrap_err();
        assert!(error(Vec::new()).contains("at least one"));
        let mut unequal = frames(2);
        unequal.push(Picture::grid(&[0.0; 3], 1, 1));
        assert!(error(unequal).contains("16 x 16 and 1 x 1"));
    }
}
