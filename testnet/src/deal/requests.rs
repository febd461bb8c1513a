//! The consumer's side of the load: many HTTP requests at a time through its daemon.

use std::{cell::Cell, net::SocketAddr};

use futures::future::try_join_all;

use crate::{
    error::{Error, Result},
    progress,
};

/// Sends `count` requests over `parallel` connections; returns how many were served.
pub async fn send(proxy: SocketAddr, count: u64, parallel: usize) -> Result<u64> {
    let http = reqwest::Client::new();
    let lanes = parallel.max(1) as u64;
    let served = Cell::new(0);
    let sent = (0..lanes).map(|lane| {
        let share = count / lanes + u64::from(lane < count % lanes);
        send_some(&http, proxy, share, &served)
    });
    let shown = |_| format!("  {} of {count} requests served", served.get());
    progress::during(try_join_all(sent), shown).await?;
    Ok(served.get())
}

async fn send_some(http: &reqwest::Client, proxy: SocketAddr, count: u64, served: &Cell<u64>) -> Result<()> {
    for n in 0..count {
        let answer = http.get(format!("http://{proxy}/block/{n}")).send().await;
        let answer = answer.map_err(|e| Error::node("the consumer daemon", e))?;
        let status = answer.status();
        let body = answer
            .text()
            .await
            .map_err(|e| Error::node("the consumer daemon", e))?;
        if !status.is_success() {
            return Err(Error::node(
                "the consumer daemon",
                format!("answers {status}: {body}"),
            ));
        }
        served.set(served.get() + 1);
    }
    Ok(())
}
