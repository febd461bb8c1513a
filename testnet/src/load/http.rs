//! `broadcast_tx_sync` at little cost: a keep-alive HTTP connection, one request
//! in flight, no JSON parser. The generator shares its machine with what it measures.

use std::{io, net::SocketAddr};

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Longest answer; one to a broadcast has a few hundred bytes.
const MAX_ANSWER: usize = 64 << 10;

/// What a node said to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In the mempool.
    Accepted,
    /// Refused by CheckTx or by the mempool.
    Refused,
}

/// One connection to a node's RPC.
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
    /// The last refusal, for the report.
    pub refusal: Option<String>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            address,
            stream,
            request: Vec::new(),
            answer: Vec::new(),
            refusal: None,
        })
    }

    /// Connects anew after an error.
    pub async fn reopen(&mut self) -> io::Result<()> {
        *self = Self::open(self.address).await?;
        Ok(())
    }

    /// Offers a transaction to the node's mempool and waits for its verdict.
    pub async fn broadcast(&mut self, tx: &[u8]) -> io::Result<Verdict> {
        self.write_request(tx);
        self.stream.write_all(&self.request).await?;
        let body = self.read_answer().await?;
        if contains(body, br#""result":{"code":0,"#) {
            return Ok(Verdict::Accepted);
        }
        self.refusal = Some(String::from_utf8_lossy(body).chars().take(300).collect());
        Ok(Verdict::Refused)
    }

    fn write_request(&mut self, tx: &[u8]) {
        let mut body = String::with_capacity(tx.len() * 4 / 3 + 100);
        body.push_str(r#"{"jsonrpc":"2.0","id":1,"method":"broadcast_tx_sync","params":{"tx":""#);
        BASE64_STANDARD.encode_string(tx, &mut body);
        body.push_str("\"}}");
        let (address, length) = (self.address, body.len());
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        self.request.clear();
        self.request.extend_from_slice(head.as_bytes());
        self.request.extend_from_slice(body.as_bytes());
    }

    /// The body of one answer.
    async fn read_answer(&mut self) -> io::Result<&[u8]> {
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((head, length)) = head(&self.answer)
                && self.answer.len() >= head + length
            {
                return self.answer.get(head..head + length).ok_or_else(malformed);
            }
            if self.answer.len() > MAX_ANSWER {
                return Err(malformed());
            }
        }
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not the answer of a CometBFT RPC")
}

/// Where the body begins and its length, once the head is complete. Answers this
/// short always come with their length.
fn head(answer: &[u8]) -> Option<(usize, usize)> {
    let end = find(answer, b"\r\n\r\n")?;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?;
    let length = head
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find_map(|(name, value)| {
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse().ok())
                .flatten()
        });
    Some((end + 4, length?))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A server that gives one answer in two pieces and returns the request.
    async fn answered(answer: &'static str) -> (io::Result<Verdict>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let n = stream.read(&mut request).await.unwrap();
            let (first, second) = answer.split_at(answer.len() / 2);
            stream.write_all(first.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            tokio::task::yield_now().await;
            stream.write_all(second.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..n]).into_owned()
        };
        let client = async {
            let mut connection = Connection::open(address).await?;
            connection.broadcast(b"tx=1").await
        };
        let (request, verdict) = tokio::join!(server, client);
        (verdict, request)
    }

    #[tokio::test]
    async fn a_transaction_is_sent_as_base64_and_its_verdict_read() {
        let accepted = "HTTP/1.1 200 OK\r\nContent-Length: 46\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"code\":0,\"\"}";
        let (verdict, request) = answered(accepted).await;
        assert_eq!(verdict.unwrap(), Verdict::Accepted);
        assert!(request.ends_with("{\"tx\":\"dHg9MQ==\"}}"), "{request}");
        let refused = "HTTP/1.1 500 Oops\r\ncontent-length: 9\r\n\r\n\"error\":1";
        assert_eq!(answered(refused).await.0.unwrap(), Verdict::Refused);
    }

    #[tokio::test]
    async fn an_answer_cut_short_is_an_error() {
        let (verdict, _) = answered("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{").await;
        assert!(verdict.is_err());
    }
}
