//! A server on this machine that answers what a test tells it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// What a path of the server answers with.
pub enum Reply {
    /// 200 with this body.
    Body(Vec<u8>),
    /// Exactly these bytes.
    Raw(Vec<u8>),
    /// Nothing, ever.
    Silence,
    /// Another body each time.
    Counting,
}

pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Server {
    pub async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (counted, reply) = (connections.clone(), Arc::new(reply));
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                let reply = reply.clone();
                tokio::spawn(async move {
                    let mut asked = Vec::new();
                    let mut part = [0; 1024];
                    while !asked.ends_with(b"\r\n\r\n") {
                        match stream.read(&mut part).await {
                            Ok(0) | Err(_) => return,
                            Ok(read) => asked.extend_from_slice(&part[..read]),
                        }
                    }
                    let answer = match &*reply {
                        Reply::Body(body) => ok(body),
                        Reply::Raw(bytes) => bytes.clone(),
                        Reply::Counting => ok(format!(r#"{{"price":{number}}}"#).as_bytes()),
                        Reply::Silence => std::future::pending().await,
                    };
                    let _ = stream.write_all(&answer).await;
                });
            }
        });
        Self {
            address,
            connections,
            serving,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/rates", self.address)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn ok(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
