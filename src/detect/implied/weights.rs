//! What was learned, as the program carries it.
//!
//! A file: the line `sluss implied 1`, the line `from HEX` (a digest of the sentences learned from), then in binary,
//! little-endian: the number of classes (u32), the bias of each and the weight that one step is worth (f32), the number of
//! features (u32), and for each, rising by its number, that number (u32) and one signed byte a class.

const FIRST_LINE: &str = "sluss implied 1";

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
    #[error("the features are not in rising order")]
    Order,
}

/// A weight for each of `N` classes of each feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights<const N: usize> {
    pub bias: [f32; N],
    step: f32,
    numbers: Vec<u32>,
    steps: Vec<[i8; N]>,
    /// Open addressing: place of a feature plus one, or 0.
    table: Vec<u32>,
}

impl<const N: usize> Weights<N> {
    /// Rounds the weights to bytes.
    pub fn new(bias: [f32; N], features: Vec<(u32, [f32; N])>) -> Weights<N> {
        let most = features.iter().flat_map(|(_, w)| w).fold(0.0_f32, |most, w| most.max(w.abs()));
        let step = most.max(f32::MIN_POSITIVE) / STEPS;
        let (numbers, steps): (Vec<u32>, Vec<_>) =
            features.into_iter().map(|(number, weights)| (number, weights.map(|w| (w / step).round() as i8))).unzip();
        Weights { bias, step, table: table(&numbers), numbers, steps }
    }

    /// The steps of one feature, if it is known.
    pub fn of(&self, number: u32) -> Option<&[i8; N]> {
        let mask = self.table.len().wrapping_sub(1);
        let mut slot = spread(number) & mask;
        loop {
            let place = (*self.table.get(slot)?).checked_sub(1)? as usize;
            if self.numbers.get(place) == Some(&number) {
                return self.steps.get(place);
            }
            slot = slot.wrapping_add(1) & mask;
        }
    }

    /// What one step is worth.
    pub fn step(&self) -> f32 {
        self.step
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The file, telling that it was learned from sentences of this digest.
    pub fn to_bytes(&self, from: &str) -> Vec<u8> {
        let mut out = format!("{FIRST_LINE}\nfrom {from}\n").into_bytes();
        out.extend(u32::try_from(N).unwrap_or(u32::MAX).to_le_bytes());
        for number in self.bias.iter().chain([&self.step]) {
            out.extend(number.to_le_bytes());
        }
        out.extend(u32::try_from(self.numbers.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (number, steps) in self.numbers.iter().zip(&self.steps) {
            out.extend(number.to_le_bytes());
            out.extend(steps.map(|s| s.to_le_bytes()[0]));
        }
        out
    }

    /// Reads the file: the weights, and the digest of what they were learned from.
    pub fn from_bytes(file: &[u8]) -> Result<(Weights<N>, String), WeightsError> {
        let (first, rest) = line(file).ok_or(WeightsError::FirstLine)?;
        if first != FIRST_LINE {
            return Err(WeightsError::FirstLine);
        }
        let (second, mut rest) = line(rest).ok_or(WeightsError::From)?;
        let from = second.strip_prefix("from ").ok_or(WeightsError::From)?.to_owned();
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
        let (mut numbers, mut steps) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let number = u32::from_le_bytes(take(&mut rest)?);
            if numbers.last().is_some_and(|last| *last >= number) {
                return Err(WeightsError::Order);
            }
            numbers.push(number);
            steps.push(take::<N>(&mut rest)?.map(|b| i8::from_le_bytes([b])));
        }
        if !rest.is_empty() {
            return Err(WeightsError::Length);
        }
        Ok((Weights { bias, step, table: table(&numbers), numbers, steps }, from))
    }
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

/// Places of the numbers in a table at most half full, so that a search ends.
fn table(numbers: &[u32]) -> Vec<u32> {
    let size = numbers.len().saturating_mul(2).max(2).next_power_of_two();
    let mask = size.wrapping_sub(1);
    let mut out = vec![0_u32; size];
    for (place, number) in (1_u32..).zip(numbers) {
        let mut slot = spread(*number) & mask;
        while out.get(slot).is_some_and(|taken| *taken != 0) {
            slot = slot.wrapping_add(1) & mask;
        }
        if let Some(free) = out.get_mut(slot) {
            *free = place;
        }
    }
    out
}
