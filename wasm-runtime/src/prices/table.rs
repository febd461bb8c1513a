//! Reading a price table from its text, also in the compiler.

use super::{MAXIMUM_PRICE, MAXIMUM_UNIT_PRICE, OPERATORS, Prices, RULES};

/// Why a text is not a price table, with its line from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Another name was expected: names come in one order, each once.
    #[error("line {line}: expected `{expected} = POINTS`; the names come in one order, each once")]
    Entry {
        /// The line, from 1.
        line: usize,
        /// The name whose turn it is.
        expected: &'static str,
    },
    /// The price is above the greatest one, or zero where that would make work free.
    #[error("line {line}: the price of `{name}` must be between {minimum} and {maximum}")]
    Price {
        /// The line, from 1.
        line: usize,
        /// Whose price it is.
        name: &'static str,
        /// The least price.
        minimum: u64,
        /// The greatest price.
        maximum: u64,
    },
    /// Something follows the last entry.
    #[error("line {line}: nothing may follow the last entry")]
    Rest {
        /// The line, from 1.
        line: usize,
    },
}

pub(super) const fn parse(text: &str) -> Result<Prices, TableError> {
    let mut prices = Prices {
        operators: [0; OPERATORS.len()],
        rules: [0; RULES.len()],
    };
    let lines = Lines {
        text: text.as_bytes(),
        line: 1,
    };
    let lines = match entries(lines, &OPERATORS, &mut prices.operators) {
        Ok(lines) => lines,
        Err(error) => return Err(error),
    };
    let lines = match entries(lines, &RULES, &mut prices.rules) {
        Ok(lines) => lines.skip_blank(),
        Err(error) => return Err(error),
    };
    if lines.text.is_empty() {
        Ok(prices)
    } else {
        Err(TableError::Rest { line: lines.line })
    }
}

/// What is left of the text, and the line it is in.
#[derive(Clone, Copy)]
struct Lines<'a> {
    text: &'a [u8],
    line: usize,
}

impl Lines<'_> {
    /// Behind blank lines, comments and blanks.
    const fn skip_blank(mut self) -> Self {
        let mut comment = false;
        while let Some((&byte, rest)) = self.text.split_first() {
            match byte {
                b'\n' => {
                    comment = false;
                    self.line += 1;
                }
                b'#' => comment = true,
                b' ' | b'\t' | b'\r' => {}
                _ if comment => {}
                _ => break,
            }
            self.text = rest;
        }
        self
    }

    /// Behind these bytes, if they come next.
    const fn literal(mut self, mut expected: &[u8]) -> Option<Self> {
        while let Some((&byte, behind)) = expected.split_first() {
            self.text = match self.text.split_first() {
                Some((&found, rest)) if found == byte => rest,
                _ => return None,
            };
            expected = behind;
        }
        Some(self)
    }

    /// Behind a decimal number of at most 18 digits, and the number.
    const fn number(mut self) -> Option<(Self, u64)> {
        let (mut value, mut digits) = (0u64, 0);
        while let Some((&digit @ b'0'..=b'9', rest)) = self.text.split_first() {
            if digits == 18 {
                return None;
            }
            value = value * 10 + (digit - b'0') as u64;
            digits += 1;
            self.text = rest;
        }
        if digits == 0 { None } else { Some((self, value)) }
    }

    const fn entry(self, name: &str) -> Option<(Self, u64)> {
        let Some(lines) = self.literal(name.as_bytes()) else {
            return None;
        };
        let Some(lines) = lines.literal(b" = ") else {
            return None;
        };
        lines.number()
    }
}

const fn entries<'a>(
    mut lines: Lines<'a>,
    mut names: &[&'static str],
    mut prices: &mut [u64],
) -> Result<Lines<'a>, TableError> {
    while let (Some((name, other_names)), Some((price, other_prices))) =
        (names.split_first(), prices.split_first_mut())
    {
        lines = lines.skip_blank();
        let line = lines.line;
        let Some((rest, value)) = lines.entry(name) else {
            return Err(TableError::Entry { line, expected: name });
        };
        let (minimum, maximum) = bounds(name);
        if value < minimum || value > maximum {
            return Err(TableError::Price {
                line,
                name,
                minimum,
                maximum,
            });
        }
        *price = value;
        (lines, names, prices) = (rest, other_names, other_prices);
    }
    Ok(lines)
}

/// The least and the greatest price. What jumps back or calls must cost something, or a program
/// could run for ever; heights divide by `height.operators`.
const fn bounds(name: &str) -> (u64, u64) {
    let minimum = match name.as_bytes() {
        b"br" | b"br_if" | b"br_table" | b"function.entry" | b"height.operators" => 1,
        _ => 0,
    };
    let unit = matches!(
        name.as_bytes(),
        b"memory.grow/page"
            | b"memory.fill/byte"
            | b"memory.copy/byte"
            | b"memory.init/byte"
            | b"table.copy/element"
            | b"table.init/element"
    );
    (minimum, if unit { MAXIMUM_UNIT_PRICE } else { MAXIMUM_PRICE })
}
