//! A picture of the program: its recipe, and the grid of images in it.
#![no_main]

use autogan::export::{PictureRecipe, Tiles};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("recipe", 512), |data: &[u8]| {
    let recipe = std::str::from_utf8(data).ok().and_then(|text| PictureRecipe::from_json(text).ok());
    for recipe in [recipe, PictureRecipe::of_png(data).unwrap_or_default()].into_iter().flatten() {
        let written = recipe.to_json();
        assert!(!written.contains('\n'));
        assert_eq!(PictureRecipe::from_json(&written).unwrap(), recipe);
    }
    for (columns, enlarged) in [(8, 1), (2, 4)] {
        if let Ok(tiles) = Tiles::from_grid(data, columns, enlarged) {
            assert_eq!(tiles.count(), columns * columns);
            assert_eq!(tiles.rgba().len(), tiles.count() * tiles.side() * tiles.side() * 4);
        }
    }
});
