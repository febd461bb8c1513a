//! Values as people write them: amounts in ANKR or uankr, shares in percent,
//! durations in days.

use base64::{Engine, prelude::BASE64_STANDARD};
use slsbft_client::messages::VrfRegistration;
use slsbft_mechanism::{
    beacon::{VrfProof, VrfPublicKey},
    share::Dec,
};
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

/// A rate between 0 and 1 with up to 18 decimals: `10%` or `0.1`.
pub fn rate(text: &str) -> Result<Dec, String> {
    let wrong = || format!("'{text}' is no rate; expected for example 10% or 0.1, at most 100%");
    let one = Dec::whole(Amount::new(1));
    let rate = match text.trim().strip_suffix('%') {
        // A percent is 10^16 steps of 10^-18.
        Some(percent) => {
            fixed_point(percent.trim_end(), 16).and_then(|steps| Dec::from_wire(&steps.to_string()).ok())
        }
        None => text.trim().parse().ok(),
    };
    rate.filter(|rate| *rate <= one).ok_or_else(wrong)
}

/// An ed25519 public key in base64.
pub fn consensus_key(text: &str) -> Result<[u8; 32], String> {
    let bytes = BASE64_STANDARD.decode(text.trim()).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        format!("'{text}' is no ed25519 key; expected 32 bytes in base64, as beside `pub_key` in priv_validator_key.json")
    })
}

/// A VRF public key in hexadecimal.
pub fn vrf_key(text: &str) -> Result<VrfPublicKey, String> {
    let key = hex::decode(text.trim()).ok();
    let key = key.and_then(|bytes| VrfPublicKey::from_bytes(&bytes).ok());
    key.ok_or_else(|| {
        format!("'{text}' is no VRF key; expected the 64 hexadecimal digits that `slsbftd vrf show` prints")
    })
}

/// A VRF key with its proof: `KEY:PROOF`, both in hexadecimal.
pub fn vrf_registration(text: &str) -> Result<VrfRegistration, String> {
    let wrong = || "expected KEY:PROOF, as `slsbftd vrf prove OPERATOR` prints it on the node".to_owned();
    let (key, proof) = text.trim().split_once(':').ok_or_else(wrong)?;
    let proof = hex::decode(proof).ok();
    let possession = proof.and_then(|bytes| VrfProof::from_bytes(&bytes).ok());
    Ok(VrfRegistration {
        key: vrf_key(key)?,
        possession: possession.ok_or_else(wrong)?,
    })
}

/// What [`vrf_registration`] reads.
pub fn write_vrf_registration(registration: &VrfRegistration) -> String {
    let VrfRegistration { key, possession } = registration;
    format!(
        "{}:{}",
        hex::encode(key.as_bytes()),
        hex::encode(possession.as_bytes())
    )
}

/// A hash: 64 hexadecimal digits.
pub fn hash(text: &str) -> Result<[u8; 32], String> {
    let bytes = hex::decode(text.trim()).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| format!("'{text}' is no hash; expected 64 hexadecimal digits"))
}

/// Thousandths of a core: `16`, `0.5` or `500m`.
pub fn millicores(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let milli = match text.strip_suffix('m') {
        Some(milli) => milli.parse().ok(),
        None => fixed_point(text, 3).and_then(|milli| u64::try_from(milli.value()).ok()),
    };
    milli.ok_or_else(|| format!("'{text}' is no number of cores; expected for example 16, 0.5 or 500m"))
}

/// Bytes: `64GiB`, `2TB` or a bare number.
pub fn bytes(text: &str) -> Result<u64, String> {
    let units = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
    ];
    let decimal = [
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ];
    with_unit(text, &[&units[..], &decimal[..], &[("", 1)]].concat())
        .ok_or_else(|| format!("'{text}' is no size; expected for example 64GiB, 2TB or a number of bytes"))
}

