//! One line of the doctor's report: what was looked at, how it is, and what to do.

use std::fmt;

use serde::Serialize;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// It works, or could not be told; somebody should know.
    Warning,
    /// Mail is refused, held up or lost because of it, or will be.
    Fault,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Fault => "fault",
        }
    }

    /// For a terminal: a sign in its colour.
    fn sign(self) -> &'static str {
        match self {
            State::Ok => "\x1b[32m✓\x1b[0m",
            State::Warning => "\x1b[33m!\x1b[0m",
            State::Fault => "\x1b[31m✗\x1b[0m",
        }
    }
}

/// One line. `--json` prints it as it is; the shape may grow, never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, as in `/readyz` where it is a check there: `next-hop:default`.
    pub check: String,
    pub state: State,
    /// What was found.
    pub what: String,
    /// What to do, one sentence; nothing where all is well.
    #[serde(rename = "do")]
    pub todo: Option<String>,
}

impl Finding {
    pub fn ok(check: &str, what: impl Into<String>) -> Finding {
        Finding { check: check.to_owned(), state: State::Ok, what: what.into(), todo: None }
    }

    pub fn warning(check: &str, what: impl Into<String>, todo: impl Into<String>) -> Finding {
        Finding { check: check.to_owned(), state: State::Warning, what: what.into(), todo: Some(todo.into()) }
    }

    pub fn fault(check: &str, what: impl Into<String>, todo: impl Into<String>) -> Finding {
        Finding { check: check.to_owned(), state: State::Fault, what: what.into(), todo: Some(todo.into()) }
    }

    /// For people; with `colour` at a terminal.
    pub fn line(&self, colour: bool) -> impl fmt::Display + '_ {
        Line { finding: self, colour }
    }
}

struct Line<'f> {
    finding: &'f Finding,
    colour: bool,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { check, state, what, todo } = self.finding;
        let indent = if self.colour {
            write!(f, "{} {check}: {what}", state.sign())?;
            "  "
        } else {
            write!(f, "{:<8} {check}: {what}", state.as_str())?;
            "         "
        };
        match todo {
            Some(todo) => write!(f, "\n{indent}→ {todo}"),
            None => Ok(()),
        }
    }
}

/// The last line: how many of what.
pub fn summary(findings: &[Finding]) -> String {
    let count = |state| findings.iter().filter(|f| f.state == state).count();
    let counted = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (count(State::Fault), count(State::Warning)) {
        (0, 0) => "all well".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (faults, 0) => counted(faults, "fault"),
        (faults, warnings) => format!("{}, {}", counted(faults, "fault"), counted(warnings, "warning")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_people_and_one_for_programs() {
        let fault = Finding::fault("store", "the disk is full", "Make room.");
        assert_eq!(fault.line(false).to_string(), "fault    store: the disk is full\n         → Make room.");
        assert_eq!(fault.line(true).to_string(), "\x1b[31m✗\x1b[0m store: the disk is full\n  → Make room.");
        let json = serde_json::to_string(&fault).unwrap();
        assert_eq!(json, r#"{"check":"store","state":"fault","what":"the disk is full","do":"Make room."}"#);
        let well = Finding::ok("clock", "synchronised");
        assert_eq!(well.line(false).to_string(), "ok       clock: synchronised");
        for (findings, expected) in [
            (vec![well.clone()], "all well"),
            (vec![fault.clone(), well.clone(), fault.clone()], "2 faults"),
            (vec![fault, Finding::warning("a", "b", "c")], "1 fault, 1 warning"),
        ] {
            assert_eq!(summary(&findings), expected);
        }
    }
}
