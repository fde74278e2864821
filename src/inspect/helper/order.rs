//! Files that make the process misbehave, for tests that prove what survives it. Debug builds only: a
//! release build has neither the check nor the orders in its code.

use std::io::{self, Write};

use super::super::documents::{Extract, Piece};

/// What such a file begins with; its first two bytes are those of gzip.
const ORDER: &[u8] = b"\x1F\x8Border: ";

/// Does what the file says, and gives what it is to be answered; None when it says nothing.
pub fn obey(bytes: &[u8], out: &mut impl Write) -> io::Result<Option<Extract>> {
    let Some(order) = bytes.strip_prefix(ORDER) else { return Ok(None) };
    let text = match order.trim_ascii() {
        b"abort" => std::process::abort(),
        b"panic" => std::panic::panic_any("ordered"),
        b"spin" => loop {
            std::hint::spin_loop();
        },
        b"fill memory" => {
            let mut all = Vec::new();
            loop {
                all.push(vec![1_u8; 1 << 20]);
            }
        }
        b"fill the stack" => {
            fill_the_stack(&[0; 4096]);
            String::new()
        }
        b"open a file" => tried(std::fs::File::open("/etc/hostname").map(drop)),
        b"read a folder" => tried(std::fs::read_dir("/").map(drop)),
        b"make a file" => tried(std::fs::write("/tmp/sluss-was-here", b"")),
        b"open a socket" => tried(std::net::TcpListener::bind("127.0.0.1:0").map(drop)),
        b"start a program" => tried(std::process::Command::new("/bin/true").spawn().map(drop)),
        b"start a thread" => tried(std::thread::Builder::new().spawn(|| ()).map(drop)),
        b"say nonsense" => {
            out.write_all(b"220 mx.example ESMTP\r\n")?;
            out.flush()?;
            String::new()
        }
        b"say too much" => {
            out.write_all(b"\x04\xFF\xFF\xFF\xFF")?;
            let more = [0; 4096];
            loop {
                out.write_all(&more)?;
            }
        }
        other => String::from_utf8_lossy(other).into_owned(),
    };
    Ok(Some(Extract { pieces: vec![Piece { place: Some("order".to_owned()), text }], ..Extract::default() }))
}

/// What came of trying what is forbidden.
fn tried(result: io::Result<()>) -> String {
    result.map_or_else(|error| format!("{:?}", error.kind()), |()| "done".to_owned())
}

#[allow(unconditional_recursion)]
fn fill_the_stack(below: &[u8; 4096]) -> u8 {
    let mut own = [0; 4096];
    own.copy_from_slice(below);
    std::hint::black_box(&mut own);
    fill_the_stack(&own).wrapping_add(own.first().copied().unwrap_or(0))
}
