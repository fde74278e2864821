//! Kennitala: `DDMMYY-NNKC`. From 18 February 2026 numbers without a right K are issued; the
//! kerfiskennitala has neither date nor check digit. Day + 40 is a company. Source: Þjóðskrá.

use super::checks::{is_date, two, weighted};
use super::kind::{Kind, Reading};

const WEIGHTS: [u8; 9] = [3, 2, 7, 6, 5, 4, 3, 2, 1];
/// First two digits of the year from which K may be anything.
const WITHOUT_CHECK_FROM: u8 = 26;

pub fn read(digits: &[u8; 10]) -> Option<Reading> {
    let [d1, d2, m1, m2, y1, y2, .., century] = *digits;
    let short = two(y1, y2);
    let year = birth_year(short, century);
    match year {
        Some(year) if is_date(two(d1, d2), two(m1, m2), year) => {
            if weighted(digits, &WEIGHTS).is_multiple_of(11) {
                Some(Reading::checked(Kind::Kennitala))
            } else {
                (century == 0 && short >= WITHOUT_CHECK_FROM)
                    .then(|| Reading::label_only(Kind::Kennitala, "no-checksum"))
            }
        }
        _ if d1 >= 8 => Some(Reading::label_only(Kind::Kerfiskennitala, "no-checksum")),
        _ => None,
    }
}

/// Day + 40: a legal entity, never a person.
pub fn is_company(digits: &[u8; 10]) -> bool {
    let [d1, d2, m1, m2, y1, y2, .., century] = *digits;
    birth_year(two(y1, y2), century)
        .is_some_and(|year| is_date(two(d1, d2).saturating_sub(40), two(m1, m2), year) && two(d1, d2) > 40)
        && weighted(digits, &WEIGHTS).is_multiple_of(11)
}

fn birth_year(short: u8, century: u8) -> Option<u16> {
    let base = match century {
        8 => 1800,
        9 => 1900,
        0 => 2000,
        _ => return None,
    };
    Some(u16::from(short).saturating_add(base))
}
