//! The window: shows a run, and steers the worker process that computes it.
//!
//! Immediate mode all the way: each frame reads the state (a fold of the run's events) and draws. Nothing
//! here waits for a GPU's computations, a disk or a network: runs are watched, pictures read and dialogs
//! shown on threads of their own.

mod about;
mod app;
mod background;
mod commands;
mod compare;
mod create;
mod dialogs;
mod example;
mod finish;
mod layout;
mod lessons;
mod panels;
mod plot;
mod run_screen;
mod runs;
mod session;
mod sessions;
mod settings;
mod setup;
mod state;
mod theme;
mod widgets;

pub use app::{App, Places};
pub use dialogs::{AnswerKind, DialogAnswer, FileKind, Question, SystemDialogs};
pub use settings::WindowSettings;

use std::path::Path;

use eframe::egui;

/// Smallest size of the window, in points.
const LEAST: [f32; 2] = [800.0, 500.0];
/// Its size at the first start, in points.
const FIRST: [f32; 2] = [1280.0, 800.0];

/// Opens the window, with the `lesson` in a file if one is named, and returns when it is closed.
///
/// # Errors
///
/// If the system gives no window, or no way to draw in it, or if the lesson cannot be used.
pub fn open(lesson: Option<&Path>) -> anyhow::Result<()> {
    let lesson = lesson.map(lessons::read).transpose()?;
    let places = Places::of_this_machine()?;
    let (settings, _) = settings::WindowSettings::read(places.settings.as_deref());
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("AutoGAN")
        .with_app_id("autogan")
        .with_min_inner_size(LEAST)
        .with_inner_size(first_size(settings.size));
    if let Some(position) = settings.position {
        viewport = viewport.with_position(position);
    }
    let options =
        eframe::NativeOptions { viewport, centered: settings.position.is_none(), ..Default::default() };
    let create = |cc: &eframe::CreationContext<'_>| {
        let mut app = App::new(cc, places);
        if let Some(lesson) = lesson {
            app.teach(lesson);
        }
        Ok(Box::new(app) as Box<dyn eframe::App>)
    };
    eframe::run_native("autogan", options, Box::new(create)).map_err(|error| {
        anyhow::anyhow!("the window cannot be opened ({error}); `autogan search` needs none")
    })
}

/// The size that the window opens with, in points, where `remembered` is that of the last time.
fn first_size(remembered: Option<[f32; 2]>) -> [f32; 2] {
    let [width, height] = remembered.unwrap_or(FIRST);
    [width.max(LEAST[0]), height.max(LEAST[1])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_opens_as_large_as_it_was_and_never_too_small() {
        assert_eq!(first_size(None), FIRST);
        assert_eq!(first_size(Some([1500.0, 900.0])), [1500.0, 900.0]);
        assert_eq!(first_size(Some([700.0, 450.0])), LEAST);
        assert_eq!(first_size(Some([2000.0, 450.0])), [2000.0, LEAST[1]]);
    }
}
