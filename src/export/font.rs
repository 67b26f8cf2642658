//! Text as outlines, in the one font that every machine has: that of this program.

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use tiny_skia::{Path, PathBuilder};

/// The width of a line of text.
pub(super) fn width(text: &str, size: f32) -> f32 {
    glyphs(text, size).last().map_or(0.0, |(_, left, advance)| left + advance)
}

/// The outlines of a line of text whose base line begins at `[x, y]`; `None` where there is nothing to
/// see. Characters that the font lacks are boxes.
pub(super) fn outlines(text: &str, size: f32, [x, y]: [f32; 2]) -> Option<Path> {
    let font = font();
    let all = font.outline_glyphs();
    let mut pen = Pen { path: PathBuilder::new(), x, y };
    for (glyph, left, _) in glyphs(text, size) {
        pen.x = x + left;
        let settings = DrawSettings::unhinted(Size::new(size), LocationRef::default());
        // A glyph that is damaged is one that is not seen.
        let _ = all.get(glyph).map(|outline| outline.draw(settings, &mut pen));
    }
    pen.path.finish()
}

/// Each character's glyph, its distance from the start and its width.
fn glyphs(text: &str, size: f32) -> impl Iterator<Item = (GlyphId, f32, f32)> {
    let font = font();
    let widths = font.glyph_metrics(Size::new(size), LocationRef::default());
    let characters = font.charmap();
    text.chars().scan(0.0, move |left, character| {
        let glyph = characters.map(character).unwrap_or(GlyphId::NOTDEF);
        let advance = widths.advance_width(glyph).unwrap_or(0.0);
        let start = *left;
        *left += advance;
        Some((glyph, start, advance))
    })
}

fn font() -> FontRef<'static> {
    FontRef::new(epaint_default_fonts::UBUNTU_LIGHT)
        .unwrap_or_else(|error| unreachable!("the font that is built in cannot be read: {error}"))
}

/// Builds a path at a place, with y downwards.
struct Pen {
    path: PathBuilder,
    x: f32,
    y: f32,
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x + x, self.y - y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x + x, self.y - y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(self.x + cx, self.y - cy, self.x + x, self.y - y);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let Self { x: left, y: base, .. } = *self;
        self.path.cubic_to(left + ax, base - ay, left + bx, base - by, left + x, base - y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn longer_text_is_wider_and_blanks_take_room() {
        assert_eq!(width("", 12.0), 0.0);
        let [one, two, blank] = ["m", "mm", "m "].map(|text| width(text, 12.0));
        assert!((two - 2.0 * one).abs() < 1e-3 && one > 6.0 && one < blank && blank < two);
        assert!((width("Fréchet ±", 24.0) - 2.0 * width("Fréchet ±", 12.0)).abs() < 1e-2);
    }

    #[test]
    fn outlines_stand_on_the_base_line_and_inside_the_width() {
        let bounds = outlines("Lm", 20.0, [5.0, 30.0]).unwrap().bounds();
        assert!((bounds.bottom() - 30.0).abs() < 0.5, "{bounds:?}");
        assert!(bounds.top() > 10.0 && bounds.top() < 20.0, "{bounds:?}");
        assert!(bounds.left() >= 5.0 && bounds.right() <= 5.0 + width("Lm", 20.0), "{bounds:?}");
        assert!(outlines(" ", 20.0, [0.0; 2]).is_none());
        // A character that the font lacks is seen all the same.
        assert!(outlines("\u{6f22}", 20.0, [0.0; 2]).is_some());
    }
}
