//! No path yields a receipt without a complete 2xx to the dot having been read.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// One reply as a hop may say it: lines of code, separator and text, whole or cut off.
#[derive(Clone, Debug)]
struct Words {
    lines: Vec<(u16, &'static str, &'static str)>,
    cut: usize,
}

impl Words {
    fn bytes(&self) -> Vec<u8> {
        let whole: String = self.lines.iter().map(|(code, text, end)| format!("{code}{text}{end}")).collect();
        whole.as_bytes()[..whole.len().saturating_sub(self.cut)].to_vec()
    }

    /// The code of the first reply, when it is complete and lawful; said independently of the parser.
    fn code(&self) -> Option<u16> {
        let said = String::from_utf8(self.bytes()).ok()?;
        let mut rest = said.as_str();
        let first: u16 = rest.get(..3)?.parse().ok()?;
        loop {
            let (line, after) = rest.split_once("\r\n")?;
            let lawful = line.get(..3)?.parse() == Ok(first) && (200..600).contains(&first) && !line.contains('\n');
            match line.get(3..4) {
                _ if !lawful => return None,
                None | Some(" ") => return Some(first),
                Some("-") => rest = after,
                Some(_) => return None,
            }
        }
    }
}

fn words() -> impl Strategy<Value = Words> {
    let code = prop_oneof![4 => Just(250u16), 2 => Just(354), 1 => Just(550), 1 => Just(451), 1 => 100u16..999];
    let text = prop_oneof![Just(" "), Just(" 2.0.0 taken"), Just("-2.0.0 more"), Just(""), Just("x")];
    let end = prop_oneof![8 => Just("\r\n"), 1 => Just("\n"), 1 => Just("")];
    let lines = vec((code, text, end), 1..3);
    (lines, prop_oneof![4 => Just(0usize), 1 => 1usize..12]).prop_map(|(lines, cut)| Words { lines, cut })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_receipt_needs_a_354_to_data_and_a_2xx_to_the_dot(to_data in words(), to_dot in words(), go in any::<bool>()) {
        let to_data = if go { Words { lines: vec![(354, " go", "\r\n")], cut: 0 } } else { to_data };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (end, taken) = runtime.block_on(async {
            let (data, dot) = (to_data.bytes(), to_dot.bytes());
            // A hop that has said its part of a reply hangs up, so that nothing waits for the rest.
            let whole = to_data.code() == Some(354);
            let server = NextHop::scripted(move |moment| match moment.at {
                At::Data if whole => Some(Act::Say(data.clone())),
                At::Data => Some(Act::SayAndClose(data.clone())),
                At::Dot => Some(Act::SayAndClose(dot.clone())),
                _ => None,
            })
            .await;
            (transact(&hop_with(settings(server.address), Deadlines { short_step: SHORT, ..patient() }), &[CONTENT]).await, server.record().taken.len())
        });
        let lawful = to_data.code() == Some(354) && to_dot.code().is_some_and(|code| code / 100 == 2);
        match end {
            End::Receipt(receipt) => {
                prop_assert!(lawful, "{to_data:?} {to_dot:?}");
                prop_assert_eq!(taken, 1);
                prop_assert_eq!(Some(receipt.reply().code), to_dot.code());
            }
            End::Send(SendError::Refused(reply)) => prop_assert!(reply.code >= 400 && reply.code != 421),
            End::Send(_) => prop_assert!(!lawful || to_data.lines.len() > 1, "{to_data:?} {to_dot:?}"),
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
