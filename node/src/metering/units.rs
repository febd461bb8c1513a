//! The units a gateway can measure at an HTTP request, and a deal's meters in
//! terms of them.

use std::time::Duration;

use slsbft_proto::metering::v1::Meter;
use slsbft_types::{
    Amount, AmountError,
    metering::{Due, MAX_SCALE, session_due},
};

/// Most meters of an offer.
pub const MAX_METERS: usize = 16;
/// Counters stay below this, so that adding what one request can use never overflows.
pub const MAX_COUNTER: u64 = 1 << 62;

/// What can be measured at a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Requests that the upstream answered.
    Requests,
    /// Bytes of request and response bodies.
    Bytes,
    /// Milliseconds the gateway waited for the upstream.
    Millis,
}

/// A meter that no gateway can serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetersError {
    #[error(
        "the gateway cannot measure '{0}'; it measures 'requests', 'bytes', 'ms' and 'cpu-ms' (time spent \
         waiting for the upstream): make an offer with these meters"
    )]
    Unsupported(String),
    #[error("the deal has {0} meters; expected 1 to {MAX_METERS}")]
    Count(usize),
    #[error("meter '{unit}' has scale {scale}; the largest is {MAX_SCALE}")]
    Scale { unit: String, scale: u32 },
}

/// Meters of a deal: what each counter of its vouchers means and costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meters {
    names: Vec<String>,
    units: Vec<Unit>,
    prices: Vec<(u64, u32)>,
}

impl Meters {
    pub fn new(meters: &[Meter]) -> Result<Self, MetersError> {
        if meters.is_empty() || meters.len() > MAX_METERS {
            return Err(MetersError::Count(meters.len()));
        }
        let units = meters.iter().map(|meter| match meter.unit.as_str() {
            "requests" => Ok(Unit::Requests),
            "bytes" => Ok(Unit::Bytes),
            "ms" | "cpu-ms" => Ok(Unit::Millis),
            other => Err(MetersError::Unsupported(other.chars().take(40).collect())),
        });
        if let Some(steep) = meters.iter().find(|meter| meter.scale > MAX_SCALE) {
            return Err(MetersError::Scale {
                unit: steep.unit.clone(),
                scale: steep.scale,
            });
        }
        Ok(Self {
            names: meters.iter().map(|meter| meter.unit.clone()).collect(),
            units: units.collect::<Result<_, _>>()?,
            prices: meters.iter().map(|meter| (meter.price, meter.scale)).collect(),
        })
    }

    pub fn len(&self) -> usize {
        self.units.len()
    }

    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Names of the units, in the order of the counters.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn has(&self, unit: Unit) -> bool {
        self.units.contains(&unit)
    }

    /// Adds to every counter of a unit; counters stop at [`MAX_COUNTER`].
    pub fn add(&self, counters: &mut [u64], unit: Unit, amount: u64) {
        for (counter, of) in counters.iter_mut().zip(&self.units) {
            if *of == unit {
                *counter = counter.saturating_add(amount).min(MAX_COUNTER);
            }
        }
    }

    /// Takes back what [`Meters::add`] added.
    pub fn sub(&self, counters: &mut [u64], unit: Unit, amount: u64) {
        for (counter, of) in counters.iter_mut().zip(&self.units) {
            if *of == unit {
                *counter = counter.saturating_sub(amount);
            }
        }
    }

    /// The largest counter of a unit; 0 without one.
    pub fn of(&self, counters: &[u64], unit: Unit) -> u64 {
        counters
            .iter()
            .zip(&self.units)
            .filter(|(_, of)| **of == unit)
            .map(|(n, _)| *n)
            .max()
            .unwrap_or(0)
    }

    /// What counters are due, at most `cap`, in uankr and parts of it.
    pub fn due(&self, counters: &[u64], cap: Option<Amount>) -> Result<Due, AmountError> {
        session_due(counters, &self.prices, cap)
    }

    /// The credit as a list in the order of the counters.
    pub fn credit(&self, credit: &Credit) -> Vec<u64> {
        self.units.iter().map(|unit| credit.of(*unit)).collect()
    }
}

/// How much of each unit may be served before a voucher covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    pub requests: u64,
    pub bytes: u64,
    pub millis: u64,
}

impl Default for Credit {
    fn default() -> Self {
        Self {
            requests: 1,
            bytes: 1 << 20,
            millis: 30_000,
        }
    }
}

impl Credit {
    pub fn of(&self, unit: Unit) -> u64 {
        match unit {
            Unit::Requests => self.requests,
            Unit::Bytes => self.bytes,
            Unit::Millis => self.millis,
        }
    }
}

/// Adds up durations and hands out whole milliseconds, so that many short
/// requests are rounded once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stopwatch {
    micros: u64,
}

impl Stopwatch {
    /// Whole milliseconds that have become complete with `elapsed`.
    pub fn add(&mut self, elapsed: Duration) -> u64 {
        let micros = u64::try_from(elapsed.as_micros())
            .unwrap_or(u64::MAX)
            .saturating_add(self.micros);
        self.micros = micros % 1_000;
        micros / 1_000
    }
}

/// The larger of each pair.
pub fn at_least(counters: &[u64], floor: &[u64]) -> Vec<u64> {
    counters.iter().zip(floor).map(|(a, b)| *a.max(b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(unit: &str, price: u64, scale: u32) -> Meter {
        Meter {
            unit: unit.into(),
            price,
            scale,
        }
    }

    #[test]
    fn a_unit_that_no_gateway_can_measure_is_named_with_those_it_can() {
        let error = Meters::new(&[meter("requests", 1, 0), meter("byte-seconds", 1, 0)]).unwrap_err();
        assert_eq!(error, MetersError::Unsupported("byte-seconds".into()));
        assert!(error.to_string().contains("'cpu-ms'"));
        assert_eq!(Meters::new(&[]), Err(MetersError::Count(0)));
        assert!(matches!(
            Meters::new(&[meter("ms", 1, 19)]),
            Err(MetersError::Scale { .. })
        ));
    }

    #[test]
    fn each_counter_follows_its_own_unit() {
        let meters = Meters::new(&[meter("bytes", 1, 3), meter("requests", 7, 0)]).unwrap();
        let mut counters = vec![0, 0];
        meters.add(&mut counters, Unit::Requests, 2);
        meters.add(&mut counters, Unit::Bytes, 1_500);
        meters.add(&mut counters, Unit::Millis, 99);
        assert_eq!(counters, [1_500, 2]);
        assert_eq!(meters.due(&counters, None).unwrap().floor(), Amount::new(15));
        meters.add(&mut counters, Unit::Bytes, u64::MAX);
        assert_eq!(counters[0], MAX_COUNTER);
    }

    #[test]
    fn short_times_add_up_before_they_are_rounded() {
        let mut watch = Stopwatch::default();
        let whole: u64 = (0..10).map(|_| watch.add(Duration::from_micros(250))).sum();
        assert_eq!(whole, 2);
    }
}
