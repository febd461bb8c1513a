//! A connection to a node's gRPC port: queries, simulation, broadcast and
//! waiting for inclusion. Requests and answers are bounded in size and time.

mod beacon;
mod contracts;
mod distribution;
mod election;
mod error;
mod hooks;
mod incentives;
mod metering;
mod providers;
mod query;
mod requests;
mod service;
mod service_level;
mod slashing;
mod staking;

use std::{sync::Arc, time::Duration};

use tonic::transport::{Channel, Endpoint};

pub use contracts::CodeInfo;
pub use distribution::Rewards;
pub use error::{ClientError, TxFailure};
pub use metering::DealsOf;
pub use query::{Account, Head};
pub use service::TxOutcome;
pub use service_level::{Assignment, Computing};

/// How long one request may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long connecting may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer that is read; blocks are below it.
pub const MAX_ANSWER_BYTES: usize = 32 << 20;

/// A node's services. Cheap to clone; clones share the connection, which is
/// made again by itself after the node was away.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
    endpoint: Arc<str>,
}

impl Client {
    /// Connects to `host:port`, `http://host:port` or `tcp://host:port`.
    pub async fn connect(endpoint: &str) -> Result<Self, ClientError> {
        let (target, shown) = parse(endpoint)?;
        let channel = target.connect().await.map_err(|source| ClientError::Connect {
            endpoint: shown.to_string(),
            source,
        })?;
        Ok(Self {
            channel,
            endpoint: shown,
        })
    }

    /// Connects with the first request, so that a node may start later. Must be
    /// called within a tokio runtime.
    pub fn connect_lazy(endpoint: &str) -> Result<Self, ClientError> {
        let (target, endpoint) = parse(endpoint)?;
        Ok(Self {
            channel: target.connect_lazy(),
            endpoint,
        })
    }

    /// The address, as it was understood.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The connection, for services that this crate does not wrap.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Turns a status into an error that names the node.
    pub(crate) fn failed(&self, status: tonic::Status) -> ClientError {
        ClientError::from_status(&self.endpoint, status)
    }
}

fn parse(text: &str) -> Result<(Endpoint, Arc<str>), ClientError> {
    let invalid = |reason: &str| ClientError::Endpoint {
        endpoint: text.to_owned(),
        reason: reason.to_owned(),
    };
    let url = match text.trim().split_once("://") {
        None => format!("http://{}", text.trim()),
        Some(("http" | "tcp" | "grpc", rest)) => format!("http://{rest}"),
        Some(("https", _)) => {
            return Err(invalid(
                "TLS is not built in; use http:// through a tunnel or proxy",
            ));
        }
        Some((scheme, _)) => return Err(invalid(&format!("unknown scheme '{scheme}'"))),
    };
    let target = Endpoint::from_shared(url.clone()).map_err(|error| invalid(&error.to_string()))?;
    let authority = target
        .uri()
        .authority()
        .ok_or_else(|| invalid("it names no host"))?;
    if authority.port_u16().is_none() {
        return Err(invalid("it names no port; the gRPC port is 9090 by default"));
    }
    let target = target
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_while_idle(true);
    Ok((target, url.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_understood_with_and_without_scheme() {
        for text in [
            "127.0.0.1:9090",
            "http://127.0.0.1:9090",
            "tcp://127.0.0.1:9090",
            " grpc://127.0.0.1:9090 ",
        ] {
            assert_eq!(parse(text).unwrap().1.as_ref(), "http://127.0.0.1:9090");
        }
    }

    #[test]
    fn an_endpoint_that_cannot_be_used_says_what_is_wrong_with_it() {
        let reason = |text| parse(text).unwrap_err().to_string();
        assert!(reason("localhost").contains("port"));
        assert!(reason("https://node:443").contains("TLS"));
        assert!(reason("ftp://node:1").contains("ftp"));
        assert!(reason("").contains("gRPC endpoint"));
    }
}
