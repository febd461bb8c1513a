//! A chain with funded accounts, and contracts on it.

use std::{fs, path::Path};

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        base::{abci::v1beta1::TxMsgData, v1beta1::Coin},
        tx::v1beta1::{SimulateRequest, SimulateResponse},
    },
    cosmwasm::wasm::v1::{
        MsgExecuteContract, MsgExecuteContractResponse, MsgInstantiateContract,
        MsgInstantiateContractResponse, MsgStoreCode, MsgStoreCodeResponse, QuerySmartContractStateRequest,
        QuerySmartContractStateResponse,
    },
};
use prost::{Message, Name};
use serde_json::Value;
use slsbft_app::query::QueryError;
use slsbft_client::{Fee, KeyKind, TxBuilder};
use slsbft_genesis::Genesis;
use slsbft_tests::{
    Chain, Wallet,
    chain::{Block, Setup},
};
use slsbft_types::{Address, Amount, BASE_DENOM, Coins};
use tendermint_proto::v0_38::abci::{Event, ExecTxResult};

pub const RICH: u128 = 1_000_000_000_000_000;
pub const GAS: u64 = 400_000_000;

pub struct World {
    pub chain: Chain,
    /// Alice, Bob and Carol.
    pub wallets: Vec<Wallet>,
}

/// A published contract.
pub fn published(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-runtime/testdata");
    fs::read(folder.join(format!("{name}.wasm"))).unwrap()
}

pub fn coins(amount: u128) -> Vec<Coin> {
    vec![Coin {
        denom: BASE_DENOM.into(),
        amount: amount.to_string(),
    }]
}

pub fn fee(gas_limit: u64) -> Fee {
    Fee {
        amount: Coins::base(Amount::new(25 * u128::from(gas_limit))),
        gas_limit,
        payer: None,
    }
}

