//! The size of a channels-last map, and windows that go over one: kernels of convolutions and of pooling.

/// Size of a map `[images, height, width, channels]`, contiguous and channels last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Number of images in the batch.
    pub images: usize,
    /// Rows of an image, in pixels.
    pub height: usize,
    /// Columns of an image, in pixels.
    pub width: usize,
    /// Values of a pixel.
    pub channels: usize,
}

impl Extent {
    /// Number of values in the map.
    pub fn len(&self) -> usize {
        self.pixels() * self.channels
    }

    /// Whether the map holds no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of pixels of all images together.
    pub fn pixels(&self) -> usize {
        self.rows() * self.width
    }

    /// Number of rows of pixels of all images together.
    pub fn rows(&self) -> usize {
        self.images * self.height
    }

    /// The same images with another number of channels.
    pub fn with_channels(self, channels: usize) -> Self {
        Self { channels, ..self }
    }

    /// The same images with twice the height and width.
    pub fn doubled(self) -> Self {
        Self { height: 2 * self.height, width: 2 * self.width, ..self }
    }

    /// Stops if a map of this size does not have `len` values.
    ///
    /// # Panics
    /// Panics if the lengths differ.
    #[track_caller]
    pub(crate) fn check(&self, len: usize) {
        assert_eq!(len, self.len(), "a map of {self:?} has another number of values");
    }
}

/// A window that goes over a map. Both pairs are vertical, horizontal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlidingWindow {
    /// Height and width in pixels.
    pub size: [usize; 2],
    /// Pixels from one place of the window to the next, both ways.
    pub stride: usize,
    /// Pixels beyond each border that the window reaches.
    pub padding: [usize; 2],
}

impl SlidingWindow {
    /// Places of a window on a map of `extent`, as the size of a map with as many channels.
    ///
    /// # Panics
    /// Panics if the window is larger than the map with its padding, or without a pixel, or does not move.
    pub fn places(&self, extent: Extent) -> Extent {
        let along = |length: usize, way: usize| {
            let rest = (length + 2 * self.padding[way]).checked_sub(self.size[way]);
            match rest {
                Some(rest) if self.size[way] > 0 && self.stride > 0 => rest / self.stride + 1,
                _ => panic!("{self:?} has no place on a map of {extent:?}"),
            }
        };
        Extent { height: along(extent.height, 0), width: along(extent.width, 1), ..extent }
    }

    /// Pixels under the window.
    pub fn taps(&self) -> usize {
        self.size[0] * self.size[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_from_size_stride_and_padding() {
        let extent = Extent { images: 2, height: 9, width: 8, channels: 3 };
        let places = |size, stride, padding| {
            let places = SlidingWindow { size, stride, padding }.places(extent);
            (places.height, places.width)
        };
        assert_eq!(places([3, 3], 1, [1, 1]), (9, 8));
        assert_eq!(places([3, 3], 2, [0, 0]), (4, 3));
        assert_eq!(places([1, 7], 1, [0, 3]), (9, 8));
        assert_eq!(places([9, 8], 3, [0, 0]), (1, 1));
    }

    #[test]
    #[should_panic(expected = "has no place")]
    fn a_window_larger_than_the_map_is_refused() {
        let extent = Extent { images: 1, height: 2, width: 2, channels: 1 };
        SlidingWindow { size: [5, 5], stride: 1, padding: [1, 1] }.places(extent);
    }
}
