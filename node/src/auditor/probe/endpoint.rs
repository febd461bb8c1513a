//! What a provider registered, taken apart.

use std::str::FromStr;

use http::uri::PathAndQuery;
use url::{Host, Url};

/// How an endpoint is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// A connection is all.
    Tcp,
    Http,
    Grpc,
}

/// A registered endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub protocol: Protocol,
    pub tls: bool,
    /// A name, or an address without brackets.
    pub host: String,
    pub port: u16,
    /// Host as requests name it: with brackets, and with a port that is not the scheme's own.
    pub authority: String,
    /// Begins with a slash.
    pub path: String,
}

impl Endpoint {
    /// The absolute URI of one of its paths.
    pub fn uri(&self, path: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.authority)
    }
}

/// Why an endpoint cannot be probed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("no URL ({0})")]
    Url(#[from] url::ParseError),
    #[error("scheme '{0}' is none of http, https, grpc, grpcs, tcp and tls")]
    Scheme(String),
    #[error("no host")]
    Host,
    #[error("a user name, which is never sent")]
    User,
    #[error("no port, and tcp has none of its own")]
    Port,
    #[error("a path that no request can have")]
    Path,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text)?;
        let (protocol, tls, own_port) = match url.scheme() {
            "http" => (Protocol::Http, false, Some(80)),
            "https" => (Protocol::Http, true, Some(443)),
            "grpc" => (Protocol::Grpc, false, Some(80)),
            "grpcs" => (Protocol::Grpc, true, Some(443)),
            "tcp" => (Protocol::Tcp, false, None),
            "tls" => (Protocol::Tcp, true, Some(443)),
            other => return Err(EndpointError::Scheme(other.to_owned())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::User);
        }
        let host = match url.host().ok_or(EndpointError::Host)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let port = url.port().or(own_port).ok_or(EndpointError::Port)?;
        let shown = url.host_str().ok_or(EndpointError::Host)?;
        let authority = if Some(port) == own_port {
            shown.to_owned()
        } else {
            format!("{shown}:{port}")
        };
        let path = match (url.path(), url.query()) {
            ("", None) => "/".to_owned(),
            (path, None) => path.to_owned(),
            (path, Some(query)) => format!("{path}?{query}"),
        };
        if !path.starts_with('/') || path.parse::<PathAndQuery>().is_err() {
            return Err(EndpointError::Path);
        }
        Ok(Self {
            protocol,
            tls,
            host,
            port,
            authority,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    #[test]
    fn an_endpoint_names_protocol_host_port_and_path() {
        let full = read("https://node.example.com:8443/status?full=1");
        assert_eq!(
            full,
            Endpoint {
                protocol: Protocol::Http,
                tls: true,
                host: "node.example.com".into(),
                port: 8443,
                authority: "node.example.com:8443".into(),
                path: "/status?full=1".into(),
            }
        );
        let short = read("http://[2001:db8::1]");
        assert_eq!((short.host.as_str(), short.port), ("2001:db8::1", 80));
        assert_eq!(
            (short.authority.as_str(), short.path.as_str()),
            ("[2001:db8::1]", "/")
        );
        let grpc = read("grpc://10.0.0.1:9090");
        assert_eq!(
            (grpc.protocol, grpc.tls, grpc.port),
            (Protocol::Grpc, false, 9090)
        );
        assert_eq!(grpc.authority, "10.0.0.1:9090");
        let tls = read("tls://a.example");
        assert_eq!((tls.protocol, tls.tls, tls.port), (Protocol::Tcp, true, 443));
    }

    #[test]
    fn what_cannot_be_probed_says_why() {
        let error = |text: &str| text.parse::<Endpoint>().unwrap_err();
        assert_eq!(error("tcp://a.example"), EndpointError::Port);
        assert_eq!(error("ftp://a.example"), EndpointError::Scheme("ftp".into()));
        assert_eq!(error("http://me:secret@a.example"), EndpointError::User);
        assert_eq!(error("tcp:///x"), EndpointError::Host);
        for text in ["", "a.example", "http://a:99999", "http://[::1", "grpc://a b"] {
            assert!(matches!(error(text), EndpointError::Url(_)), "{text}");
        }
    }
}
