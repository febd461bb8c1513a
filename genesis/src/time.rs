//! RFC 3339 text of a block time, the form CometBFT writes.

use serde::{Deserialize, Deserializer, Serializer, de::Error as _, ser::Error as _};
use slsbft_types::Time;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    let nanos = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    let text = OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .map_err(S::Error::custom)?
        .format(&Rfc3339)
        .map_err(S::Error::custom)?;
    serializer.serialize_str(&text)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = String::deserialize(deserializer)?;
    let time = OffsetDateTime::parse(&text, &Rfc3339).map_err(|e| {
        D::Error::custom(format!(
            "not an RFC 3339 time ({e}); expected 2026-01-01T00:00:00Z"
        ))
    })?;
    if time.unix_timestamp() < 0 {
        return Err(D::Error::custom("the time is before 1970"));
    }
    Ok(Time {
        seconds: time.unix_timestamp(),
        nanos: time.nanosecond(),
    })
}
