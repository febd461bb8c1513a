//! What a client learns that knows nothing but the address.

use std::{collections::BTreeSet, sync::Arc};

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};
use prost_types::FileDescriptorProto;
use slsbft_app::{
    machine::Runner,
    query::{Code, route},
};
use slsbft_node::grpc::services;
use slsbft_store::{Store, StoreConfig};
use slsbft_wasm::{Config, Interrupt, Vm};
use tokio_stream::iter;
use tonic::transport::Channel;
use tonic_reflection::pb::{
    v1::{
        ExtensionRequest, ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    },
    v1alpha,
};

use crate::support::{BALANCE, Node, call};

/// Asks one question and the answer.
async fn ask(channel: &Channel, question: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question),
    };
    let mut client = ServerReflectionClient::new(channel.clone());
    let mut answers = client
        .server_reflection_info(iter([request]))
        .await
        .unwrap()
        .into_inner();
    answers
        .message()
        .await
        .unwrap()
        .unwrap()
        .message_response
        .unwrap()
}

async fn file(channel: &Channel, question: MessageRequest) -> FileDescriptorProto {
    match ask(channel, question).await {
        MessageResponse::FileDescriptorResponse(files) => {
            FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).unwrap()
        }
        other => panic!("no file: {other:?}"),
    }
}

/// Fetches the file of `symbol` and all it imports, as a reflection client does.
async fn learn(channel: &Channel, pool: &mut Vec<FileDescriptorProto>, symbol: &str) {
    let mut known: BTreeSet<String> = pool.iter().map(|file| file.name().to_owned()).collect();
    let mut wanted = vec![MessageRequest::FileContainingSymbol(symbol.to_owned())];
    while let Some(question) = wanted.pop() {
        let found = file(channel, question).await;
        for import in &found.dependency {
            if !known.contains(import) {
                wanted.push(MessageRequest::FileByFilename(import.clone()));
            }
        }
        if known.insert(found.name().to_owned()) {
            pool.push(found);
        }
    }
}

#[tokio::test]
async fn every_listed_service_resolves_with_everything_it_imports() {
    let node = Node::start().await;
    let channel = node.channel().await;
    let MessageResponse::ListServicesResponse(list) =
        ask(&channel, MessageRequest::ListServices(String::new())).await
    else {
        panic!("no list");
    };
    let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    assert!(names.iter().map(String::as_str).eq(services()));

    let mut files = Vec::new();
    for name in &names {
        learn(&channel, &mut files, name).await;
    }
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_protos(files).unwrap();
    for name in &names {
        let service = pool.get_service_by_name(name).unwrap();
        assert!(service.methods().len() > 0, "{name}");
    }
}

#[test]
fn every_method_of_a_query_service_has_somebody_who_answers_it() {
    let mut pool = DescriptorPool::new();
    pool.decode_file_descriptor_set(slsbft_proto::COSMOS_DESCRIPTOR_SET)
        .unwrap();
    pool.decode_file_descriptor_set(slsbft_proto::WASMD_DESCRIPTOR_SET)
        .unwrap();
    pool.decode_file_descriptor_set(slsbft_proto::DESCRIPTOR_SET)
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let state = Store::open(folder.path(), &StoreConfig::default())
        .unwrap()
        .latest();
    let runner = Runner::of_query(
        Arc::new(Vm::new(Config::default()).unwrap()),
        Interrupt::default(),
    );
    for name in slsbft_app::query::services() {
        for method in pool.get_service_by_name(name).unwrap().methods() {
            let path = format!("/{name}/{}", method.name());
            // The state is empty: most methods have nothing to say, but none is unknown.
            let unknown =
                matches!(route(&state, &runner, &path, &[]), Err(error) if error.code == Code::Unimplemented);
            assert!(!unknown, "{path}");
        }
    }
}

#[tokio::test]
async fn a_method_learnt_by_reflection_can_be_called() {
    let node = Node::start().await;
    let channel = node.channel().await;
    let mut files = Vec::new();
    learn(&channel, &mut files, "cosmos.bank.v1beta1.Query").await;
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_protos(files).unwrap();
    let service = pool.get_service_by_name("cosmos.bank.v1beta1.Query").unwrap();
    let method = service
        .methods()
        .find(|method| method.name() == "Balance")
        .unwrap();

    let mut request = DynamicMessage::new(method.input());
    request.set_field_by_name("denom", Value::String("uankr".to_owned()));
    let answer = call(&channel, BALANCE, request.encode_to_vec())
        .await
        .unwrap()
        .into_inner();
    let answer = DynamicMessage::decode(method.output(), answer).unwrap();
    let balance = answer.get_field_by_name("balance").unwrap();
    let amount = balance.as_message().unwrap().get_field_by_name("amount").unwrap();
    assert_eq!(amount.as_str(), Some("120"));
}

