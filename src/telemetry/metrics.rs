//! Metrics in Prometheus text form, described in one table.
//!
//! Rooms count with the macros of the `metrics` crate under the names of [`METRICS`]; a test reads
//! the sources and fails on a name that is not in the table. Labels hold closed words, unit ids,
//! hop names and the addresses of client machines, never anything of a message.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only rises; the name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Distribution over [`SECONDS`] (names ending in `_seconds`) or [`BYTES`] (`_bytes`).
    Histogram,
}

/// One metric as documented to the administrator.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    pub name: &'static str,
    pub kind: Kind,
    pub help: &'static str,
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, help }
}

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, help }
}

const fn histogram(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram, help }
}

/// Upper bounds of histograms of time: from a loopback hand-off to the deadline of an inspection.
pub const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Upper bounds of histograms of size: 4 KiB to the largest message a configuration may allow.
pub const BYTES: [f64; 9] =
    [4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0, 16_777_216.0, 67_108_864.0, 157_286_400.0];

/// Every metric there is.
pub const METRICS: &[Metric] = &[
    gauge("sluss_connections", "SMTP connections open now."),
    counter(
        "sluss_connections_total",
        "SMTP connections, by result: accepted, or the limit that refused it: total, source.",
    ),
    counter(
        "sluss_dots_total",
        "Replies to the end of a message: 250, 4xx, 5xx. Those of 250 are relayed + warned + rerouted + bypassed + held.",
    ),
    histogram("sluss_dot_seconds", "Time from the end of a message to our reply."),
    counter("sluss_tls_handshakes_total", "TLS handshakes with clients, by result: ok, failed."),
    histogram("sluss_message_bytes", "Size of messages received."),
    gauge("sluss_memory_for_messages_bytes", "Bytes that messages in flight hold, of memory_for_messages."),
    counter(
        "sluss_messages_total",
        "Messages by outcome: relayed (observed ones too), warned, rerouted, held; bypassed (relayed though judged otherwise); rejected by policy; deferred with 4xx, refused with 5xx.",
    ),
    counter(
        "sluss_mixed_next_hops_total",
        "Recipients deferred because they are bound to another next hop, by client.",
    ),
    counter("sluss_handoffs_total", "Messages given to a next hop, by hop and outcome."),
    counter("sluss_hop_connections_total", "Connections opened to a next hop, by hop and result: ok, or why not."),
    counter("sluss_hop_replaced_total", "Pooled connections found dead before they were used, by hop."),
    counter(
        "sluss_quarantine_total",
        "Held messages by what happened: held, released, release-failed, discarded, expired; review-asked, review-overdue, exception-requested.",
    ),
    counter("sluss_sign_ins_total", "Tries to sign in at the console, and whether they went well."),
    counter("sluss_desk_decisions_total", "What reviewers decided at the console, by step, and whether it went well."),
    counter("sluss_desk_openings_total", "Held mails whose text a reviewer has opened at the console."),
    counter(
        "sluss_sender_actions_total",
        "What senders did by the links of notices, by choice, and whether it went well.",
    ),
    counter("sluss_notices_total", "Attempts at notices, by kind and result: delivered, deferred, refused, given-up."),
    gauge("sluss_notices_waiting", "Notices that are not delivered yet."),
    gauge("sluss_bypass_active", "1 while the bypass is on: mail is relayed whatever is judged."),
    gauge("sluss_channel_days_left", "Days until a channel's evidence ends, negative when it has; by channel."),
    gauge("sluss_check", "1 when a readiness check is well, else 0; by check."),
];

/// The exporter could not be installed: our fault.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be set up: {0}")]
pub struct MetricsError(#[from] metrics_exporter_prometheus::BuildError);

/// Installs the recorder for the process, once, and describes every metric.
pub fn install() -> Result<PrometheusHandle, MetricsError> {
    let handle = builder()?.install_recorder()?;
    describe();
    Ok(handle)
}

fn builder() -> Result<PrometheusBuilder, MetricsError> {
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), &BYTES)?)
}

fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// `(kind, name)` of every match of `pattern` in the sources under `dir`.
    fn used(dir: &Path, pattern: &regex::Regex, found: &mut BTreeSet<(String, String)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                used(&path, pattern, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                found.extend(pattern.captures_iter(&source).map(|c| (c[1].to_owned(), c[2].to_owned())));
            }
        }
    }

    #[test]
    fn table_and_sources_agree() {
        let mut found = BTreeSet::new();
        let pattern = regex::Regex::new(r#"\b(counter|gauge|histogram)!\(\s*"(sluss_[^"]*)""#).unwrap();
        used(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &pattern, &mut found);
        let table: BTreeSet<(String, String)> =
            METRICS.iter().map(|m| (format!("{:?}", m.kind).to_lowercase(), m.name.to_owned())).collect();
        let unknown: Vec<_> = found.difference(&table).collect();
        assert!(unknown.is_empty(), "used but not described: {unknown:?}");
        let unused: Vec<_> = table.difference(&found).collect();
        assert!(unused.is_empty(), "described but never counted: {unused:?}");
    }

    #[test]
    fn names_are_unique_and_follow_their_kind() {
        let names: BTreeSet<_> = METRICS.iter().map(|m| m.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            assert!(metric.name.starts_with("sluss_") && metric.help.ends_with('.'), "{}", metric.name);
            assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
            if metric.kind == Kind::Histogram {
                assert!(metric.name.ends_with("_seconds") || metric.name.ends_with("_bytes"), "{}", metric.name);
            }
        }
    }

    #[test]
    fn exported_with_help_and_buckets() {
        let recorder = builder().unwrap().build_recorder();
        let text = metrics::with_local_recorder(&recorder, || {
            describe();
            metrics::counter!("sluss_notices_total", "kind" => "held", "result" => "delivered").increment(2);
            metrics::histogram!("sluss_dot_seconds").record(0.02);
            recorder.handle().render()
        });
        for line in [
            "# HELP sluss_notices_total Attempts at notices, by kind and result",
            r#"sluss_notices_total{kind="held",result="delivered"} 2"#,
            r#"sluss_dot_seconds_bucket{le="0.025"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
