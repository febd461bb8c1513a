//! cosmrs and tendermint-rpc, as a Rust program that knows nothing of our crates
//! uses them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use cosmrs::{
    AccountId, Coin,
    bank::MsgSend,
    crypto::secp256k1,
    proto::{
        cosmos::{
            auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse},
            bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse},
            tx::v1beta1::{SimulateRequest, SimulateResponse},
        },
        prost::Message,
    },
    tx::{self, Fee, Msg, SignDoc, SignerInfo},
};
use futures::StreamExt;
use slsbft_client::{KeyKind, SigningKey};
use slsbft_tests::{
    chain::CHAIN_ID,
    fleet::{Fleet, Node},
    proof::is_proven,
};
use tendermint::abci::Code;
use tendermint_rpc::{
    Client, HttpClient, Order, SubscriptionClient, WebSocketClient,
    client::CompatMode,
    endpoint::abci_query::AbciQuery,
    event::EventData,
    query::{EventType, Query},
};

const BALANCE: u128 = 1_000_000_000_000;
const GAS: u64 = 200_000;
const FLAT_FEE: u128 = 5_000_000;

/// A program with a key of its own.
struct Program {
    rpc: HttpClient,
    key: secp256k1::SigningKey,
    address: AccountId,
}

impl Program {
    fn new(node: &Node, secret: &[u8; 32]) -> Self {
        let key = secp256k1::SigningKey::from_slice(secret).unwrap();
        let rpc = HttpClient::builder(node.rpc_url().parse().unwrap());
        Self {
            rpc: rpc.compat_mode(CompatMode::V0_38).build().unwrap(),
            address: key.public_key().account_id("ankr").unwrap(),
            key,
        }
    }

    async fn ask(&self, path: &str, request: &impl Message) -> AbciQuery {
        let (path, data) = (Some(path.to_owned()), request.encode_to_vec());
        self.rpc.abci_query(path, data, None, false).await.unwrap()
    }

    async fn account(&self) -> Result<BaseAccount, String> {
        let address = self.address.to_string();
        let path = "/cosmos.auth.v1beta1.Query/Account";
        let answer = self.ask(path, &QueryAccountRequest { address }).await;
        if answer.code.is_err() {
            return Err(answer.log);
        }
        let answer = QueryAccountResponse::decode(answer.value.as_slice()).unwrap();
        Ok(answer.account.unwrap().to_msg().unwrap())
    }

    async fn balance(&self) -> u128 {
        let request = QueryBalanceRequest {
            address: self.address.to_string(),
            denom: "uankr".into(),
        };
        let answer = self.ask("/cosmos.bank.v1beta1.Query/Balance", &request).await;
        let answer = QueryBalanceResponse::decode(answer.value.as_slice()).unwrap();
        answer.balance.unwrap().amount.parse().unwrap()
    }