#[test]
fn our_descriptors_and_the_cosmos_ones_fit_together_without_a_file_twice() {
    let mut pool = DescriptorPool::new();
    pool.decode_file_descriptor_set(slsbft_proto::COSMOS_DESCRIPTOR_SET)
        .unwrap();
    pool.decode_file_descriptor_set(slsbft_proto::WASMD_DESCRIPTOR_SET)
        .unwrap();
    let cosmos = pool.files().len();
    pool.decode_file_descriptor_set(slsbft_proto::DESCRIPTOR_SET)
        .unwrap();
    assert!(
        pool.files()
            .skip(cosmos)
            .all(|file| file.name().starts_with("slsbft/"))
    );
    assert!(
        pool.get_message_by_name("slsbft.metering.v1.SignedVoucher")
            .is_some()
    );
}

#[tokio::test]
async fn what_does_not_exist_is_an_error_in_the_stream_which_goes_on() {
    let node = Node::start().await;
    let ask = |question| ServerReflectionRequest {
        host: String::new(),
        message_request: question,
    };
    let questions = [
        ask(Some(MessageRequest::FileContainingSymbol(
            "no.such.Thing".to_owned(),
        ))),
        ask(None),
        ask(Some(MessageRequest::ListServices(String::new()))),
    ];
    let mut client = ServerReflectionClient::new(node.channel().await);
    let mut answers = client
        .server_reflection_info(iter(questions))
        .await
        .unwrap()
        .into_inner();
    let mut next = async || {
        answers
            .message()
            .await
            .unwrap()
            .unwrap()
            .message_response
            .unwrap()
    };
    assert!(matches!(next().await, MessageResponse::ErrorResponse(error) if error.error_code == 5));
    assert!(matches!(next().await, MessageResponse::ErrorResponse(error) if error.error_code == 3));
    assert!(matches!(next().await, MessageResponse::ListServicesResponse(_)));
}

#[tokio::test]
async fn odd_names_are_not_found_whatever_they_are() {
    let node = Node::start().await;
    let channel = node.channel().await;
    let long = "a.".repeat(500_000);
    for name in [
        "",
        ".",
        "..",
        "../../etc/passwd",
        "cosmos",
        "grpc.health.v1.Health.",
        "\u{0}",
        "🦀",
        &long,
    ] {
        for question in [
            MessageRequest::FileByFilename(name.to_owned()),
            MessageRequest::FileContainingSymbol(name.to_owned()),
            MessageRequest::AllExtensionNumbersOfType(name.to_owned()),
            MessageRequest::FileContainingExtension(ExtensionRequest {
                containing_type: name.to_owned(),
                extension_number: i32::MIN,
            }),
        ] {
            let answer = ask(&channel, question).await;
            assert!(
                matches!(&answer, MessageResponse::ErrorResponse(error) if error.error_code == 5),
                "{answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn options_keep_their_extensions_and_extensions_are_found() {
    let node = Node::start().await;
    let channel = node.channel().await;
    let http = ExtensionRequest {
        containing_type: "google.protobuf.MethodOptions".to_owned(),
        extension_number: 72_295_728,
    };
    let found = file(&channel, MessageRequest::FileContainingExtension(http)).await;
    assert_eq!(found.name(), "google/api/annotations.proto");
    let question = MessageRequest::AllExtensionNumbersOfType("google.protobuf.MethodOptions".to_owned());
    let MessageResponse::AllExtensionNumbersResponse(all) = ask(&channel, question).await else {
        panic!("no extension numbers");
    };
    assert!(all.extension_number.contains(&72_295_728));
}

#[tokio::test]
async fn clients_of_v1alpha_see_the_same() {
    let node = Node::start().await;
    let question = v1alpha::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question),
    };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(node.channel().await);
    let mut answers = client
        .server_reflection_info(iter([request]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers
        .message()
        .await
        .unwrap()
        .unwrap()
        .message_response
        .unwrap();
    let v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list) = answer else {
        panic!("no list: {answer:?}");
    };
    assert_eq!(list.service.len(), services().len());
}
