//! How evidence is shown: enough to find the place, never enough to read the value.

/// What stands for a hidden letter or digit.
pub const HIDDEN: char = '•';

/// An identifier: the first two digits stay, every other letter or digit is hidden, separators stay.
pub fn mask_identifier(written: &str) -> String {
    let mut shown = 0_u8;
    mask(written, |c| {
        let show = c.is_numeric() && shown < 2;
        shown = shown.saturating_add(u8::from(show));
        show
    })
}

/// Everything else: every letter and digit is hidden, so that only length and shape are left.
pub fn mask_all(written: &str) -> String {
    mask(written, |_| false)
}

fn mask(written: &str, mut shows: impl FnMut(char) -> bool) -> String {
    let mut masked = String::with_capacity(written.len().saturating_mul(HIDDEN.len_utf8()));
    masked.extend(written.chars().map(|c| match c {
        c if c.is_alphanumeric() => {
            if shows(c) {
                c
            } else {
                HIDDEN
            }
        }
        // A line end inside a number would break a listing of one finding a line.
        c if c.is_control() => ' ',
        c => c,
    }));
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_two_digits_and_the_shape() {
        for (written, masked) in [
            ("131072 48022", "13•••• •••••"),
            ("19811228-9874", "19••••••-••••"),
            ("000101-T220", "00••••-••••"),
            ("54.91.10 55468", "54.••.•• •••••"),
            ("", ""),
        ] {
            assert_eq!(mask_identifier(written), masked);
        }
    }

    #[test]
    fn hides_every_letter() {
        assert_eq!(mask_all("Åse Ødegård-Lie 3\n"), "••• •••••••-••• • ");
    }
}
