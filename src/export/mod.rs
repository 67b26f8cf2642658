//! What leaves the program: images and grids of them.

mod picture;

pub use picture::Picture;
