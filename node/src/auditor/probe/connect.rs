//! Connections to checked addresses, timed.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, ProtocolVersion, RootCertStore, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};

use super::Failure;

/// What is taken off a latency at most: no honest way there and back is longer, and a target that
/// is slow to connect on purpose gains no more. `slsbft_mechanism::audit` has the rule.
const LONGEST_WAY: Duration = Duration::from_millis(300);

/// Whose certificates are believed.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Those that one of these authorities has signed, and that name the host.
    Roots(Arc<RootCertStore>),
    /// Anybody's: for networks without a public authority.
    Anybody,
}

impl Trust {
    /// The authorities that browsers trust.
    pub fn public() -> Self {
        Self::Roots(Arc::new(RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        }))
    }
}

/// What TLS is to speak inside.
#[derive(Clone, Copy, Debug)]
pub enum Inside {
    Anything,
    Http1,
    Http2,
}

/// Makes TLS connections.
pub struct Tls {
    anything: Arc<ClientConfig>,
    http1: Arc<ClientConfig>,
    http2: Arc<ClientConfig>,
}

impl Tls {
    pub fn new(trust: &Trust) -> Result<Self, rustls::Error> {
        let config = |inside: &[&[u8]]| -> Result<Arc<ClientConfig>, rustls::Error> {
            let provider = Arc::new(ring::default_provider());
            let builder = ClientConfig::builder_with_provider(provider.clone())
                .with_safe_default_protocol_versions()?;
            let builder = match trust {
                Trust::Roots(roots) => builder.with_root_certificates(roots.clone()),
                Trust::Anybody => builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
            };
            let mut config = builder.with_no_client_auth();
            config.alpn_protocols = inside.iter().map(|name| name.to_vec()).collect();
            // Each sample is a stranger's first connection, or latencies would not compare.
            config.resumption = rustls::client::Resumption::disabled();
            Ok(Arc::new(config))
        };
        Ok(Self {
            anything: config(&[])?,
            http1: config(&[b"http/1.1"])?,
            http2: config(&[b"h2"])?,
        })
    }

    fn config(&self, inside: Inside) -> Arc<ClientConfig> {
        match inside {
            Inside::Anything => self.anything.clone(),
            Inside::Http1 => self.http1.clone(),
            Inside::Http2 => self.http2.clone(),
        }
    }
}

/// Both ways of a connection, with TLS or without.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection.
pub struct Connection {
    pub stream: Box<dyn Stream>,
    /// Until the other side took the connection, but at most [`LONGEST_WAY`].
    pub round_trip: Duration,
    /// What the TLS handshake took beyond its round trips; zero without TLS.
    pub handshake: Duration,
}

/// Connects to the first of the addresses that answers, and speaks TLS to it under the name of
/// `host` if `tls` says so.
pub async fn connect(
    addresses: &[SocketAddr],
    host: &str,
    tls: Option<(&Tls, Inside)>,
    patience: Duration,
) -> Result<Connection, Failure> {
    let deadline = Instant::now() + patience;
    let (stream, round_trip) = first(addresses, deadline).await?;
    let Some((tls, inside)) = tls else {
        return Ok(Connection {
            stream: Box::new(stream),
            round_trip,
            handshake: Duration::ZERO,
        });
    };
    let name = ServerName::try_from(host.to_owned()).map_err(|error| Failure::Tls(error.to_string()))?;
    let begun = Instant::now();
    let connector = TlsConnector::from(tls.config(inside));
    let stream = timeout_at(deadline, connector.connect(name, stream)).await;
    let stream = stream.map_err(|_| Failure::Timeout("end of the TLS handshake"))?;
    let stream = stream.map_err(|error| Failure::Tls(error.to_string()))?;
    // TLS 1.3 goes there and back once, what is older twice.
    let round_trips = match stream.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => 1,
        _ => 2,
    };
    Ok(Connection {
        handshake: begun.elapsed().saturating_sub(round_trip * round_trips),
        stream: Box::new(stream),
        round_trip,
    })
}

/// The first address that answers, each with its share of the time left.
async fn first(addresses: &[SocketAddr], deadline: Instant) -> Result<(TcpStream, Duration), Failure> {
    let mut failure = Failure::Resolve("it has no address".into());
    for (address, left) in addresses.iter().zip((1..=addresses.len() as u32).rev()) {
        let begun = Instant::now();
        let share = deadline.saturating_duration_since(begun) / left;
        failure = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                let round_trip = begun.elapsed().min(LONGEST_WAY);
                // Latency only; a socket without it works as well.
                let _ = stream.set_nodelay(true);
                return Ok((stream, round_trip));
            }
            Ok(Err(error)) if is_own(&error, address) => Failure::Own(error.to_string()),
            Ok(Err(error)) => Failure::Connect(error.to_string()),
            Err(_) => Failure::Timeout("connection"),
        };
    }
    Err(failure)
}

/// Whether a connection failed for what this machine lacks: files, ports, memory, a network.
fn is_own(error: &io::Error, address: &SocketAddr) -> bool {
    let lacks = [
        libc::EMFILE,
        libc::ENFILE,
        libc::ENOBUFS,
        libc::ENOMEM,
        libc::EADDRNOTAVAIL,
    ];
    match error.raw_os_error() {
        // A router near the target can say so, too, but not when nothing is sent.
        Some(libc::ENETUNREACH) => !has_route(address),
        Some(code) => lacks.contains(&code),
        None => false,
    }
}

/// Whether this machine knows a way to an address; that sends nothing.
fn has_route(address: &SocketAddr) -> bool {
    let from: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    UdpSocket::bind((from, 0)).is_ok_and(|socket| socket.connect(address).is_ok())
}

/// Believes any certificate; signatures are checked all the same.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