/// Kilobits per second: `1gbit`, `100mbit` or `500kbit`.
pub fn kilobits(text: &str) -> Result<u64, String> {
    with_unit(text, &[("kbit", 1), ("mbit", 1_000), ("gbit", 1_000_000)])
        .ok_or_else(|| format!("'{text}' is no bandwidth; expected for example 1gbit, 100mbit or 500kbit"))
}

/// A whole number times the first unit that the text ends with, in any case.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    units.iter().find_map(|(unit, factor)| {
        let number = text.strip_suffix(&unit.to_ascii_lowercase())?;
        number.trim_end().parse::<u64>().ok()?.checked_mul(*factor)
    })
}

/// `HOST:PORT`, as peers dial it.
pub fn host_port(text: &str) -> Result<String, String> {
    let parts = text.trim().rsplit_once(':');
    let good = |(host, port): &(&str, &str)| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.[]:".contains(&b);
        !host.is_empty() && host.bytes().all(plain) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    match parts.filter(good) {
        Some((host, port)) => Ok(format!("{host}:{port}")),
        None => Err(format!(
            "'{text}' is no address; expected HOST:PORT, for example node.example.org:26656"
        )),
    }
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
    fn rates_are_read_in_percent_and_as_decimals_and_are_at_most_one() {
        for (text, expected) in [
            ("10%", "0.1"),
            ("0.1", "0.1"),
            ("2.5 %", "0.025"),
            ("100%", "1"),
            ("1", "1"),
            ("0", "0"),
            ("0.0000000000000001%", "0.000000000000000001"),
        ] {
            assert_eq!(rate(text), Ok(expected.parse().unwrap()), "{text}");
        }
        for bad in [
            "",
            "%",
            "100.1%",
            "1.1",
            "-1%",
            "ten",
            "0.00000000000000001%",
            ".1",
        ] {
            assert!(rate(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn resources_are_read_in_the_units_people_use() {
        for (text, expected) in [("16", 16_000), ("0.5", 500), ("500m", 500), ("1.25", 1_250)] {
            assert_eq!(millicores(text), Ok(expected), "{text}");
        }
        for (text, expected) in [
            ("64GiB", 64 << 30),
            ("2TB", 2_000_000_000_000),
            ("7", 7),
            ("5 mb", 5_000_000),
            ("1kib", 1_024),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for (text, expected) in [("1gbit", 1_000_000), ("100mbit", 100_000), ("500kbit", 500)] {
            assert_eq!(kilobits(text), Ok(expected), "{text}");
        }
        assert!(millicores("0.0001").is_err() && millicores("m").is_err() && millicores("-1").is_err());
        assert!(bytes("64XiB").is_err() && bytes("99999999TiB").is_err() && bytes("").is_err());
        assert!(kilobits("1").is_err() && kilobits("fast").is_err());
    }

    #[test]
    fn keys_and_addresses_of_nodes_are_checked_before_they_are_used() {
        let secret = slsbft_mechanism::beacon::VrfSecretKey::from_seed(&[7; 32]).unwrap();
        let operator = slsbft_types::Address::from_bytes(&[1; 20]).unwrap();
        let registration = VrfRegistration::prove("test-1", &operator, &secret);
        let text = write_vrf_registration(&registration);
        assert_eq!(vrf_registration(&text), Ok(registration));
        let (key, _) = text.split_once(':').unwrap();
        assert_eq!(vrf_key(key), Ok(secret.public()));
        for bad in ["", key, &text.replace(':', ""), &format!("{text}00")] {
            assert!(vrf_registration(bad).is_err(), "{bad}");
        }
        assert!(vrf_key(&"0".repeat(64)).is_err(), "the identity is no key");
        assert_eq!(consensus_key(&BASE64_STANDARD.encode([5; 32])), Ok([5; 32]));
        assert!(consensus_key("AAAA").is_err());
        assert_eq!(
            host_port("node.example.org:26656").as_deref(),
            Ok("node.example.org:26656")
        );
        for bad in [
            "node",
            "node:",
            ":1",
            "node:0",
            "node:70000",
            "a b:1",
            "id@node:1",
        ] {
            assert!(host_port(bad).is_err(), "{bad}");
        }
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
