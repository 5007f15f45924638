//! Registering newcomers in the bureau's name, where the service is allowed to.

use std::sync::Arc;

use ledger_types::domain::domain_hash_parts;
use ledger_types::{AccountKind, Area, Digest, KeyId, KeyRecord, Payload, Purpose, RequestId, TaxId, TxOutcome, owner};
use proto::convert::field;
use proto::invoice::v1 as pb;
use proto::types::v1 as types;
use proto::{EdgeError, EdgeReason};
use tonic::Request;

use crate::api_token::ApiToken;
use crate::audit_log::Noted;
use crate::content::{Asked, content};
use crate::desk::{Desk, bearer};
use crate::failure::Failure;

/// What a newcomer says, checked in form.
struct Newcomer {
    kind: AccountKind,
    area: Area,
    tax_id: Option<TaxId>,
    name: String,
    key: Option<[u8; 33]>,
}

impl Desk {
    /// The newcomer brings its own API token: a retry after a lost reply then needs no secret in the answer, and nobody
    /// who sees the request id on chain can ask for one.
    pub(crate) async fn onboard(
        self: &Arc<Self>,
        request: Request<pb::OnboardRequest>,
    ) -> Result<pb::OnboardResponse, Failure> {
        self.public_call(&request)?;
        let registrar = self.registrar.ok_or_else(|| Failure::edge(EdgeReason::NotOffered))?;
        let token = match request.metadata().get("authorization") {
            Some(_) => Some(bearer(request.metadata())?),
            None => None,
        };
        let noted = request.extensions().get::<Noted>().cloned();
        let mut message = request.into_inner();
        self.check_chain(field::chain_id(&std::mem::take(&mut message.chain_id), "chain_id")?)?;
        let request_id: RequestId = field::request_id(&std::mem::take(&mut message.request_id), "request_id")?;
        let what = content(&self.chain(), "Onboard", &message);
        let asked = Asked { account: registrar, request: request_id, content: self.with_token(what, token.as_ref()) };
        if let Some(noted) = noted {
            noted.note(registrar, request_id);
        }
        let newcomer = read(message, token.is_some())?;
        let key = match newcomer.key {
            Some(key) => key,
            None => self.vault.key_for(registrar, request_id).await?,
        };
        let payload = Payload::OpenAccount {
            kind: newcomer.kind,
            area: newcomer.area,
            tax_id: newcomer.tax_id,
            name: newcomer.name,
            keys: vec![KeyRecord::admin(KeyId(0), key)],
        };
        let done = self.change(asked, || self.sign(asked, newcomer.area, payload)).await?;
        let account = match done.outcome() {
            Some(TxOutcome::AccountOpened(id)) => Some(*id),
            _ => None,
        };
        if let (Some(id), Some(token)) = (account, &token)
            && !self.store.add_api_token(&token.hash(), id, None).await?
        {
            return Err(EdgeError::new(EdgeReason::Forbidden)
                .field("authorization")
                .detail("the token is taken")
                .into());
        }
        let address = account.map(|id| owner::account_address(&self.chain(), id).0.to_vec());
        Ok(pb::OnboardResponse {
            operation: Some(done.operation()),
            account: account.map(|id| id.0),
            public_key: key.to_vec(),
            address: address.unwrap_or_default(),
        })
    }

    fn with_token(&self, content: Digest, token: Option<&ApiToken>) -> Digest {
        let hash = token.map_or([0; 32], ApiToken::hash);
        domain_hash_parts(Purpose::Reference, &self.chain(), &[&content.0, &hash])
    }
}

fn read(message: pb::OnboardRequest, has_token: bool) -> Result<Newcomer, Failure> {
    let kind: AccountKind = field::choice::<types::AccountKind, _>(message.kind, "kind")?;
    if matches!(kind, AccountKind::Bureau | AccountKind::Node) {
        return Err(Failure::field("kind", "must be ENTERPRISE, PAYMENT_PROVIDER, SERVICE_PROVIDER or PERSON"));
    }
    let key = match message.public_key.is_empty() {
        true => None,
        false => Some(field::bytes(&message.public_key, "public_key")?),
    };
    if key.is_none() && !has_token {
        let detail = "a hosted key needs an API token of your own: `Bearer` and 64 random hex digits";
        return Err(EdgeError::new(EdgeReason::Unauthenticated).field("authorization").detail(detail).into());
    }
    Ok(Newcomer {
        kind,
        area: field::area(message.area, "area")?,
        tax_id: field::parse_optional(message.tax_id.as_deref(), "tax_id")?,
        name: field::text(message.name, ledger_types::limits::MAX_NAME_BYTES, "name")?,
        key,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn newcomer() -> pb::OnboardRequest {
        pb::OnboardRequest { area: 4403, kind: types::AccountKind::Person.into(), ..Default::default() }
    }

    #[test]
    fn a_hosted_key_needs_a_token_and_an_own_key_none() {
        assert!(read(newcomer(), true).is_ok());
        let status = tonic::Status::from(read(newcomer(), false).err().unwrap());
        assert_eq!(status.code(), tonic::Code::Unauthenticated);
        assert!(read(pb::OnboardRequest { public_key: vec![2; 33], ..newcomer() }, false).is_ok());
        assert!(read(pb::OnboardRequest { public_key: vec![2; 32], ..newcomer() }, false).is_err());
    }

    #[test]
    fn nobody_registers_as_a_bureau() {
        for kind in [types::AccountKind::Bureau, types::AccountKind::Node, types::AccountKind::Unspecified] {
            assert!(read(pb::OnboardRequest { kind: kind.into(), ..newcomer() }, true).is_err());
        }
    }
}
