//! What happened to each sample, as seen from outside, and why, as the judgement says.

use jiff::Zoned;

use super::capture::Capture;
use super::client::Sent;
use crate::message::{Header, RawMessage};
use crate::pipeline::{DEFAULT_HOP, Judgement, Knowledge};
use crate::policy::Verdict;
use crate::smtp::ReversePath;

/// Columns of the last two cells; longer text is wrapped at words.
const WIDTH: usize = 58;

pub struct Row {
    name: String,
    way: String,
    happened: String,
    why: String,
    notice: bool,
}

impl Row {
    /// Reads reply and next hop, and judges the mail once more for the reasons.
    pub fn look(name: &str, mail: &[u8], sent: &Sent, knowledge: &Knowledge, capture: &Capture) -> Self {
        let message = RawMessage::uncounted(mail.to_vec());
        let judgement = knowledge.judge(&message, Some(&sent.envelope), DEFAULT_HOP, &Zoned::now()).ok();
        let id = Header::of(mail).first("message-id").map(|field| field.unfolded()).unwrap_or_default();
        let captured = capture.has(&id);
        let text = sent.reply.lines.join(" ");
        let happened = match (sent.reply.code, captured) {
            (250, true) => "relayed to the next hop".to_owned(),
            (250, false) => text,
            (code, false) => format!("refused: {code} {text}"),
            (code, true) => format!("relayed although answered {code}"),
        };
        let judged = judgement.as_ref().map_or(Verdict::Relay, |j| j.outcome.judged);
        let observed = judgement.as_ref().is_some_and(|j| j.outcome.verdict != j.outcome.judged);
        Row {
            name: name.to_owned(),
            way: way(sent),
            happened: if observed {
                format!("{happened} (observe mode: would be {})", judged.as_str())
            } else {
                happened
            },
            why: judgement.as_ref().map_or_else(|| "inspection failed".to_owned(), why),
            notice: !observed && judged != Verdict::Relay && judged != Verdict::Reroute,
        }
    }

    /// The sender is told of this one.
    pub fn asks_for_notice(&self) -> bool {
        self.notice
    }
}

fn way(sent: &Sent) -> String {
    let from = match &sent.envelope.reverse_path {
        ReversePath::Null => "<>",
        ReversePath::Mailbox(mailbox) => mailbox.domain(),
    };
    let to: Vec<_> = sent.envelope.recipients.iter().map(|r| r.path.0.domain()).collect();
    format!("{from} → {}", to.join(", "))
}

fn why(judgement: &Judgement) -> String {
    let outcome = &judgement.outcome;
    let mut words = Vec::new();
    if outcome.confidential {
        let categories: Vec<_> = outcome.categories.iter().map(|c| c.as_str()).collect();
        words.push(format!("confidential ({}): {}", outcome.severity.as_str(), categories.join(", ")));
    } else {
        words.push("nothing confidential".to_owned());
    }
    let mut unread: Vec<_> = judgement.inspection.uninspectable.iter().map(|u| u.reason.as_str()).collect();
    unread.dedup();
    if !unread.is_empty() {
        words.push(format!("a part cannot be read: {}", unread.join(", ")));
    }
    if let Some(weakest) = judgement.addresses.iter().min_by_key(|a| a.class.level) {
        let channel = weakest.class.channel.as_deref().map(|id| format!(" (channel {id})")).unwrap_or_default();
        words.push(format!("two-factor login of the recipient: {}{channel}", weakest.class.level.as_str()));
    }
    words.join("; ")
}

pub fn print(rows: &[Row], notices: usize) {
    for row in rows {
        println!("\n{}   {}", row.name, row.way);
        print_wrapped("what happened", &row.happened);
        print_wrapped("why", &row.why);
    }
    println!("\n{notices} notice{} went to senders.", if notices == 1 { "" } else { "s" });
}

fn print_wrapped(label: &str, text: &str) {
    let mut label = label;
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + word.chars().count() >= WIDTH {
            println!("  {label:<15}{line}");
            label = "";
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    println!("  {label:<15}{line}");
}
