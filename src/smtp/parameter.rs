//! ESMTP parameters of MAIL and RCPT: RFC 5321 section 4.1.2 `esmtp-param`.
//!
//! They are checked here and passed on verbatim. Which of them were offered is not known here; the
//! facts say what a transaction needs, and the gateway compares them with its EHLO reply.

use std::fmt;

/// Decimal digits of `SIZE`, RFC 1870 section 3.
const MAX_SIZE_DIGITS: usize = 20;
/// Octets of `ENVID` before and after decoding, RFC 3461 section 4.4.
const MAX_ENVID: usize = 100;
/// Octets of `ORCPT`, RFC 3461 section 4.2.
const MAX_ORCPT: usize = 500;

/// One `KEYWORD[=value]`, value verbatim (RFC 5321 section 4.1.2 `esmtp-param`).
#[derive(Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Upper case.
    pub keyword: String,
    pub value: Option<String>,
}

impl Parameter {
    pub fn new(keyword: &str, value: Option<&str>) -> Self {
        Parameter { keyword: keyword.to_ascii_uppercase(), value: value.map(str::to_owned) }
    }

    /// `KEYWORD` or `KEYWORD=value`, without a leading space.
    pub fn to_wire(&self) -> String {
        match &self.value {
            Some(value) => format!("{}={value}", self.keyword),
            None => self.keyword.clone(),
        }
    }
}

/// Prints the keyword only: `ORCPT` and `AUTH` carry addresses.
impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameter({})", self.keyword)
    }
}

/// Why the parameters of MAIL or RCPT cannot be taken. The client is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    #[error("malformed parameter")]
    Malformed,
    #[error("parameter given twice")]
    Duplicate,
    /// RFC 5321 section 4.1.1.11: 555.
    #[error("parameter not recognised")]
    Unrecognised,
    #[error("malformed value")]
    Value,
}

/// What the parameters of MAIL ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailFacts {
    /// Bytes the client says it will send.
    pub size: Option<u64>,
    /// `BODY=8BITMIME`.
    pub eight_bit: bool,
    pub smtputf8: bool,
    /// `RET` or `ENVID` was given.
    pub dsn: bool,
}

/// Splits ` KEYWORD[=value] …`, as it follows a path.
pub fn parse(text: &str) -> Result<Vec<Parameter>, ParameterError> {
    if !text.is_empty() && !text.starts_with(' ') {
        return Err(ParameterError::Malformed);
    }
    let mut parameters: Vec<Parameter> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (keyword, value) = match word.split_once('=') {
            Some((keyword, value)) => (keyword, Some(value)),
            None => (word, None),
        };
        let shape = keyword.starts_with(|c: char| c.is_ascii_alphanumeric())
            && keyword.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        // esmtp-value: no "=", space or control character; RFC 6531 allows UTF-8. `AUTH=` and
        // `ORCPT=` write a "=" as "+3D".
        let value_fits = value.is_none_or(|v| !v.is_empty() && !v.contains(|c: char| c.is_control() || c == '='));
        if !shape || !value_fits {
            return Err(ParameterError::Malformed);
        }
        let parameter = Parameter::new(keyword, value);
        if parameters.iter().any(|known| known.keyword == parameter.keyword) {
            return Err(ParameterError::Duplicate);
        }
        parameters.push(parameter);
    }
    Ok(parameters)
}

