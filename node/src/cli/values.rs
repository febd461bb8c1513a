//! Values as people write them: amounts in ANKR or uankr, shares in percent,
//! durations in days.

use slsbft_proto::metering::v1::Meter;
use slsbft_types::{Amount, Coin, Coins, Denom, metering::MAX_SCALE};

const DECIMALS: usize = 6;

/// A coin: `5ankr`, `0.25ankr`, `250000uankr`, or of another denomination.
pub fn coin(text: &str) -> Result<Coin, String> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    if unit.eq_ignore_ascii_case("ankr") {
        return Ok(Coin::base(
            fixed_point(number, DECIMALS).ok_or_else(|| not_an_amount(text))?,
        ));
    }
    let amount = number.parse().map_err(|_| not_an_amount(text))?;
    let denom: Denom = unit.parse().map_err(|_| not_an_amount(text))?;
    Ok(Coin { denom, amount })
}

/// Coins of different denominations, separated by commas.
pub fn coins(text: &str) -> Result<Coins, String> {
    let mut coins = text.split(',').map(coin).collect::<Result<Vec<_>, _>>()?;
    coins.sort_by(|a, b| a.denom.as_str().cmp(b.denom.as_str()));
    Coins::new(coins).map_err(|error| error.to_string())
}

/// An amount of the chain's own coin; a bare number is uankr.
pub fn amount(text: &str) -> Result<Amount, String> {
    if let Ok(bare) = text.trim().parse() {
        return Ok(bare);
    }
    let coin = coin(text)?;
    if coin.denom != Denom::base() {
        return Err(format!(
            "'{text}' is not in ANKR; expected for example 20ankr or 20000000uankr"
        ));
    }
    Ok(coin.amount)
}

/// A share of one, in parts per billion: `2.5%` or `25000000`.
pub fn share(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is no share; expected a percentage such as 2.5% (at most 100%)");
    let parts = match text.trim().strip_suffix('%') {
        Some(percent) => fixed_point(percent.trim_end(), 7).map(Amount::value),
        None => text.trim().parse().ok(),
    };
    let parts = parts.filter(|parts| *parts <= 1_000_000_000).ok_or_else(wrong)?;
    u64::try_from(parts).map_err(|_| wrong())
}

/// Seconds: `90s`, `30m`, `12h` or `30d`.
pub fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is no duration; expected for example 30d, 12h, 45m or 90s");
    let text = text.trim();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text.trim_end_matches(unit).parse().map_err(|_| wrong())?;
    number.checked_mul(factor).ok_or_else(wrong)
}

/// A meter: `UNIT=PRICE/COUNT`, PRICE uankr for COUNT units, COUNT a power of ten.
pub fn meter(text: &str) -> Result<Meter, String> {
    let wrong = || {
        format!(
            "'{text}' is no meter; expected UNIT=PRICE/COUNT, for example requests=100/1000: \
             100 uankr for 1000 requests (COUNT is a power of ten)"
        )
    };
    let (unit, price) = text.split_once('=').ok_or_else(wrong)?;
    let (price, count) = price.split_once('/').unwrap_or((price, "1"));
    let price = amount(price).map_err(|_| wrong())?.value();
    let zeros = count
        .strip_prefix('1')
        .filter(|zeros| zeros.bytes().all(|b| b == b'0'))
        .ok_or_else(wrong)?;
    let scale = u32::try_from(zeros.len())
        .ok()
        .filter(|scale| *scale <= MAX_SCALE)
        .ok_or_else(wrong)?;
    Ok(Meter {
        unit: unit.to_owned(),
        price: u64::try_from(price).map_err(|_| wrong())?,
        scale,
    })
}

/// A decimal number times 10^decimals, if that is an integer.
fn fixed_point(text: &str, decimals: usize) -> Option<Amount> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let shaped = fraction.len() <= decimals && fraction.bytes().all(|b| b.is_ascii_digit());
    if !shaped || (text.contains('.') && fraction.is_empty()) {
        return None;
    }
    format!("{whole}{fraction:0<decimals$}")
        .parse()
        .ok()
        .filter(|_| !whole.is_empty())
}

fn not_an_amount(text: &str) -> String {
    format!("'{text}' is no amount; expected for example 5ankr, 0.25ankr or 250000uankr")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_are_separated_by_commas_and_none_is_there_twice() {
        assert_eq!(
            coins("2.5ankr,7other").unwrap(),
            "7other,2500000uankr".parse::<Coins>().unwrap()
        );
        for bad in ["", "5", "1ankr,", "1ankr,2uankr", "1ankr 2other"] {
            assert!(coins(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn amounts_are_exact_in_either_unit() {
        for (text, expected) in [
            ("5ankr", "5000000uankr"),
            ("0.25ANKR", "250000uankr"),
            ("0.000001ankr", "1uankr"),
            ("7uatom", "7uatom"),
        ] {
            assert_eq!(coin(text).unwrap().to_string(), expected, "{text}");
        }
        assert_eq!(amount("20").unwrap(), Amount::new(20));
        assert_eq!(amount("20ankr").unwrap(), Amount::new(20_000_000));
        for bad in [
            "",
            "ankr",
            "5",
            "1.5uankr",
            "0.0000001ankr",
            "1.ankr",
            ".5ankr",
            "-1ankr",
            "5 ankr",
        ] {
            assert!(coin(bad).is_err(), "{bad}");
        }
        assert!(amount("7uatom").is_err());
    }

    #[test]
    fn shares_durations_and_meters_are_read_as_people_write_them() {
        assert_eq!(share("2.5%"), Ok(25_000_000));
        assert_eq!(share("100%"), Ok(1_000_000_000));
        assert_eq!(share("7"), Ok(7));
        assert!(share("100.1%").is_err() && share("x%").is_err());
        assert_eq!(seconds("30d"), Ok(2_592_000));
        assert_eq!(seconds("90s"), Ok(90));
        assert!(seconds("30").is_err() && seconds("").is_err() && seconds("99999999999999999d").is_err());
        let parsed = meter("requests=100/1000").unwrap();
        assert_eq!(
            (parsed.unit.as_str(), parsed.price, parsed.scale),
            ("requests", 100, 3)
        );
        assert_eq!(meter("gpu=2ankr").unwrap().price, 2_000_000);
        for bad in [
            "requests",
            "requests=x",
            "requests=1/7",
            "requests=1/20",
            "requests=1/10000000000000000000",
        ] {
            assert!(meter(bad).is_err(), "{bad}");
        }
    }
}
