//! Henkilötunnus: `DDMMYY`, a separator for the century, three digits, a check character.
//! Separators of 2023 included (DVV, hetu-uudistus).

use super::checks::{is_date, two};
use super::kind::{Kind, Reading};

const CHECK: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// `separator` and `check` in upper case.
pub fn read(date: [u8; 6], separator: u8, individual: [u8; 3], check: u8) -> Option<Reading> {
    let [d1, d2, m1, m2, y1, y2] = date;
    let century = match separator {
        b'+' => 1800,
        b'-' | b'Y' | b'X' | b'W' | b'V' | b'U' => 1900,
        b'A'..=b'F' => 2000,
        _ => return None,
    };
    let [i1, i2, i3] = individual;
    // 000 and 001 are not used; 900-999 are temporary and test numbers.
    if i1 == 0 && i2 == 0 && i3 < 2 {
        return None;
    }
    if !is_date(two(d1, d2), two(m1, m2), u16::from(two(y1, y2)).saturating_add(century)) {
        return None;
    }
    let nine = date.iter().chain(&individual).fold(0_u32, |n, &d| n.saturating_mul(10).saturating_add(u32::from(d)));
    let right = usize::try_from(nine % 31).ok().and_then(|i| CHECK.get(i)) == Some(&check);
    right.then(|| Reading::checked(Kind::Henkilotunnus))
}
