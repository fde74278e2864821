//! What SQLite's result codes mean for us (<https://www.sqlite.org/rescode.html>).

use crate::store::StoreError;

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;
/// The index of the write-ahead log could not grow: no data is at stake, the disk is full.
const IOERR_SHMSIZE: i32 = IOERR | (19 << 8);

/// The low byte of an extended code is the primary code.
const PRIMARY: i32 = 0xff;

/// What the driver's error means. Texts carry codes only: a message of the driver could quote a value.
pub(in crate::store) fn fault(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) => match database.code().and_then(|code| code.parse().ok()) {
            Some(code) => classify(code),
            None => StoreError::Unavailable("unknown error".into()),
        },
        sqlx::Error::WorkerCrashed => StoreError::Unavailable("connection lost".into()),
        _ => StoreError::Unavailable("driver error".into()),
    }
}

/// `code` is SQLite's extended result code.
fn classify(code: i32) -> StoreError {
    match code & PRIMARY {
        BUSY | LOCKED => StoreError::Busy,
        FULL => StoreError::Full,
        IOERR if code == IOERR_SHMSIZE => StoreError::Full,
        IOERR => StoreError::Broken(format!("I/O error, code {code}")),
        CORRUPT | NOTADB => StoreError::Broken(format!("damaged database, code {code}")),
        READONLY => StoreError::Broken(format!("database became read-only, code {code}")),
        CANTOPEN => StoreError::Unavailable(format!("it, or its -wal or -shm file, cannot be opened (code {code})")),
        _ => StoreError::Unavailable(format!("code {code}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_whether_to_try_again_or_to_stop() {
        for (code, expected) in [
            (5, StoreError::Busy),
            (517, StoreError::Busy), // BUSY_SNAPSHOT
            (261, StoreError::Busy), // BUSY_RECOVERY
            (262, StoreError::Busy), // LOCKED_SHAREDCACHE
            (13, StoreError::Full),
            (4874, StoreError::Full),
            (778, StoreError::Broken("I/O error, code 778".into())), // IOERR_WRITE
            (1034, StoreError::Broken("I/O error, code 1034".into())), // IOERR_FSYNC
            (1290, StoreError::Broken("I/O error, code 1290".into())), // IOERR_DIR_FSYNC
            (11, StoreError::Broken("damaged database, code 11".into())),
            (1032, StoreError::Broken("database became read-only, code 1032".into())), // READONLY_DBMOVED
            (14, StoreError::Unavailable("it, or its -wal or -shm file, cannot be opened (code 14)".into())),
            (1, StoreError::Unavailable("code 1".into())),
        ] {
            assert_eq!(classify(code), expected);
        }
    }
}
