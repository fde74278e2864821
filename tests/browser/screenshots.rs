//! The pictures of the documentation, drawn while the tests run: which pages, and in which views.

use std::collections::HashMap;
use std::path::PathBuf;

use data_encoding::BASE64;
use serde_json::json;

use crate::visitor::{Visitor, WIDE};

/// Where they are written to; without it none are drawn.
const FOLDER: &str = "SLUSS_SCREENSHOTS";

/// In bytes. Larger ones are no help to a reader, and a burden to everybody who clones the repository.
const LARGEST: usize = 80 * 1024;

/// Of a picture; the format has room for 256.
const COLOURS: usize = 128;

const PHONE: (u32, u32) = (360, 740);

/// A page, and its views: language, then colours on a phone, or a width. `LANGUAGE-light`, `-dark`, `-320`, `-wide`,
/// `-wide-dark`.
const PICTURES: &[(&str, &[&str])] = &[
    ("account-enrol", &["nb-light", "nb-dark"]),
    ("account-recovery", &["nb-light"]),
    ("account-sign-in", &["nb-light"]),
    ("desk-held", &["nb-wide", "nb-light"]),
    ("desk-open", &["nb-wide"]),
    ("desk-opened", &["nb-wide"]),
    ("desk-queue", &["nb-wide", "nb-wide-dark", "nb-light"]),
    ("desk-release", &["nb-wide"]),
    ("desk-sign-in", &["nb-light"]),
    ("sender-at-once", &["nb-light"]),
    ("sender-at-once-sent", &["nb-light"]),
    ("sender-edit", &["en-dark", "nb-light"]),
    ("sender-exception", &["nb-light"]),
    ("sender-exceptions", &["nb-light"]),
    ("sender-overview", &["en-light", "nb-320", "nb-dark", "nb-light", "nb-wide", "nn-light", "sv-light"]),
    ("sender-overview-asked", &["nb-light"]),
    ("sender-own", &["en-light", "nb-light", "nb-wide"]),
    ("sender-review", &["nb-light"]),
    ("sender-review-asked", &["nb-light"]),
    ("sender-secure", &["nb-light"]),
    ("sender-sent", &["en-dark"]),
    ("sender-unknown", &["nb-light"]),
    ("sender-urgent", &["sv-dark", "sv-light"]),
    ("sender-withdraw", &["nb-dark", "nb-light"]),
    ("sender-withdrawn", &["sv-light"]),
];

/// Draws the pictures of the page that the visitor sees.
pub fn take(visitor: &Visitor, page: &str) {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let views = PICTURES.iter().filter(|(name, _)| *name == page).flat_map(|(_, views)| *views);
    visitor.browser.run("document.activeElement.blur(); scrollTo(0, 0)");
    let scrollbars = |hidden| visitor.browser.cdp("Emulation.setScrollbarsHidden", &json!({ "hidden": hidden }));
    scrollbars(true);
    for view in views {
        let Some(look) = view.strip_prefix(visitor.language()).and_then(|look| look.strip_prefix('-')) else {
            continue;
        };
        let (scheme, window) = match look {
            "light" => ("light", PHONE),
            "dark" => ("dark", PHONE),
            "320" => ("light", (320, PHONE.1)),
            "wide" => ("light", WIDE),
            "wide-dark" => ("dark", WIDE),
            _ => panic!("{page}: no view {view}"),
        };
        visitor.colours(scheme);
        visitor.window(window);
        let drawn = smaller(&draw(visitor, window.0));
        assert!(drawn.len() <= LARGEST, "{page}-{view} has {} bytes", drawn.len());
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("{page}-{view}.png")), drawn).expect("a picture written");
    }
    scrollbars(false);
}

/// The whole page, as PNG.
fn draw(visitor: &Visitor, width: u32) -> Vec<u8> {
    let size = visitor.browser.cdp("Page.getLayoutMetrics", &json!({}));
    let height = size["cssContentSize"]["height"].as_f64().expect("a height");
    let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
    let parameters = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
    let drawn = visitor.browser.cdp("Page.captureScreenshot", &parameters);
    BASE64.decode(drawn["data"].as_str().expect("a picture").as_bytes()).expect("base 64")
}

/// The same picture with at most [`COLOURS`]: flat surfaces keep theirs, and the edges of letters lose nothing one would see.
fn smaller(drawn: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(drawn)).read_info().expect("a picture");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut pixels).expect("a picture");
    let bytes = frame.color_type.samples();
    let colours: Vec<[u8; 3]> = pixels[..frame.buffer_size()].chunks(bytes).map(|p| [p[0], p[1], p[2]]).collect();
    let (palette, indices) = indexed(&colours);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, frame.width, frame.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&indices).expect("the pixels");
    writer.finish().expect("an end");
    out
}

/// The most frequent colours, and the place of each pixel's nearest among them.
fn indexed(colours: &[[u8; 3]]) -> (Vec<[u8; 3]>, Vec<u8>) {
    let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
    for colour in colours {
        *counts.entry(*colour).or_default() += 1;
    }
    let mut palette: Vec<[u8; 3]> = counts.keys().copied().collect();
    palette.sort_by_key(|colour| (std::cmp::Reverse(counts[colour]), *colour));
    palette.truncate(COLOURS);
    let distance =
        |a: &[u8; 3], b: &[u8; 3]| a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum::<u32>();
    let nearest = |colour: &[u8; 3]| (0..=255).zip(&palette).min_by_key(|(_, known)| distance(known, colour));
    let places: HashMap<[u8; 3], u8> =
        counts.keys().map(|colour| (*colour, nearest(colour).expect("a colour").0)).collect();
    let indices = colours.iter().map(|colour| places[colour]).collect();
    (palette, indices)
}
