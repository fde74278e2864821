//! Pictures of a PDF in shades of grey, which is all that reading them needs (ISO 32000-2, 8.6 and 8.9).

use hayro_syntax::Filter;
use hayro_syntax::object::stream::{ImageColorSpace, ImageDecodeParams};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream};
use hayro_syntax::page::Resources;
use memchr::memmem;

use super::stream::Means;

/// Bytes of the samples of one picture; A4 in colour at 600 dpi has 104 MB.
const MAX_SAMPLES: usize = 160_000_000;
/// Rows of a fax that a single one is counted as.
const MAX_ROWS: usize = 1_000;
/// Entries of a palette.
const MAX_PALETTE: usize = 256;
/// Colour spaces inside each other.
const MAX_NESTING: usize = 4;

/// A picture, a byte a pixel: 0 is black. Where there is a mask, 0 in it is nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pixels {
    pub width: usize,
    pub height: usize,
    pub shades: Vec<u8>,
    pub mask: Option<Box<Pixels>>,
}

/// Why a picture has no pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    TooLarge,
    Broken,
    /// For a reason that has been named.
    Told,
}

/// How samples become shades.
#[derive(Clone, Debug, PartialEq)]
enum Space {
    Grey,
    Rgb,
    Cmyk,
    Lab,
    Palette(Vec<u8>),
    /// So many inks, each darker the more there is of it.
    Inks(usize),
}

impl Space {
    fn components(&self) -> usize {
        match self {
            Space::Grey | Space::Palette(_) => 1,
            Space::Rgb | Space::Lab => 3,
            Space::Cmyk => 4,
            Space::Inks(inks) => *inks,
        }
    }

    fn of(object: Object<'_>, resources: Option<&Resources<'_>>, depth: usize) -> Option<Space> {
        match object {
            Object::Name(name) => match name.as_ref() {
                b"DeviceGray" | b"G" | b"CalGray" => Some(Space::Grey),
                b"DeviceRGB" | b"RGB" | b"CalRGB" => Some(Space::Rgb),
                b"DeviceCMYK" | b"CMYK" => Some(Space::Cmyk),
                other => {
                    let named = resources?.color_spaces.get::<Object<'_>>(other)?;
                    Space::of(named, None, depth.checked_sub(1)?)
                }
            },
            Object::Array(array) => Space::of_array(&array, resources, depth),
            _ => None,
        }
    }

    fn of_array(array: &Array<'_>, resources: Option<&Resources<'_>>, depth: usize) -> Option<Space> {
        let mut items = array.flex_iter();
        let family = items.next::<Name<'_>>()?;
        match family.as_ref() {
            b"CalGray" | b"DeviceGray" | b"G" => Some(Space::Grey),
            b"CalRGB" | b"DeviceRGB" | b"RGB" => Some(Space::Rgb),
            b"DeviceCMYK" | b"CMYK" => Some(Space::Cmyk),
            b"Lab" => Some(Space::Lab),
            b"ICCBased" => match items.next::<Stream<'_>>()?.dict().get::<u8>(b"N")? {
                1 => Some(Space::Grey),
                3 => Some(Space::Rgb),
                4 => Some(Space::Cmyk),
                _ => None,
            },
            b"Indexed" | b"I" => {
                let base = Space::of(items.next::<Object<'_>>()?, resources, depth.checked_sub(1)?)?;
                items.next::<Object<'_>>()?;
                let table = match items.next::<Object<'_>>()? {
                    Object::String(string) => string.as_bytes().to_vec(),
                    Object::Stream(stream) => stream.decoded_data().ok()?.into_owned(),
                    _ => return None,
                };
                let entries = table.chunks_exact(base.components().max(1)).take(MAX_PALETTE);
                Some(Space::Palette(entries.map(|entry| base.shade(entry)).collect()))
            }
            b"Separation" => Some(Space::Inks(1)),
            b"DeviceN" => Some(Space::Inks(items.next::<Array<'_>>()?.raw_iter().count().clamp(1, 32))),
            b"Pattern" => None,
            _ => None,
        }
    }

    /// The shade of a pixel whose samples are stretched to bytes (those of a palette are not).
    fn shade(&self, samples: &[u8]) -> u8 {
        let byte = |at: usize| u32::from(samples.get(at).copied().unwrap_or(0));
        let shade = match self {
            Space::Grey | Space::Lab => byte(0),
            Space::Palette(palette) => {
                let index = usize::from(samples.first().copied().unwrap_or(0));
                u32::from(palette.get(index).or(palette.last()).copied().unwrap_or(255))
            }
            Space::Rgb => luma(byte(0), byte(1), byte(2)),
            Space::Cmyk => 255_u32.saturating_sub(luma(byte(0), byte(1), byte(2)).saturating_add(byte(3))),
            Space::Inks(_) => samples.iter().fold(255_u32, |left, ink| left.saturating_sub(u32::from(*ink))),
        };
        u8::try_from(shade).unwrap_or(255)
    }
}

/// ITU-R BT.601.
fn luma(red: u32, green: u32, blue: u32) -> u32 {
    red.saturating_mul(77).saturating_add(green.saturating_mul(150)).saturating_add(blue.saturating_mul(29)) >> 8
}

impl Pixels {
    pub fn of(stream: &Stream<'_>, resources: Option<&Resources<'_>>, means: &mut Means<'_>) -> Result<Self, Lost> {
        Pixels::read(stream, resources, true, means)
    }

