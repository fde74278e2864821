//! Style sheets, script, font and icon: compiled in, served under names that change with their bytes, so that a browser may
//! keep them for good.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;

/// Addresses of what every page needs, below the console's own.
#[derive(Debug)]
pub struct Assets {
    pub theme: String,
    pub components: String,
    pub own: String,
    /// Of the desk: what works without it works better with it.
    pub script: String,
    pub icon: String,
    font: String,
}

const THEME: &[u8] = include_bytes!("../../assets/designsystemet/theme.css");
const COMPONENTS: &[u8] = include_bytes!("../../assets/designsystemet/components.css");
const OWN: &str = include_str!("../../assets/console.css");
const SCRIPT: &[u8] = include_bytes!("../../assets/desk.js");
const ICON: &[u8] = include_bytes!("../../assets/icon.svg");
const FONT: &[u8] = include_bytes!("../../assets/inter/inter-latin.woff2");

const CSS: &str = "text/css; charset=utf-8";
/// The name does not outlive the bytes.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The addresses, made once.
pub fn assets() -> &'static Assets {
    static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
        theme: name("theme", THEME, "css"),
        components: name("components", COMPONENTS, "css"),
        own: name("console", OWN.as_bytes(), "css"),
        script: name("desk", SCRIPT, "js"),
        icon: name("icon", ICON, "svg"),
        font: name("inter", FONT, "woff2"),
    });
    &ASSETS
}

pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let assets = assets();
    Router::new()
        .route(&assets.theme, get(|| async { kept(CSS, THEME) }))
        .route(&assets.components, get(|| async { kept(CSS, COMPONENTS) }))
        .route(&assets.own, get(|| async { kept(CSS, own()) }))
        .route(&assets.script, get(|| async { kept("text/javascript; charset=utf-8", SCRIPT) }))
        .route(&assets.icon, get(|| async { kept("image/svg+xml", ICON) }))
        .route(&assets.font, get(|| async { kept("font/woff2", FONT) }))
}

/// Our own sheet names the font by its address beside it.
fn own() -> String {
    OWN.replace("{font}", assets().font.trim_start_matches("/static/"))
}

fn kept(media_type: &'static str, bytes: impl IntoResponse) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CACHE_CONTROL, KEEP)];
    (headers, bytes).into_response()
}

fn name(stem: &str, bytes: &[u8], kind: &str) -> String {
    let hash = digest(&SHA256, bytes);
    let short = hash.as_ref().get(..6).unwrap_or_default();
    format!("/static/{stem}-{}.{kind}", HEXLOWER.encode(short))
}
