//! A whole document, within bounds: for what is asked of the world outside, over the same checked
//! addresses as probes.

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Limited};
use tokio::time::{Duration, timeout};

use super::{Endpoint, Failure, Prober, Protocol, http as question};

impl Prober {
    /// What a GET of a URL answers with: at most so many bytes, in so much time from the look at its
    /// name on. Redirects are not followed: where to is not what was asked for.
    pub async fn fetch(&self, url: &str, most: usize, patience: Duration) -> Result<Bytes, Failure> {
        let endpoint: Endpoint = url.parse()?;
        if endpoint.protocol != Protocol::Http {
            return Err(Failure::Answer("it is no HTTP".into()));
        }
        let fetched = async {
            let addresses = self.addresses(&endpoint).await?;
            let connection = self.connect(&endpoint, &addresses).await?;
            let request = question::get(&endpoint, &endpoint.path)?;
            let mut answer = question::ask(connection, endpoint.protocol, request, patience).await?;
            match answer.response.status() {
                StatusCode::OK => {}
                other => return Err(Failure::Status(other.as_u16())),
            }
            let body = Limited::new(answer.response.body_mut(), most).collect().await;
            let body = body.map_err(|error| Failure::Answer(error.to_string()))?;
            Ok(body.to_bytes())
        };
        let fetched = timeout(patience, fetched).await;
        fetched.map_err(|_| Failure::Timeout("document"))?
    }
}