/// The attributes of the first event of a kind.
pub fn attributes<'a>(events: &'a [Event], kind: &str) -> Vec<(&'a str, &'a str)> {
    let found = events.iter().find(|event| event.r#type == kind);
    let found = found.unwrap_or_else(|| panic!("no event {kind} in {events:#?}"));
    found
        .attributes
        .iter()
        .map(|a| (a.key.as_str(), a.value.as_str()))
        .filter(|(key, _)| *key != "msg_index")
        .collect()
}

/// The height from which uploaded code may be used, if that is not the next one.
pub fn ready_height(result: &ExecTxResult) -> Option<i64> {
    let told = attributes(&result.events, "store_code");
    let height = told.into_iter().find(|(key, _)| *key == "ready_height");
    height.map(|(_, height)| height.parse().unwrap())
}

impl World {
    pub fn start() -> Self {
        Self::start_with(|_| ())
    }

    /// The same with a genesis document that was changed first.
    pub fn start_with(change: impl FnOnce(&mut Genesis)) -> Self {
        Self::start_on(Setup::default(), change)
    }

    /// The same on a node with other settings.
    pub fn start_on(setup: Setup, change: impl FnOnce(&mut Genesis)) -> Self {
        let wallets: Vec<_> = (0..3u8)
            .map(|n| Wallet::new(KeyKind::Secp256k1, n + 1, n.into()))
            .collect();
        let funded: Vec<_> = wallets.iter().map(|wallet| (wallet.address(), RICH)).collect();
        let chain = Chain::start_on(setup, &funded, change);
        Self { chain, wallets }
    }

    pub fn address(&self, who: usize) -> Address {
        self.wallets[who].address()
    }

    /// A message in a block of its own, with a gas limit.
    pub fn deliver_with<M: Message + Name>(
        &mut self,
        who: usize,
        message: &M,
        gas_limit: u64,
    ) -> ExecTxResult {
        let fee = fee(gas_limit);
        self.submit(who, TxBuilder::of(message).fee(fee))
    }

    fn submit(&mut self, who: usize, tx: TxBuilder) -> ExecTxResult {
        self.together([(who, tx)]).results()[0].clone()
    }

    /// Transactions in a block of their own.
    pub fn together(&mut self, txs: impl IntoIterator<Item = (usize, TxBuilder)>) -> Block {
        for (who, tx) in txs {
            let admitted = self.chain.submit(self.wallets[who].sign(&tx).bytes());
            assert_eq!(admitted.code, 0, "{}", admitted.log);
        }
        self.chain.block()
    }

    pub fn deliver<M: Message + Name>(&mut self, who: usize, message: &M) -> ExecTxResult {
        self.deliver_with(who, message, GAS)
    }

    /// The same with a message that is packed already.
    pub fn deliver_any(&mut self, who: usize, message: Any) -> ExecTxResult {
        self.submit(who, TxBuilder::new().any(message).fee(fee(GAS)))
    }

    /// The same, which must succeed; returns the response.
    pub fn send<M: Message + Name, A: Message + Default>(
        &mut self,
        who: usize,
        message: &M,
    ) -> (A, ExecTxResult) {
        let result = self.deliver(who, message);
        assert_eq!(result.code, 0, "{}", result.log);
        let data = TxMsgData::decode(result.data.as_ref()).unwrap();
        (A::decode(data.msg_responses[0].value.as_slice()).unwrap(), result)
    }

    /// The same, which must fail; returns codespace, code and words.
    pub fn refused<M: Message + Name>(&mut self, who: usize, message: &M) -> (String, u32, String) {
        let result = self.deliver(who, message);
        assert_ne!(result.code, 0, "it succeeded");
        (result.codespace, result.code, result.log)
    }

    /// Uploads code and waits until it may be used.
    pub fn store(&mut self, who: usize, code: Vec<u8>) -> u64 {
        let message = MsgStoreCode {
            sender: self.address(who).to_string(),
            wasm_byte_code: code,
            instantiate_permission: None,
        };
        let (stored, result) = self.send::<_, MsgStoreCodeResponse>(who, &message);
        let ready = ready_height(&result).unwrap_or_default();
        while self.chain.height + 1 < ready {
            self.chain.block();
        }
        stored.code_id
    }

    pub fn instantiation(&self, who: usize, code_id: u64, msg: &Value) -> MsgInstantiateContract {
        MsgInstantiateContract {
            sender: self.address(who).to_string(),
            admin: self.address(who).to_string(),
            code_id,
            label: "a contract".into(),
            msg: msg.to_string().into_bytes(),
            funds: Vec::new(),
        }
    }

    pub fn instantiate(&mut self, who: usize, code_id: u64, msg: &Value) -> Address {
        let message = self.instantiation(who, code_id, msg);
        let (made, _) = self.send::<_, MsgInstantiateContractResponse>(who, &message);
        made.address.parse().unwrap()
    }

    /// A published contract, made by an account.
    pub fn contract(&mut self, who: usize, name: &str, msg: &Value) -> Address {
        self.contract_of(who, published(name), msg)
    }

    /// A contract of some code.
    pub fn contract_of(&mut self, who: usize, code: Vec<u8>, msg: &Value) -> Address {
        let code = self.store(who, code);
        self.instantiate(who, code, msg)
    }

    pub fn call(&self, who: usize, contract: &Address, msg: &Value) -> MsgExecuteContract {
        MsgExecuteContract {
            sender: self.address(who).to_string(),
            contract: contract.to_string(),
            msg: msg.to_string().into_bytes(),
            funds: Vec::new(),
        }
    }

    pub fn execute(&mut self, who: usize, contract: &Address, msg: &Value) -> ExecTxResult {
        let message = self.call(who, contract, msg);
        self.send::<_, MsgExecuteContractResponse>(who, &message).1
    }

    /// A contract's answer as it is.
    pub fn smart(&self, contract: &Address, msg: &Value) -> Vec<u8> {
        let request = QuerySmartContractStateRequest {
            address: contract.to_string(),
            query_data: msg.to_string().into_bytes(),
        };
        let answer: QuerySmartContractStateResponse = self.query("SmartContractState", &request).unwrap();
        answer.data
    }

    pub fn try_ask(&self, contract: &Address, msg: &Value) -> Result<Value, QueryError> {
        let request = QuerySmartContractStateRequest {
            address: contract.to_string(),
            query_data: msg.to_string().into_bytes(),
        };
        let answer: QuerySmartContractStateResponse = self.query("SmartContractState", &request)?;
        Ok(serde_json::from_slice(&answer.data).unwrap())
    }

    pub fn ask(&self, contract: &Address, msg: &Value) -> Value {
        self.try_ask(contract, msg).unwrap()
    }

    /// A method of `cosmwasm.wasm.v1.Query`.
    pub fn query<Q: Message, A: Message + Default>(
        &self,
        method: &str,
        request: &Q,
    ) -> Result<A, QueryError> {
        let path = format!("/cosmwasm.wasm.v1.Query/{method}");
        let bytes = self.chain.route(&path, &request.encode_to_vec())?;
        Ok(A::decode(bytes.as_slice()).unwrap())
    }

    /// A method of any query service, by its full name.
    pub fn ask_service<Q: Message, A: Message + Default>(&self, method: &str, request: &Q) -> A {
        let bytes = self.chain.route(&format!("/{method}"), &request.encode_to_vec());
        A::decode(bytes.unwrap().as_slice()).unwrap()
    }

    pub fn simulated_gas<M: Message + Name>(&self, who: usize, message: &M) -> u64 {
        let tx = TxBuilder::of(message).fee(fee(GAS));
        let request = SimulateRequest {
            tx_bytes: tx.for_simulation(&[self.wallets[who].data()]),
            ..Default::default()
        };
        let answer = self
            .chain
            .route("/cosmos.tx.v1beta1.Service/Simulate", &request.encode_to_vec());
        let answer = SimulateResponse::decode(answer.unwrap().as_slice()).unwrap();
        answer.gas_info.unwrap().gas_used
    }
}
