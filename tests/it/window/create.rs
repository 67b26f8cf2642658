//! The window's Create screen, driven by role and label.

mod by_hand;

use std::io::Cursor;
use std::path::{Path, PathBuf};

use autogan::export::{LatentRecipe, PictureRecipe};
use autogan::rng::Latent;
use eframe::egui::{Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use image::AnimationDecoder;

use crate::runs::sample_server::finished_run;
use crate::window::Window;
use crate::window::runs_screen::LiveRun;

/// A window on the Create screen.
pub(super) struct Create(pub(super) Window);

impl Create {
    pub(super) fn new(model: &Path) -> Self {
        let mut window = Window::new();
        window.harness.state_mut().create(model);
        window.harness.step();
        Self(window)
    }

    pub(super) fn until_label(&mut self, part: &str) {
        self.0.until(part, |harness| harness.query_all_by_label_contains(part).next().is_some());
    }

    pub(super) fn has(&self, part: &str) -> bool {
        self.0.harness.query_all_by_label_contains(part).next().is_some()
    }

    pub(super) fn click(&mut self, label: &str) {
        self.0.until(label, |harness| harness.query_by_label(label).is_some());
        self.0.click(label);
    }

    /// Picks an image beside those that are picked.
    fn pick_beside(&mut self, label: &str) {
        self.0.harness.get_by_label(label).click_modifiers(Modifiers::COMMAND);
        self.0.harness.run_steps(3);
    }

    pub(super) fn set(&mut self, role: Role, label: &str, value: f64) {
        self.0.harness.get_by_role_and_label(role, label).set_value_accesskit(value);
        self.0.harness.run_steps(3);
    }

    /// Exports with a button to a place in the test's folder.
    pub(super) fn export(&mut self, button: &str, name: &str) -> PathBuf {
        let path = self.0.folder.path().join(name);
        std::fs::write(self.0.folder.path().join("answer"), path.to_str().unwrap()).unwrap();
        self.0.until(button, |harness| {
            harness.query_by_label(button).is_some_and(|button| !button.accesskit_node().is_disabled())
        });
        self.click(button);
        self.until_label(&format!("saved in {}", path.display()));
        path
    }

    /// Picks three seeds' images.
    pub(super) fn pick_three(&mut self) {
        self.until_label("Image of seed 5");
        self.click("Image of seed 1");
        self.pick_beside("Image of seed 3");
        self.pick_beside("Image of seed 5");
        self.until_label("Picked 3: seed 5");
    }
}

pub(super) fn recipe(path: &Path) -> PictureRecipe {
    PictureRecipe::of_png(&std::fs::read(path).unwrap()).unwrap().unwrap()
}

fn size(path: &Path) -> (u32, u32) {
    image::image_dimensions(path).unwrap()
}

fn gif_frames(path: &Path) -> Vec<image::Frame> {
    let bytes = std::fs::read(path).unwrap();
    let decoder = image::codecs::gif::GifDecoder::new(Cursor::new(bytes)).unwrap();
    decoder.into_frames().collect_frames().unwrap()
}

#[test]
fn seeds_are_picked_and_exported_with_their_recipe() {
    let mut window = Create::new(finished_run());
    window.until_label("Images of seeds, 40 images");
    window.set(Role::SpinButton, "First seed", 100.0);
    window.until_label("Image of seed 139");
    window.set(Role::SpinButton, "Images", 16.0);
    window.until_label("Images of seeds, 16 images");
    window.click("Resample");
    window.until_label("Image of seed 116");
    assert!(!window.has("Image of seed 115"), "none is shown twice");
    assert!(window.0.harness.get_by_label("Image…").accesskit_node().is_disabled(), "nothing is picked");
    window.click("Image of seed 117");
    window.until_label("seed 117, not truncated, average weights");
    window.set(Role::Slider, "Truncation", 0.5);
    window.until_label("seed 117, truncated at 0.50, average weights");
    window.set(Role::SpinButton, "Enlarged", 2.0);

    let average = window.export("Image…", "average.png");
    assert_eq!(size(&average), (32, 32), "16 px, enlarged twice");
    let found = recipe(&average);
    assert_eq!(found.latents, LatentRecipe::Seed { seed: 117, first: 0, count: 1 });
    assert_eq!((found.truncation, found.ema), (Some(0.5), Some(true)));
    assert_eq!(found.run.as_deref(), Some("finished run"));
    let summary = std::fs::read_to_string(finished_run().join("summary.json")).unwrap();
    assert!(summary.contains(&found.genotype));
    window.click("Average weights (EMA)");
    window.until_label("truncated at 0.50, raw weights");
    let raw = window.export("Image…", "raw.png");
    assert_eq!(recipe(&raw).ema, Some(false));
    assert_ne!(image::open(&raw).unwrap(), image::open(&average).unwrap());

    window.pick_beside("Image of seed 120");
    let selection = window.0.folder.path().join("selection");
    std::fs::create_dir(&selection).unwrap();
    window.export("Selection…", "selection");
    assert_eq!(std::fs::read_dir(&selection).unwrap().count(), 2);
    let grid = window.export("Grid…", "grid.png");
    let (width, height) = size(&grid);
    // Whole images of 32 pixels with gaps of 4 between them, whatever the number of columns.
    let (across, down) = ((width + 4) / 36, (height + 4) / 36);
    assert_eq!((36 * across - 4, 36 * down - 4), (width, height));
    assert!((16..16 + across).contains(&(across * down)), "{across} x {down}");
    let latents = (116..132).map(|seed| Latent::Seed { seed }).collect();
    assert_eq!(recipe(&grid).latents, LatentRecipe::Named { latents });
    let sheet = window.export("Contact sheet…", "sheet.png");
    assert!(size(&sheet).1 > height, "captions take room");
    window.click("Clear the picked images");
    assert!(!window.has("Picked 1"));
    window.0.harness.check_accessibility();
}

#[test]
fn an_interpolation_plays_and_is_exported_as_gif_and_apng() {
    let mut window = Create::new(finished_run());
    window.click("Interpolate");
    window.until_label("Pick at least two images");
    window.click("Seeds");
    window.pick_three();
    window.click("Interpolate");
    window.set(Role::SpinButton, "Frames between", 4.0);
    window.until_label("1 of 12: seed 1");
    window.0.harness.check_accessibility();
    let gif = window.export("Animation…", "animation.gif");
    assert_eq!(gif_frames(&gif).len(), 12);
    window.click("Closed");
    window.until_label("1 of 9: seed 1");
    let apng = window.export("Animation…", "animation.apng");
    let stops = vec![(1, 0), (3, 0), (5, 0)];
    let curve = "spherical".to_owned();
    let expected = LatentRecipe::Interpolation { stops, steps: 4, closed: false, curve };
    assert_eq!(recipe(&apng).latents, expected);
    window.set(Role::Slider, "Frame", 2.0);
    window.until_label("3 of 9: 0.500 of the way from seed 1 to seed 3");
    let frame = window.export("Image…", "frame.png");
    let [from, to] = [1, 3].map(|seed| Box::new(Latent::Seed { seed }));
    let latents = vec![Latent::Between { from, to, t: 0.5 }];
    assert_eq!(recipe(&frame).latents, LatentRecipe::Named { latents });
    window.click("Play the animation");
    window.0.until("it plays", |harness| harness.query_by_label_contains("3 of 9").is_none());
    window.click("Pause the animation");
    window.click("Frame 1");
    window.until_label("1 of 9: seed 1");
}

#[test]
fn latent_space_is_dragged_under_the_pointer() {
    let mut window = Create::new(finished_run());
    window.click("Explore");
    window.set(Role::SpinButton, "Images", 9.0);
    window.set(Role::SpinButton, "Spacing", 0.5);
    window.until_label("Image of (0.000, 0.000) on the plane of seed 0");
    let image = |window: &Create, label: &str| window.0.harness.get_by_label(label).rect();
    let middle = image(&window, "Image of (0.000, 0.000) on the plane of seed 0");
    let right = image(&window, "Image of (0.500, 0.000) on the plane of seed 0");
    let step = right.center() - middle.center();
    window.0.harness.drag_at(right.center());
    window.0.harness.run_steps(2);
    for part in 1..=4 {
        window.0.harness.hover_at(right.center() - step * (part as f32 / 4.0));
        window.0.harness.run_steps(1);
    }
    window.0.harness.drop_at(middle.center());
    window.0.harness.run_steps(2);
    // What was on the right is in the middle now.
    let label = "Image of (0.500, 0.000) on the plane of seed 0";
    window.0.until("it moved", |harness| {
        let image = harness.query_by_label(label);
        image.is_some_and(|image| (image.rect().center() - middle.center()).length() < 2.0)
    });
    window.click(label);
    window.until_label("Picked 1: (0.500, 0.000) on the plane of seed 0");
    let found = recipe(&window.export("Image…", "place.png")).latents;
    let LatentRecipe::Named { latents } = &found else { panic!("{found:?}") };
    let [Latent::Plane { seed: 0, x, y }] = latents[..] else { panic!("{found:?}") };
    assert!((x - 0.5).abs() < 1e-3 && y.abs() < 1e-3, "{found:?}");
    window.0.harness.check_accessibility();
}

#[test]
fn the_training_is_an_animation_and_the_way_back_leads_to_the_run() {
    let mut window = Create::new(finished_run());
    window.click("History");
    window.until_label(", 64 images");
    window.0.harness.check_accessibility();
    let gif = window.export("Animation…", "history.gif");
    let pictures = std::fs::read_dir(finished_run().join("samples")).unwrap().count();
    let frames = gif_frames(&gif);
    assert!(frames.len() == pictures && pictures > 3, "{} frames of {pictures}", frames.len());
    let grid = window.export("Grid…", "moment.png");
    assert!(matches!(recipe(&grid).latents, LatentRecipe::Run { seed: 1, steps } if steps.len() == 1));
    window.click("Back to the run");
    window.until_label("Winner");
    window.click("Create");
    window.until_label("Images of seeds, 40 images");
}

#[test]
fn of_a_run_that_goes_on_it_is_said_which_weights_are_shown_and_exported_and_newer_ones_are_offered() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("live");
    let mut run = LiveRun::begin(&dir);
    let write = |weights: &str| {
        std::fs::create_dir_all(dir.join("export")).unwrap();
        let from = finished_run().join("export").join(weights);
        std::fs::copy(from, dir.join("export/winner.safetensors")).unwrap();
    };
    write("winner.safetensors");
    let mut window = Create::new(&dir);
    window.until_label("Weights of step 1,200, ");
    window.until_label("The run goes on; newer weights will be offered here");
    window.until_label("All are made with the weights of step 1,200, ");
    write("winner-raw.safetensors");
    run.evaluated(1800, 11.0);
    window.until_label("The run has newer weights: of step 1,800, ");
    assert!(window.has("Weights of step 1,200, "), "those are still shown");
    window.until_label("Image of seed 5");
    window.click("Image of seed 1");
    window.export("Image…", "old.png");
    window.until_label("; the run has newer ones");
    let shown = recipe(&window.0.folder.path().join("old.png")).model_sha256;
    window.0.harness.check_accessibility();
    window.click("Take the newest weights");
    window.until_label("Weights of step 1,800, ");
    assert!(!window.has("The run has newer weights"));
    window.until_label("Picked 1: seed 1");
    window.export("Image…", "new.png");
    assert_ne!(recipe(&window.0.folder.path().join("new.png")).model_sha256, shown);
    drop(run);
    window.0.until("it is over", |harness| harness.query_by_label("Weights of step 1,800").is_some());
}

