//! Why is this mailbox (not) two-factor? Everything `channel explain` and a reviewer need on one screen.

use std::fmt;

use jiff::civil::Date;

use super::address::Canonical;
use super::evidence::{ChannelClass, Level, Why};
use super::mailbox::MailboxRecord;
use super::pattern::Specificity;
use super::registry::{Channel, Registry};
use super::webmail::is_webmail;

/// One channel that matches the address; the first of an explanation decides.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'r> {
    pub channel: &'r Channel,
    pub specificity: Specificity,
    /// What its evidence is worth today, for this mailbox.
    pub level: Level,
    /// What was imported of this mailbox, where the channel asks for it.
    pub record: Option<MailboxRecord>,
}

#[derive(Clone, Debug)]
pub struct Explanation<'r> {
    /// As compared; `None` when the text is no address.
    pub address: Option<Canonical>,
    pub class: ChannelClass,
    pub webmail: bool,
    pub candidates: Vec<Candidate<'r>>,
    /// Channels that would match but for their `not`.
    pub excluded: Vec<&'r Channel>,
    /// Ways round that mail to this address can take, and what each is worth today.
    pub ways: Vec<(&'r Channel, Level)>,
}

impl Registry {
    pub fn explain(&self, address: &str, today: Date) -> Explanation<'_> {
        let class = self.resolve(address, today);
        let Some(canonical) = Canonical::of(address) else {
            let (candidates, excluded, ways) = (Vec::new(), Vec::new(), Vec::new());
            return Explanation { address: None, class, webmail: false, candidates, excluded, ways };
        };
        let candidates = self
            .matches(&canonical, today)
            .into_iter()
            .map(|m| Candidate {
                channel: m.channel,
                specificity: m.specificity,
                level: m.channel.mailbox_today(&canonical, today).0,
                record: m.channel.mailbox.record(&canonical).copied().filter(|_| m.channel.per_mailbox),
            })
            .collect();
        let excluded = self
            .channels()
            .iter()
            .filter(|c| c.excludes(&canonical) && c.patterns.iter().chain(&c.listed).any(|p| p.matches(&canonical)))
            .collect();
        let webmail = is_webmail(canonical.domain());
        let ways = self.ways_to(&canonical).map(|channel| (channel, channel.today(today).0)).collect();
        Explanation { address: Some(canonical), class, webmail, candidates, excluded, ways }
    }
}

/// The words of a [`Why`], for one line.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::NoChannel => f.write_str("no channel speaks of this address"),
            Why::Evidence => f.write_str("the channel's evidence holds today"),
            Why::Expired(day) => write!(f, "the channel's evidence ended {day}"),
            Why::ConsumerWebmail => f.write_str("consumer webmail: nobody can say how its login is done"),
            Why::NoMailboxEvidence => {
                f.write_str("the channel asks for evidence of the single mailbox, and there is none")
            }
            Why::MailboxEvidence => f.write_str("the channel's evidence holds today, and so does that of the mailbox"),
            Why::MailboxStale(day) => write!(f, "the evidence of the single mailboxes is too old, of {day}"),
            Why::MailboxLacks(standing) => write!(f, "the evidence of the single mailbox: {}", standing.meaning()),
        }
    }
}

impl Level {
    /// Two-factor login is shown from `attested` up; `capable` shows a registered factor only.
    pub fn is_two_factor(self) -> bool {
        self >= Level::Attested
    }

    /// What the level says, for a reader who does not know the scale.
    pub fn meaning(self) -> &'static str {
        match self {
            Level::Unknown => "nothing is known, or it has expired",
            Level::Capable => "a second factor is registered, but nothing shows that login demands it",
            Level::Attested => "the recipient organisation says that login demands two factors",
            Level::Contract => "an agreement or federation rule demands two factors",
            Level::Enforced => "two-factor login is measured, or enforced by a named policy",
            Level::Eid => "electronic identity (LoA 3, betydelig or better) at every access",
        }
    }
}

/// One screen of text.
impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(address) = &self.address else {
            return writeln!(f, "This is no address: local-part@domain is asked for.");
        };
        let level = self.class.level;
        let answer = if level.is_two_factor() { "two-factor login" } else { "NOT two-factor login" };
        writeln!(f, "{address}: {answer}")?;
        writeln!(f, "  level    {}: {}", level.as_str(), level.meaning())?;
        writeln!(f, "  because  {}", self.class.why)?;
        if let Some(hop) = &self.class.next_hop {
            writeln!(f, "  next hop {hop}")?;
        }
        for (number, candidate) in self.candidates.iter().enumerate() {
            let title = if number == 0 { "Channel" } else { "Also matches, less specific or not weaker:" };
            writeln!(f, "\n{title} {:?}, matched by {}", candidate.channel.id, candidate.specificity)?;
            let evidence = &candidate.channel.evidence;
            writeln!(f, "  evidence   {}, today {}", evidence.level.as_str(), candidate.level.as_str())?;
            writeln!(f, "  until      {}, to the end of the day", evidence.verified_until)?;
            writeln!(f, "  decided by {}", evidence.decided_by)?;
            writeln!(f, "  reference  {}", evidence.reference)?;
            candidate.mailbox(f)?;
        }
        for channel in &self.excluded {
            writeln!(f, "\nChannel {:?} leaves this address out (not)", channel.id)?;
        }
        self.ways(f)?;
        if self.webmail && !self.candidates.is_empty() {
            writeln!(f, "\nA channel cannot change this: the domain is consumer webmail.")?;
        }
        if self.candidates.is_empty() && !self.webmail {
            writeln!(f, "\nTo change it, add a [[channel]] with evidence, a decider, a reference and a last day.")?;
        }
        Ok(())
    }
}