    /// Width and height as the dictionary has them.
    pub fn size(dict: &Dict<'_>) -> Option<(usize, usize)> {
        let width = dict.get::<u32>(b"Width").or_else(|| dict.get::<u32>(b"W"))?;
        let height = dict.get::<u32>(b"Height").or_else(|| dict.get::<u32>(b"H"))?;
        Some((usize::try_from(width).ok()?, usize::try_from(height).ok()?))
    }

    pub fn is_stencil(dict: &Dict<'_>) -> bool {
        dict.get::<bool>(b"ImageMask").or_else(|| dict.get::<bool>(b"IM")).unwrap_or(false)
    }

    fn read(
        stream: &Stream<'_>,
        resources: Option<&Resources<'_>>,
        masked: bool,
        means: &mut Means<'_>,
    ) -> Result<Self, Lost> {
        let dict = stream.dict();
        let (width, height) = Pixels::size(dict).filter(|(w, h)| *w > 0 && *h > 0).ok_or(Lost::Broken)?;
        let stencil = Pixels::is_stencil(dict);
        let named = dict.get::<Object<'_>>(b"ColorSpace").or_else(|| dict.get::<Object<'_>>(b"CS"));
        let space = if stencil { Some(Space::Grey) } else { named.and_then(|n| Space::of(n, resources, MAX_NESTING)) };
        let bits = dict.get::<u8>(b"BitsPerComponent").or_else(|| dict.get::<u8>(b"BPC"));
        let bits = if stencil { Some(1) } else { bits };
        let components = space.as_ref().map(Space::components);
        let samples = width.checked_mul(height).and_then(|n| n.checked_mul(components.unwrap_or(4)));
        // Whoever decodes it takes what it says of itself for granted.
        if samples.is_none_or(|samples| samples > MAX_SAMPLES) || own_samples(stream) > MAX_SAMPLES {
            return Err(Lost::TooLarge);
        }
        if !means.sound(stream) {
            return Err(Lost::Told);
        }
        let params = ImageDecodeParams {
            is_indexed: matches!(space, Some(Space::Palette(_))),
            bpc: bits,
            num_components: components.and_then(|n| u8::try_from(n).ok()),
            target_dimension: None,
            width: u32::try_from(width).map_err(|_| Lost::TooLarge)?,
            height: u32::try_from(height).map_err(|_| Lost::TooLarge)?,
        };
        let decoded = stream.decoded_image(&params).map_err(|_| Lost::Broken)?;
        let (width, height, bits, own) = match &decoded.image_data {
            Some(own) => {
                let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
                (size(own.width), size(own.height), own.bits_per_component, own.color_space)
            }
            None => {
                let bits = bits.unwrap_or(if has_bilevel_filter(stream) { 1 } else { 8 });
                (width, height, bits, None)
            }
        };
        let own = own.and_then(|own| match own {
            ImageColorSpace::Gray => Some(Space::Grey),
            ImageColorSpace::Rgb => Some(Space::Rgb),
            ImageColorSpace::Cmyk => Some(Space::Cmyk),
            ImageColorSpace::Unknown(_) => None,
        });
        let space = space.or(own).unwrap_or(Space::Grey);
        if width.checked_mul(height).is_none_or(|pixels| pixels == 0 || pixels > MAX_SAMPLES) {
            return Err(Lost::TooLarge);
        }
        let samples = Samples { data: &decoded.data, bits: usize::from(bits), inverted: is_inverted(dict) };
        let mut shades = shades(&samples, width, height, &space).ok_or(Lost::Broken)?;
        drop(decoded);
        if stencil {
            // 0 is painted: with black, as far as reading goes.
            shades.iter_mut().for_each(|shade| *shade = !*shade);
            let mask = Pixels { width, height, shades, mask: None };
            let black = Pixels { width: 1, height: 1, shades: vec![0], mask: Some(Box::new(mask)) };
            return Ok(black);
        }
        let mask = dict.get::<Stream<'_>>(b"SMask").or_else(|| dict.get::<Stream<'_>>(b"Mask")).filter(|_| masked);
        let mask = mask.and_then(|mask| Pixels::read(&mask, None, false, means).ok()).map(|mask| match mask.mask {
            // In an explicit mask 0 is painted as well.
            Some(stencil) => stencil,
            None => Box::new(mask),
        });
        Ok(Pixels { width, height, shades, mask })
    }
}

