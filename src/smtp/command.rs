//! Commands of a client: RFC 5321 section 4.1, extensions as far as we know their names.
//!
//! A command line becomes a value or an error that knows its reply. Nothing is executed here and
//! nothing depends on what was said before; the order of commands is the gateway's matter.

use super::address::{ForwardPath, PathError, ReversePath};
use super::parameter::{self, MailFacts, Parameter, ParameterError};
use super::reply::{EnhancedCode, Reply};

/// One command line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Helo {
        /// As the client says it; never trusted, printed only through `reply::printable`.
        client: String,
    },
    Ehlo {
        client: String,
    },
    Mail {
        path: ReversePath,
        parameters: Vec<Parameter>,
        facts: MailFacts,
    },
    Rcpt {
        path: ForwardPath,
        parameters: Vec<Parameter>,
        /// NOTIFY or ORCPT was given.
        dsn: bool,
    },
    Data,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Expn,
    Help,
    StartTls,
    Auth,
    Bdat,
    Xclient,
    Xforward,
}

/// Why a command line cannot be understood. The client is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("command not recognised")]
    Unknown,
    #[error("control character or invalid UTF-8 in a command")]
    Characters,
    #[error("argument missing, malformed or not allowed")]
    Argument,
    #[error("reverse path: {0}")]
    ReversePath(PathError),
    #[error("forward path: {0}")]
    ForwardPath(PathError),
    #[error("{0}")]
    Parameter(ParameterError),
}

impl Command {
    /// Reads one line without its CRLF.
    pub fn parse(line: &[u8]) -> Result<Command, CommandError> {
        let text = std::str::from_utf8(line).map_err(|_| CommandError::Characters)?;
        if text.chars().any(char::is_control) {
            return Err(CommandError::Characters);
        }
        let text = text.trim_end_matches(' ');
        let (verb, argument) = text.split_once(' ').unwrap_or((text, ""));
        let argument = argument.trim_start_matches(' ');
        let bare = |command: Command| if argument.is_empty() { Ok(command) } else { Err(CommandError::Argument) };

        let mut upper = [0u8; 8];
        let name = upper.get_mut(..verb.len()).ok_or(CommandError::Unknown)?;
        name.copy_from_slice(verb.as_bytes());
        name.make_ascii_uppercase();
        match &*name {
            b"EHLO" => Ok(Command::Ehlo { client: client_name(argument)? }),
            b"HELO" => Ok(Command::Helo { client: client_name(argument)? }),
            b"MAIL" => mail(argument),
            b"RCPT" => rcpt(argument),
            b"DATA" => bare(Command::Data),
            b"RSET" => bare(Command::Rset),
            b"QUIT" => bare(Command::Quit),
            b"STARTTLS" => bare(Command::StartTls),
            // NOOP and HELP may carry a string, which means nothing
            b"NOOP" => Ok(Command::Noop),
            b"HELP" => Ok(Command::Help),
            b"VRFY" => Ok(Command::Vrfy),
            b"EXPN" => Ok(Command::Expn),
            b"AUTH" => Ok(Command::Auth),
            b"BDAT" => Ok(Command::Bdat),
            b"XCLIENT" => Ok(Command::Xclient),
            b"XFORWARD" => Ok(Command::Xforward),
            _ => Err(CommandError::Unknown),
        }
    }
}

impl Command {
    /// True for a command after which a client must wait for the reply before it sends more
    /// (RFC 2920 section 3.1), and after which early input could be taken for something it is not.
    pub fn ends_group(&self) -> bool {
        matches!(self, Command::Ehlo { .. } | Command::Helo { .. } | Command::Data | Command::StartTls)
    }
}

impl CommandError {
    /// The reply, in words that repeat nothing of the command.
    pub fn reply(&self) -> Reply {
        let (code, enhanced, text) = match self {
            CommandError::Unknown => (500, EnhancedCode(5, 5, 2), "command not recognized"),
            CommandError::Characters => (500, EnhancedCode(5, 5, 2), "invalid characters in command"),
            CommandError::Argument => (501, EnhancedCode(5, 5, 4), "syntax error in arguments"),
            CommandError::ReversePath(_) => (501, EnhancedCode(5, 1, 7), "bad sender address syntax"),
            CommandError::ForwardPath(_) => (501, EnhancedCode(5, 1, 3), "bad recipient address syntax"),
            CommandError::Parameter(ParameterError::Unrecognised) => {
                (555, EnhancedCode(5, 5, 4), "parameter not recognized or not offered")
            }
            CommandError::Parameter(_) => (501, EnhancedCode(5, 5, 4), "syntax error in parameters"),
        };
        Reply::new(code, Some(enhanced), text)
    }
}

impl From<ParameterError> for CommandError {
    fn from(error: ParameterError) -> Self {
        CommandError::Parameter(error)
    }
}

/// A name or an address literal. Old clients send odd ones, so only its shape as a word is checked.
fn client_name(argument: &str) -> Result<String, CommandError> {
    if argument.is_empty() || argument.contains(' ') { Err(CommandError::Argument) } else { Ok(argument.to_owned()) }
}

fn mail(argument: &str) -> Result<Command, CommandError> {
    let path = keyword(argument, "FROM:")?;
    let (path, rest) = ReversePath::parse(path).map_err(CommandError::ReversePath)?;
    let parameters = parameter::parse(rest)?;
    let facts = parameter::check_mail(&parameters)?;
    Ok(Command::Mail { path, parameters, facts })
}

fn rcpt(argument: &str) -> Result<Command, CommandError> {
    let path = keyword(argument, "TO:")?;
    let (path, rest) = ForwardPath::parse(path).map_err(CommandError::ForwardPath)?;
    let parameters = parameter::parse(rest)?;
    let dsn = parameter::check_rcpt(&parameters)?;
    Ok(Command::Rcpt { path, parameters, dsn })
}

/// What follows `FROM:` or `TO:`. A space after the colon is an old fault of clients (RFC 5321
/// section 3.3) that cannot be misread.
fn keyword<'a>(argument: &'a str, keyword: &str) -> Result<&'a str, CommandError> {
    let (head, rest) = argument.split_at_checked(keyword.len()).ok_or(CommandError::Argument)?;
    if head.eq_ignore_ascii_case(keyword) { Ok(rest.trim_start_matches(' ')) } else { Err(CommandError::Argument) }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
