//! What leaves the program: images and grids of them, drawings.

mod diagram;
mod picture;
mod pytorch;
mod tiles;

pub use diagram::svg;
pub use picture::Picture;
pub use pytorch::{PyTorch, pytorch};
pub use tiles::Tiles;
