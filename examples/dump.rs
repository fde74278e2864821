use sluss::{cli::text::render, inspect::inspect, message::RawMessage};
fn main() {
    let t = std::env::args().nth(1).unwrap() == "t";
    for p in std::env::args().skip(2) {
        let b = std::fs::read(&p).unwrap();
        let m = RawMessage::uncounted(b);
        if t {
            let s = std::time::Instant::now();
            let n = 200;
            for _ in 0..n {
                std::hint::black_box(inspect(&m));
            }
            println!("{p}: {} B {:?}", m.len(), s.elapsed() / n);
        } else {
            let i = inspect(&m);
            println!("######## {p}");
            render(&i, &mut std::io::stdout()).unwrap();
            for v in &i.views {
                println!(
                    "-- {:?}{} {} {:?}",
                    v.origin.kind,
                    if v.alternative { "*" } else { "" },
                    v.origin.part,
                    v.zones().iter().map(|z| (z.zone, z.span.clone())).collect::<Vec<_>>()
                );
            }
        }
    }
}
