//! Bytes written in letters (ISO 32000-2, 7.4.2 and 7.4.3): what is compressed stands below them, and how much
//! it grows can be measured only there.

use super::syntax::is_white;

/// What stood in letters; false when not all of them could be read.
pub(super) type Bare = (Vec<u8>, bool);

/// ASCIIHexDecode: pairs of digits up to `>`; one that is missing at the end is 0.
pub(super) fn hexadecimal(letters: &[u8]) -> Bare {
    let mut bytes = Vec::with_capacity(letters.len().div_ceil(2));
    let mut half: Option<u8> = None;
    for letter in letters.iter().filter(|letter| !is_white(**letter)) {
        let digit = match letter {
            b'>' => break,
            letter => char::from(*letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok()),
        };
        let Some(digit) = digit else { return (bytes, false) };
        match half.take() {
            Some(high) => bytes.push(high << 4 | digit),
            None => half = Some(digit),
        }
    }
    bytes.extend(half.map(|high| high << 4));
    (bytes, true)
}

/// ASCII85Decode: five letters for four bytes, `z` for four zeros, up to `~>`.
pub(super) fn base_85(letters: &[u8]) -> Bare {
    let mut bytes = Vec::with_capacity(letters.len());
    let (mut group, mut count) = (0_u64, 0_usize);
    for letter in letters.iter().filter(|letter| !is_white(**letter)) {
        match letter {
            b'~' => break,
            b'z' if count == 0 => bytes.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                group = group.saturating_mul(85).saturating_add(u64::from(letter.saturating_sub(b'!')));
                count = count.saturating_add(1);
                if count == 5 {
                    let Ok(word) = u32::try_from(group) else { return (bytes, false) };
                    bytes.extend_from_slice(&word.to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            _ => return (bytes, false),
        }
    }
    if count == 0 {
        return (bytes, true);
    }
    // A last group is as many bytes as it has letters but one, filled up with the highest of them.
    for _ in count..5 {
        group = group.saturating_mul(85).saturating_add(84);
    }
    let Ok(word) = u32::try_from(group) else { return (bytes, false) };
    bytes.extend_from_slice(word.to_be_bytes().get(..count.saturating_sub(1)).unwrap_or_default());
    (bytes, count > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_bytes() {
        for (letters, bytes, whole) in [
            (&b"4B e5\n72 6>"[..], &b"K\xE5r\x60"[..], true),
            (b"4BE5", b"K\xE5", true),
            (b"4B x5>", b"K", false),
            (b"", b"", true),
        ] {
            assert_eq!(hexadecimal(letters), (bytes.to_vec(), whole), "{letters:?}");
        }
        for (letters, bytes, whole) in [
            (&b"87cUR\nD]i,\"Ebo80~>"[..], &b"Hello World!"[..], true),
            (b"z!!~>", b"\0\0\0\0\0", true),
            (b"87cURDZ", b"Hello", true),
            (b"87cURD~>", b"Hell", false),
            (b"87cUR\xFF", b"Hell", false),
            (b"uuuuu~>", b"", false),
            (b"~>", b"", true),
        ] {
            assert_eq!(base_85(letters), (bytes.to_vec(), whole), "{letters:?}");
        }
    }
}
