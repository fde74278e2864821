//! What PostgreSQL's error codes mean for us (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).

use crate::store::StoreError;

/// What the driver's error means. Texts carry codes only: a message of the server could quote a value.
pub(super) fn fault(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) => classify(&database.code().unwrap_or_default()),
        // The words of an I/O error are the operating system's.
        sqlx::Error::Io(error) => StoreError::Unavailable(format!("no connection: {}", error.kind())),
        sqlx::Error::Tls(_) => StoreError::Unavailable("the TLS handshake failed".into()),
        sqlx::Error::Configuration(_) => StoreError::Unavailable("its address cannot be read".into()),
        sqlx::Error::Protocol(_) => StoreError::Unavailable("protocol error".into()),
        _ => StoreError::Unavailable("driver error".into()),
    }
}

fn classify(code: &str) -> StoreError {
    let unavailable = |what: &str| StoreError::Unavailable(format!("{what} (SQLSTATE {code})"));
    match code {
        // Serialization, deadlock, a lock that was not given in time, a statement that took too long.
        "40001" | "40P01" | "55P03" | "57014" => StoreError::Busy,
        "53300" => unavailable("too many connections"),
        "53100" => StoreError::Full,
        "25006" => unavailable("the server is read-only; is it a standby?"),
        "28000" | "28P01" => unavailable("the login was refused"),
        "3D000" => unavailable("there is no such database"),
        "42501" => unavailable("a right is missing"),
        "57P01" | "57P02" | "57P03" => unavailable("the server is stopping or starting"),
        "XX001" | "XX002" => StoreError::Broken(format!("damaged database, SQLSTATE {code}")),
        _ if code.starts_with("08") => unavailable("connection lost"),
        _ => unavailable("error of the server"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_whether_to_try_again_or_to_stop() {
        let unavailable = |text: &str| StoreError::Unavailable(text.into());
        for (code, expected) in [
            ("40001", StoreError::Busy),
            ("40P01", StoreError::Busy),
            ("55P03", StoreError::Busy),
            ("57014", StoreError::Busy),
            ("53100", StoreError::Full),
            ("57P01", unavailable("the server is stopping or starting (SQLSTATE 57P01)")),
            ("08006", unavailable("connection lost (SQLSTATE 08006)")),
            ("25006", unavailable("the server is read-only; is it a standby? (SQLSTATE 25006)")),
            ("23505", unavailable("error of the server (SQLSTATE 23505)")),
            ("XX001", StoreError::Broken("damaged database, SQLSTATE XX001".into())),
        ] {
            assert_eq!(classify(code), expected, "{code}");
        }
    }
}
