//! Every call of node and service, and the lists that its request may hold, from the descriptors.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FileDescriptorSet};

use crate::failure::Failure;

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// `/taxchain.node.v1.NodeService/Submit`.
    pub(super) path: String,
    /// Whether it is the node's, else it is the service's.
    pub(super) of_node: bool,
    /// The request's fields by which one comes to a list of messages, outermost first, the list's own last.
    pub(super) lists: Vec<Vec<u32>>,
    /// The request's fields that are messages.
    pub(super) messages: Vec<u32>,
}

/// How deep lists are looked for.
const DEPTH: usize = 6;

/// All calls, in order.
pub(super) fn calls() -> Result<Vec<Call>, Failure> {
    let set = FileDescriptorSet::decode(proto::FILE_DESCRIPTOR_SET).map_err(Failure::general)?;
    let mut messages = BTreeMap::new();
    for file in &set.file {
        for message in &file.message_type {
            messages.insert(format!(".{}.{}", file.package(), message.name()), message);
        }
    }
    let mut calls = Vec::new();
    for file in set.file.iter().filter(|f| f.package() != "taxchain.peer.v1") {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                let Some(input) = messages.get(method.input_type()) else { continue };
                let mut lists = Vec::new();
                find(&messages, input, &mut Vec::new(), &mut lists);
                let of_messages = input.field.iter().filter(|f| f.r#type() == Type::Message);
                let of_messages = of_messages.filter_map(|f| u32::try_from(f.number()).ok()).collect();
                let of_node = file.package() == "taxchain.node.v1";
                calls.push(Call { path, of_node, lists, messages: of_messages });
            }
        }
    }
    calls.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(calls)
}

fn find(
    all: &BTreeMap<String, &DescriptorProto>,
    message: &DescriptorProto,
    way: &mut Vec<u32>,
    lists: &mut Vec<Vec<u32>>,
) {
    if way.len() >= DEPTH {
        return;
    }
    for field in message.field.iter().filter(|f| f.r#type() == Type::Message) {
        let Ok(number) = u32::try_from(field.number()) else { continue };
        way.push(number);
        if field.label() == Label::Repeated {
            lists.push(way.clone());
        }
        if let Some(inner) = all.get(field.type_name()) {
            find(all, inner, way, lists);
        }
        way.pop();
    }
}
