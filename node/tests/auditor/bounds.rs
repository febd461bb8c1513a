//! Targets that want to keep an auditor busy, or make it hold much.

use std::time::{Duration, Instant};

use slsbft_node::auditor::probe::Failure;

use crate::{
    setup::{PATIENCE, measure, probe},
    targets::{self, Server},
};

const AT_ONCE: Duration = Duration::ZERO;
const DROP: Duration = Duration::from_millis(50);

/// How a probe of a target that sends such bytes fails, and that it does so in time.
async fn failure(server: &Server, scheme: &str) -> Failure {
    let begun = Instant::now();
    let failure = probe(server.url(scheme, "/")).await.unwrap_err();
    let took = begun.elapsed();
    assert!(took < PATIENCE * 3 + Duration::from_secs(1), "{took:?}");
    failure
}

#[tokio::test]
async fn a_target_that_says_nothing_is_given_up() {
    let silent = targets::raw("", "", AT_ONCE).await;
    assert_eq!(failure(&silent, "http").await, Failure::Timeout("answer"));
    assert_eq!(failure(&silent, "grpc").await, Failure::Timeout("answer"));
}

#[tokio::test]
async fn a_tls_handshake_that_does_not_end_is_given_up() {
    let silent = targets::raw("", "", AT_ONCE).await;
    let begun = Instant::now();
    let failure = probe(silent.url("tls", "")).await;
    assert_eq!(failure, Err(Failure::Timeout("end of the TLS handshake")));
    assert!(begun.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn headers_that_drop_in_one_by_one_are_given_up() {
    let dropping = targets::raw("HTTP/1.1 200 OK\r\n", "a: b\r\n", DROP).await;
    assert_eq!(failure(&dropping, "http").await, Failure::Timeout("answer"));
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let lines = "x-endless: 0123456789\r\n".repeat(1_000).leak();
    let endless = targets::raw("HTTP/1.1 200 OK\r\n", lines, AT_ONCE).await;
    let failure = failure(&endless, "http").await;
    assert!(matches!(failure, Failure::Answer(_)), "{failure}");
}

#[tokio::test]
async fn hints_without_end_are_given_up() {
    let hints = targets::raw("", "HTTP/1.1 103 Early Hints\r\n\r\n", Duration::from_millis(5)).await;
    assert_eq!(failure(&hints, "http").await, Failure::Timeout("answer"));
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for noise in [
        "SSH-2.0-OpenSSH_9.6\r\n",
        "\0\0\0\0\0\0\0\0\0\0",
        "HTTP/9.9 999 what\r\n\r\n",
    ] {
        let server = targets::raw(noise, noise, AT_ONCE).await;
        for scheme in ["http", "grpc"] {
            let failure = failure(&server, scheme).await;
            assert!(
                matches!(failure, Failure::Answer(_)),
                "{scheme} {noise:?}: {failure}"
            );
        }
    }
}

#[tokio::test]
async fn a_body_without_end_is_not_read() {
    let server = targets::http().await;
    let begun = Instant::now();
    probe(server.url("http", "/endless")).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_sample_without_end_is_read_as_far_as_it_was_asked_for() {
    let endless = targets::paced(64 << 10, Duration::from_millis(1)).await;
    let begun = Instant::now();
    assert!(measure(endless.url("http", "/"), u64::MAX).await > 1_000);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
