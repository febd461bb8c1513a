//! Uploading code, and making contracts of it.

use std::io::Write;

use cosmos_sdk_proto::cosmwasm::wasm::v1::{
    AccessConfig, AccessType, ContractCodeHistoryOperationType as Operation, MsgClearAdmin,
    MsgInstantiateContract2, MsgInstantiateContract2Response, MsgMigrateContract, MsgMigrateContractResponse,
    MsgStoreCode, MsgStoreCodeResponse, MsgUpdateAdmin, MsgUpdateAdminResponse, QueryBuildAddressRequest,
    QueryBuildAddressResponse, QueryCodeRequest, QueryCodeResponse, QueryCodesRequest, QueryCodesResponse,
    QueryContractHistoryRequest, QueryContractHistoryResponse, QueryContractInfoRequest,
    QueryContractInfoResponse, QueryContractsByCodeRequest, QueryContractsByCodeResponse,
    QueryContractsByCreatorRequest, QueryContractsByCreatorResponse,
};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{World, attributes, published};

fn upload(world: &World, code: Vec<u8>) -> MsgStoreCode {
    MsgStoreCode {
        sender: world.address(0).to_string(),
        wasm_byte_code: code,
        instantiate_permission: None,
    }
}

fn hackatom(world: &World) -> serde_json::Value {
    json!({ "verifier": world.address(0).to_string(), "beneficiary": world.address(1).to_string() })
}

#[test]
fn code_is_kept_as_it_was_uploaded_also_out_of_gzip() {
    let mut world = World::start();
    let code = published("hackatom");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&code).unwrap();
    for (id, bytes) in [(1, code.clone()), (2, gzip.finish().unwrap())] {
        let message = upload(&world, bytes);
        let (stored, result) = world.send::<_, MsgStoreCodeResponse>(0, &message);
        assert_eq!(stored.code_id, id);
        assert_eq!(stored.checksum, Sha256::digest(&code).to_vec());
        let told = attributes(&result.events, "store_code");
        assert!(told.contains(&("code_id", id.to_string().as_str())), "{told:?}");
        let found: QueryCodeResponse = world.query("Code", &QueryCodeRequest { code_id: id }).unwrap();
        assert_eq!(found.data, code);
    }
    let all: QueryCodesResponse = world
        .query("Codes", &QueryCodesRequest { pagination: None })
        .unwrap();
    let ids: Vec<u64> = all.code_infos.iter().map(|info| info.code_id).collect();
    assert_eq!(ids, [1, 2]);
    let missing: Result<QueryCodeResponse, _> = world.query("Code", &QueryCodeRequest { code_id: 3 });
    assert!(missing.unwrap_err().message.contains("no such code"));
}

#[test]
fn what_is_no_contract_is_refused_with_its_reason() {
    let mut world = World::start();
    let gzip = |bytes: &[u8]| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    let bomb = gzip(&vec![0; 64 << 20]);
    // One that says it were short.
    let mut liar = bomb.clone();
    let end = liar.len() - 4;
    liar[end..].copy_from_slice(&1_000u32.to_le_bytes());
    for (code, why) in [
        (b"\0asm\x01\0\0\0".to_vec(), "interface_version_8"),
        (b"not wasm".to_vec(), "create wasm contract failed"),
        (
            published("hackatom")[..100_000].to_vec(),
            "create wasm contract failed",
        ),
    ] {
        let message = upload(&world, code);
        let (space, number, words) = world.refused(0, &message);
        assert_eq!((space.as_str(), number), ("wasm", 2), "{words}");
        assert!(words.contains(why), "{words}");
    }
    // These do not even get into a block.
    for (code, why) in [(Vec::new(), "empty"), (bomb, "more than 4194304 bytes")] {
        let tx = world.wallets[0].sign_only(&slsbft_client::TxBuilder::of(&upload(&world, code)));
        let refused = world.chain.submit(tx.bytes());
        assert!(refused.code != 0 && refused.log.contains(why), "{}", refused.log);
    }
}

#[test]
fn a_contract_is_found_by_its_code_its_creator_and_its_history() {
    let mut world = World::start();
    let code = world.store(0, published("hackatom"));
    let msg = hackatom(&world);
    let (first, second) = (world.instantiate(0, code, &msg), world.instantiate(1, code, &msg));
    assert_ne!(first, second);
    assert_eq!(first.as_bytes().len(), 32);
    let request = QueryContractsByCodeRequest {
        code_id: code,
        pagination: None,
    };
    let by_code: QueryContractsByCodeResponse = world.query("ContractsByCode", &request).unwrap();
    assert_eq!(by_code.contracts, [first.to_string(), second.to_string()]);
    let request = QueryContractsByCreatorRequest {
        creator_address: world.address(1).to_string(),
        pagination: None,
    };
    let mine: QueryContractsByCreatorResponse = world.query("ContractsByCreator", &request).unwrap();
    assert_eq!(mine.contract_addresses, [second.to_string()]);
    let request = QueryContractHistoryRequest {
        address: first.to_string(),
        pagination: None,
    };
    let history: QueryContractHistoryResponse = world.query("ContractHistory", &request).unwrap();
    assert_eq!(history.entries.len(), 1);
    assert_eq!(history.entries[0].operation(), Operation::Init);
    let request = QueryContractInfoRequest {
        address: first.to_string(),
    };
    let info: QueryContractInfoResponse = world.query("ContractInfo", &request).unwrap();
    let info = info.contract_info.unwrap();
    assert_eq!((info.code_id, info.label.as_str()), (code, "a contract"));
}