impl Explanation<'_> {
    /// What mail can do that may not go to the mailbox itself.
    fn ways(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (channel, level) in &self.ways {
            let Some(way) = &channel.way else { continue };
            writeln!(f, "\nWay round {:?}, today {}: {}", channel.id, level.as_str(), level.meaning())?;
            if let Some(hop) = &channel.next_hop {
                writeln!(f, "  next hop   {hop}")?;
            }
            if way.automatic {
                writeln!(f, "  taken      by itself, for confidential mail")?;
            }
            for trigger in &way.triggers {
                writeln!(f, "  asked for  by {trigger}")?;
            }
            if !way.units.is_empty() {
                writeln!(f, "  open to    {}", way.units.join(", "))?;
            }
        }
        Ok(())
    }
}

impl Candidate<'_> {
    /// What is known of the single mailbox, where the channel asks for it.
    fn mailbox(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.channel.per_mailbox {
            return Ok(());
        }
        let rule = &self.channel.mailbox;
        match &self.record {
            None => writeln!(f, "  mailbox    no record")?,
            Some(record) => {
                let (kind, standing) = (record.kind.as_str(), record.standing);
                let level = standing.level(rule.phone_factor).as_str();
                writeln!(f, "  mailbox    {level} ({kind}): {}", standing.meaning())?;
                writeln!(f, "  factors    {}", record.factors)?;
            }
        }
        match &rule.imported {
            None => writeln!(f, "  imported   nothing; sluss channel import --channel {}", self.channel.id),
            Some(imported) => {
                let run = &imported.run;
                let (source, hash) = (run.source.as_str(), run.short_hash());
                writeln!(f, "  imported   {source}, report of {}, {hash}; holds {} days", run.as_of, rule.days)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::way::{Trigger, WaySettings};
    use super::super::{Evidence, Pattern};
    use super::*;

    fn registry() -> Registry {
        let row = |id: &str, pattern: &str, level, not: &[&str]| Channel {
            id: id.into(),
            patterns: vec![Pattern::parse(pattern).unwrap()],
            listed: Vec::new(),
            list_file: None,
            not: not.iter().map(|n| Pattern::parse(n).unwrap()).collect(),
            evidence: Evidence {
                level,
                decided_by: "IT-chef".into(),
                reference: "KS 2026/7".into(),
                verified_until: date(2026, 12, 31),
            },
            per_mailbox: false,
            mailbox: Default::default(),
            next_hop: None,
            tls: None,
            way: None,
            owner: None,
        };
        Registry::new(vec![
            row("all", ".kommun.example", Level::Attested, &[]),
            row("skola", "@skola.kommun.example", Level::Enforced, &["skrivare@skola.kommun.example"]),
        ])
        .unwrap()
    }

    #[test]
    fn the_winner_stands_first_and_the_others_below() {
        let registry = registry();
        let text = registry.explain("anna@skola.kommun.example", date(2026, 12, 31)).to_string();
        let expected = r#"anna@skola.kommun.example: two-factor login
  level    enforced: two-factor login is measured, or enforced by a named policy
  because  the channel's evidence holds today

Channel "skola", matched by domain
  evidence   enforced, today enforced
  until      2026-12-31, to the end of the day
  decided by IT-chef
  reference  KS 2026/7

Also matches, less specific or not weaker: "all", matched by suffix
  evidence   attested, today attested
  until      2026-12-31, to the end of the day
  decided by IT-chef
  reference  KS 2026/7
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn a_way_round_says_how_it_is_taken() {
        let mut way = registry().channels()[1].clone();
        way.id = "gateway".into();
        way.patterns.clear();
        way.next_hop = Some("secure".into());
        way.way = Some(WaySettings {
            triggers: vec![
                Trigger::Subject("[secure]".into()),
                Trigger::Header { name: "X-Secure".into(), value: "yes".into() },
            ],
            automatic: true,
            units: vec!["social".into()],
            ..WaySettings::default()
        });
        let registry = Registry::new(vec![way]).unwrap();
        let text = registry.explain("anna@annan.example", date(2026, 12, 1)).to_string();
        let expected = r#"
Way round "gateway", today enforced: two-factor login is measured, or enforced by a named policy
  next hop   secure
  taken      by itself, for confidential mail
  asked for  by "[secure]" in the subject
  asked for  by the field X-Secure: yes
  open to    social
"#;
        assert!(text.contains(expected), "{text}");
        let left_out = registry.explain("skrivare@skola.kommun.example", date(2026, 12, 1)).to_string();
        assert!(!left_out.contains("Way round"), "{left_out}");
    }

    #[test]
    fn each_no_has_its_reason() {
        let registry = registry();
        for (address, day, expected) in [
            ("anna@skola.kommun.example", date(2027, 1, 1), "the channel's evidence ended 2026-12-31"),
            ("skrivare@skola.kommun.example", date(2026, 12, 1), "Channel \"skola\" leaves this address out (not)"),
            ("anna@gmail.com", date(2026, 12, 1), "consumer webmail: nobody can say"),
            ("anna@annan.example", date(2026, 12, 1), "To change it, add a [[channel]]"),
            ("anna", date(2026, 12, 1), "This is no address"),
        ] {
            let text = registry.explain(address, day).to_string();
            assert!(text.contains(expected), "{address}: {text}");
        }
    }
}
