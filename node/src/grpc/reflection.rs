//! gRPC reflection, v1 and v1alpha. Descriptors are served as they were
//! compiled, options included; only services that answer are listed.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use prost::Message;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use tonic::{Code, Request, Response, Status, Streaming, async_trait};
use tonic_reflection::{
    pb::v1::{
        self, ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
        ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    },
    server::v1::ServerReflection,
};

use super::GrpcError;

/// Services that need consensus or the node, not only the state.
const NODE_SERVICES: [&str; 6] = [
    "cosmos.base.node.v1beta1.Service",
    "cosmos.base.tendermint.v1beta1.Service",
    "cosmos.tx.v1beta1.Service",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// Every service that a node answers, in order of their names.
pub fn services() -> BTreeSet<&'static str> {
    NODE_SERVICES
        .into_iter()
        .chain(slsbft_app::query::services())
        .collect()
}

/// A `FileDescriptorSet` whose files stay encoded: prost drops options it does not know.
#[derive(Clone, PartialEq, Message)]
struct EncodedSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    files: Vec<Bytes>,
}

/// Every descriptor, by the names clients ask for.
#[derive(Debug, Default)]
pub(super) struct Index {
    services: BTreeSet<&'static str>,
    files: BTreeMap<String, Bytes>,
    /// Fully qualified name → file.
    symbols: BTreeMap<String, String>,
    /// Extended message → field number → file.
    extensions: BTreeMap<String, BTreeMap<i32, String>>,
    /// Paths of the served services' methods.
    methods: BTreeSet<String>,
}

impl Index {
    pub(super) fn new() -> Result<Self, GrpcError> {
        let mut index = Self {
            services: services(),
            ..Self::default()
        };
        for set in [
            slsbft_proto::COSMOS_DESCRIPTOR_SET,
            slsbft_proto::WASMD_DESCRIPTOR_SET,
            slsbft_proto::DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ] {
            for encoded in EncodedSet::decode(set)?.files {
                index.add(encoded)?;
            }
        }
        Ok(index)
    }

    /// Paths of all methods that are served.
    pub(super) fn methods(&self) -> &BTreeSet<String> {
        &self.methods
    }

    fn add(&mut self, encoded: Bytes) -> Result<(), GrpcError> {
        let file = FileDescriptorProto::decode(encoded.clone())?;
        let name = file.name().to_owned();
        if self.files.insert(name.clone(), encoded).is_some() {
            return Ok(());
        }
        for message in &file.message_type {
            self.message(file.package(), message, &name);
        }
        for item in &file.enum_type {
            self.symbol(file.package(), item.name(), &name);
        }
        for extension in &file.extension {
            self.extension(file.package(), extension, &name);
        }
        for service in &file.service {
            let full = self.symbol(file.package(), service.name(), &name);
            let served = self.services.contains(full.as_str());
            for method in &service.method {
                self.symbol(&full, method.name(), &name);
                if served {
                    self.methods.insert(format!("/{full}/{}", method.name()));
                }
            }
        }
        Ok(())
    }

    fn message(&mut self, scope: &str, message: &DescriptorProto, file: &str) {
        let full = self.symbol(scope, message.name(), file);
        for nested in &message.nested_type {
            self.message(&full, nested, file);
        }
        for item in &message.enum_type {
            self.symbol(&full, item.name(), file);
        }
        for extension in &message.extension {
            self.extension(&full, extension, file);
        }
    }

    fn extension(&mut self, scope: &str, field: &FieldDescriptorProto, file: &str) {
        self.symbol(scope, field.name(), file);
        let extended = field.extendee().trim_start_matches('.').to_owned();
        self.extensions
            .entry(extended)
            .or_default()
            .insert(field.number(), file.to_owned());
    }

    fn symbol(&mut self, scope: &str, name: &str, file: &str) -> String {
        let full = if scope.is_empty() {
            name.to_owned()
        } else {
            format!("{scope}.{name}")
        };
        self.symbols.insert(full.clone(), file.to_owned());
        full
    }

    fn answer(&self, request: ServerReflectionRequest) -> ServerReflectionResponse {
        let response = match &request.message_request {
            Some(MessageRequest::FileByFilename(name)) => self.file(Some(name)),
            Some(MessageRequest::FileContainingSymbol(name)) => self.file(self.symbols.get(name)),
            Some(MessageRequest::FileContainingExtension(wanted)) => {
                let numbers = self.extensions.get(&wanted.containing_type);
                self.file(numbers.and_then(|numbers| numbers.get(&wanted.extension_number)))
            }
            Some(MessageRequest::AllExtensionNumbersOfType(name)) => self.extension_numbers(name),
            Some(MessageRequest::ListServices(_)) => {
                let named = |name: &&str| ServiceResponse {
                    name: (*name).to_owned(),
                };
                let service = self.services.iter().map(named).collect();
                MessageResponse::ListServicesResponse(ListServiceResponse { service })
            }
            None => error(Code::InvalidArgument, "the request asks for nothing"),
        };
        ServerReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            message_response: Some(response),
        }
    }

    fn file(&self, name: Option<&String>) -> MessageResponse {
        match name.and_then(|name| self.files.get(name)) {
            Some(encoded) => MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
                file_descriptor_proto: vec![encoded.to_vec()],
            }),
            None => error(Code::NotFound, "no such file, symbol or extension"),
        }
    }

    fn extension_numbers(&self, name: &str) -> MessageResponse {
        if !self.symbols.contains_key(name) {
            return error(Code::NotFound, "no such message");
        }
        let numbers = self
            .extensions
            .get(name)
            .map(|numbers| numbers.keys().copied().collect());
        MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
            base_type_name: name.to_owned(),
            extension_number: numbers.unwrap_or_default(),
        })
    }
}

fn error(code: Code, message: &str) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse {
        error_code: code.into(),
        error_message: message.to_owned(),
    })
}

/// The service. v1alpha has the same messages on the wire under another name.
#[derive(Clone)]
pub(super) struct Reflection {
    pub(super) index: Arc<Index>,
    /// How long a client may keep its stream.
    pub(super) lifetime: Duration,
}

#[async_trait]
impl ServerReflection for Reflection {
    type ServerReflectionInfoStream =
        Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let index = self.index.clone();
        let answers = request
            .into_inner()
            .map(move |request| request.map(|request| index.answer(request)))
            .take_until(tokio::time::sleep(self.lifetime));
        Ok(Response::new(Box::pin(answers)))
    }
}
