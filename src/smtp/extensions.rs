//! The keywords of EHLO: RFC 5321 section 4.1.1.1.

use super::Reply;

/// What a server offers in its EHLO reply, as far as we use it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    pub pipelining: bool,
    pub enhanced_status_codes: bool,
    pub eight_bit_mime: bool,
    pub smtputf8: bool,
    pub dsn: bool,
    pub starttls: bool,
    /// `SIZE` in bytes; `Some(0)` means offered without a limit (RFC 1870).
    pub size: Option<u64>,
    /// AUTH mechanisms, upper case.
    pub auth: Vec<String>,
}

impl Extensions {
    /// Reads a server's answer to EHLO; the first line names the server and offers nothing.
    pub fn from_ehlo(reply: &Reply) -> Self {
        let mut offered = Extensions::default();
        for line in reply.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            let Some(keyword) = words.next() else { continue };
            match keyword.to_ascii_uppercase().as_str() {
                "PIPELINING" => offered.pipelining = true,
                "ENHANCEDSTATUSCODES" => offered.enhanced_status_codes = true,
                "8BITMIME" => offered.eight_bit_mime = true,
                "SMTPUTF8" => offered.smtputf8 = true,
                "DSN" => offered.dsn = true,
                "STARTTLS" => offered.starttls = true,
                // A limit that is no number is no limit we could honour.
                "SIZE" => offered.size = Some(words.next().and_then(|limit| limit.parse().ok()).unwrap_or(0)),
                "AUTH" => offered.auth.extend(words.map(str::to_ascii_uppercase)),
                _ => {}
            }
        }
        offered
    }

    /// The lines of an EHLO reply after the first.
    pub fn to_keywords(&self) -> Vec<String> {
        let flags = [
            (self.pipelining, "PIPELINING"),
            (self.eight_bit_mime, "8BITMIME"),
            (self.smtputf8, "SMTPUTF8"),
            (self.dsn, "DSN"),
            (self.starttls, "STARTTLS"),
            (self.enhanced_status_codes, "ENHANCEDSTATUSCODES"),
        ];
        let mut lines: Vec<String> = flags.iter().filter(|(on, _)| *on).map(|(_, word)| (*word).to_owned()).collect();
        match self.size {
            Some(0) => lines.push("SIZE".to_owned()),
            Some(limit) => lines.push(format!("SIZE {limit}")),
            None => {}
        }
        if !self.auth.is_empty() {
            lines.push(format!("AUTH {}", self.auth.join(" ")));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ehlo(lines: &[&str]) -> Reply {
        Reply { code: 250, enhanced: None, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
    }

    #[test]
    fn keywords_are_read_in_any_case_and_unknown_ones_passed_over() {
        let read =
            Extensions::from_ehlo(&ehlo(&["DSN.example SMTPUTF8", "pipelining", "Size 1000", "CHUNKING", "DSN"]));
        assert_eq!(read, Extensions { pipelining: true, size: Some(1000), dsn: true, ..Default::default() });
    }

    #[test]
    fn size_without_a_readable_limit_is_no_limit() {
        for line in ["SIZE", "SIZE 0", "SIZE x", "SIZE 99999999999999999999999"] {
            assert_eq!(Extensions::from_ehlo(&ehlo(&["h", line])).size, Some(0), "{line}");
        }
        assert_eq!(Extensions::from_ehlo(&ehlo(&["h"])).size, None);
    }

    #[test]
    fn what_is_printed_is_read_back() {
        let offered = Extensions {
            pipelining: true,
            enhanced_status_codes: true,
            eight_bit_mime: true,
            smtputf8: true,
            dsn: true,
            starttls: true,
            size: Some(52_428_800),
            auth: vec!["PLAIN".into(), "LOGIN".into()],
        };
        let mut lines = vec!["sluss.kommun.example".to_owned()];
        lines.extend(offered.to_keywords());
        assert_eq!(Extensions::from_ehlo(&Reply { code: 250, enhanced: None, lines }), offered);
    }
}
