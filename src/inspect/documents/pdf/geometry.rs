//! Points, matrices and rectangles of a page. All in floating point: nothing here overflows.

use hayro_font::kurbo::{Affine, Point, Rect, Vec2};
use hayro_syntax::object::Array;

/// Degrees between two frames; text that is turned less against a frame is read in it.
pub(super) const TURN: f64 = 5.0;

/// What is drawn by `inner` inside of `outer`.
#[allow(clippy::arithmetic_side_effects)]
pub(super) fn within(outer: Affine, inner: Affine) -> Affine {
    outer * inner
}

#[allow(clippy::arithmetic_side_effects)]
pub(super) fn point(matrix: Affine, x: f64, y: f64) -> Point {
    matrix * Point::new(x, y)
}

#[allow(clippy::arithmetic_side_effects)]
pub(super) fn direction(matrix: Affine, along: Vec2) -> Vec2 {
    matrix * along.to_point() - matrix * Point::ORIGIN
}

/// The frame in which text that runs along `direction` is read.
pub(super) fn turn(direction: Vec2) -> i16 {
    let turns = (direction.angle().to_degrees() / TURN).round();
    #[allow(clippy::cast_possible_truncation)]
    let turns = if turns.is_finite() { turns as i16 } else { 0 };
    if turns == -36 { 36 } else { turns }
}

/// The direction of a frame's lines.
pub(super) fn axis(turn: i16) -> Vec2 {
    Vec2::from_angle((f64::from(turn) * TURN).to_radians())
}

/// Coordinates of a page need no more; what is no number stands at its corner.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn narrow(value: f64) -> f32 {
    let value = value as f32;
    if value.is_finite() { value } else { 0.0 }
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn float(n: usize) -> f64 {
    n as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn whole(value: f64, most: usize) -> usize {
    (value.max(0.0) as usize).min(most)
}

/// A rectangle of a dictionary (ISO 32000-2, 7.9.5), whichever corners it names.
pub(super) fn rectangle(array: &Array<'_>) -> Option<Rect> {
    let mut numbers = array.iter::<f64>();
    let (x0, y0, x1, y1) = (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
    Some(Rect::new(x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)))
}
