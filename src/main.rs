//! Arguments to a command; see `sluss::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sluss::cli::main()
}
