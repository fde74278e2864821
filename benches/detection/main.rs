//! How quick detection is, and what memory it takes: `cargo bench --bench detection`.
//!
//! Reads the texts that `make.py` makes (into `target/bench-detection`, or the folder named as argument;
//! further arguments choose texts by the start of their names) and assesses each as one mail's body.
//! Prints for each the CPU time (the least of several runs), megabytes a second, and the highest resident
//! memory above that of the loaded program with the text in it; at last CPU time per byte of the mixed
//! texts against that of the smallest. A megabyte is a million bytes.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluss::detect::{Context, Detector};
use sluss::text::{Origin, OriginKind, View};

/// Runs of texts up to so many bytes; texts of twice the length run once less.
const RUNS: u32 = 9;
const SMALL: usize = 1_000_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let folder = arguments.next().map_or_else(made, PathBuf::from);
    let chosen: Vec<String> = arguments.collect();
    let started = Instant::now();
    let detector = Detector::builtin();
    println!("patterns loaded in {} ms", started.elapsed().as_millis());
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("the folder is there").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut smallest: Option<f64> = None;
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !(chosen.is_empty() || chosen.iter().any(|start| name.starts_with(start.as_str()))) {
            continue;
        }
        let text: Arc<str> = std::fs::read_to_string(&file).expect("the text is UTF-8").into();
        let (took, memory) = measure(&detector, &text);
        let per_byte = took.as_secs_f64() / text.len() as f64;
        print!("{name:16} {:9.1} ms {:6.1} MB/s {:6.1} MB above", took.as_secs_f64() * 1e3, 1e-6 / per_byte, memory);
        if name.starts_with("mixed-") {
            print!("   {:.2} of the smallest's time per byte", per_byte / *smallest.get_or_insert(per_byte));
        }
        println!();
    }
}

/// Least CPU time of several runs, and most memory above what was there before, in megabytes.
fn measure(detector: &Detector, text: &Arc<str>) -> (Duration, f64) {
    let runs = RUNS.saturating_sub((text.len() / SMALL).checked_ilog2().unwrap_or(0)).max(2);
    let before = resident("VmRSS:");
    // From here on the highest resident memory is that of this text.
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux counts from now on");
    let took = (0..runs).map(|_| assess(detector, text)).min().unwrap_or_default();
    (took, (resident("VmHWM:") - before).max(0.0))
}

fn assess(detector: &Detector, text: &Arc<str>) -> Duration {
    let origin = Origin { kind: OriginKind::Body, part: "1".into(), place: None, nested: 0 };
    let views = [View::read(origin, text, 0..text.len(), true)];
    let context = Context { today: (2026, 6, 1), count_synthetic: true, ..Context::default() };
    let started = cpu_time();
    let assessment = detector.assess(&views, &context);
    let took = cpu_time() - started;
    assert!(!assessment.unfinished);
    took
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    // The kernel brings the count up to date when the thread is scheduled.
    std::thread::yield_now();
    let running = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts it");
    let nanoseconds = running.split(' ').next().and_then(|number| number.parse().ok()).expect("the first number");
    Duration::from_nanos(nanoseconds)
}

/// A line of memory in this process's status, in megabytes.
fn resident(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let found = status.lines().find_map(|found| found.strip_prefix(line));
    let kilobytes: Option<f64> = found.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.expect("a number of kB") * 1024e-6
}

/// The folder of texts, made when it is not there.
fn made() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/bench-detection");
    if !folder.is_dir() {
        let status = Command::new("/usr/bin/python3").arg(root.join("benches/detection/make.py")).arg(&folder).status();
        assert!(status.is_ok_and(|status| status.success()), "make.py did not run");
    }
    folder
}
