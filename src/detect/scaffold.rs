//! Scaffold.
use super::{Assessment, Context};
use crate::text::View;
pub struct Detector;
impl Detector {
    pub fn builtin() -> std::sync::Arc<Self> {
        std::sync::Arc::new(Detector)
    }
    pub fn load(_: &std::path::Path) -> Result<std::sync::Arc<Self>, std::io::Error> {
        Ok(Self::builtin())
    }

    pub fn assess(&self, _: &[View], _: &Context) -> Assessment {
        Assessment::default()
    }
}
