//! Health, for whoever runs the service: the checks of `/readyz` in words, version, patterns, chains, what waits, and the
//! configuration in force as `sluss config show` prints it, with secrets as the paths of their files.

use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Answered, Closed, Room, Shell, Visit};
use crate::console::rights::Right;
use crate::console::texts::filled;
use crate::store::Head;
use crate::telemetry::Health;

pub const ROOMS: &[Room] = &[Room { path: "/health-view", right: Right::Operations, show: Some(show), act: None }];

/// What is known of this process and of its configuration.
#[derive(Debug, Default)]
pub struct Operations {
    pub health: Health,
    /// As `sluss config show` prints it, and its digest.
    pub configuration: String,
    pub digest: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    title: String,
    ready: String,
    not_ready: String,
    checks: String,
    check: String,
    state: String,
    since: String,
    well: String,
    unwell: String,
    about: String,
    version: String,
    configuration_digest: String,
    patterns: String,
    own_patterns: String,
    none: String,
    profiles: String,
    node: String,
    outbox: String,
    /// `{waiting}` `{due}`
    outbox_text: String,
    held: String,
    /// `{held}` `{waiting}`
    held_text: String,
    clock: String,
    /// `{n}`
    clock_text: String,
    nodes: String,
    nodes_note: String,
    last: String,
    configuration: String,
    configuration_note: String,
}

#[derive(Template)]
#[template(path = "desk/health.html")]
struct HealthView<'v> {
    shell: Shell<'v>,
    texts: &'v Texts,
    ready: bool,
    checks: Vec<Row>,
    facts: Vec<(&'v str, String)>,
    nodes: Vec<Head>,
    configuration: &'v str,
}

struct Row {
    name: String,
    /// `None`: it is well.
    fault: Option<String>,
    remark: Option<String>,
    since: String,
}

fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let store = visit.desk.store();
        let before = Timestamp::now();
        let clock = store.clock().await?;
        let waiting = (store.outbox_waiting().await?, store.outbox_due(visit.now).await?);
        let (figures, nodes) = (store.reconcile().await?, store.audit_heads().await?);
        let texts = visit.room(|rooms| &rooms.health)?;
        let operations = &visit.desk.operations;
        let row = |(name, check): (String, crate::telemetry::health::Check)| -> Result<Row, Closed> {
            let (fault, since) = (check.state.err(), visit.when(check.since)?);
            Ok(Row { name, fault, remark: check.remark, since })
        };
        let edition = &visit.desk.knowledge.edition;
        let or_none = |text: String| if text.is_empty() { texts.none.clone() } else { text.replace(',', ", ") };
        let number = |number: u64| number.to_string();
        let apart = clock.duration_since(before).as_millis().to_string();
        let facts = vec![
            (texts.version.as_str(), env!("CARGO_PKG_VERSION").to_owned()),
            (&texts.configuration_digest, operations.digest.clone()),
            (&texts.patterns, edition.sha256().to_owned()),
            (&texts.own_patterns, or_none(edition.own())),
            (&texts.profiles, or_none(edition.profiles())),
            (&texts.node, store.writer().to_owned()),
            (
                &texts.outbox,
                filled(&texts.outbox_text, &[("waiting", &number(waiting.0)), ("due", &number(waiting.1))]),
            ),
            (
                &texts.held,
                filled(&texts.held_text, &[("held", &number(figures.held)), ("waiting", &number(figures.still_held))]),
            ),
            (&texts.clock, filled(&texts.clock_text, &[("n", &apart)])),
        ];
        let template = HealthView {
            ready: operations.health.ready(),
            checks: operations.health.checks().into_iter().map(row).collect::<Result<_, _>>()?,
            facts,
            nodes,
            configuration: &operations.configuration,
            shell: visit.shell()?,
            texts,
        };
        Ok(visit.page(StatusCode::OK, &template))
    })
}
