//! Calls by path with bytes: whatever the descriptors name can be called, whether or not there is a client for it.

use std::collections::BTreeMap;

use prost::Message;
use prost::bytes::{Buf, BufMut};
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FileDescriptorSet};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::world::request_id;

/// One call of the descriptors.
pub struct Call {
    /// `taxchain.invoice.v1.MerchantService/Issue`.
    pub path: String,
    input: DescriptorProto,
}

/// Every call of the service's package, in order.
pub fn calls() -> Vec<Call> {
    let set = FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
    let files: Vec<_> = set.file.into_iter().filter(|file| file.package() == "taxchain.invoice.v1").collect();
    let messages: BTreeMap<String, DescriptorProto> = files
        .iter()
        .flat_map(|file| &file.message_type)
        .map(|message| (format!(".taxchain.invoice.v1.{}", message.name()), message.clone()))
        .collect();
    let mut calls = Vec::new();
    for service in files.iter().flat_map(|file| &file.service) {
        for method in &service.method {
            let path = format!("taxchain.invoice.v1.{}/{}", service.name(), method.name());
            calls.push(Call { path, input: messages[method.input_type()].clone() });
        }
    }
    calls.sort_by(|a, b| a.path.cmp(&b.path));
    calls
}

impl Call {
    /// The least that says for whom it is: a header with a fresh id, or the acting account.
    pub fn message(&self, account: u32) -> Vec<u8> {
        let mut out = Vec::new();
        for field in &self.input.field {
            let number = u32::try_from(field.number()).unwrap();
            let asks = field.name() == "acting_account" || self.input.name() == "GetQuotaRequest";
            if field.r#type() == Type::Message && field.type_name().ends_with(".ChangeHeader") {
                let header = proto::invoice::v1::ChangeHeader {
                    request_id: request_id().0.to_vec(),
                    acting_account: account,
                    chain_id: Vec::new(),
                };
                prost::encoding::message::encode(number, &header, &mut out);
            } else if field.r#type() == Type::Message && field.type_name().ends_with(".Change") {
                prost::encoding::message::encode(number, &an_issue(account), &mut out);
            } else if asks && field.r#type() == Type::Uint32 {
                prost::encoding::uint32::encode(number, &account, &mut out);
            }
        }
        out
    }
}

/// A change of an account, bare.
fn an_issue(account: u32) -> proto::invoice::v1::Change {
    use proto::invoice::v1::{ChangeHeader, IssueRequest, change::Change};
    let header = ChangeHeader { request_id: request_id().0.to_vec(), acting_account: account, chain_id: Vec::new() };
    let issue = IssueRequest { header: Some(header), ..Default::default() };
    proto::invoice::v1::Change { change: Some(Change::Issue(issue)) }
}

#[derive(Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let length = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(length).to_vec()))
    }
}

/// Makes a call; `bearer` is the whole header, empty for none.
pub async fn call(channel: &Channel, path: &str, bearer: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let mut request = Request::new(message);
    if !bearer.is_empty() {
        request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    }
    let path = format!("/{path}").parse().unwrap();
    client.unary(request, path, Bytes).await.map(tonic::Response::into_inner)
}
