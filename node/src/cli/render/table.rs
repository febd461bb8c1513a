//! Tables for people.

/// A column: its heading, and whether it holds numbers.
#[derive(Clone, Copy, Debug)]
pub enum Column {
    Text(&'static str),
    Number(&'static str),
}

impl Column {
    fn heading(self) -> &'static str {
        match self {
            Self::Text(heading) | Self::Number(heading) => heading,
        }
    }
}

/// Lines of aligned columns, two spaces apart.
pub fn table(columns: &[Column], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = columns.iter().map(|column| column.heading().to_owned()).collect();
    let width = |at: usize| {
        let cells = rows.iter().chain([&headings]).filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(columns)
            .zip(&widths)
            .map(|((cell, column), width)| match column {
                Column::Text(_) => format!("{cell:<width$}"),
                Column::Number(_) => format!("{cell:>width$}"),
            });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    [&headings].into_iter().chain(rows).map(line).collect()
}

/// Parts per billion as a percentage with two decimals, rounded down.
pub fn percent(billionths: u64) -> String {
    let hundredths = billionths / 100_000;
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// uankr as ANKR, without zeros at the end. What is no number stays as it is.
pub fn ankr(uankr: &str) -> String {
    let Ok(amount) = uankr.parse::<u128>() else {
        return uankr.to_owned();
    };
    let (whole, rest) = (amount / 1_000_000, amount % 1_000_000);
    match format!("{rest:06}").trim_end_matches('0') {
        "" => whole.to_string(),
        decimals => format!("{whole}.{decimals}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [("é", "7"), ("longer", "12345")].map(|(a, b)| vec![a.to_owned(), b.to_owned()]);
        let printed = table(&[Column::Text("NAME"), Column::Number("N")], &rows);
        assert_eq!(printed, "NAME        N\né           7\nlonger  12345\n");
        assert_eq!(table(&[Column::Text("NAME")], &[]), "NAME\n");
    }

    #[test]
    fn amounts_and_parts_are_written_for_people_without_rounding_up() {
        assert_eq!(percent(1_000_000_000), "100.00%");
        assert_eq!(percent(999_999_999), "99.99%");
        assert_eq!(percent(5_000_000), "0.50%");
        assert_eq!(ankr("1500000"), "1.5");
        assert_eq!(ankr("1"), "0.000001");
        assert_eq!(ankr("100000000000"), "100000");
        assert_eq!(ankr(""), "");
    }
}
