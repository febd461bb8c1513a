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

    /// `2026-01-01T00:00:00Z`, in whole seconds, as Cosmos writes times in events.
    pub fn to_rfc3339(self) -> String {
        let seconds = self.seconds.max(0);
        let (day, rest) = (seconds / 86_400, seconds % 86_400);
        // Days since 1 March of the year 0, in eras of 400 years of which all are alike.
        let day = day + 719_468;
        let (era, day) = (day / 146_097, day % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        let year = era * 400 + year + next;
        let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
        format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_its_date() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (MAX_SECONDS, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Time::from_seconds(seconds).to_rfc3339(), text);
        }
    }
}
