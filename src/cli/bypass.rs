//! `sluss bypass on | off | status`: for a while, relay everything.
//!
//! The row in the store is all there is to it: a running relay looks there every few seconds, one that is not
//! running at its start. What was done, by whom and why is in the audit chain, written in the same
//! transaction.

use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use serde_json::json;

use super::{EXIT_UNUSABLE, owner, say};
use crate::audit::{Actor, Event};
use crate::store::{self, Bypass, BypassCount, Database, NewBypass, Store, StoreError};

/// Longest time at once: a working half-day. Whoever needs more decides again.
pub const MAX_MINUTES: i64 = 240;
/// Words that a reason has at least.
const MIN_WORDS: usize = 2;
/// How soon a running relay follows, in words.
const SOON: &str = "within 5 seconds";

/// Relay everything for a while, whatever is judged: for when nothing may wait and there is no time to look
///
/// Mail is read and judged as ever, and recorded; it is only not held, refused, warned about or rerouted. Every
/// use is in the audit chain, in the log, in the metrics, and told to the units' reviewers.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Switch it on, or change how long it lasts
    On {
        /// How long, from now: 1 to 240
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=MAX_MINUTES))]
        minutes: i64,
        /// Why, in a few words; goes on the record and to the reviewers, so it must name nobody
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: String,
    },
    /// Switch it off before its time
    Off {
        /// Why; goes on the record
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: Option<String>,
    },
    /// Say whether it is on, until when, why, and what went through
    Status {
        /// One object
        #[arg(long)]
        json: bool,
    },
}

fn reason(given: &str) -> Result<String, &'static str> {
    let given = given.trim();
    let words = given.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    if words < MIN_WORDS || given.chars().any(char::is_control) {
        return Err("must say why in a few words");
    }
    Ok(given.to_owned())
}

/// What the command needs of the configuration.
pub struct Settings {
    /// Never created here.
    pub store: store::Settings,
    /// Units whose reviewers are told; `None` where another configuration says, the relay's.
    pub told: Option<Vec<String>>,
}

/// Runs the command as the store's owner. Must be called before any thread is started.
pub fn run(args: Args, settings: Settings) -> ExitCode {
    let actor = Actor::Operator(owner::operator());
    if let Err(error) = owner::become_owner_of(&settings.store) {
        return fail(&error);
    }
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime.block_on(async {
            let store = match Database::open(settings.store.clone()).await {
                Ok(store) => store,
                Err(error) => return fail(&error),
            };
            let done = command(&store, args.command, settings.told.as_deref(), &actor, &Zoned::now()).await;
            store.close().await;
            match done {
                Ok(lines) => {
                    lines.iter().for_each(|line| say(format_args!("{line}")));
                    ExitCode::SUCCESS
                }
                Err(error) => fail(&error),
            }
        }),
        Err(error) => fail(&error),
    }
}

/// What to print.
async fn command(
    store: &dyn Store,
    command: Command,
    told: Option<&[String]>,
    actor: &Actor,
    now: &Zoned,
) -> Result<Vec<String>, StoreError> {
    let at = now.timestamp();
    // One whose time is over has ended, though no relay runs to say so.
    let mut on = store.bypass().await?;
    if let Some(over) = on.take_if(|bypass| !bypass.is_on(at)) {
        store.bypass_end(over.id, at, &Event::BypassEnded.entry(&Actor::System, at)).await?;
    }
    match command {
        Command::On { minutes, reason } => {
            let until = at.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(at);
            let event = Event::BypassOn { until, reason: reason.clone() };
            let new = NewBypass { since: at, until, reason, actor: actor.text() };
            let made = store.bypass_on(&new, &event.entry(actor, at)).await?;
            Ok(switched_on(&made, on.is_some(), minutes, told, now.time_zone()))
        }
        Command::Off { reason } => {
            let Some(bypass) = on else { return Ok(vec!["The bypass is not on.".to_owned()]) };
            let counts = store.bypass_counts(bypass.id).await?;
            if !store.bypass_end(bypass.id, at, &Event::BypassOff { reason }.entry(actor, at)).await? {
                return Ok(vec!["The bypass has just ended.".to_owned()]);
            }
            let mut lines = vec![format!(
                "The bypass is over. A running relay follows {SOON}; then mail is held and refused again."
            )];
            lines.extend(counted(&counts));
            Ok(lines)
        }
        Command::Status { json: true } => {
            let counts = match &on {
                Some(bypass) => store.bypass_counts(bypass.id).await?,
                None => Vec::new(),
            };
            Ok(vec![object(on.as_ref(), &counts)])
        }
        Command::Status { json: false } => {
            let Some(bypass) = on else {
                return Ok(vec!["The bypass is off: mail is judged and stopped as configured.".to_owned()]);
            };
            let zone = now.time_zone();
            let mut lines = vec![
                format!("The bypass is ON until {}: mail is relayed, whatever is judged.", local(bypass.until, zone)),
                format!("  since   {}, by {}", local(bypass.since, zone), bypass.actor),
                format!("  reason  {}", bypass.reason),
            ];
            lines.extend(counted(&store.bypass_counts(bypass.id).await?));
            Ok(lines)
        }
    }
}

