//! Takes the pictures of `docs/window.md` and of the README anew, of two real runs:
//!
//! ```sh
//! autogan search --preset quick --seed 1 --device cpu --out pictures/quick
//! autogan search --preset quick --seed 2 --device cpu --set search.strategy=random --out pictures/random
//! AUTOGAN_PICTURES=pictures cargo test --release --test it pictures_of -- --ignored
//! for f in docs/window/*.png; do convert $f +dither -colors 256 -strip PNG8:$f; done   # those of assets/readme, too
//! ```

use std::path::{Path, PathBuf};
use std::time::Duration;

use eframe::egui;
use egui_kittest::kittest::Queryable;

use super::{PANELS, Window};
use crate::folders;

/// The folder with the runs `quick` and `random`.
const RUNS: &str = "AUTOGAN_PICTURES";
const SIZES: [[f32; 2]; 2] = [[1280.0, 800.0], [1920.0, 1080.0]];
/// The pictures that the README has, with their names there.
const README: [(&str, &str); 5] = [
    ("run-dark-1280", "window-dark"),
    ("run-light-1280", "window-light"),
    ("new-search-dark-1280", "new-search-dark"),
    ("result-dark-1280", "result-dark"),
    ("create-dark-1280", "create-dark"),
];

struct Camera {
    window: Window,
    width: u32,
}

impl Camera {
    /// Takes the screen in both themes.
    fn take(&mut self, name: &str) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for theme in ["dark", "light"] {
            self.window.show_theme(theme, Duration::from_millis(80));
            let picture = self.window.harness.render().unwrap();
            let name = format!("{name}-{theme}-{}", self.width);
            picture.save(root.join(format!("docs/window/{name}.png"))).unwrap();
            if let Some((_, readme)) = README.iter().find(|(picture, _)| *picture == name) {
                picture.save(root.join(format!("assets/readme/{readme}.png"))).unwrap();
            }
        }
    }

    fn until_it_shows(&mut self, part: &'static str) {
        self.window.until(part, |harness| harness.query_all_by_label_contains(part).next().is_some());
    }
}

#[test]
#[ignore = "writes into docs/ and assets/, of runs that AUTOGAN_PICTURES names"]
fn pictures_of_every_screen() {
    let given = PathBuf::from(std::env::var_os(RUNS).expect("AUTOGAN_PICTURES names a folder with runs"));
    for size in SIZES {
        let mut camera = Camera { window: Window::drawn(egui::Vec2::from(size)), width: size[0] as u32 };
        let runs = camera.window.folder.path().join("runs");
        for name in ["quick", "random"] {
            folders::copy(&given.join(name), &runs.join(name));
        }
        camera.until_it_shows("quick: Finished");
        camera.until_it_shows("random: Finished");
        camera.take("welcome");
        camera.window.click("New search…");
        camera.window.until_label("Ready to start");
        camera.window.until("the presets", |harness| {
            harness.query_by_label_contains("Preset quick: 16 px, 2,592 architectures").is_some()
        });
        camera.take("set-up");
        camera.window.click("All settings");
        camera.window.until_label("How long");
        camera.take("new-search");

        let quick = runs.join("quick");
        camera.window.harness.state_mut().open(&quick);
        camera.until_it_shows("64 images");
        camera.take("run");
        camera.window.click("Log");
        camera.window.click("Lineage");
        camera.take("log-lineage");
        camera.window.click("Result");
        camera.until_it_shows("64 images, the winner's");
        camera.take("result");
        camera.window.click("Result");
        for panel in PANELS {
            camera.window.alone(panel);
            camera.take(&format!("panel-{}", panel.to_lowercase()));
        }

        camera.window.harness.state_mut().create(&quick);
        camera.until_it_shows("Image of seed 39");
        camera.window.click("Image of seed 3");
        camera.take("create");

        camera.window.command("All runs");
        camera.window.until_label("Samples of quick");
        camera.window.until_label("Samples of random");
        camera.take("runs");
        camera.window.click("Select quick");
        camera.window.click("Select random");
        camera.window.click("Compare");
        camera.until_it_shows("best");
        camera.take("compare");
    }
}
