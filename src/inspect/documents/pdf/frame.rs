//! Where the glyphs of a string stand.

use hayro_font::kurbo::{Affine, Vec2};

use super::content::{Glyph, State};
use super::font::Text;
use super::geometry::{axis, direction, narrow, point, turn, within};

/// What the glyphs of one string have in common.
pub(super) struct Frame {
    turn: i16,
    axis: Vec2,
    size: f32,
    unit: f64,
    /// Fonts of drawn glyphs often have a size of 1 and a matrix of their own.
    drawn: bool,
}

impl Frame {
    pub fn new(state: &State<'_>, text: Affine, horizontal: bool) -> Self {
        let matrix = within(state.ctm, text);
        let scale = if state.scale < 0.0 { -1.0 } else { 1.0 };
        let size = if state.size < 0.0 { -1.0 } else { 1.0 };
        let along = if horizontal { Vec2::new(scale * size, 0.0) } else { Vec2::new(0.0, -1.0) };
        let across = if horizontal { Vec2::new(0.0, 1.0) } else { Vec2::new(1.0, 0.0) };
        let along = direction(matrix, along);
        let across = direction(matrix, across);
        let unit = along.hypot();
        let turn = turn(along);
        let drawn = state.font.as_ref().is_some_and(|font| font.drawn);
        let height = state.size.abs() * across.hypot();
        Frame { turn, axis: axis(turn), size: narrow(height), unit, drawn }
    }

    pub fn glyph(&self, state: &State<'_>, text: Affine, shown: Option<Text>, width: f64, spacing: f64) -> Glyph {
        let at = point(within(state.ctm, text), 0.0, state.rise).to_vec2();
        let step = (width.abs() + spacing.max(0.0)) * state.scale.abs() * self.unit;
        Glyph {
            turn: self.turn,
            along: narrow(at.dot(self.axis)),
            across: narrow(at.dot(Vec2::new(-self.axis.y, self.axis.x))),
            advance: narrow(step),
            size: if self.drawn { self.size.max(narrow(width.abs() * self.unit)) } else { self.size },
            text: shown,
            invisible: state.invisible,
        }
    }
}
