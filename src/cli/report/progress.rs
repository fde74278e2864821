//! How far a long run is, on standard error: one line that changes at a terminal, else a line every ten seconds.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Before it, nothing is said: most runs are short.
const QUIET: Duration = Duration::from_secs(2);
const AT_TERMINAL: Duration = Duration::from_millis(500);
const ELSEWHERE: Duration = Duration::from_secs(10);

pub struct Progress {
    started: Instant,
    said: Option<Instant>,
    terminal: bool,
    of: usize,
}

impl Progress {
    pub fn new(of: usize) -> Self {
        Progress { started: Instant::now(), said: None, terminal: stderr().is_terminal(), of }
    }

    /// Says how far it is, where it is time to.
    pub fn at(&mut self, done: usize) {
        let now = Instant::now();
        let (first, every) = if self.terminal { (QUIET, AT_TERMINAL) } else { (ELSEWHERE, ELSEWHERE) };
        let since = self.said.map_or(self.started.elapsed(), |said| now.duration_since(said));
        if since < if self.said.is_none() { first } else { every } {
            return;
        }
        self.said = Some(now);
        let line = line(done, self.of, self.started.elapsed());
        let mut err = stderr().lock();
        // Nobody need read it.
        let _ = if self.terminal { write!(err, "\r\x1b[K{line}") } else { writeln!(err, "sluss: {line}") };
        let _ = err.flush();
    }

    /// Takes the changing line away, so that another may be written.
    pub fn clear(&mut self) {
        if self.terminal && self.said.is_some() {
            let mut err = stderr().lock();
            let _ = write!(err, "\r\x1b[K");
            let _ = err.flush();
        }
    }
}

fn line(done: usize, of: usize, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs().max(1);
    let (done_, of_) = (u64::try_from(done).unwrap_or(u64::MAX), u64::try_from(of).unwrap_or(u64::MAX));
    let left = of_.saturating_sub(done_).saturating_mul(seconds).checked_div(done_);
    let tenths = done_.saturating_mul(10) / seconds;
    let left = left.map_or_else(String::new, |left| format!(", about {} left", time(left)));
    format!("{done} of {of} mails, {}.{} a second{left}", tenths / 10, tenths % 10)
}

fn time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left() {
        for (done, of, seconds, wanted) in [
            (0, 10, 5, "0 of 10 mails, 0.0 a second"),
            (50, 100, 10, "50 of 100 mails, 5.0 a second, about 10 s left"),
            (100, 1000, 60, "100 of 1000 mails, 1.6 a second, about 9 min left"),
            (100, 100_000, 60, "100 of 100000 mails, 1.6 a second, about 16 h 39 min left"),
        ] {
            assert_eq!(line(done, of, Duration::from_secs(seconds)), wanted);
        }
    }
}
