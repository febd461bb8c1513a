//! Two funded accounts, and what all of these tests do with them.

use bytes::Bytes;
use cosmos_sdk_proto::cosmos::{
    bank::v1beta1::{Input, MsgMultiSend, Output},
    base::v1beta1::Coin as ProtoCoin,
    tx::v1beta1::{SimulateRequest, SimulateResponse},
};
use prost::Message;
use slsbft_client::{Fee, KeyKind, TxBuilder};
use slsbft_tests::{Chain, Wallet, wallet::transfer};
use slsbft_types::{Address, Amount, BASE_DENOM, Coins};
use tendermint_proto::v0_38::abci::{Event, ExecTxResult, response_process_proposal::ProposalStatus};

pub const RICH: u128 = 1_000_000_000_000;

pub const KINDS: [KeyKind; 2] = [KeyKind::Secp256k1, KeyKind::Ed25519];

pub const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";

/// Two funded accounts; the first has a key of the kind.
pub fn pair(kind: KeyKind) -> (Wallet, Wallet, Chain) {
    let alice = Wallet::new(kind, 1, 0);
    let bob = Wallet::new(KeyKind::Secp256k1, 2, 1);
    let chain = Chain::start(&[(alice.address(), RICH), (bob.address(), RICH)]);
    (alice, bob, chain)
}

pub fn payment(from: &Wallet, to: &Wallet) -> TxBuilder {
    TxBuilder::of(&transfer(&from.address(), &to.address(), 1_000))
}

pub fn fee_of(amount: u128, gas_limit: u64) -> Fee {
    Fee {
        amount: Coins::base(Amount::new(amount)),
        gas_limit,
        payer: None,
    }
}

/// Refused with this code of codespace `sdk`: by the mempool, in a proposal, and
/// in a block that was decided all the same.
pub fn assert_refused(chain: &mut Chain, tx: &[u8], code: u32, words: &str) {
    let response = chain.submit(tx);
    assert_eq!(
        (response.codespace.as_str(), response.code),
        ("sdk", code),
        "{}",
        response.log
    );
    assert!(
        response.log.contains(words),
        "{words:?} is not in {:?}",
        response.log
    );
    let block = chain.with_system_tx([tx.to_vec()]);
    assert_eq!(chain.judge(block.clone()), ProposalStatus::Reject);
    let block = chain.finalize(block);
    let result = &block.results()[0];
    assert_eq!(
        (result.codespace.as_str(), result.code),
        ("sdk", code),
        "{}",
        result.log
    );
    assert!(
        result.events.is_empty() && result.data.is_empty(),
        "it left no trace"
    );
}

/// Submits, makes a block, returns the transaction's result.
pub fn deliver(chain: &mut Chain, wallet: &mut Wallet, tx: &TxBuilder) -> ExecTxResult {
    let admitted = chain.submit(wallet.sign(tx).bytes());
    assert_eq!(admitted.code, 0, "{}", admitted.log);
    chain.block().results()[0].clone()
}

/// Simulates through CometBFT's query and directly, which must agree.
pub fn simulate(chain: &Chain, tx: &TxBuilder, wallet: &Wallet) -> SimulateResponse {
    let request = SimulateRequest {
        tx_bytes: tx.for_simulation(&[wallet.data()]),
        ..Default::default()
    };
    let request = request.encode_to_vec();
    let direct = chain.route(SIMULATE, &request).unwrap();
    let answer = chain.query(SIMULATE, request);
    assert_eq!(
        (answer.code, &answer.value),
        (0, &Bytes::from(direct)),
        "{}",
        answer.log
    );
    SimulateResponse::decode(answer.value).unwrap()
}

pub fn multi_send(from: &Address, to: &[(Address, u128)]) -> MsgMultiSend {
    let coins = |amount: u128| {
        vec![ProtoCoin {
            denom: BASE_DENOM.into(),
            amount: amount.to_string(),
        }]
    };
    let total = to.iter().map(|(_, amount)| amount).sum();
    let outputs = to.iter().map(|(to, amount)| Output {
        address: to.to_string(),
        coins: coins(*amount),
    });
    MsgMultiSend {
        inputs: vec![Input {
            address: from.to_string(),
            coins: coins(total),
        }],
        outputs: outputs.collect(),
    }
}

/// The attributes of each event of a kind.
pub fn of_kind<'a>(events: &'a [Event], kind: &str) -> Vec<Vec<(&'a str, &'a str)>> {
    let of = |event: &'a Event| {
        event
            .attributes
            .iter()
            .map(|a| (a.key.as_str(), a.value.as_str()))
            .collect()
    };
    events
        .iter()
        .filter(|event| event.r#type == kind)
        .map(of)
        .collect()
}
