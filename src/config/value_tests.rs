use proptest::prelude::*;

use super::*;

/// Texts that are read, each as what; and texts that are not.
fn table<T: std::fmt::Debug>(
    read: impl Fn(&str) -> Result<T, Allowed>,
    show: impl Fn(&T) -> String,
    good: &[(&str, &str)],
    bad: &[&str],
) {
    for (text, expected) in good {
        assert_eq!(read(text).map(|v| show(&v)), Ok((*expected).to_owned()), "{text:?}");
    }
    for text in bad {
        assert!(read(text).is_err(), "{text:?} was read as {:?}", read(text));
    }
}

#[test]
fn sizes() {
    table(
        size,
        |n| n.to_string(),
        &[
            ("50 MiB", "52428800"),
            ("50MiB", "52428800"),
            ("1 GB", "1000000000"),
            ("64 KiB", "65536"),
            ("7", "7"),
            ("7 B", "7"),
        ],
        &["", "MiB", "50 M", "50 mib", "-1", "1.5 MiB", "18446744073709551615 GiB", "0x10"],
    );
}

proptest! {
    #[test]
    fn a_shown_size_is_read_back(bytes in any::<u64>()) {
        prop_assert_eq!(size(&show_size(bytes)), Ok(bytes));
    }
}

#[test]
fn hosts_with_ports() {
    let same = |text: &'static str| (text, text);
    table(
        host_port,
        Clone::clone,
        &[same("smtp.kommun.example:25"), same("127.0.0.1:2525"), same("[2001:db8::1]:25"), same("localhost:25")],
        &[
            "smtp.kommun.example",
            ":25",
            "smtp.kommun.example:0",
            "smtp.kommun.example:smtp",
            "2001:db8::1:25",
            "[x]:25",
        ],
    );
}

#[test]
fn our_own_name() {
    table(
        hostname,
        Clone::clone,
        &[
            ("Sluss.Kommun.Example", "sluss.kommun.example"),
            ("localhost", "localhost"),
            ("å.example", "xn--5ca.example"),
        ],
        &["sluss", "10.1.2.3", "sluss kommun.example", "", "a..example", "sluss.kommun.example:25"],
    );
}

#[test]
fn networks() {
    table(
        network,
        |n| n.to_string(),
        &[
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
        ],
        &["10.1.2.3/8", "10.0.0.0/33", "localhost", "10.0.0.0-10.0.0.9", "2001:db8::1/32", ""],
    );
}

#[test]
fn private_networks_are_private_as_a_whole() {
    for net in ["127.0.0.1", "10.0.0.0/8", "172.16.0.0/12", "192.168.4.0/24", "::1", "fd00::/8", "fe80::/64"] {
        assert!(is_private(&network(net).unwrap()), "{net}");
    }
    for net in ["0.0.0.0/0", "172.0.0.0/8", "8.8.8.8", "100.64.0.0/10", "2000::/3", "::/0", "192.168.0.0/15"] {
        assert!(network(net).is_err() || !is_private(&network(net).unwrap()), "{net}");
    }
}

#[test]
fn mail_addresses() {
    table(
        mailbox,
        Clone::clone,
        &[("sluss@kommun.example", "sluss@kommun.example"), (" a+b@x.example ", "a+b@x.example")],
        &[
            "Sluss <sluss@kommun.example>",
            "sluss",
            "@kommun.example",
            "a@b@c.example",
            "a b@c.example",
            "a@c.example,b@c.example",
        ],
    );
}

#[test]
fn header_names() {
    table(
        header_name,
        Clone::clone,
        &[("X-Sluss-Checked", "X-Sluss-Checked")],
        &["X-A:", "X A", "Subject", "DKIM-Signature", "X-Å", "received"],
    );
}

#[test]
fn addresses_of_the_console() {
    table(
        url,
        Clone::clone,
        &[
            ("https://sluss.kommun.example/", "https://sluss.kommun.example"),
            ("http://127.0.0.1:8025", "http://127.0.0.1:8025"),
            ("http://localhost", "http://localhost"),
        ],
        &[
            "http://sluss.kommun.example",
            "sluss.kommun.example",
            "https://",
            "http://localhost.evil.example",
            "https://a b",
        ],
    );
}

#[test]
fn domains_and_certificate_names() {
    table(
        domain,
        Clone::clone,
        &[("Kommun.Example.", "kommun.example"), ("blåbær.example", "xn--blbr-roah.example")],
        &["@kommun.example", "example", "*.kommun.example", ""],
    );
    table(
        certificate_name,
        Clone::clone,
        &[("Mail.Kommun.Example", "mail.kommun.example"), ("*.kommun.example", "*.kommun.example")],
        &["", "CN=mail", "mail kommun"],
    );
}