#[test]
fn a_salted_contract_is_where_it_was_said_to_be_and_once() {
    let mut world = World::start();
    let code = published("hackatom");
    let id = world.store(0, code.clone());
    let request = QueryBuildAddressRequest {
        code_hash: hex::encode(Sha256::digest(&code)),
        creator_address: world.address(0).to_string(),
        salt: hex::encode(b"salt"),
        init_args: Vec::new(),
    };
    let foretold: QueryBuildAddressResponse = world.query("BuildAddress", &request).unwrap();
    let message = MsgInstantiateContract2 {
        sender: world.address(0).to_string(),
        admin: String::new(),
        code_id: id,
        label: "salted".into(),
        msg: hackatom(&world).to_string().into_bytes(),
        funds: Vec::new(),
        salt: b"salt".to_vec(),
        fix_msg: false,
    };
    let (made, _) = world.send::<_, MsgInstantiateContract2Response>(0, &message);
    assert_eq!(made.address, foretold.address);
    let (space, number, words) = world.refused(0, &message);
    assert_eq!((space.as_str(), number), ("wasm", 15), "{words}");
}

#[test]
fn only_whom_the_uploader_allows_makes_contracts_of_its_code() {
    let mut world = World::start();
    let mut message = upload(&world, published("hackatom"));
    message.instantiate_permission = Some(AccessConfig {
        permission: AccessType::AnyOfAddresses.into(),
        addresses: vec![world.address(1).to_string()],
    });
    let id = world.send::<_, MsgStoreCodeResponse>(0, &message).0.code_id;
    let msg = hackatom(&world);
    let refused = world.instantiation(0, id, &msg);
    let (space, number, words) = world.refused(0, &refused);
    assert_eq!((space.as_str(), number), ("sdk", 4), "{words}");
    world.instantiate(1, id, &msg);
    let unknown = world.instantiation(0, id + 1, &msg);
    let (space, number, words) = world.refused(0, &unknown);
    assert_eq!((space.as_str(), number), ("wasm", 28), "{words}");
}

#[test]
fn an_admin_migrates_hands_over_and_lets_go_and_nobody_else() {
    let mut world = World::start();
    let id = world.store(0, published("hackatom"));
    let other = world.store(0, published("burner"));
    let msg = hackatom(&world);
    let contract = world.instantiate(0, id, &msg);
    let migrate = |world: &World, who: usize, code_id: u64, msg: serde_json::Value| MsgMigrateContract {
        sender: world.address(who).to_string(),
        contract: contract.to_string(),
        code_id,
        msg: msg.to_string().into_bytes(),
    };
    let bob = world.address(1).to_string();
    let message = migrate(&world, 1, id, json!({ "verifier": bob }));
    let (space, number, _) = world.refused(1, &message);
    assert_eq!((space.as_str(), number), ("sdk", 4), "not its admin");
    // Code of the same version is not asked; an older one, without versions, is.
    let message = migrate(&world, 0, id, json!({ "verifier": bob }));
    world.send::<_, MsgMigrateContractResponse>(0, &message);
    let verifier = |world: &World| world.ask(&contract, &json!({ "verifier": {} }))["verifier"].clone();
    assert_eq!(verifier(&world), json!(world.address(0).to_string()));
    let old = world.store(0, published("hackatom_1.0"));
    let message = migrate(&world, 0, old, json!({ "verifier": bob }));
    world.send::<_, MsgMigrateContractResponse>(0, &message);
    assert_eq!(verifier(&world), json!(bob));
    let message = migrate(&world, 0, id, json!({ "verifier": bob }));
    world.send::<_, MsgMigrateContractResponse>(0, &message);

    let message = MsgUpdateAdmin {
        sender: world.address(0).to_string(),
        new_admin: bob.clone(),
        contract: contract.to_string(),
    };
    world.send::<_, MsgUpdateAdminResponse>(0, &message);
    // The burner takes over the state of anything, and empties it.
    let message = migrate(&world, 1, other, json!({ "payout": bob, "delete": 10 }));
    world.send::<_, MsgMigrateContractResponse>(1, &message);
    let clear = MsgClearAdmin {
        sender: bob,
        contract: contract.to_string(),
    };
    assert_eq!(world.deliver(1, &clear).code, 0);
    let message = migrate(&world, 1, id, json!({ "verifier": world.address(1).to_string() }));
    let (space, number, _) = world.refused(1, &message);
    assert_eq!((space.as_str(), number), ("sdk", 4), "nobody's any more");
}
