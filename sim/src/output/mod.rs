//! What a run shows: tables, plots, and what follows from them.
//!
//! - `table`: rows of numbers with their units
//! - `plot`: axes, lines and points as SVG
//! - here: a report, and how it is printed

pub mod plot;
pub mod table;

use std::{fmt::Write, fs, io, path::Path};

use serde_json::{Value, json};

pub use plot::{Axis, Mark, Plot, Series};
pub use table::{Cell, Table};

/// What a scenario shows.
#[derive(Clone, Debug)]
pub struct Report {
    /// The subcommand.
    pub name: &'static str,
    pub title: &'static str,
    pub tables: Vec<Table>,
    pub plots: Vec<Plot>,
    pub findings: Vec<Finding>,
}

/// A promise with what was measured of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Promised, and so it is.
    Holds,
    /// Promised or expected, and not so.
    Fails,
    /// Worth knowing.
    Note,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "FAILS",
            Self::Note => "note",
        }
    }
}

impl Finding {
    /// A promise that holds or not.
    pub fn promise(holds: bool, text: impl Into<String>) -> Self {
        let kind = if holds { Kind::Holds } else { Kind::Fails };
        Self {
            kind,
            text: text.into(),
        }
    }

    pub fn note(text: impl Into<String>) -> Self {
        Self {
            kind: Kind::Note,
            text: text.into(),
        }
    }
}

impl Report {
    /// For people.
    pub fn text(&self) -> String {
        let mut out = format!("{}: {}\n", self.name, self.title);
        for table in &self.tables {
            let _ = write!(out, "\n{}", table.text());
        }
        out.push('\n');
        for finding in &self.findings {
            let _ = writeln!(out, "{:>5}: {}", finding.kind.word(), finding.text);
        }
        out
    }

    /// For machines.
    pub fn json(&self) -> Value {
        let findings = self.findings.iter();
        json!({
            "name": self.name,
            "title": self.title,
            "tables": self.tables.iter().map(Table::json).collect::<Vec<_>>(),
            "findings": findings.map(|f| json!({"kind": f.kind.word(), "text": f.text})).collect::<Vec<_>>(),
        })
    }

    /// Writes every plot into a folder, which is made if need be.
    pub fn save_plots(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        for plot in &self.plots {
            fs::write(folder.join(plot.file_name()), plot.svg())?;
        }
        Ok(())
    }
}
