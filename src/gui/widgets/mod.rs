//! Parts that several screens draw.

pub mod drawing;
pub mod focus;
pub mod image_grid;
pub mod table;
pub mod toasts;
pub mod zoom;