/// Checks the parameters of MAIL: SIZE, BODY, SMTPUTF8, RET, ENVID, AUTH.
pub fn check_mail(parameters: &[Parameter]) -> Result<MailFacts, ParameterError> {
    let mut facts = MailFacts::default();
    for parameter in parameters {
        match (parameter.keyword.as_str(), parameter.value.as_deref()) {
            ("SIZE", Some(value)) => facts.size = Some(size(value)?),
            ("BODY", Some(value)) if value.eq_ignore_ascii_case("7BIT") => {}
            ("BODY", Some(value)) if value.eq_ignore_ascii_case("8BITMIME") => facts.eight_bit = true,
            // BINARYMIME (RFC 3030) needs CHUNKING, which is not offered.
            ("BODY", Some(_)) => return Err(ParameterError::Unrecognised),
            ("SMTPUTF8", None) => facts.smtputf8 = true,
            ("RET", Some(value)) if value.eq_ignore_ascii_case("FULL") || value.eq_ignore_ascii_case("HDRS") => {
                facts.dsn = true;
            }
            ("ENVID", Some(value)) if value.len() <= MAX_ENVID && is_xtext(value) => facts.dsn = true,
            // Whose mail it is, as a server of the house says (RFC 4954 section 5); nobody logs in here for it.
            ("AUTH", Some(value)) if value == "<>" || is_xtext(value) => {}
            ("SIZE" | "BODY" | "SMTPUTF8" | "RET" | "ENVID" | "AUTH", _) => return Err(ParameterError::Value),
            _ => return Err(ParameterError::Unrecognised),
        }
    }
    Ok(facts)
}

/// Checks the parameters of RCPT: NOTIFY, ORCPT. True when DSN is asked for.
pub fn check_rcpt(parameters: &[Parameter]) -> Result<bool, ParameterError> {
    for parameter in parameters {
        match (parameter.keyword.as_str(), parameter.value.as_deref()) {
            ("NOTIFY", Some(value)) if is_notify(value) => {}
            ("ORCPT", Some(value)) if value.len() <= MAX_ORCPT && is_orcpt(value) => {}
            ("NOTIFY" | "ORCPT", _) => return Err(ParameterError::Value),
            _ => return Err(ParameterError::Unrecognised),
        }
    }
    Ok(!parameters.is_empty())
}

/// RFC 1870: up to 20 digits. A number above 2^64 is larger than any limit and means just that.
fn size(value: &str) -> Result<u64, ParameterError> {
    if value.len() > MAX_SIZE_DIGITS || !value.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ParameterError::Value);
    }
    Ok(value.parse().unwrap_or(u64::MAX))
}

/// RFC 3461 section 4.1: `NEVER` alone, or a list without repetition of the other three.
fn is_notify(value: &str) -> bool {
    if value.eq_ignore_ascii_case("NEVER") {
        return true;
    }
    let mut seen = [false; 3];
    value.split(',').all(|word| {
        let named = ["SUCCESS", "FAILURE", "DELAY"].iter().position(|known| word.eq_ignore_ascii_case(known));
        named.and_then(|at| seen.get_mut(at)).is_some_and(|seen| !std::mem::replace(seen, true))
    })
}

/// `addr-type;xtext`, RFC 3461 section 4.2; for `utf-8` addresses RFC 6533 section 3.
fn is_orcpt(value: &str) -> bool {
    let Some((kind, address)) = value.split_once(';') else { return false };
    let is_kind = !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_utf8 = kind.eq_ignore_ascii_case("utf-8");
    is_kind && !address.is_empty() && (is_xtext(address) || is_utf8 && !address.contains(char::is_whitespace))
}

/// What an xtext stands for (RFC 3461 section 4): `+41` is `A`. `None` when it is none, or not UTF-8.
pub fn from_xtext(value: &str) -> Option<String> {
    if !is_xtext(value) {
        return None;
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(match byte {
            b'+' => digit(rest.next())?.checked_mul(16)?.checked_add(digit(rest.next())?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// RFC 3461 section 4: printable ASCII without `+` and `=`, or `+` and two upper-case hex digits.
fn is_xtext(value: &str) -> bool {
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'+' => {
                let mut hex = || bytes.next().is_some_and(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
                hex() && hex()
            }
            b'=' => false,
            byte => matches!(byte, b'!'..=b'~'),
        };
        if !fits {
            return false;
        }
    }
    true
}

#[cfg(test)]
#[path = "parameter_tests.rs"]
mod tests;