/// Samples that the data of a picture claims to have, where it says so itself.
fn own_samples(stream: &Stream<'_>) -> usize {
    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let header = || stream.raw_data();
    match stream.filters().as_slice() {
        [.., Filter::CcittFaxDecode] => {
            let params = stream.dict().get::<Object<'_>>(b"DecodeParms").or_else(|| stream.dict().get(b"DP"));
            let params = match params {
                Some(Object::Dict(params)) => Some(params),
                Some(Object::Array(array)) => array.iter::<Object<'_>>().filter_map(Object::into_dict).last(),
                _ => None,
            };
            let side = |key: &[u8]| params.as_ref().and_then(|params| params.get::<u32>(key)).unwrap_or(1);
            let (columns, rows) = (size(side(b"Columns")), size(side(b"Rows")));
            // A row is kept as the places where its colour changes.
            columns.saturating_mul(rows.max(MAX_ROWS))
        }
        [Filter::DctDecode] => jpeg_frame(&header()).map_or(0, |(samples, _)| samples),
        [Filter::JpxDecode] => jpx_samples(&header()).unwrap_or(0),
        _ => 0,
    }
}

/// Samples and components of a JPEG, by its frame header (ITU-T T.81, B.2.2).
pub(super) fn jpeg_frame(jpeg: &[u8]) -> Option<(usize, u8)> {
    let mut rest = jpeg.strip_prefix(b"\xFF\xD8")?;
    loop {
        match rest {
            [0xFF, 0xFF, ..] => rest = rest.get(1..)?,
            [0xFF, 0xC0..=0xC2, _, _, _, high, low, wide, narrow, components, ..] => {
                let side = |high: &u8, low: &u8| usize::from(u16::from_be_bytes([*high, *low]));
                let pixels = side(high, low).saturating_mul(side(wide, narrow));
                return Some((pixels.saturating_mul(usize::from(*components)), *components));
            }
            [0xFF, 0xC4 | 0xCC | 0xD8 | 0xDB..=0xFE, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(length.checked_add(2)?..)?;
            }
            _ => return None,
        }
    }
}

