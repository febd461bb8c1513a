//! The command line: `slsbftd audit --probe`.

use tokio::process::Command;

use crate::{setup::within, targets};

/// What one probe of an endpoint prints.
async fn said(endpoint: &str, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slsbftd"));
    command
        .args(["audit", "--samples", "1", "--probe", endpoint])
        .args(more);
    let output = within(command.output()).await.unwrap();
    let (printed, complained) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(output.status.success(), "{complained}");
    printed
}

#[tokio::test]
async fn a_provider_can_see_how_it_would_be_measured() {
    let server = targets::http().await;
    let endpoint = server.url("http", "/");
    let found = said(&endpoint, &["--allow-private", "--promised", "2000"]).await;
    assert!(
        found.starts_with("reached in ") && found.contains(" kbit/s"),
        "{found}"
    );
    let found = said(&server.url("http", "/status/503"), &["--allow-private"]).await;
    assert_eq!(found, "not reached: it answered with status 503\n");
    let found = said(&endpoint, &[]).await;
    assert!(
        found.contains("127.0.0.1, which is not on the public internet"),
        "{found}"
    );
}

#[tokio::test]
async fn an_audit_needs_a_key_or_an_endpoint() {
    let output = Command::new(env!("CARGO_BIN_EXE_slsbftd")).arg("audit").output();
    let output = within(output).await.unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("--from"), "{text}");
}
