//! What was learned, as the program carries it.
//!
//! A file: the line `sluss implied 1`, the line `from HEX` (a digest of the sentences learned from), then in binary,
//! little-endian: the number of classes (u32), the bias of each and the weight that one step is worth (f32), the number of
//! features (u32), and for each, rising by its number, that number (u32) and one signed byte a class.

const FIRST_LINE: &str = "sluss implied 1";

/// 128 KiB: of the features that are not known some three in a hundred pass.
const FILTER_WORDS: usize = 1 << 14;
/// Steps a byte can tell to each side.
const STEPS: f32 = 127.0;

/// Why a file of weights was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WeightsError {
    #[error("not a file of weights: its first line is not `{FIRST_LINE}`")]
    FirstLine,
    #[error("{0} classes, where {1} are known")]
    Classes(u32, usize),
    #[error("the second line is not `from` and a digest")]
    From,
    #[error("the file ends within its numbers, or goes on after them")]
    Length,
    #[error("the features do not rise from 1")]
    Order,
    #[error(transparent)]
    Marks(#[from] super::MarksError),
}

/// A weight for each of `N` classes of each feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights<const N: usize> {
    pub bias: [f32; N],
    step: f32,
    /// Number of features.
    count: usize,
    /// Open addressing: a row stands at its own place or behind it.
    rows: Vec<Row<N>>,
    /// Two bits of one word for each feature: most features of a text are not known, and end here.
    filter: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Row<const N: usize> {
    /// 0 where no row stands.
    number: u32,
    steps: [i8; N],
}

impl<const N: usize> Row<N> {
    const NONE: Row<N> = Row { number: 0, steps: [0; N] };
}

impl<const N: usize> Weights<N> {
    /// Rounds the weights to bytes. The features rise by their number.
    pub fn new(bias: [f32; N], features: Vec<(u32, [f32; N])>) -> Weights<N> {
        let most = features.iter().flat_map(|(_, w)| w).fold(0.0_f32, |most, w| most.max(w.abs()));
        let step = most.max(f32::MIN_POSITIVE) / STEPS;
        let row = |(number, weights): (u32, [f32; N])| Row { number, steps: weights.map(|w| (w / step).round() as i8) };
        Weights::of_rows(bias, step, features.into_iter().map(row).collect())
    }

    fn of_rows(bias: [f32; N], step: f32, rows: Vec<Row<N>>) -> Weights<N> {
        let mut filter = vec![0_u64; FILTER_WORDS];
        for row in &rows {
            let (word, bits) = in_filter(row.number);
            if let Some(word) = filter.get_mut(word) {
                *word |= bits;
            }
        }
        Weights { bias, step, count: rows.len(), rows: table(&rows), filter }
    }

    /// The steps of one feature, if it is known.
    #[inline]
    pub fn of(&self, number: u32) -> Option<&[i8; N]> {
        let (word, bits) = in_filter(number);
        if self.filter.get(word)? & bits != bits {
            return None;
        }
        let last = self.rows.len().wrapping_sub(1);
        let mut place = spread(number) & last;
        loop {
            match self.rows.get(place)? {
                row if row.number == number => return Some(&row.steps),
                Row { number: 0, .. } => return None,
                _ => place = place.wrapping_add(1) & last,
            }
        }
    }

    /// What one step is worth.
    pub fn step(&self) -> f32 {
        self.step
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The file, telling that it was learned from sentences of this digest.
    pub fn to_bytes(&self, from: &str) -> Vec<u8> {
        let mut out = format!("{FIRST_LINE}\nfrom {from}\n").into_bytes();
        out.extend(u32::try_from(N).unwrap_or(u32::MAX).to_le_bytes());
        for number in self.bias.iter().chain([&self.step]) {
            out.extend(number.to_le_bytes());
        }
        out.extend(u32::try_from(self.count).unwrap_or(u32::MAX).to_le_bytes());
        let mut rows: Vec<&Row<N>> = self.rows.iter().filter(|row| row.number != 0).collect();
        rows.sort_unstable_by_key(|row| row.number);
        for row in rows {
            out.extend(row.number.to_le_bytes());
            out.extend(row.steps.map(i8::cast_unsigned));
        }
        out
    }

    /// Reads the file: the weights, and the digest of what they were learned from.
    pub fn from_bytes(file: &[u8]) -> Result<(Weights<N>, String), WeightsError> {
        let (from, mut rest) = head(file)?;
        let classes = u32::from_le_bytes(take(&mut rest)?);
        if usize::try_from(classes) != Ok(N) {
            return Err(WeightsError::Classes(classes, N));
        }
        let mut bias = [0.0; N];
        for slot in &mut bias {
            *slot = f32::from_le_bytes(take(&mut rest)?);
        }
        let step = f32::from_le_bytes(take(&mut rest)?);
        let count = u32::from_le_bytes(take(&mut rest)?) as usize;
        let mut rows: Vec<Row<N>> = Vec::new();
        for _ in 0..count {
            let number = u32::from_le_bytes(take(&mut rest)?);
            if rows.last().map_or(0, |last| last.number) >= number {
                return Err(WeightsError::Order);
            }
            rows.push(Row { number, steps: take::<N>(&mut rest)?.map(u8::cast_signed) });
        }
        if !rest.is_empty() {
            return Err(WeightsError::Length);
        }
        Ok((Weights::of_rows(bias, step, rows), from.to_owned()))
    }
}

/// The digest of what a file's weights were learned from, and the file from its numbers on.
pub(super) fn head(file: &[u8]) -> Result<(&str, &[u8]), WeightsError> {
    let (first, rest) = line(file).ok_or(WeightsError::FirstLine)?;
    if first != FIRST_LINE {
        return Err(WeightsError::FirstLine);
    }
    let (second, rest) = line(rest).ok_or(WeightsError::From)?;
    Ok((second.strip_prefix("from ").ok_or(WeightsError::From)?, rest))
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = memchr::memchr(b'\n', bytes)?;
    Some((str::from_utf8(bytes.get(..end)?).ok()?, bytes.get(end.saturating_add(1)..)?))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], WeightsError> {
    let (head, tail) = rest.split_first_chunk().ok_or(WeightsError::Length)?;
    *rest = tail;
    Ok(*head)
}

fn spread(number: u32) -> usize {
    number.wrapping_mul(0x9E37_79B1) as usize >> 7
}

/// Word and bits of a feature in the filter.
fn in_filter(number: u32) -> (usize, u64) {
    let bits = 1 << (number >> 14 & 63) | 1 << (number >> 20 & 63);
    (number as usize % FILTER_WORDS, bits)
}

/// The rows in a table that is not full, so that a search ends.
fn table<const N: usize>(rows: &[Row<N>]) -> Vec<Row<N>> {
    let size = rows.len().saturating_add(rows.len() / 8).saturating_add(1).next_power_of_two();
    let last = size.wrapping_sub(1);
    let mut out = vec![Row::NONE; size];
    for row in rows {
        let mut place = spread(row.number) & last;
        while out.get(place).is_some_and(|taken| taken.number != 0) {
            place = place.wrapping_add(1) & last;
        }
        if let Some(free) = out.get_mut(place) {
            *free = *row;
        }
    }
    out
}
