//! Arguments to a command; see `sluss::cli`.

use std::process::ExitCode;

// A mail is many small pieces of memory, given back on other threads than they were taken on; the
// system's allocator makes a relay under load a tenth slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sluss::cli::main()
}
