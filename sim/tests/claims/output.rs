//! What is printed: the same for a seed, whatever the number of threads; well formed.

use rayon::ThreadPoolBuilder;
use slsbft_sim::{
    output::{Axis, Cell, Plot, Report, Series, Table},
    scenario::{Scenario, Settings, ddos, honest, liars, outage, selfbond, split, wash},
};

const SMALL: Settings = Settings {
    seed: 3,
    epochs: Some(3),
    nodes: Some(110),
};

/// Everything but the searches, which take their time and have tests of their own.
fn printed(threads: usize, settings: &Settings) -> String {
    let runs = [
        honest::run,
        split::run,
        wash::run,
        liars::run,
        outage::run,
        ddos::run,
        selfbond::run,
    ];
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let reports = runs.map(|run| run(settings).unwrap());
        let printed = |report: Report| {
            let plots: Vec<_> = report.plots.iter().map(Plot::svg).collect();
            report.text() + &plots.join("")
        };
        reports.map(printed).concat()
    })
}

#[test]
fn all_is_every_scenario() {
    assert_eq!(Scenario::All.runs().len(), 10);
}

#[test]
fn the_same_seed_prints_the_same_on_one_thread_and_on_three() {
    let once = printed(1, &SMALL);
    assert_eq!(once, printed(3, &SMALL));
    assert_ne!(once, printed(3, &Settings { seed: 4, ..SMALL }));
}

#[test]
fn a_table_reads_well_for_people_and_machines() {
    let mut table = Table::new("Seats", &["who", "seats", "share"]);
    table.row(vec!["a, b".into(), Cell::Whole(12_345), Cell::Share(0.25)]);
    table.row(vec![Cell::None, Cell::Chance(1e-9), Cell::Number(2.0, 1)]);
    assert_eq!(
        table.text(),
        "Seats\n  who    seats    share\n  a, b  12,345  25.00 %\n  –     1.0e-9      2.0\n"
    );
    assert_eq!(table.json()["rows"][0]["seats"], 12_345);
    assert_eq!(Cell::Share(-1e-9).shown(), "0.00 %");
}

#[test]
fn a_plot_labels_its_axes_stays_small_and_is_readable_on_dark_pages() {
    let points = (0..5_000).map(|x| (f64::from(x), f64::from(x) * 0.2)).collect();
    let plot = Plot {
        name: "test",
        title: "Level & power".into(),
        x: Axis::new("hours"),
        y: Axis::new("share, %").from(0.0, 1_000.0),
        series: vec![
            Series::line("a < b", points),
            Series::dots("dots", vec![(1.0, 2.0)]),
        ],
    };
    let svg = plot.svg();
    assert!(svg.len() < 10_000, "{}", svg.len());
    for part in [
        "hours",
        "share, %",
        "Level &amp; power",
        "a &lt; b",
        "prefers-color-scheme:dark",
    ] {
        assert!(svg.contains(part), "{part}");
    }
    assert_eq!(svg.matches('<').count(), svg.matches('>').count());
}
