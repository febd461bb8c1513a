//! Line and point plots as small SVG files, readable on light and dark pages.
//!
//! Floats: coordinates of a drawing, nothing else depends on them.

use std::fmt::Write;

/// A plot, saved under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Of the file, without its ending.
    pub name: &'static str,
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// With its unit.
    pub label: &'static str,
    pub logarithmic: bool,
    /// Ends of the axis; those of the data if there are none.
    pub range: Option<(f64, f64)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    pub mark: Mark,
    pub points: Vec<(f64, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Line,
    Dots,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 64.0;
const BOTTOM: f64 = 56.0;
/// More than this many points of a line are thinned out: nobody sees them.
const MOST_POINTS: usize = 240;

/// Colours of the series on light and on dark (Okabe and Ito's, for the colour-blind), and dashes.
const INKS: [(&str, &str, &str); 6] = [
    ("#0072b2", "#56b4e9", ""),
    ("#d55e00", "#ff9d5c", "7 3"),
    ("#00795a", "#2fd3a5", "2 3"),
    ("#a0437f", "#e79cc8", "9 3 2 3"),
    ("#8a6d00", "#f0c64b", "4 4"),
    ("#444b57", "#b8c0cc", "12 4"),
];

impl Axis {
    pub const fn new(label: &'static str) -> Self {
        Self {
            label,
            logarithmic: false,
            range: None,
        }
    }

    pub const fn logarithmic(label: &'static str) -> Self {
        Self {
            logarithmic: true,
            ..Self::new(label)
        }
    }

    pub const fn from(self, low: f64, high: f64) -> Self {
        Self {
            range: Some((low, high)),
            ..self
        }
    }
}

impl Series {
    pub fn line(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        let name = name.into();
        Self {
            name,
            mark: Mark::Line,
            points,
        }
    }

    pub fn dots(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        let name = name.into();
        Self {
            name,
            mark: Mark::Dots,
            points,
        }
    }
}

/// From values to a stretch of the drawing.
struct Scale {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
    logarithmic: bool,
}

impl Scale {
    fn new(axis: &Axis, values: impl Iterator<Item = f64>, start: f64, end: f64) -> Self {
        let ends = values.fold(None, |ends: Option<(f64, f64)>, value| match ends {
            None => Some((value, value)),
            Some((low, high)) => Some((low.min(value), high.max(value))),
        });
        let (low, high) = axis.range.or(ends).unwrap_or((0.0, 1.0));
        let (low, high) = if axis.logarithmic {
            (low.max(1e-12).log10(), high.max(1e-12).log10())
        } else {
            (low, high)
        };
        let high = if high > low { high } else { low + 1.0 };
        Self {
            low,
            high,
            start,
            end,
            logarithmic: axis.logarithmic,
        }
    }

    fn place(&self, value: f64) -> f64 {
        let value = if self.logarithmic {
            value.max(1e-12).log10()
        } else {
            value
        };
        let part = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.start + part * (self.end - self.start)
    }

    /// Round values, at most eight or so.
    fn ticks(&self) -> Vec<f64> {
        let span = self.high - self.low;
        let step = if self.logarithmic {
            (span / 7.0).ceil().max(1.0)
        } else {
            let rough = span / 6.0;
            let power = 10f64.powf(rough.log10().floor());
            let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
            steps.into_iter().find(|step| *step >= rough).unwrap_or(rough)
        };
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        let value = |index: i64| index as f64 * step;
        let ticks = (first..=last).map(value);
        ticks
            .map(|tick| if self.logarithmic { 10f64.powf(tick) } else { tick })
            .collect()
    }
}

impl Plot {
    pub fn file_name(&self) -> String {
        format!("{}.svg", self.name)
    }

    pub fn svg(&self) -> String {
        let points = || self.series.iter().flat_map(|series| series.points.iter());
        let x = Scale::new(&self.x, points().map(|point| point.0), LEFT, WIDTH - RIGHT);
        let y = Scale::new(&self.y, points().map(|point| point.1), HEIGHT - BOTTOM, TOP);
        let mut out = self.head();
        self.draw_axes(&mut out, &x, &y);
        for (index, series) in self.series.iter().enumerate() {
            draw_series(&mut out, index, series, &x, &y);
        }
        self.draw_legend(&mut out);
        out.push_str("</svg>\n");
        out
    }

    /// The background, the title, and the style: plain classes, so that every renderer knows them.
    fn head(&self) -> String {
        let ink = |index: usize, ink: &str| format!(".l.s{index}{{stroke:{ink}}}.d.s{index}{{fill:{ink}}}");
        let numbered = || INKS.iter().enumerate();
        let light: String = numbered().map(|(index, inks)| ink(index, inks.0)).collect();
        let dark: String = numbered().map(|(index, inks)| ink(index, inks.1)).collect();
        let dashes: String = numbered()
            .filter(|(_, inks)| !inks.2.is_empty())
            .map(|(index, inks)| format!(".l.s{index}{{stroke-dasharray:{}}}", inks.2))
            .collect();
        let title = escaped(&self.title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{title}\" font-family=\"system-ui,sans-serif\" font-size=\"13\">\n<style>\
             .p{{fill:#fff}}text{{fill:#1f2937}}.g{{stroke:#d1d5db}}.l{{fill:none;stroke-width:2}}\
             .d{{fill-opacity:.65}}{light}{dashes}\
             @media(prefers-color-scheme:dark){{.p{{fill:#11161d}}text{{fill:#e5e7eb}}.g{{stroke:#374151}}{dark}}}\
             </style>\n\
             <rect class=\"p\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\"/>\n\
             <text x=\"16\" y=\"24\" font-weight=\"600\">{title}</text>\n"
        )
    }

    fn draw_axes(&self, out: &mut String, x: &Scale, y: &Scale) {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for tick in y.ticks() {
            let at = y.place(tick);
            let label = tick_label(tick, y);
            let _ = writeln!(
                out,
                "<path class=\"g\" d=\"M{LEFT} {at:.1}H{right}\"/><text x=\"{:.1}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{label}</text>",
                LEFT - 8.0,
                at + 4.0
            );
        }
        for tick in x.ticks() {
            let at = x.place(tick);
            let label = tick_label(tick, x);
            let _ = writeln!(
                out,
                "<path class=\"g\" d=\"M{at:.1} {bottom}v5\"/><text x=\"{at:.1}\" y=\"{:.1}\" \
                 text-anchor=\"middle\">{label}</text>",
                bottom + 20.0
            );
        }
        let (middle, centre) = ((LEFT + right) / 2.0, (TOP + bottom) / 2.0);
        let _ = writeln!(
            out,
            "<text x=\"{middle:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(18 {centre:.0}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            HEIGHT - 12.0,
            escaped(self.x.label),
            escaped(self.y.label)
        );
    }

    /// In one row above the axes.
    fn draw_legend(&self, out: &mut String) {
        let mut at = LEFT;
        for (index, series) in self.series.iter().enumerate() {
            let ink = index % INKS.len();
            let sign = match series.mark {
                Mark::Line => format!("<path class=\"l s{ink}\" d=\"M{at:.0} 46h24\"/>"),
                Mark::Dots => format!(
                    "<circle class=\"d s{ink}\" cx=\"{:.0}\" cy=\"46\" r=\"4\"/>",
                    at + 12.0
                ),
            };
            let _ = writeln!(
                out,
                "{sign}<text x=\"{:.0}\" y=\"50\">{}</text>",
                at + 29.0,
                escaped(&series.name)
            );
            at += 46.0 + 7.0 * series.name.chars().count() as f64;
        }
    }
}

fn draw_series(out: &mut String, index: usize, series: &Series, x: &Scale, y: &Scale) {
    let ink = index % INKS.len();
    let places = series
        .points
        .iter()
        .map(|point| (x.place(point.0), y.place(point.1)));
    match series.mark {
        Mark::Dots => {
            for (x, y) in places {
                let _ = writeln!(
                    out,
                    "<circle class=\"d s{ink}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
                );
            }
        }
        Mark::Line => {
            let every = series.points.len().div_ceil(MOST_POINTS).max(1);
            let last = series.points.len().saturating_sub(1);
            let kept = places
                .enumerate()
                .filter(|(at, _)| at % every == 0 || *at == last);
            let path: Vec<_> = kept.map(|(_, (x, y))| format!("{x:.1} {y:.1}")).collect();
            let _ = writeln!(out, "<path class=\"l s{ink}\" d=\"M{}\"/>", path.join("L"));
        }
    }
}

fn tick_label(value: f64, scale: &Scale) -> String {
    if scale.logarithmic && !(0.01..10_000.0).contains(&value) {
        return format!("10{}", superscript(value.log10().round() as i32));
    }
    let rounded = (value * 1e6).round() / 1e6;
    format!("{rounded}")
}

fn superscript(number: i32) -> String {
    let raised = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        other => char::from_u32('⁰' as u32 + other.to_digit(10).unwrap_or(0)).unwrap_or(other),
    };
    number.to_string().chars().map(raised).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
