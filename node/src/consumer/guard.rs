//! Who may spend: programs of this machine, not the web pages that its browser
//! shows. A page can send requests to a port on 127.0.0.1 without being allowed
//! to read the answers, and with a name of its own that resolves to 127.0.0.1
//! (DNS rebinding) it may even read them.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, Uri, header, request, uri::Authority};

/// Says where in the web a request comes from (Fetch Metadata, W3C).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is taken for a web page's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    #[error("this proxy is not known as '{0}'; use an address or localhost, or start it with --allow-host")]
    Host(String),
    #[error(
        "a web page of '{0}' may not spend from this deal; if it should, start the proxy with --allow-origin"
    )]
    Page(String),
}

/// Names and origins beyond those that are always allowed.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// Host names of the proxy, besides addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Origins of web pages: `scheme://host[:port]`.
    pub origins: Vec<String>,
}

impl Allowed {
    /// Whether a request may be paid for.
    pub fn check(&self, head: &request::Parts) -> Result<(), Foreign> {
        let host = host(&head.headers).or_else(|| head.uri.authority().cloned());
        // Without a name it is no browser's: HTTP/1.0.
        if let Some(host) = &host
            && !self.knows(host.host())
        {
            return Err(Foreign::Host(host.host().chars().take(100).collect()));
        }
        match text(&head.headers, &header::ORIGIN) {
            Some(origin) if self.origins.iter().any(|allowed| allowed == origin) => Ok(()),
            Some(origin) if is_own(origin, host.as_ref()) => Ok(()),
            Some(origin) => Err(Foreign::Page(origin.chars().take(100).collect())),
            // Pages send some requests, such as those for images, without an origin.
            None => match text(&head.headers, &SEC_FETCH_SITE) {
                None | Some("none" | "same-origin") => Ok(()),
                Some(_) => Err(Foreign::Page("another site".into())),
            },
        }
    }

    fn knows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok()
            || host == "localhost"
            || host.ends_with(".localhost")
            || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(&host))
    }
}

/// A header as text; one that is not is no reason to let a request pass.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

fn host(headers: &HeaderMap) -> Option<Authority> {
    text(headers, &header::HOST)?.parse().ok()
}

/// Whether the page came through this proxy itself.
fn is_own(origin: &str, host: Option<&Authority>) -> bool {
    let origin = origin.parse::<Uri>().ok();
    origin.is_some_and(|origin| origin.authority().is_some() && origin.authority() == host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn check(headers: &[(&str, &str)]) -> Result<(), Foreign> {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let allowed = Allowed {
            hosts: vec!["Proxy.lan".into()],
            origins: vec!["https://app.example".into()],
        };
        allowed.check(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn programs_of_the_machine_are_served_under_its_addresses_and_names() {
        assert_eq!(check(&[]), Ok(()));
        for host in [
            "127.0.0.1:8080",
            "[::1]:8080",
            "localhost",
            "LOCALHOST:1",
            "api.localhost:8080",
            "10.0.0.7:8080",
            "proxy.LAN:8080",
        ] {
            assert_eq!(check(&[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn a_name_that_the_proxy_is_not_known_by_is_refused() {
        for host in [
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
        ] {
            assert!(
                matches!(check(&[("host", host)]), Err(Foreign::Host(_))),
                "{host}"
            );
        }
        // An address in the request line does not stand in for the name.
        let request = Request::builder().uri("http://evil.example/");
        let head = request.body(()).unwrap().into_parts().0;
        assert!(Allowed::default().check(&head).is_err());
    }

    #[test]
    fn web_pages_of_other_origins_do_not_spend() {
        let host = ("host", "127.0.0.1:8080");
        for origin in [
            "https://evil.example",
            "null",
            "http://127.0.0.1:8081",
            "http://localhost:8080",
            "",
        ] {
            let found = check(&[host, ("origin", origin)]);
            assert!(matches!(found, Err(Foreign::Page(_))), "{origin}");
        }
        for site in ["cross-site", "same-site", "anything"] {
            let found = check(&[host, ("sec-fetch-site", site)]);
            assert!(matches!(found, Err(Foreign::Page(_))), "{site}");
        }
    }

    #[test]
    fn pages_of_the_proxy_itself_and_allowed_ones_are_served() {
        let host = ("host", "127.0.0.1:8080");
        for more in [
            ("origin", "http://127.0.0.1:8080"),
            ("origin", "https://app.example"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            assert_eq!(check(&[host, more]), Ok(()), "{more:?}");
        }
        let cross = [
            host,
            ("origin", "https://app.example"),
            ("sec-fetch-site", "cross-site"),
        ];
        assert_eq!(check(&cross), Ok(()));
    }
}
