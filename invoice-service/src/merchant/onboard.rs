//! Registering newcomers in the bureau's name, where the service is allowed to.

use std::sync::Arc;

use ledger_types::domain::domain_hash_parts;
use ledger_types::limits::MAX_KEYS;
use ledger_types::{
    AccountKind, Area, Digest, KeyId, KeyPurpose, KeyRecord, Payload, Purpose, RequestId, TaxId, TxOutcome, owner,
};
use proto::convert::{KeyMode, field};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;
use proto::{EdgeError, EdgeReason};
use tonic::Request;

use crate::api_token::ApiToken;
use crate::audit_log::Noted;
use crate::content::{Asked, content};
use crate::desk::{Desk, bearer};
use crate::failure::Failure;
use crate::keys::{offered, service_keys};
use crate::store::keys::MadeFor;

/// What a newcomer says, checked in form.
struct Newcomer {
    kind: AccountKind,
    area: Area,
    tax_id: Option<TaxId>,
    name: String,
    keys: Keeping,
}

/// Who keeps its keys.
#[derive(Debug)]
enum Keeping {
    /// One administrator's key: this, or one that the service keeps.
    One(Option<[u8; 33]>),
    /// As the mode says, beside these of its own.
    Mode(KeyMode, Vec<KeyRecord>),
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
        let keys = self.keys_of_newcomer((registrar, request_id), newcomer.kind, newcomer.keys).await?;
        let first_key = keys.first().map(|key| key.public_key.to_vec()).unwrap_or_default();
        let payload = Payload::OpenAccount {
            kind: newcomer.kind,
            area: newcomer.area,
            tax_id: newcomer.tax_id,
            name: newcomer.name,
            keys,
        };
        let done = self.change(asked, || async { Ok(self.plain(asked, newcomer.area, payload)) }).await?;
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
            public_key: first_key,
            address: address.unwrap_or_default(),
        })
    }

    async fn keys_of_newcomer(
        &self,
        made_for: MadeFor,
        kind: AccountKind,
        keeping: Keeping,
    ) -> Result<Vec<KeyRecord>, Failure> {
        match keeping {
            Keeping::One(Some(key)) => Ok(vec![KeyRecord::admin(KeyId(0), key)]),
            Keeping::One(None) => service_keys(self, made_for, vec![None], 0).await,
            Keeping::Mode(mode, mut keys) => {
                keys.extend(service_keys(self, made_for, offered(mode, kind), keys.len()).await?);
                Ok(keys)
            }
        }
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
    let keys = keeping(message.keys_mode, &message.public_key, message.own_keys)?;
    if !has_token && !matches!(keys, Keeping::One(Some(_)) | Keeping::Mode(KeyMode::Own, _)) {
        let detail = "a hosted key needs an API token of your own: `Bearer` and 64 random hex digits";
        return Err(EdgeError::new(EdgeReason::Unauthenticated).field("authorization").detail(detail).into());
    }
    Ok(Newcomer {
        kind,
        area: field::area(message.area, "area")?,
        tax_id: field::parse_optional(message.tax_id.as_deref(), "tax_id")?,
        name: field::text(message.name, ledger_types::limits::MAX_NAME_BYTES, "name")?,
        keys,
    })
}

fn keeping(mode: i32, public_key: &[u8], own_keys: Vec<types::KeyRecord>) -> Result<Keeping, Failure> {
    let own_keys: Vec<KeyRecord> = field::list(own_keys, MAX_KEYS, "own_keys")?;
    if mode == 0 {
        return match (own_keys.is_empty(), public_key.is_empty()) {
            (false, _) => Err(Failure::field("keys_mode", "must be set beside own_keys")),
            (true, true) => Ok(Keeping::One(None)),
            (true, false) => Ok(Keeping::One(Some(field::bytes(public_key, "public_key")?))),
        };
    }
    let mode: KeyMode = field::choice::<types::KeyMode, _>(mode, "keys_mode")?;
    if !public_key.is_empty() {
        return Err(Failure::field("public_key", "does not stand beside keys_mode: use own_keys"));
    }
    let administered = own_keys.iter().any(|key| key.purpose == KeyPurpose::Admin);
    match (mode, administered) {
        (KeyMode::Hosted, _) if !own_keys.is_empty() => Err(Failure::field("own_keys", "must be empty in HOSTED")),
        (KeyMode::PartHosted | KeyMode::Own, false) => {
            Err(Failure::field("own_keys", "must have an administrator's key, which the service does not keep"))
        }
        _ => Ok(Keeping::Mode(mode, own_keys)),
    }
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
    fn a_mode_comes_with_the_keys_that_it_needs() {
        let admin = || vec![(&KeyRecord::admin(KeyId(0), [2; 33])).into()];
        let of = |mode: types::KeyMode, own_keys| {
            read(pb::OnboardRequest { keys_mode: mode.into(), own_keys, ..newcomer() }, true).map(|read| read.keys)
        };
        assert!(
            matches!(of(types::KeyMode::Hosted, vec![]), Ok(Keeping::Mode(KeyMode::Hosted, keys)) if keys.is_empty())
        );
        for mode in [types::KeyMode::PartHosted, types::KeyMode::Own] {
            assert!(matches!(of(mode, admin()), Ok(Keeping::Mode(_, keys)) if keys.len() == 1));
            assert!(of(mode, vec![]).is_err());
            let operator = KeyRecord { purpose: KeyPurpose::Operator, ..KeyRecord::admin(KeyId(0), [2; 33]) };
            assert!(of(mode, vec![(&operator).into()]).is_err());
        }
        assert!(of(types::KeyMode::Hosted, admin()).is_err());
        assert!(of(types::KeyMode::Unspecified, admin()).is_err());
        let both = pb::OnboardRequest { keys_mode: types::KeyMode::Own.into(), public_key: vec![2; 33], ..newcomer() };
        assert!(read(pb::OnboardRequest { own_keys: admin(), ..both }, true).is_err());
    }

    #[test]
    fn nobody_registers_as_a_bureau() {
        for kind in [types::AccountKind::Bureau, types::AccountKind::Node, types::AccountKind::Unspecified] {
            assert!(read(pb::OnboardRequest { kind: kind.into(), ..newcomer() }, true).is_err());
        }
    }
}
