//! Properties of imports. What each kind of file gives stands in `tests/imports`.

use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::channel::mailbox::{ImportRun, Mailboxes, PhoneFactor, Standing};

fn read_csv(report: &str, users: Option<&str>) -> Result<Reading, Refusal> {
    let users: Vec<Input<'_>> = users.iter().map(|u| Input { name: "users", bytes: u.as_bytes() }).collect();
    read(&[Input { name: "report", bytes: report.as_bytes() }], &users)
}

/// Everything an import says of addresses, in order.
fn sorted(reading: &Reading) -> BTreeMap<String, MailboxRecord> {
    reading.records.iter().map(|(address, record)| (address.to_string(), *record)).collect()
}

fn standing(reading: &Reading, address: &str) -> Option<Standing> {
    reading.records.get(&Canonical::of(address)?).map(|r| r.standing)
}

const METHODS: [&str; 8] = [
    "fido2SecurityKey",
    "microsoftAuthenticatorPush",
    "softwareOneTimePasscode",
    "mobilePhone",
    "officePhone",
    "email",
    "securityQuestion",
    "carrierPigeon",
];

/// One account: capable, methods, enabled, and whether it has a second address.
type Account = (bool, Vec<usize>, bool, bool);

fn account() -> impl Strategy<Value = Account> {
    (any::<bool>(), prop::collection::vec(0..METHODS.len(), 0..4), any::<bool>(), any::<bool>())
}

fn report_row(number: usize, (capable, methods, _, _): &Account) -> String {
    let methods: Vec<&str> = methods.iter().map(|m| METHODS[*m]).collect();
    format!("u{number}@tenant.example;{capable};{}\n", methods.join(","))
}

fn users_row(number: usize, (_, _, enabled, second): &Account) -> String {
    let second = if *second { format!(",smtp:n{number}@kommun.example") } else { String::new() };
    format!("u{number}@tenant.example;SMTP:u{number}@kommun.example{second};{enabled};;\n")
}

/// A shared mailbox of everybody whose number is given.
fn shared_row(members: &[usize]) -> String {
    let members: Vec<String> = members.iter().map(|m| format!("u{m}@tenant.example")).collect();
    format!("delad@tenant.example;SMTP:delad@kommun.example;false;SharedMailbox;{}\n", members.join(","))
}

const REPORT: &str = "userPrincipalName;isMfaCapable;methodsRegistered\n";
const USERS: &str = "userPrincipalName;proxyAddresses;accountEnabled;recipientTypeDetails;members\n";

/// The two files of some accounts and one shared mailbox; rows for which `keep` is false are left out.
fn files(accounts: &[Account], members: &[usize], keep: impl Fn(usize, bool) -> bool) -> (String, String) {
    let rows = || accounts.iter().enumerate();
    let report: String = rows().filter(|(n, _)| keep(*n, true)).map(|(n, a)| report_row(n, a)).collect();
    let users: String = rows().filter(|(n, _)| keep(*n, false)).map(|(n, a)| users_row(n, a)).collect();
    (format!("{REPORT}{report}"), format!("{USERS}{users}{}", shared_row(members)))
}

