//! Answers come in the order of the requests, whatever is read ahead.

use std::io::Write;

use slsbft_node::abci::Options;
use tendermint_proto::v0_38::abci::{
    RequestCommit, RequestEcho, RequestFlush, request::Value as Incoming, response::Value as Outgoing,
};

use crate::support::{Fixture, block, check, frame};

#[test]
fn pipelined_checks_are_answered_in_order_with_flushes_between_them() {
    for read_ahead in [1, 7, 1024] {
        let fixture = Fixture::with(Options {
            read_ahead,
            ..Options::default()
        });
        let mut client = fixture.connect();
        let mut writer = client.stream.try_clone().unwrap();
        let sender = std::thread::spawn(move || {
            for number in 0u32..5_000 {
                writer
                    .write_all(&frame(check(number.to_be_bytes().to_vec())))
                    .unwrap();
                if number % 10 == 3 {
                    writer
                        .write_all(&frame(Incoming::Flush(RequestFlush {})))
                        .unwrap();
                }
            }
        });
        for number in 0u32..5_000 {
            let Some(Outgoing::CheckTx(answer)) = client.receive() else {
                panic!("no verdict")
            };
            assert_eq!(answer.data.as_ref(), number.to_be_bytes());
            assert_eq!(answer.gas_used, i64::from(number), "applied out of order");
            if number % 10 == 3 {
                assert!(matches!(client.receive(), Some(Outgoing::Flush(_))));
            }
        }
        sender.join().unwrap();
    }
}

#[test]
fn any_request_is_answered_on_any_connection() {
    let fixture = Fixture::start();
    let mut connections: Vec<_> = (0..4).map(|_| fixture.connect()).collect();
    for (index, client) in connections.iter_mut().enumerate() {
        assert_eq!(client.height(), index as i64);
        assert!(matches!(
            client.call(block("a")),
            Some(Outgoing::FinalizeBlock(_))
        ));
        let commit = client.call(Incoming::Commit(RequestCommit {}));
        assert!(matches!(commit, Some(Outgoing::Commit(_))));
        assert!(matches!(client.call(check("a")), Some(Outgoing::CheckTx(_))));
    }
}

#[test]
fn a_writer_of_single_bytes_is_served_and_holds_up_nobody() {
    let fixture = Fixture::start();
    let (mut slow, mut quick) = (fixture.connect(), fixture.connect());
    let message = "a slow one".to_owned();
    for byte in frame(Incoming::Echo(RequestEcho {
        message: message.clone(),
    })) {
        slow.stream.write_all(&[byte]).unwrap();
        assert_eq!(quick.height(), 0);
    }
    match slow.receive() {
        Some(Outgoing::Echo(echo)) => assert_eq!(echo.message, message),
        other => panic!("not an echo: {other:?}"),
    }
}

#[test]
fn a_reader_that_never_reads_holds_up_nobody() {
    let fixture = Fixture::start();
    let stuck = fixture.connect();
    stuck.stream.set_nonblocking(true).unwrap();
    let echo = frame(Incoming::Echo(RequestEcho {
        message: "x".repeat(100_000),
    }));
    // Until neither side's buffer takes any more.
    while (&stuck.stream).write_all(&echo).is_ok() {}
    assert_eq!(fixture.connect().height(), 0);
}