fn switched_on(bypass: &Bypass, before: bool, minutes: i64, told: Option<&[String]>, zone: &TimeZone) -> Vec<String> {
    let now = if before { "now lasts" } else { "is ON" };
    vec![
        format!("The bypass {now} until {} ({minutes} minutes).", local(bypass.until, zone)),
        format!("A running relay follows {SOON}; one that is started meanwhile, at its start. From then on:"),
        "  every mail is relayed to its ordinary next hop, confidential or unreadable, and when inspection fails"
            .to_owned(),
        "  what was judged is recorded; each such mail is \"bypassed\" in log, metrics and daily figures".to_owned(),
        "  refused as ever: loops, mail without a proper header, clients and senders that are not allowed".to_owned(),
        match told {
            None => "  told when it begins and ends: the reviewers that the relay's configuration names".to_owned(),
            Some([]) => "  NOBODY is told: no unit has reviewers in a local domain".to_owned(),
            Some(units) => format!("  told when it begins and ends: the reviewers of {}", units.join(", ")),
        },
        "It ends by itself. End it earlier with: sluss bypass off".to_owned(),
    ]
}

fn counted(counts: &[BypassCount]) -> Vec<String> {
    if counts.is_empty() {
        return vec!["  no mail has been counted".to_owned()];
    }
    let line = |c: &BypassCount| {
        format!("  {}: {} mails went through, {} of them judged otherwise", c.unit, c.mails, c.bypassed)
    };
    counts.iter().map(line).collect()
}

/// The shape may grow, never change.
fn object(bypass: Option<&Bypass>, counts: &[BypassCount]) -> String {
    let Some(bypass) = bypass else { return json!({ "on": false }).to_string() };
    let units: Vec<_> =
        counts.iter().map(|c| json!({ "unit": c.unit, "mails": c.mails, "bypassed": c.bypassed })).collect();
    json!({
        "on": true,
        "since": bypass.since.to_string(),
        "until": bypass.until.to_string(),
        "reason": bypass.reason,
        "actor": bypass.actor,
        "units": units,
    })
    .to_string()
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("sluss: {error}");
    ExitCode::from(EXIT_UNUSABLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite;

    #[test]
    fn a_reason_is_some_words() {
        for (given, taken) in [
            ("smarthost move, nothing may wait", true),
            (" två ord ", true),
            ("test", false),
            ("- -", false),
            ("", false),
            ("two\nlines", false),
        ] {
            assert_eq!(reason(given).is_ok(), taken, "{given:?}");
        }
    }

    async fn store(folder: &tempfile::TempDir) -> Database {
        let path = folder.path().join("sluss.db");
        let busy_timeout = sqlite::BUSY_TIMEOUT;
        Database::open(sqlite::Settings { path, writer: "node".to_owned(), busy_timeout, create: true }).await.unwrap()
    }

    fn at(time: &str) -> Zoned {
        format!("2027-03-03T{time}[Europe/Oslo]").parse().unwrap()
    }

    #[tokio::test]
    async fn on_longer_and_off_each_on_the_record() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let kari = Actor::Operator("kari".to_owned());
        let run = async |order, time: &str| {
            command(&store, order, Some(&["social".to_owned()]), &kari, &at(time)).await.unwrap()
        };
        let on = |minutes| Command::On { minutes, reason: "smarthost move".to_owned() };

        assert_eq!(run(Command::Status { json: true }, "08:00:00").await, [r#"{"on":false}"#]);
        assert_eq!(run(Command::Off { reason: None }, "08:00:00").await, ["The bypass is not on."]);
        let said = run(on(30), "08:00:00").await.join("\n");
        assert!(said.starts_with("The bypass is ON until 2027-03-03 08:30 CET (30 minutes)."), "{said}");
        assert!(said.contains("the reviewers of social"), "{said}");
        let said = run(on(60), "08:10:00").await.join("\n");
        assert!(said.starts_with("The bypass now lasts until 2027-03-03 09:10 CET"), "{said}");
        let status = run(Command::Status { json: false }, "08:11:00").await.join("\n");
        assert!(status.contains("since   2027-03-03 08:00 CET, by operator:kari"), "{status}");
        // Its time is over; the next one is another.
        let said = run(on(5), "10:00:00").await.join("\n");
        assert!(said.starts_with("The bypass is ON until 2027-03-03 10:05 CET"), "{said}");
        let said = run(Command::Off { reason: Some("it works again".to_owned()) }, "10:01:00").await.join("\n");
        assert!(said.starts_with("The bypass is over."), "{said}");

        let events: Vec<_> =
            store.audit_links("node", 0).await.unwrap().into_iter().map(|l| (l.event, l.actor)).collect();
        let expected = [
            ("bypass-on", "operator:kari"),
            ("bypass-on", "operator:kari"),
            ("bypass-ended", "system"),
            ("bypass-on", "operator:kari"),
            ("bypass-off", "operator:kari"),
        ];
        assert_eq!(events, expected.map(|(event, actor)| (event.to_owned(), actor.to_owned())));
    }
}
