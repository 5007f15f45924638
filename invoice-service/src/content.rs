//! What a change asks for, as one hash: the same request id with the same content is a retry, with other content a
//! conflict.

use ledger_types::{AccountId, ChainId, Digest, Purpose, RequestId, domain_hash};
use proto::convert::{ChangeHeader, field};
use proto::invoice::v1 as pb;

use crate::failure::Failure;

/// Who asks for which change under which id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Who acts.
    pub(crate) account: AccountId,
    /// The id of the business intent.
    pub(crate) request: RequestId,
    /// What is asked.
    pub(crate) content: Digest,
}

/// A request for a change: all but `Onboard` carry a header.
pub(crate) trait ChangeRequest: prost::Message {
    /// Takes the header out: the rest is the content.
    fn take_header(&mut self) -> Option<pb::ChangeHeader>;
}

macro_rules! change_requests {
    ($($name:ident),* $(,)?) => {$(
        impl ChangeRequest for pb::$name {
            fn take_header(&mut self) -> Option<pb::ChangeHeader> {
                self.header.take()
            }
        }
    )*};
}

change_requests! {
    ApplyRequest, IssueAppliedRequest, WithdrawApplicationRequest, IssueRequest, IssueBatchRequest, RequestRedRequest,
    AnswerRedRequest, IssueRedRequest, ClaimRequest, OfferRequest, AcceptRequest, RefuseRequest, WithdrawRequest,
    LockRequest, UnlockRequest, BookRequest, UnbookRequest, ReimburseRequest, RequestRedAsBuyerRequest,
    AnswerRedAsBuyerRequest, OpenAccountRequest, CloseAccountRequest, UpdateKeysRequest, ApproveTaxpayerRequest,
    PublishRuleBookRequest, SetTaxpayerStatusRequest, RecordPaymentRequest, ChangeKeysRequest,
}

/// Reads the header of a request and hashes the rest.
pub(crate) fn asked<M: ChangeRequest>(
    chain: &ChainId,
    method: &str,
    message: &mut M,
) -> Result<(Asked, ChangeHeader), Failure> {
    let header: ChangeHeader = field::message(message.take_header(), "header")?;
    let content = content(chain, method, message);
    Ok((Asked { account: header.acting_account, request: header.request_id, content }, header))
}

/// The hash of a decoded message. Protobuf has no canonical form, but this compares only what this very program encodes
/// with what it encoded before: fields in order, none twice, unknown ones dropped. It never leaves the service.
pub(crate) fn content<M: prost::Message>(chain: &ChainId, method: &str, message: &M) -> Digest {
    let mut bytes = method.as_bytes().to_vec();
    bytes.push(0);
    bytes.extend(message.encode_to_vec());
    domain_hash(Purpose::Reference, chain, &bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const CHAIN: ChainId = ChainId([1; 32]);

    fn lock(reason: u32) -> pb::LockRequest {
        let header = pb::ChangeHeader { request_id: vec![5; 16], acting_account: 7, chain_id: Vec::new() };
        pb::LockRequest { header: Some(header), reason, ..Default::default() }
    }

    fn hash(mut message: pb::LockRequest, method: &str) -> Digest {
        asked(&CHAIN, method, &mut message).unwrap().0.content
    }

    #[test]
    fn content_is_method_and_fields_but_not_who_asks() {
        let mut other_id = lock(1);
        other_id.header.as_mut().unwrap().request_id = vec![6; 16];
        assert_eq!(hash(lock(1), "Lock"), hash(other_id, "Lock"));
        assert_ne!(hash(lock(1), "Lock"), hash(lock(2), "Lock"));
        assert_ne!(hash(lock(1), "Lock"), hash(lock(1), "Unlock"));
        assert_ne!(content(&CHAIN, "Lock", &lock(1)), content(&ChainId([2; 32]), "Lock", &lock(1)));
    }

    #[test]
    fn a_request_without_a_whole_header_is_refused_by_field() {
        type Case = (&'static str, fn(&mut pb::LockRequest));
        let cases: [Case; 3] = [
            ("header", |m| m.header = None),
            ("header.request_id", |m| m.header.as_mut().unwrap().request_id = vec![1; 15]),
            ("header.acting_account", |m| m.header.as_mut().unwrap().acting_account = 0),
        ];
        for (field, change) in cases {
            let mut message = lock(1);
            change(&mut message);
            let status = tonic::Status::from(asked(&CHAIN, "Lock", &mut message).unwrap_err());
            assert_eq!(proto::ErrorReport::from_status(&status).field.as_deref(), Some(field));
        }
    }
}
