//! What leaves the program: images, grids, sheets and animations of them with their recipes, drawings,
//! tables of curves, code.

mod animation;
mod canvas;
mod colours;
mod curves;
mod diagram;
mod font;
mod picture;
mod pytorch;
mod recipe;
mod sheet;
mod svg;
mod tiles;

pub use animation::Animation;
pub use curves::{CurvePoint, csv, curves_csv};
pub use diagram::diagram_picture;
pub use picture::{GAP, Picture};
pub use pytorch::{PyTorch, pytorch};
pub use recipe::{LatentRecipe, PictureRecipe, sha256};
pub use sheet::contact_sheet;
pub use svg::svg;
pub use tiles::Tiles;
