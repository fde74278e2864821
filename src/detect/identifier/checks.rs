//! Check digits and dates: small pure functions over digits 0-9.

/// The weighted sum of digits; the shorter of the two decides how many.
pub fn weighted(digits: &[u8], weights: &[u8]) -> u32 {
    digits.iter().zip(weights).map(|(&d, &w)| u32::from(d).saturating_mul(u32::from(w))).sum()
}

/// Luhn's mod 10, the check digit last.
pub fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &d)| match (place % 2, d) {
            (0, d) => u32::from(d),
            (_, d @ 0..=4) => u32::from(d).saturating_mul(2),
            (_, d) => u32::from(d).saturating_mul(2).saturating_sub(9),
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// A number written with two digits, as in dates.
pub fn two(tens: u8, ones: u8) -> u8 {
    tens.saturating_mul(10).saturating_add(ones)
}

/// Four digits as a number.
pub fn four(digits: [u8; 4]) -> u16 {
    digits.iter().fold(0_u16, |n, &d| n.saturating_mul(10).saturating_add(u16::from(d)))
}

pub fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days of a month in the Gregorian calendar; 0 for a month that does not exist.
pub fn days_in(month: u8, year: u16) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

pub fn is_date(day: u8, month: u8, year: u16) -> bool {
    day >= 1 && day <= days_in(month, year)
}

/// A date whose century is not known: 29 February is taken when the two-digit year is divisible by
/// four, as the Norwegian register's own validator does (00 read as 2000).
pub fn is_date_of_some_century(day: u8, month: u8, two_digit_year: u8) -> bool {
    is_date(day, month, u16::from(two_digit_year).saturating_add(2000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn_table() {
        for (digits, right) in [
            (&[8, 1, 1, 2, 2, 8, 9, 8, 7, 4][..], true),
            (&[8, 1, 1, 2, 2, 8, 9, 8, 7, 5], false),
            (&[1, 6, 0, 9, 9, 0, 8], true),
            (&[0], true),
            (&[], false),
        ] {
            assert_eq!(luhn(digits), right, "{} digits", digits.len());
        }
    }

    #[test]
    fn leap_days() {
        for (day, month, year, right) in
            [(29, 2, 2000, true), (29, 2, 1900, false), (29, 2, 1996, true), (31, 4, 2001, false), (1, 13, 2001, false)]
        {
            assert_eq!(is_date(day, month, year), right);
        }
    }
}
