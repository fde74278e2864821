#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::*;

fn mail(text: &str) -> Result<MailFacts, ParameterError> {
    check_mail(&parse(text)?)
}

fn rcpt(text: &str) -> Result<bool, ParameterError> {
    check_rcpt(&parse(text)?)
}

#[test]
fn parameters_of_mail() {
    use ParameterError::*;
    let none = MailFacts::default();
    let dsn = MailFacts { dsn: true, ..none };
    let long_envid = format!(" ENVID={}", "a".repeat(101));
    let table = [
        ("", Ok(none)),
        (" ", Ok(none)),
        (" SIZE=0", Ok(MailFacts { size: Some(0), ..none })),
        (" size=1000", Ok(MailFacts { size: Some(1000), ..none })),
        (" SIZE=18446744073709551615", Ok(MailFacts { size: Some(u64::MAX), ..none })),
        (" SIZE=99999999999999999999", Ok(MailFacts { size: Some(u64::MAX), ..none })),
        (" SIZE=123456789012345678901", Err(Value)),
        (" SIZE=-1", Err(Value)),
        (" SIZE=+1", Err(Value)),
        (" SIZE", Err(Value)),
        (" SIZE=", Err(Malformed)),
        (" BODY=7BIT", Ok(none)),
        (" BODY=8bitmime", Ok(MailFacts { eight_bit: true, ..none })),
        (" BODY=BINARYMIME", Err(Unrecognised)),
        (" BODY", Err(Value)),
        (" SMTPUTF8", Ok(MailFacts { smtputf8: true, ..none })),
        (" SMTPUTF8=1", Err(Value)),
        (" RET=FULL", Ok(dsn)),
        (" RET=hdrs", Ok(dsn)),
        (" RET=BODY", Err(Value)),
        (" ENVID=QQ314159+2B", Ok(dsn)),
        (" ENVID=a+2b", Err(Value)),
        (" ENVID=a+", Err(Value)),
        (long_envid.as_str(), Err(Value)),
        (" AUTH=<>", Ok(none)),
        (" AUTH=anna+3Dx@kommun.example", Ok(none)),
        (" AUTH=anna+3dx", Err(Value)),
        (" SIZE=1 SIZE=2", Err(Duplicate)),
        (" SIZE=1 size=1", Err(Duplicate)),
        (" XVERP", Err(Unrecognised)),
        (" NOTIFY=NEVER", Err(Unrecognised)),
        ("SIZE=1", Err(Malformed)),
        (" =1", Err(Malformed)),
        (" -X=1", Err(Malformed)),
        (" A=B=C", Err(Malformed)),
        (" FOO\u{1}=1", Err(Malformed)),
        ("  SIZE=1   RET=FULL ", Ok(MailFacts { size: Some(1), ..dsn })),
    ];
    for (text, expected) in table {
        assert_eq!(mail(text), expected, "{text}");
    }
}

#[test]
fn parameters_of_rcpt() {
    use ParameterError::*;
    let long_orcpt = format!(" ORCPT=rfc822;{}", "a".repeat(500));
    let table = [
        ("", Ok(false)),
        (" NOTIFY=NEVER", Ok(true)),
        (" NOTIFY=success,Failure,DELAY", Ok(true)),
        (" NOTIFY=NEVER,DELAY", Err(Value)),
        (" NOTIFY=DELAY,DELAY", Err(Value)),
        (" NOTIFY=SUCCESS,", Err(Value)),
        (" NOTIFY", Err(Value)),
        (" ORCPT=rfc822;anna+2Bx@kommun.example", Ok(true)),
        (" ORCPT=utf-8;bjørn@kommun.example", Ok(true)),
        (" ORCPT=rfc822;bjørn@kommun.example", Err(Value)),
        (" ORCPT=anna@kommun.example", Err(Value)),
        (" ORCPT=;anna@kommun.example", Err(Value)),
        (" ORCPT=rfc822;", Err(Value)),
        (long_orcpt.as_str(), Err(Value)),
        (" SIZE=1", Err(Unrecognised)),
    ];
    for (text, expected) in table {
        assert_eq!(rcpt(text), expected, "{text}");
    }
}

#[test]
fn parameters_go_on_as_they_came() {
    let parsed = parse(" SIZE=1000 BODY=8bitmime SMTPUTF8 ENVID=Q+2B").unwrap();
    let wire: Vec<String> = parsed.iter().map(Parameter::to_wire).collect();
    assert_eq!(wire.join(" "), "SIZE=1000 BODY=8bitmime SMTPUTF8 ENVID=Q+2B");
}

#[test]
fn debug_shows_no_value() {
    let parsed = parse(" ORCPT=rfc822;anna@kommun.example").unwrap();
    assert_eq!(format!("{parsed:?}"), "[Parameter(ORCPT)]");
}