/// Every address of the first is at least as good in the second.
fn no_better(first: &Reading, second: &Reading) -> Result<(), TestCaseError> {
    for (address, record) in &first.records {
        let other = second.records.get(address).map(|r| r.standing);
        prop_assert!(other.is_some_and(|o| o >= record.standing), "{address}: {:?} > {other:?}", record.standing);
    }
    Ok(())
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        report in prop::collection::vec(any::<u8>(), 0..400),
        users in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = read(&[Input { name: "a", bytes: &report }], &[Input { name: "b", bytes: &users }]);
    }

    /// Nearly right: what follows good headings is anything.
    #[test]
    fn arbitrary_rows_never_panic(rows in "(\\PC|[;,\"\n\r\t|+{}:@]){0,300}", json in any::<bool>()) {
        let text = if json { format!("[{{\"userPrincipalName\":{rows}") } else { format!("{REPORT}{rows}") };
        let users = format!("{USERS}{rows}");
        let _ = read_csv(&text, None);
        let _ = read_csv(&text, Some(&users));
        let _ = read_csv(&format!("{REPORT}a@x.example;true;fido2\n"), Some(&users));
        let _ = file::read(&rows);
    }

    #[test]
    fn the_order_of_rows_does_not_matter(
        accounts in prop::collection::vec(account(), 1..6),
        // Several rows of one account among them.
        names in prop::collection::vec(0usize..4, 6),
        order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let row = |n: &usize| accounts.get(*n).map(|a| (report_row(names[*n], a), users_row(names[*n], a)));
        let files = |order: &[usize]| {
            let rows: Vec<_> = order.iter().filter_map(row).collect();
            let report: String = rows.iter().map(|(r, _)| r.as_str()).collect();
            let users: String = rows.iter().rev().map(|(_, u)| u.as_str()).collect();
            (format!("{REPORT}{report}"), format!("{USERS}{}{users}", shared_row(&[0, 1])))
        };
        let (straight, shuffled) = (files(&[0, 1, 2, 3, 4, 5]), files(&order));
        let straight = read_csv(&straight.0, Some(&straight.1)).unwrap();
        let shuffled = read_csv(&shuffled.0, Some(&shuffled.1)).unwrap();
        prop_assert_eq!(sorted(&straight), sorted(&shuffled));
        prop_assert_eq!((straight.left_out, straight.unknown_methods), (shuffled.left_out, shuffled.unknown_methods));
    }

    /// A row less, of the report or of the users, makes no mailbox better; and neither does a method less.
    #[test]
    fn less_shown_is_never_more_evidence(
        accounts in prop::collection::vec(account(), 2..6),
        members in prop::collection::vec(0usize..6, 0..4),
        lost in 0usize..6,
        of_report in any::<bool>(),
    ) {
        let lost = lost % accounts.len();
        let whole = files(&accounts, &members, |_, _| true);
        let whole = read_csv(&whole.0, Some(&whole.1)).unwrap();
        let part = files(&accounts, &members, |n, report| n != lost || report != of_report);
        let part = read_csv(&part.0, Some(&part.1)).unwrap();
        no_better(&part, &whole)?;

        let mut poorer = accounts.clone();
        poorer[lost].1.pop();
        let poorer = files(&poorer, &members, |_, _| true);
        no_better(&read_csv(&poorer.0, Some(&poorer.1)).unwrap(), &whole)?;
    }

    /// Whoever stands there twice is as good as the weaker row.
    #[test]
    fn a_second_row_never_makes_it_better(first in account(), second in account()) {
        let one = format!("{REPORT}{}", report_row(1, &first));
        let both = format!("{one}{}", report_row(1, &second));
        no_better(&read_csv(&both, None).unwrap(), &read_csv(&one, None).unwrap())?;
    }

    /// No record makes a mailbox better than its channel.
    #[test]
    fn the_channel_is_the_limit(level in 0usize..6, standing in 0usize..11, accept in any::<bool>(), days in -3i64..60) {
        use crate::channel::{Channel, Evidence, Level, MailboxRule, Pattern, Registry};
        let (level, standing) = (Level::ALL[level], Standing::ALL[standing]);
        let today = date(2026, 11, 21);
        let address = Canonical::of("a@kommun.example").unwrap();
        let record = MailboxRecord {
            standing,
            factors: Default::default(),
            kind: crate::channel::mailbox::AddressKind::Account,
        };
        let run = ImportRun {
            channel: "intern".into(),
            source: ReportSource::Entra,
            inputs: Vec::new(),
            imported_at: jiff::Timestamp::UNIX_EPOCH,
            imported_by: "kari".into(),
            as_of: today.saturating_sub(jiff::Span::new().days(days)),
            rows: 1,
            skipped: 0,
            left_out: 0,
        };
        let imported = Mailboxes { run, records: [(address.clone(), record)].into() };
        let phone_factor = if accept { PhoneFactor::Accept } else { PhoneFactor::Refuse };
        let channel = Channel {
            id: "intern".into(),
            patterns: vec![Pattern::parse("@kommun.example").unwrap()],
            listed: Vec::new(),
            list_file: None,
            not: Vec::new(),
            evidence: Evidence {
                level,
                decided_by: "IT-chef".into(),
                reference: "KS 1".into(),
                verified_until: date(2027, 1, 1),
            },
            per_mailbox: true,
            mailbox: MailboxRule { phone_factor, days: 40, imported: Some(imported.into()) },
            next_hop: None,
            tls: None,
            way: None,
            owner: None,
        };
        let registry = Registry::new(vec![channel]).unwrap();
        let found = registry.resolve("a@kommun.example", today).level;
        prop_assert!(found <= level);
        let holds = (0..=40).contains(&days);
        prop_assert_eq!(found == level, level == Level::Unknown || holds && standing.proves(phone_factor)
            || holds && level == Level::Capable && standing == Standing::NotEnforced);
        prop_assert_eq!(registry.resolve("b@kommun.example", today).level, Level::Unknown);
    }
}

#[test]
fn a_shared_mailbox_is_as_good_as_its_weakest_member() {
    let report = format!(
        "{REPORT}u0@tenant.example;true;fido2\nu1@tenant.example;true;mobilePhone\nu2@tenant.example;true;email\n\
         u3@tenant.example;true;microsoftAuthenticatorPush,fido2\n"
    );
    let people: String = (0..4).map(|n| users_row(n, &(true, Vec::new(), true, true))).collect();
    for (members, expected) in [
        (&[0, 3][..], Standing::Capable),
        (&[0, 1], Standing::PhoneOnly),
        (&[0, 2], Standing::Members),
        (&[0, 9], Standing::Members),
        (&[], Standing::Members),
    ] {
        let users = format!("{USERS}{people}{}", shared_row(members));
        let reading = read_csv(&report, Some(&users)).unwrap();
        assert_eq!(standing(&reading, "delad@kommun.example"), Some(expected), "{members:?}");
        let open = users.replace("delad@kommun.example;false", "delad@kommun.example;true");
        let reading = read_csv(&report, Some(&open)).unwrap();
        assert_eq!(standing(&reading, "delad@kommun.example"), Some(Standing::OwnSignIn), "{members:?}");
    }
    // By one of the member's addresses, and with the mailbox itself in the list.
    let users = format!(
        "{USERS}{people}delad@tenant.example;SMTP:delad@kommun.example;Falskt;Shared mailbox;\"NT AUTHORITY\\SELF, n3@kommun.example\"\n"
    )
    .replace("Shared mailbox", "SharedMailbox");
    let reading = read_csv(&report, Some(&users)).unwrap();
    assert_eq!(standing(&reading, "delad@kommun.example"), Some(Standing::Capable));
}
