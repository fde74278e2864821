//! ESMTP parameters of MAIL and RCPT, and the keywords of EHLO.

/// One `KEYWORD[=value]`, value verbatim (RFC 5321 section 4.1.2 `esmtp-param`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Upper case.
    pub keyword: String,
    pub value: Option<String>,
}

/// What a server offered in its EHLO reply, as far as we use it.
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