    /// The index has a transaction a moment after its event was sent.
    async fn find(&self, hash: tendermint::Hash) -> tendermint_rpc::endpoint::tx::Response {
        for _ in 0..200 {
            if let Ok(found) = self.rpc.tx(hash, true).await {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("transaction {hash} is not in the index");
    }

    /// A signed transfer to oneself, with a fee for the gas.
    fn transfer(&self, number: u64, sequence: u64, gas: u64, fee: u128) -> Vec<u8> {
        let coin = |amount| Coin {
            amount,
            denom: "uankr".parse().unwrap(),
        };
        let message = MsgSend {
            from_address: self.address.clone(),
            to_address: self.address.clone(),
            amount: vec![coin(1)],
        };
        let body = tx::Body::new(vec![message.to_any().unwrap()], "from cosmrs", 0u16);
        let signer = SignerInfo::single_direct(Some(self.key.public_key()), sequence);
        let auth = signer.auth_info(Fee::from_amount_and_gas(coin(fee), gas));
        let document = SignDoc::new(&body, &auth, &CHAIN_ID.parse().unwrap(), number).unwrap();
        document.sign(&self.key).unwrap().to_bytes().unwrap()
    }
}

fn start(secret: &[u8; 32]) -> Fleet {
    let key = SigningKey::from_secret(KeyKind::Secp256k1, secret).unwrap();
    Fleet::start(1, &[(key.address(), BALANCE)])
}

fn block_on(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work);
}

#[test]
fn a_transfer_is_simulated_sent_heard_of_and_found() {
    let fleet = start(&[7; 32]);
    let program = Program::new(&fleet.nodes[0], &[7; 32]);
    block_on(async {
        let status = program.rpc.status().await.unwrap();
        assert_eq!(status.node_info.network.as_str(), CHAIN_ID);
        assert_eq!(program.balance().await, BALANCE);
        let account = program.account().await.unwrap();

        let tx_bytes = program.transfer(account.account_number, account.sequence, 0, 0);
        let request = SimulateRequest {
            tx_bytes,
            ..Default::default()
        };
        let answer = program.ask("/cosmos.tx.v1beta1.Service/Simulate", &request).await;
        let simulated = SimulateResponse::decode(answer.value.as_slice()).unwrap();
        let gas = simulated.gas_info.unwrap().gas_used;
        assert_eq!(gas, GAS);

        let url = format!("{}/websocket", fleet.nodes[0].rpc_url().replace("http", "ws"));
        let socket = WebSocketClient::builder(url.parse().unwrap());
        let (socket, driver) = socket.compat_mode(CompatMode::V0_38).build().await.unwrap();
        let driver = tokio::spawn(driver.run());
        let query = Query::from(EventType::Tx).and_eq("message.sender", program.address.to_string());
        let mut heard = socket.subscribe(query).await.unwrap();

        let tx = program.transfer(account.account_number, account.sequence, gas, FLAT_FEE);
        let sent = program.rpc.broadcast_tx_sync(tx.clone()).await.unwrap();
        assert_eq!(sent.code, Code::Ok, "{}", sent.log);

        let event = heard.next().await.unwrap().unwrap();
        let EventData::Tx { tx_result } = event.data else {
            panic!("not a transaction: {:?}", event.data)
        };
        assert_eq!(tx_result.tx, tx);
        assert_eq!(tx_result.result.gas_used, Some(gas.to_string()));
        socket.close().unwrap();
        driver.await.unwrap().unwrap();

        let found = program.find(sent.hash).await;
        assert!(found.tx_result.code.is_ok());
        let header = program.rpc.block(found.height).await.unwrap().block.header;
        let proof = found.proof.unwrap();
        assert_eq!(
            Some(proof.root_hash),
            header.data_hash,
            "of the block's transactions"
        );
        let query = Query::eq("transfer.recipient", program.address.to_string());
        let found = program
            .rpc
            .tx_search(query, false, 1, 10, Order::Ascending)
            .await
            .unwrap();
        assert_eq!(found.total_count, 1);
        assert_eq!(found.txs[0].hash, sent.hash);
        assert_eq!(program.balance().await, BALANCE - FLAT_FEE);
        assert_eq!(program.account().await.unwrap().sequence, 1);
    });
}

#[test]
fn refusals_have_the_codes_and_words_of_cosmos() {
    let fleet = start(&[8; 32]);
    let program = Program::new(&fleet.nodes[0], &[8; 32]);
    let nobody = Program::new(&fleet.nodes[0], &[9; 32]);
    block_on(async {
        let missing = nobody.account().await.unwrap_err();
        assert!(missing.contains("rpc error: code = NotFound"), "{missing}");
        let number = program.account().await.unwrap().account_number;
        for (tx, code, words) in [
            (
                program.transfer(number, 5, GAS, FLAT_FEE),
                32,
                "account sequence mismatch, expected 0, got 5",
            ),
            (
                program.transfer(number, 0, GAS, FLAT_FEE - 1),
                13,
                "insufficient fee",
            ),
            (program.transfer(number, 0, GAS - 1, FLAT_FEE), 11, "out of gas"),
            (program.transfer(number + 1, 0, GAS, FLAT_FEE), 4, "unauthorized"),
            (nobody.transfer(0, 0, GAS, FLAT_FEE), 9, "does not exist"),
            (vec![1, 2, 3], 2, "TxRaw"),
        ] {
            let answer = program.rpc.broadcast_tx_sync(tx).await.unwrap();
            assert_eq!(answer.code, Code::from(code), "{}", answer.log);
            assert_eq!(answer.codespace, "sdk");
            assert!(answer.log.contains(words), "{}", answer.log);
        }
    });
}

#[test]
fn state_is_proven_against_the_next_header() {
    let fleet = start(&[10; 32]);
    let program = Program::new(&fleet.nodes[0], &[10; 32]);
    block_on(async {
        let key = |owner: &AccountId| {
            let address = owner.to_bytes();
            [b"balance/", &[20][..], &address, b"uankr"].concat()
        };
        let nobody = Program::new(&fleet.nodes[0], &[11; 32]);
        for (owner, exists) in [(&program.address, true), (&nobody.address, false)] {
            let path = Some("/store/bank/key".to_owned());
            let answer = program
                .rpc
                .abci_query(path, key(owner), None, true)
                .await
                .unwrap();
            assert!(answer.code.is_ok(), "{}", answer.log);
            assert_eq!(answer.value.is_empty(), !exists);
            let height = answer.height.value();
            fleet.nodes[0].wait_for(height + 1);
            let next = tendermint::block::Height::try_from(height + 1).unwrap();
            let app_hash = program
                .rpc
                .commit(next)
                .await
                .unwrap()
                .signed_header
                .header
                .app_hash;
            assert_eq!(answer.key, key(owner));
            let ops = answer.proof.unwrap().ops;
            let [tree, store] = [0, 1].map(|step| (ops[step].field_type.as_str(), ops[step].data.as_slice()));
            let proven = |value: &[u8]| is_proven([tree, store], &ops[0].key, value, app_hash.as_bytes());
            assert!(proven(&answer.value));
            assert!(!proven(b"something else"));
        }
    });
}