/// Samples of a JPEG 2000 codestream, by its size segment (ITU-T T.800, A.5.1).
fn jpx_samples(jpx: &[u8]) -> Option<usize> {
    let at = memmem::find(jpx, b"\xFF\x4F\xFF\x51")?.checked_add(8)?;
    let word = |offset: usize| -> Option<usize> {
        let at = at.checked_add(offset)?;
        let bytes = jpx.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
    };
    let components = jpx.get(at.checked_add(32)?..at.checked_add(34)?)?;
    let components = usize::from(u16::from_be_bytes(components.try_into().ok()?));
    let (width, height) = (word(0)?.saturating_sub(word(8)?), word(4)?.saturating_sub(word(12)?));
    Some(width.saturating_mul(height).saturating_mul(components))
}

fn has_bilevel_filter(stream: &Stream<'_>) -> bool {
    matches!(stream.filters().last(), Some(Filter::CcittFaxDecode | Filter::Jbig2Decode))
}

/// Whether the first component runs from bright to dark.
fn is_inverted(dict: &Dict<'_>) -> bool {
    let decode = dict.get::<Array<'_>>(b"Decode").or_else(|| dict.get::<Array<'_>>(b"D"));
    let mut decode = decode.into_iter().flat_map(|array| array.iter::<f32>().take(2).collect::<Vec<_>>());
    matches!((decode.next(), decode.next()), (Some(from), Some(to)) if from > to)
}

/// Samples as a picture keeps them.
struct Samples<'d> {
    data: &'d [u8],
    bits: usize,
    /// They run from bright to dark (ISO 32000-2, 8.9.5.2); inks, which are mixed, before they are.
    inverted: bool,
}

/// Samples to shades, rows being padded to whole bytes; rows that are missing are white.
fn shades(samples: &Samples<'_>, width: usize, height: usize, space: &Space) -> Option<Vec<u8>> {
    let (components, bits) = (space.components(), samples.bits);
    let row_bits = width.checked_mul(components)?.checked_mul(bits)?;
    let row_bytes = row_bits.div_ceil(8).max(1);
    let palette = matches!(space, Space::Palette(_));
    let plain = bits == 8 && *space == Space::Grey && !samples.inverted;
    let table = table(bits, palette, samples.inverted)?;
    let mut shades = Vec::with_capacity(width.checked_mul(height)?);
    let mut unpacked = Vec::with_capacity(width.checked_mul(components)?);
    for row in samples.data.chunks(row_bytes).take(height) {
        if plain {
            shades.extend_from_slice(row.get(..width).unwrap_or(row));
        } else {
            unpacked.clear();
            unpack(row, bits, &table, &mut unpacked);
            shades.extend(unpacked.chunks_exact(components.max(1)).take(width).map(|pixel| space.shade(pixel)));
        }
        let whole = shades.len().checked_next_multiple_of(width)?;
        shades.resize(whole, 255);
    }
    if shades.is_empty() {
        return None;
    }
    shades.resize(width.checked_mul(height)?, 255);
    Some(shades)
}

/// What each value of a sample is as a byte.
fn table(bits: usize, palette: bool, inverted: bool) -> Option<Vec<u8>> {
    let most = match bits {
        1 => 1_u32,
        2 => 3,
        4 => 15,
        8 | 16 => 255,
        _ => return None,
    };
    let stretched = |value: u32| if palette { value } else { value.saturating_mul(255).checked_div(most).unwrap_or(0) };
    let turned = |value: u32| if inverted { most.saturating_sub(value) } else { value };
    Some((0..=most).map(|value| u8::try_from(stretched(turned(value))).unwrap_or(255)).collect())
}

fn unpack(row: &[u8], bits: usize, table: &[u8], samples: &mut Vec<u8>) {
    let value = |byte: u8| table.get(usize::from(byte)).copied().unwrap_or(0);
    match bits {
        1 => row.iter().for_each(|byte| samples.extend((0..8).rev().map(|bit| value(byte >> bit & 1)))),
        2 => row.iter().for_each(|byte| samples.extend([6, 4, 2, 0].map(|bit| value(byte >> bit & 3)))),
        4 => row.iter().for_each(|byte| samples.extend([4, 0].map(|bit| value(byte >> bit & 15)))),
        8 => samples.extend(row.iter().map(|byte| value(*byte))),
        _ => samples.extend(row.chunks_exact(2).filter_map(|pair| Some(value(*pair.first()?)))),
    }
}
