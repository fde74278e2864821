//! Which unknowns a system of sums leaves only one value for, whatever bounds there are: those that several sums,
//! added and subtracted, isolate.
//!
//! Every sum is an equation with coefficients 1 and −1; which unknowns are isolated does not depend on what it
//! adds up to. Elimination goes by whole numbers modulo a large prime: no rounding, and small coefficients
//! behave as they do over the rationals.

use std::collections::{BTreeMap, BTreeSet};

/// A prime, 2^61 − 1.
const PRIME: u64 = (1 << 61) - 1;

/// An equation: unknowns with their coefficients, none of them 0.
type Equation = BTreeMap<usize, u64>;

/// Solved as far as can be: each pivot stands in its own equation and in no other.
#[derive(Default)]
pub struct Equations {
    by_pivot: BTreeMap<usize, Equation>,
    /// Pivots of the equations that an unknown stands in, besides its own.
    stands_in: BTreeMap<usize, BTreeSet<usize>>,
}

impl Equations {
    /// Adds that the parts, less the whole, come to some number.
    pub fn add(&mut self, parts: impl IntoIterator<Item = usize>, whole: Option<usize>) {
        let mut equation = Equation::new();
        for part in parts {
            put(&mut equation, part, 1);
        }
        if let Some(whole) = whole {
            put(&mut equation, whole, PRIME - 1);
        }
        let pivots: Vec<(usize, u64)> =
            equation.iter().filter(|(of, _)| self.by_pivot.contains_key(of)).map(|(of, by)| (*of, *by)).collect();
        for (pivot, by) in pivots {
            if let Some(solved) = self.by_pivot.get(&pivot) {
                subtract(&mut equation, solved, by);
            }
        }
        let Some((&pivot, &by)) = equation.first_key_value() else { return };
        let inverse = power(by, PRIME - 2);
        equation.values_mut().for_each(|of| *of = times(*of, inverse));
        for other in self.stands_in.remove(&pivot).unwrap_or_default() {
            let Some(mut solved) = self.by_pivot.remove(&other) else { continue };
            let before: Vec<usize> = solved.keys().copied().collect();
            let by = solved.get(&pivot).copied().unwrap_or(0);
            subtract(&mut solved, &equation, by);
            for of in before.iter().filter(|of| !solved.contains_key(of)) {
                if let Some(standing) = self.stands_in.get_mut(of) {
                    standing.remove(&other);
                }
            }
            self.place(other, solved);
        }
        self.place(pivot, equation);
    }

    fn place(&mut self, pivot: usize, equation: Equation) {
        for &of in equation.keys().filter(|of| **of != pivot) {
            self.stands_in.entry(of).or_default().insert(pivot);
        }
        self.by_pivot.insert(pivot, equation);
    }

    /// The unknowns that stand alone, in order.
    pub fn isolated(&self) -> impl Iterator<Item = usize> {
        self.by_pivot.iter().filter(|(_, equation)| equation.len() == 1).map(|(pivot, _)| *pivot)
    }
}

/// Takes `by` times the other equation away.
fn subtract(equation: &mut Equation, other: &Equation, by: u64) {
    for (&of, &coefficient) in other {
        put(equation, of, times(coefficient, PRIME - by));
    }
}

fn put(equation: &mut Equation, of: usize, more: u64) {
    let coefficient = equation.entry(of).or_insert(0);
    *coefficient = (*coefficient + more) % PRIME;
    if *coefficient == 0 {
        equation.remove(&of);
    }
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b) % u128::from(PRIME);
    u64::try_from(product).unwrap_or(0)
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn isolated(sums: &[(&[usize], Option<usize>)]) -> Vec<usize> {
        let mut equations = Equations::default();
        for (parts, whole) in sums {
            equations.add(parts.iter().copied(), *whole);
        }
        equations.isolated().collect()
    }

    #[test]
    fn what_several_sums_isolate() {
        for (sums, wanted) in [
            (vec![(&[1, 2][..], None)], vec![]),
            (vec![(&[1][..], None)], vec![1]),
            (vec![(&[1, 2][..], None), (&[2, 3][..], None)], vec![]),
            (vec![(&[1, 2][..], None), (&[2, 3][..], None), (&[1, 3][..], None)], vec![1, 2, 3]),
            (vec![(&[1, 2, 3][..], None), (&[1, 2][..], None)], vec![3]),
            (vec![(&[1, 2][..], Some(3)), (&[1, 2, 4][..], Some(3))], vec![4]),
            // Two rectangles that one count joins: their rows, less their columns.
            (
                vec![
                    (&[1, 2][..], None),
                    (&[3, 4, 9][..], None),
                    (&[1, 3][..], None),
                    (&[2, 4][..], None),
                    (&[5, 6][..], None),
                    (&[7, 8][..], None),
                    (&[5, 7, 9][..], None),
                    (&[6, 8][..], None),
                ],
                vec![9],
            ),
        ] {
            assert_eq!(isolated(&sums), wanted, "{sums:?}");
        }
    }
}
