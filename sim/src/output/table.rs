//! Tables for people (aligned text) and machines (JSON).

use std::fmt::Write;

use serde_json::{Map, Value, json};

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    /// A count.
    Whole(i64),
    /// A part of 1, shown in percent.
    Share(f64),
    /// A number with so many decimals.
    Number(f64, usize),
    /// A probability that may be tiny.
    Chance(f64),
    /// Nothing to say.
    None,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn whole(value: usize) -> Self {
        Self::Whole(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// How people read it.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Whole(value) => grouped(*value),
            // Adding zero makes nothing of a negative zero.
            Self::Share(share) => format!("{:.2} %", (share * 1e4).round() / 1e2 + 0.0),
            Self::Number(value, decimals) => format!("{value:.decimals$}"),
            Self::Chance(0.0) => "0".into(),
            Self::Chance(chance) if *chance >= 0.001 => format!("{chance:.4}"),
            Self::Chance(chance) => format!("{chance:.1e}"),
            Self::None => "–".into(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Whole(value) => json!(value),
            Self::Share(value) | Self::Number(value, _) | Self::Chance(value) => json!(value),
            Self::None => Value::Null,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// 12345 as 12,345.
fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if value < 0 { format!("-{out}") } else { out }
}

/// Rows under named columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub title: String,
    /// With their units.
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        Self {
            title: title.into(),
            columns: columns.iter().map(|&column| column.into()).collect(),
            rows: Vec::new(),
        }
    }

    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    pub fn text(&self) -> String {
        let shown = self.shown();
        let widths = self.widths(&shown);
        let mut out = format!("{}\n", self.title);
        for row in std::iter::once(&self.columns).chain(&shown) {
            let cells: Vec<_> = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(index, (cell, width))| match index {
                    0 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                })
                .collect();
            let _ = writeln!(out, "  {}", cells.join("  ").trim_end());
        }
        out
    }

    pub fn json(&self) -> Value {
        let row = |row: &Vec<Cell>| -> Value {
            let named = self.columns.iter().cloned().zip(row.iter().map(Cell::json));
            Value::Object(named.collect::<Map<_, _>>())
        };
        json!({"title": self.title, "rows": self.rows.iter().map(row).collect::<Vec<_>>()})
    }

    fn shown(&self) -> Vec<Vec<String>> {
        let rows = self.rows.iter();
        rows.map(|row| row.iter().map(Cell::shown).collect()).collect()
    }

    fn widths(&self, shown: &[Vec<String>]) -> Vec<usize> {
        let column = |index: usize, name: &String| {
            let cells = shown.iter().filter_map(|row| row.get(index));
            let width = |text: &String| text.chars().count();
            cells.chain([name]).map(width).max().unwrap_or(0)
        };
        let names = self.columns.iter().enumerate();
        names.map(|(index, name)| column(index, name)).collect()
    }
}
