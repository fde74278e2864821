//! Logging to standard error: text for a person at a terminal, JSON lines for everything else.
//!
//! Promise: only our own records are written below `warn`. What libraries say at `info`, `debug` or
//! `trace` may hold whole messages, SQL parameters or header values, so no `SLUSS_LOG` setting can
//! switch it on. A panic is logged by its place alone: the text of a panic may quote the string it
//! was working on.

use std::io::IsTerminal;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, FilterFn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

/// Directives such as `debug` or `info,sluss::relay=trace`; absent means `info`.
pub const VARIABLE: &str = "SLUSS_LOG";

/// The crate whose records may go below `warn`.
const OURS: &str = "sluss";

/// The administrator is at fault.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    #[error("{VARIABLE}: {0}; use a level (error, warn, info, debug, trace) or sluss::room=level, with commas between")]
    Directives(#[from] tracing_subscriber::filter::ParseError),
    #[error("logging is already set up in this process")]
    Twice,
}

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
}

impl Format {
    /// Text when standard error is a terminal.
    pub fn detect() -> Self {
        if std::io::stderr().is_terminal() { Format::Text } else { Format::Json }
    }
}

/// Sets up logging for the process, once, and makes panics speak through it.
pub fn init(format: Format) -> Result<(), LoggingError> {
    let directives = std::env::var(VARIABLE).unwrap_or_default();
    let layer = layer(format, &directives, std::io::stderr)?;
    tracing_subscriber::registry().with(layer).try_init().map_err(|_| LoggingError::Twice)?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|l| format!("{}:{}", l.file(), l.line()));
        tracing::error!(place = place.as_deref().unwrap_or("unknown"), "internal fault");
    }));
    Ok(())
}

fn layer<W>(format: Format, directives: &str, writer: W) -> Result<Box<dyn Layer<Registry> + Send + Sync>, LoggingError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let asked = EnvFilter::try_new(if directives.is_empty() { "info" } else { directives })?;
    let filter = asked.and(FilterFn::new(may_be_written));
    let fmt = tracing_subscriber::fmt::layer().with_writer(writer);
    Ok(match format {
        Format::Text => fmt.with_ansi(std::env::var_os("NO_COLOR").is_none()).with_filter(filter).boxed(),
        Format::Json => fmt.json().flatten_event(true).with_span_list(false).with_filter(filter).boxed(),
    })
}

/// Ours at any level; all others from `warn` up.
fn may_be_written(record: &Metadata<'_>) -> bool {
    let target = record.target();
    let ours = target.strip_prefix(OURS).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
    ours || *record.level() <= Level::WARN
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(format: Format, directives: &str) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let layer = layer(format, directives, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::debug!(target: "sluss::relay", "ours in detail");
            tracing::info!(target: "sluss::relay", hop = "default", "ours");
            tracing::debug!(target: "lettre::transport", "a whole message");
            tracing::info!(target: "sqlx::query", "a parameter");
            tracing::info!(target: "slussen", "not ours by prefix alone");
            tracing::warn!(target: "hyper", "theirs, worth knowing");
        });
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn libraries_are_capped_at_warn_whatever_is_asked() {
        for asked in ["", "trace", "debug,lettre=trace,sqlx=debug", "lettre::transport=trace,hyper=trace,sluss=info"] {
            let log = written(Format::Json, asked);
            for never in ["a whole message", "a parameter", "not ours"] {
                assert!(!log.contains(never), "{asked}: {log}");
            }
            assert!(log.contains("theirs, worth knowing"), "{asked}: {log}");
            assert!(log.contains(r#""message":"ours""#), "{asked}: {log}");
        }
    }

    #[test]
    fn detail_is_there_when_asked_for() {
        assert!(!written(Format::Text, "").contains("ours in detail"));
        assert!(written(Format::Text, "sluss::relay=debug").contains("ours in detail"));
    }

    #[test]
    fn json_is_one_object_a_line() {
        for line in written(Format::Json, "trace").lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(value["timestamp"].is_string() && value["level"].is_string(), "{line}");
        }
    }

    #[test]
    fn bad_directives_are_an_error_that_names_the_variable() {
        let Err(error) = layer(Format::Text, "sluss=loud", std::io::sink) else { panic!("accepted") };
        assert!(error.to_string().starts_with("SLUSS_LOG: "), "{error}");
    }
}
