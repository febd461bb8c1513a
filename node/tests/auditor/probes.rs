//! What a probe finds of targets that behave as real ones do, well or badly.

use std::{sync::Arc, time::Duration};

use slsbft_node::auditor::probe::{Failure, Trust};

use crate::{
    setup::{PATIENCE, measure, probe, prober, question, within},
    targets,
};

#[tokio::test]
async fn a_service_that_answers_is_reached_whatever_it_answers_below_500() {
    let server = targets::http().await;
    for path in ["/", "/status/204", "/status/404", "/status/429", "/nowhere?x=1"] {
        let sample = probe(server.url("http", path)).await.unwrap();
        assert!(sample.latency < PATIENCE, "{path}: {:?}", sample.latency);
        assert_eq!(sample.throughput_kbps, None);
    }
}

#[tokio::test]
async fn a_service_that_fails_is_not_reached() {
    let server = targets::http().await;
    for code in [500, 503] {
        let failure = probe(server.url("http", &format!("/status/{code}"))).await;
        assert_eq!(failure, Err(Failure::Status(code)));
    }
}

#[tokio::test]
async fn latency_is_what_the_service_takes_to_answer() {
    let server = targets::http().await;
    let sample = probe(server.url("http", "/slow/200")).await.unwrap();
    let took = sample.latency.as_millis();
    assert!((200..450).contains(&took), "{took} ms");
    let failure = probe(server.url("http", "/slow/30000")).await;
    assert_eq!(failure, Err(Failure::Timeout("answer")));
}

#[tokio::test]
async fn nobody_is_reached_where_nobody_listens() {
    for scheme in ["http", "https", "grpc", "grpcs", "tcp", "tls"] {
        let failure = probe(format!("{scheme}://{}", targets::dead()))
            .await
            .unwrap_err();
        assert!(matches!(failure, Failure::Connect(_)), "{scheme}: {failure}");
    }
    let failure = probe("http://nowhere.invalid/").await.unwrap_err();
    assert!(matches!(failure, Failure::Resolve(_)), "{failure}");
}

#[tokio::test]
async fn a_tcp_endpoint_is_reached_when_it_takes_a_connection() {
    let server = targets::http().await;
    let sample = probe(server.url("tcp", "")).await.unwrap();
    assert_eq!(sample.latency, Duration::ZERO);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (server, other) = (targets::http().await, targets::http().await);
    let path = format!("/redirect/{}", other.address.port());
    probe(server.url("http", &path)).await.unwrap();
    assert_eq!((server.connections(), other.connections()), (1, 0));
}

#[tokio::test]
async fn a_grpc_server_is_reached_when_it_says_that_it_serves() {
    let (server, reporter) = targets::grpc().await;
    let sample = probe(server.url("grpc", "")).await.unwrap();
    assert!(sample.latency < PATIENCE);
    targets::not_serving(&reporter).await;
    let failure = probe(server.url("grpc", "")).await;
    assert_eq!(failure, Err(Failure::NotServing("NOT_SERVING".into())));
    // A web server is none.
    let web = targets::http().await;
    let failure = probe(web.url("grpc", "")).await;
    assert_eq!(failure, Err(Failure::Status(404)));
}

#[tokio::test]
async fn over_tls_a_host_is_reached_if_its_certificate_is_one_that_is_trusted() {
    let certified = targets::tls().await;
    let port = certified.server.address.port();
    let trusting = Trust::Roots(Arc::new(certified.roots));
    let endpoints = ["tls", "https", "grpcs"].map(|scheme| format!("{scheme}://127.0.0.1:{port}/"));
    for endpoint in &endpoints {
        let failure = probe(endpoint).await.unwrap_err();
        assert!(matches!(failure, Failure::Tls(_)), "self-signed: {failure}");
        for trust in [&trusting, &Trust::Anybody] {
            let sample = within(prober(trust).probe(question(endpoint))).await;
            let sample = sample.unwrap_or_else(|failure| panic!("{endpoint}: {failure}"));
            assert!(sample.latency < PATIENCE, "{endpoint}: {:?}", sample.latency);
        }
    }
    let localhost = format!("https://localhost:{port}/status/500");
    let failure = within(prober(&trusting).probe(question(localhost))).await;
    assert_eq!(failure, Err(Failure::Status(500)));
}

#[tokio::test]
async fn a_server_without_tls_is_not_reached_over_it() {
    let server = targets::http().await;
    let failure = probe(server.url("https", "/")).await.unwrap_err();
    assert!(matches!(failure, Failure::Tls(_)), "{failure}");
}

#[tokio::test]
async fn throughput_is_what_a_sample_moves_in_its_second_half() {
    let fast = targets::http().await;
    let kbps = measure(fast.url("http", "/"), 1_000_000).await;
    assert!(kbps > 50_000, "{kbps}");
    // 8 KiB each 20 ms: 3,277 kbit/s, or less where timers are late.
    let paced = targets::paced(8 << 10, Duration::from_millis(20)).await;
    let kbps = measure(paced.url("http", "/"), 2_000).await;
    assert!((800..3_600).contains(&kbps), "{kbps}");
}

#[tokio::test]
async fn a_sample_that_is_not_complete_in_time_counts_for_what_came() {
    // 1 KiB each 100 ms, of 1 MiB asked for: 82 kbit/s.
    let slow = targets::paced(1 << 10, Duration::from_millis(100)).await;
    let begun = std::time::Instant::now();
    let kbps = measure(slow.url("http", "/"), 1_000_000).await;
    assert!((30..100).contains(&kbps), "{kbps}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn whoever_serves_no_sample_or_a_shorter_one_shows_no_throughput() {
    let short = targets::short().await;
    assert_eq!(measure(short.url("http", "/"), 1_000).await, 0);
    let (grpc, _reporter) = targets::grpc().await;
    assert_eq!(measure(grpc.url("grpc", ""), 1_000).await, 0);
    assert_eq!(measure(grpc.url("tcp", ""), 1_000).await, 0);
}
