//! From a host to addresses that may be connected to. They are resolved once for each probe,
//! checked, and connected to as they are: no second look at the name could give another answer.

use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::Semaphore, time::timeout};

use super::{Failure, address::is_public};

/// Addresses tried of a name that has more.
const MOST_ADDRESSES: usize = 3;
/// Names looked up at a time. The system's resolver blocks a thread, longer than we wait for it.
const LOOK_UPS: usize = 128;

/// Looks up names.
#[tonic::async_trait]
pub trait Resolve: Send + Sync + 'static {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The system's resolver.
pub struct System {
    places: Arc<Semaphore>,
}

impl Default for System {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(LOOK_UPS)),
        }
    }
}

#[tonic::async_trait]
impl Resolve for System {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|_| io::Error::from(io::ErrorKind::ResourceBusy))?;
        let name = host.to_owned();
        let look_up = move || {
            let found = (name.as_str(), port)
                .to_socket_addrs()
                .map(|found| found.take(MOST_ADDRESSES).collect());
            // Kept until the thread is free, however long whoever asked has waited.
            drop(place);
            found
        };
        tokio::task::spawn_blocking(look_up).await?
    }
}

/// The addresses of a host, all of them public unless private ones are allowed.
pub async fn addresses(
    resolver: &dyn Resolve,
    host: &str,
    port: u16,
    allow_private: bool,
    patience: Duration,
) -> Result<Vec<SocketAddr>, Failure> {
    let mut found = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => {
            let answer = timeout(patience, resolver.resolve(host, port)).await;
            let answer = answer.map_err(|_| Failure::Timeout("address for its name"))?;
            answer.map_err(|error| match error.kind() {
                io::ErrorKind::ResourceBusy => Failure::Own("too many names are being looked up".into()),
                _ => Failure::Resolve(error.to_string()),
            })?
        }
    };
    found.truncate(MOST_ADDRESSES);
    if found.is_empty() {
        return Err(Failure::Resolve("it has no address".into()));
    }
    // One that is not public shows a name that is set up wrong, or for an attack.
    match found.iter().find(|found| !is_public(found.ip())) {
        Some(private) if !allow_private => Err(Failure::Private(private.ip())),
        _ => Ok(found),
    }
}
