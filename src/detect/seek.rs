//! Finding the next byte of a kind, many at a time.

/// Bytes looked at together: the compiler makes one vector of them.
const TOGETHER: usize = 32;

/// Where the first byte stands that is `wanted`.
pub fn position(bytes: &[u8], wanted: impl Fn(u8) -> bool + Copy) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<TOGETHER>();
    for (number, chunk) in chunks.iter().enumerate() {
        if chunk.iter().fold(false, |any, &byte| any | wanted(byte)) {
            let at = chunk.iter().position(|&byte| wanted(byte))?;
            return Some(number.saturating_mul(TOGETHER).saturating_add(at));
        }
    }
    let at = rest.iter().position(|&byte| wanted(byte))?;
    Some(bytes.len().saturating_sub(rest.len()).saturating_add(at))
}

/// Where the next ASCII digit stands, from `from` on.
pub fn digit(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    position(rest, |byte| byte.wrapping_sub(b'0') < 10).map(|at| from.saturating_add(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_one_is_found(text in "[a-z]{0,40}[0-9]?[a-z0-9]{0,40}", from in 0_usize..90) {
            let bytes = text.as_bytes();
            let plain = bytes.iter().enumerate().skip(from).find(|(_, b)| b.is_ascii_digit()).map(|(at, _)| at);
            prop_assert_eq!(digit(bytes, from), plain);
        }
    }
}