#[test]
fn a_file_of_its_own_has_no_raw_weights_and_what_is_none_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.safetensors");
    std::fs::copy(finished_run().join("export/winner.safetensors"), &file).unwrap();
    let mut window = Create::new(&file);
    window.until_label("Images of seeds, 40 images");
    assert!(window.0.harness.get_by_label("Average weights (EMA)").accesskit_node().is_disabled());
    window.until_label("No raw weights were kept");
    window.click("History");
    window.until_label("A model file says nothing of its training");
    assert!(window.0.harness.get_by_label("Back to the run").accesskit_node().is_disabled());
    std::fs::write(&file, b"none").unwrap();
    window.0.harness.state_mut().create(&file);
    window.until_label("mine.safetensors cannot be used as a generator");
    std::fs::copy(finished_run().join("export/winner.safetensors"), &file).unwrap();
    window.click("Try again");
    window.until_label("Images of seeds, 40 images");
    window.click("Welcome screen");
    window.0.drop_file(&file);
    window.until_label("Images of seeds, 40 images");
}

#[test]
fn a_grid_of_144_images_is_fluid() {
    let mut window = Create::new(finished_run());
    window.until_label("Images of seeds, 40 images");
    window.set(Role::SpinButton, "Images", 144.0);
    window.until_label("Images of seeds, 144 images");
    window.until_label("Image of seed 143");
    window.0.is_fluid("a grid of 144 images");
}
