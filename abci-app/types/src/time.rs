//! Block time: what a header says, never a clock.

use cosmos_sdk_proto::Timestamp;

/// Seconds and nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Time {
    pub seconds: i64,
    /// Below 10⁹.
    pub nanos: u32,
}

/// The timestamp is outside the years 1970 to 9999 or its nanoseconds are not below 10⁹.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("timestamp {seconds}s {nanos}ns is out of range (years 1970 to 9999)")]
pub struct TimeError {
    pub seconds: i64,
    pub nanos: i32,
}

/// Last second of the year 9999.
const MAX_SECONDS: i64 = 253_402_300_799;

impl Time {
    pub fn from_seconds(seconds: i64) -> Self {
        Self { seconds, nanos: 0 }
    }

    /// Later by whole seconds; stays at the largest time there is.
    pub fn plus_seconds(self, seconds: u64) -> Self {
        let seconds = i64::try_from(seconds).unwrap_or(MAX_SECONDS);
        Self {
            seconds: self.seconds.saturating_add(seconds).min(MAX_SECONDS),
            nanos: self.nanos,
        }
    }

    /// Nanoseconds since `earlier`; zero if that is later.
    pub fn nanos_since(self, earlier: Self) -> u128 {
        self.total_nanos().saturating_sub(earlier.total_nanos())
    }

    fn total_nanos(self) -> u128 {
        u128::try_from(self.seconds).unwrap_or(0) * 1_000_000_000 + u128::from(self.nanos)
    }
}

/// `{"seconds": …, "nanos": …}`, within the same range as a timestamp.
impl<'de> serde::Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            seconds: i64,
            nanos: i32,
        }
        let Parts { seconds, nanos } = Parts::deserialize(deserializer)?;
        Self::try_from(&Timestamp { seconds, nanos }).map_err(serde::de::Error::custom)
    }
}

impl TryFrom<&Timestamp> for Time {
    type Error = TimeError;

    fn try_from(time: &Timestamp) -> Result<Self, TimeError> {
        let error = TimeError {
            seconds: time.seconds,
            nanos: time.nanos,
        };
        let nanos = u32::try_from(time.nanos).map_err(|_| error)?;
        if nanos >= 1_000_000_000 || !(0..=MAX_SECONDS).contains(&time.seconds) {
            return Err(error);
        }
        Ok(Self {
            seconds: time.seconds,
            nanos,
        })
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        Self {
            seconds: time.seconds,
            nanos: time.nanos as i32,
        }
    }
}
