//! Numbers to some decimal places. Text in, text out: no float comes near.

/// Most decimal places.
pub const MAX_DECIMALS: u32 = 18;
/// Longest number that is looked at, in bytes, and its greatest exponent.
const MAX_LENGTH: usize = 256;
const MAX_EXPONENT: i64 = 256;

/// Rounds a number as JSON writes it to exactly so many decimal places; halves away from zero, and zero
/// has no sign. `None` for what is no number, or too long a one.
pub fn round(number: &str, decimals: u32) -> Option<String> {
    let Number {
        negative,
        digits,
        point,
    } = read(number)?;
    let decimals = decimals.min(MAX_DECIMALS);
    // How many digits stay; with fewer than none the number is below a tenth of the last place.
    let keep = point + i64::from(decimals);
    let mut kept = match usize::try_from(keep) {
        Ok(keep) => {
            let mut kept: Vec<u8> = digits.iter().copied().take(keep).collect();
            kept.resize(keep, 0);
            if digits.get(keep).is_some_and(|next| *next >= 5) {
                increment(&mut kept);
            }
            kept
        }
        Err(_) => Vec::new(),
    };
    let decimals = decimals as usize;
    let missing = (decimals + 1).saturating_sub(kept.len());
    kept.splice(0..0, std::iter::repeat_n(0, missing));
    let leading = kept.iter().take_while(|digit| **digit == 0).count();
    kept.drain(..leading.min(kept.len() - decimals - 1));
    Some(write(negative, &kept, decimals))
}

struct Number {
    negative: bool,
    /// From 0 to 9, leading and trailing zeros among them.
    digits: Vec<u8>,
    /// Digits before the decimal point; below zero where zeros are missing after it.
    point: i64,
}

/// JSON's grammar of numbers.
fn read(text: &str) -> Option<Number> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    let is_canonical = whole == "0" || !(whole.is_empty() || whole.starts_with('0'));
    let mut all = whole.bytes().chain(fraction.bytes());
    if !is_canonical || !all.all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0');
    Some(Number {
        negative,
        digits: digits.collect(),
        point: whole.len() as i64 + exponent,
    })
}

fn read_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size: i64 = digits.parse().ok().filter(|size| *size <= MAX_EXPONENT)?;
    Some(if text.starts_with('-') { -size } else { size })
}

fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
}

fn write(negative: bool, digits: &[u8], decimals: usize) -> String {
    let is_zero = digits.iter().all(|digit| *digit == 0);
    let mut text = String::with_capacity(digits.len() + 2);
    if negative && !is_zero {
        text.push('-');
    }
    for (place, digit) in digits.iter().enumerate() {
        if decimals > 0 && place == digits.len() - decimals {
            text.push('.');
        }
        text.push(char::from(b'0' + digit));
    }
    text
}
