//! Where a contract's gas went: a table of functions and calls of the host, and a flame graph.

use std::{fs::File, path::Path};

use inferno::flamegraph::{self, Options};
use slsbft_app::machine::POINTS_PER_GAS;
use slsbft_wasm::Profile;

use super::super::Outcome;

/// Functions in the table.
const MOST_SHOWN: usize = 30;
/// Longest name in the table, in characters.
const LONGEST: usize = 80;

/// Prints the table and draws the graph.
pub fn show(path: &Path, profile: &Profile) -> Outcome {
    let functions = profile.functions();
    say!("\n{:>12} {:>12} {:>9}  function", "gas", "of its own", "calls");
    for function in functions.iter().take(MOST_SHOWN) {
        let name: String = function.name.chars().take(LONGEST).collect();
        say!(
            "{:>12} {:>12} {:>9}  {name}",
            gas(function.total),
            gas(function.own),
            function.calls
        );
    }
    if let Some(more) = functions.len().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
        say!("and {more} more");
    }
    let lines = profile.folded();
    if lines.is_empty() {
        return Err("nothing ran, so there is nothing to draw".into());
    }
    let mut options = Options::default();
    options.title = "Gas of a contract, by function".into();
    options.count_name = "points".into();
    let file = File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), file)?;
    say!("\nflame graph: {}", path.display());
    Ok(())
}

/// With three digits behind the point: points are thousandths.
fn gas(points: u64) -> String {
    format!("{}.{:03}", points / POINTS_PER_GAS, points % POINTS_PER_GAS)
}
