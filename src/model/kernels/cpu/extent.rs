//! The size of a channels-last map.

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
