//! Measures what operators and calls of the host cost beside their prices: `calibrate [part of a name]`, or
//! `calibrate --table`, which prints a price table. `docs/contracts/metering.md` says how to read it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a program for developers: it reads the clock and its command line, and fails loudly"
)]

mod control;
mod host;
mod measure;
mod memory;
mod operators;
mod programs;
mod table;

use measure::{Bench, ROUND_POINTS, Turn};
use operators::Measured;
use slsbft_wasm::CALL_STACK;
use slsbft_wasm::prices::OPERATORS;

/// Something to measure.
#[derive(Clone)]
pub struct Case {
    name: String,
    /// How often it stands in a turn.
    times: f64,
    /// The most turns.
    most: u64,
    what: What,
}

#[derive(Clone)]
enum What {
    /// One contract, in few turns and in many.
    Turns(String),
    /// Two contracts and their turns, which differ by `times`.
    Pair([(String, u64); 2]),
    /// All of a call, with one turn.
    Call(String),
}

impl Case {
    fn new(name: &str, times: usize, text: String) -> Self {
        Self {
            name: name.to_owned(),
            times: times as f64,
            most: 1 << 20,
            what: What::Turns(text),
        }
    }

    fn pair(name: &str, small: (String, u64), large: (String, u64), times: usize) -> Self {
        let what = What::Pair([small, large]);
        Self {
            what,
            ..Self::new(name, times, String::new())
        }
    }

    fn call(name: &str, text: String) -> Self {
        Self {
            what: What::Call(text),
            ..Self::new(name, 1, String::new())
        }
    }

    /// The operator whose price this is measured for.
    fn operator(&self) -> Option<&'static str> {
        let name = self.name.trim_end_matches(", each waits");
        OPERATORS.iter().find(|operator| **operator == name).copied()
    }

    fn measure(&self, bench: &Bench) -> Turn {
        let turn = match &self.what {
            What::Turns(text) => bench.turn(text, self.most),
            What::Pair([small, large]) => bench.pair(small, large),
            What::Call(text) => bench.whole(text),
        };
        Turn {
            ns: turn.ns / self.times,
            points: turn.points / self.times,
        }
    }
}

fn main() {
    // As a node's threads that run contracts.
    let thread = std::thread::Builder::new().stack_size(2 * CALL_STACK);
    thread.spawn(run).unwrap().join().unwrap();
}

fn run() {
    let argument = std::env::args().nth(1).unwrap_or_default();
    let whole_table = argument == "--table";
    let filter = if whole_table { "" } else { &argument };
    let bench = Bench::new(15);
    let mut report = Report::default();
    eprintln!(
        "a round of the reference loop takes {:.3} ns here and is {ROUND_POINTS} points",
        bench.round_ns()
    );
    for name in OPERATORS.iter().filter(|name| name.contains(filter)) {
        if let Some(measured) = operators::measure(&bench, name) {
            report.operator(name, &measured, !whole_table);
        }
    }
    let cases = [memory::cases(), control::cases(), host::cases()].concat();
    let wanted = |case: &&Case| case.name.contains(filter) && (!whole_table || case.operator().is_some());
    for case in cases.iter().filter(wanted) {
        report.case(case, case.measure(&bench), !whole_table);
    }
    if whole_table {
        table::print(&report.times);
    } else {
        report.worst();
    }
}

/// What was found.
#[derive(Default)]
struct Report {
    times: table::Times,
    /// Nanoseconds per gas of whole turns, and whose they are.
    ratios: Vec<(f64, String)>,
}

impl Report {
    fn operator(&mut self, name: &'static str, measured: &Measured, tell: bool) {
        let (ns, price) = (measured.ns(), table::price(name));
        let error = table::error(ns, price);
        if tell {
            let chain = measured.chain.map_or(String::new(), |ns| format!("{ns:.2}"));
            let spread = measured.spread;
            println!(
                "{name:<40} {chain:>12} {spread:>12.2} {price:>12} {error:>8.2}{}",
                flag(error)
            );
        }
        self.times.insert(name, ns);
        let turns = measured.turns.iter();
        self.ratios
            .extend(turns.map(|turn| (turn.ratio(), name.to_owned())));
    }

    fn case(&mut self, case: &Case, turn: Turn, tell: bool) {
        let ratio = turn.ratio();
        if tell {
            let Turn { ns, points } = turn;
            println!(
                "{:<40} {:>12} {ns:>12.2} {points:>12.0} {ratio:>8.2}{}",
                case.name,
                "",
                flag(ratio)
            );
        }
        if let Some(name) = case.operator() {
            let slowest = self.times.entry(name).or_default();
            *slowest = slowest.max(turn.ns);
        }
        self.ratios.push((ratio, case.name.clone()));
    }

    /// The programs that take the longest for what they pay.
    fn worst(mut self) {
        self.ratios.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        println!("\nlongest for what they pay, nanoseconds per gas:");
        for (ratio, name) in self.ratios.iter().take(20) {
            println!("{ratio:>8.2} {name}");
        }
    }
}

/// What stands behind an error that is too great.
fn flag(error: f64) -> &'static str {
    match error {
        error if error > 4.0 => " too cheap",
        error if error < 0.25 => " dear",
        _ => "",
    }
}
