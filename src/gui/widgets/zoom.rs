//! Which part of a grid of images is looked at.

use eframe::egui::{self, Pos2, Rect, Vec2};

use crate::gui::widgets::image_grid::Placement;

/// The factors by which one can zoom in.
const ZOOM: std::ops::RangeInclusive<f32> = 1.0..=40.0;

/// A part of a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zoom {
    factor: f32,
    pan: Vec2,
}

impl Default for Zoom {
    /// All of it.
    fn default() -> Self {
        Self { factor: 1.0, pan: Vec2::ZERO }
    }
}

impl Zoom {
    /// Zooms around the pointer, as far as was asked for in this frame.
    pub fn turn(&mut self, ui: &egui::Ui, rect: Rect, pointer: Pos2) {
        let factor = ui.input(egui::InputState::zoom_delta);
        let zoomed = (self.factor * factor).clamp(*ZOOM.start(), *ZOOM.end());
        let from_middle = pointer - rect.center();
        // What lies under the pointer stays there.
        self.pan = from_middle + (self.pan - from_middle) * (zoomed / self.factor);
        self.factor = zoomed;
        // What is seen as a whole lies in the middle.
        self.drag(Vec2::ZERO);
    }

    /// Moves the grid by so many points. One that is seen as a whole stays where it is.
    pub fn drag(&mut self, by: Vec2) {
        self.pan = if self.factor == 1.0 { Vec2::ZERO } else { self.pan + by };
    }

    /// The placement of a grid that would fit into `size` as `fit` does.
    pub fn place(&self, fit: Placement, size: Vec2) -> Placement {
        let middle = size / 2.0;
        Placement {
            origin: middle + self.pan + (fit.origin - middle) * self.factor,
            scale: fit.scale * self.factor,
            gap: fit.gap * self.factor,
            ..fit
        }
    }
}
