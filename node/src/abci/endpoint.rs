//! Where CometBFT reaches the application: a Unix socket only its owner can
//! open, or TCP on the loopback interface.

use std::{
    fmt, fs,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    os::{
        fd::AsRawFd,
        unix::{
            fs::PermissionsExt,
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
    str::FromStr,
};

use thiserror::Error;

/// The kernel's limit on a Unix socket's path, with its closing zero byte.
const MAX_SOCKET_PATH: usize = 108;

/// An address the ABCI server can listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `unix:///path/to/socket`
    Unix(PathBuf),
    /// `tcp://127.0.0.1:26658`
    Tcp(SocketAddr),
}

/// Why an endpoint cannot be used.
#[derive(Debug, Error)]
pub enum EndpointError {
    #[error("`{0}` is no ABCI address; write `unix:///path/to/socket` or `tcp://127.0.0.1:26658`")]
    Syntax(String),
    #[error(
        "the ABCI address {0} can be reached from outside this machine, and whoever reaches it \
         controls the node; use a Unix socket or an address of 127.0.0.0/8"
    )]
    NotLoopback(SocketAddr),
    #[error(
        "the socket path {0} is longer than the system's {MAX_SOCKET_PATH} bytes; set \
         `abci.address` in app.toml to a shorter one, such as `unix:///run/slsbft/abci.sock`"
    )]
    PathTooLong(PathBuf),
    #[error("another process answers on {0}; stop it, or set another `abci.address` in app.toml")]
    InUse(Endpoint),
    #[error("cannot listen on {endpoint}")]
    Bind { endpoint: Endpoint, source: io::Error },
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let syntax = || EndpointError::Syntax(text.to_owned());
        if let Some(path) = text.strip_prefix("unix://") {
            if path.is_empty() {
                return Err(syntax());
            }
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        let address = text.strip_prefix("tcp://").ok_or_else(syntax)?;
        let address: SocketAddr = address.parse().map_err(|_| syntax())?;
        if !address.ip().is_loopback() {
            return Err(EndpointError::NotLoopback(address));
        }
        Ok(Self::Tcp(address))
    }
}

impl Endpoint {
    /// The same endpoint with a relative socket path taken from `base`.
    pub fn within(self, base: &Path) -> Self {
        match self {
            Self::Unix(path) => Self::Unix(base.join(path)),
            tcp => tcp,
        }
    }

    /// Starts to listen. A socket file that nobody serves is replaced; with TCP
    /// port 0 the system chooses one (see [`Listener::endpoint`]).
    pub fn bind(&self) -> Result<Listener, EndpointError> {
        let failed = |source| EndpointError::Bind {
            endpoint: self.clone(),
            source,
        };
        match self {
            Self::Unix(path) => {
                let longest = path.as_os_str().len().max(staging(path).as_os_str().len());
                if longest >= MAX_SOCKET_PATH {
                    return Err(EndpointError::PathTooLong(path.clone()));
                }
                if UnixStream::connect(path).is_ok() {
                    return Err(EndpointError::InUse(self.clone()));
                }
                let listener = bind_private(path).map_err(failed)?;
                Ok(Listener {
                    endpoint: self.clone(),
                    socket: Socket::Unix(listener),
                })
            }
            Self::Tcp(address) => {
                let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
                    io::ErrorKind::AddrInUse => EndpointError::InUse(self.clone()),
                    _ => failed(error),
                })?;
                let endpoint = Self::Tcp(listener.local_addr().map_err(failed)?);
                Ok(Listener {
                    endpoint,
                    socket: Socket::Tcp(listener),
                })
            }
        }
    }
}

/// Where a socket waits until it may be seen.
fn staging(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Binds beside `path` and moves the socket there once only its owner can open
/// it, so that it is never open to others and a stale file is replaced at once.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let staging = staging(path);
    match fs::remove_file(&staging) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&staging)?;
    fs::set_permissions(&staging, fs::Permissions::from_mode(0o600))?;
    fs::rename(&staging, path)?;
    Ok(listener)
}

enum Socket {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// A listening endpoint; a Unix socket's file goes when it is dropped.
pub struct Listener {
    endpoint: Endpoint,
    socket: Socket,
}

impl Listener {
    /// Where it listens.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Waits for the next connection.
    pub fn accept(&self) -> io::Result<Stream> {
        match &self.socket {
            Socket::Unix(listener) => Ok(Stream::Unix(listener.accept()?.0)),
            Socket::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                // Without it, delayed acknowledgements cost 40 ms per call.
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
        }
    }

    /// Makes a waiting [`accept`](Self::accept), and every later one, fail.
    pub fn close(&self) {
        let descriptor = match &self.socket {
            Socket::Unix(listener) => listener.as_raw_fd(),
            Socket::Tcp(listener) => listener.as_raw_fd(),
        };
        // It can only fail on a socket that is closed already.
        let _ = nix::sys::socket::shutdown(descriptor, nix::sys::socket::Shutdown::Both);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Endpoint::Unix(path) = &self.endpoint {
            let _ = fs::remove_file(path);
        }
    }
}

/// One connection.
pub enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    /// Ends the connection in both directions, from any thread.
    pub fn close(&self) {
        let _ = match self {
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => (&mut &*stream).read(buffer),
            Stream::Tcp(stream) => (&mut &*stream).read(buffer),
        }
    }
}

impl Write for &Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => (&mut &*stream).write(buffer),
            Stream::Tcp(stream) => (&mut &*stream).write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_others_could_reach_is_refused() {
        for open in ["tcp://0.0.0.0:26658", "tcp://10.0.0.1:1", "tcp://[::]:1"] {
            assert!(matches!(
                open.parse::<Endpoint>(),
                Err(EndpointError::NotLoopback(_))
            ));
        }
        for bad in [
            "",
            "unix://",
            "127.0.0.1:1",
            "tcp://localhost",
            "http://127.0.0.1:1",
        ] {
            assert!(matches!(bad.parse::<Endpoint>(), Err(EndpointError::Syntax(_))));
        }
    }

    #[test]
    fn only_its_owner_can_open_the_socket_and_a_stale_one_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("abci.sock");
        fs::write(&path, "left by a crash").unwrap();
        let endpoint = Endpoint::Unix(path.clone());
        let listener = endpoint.bind().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(endpoint.bind(), Err(EndpointError::InUse(_))));
        drop(listener);
        assert!(!path.exists());
    }

    #[test]
    fn a_path_the_system_cannot_hold_is_refused_with_advice() {
        // The shorter one fits, but not while it is made.
        for length in [120, 100] {
            let endpoint = Endpoint::Unix(PathBuf::from(format!("/tmp/{}", "x".repeat(length))));
            let error = endpoint.bind().err().unwrap().to_string();
            assert!(error.contains("abci.address"), "{error}");
        }
    }
}
