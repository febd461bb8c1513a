//! A provider's public endpoint: answers at once, and serves bytes to whoever measures.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use slsbft_tests::fleet::free_ports;

/// Where auditors measure throughput, and the most they get.
const THROUGHPUT: &str = "/.well-known/slsbft/throughput?bytes=";
const MOST_BYTES: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Endpoint {
    port: u16,
    serving: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Endpoint {
    pub fn start() -> Self {
        let [port] = free_ports();
        let mut endpoint = Self { port, serving: None };
        endpoint.resume();
        endpoint
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// From now on connections are refused.
    pub fn stop(&mut self) {
        if let Some((stopped, serving)) = self.serving.take() {
            stopped.store(true, Ordering::SeqCst);
            // Wakes it up.
            let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
            serving.join().unwrap();
        }
    }

    /// Serves again, at the same address.
    pub fn resume(&mut self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let asked = stopped.clone();
        let serving = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if asked.load(Ordering::SeqCst) {
                    return;
                }
                thread::spawn(move || serve(stream));
            }
        });
        self.serving = Some((stopped, serving));
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Answers requests without a body, one after the other, until the peer leaves.
fn serve(mut stream: TcpStream) -> Option<()> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let (mut pending, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        if let Some(end) = pending.windows(4).position(|window| window == b"\r\n\r\n") {
            let request: Vec<u8> = pending.drain(..end + 4).collect();
            stream.write_all(&answer(&request)).ok()?;
        } else {
            let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
            pending.extend_from_slice(&buffer[..read]);
        }
    }
}

fn answer(request: &[u8]) -> Vec<u8> {
    let request = String::from_utf8_lossy(request);
    let path = request.split(' ').nth(1).unwrap_or_default();
    let bytes = path.strip_prefix(THROUGHPUT).and_then(|bytes| bytes.parse().ok());
    let body = match bytes {
        Some(bytes) => vec![b'.'; MOST_BYTES.min(bytes)],
        None => b"ok".to_vec(),
    };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.into_bytes(), body].concat()
}
