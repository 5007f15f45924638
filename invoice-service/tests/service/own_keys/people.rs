//! An enterprise that keeps keys of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use crypto::{KeyUse, SenderKey, SigningKey, SoftwareProvider};
use invoice_service::ApiToken;
use ledger_types::{AccountId, Canonical, KeyId, KeyPurpose, KeyRecord, Role, Transaction};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;
use sdk::{Draft, Ground, Identity, OwnKeys};
use tonic::transport::Channel;

use crate::world::{AREA, Party, World, party, profile, request_id};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Another enterprise's tax id each time, with its right check characters.
fn tax_id() -> String {
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    let checks = || "0123456789ABCDEFGHJKLMNPQRTUWXY".chars();
    let pairs = checks().flat_map(|first| checks().map(move |second| format!("91440300{number:08}{first}{second}")));
    pairs.into_iter().find(|id| id.parse::<ledger_types::TaxId>().is_ok()).unwrap()
}

pub fn new_key() -> SigningKey {
    SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Transaction).unwrap()
}

/// Terms of an invoice for an account.
pub fn to_account(account: u32) -> Option<pb::IssueTerms> {
    let recipient = Some(pb::Recipient { recipient: Some(pb::recipient::Recipient::Account(account)) });
    Some(pb::IssueTerms { recipient, ..Default::default() })
}

/// An enterprise, its keys, and its way to the service.
pub struct Keeper {
    pub party: Party,
    pub keys: Vec<SigningKey>,
    pub seals: SenderKey,
    pub bearer: String,
}

impl Keeper {
    /// Registers one in a mode; what it keeps itself it makes itself: an administrator's key, in OWN also one for
    /// invoices and one for finance.
    pub async fn open(w: &World, mode: types::KeyMode) -> Self {
        let roles: &[Option<Role>] = match mode {
            types::KeyMode::Own => &[None, Some(Role::InvoicingOperator), Some(Role::FinanceClerk)],
            types::KeyMode::PartHosted => &[None],
            _ => &[],
        };
        Self::open_with(w, mode, roles.iter().map(|_| new_key()).collect(), roles).await
    }

    pub async fn open_with(w: &World, mode: types::KeyMode, keys: Vec<SigningKey>, roles: &[Option<Role>]) -> Self {
        let record = |(id, (key, role)): (u16, (&SigningKey, &Option<Role>))| {
            let admin = KeyRecord::admin(KeyId(id), key.public_key().0);
            match role {
                None => admin,
                Some(role) => KeyRecord { purpose: KeyPurpose::Operator, kinds: role.kinds(), ..admin },
            }
        };
        let own_keys = (0u16..).zip(keys.iter().zip(roles)).map(record).map(|key| (&key).into()).collect();
        let token = ApiToken::generate().unwrap();
        let mut newcomer = party(&w.service.endpoint(), 0, token.bearer()).await;
        let request = pb::OnboardRequest {
            request_id: request_id().0.to_vec(),
            area: AREA.0.into(),
            kind: types::AccountKind::Enterprise.into(),
            tax_id: Some(tax_id()),
            name: "深圳市自管科技有限公司".into(),
            keys_mode: mode.into(),
            own_keys,
            ..Default::default()
        };
        let account = newcomer.merchant.onboard(request).await.unwrap().into_inner().account.unwrap();
        let party = party(&w.service.endpoint(), account, token.bearer()).await;
        let seals = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Encryption).unwrap();
        Self { party, keys, seals: SenderKey::new(seals).unwrap(), bearer: token.bearer() }
    }

    /// The bureau approves it as a taxpayer.
    pub async fn approve(&self, w: &World) {
        let request = pb::ApproveTaxpayerRequest {
            header: w.bureau.header(),
            account: self.party.account,
            profile: Some((&profile()).into()),
        };
        w.bureau.clone().bureau.approve_taxpayer(request).await.unwrap();
    }

    /// One of its keys.
    pub fn identity(&self, key: u16) -> Identity {
        let of = self.keys[usize::from(key)].clone();
        Identity::account(AccountId(self.party.account), KeyId(key), of).sealing_with(self.seals.clone())
    }

    /// What it knows itself.
    pub fn ground(&self, w: &World) -> Ground {
        let genesis = &w.chain.genesis;
        Ground { chain: genesis.chain_id(), committee: genesis.committee, area: AREA, book: None }
    }

    /// Its way to a service, with one of its keys.
    pub async fn at(&self, w: &World, endpoint: &str, key: u16) -> OwnKeys {
        let channel = Channel::from_shared(endpoint.to_owned()).unwrap().connect().await.unwrap();
        OwnKeys::new(channel, &self.bearer, self.ground(w), self.identity(key)).unwrap()
    }

    /// Signs prepared bytes without looking at them.
    pub fn sign(&self, w: &World, prepared: &[u8], key: u16) -> Vec<u8> {
        let unsigned = Transaction::from_canonical(prepared).unwrap();
        let signed = sdk::draft::sign_transaction(unsigned, w.chain.genesis.committee, &[], &[&self.identity(key)]);
        signed.unwrap().bytes
    }

    /// Changes its keys at the node, without the service.
    pub fn update_keys_alone(&self, w: &World, key: u16, add: Vec<KeyRecord>, revoke: Vec<KeyId>) {
        let frame = sdk::Frame {
            chain: w.chain.genesis.chain_id(),
            area: AREA,
            request_id: request_id(),
            valid_until_ms: w.chain.state().time.0 + 60_000,
            committee: None,
        };
        let account = AccountId(self.party.account);
        let payload = ledger_types::Payload::UpdateKeys { account, add, revoke };
        let signed = Draft::plain(frame, payload).sign(&[&self.identity(key)]).unwrap();
        let fate = w.chain.submit(signed.bytes).unwrap();
        assert!(matches!(fate.state, sdk::FateState::Committed(_)), "{fate:?}");
    }

    /// Who keeps which key, as the service says: mode, and for each key whether it is hosted.
    pub async fn kept(&self) -> (types::KeyMode, Vec<bool>) {
        let request = pb::GetKeysRequest { acting_account: self.party.account, read_options: None };
        let answer = self.party.clone().keys.get_keys(request).await.unwrap().into_inner();
        (answer.mode(), answer.keys.iter().map(|key| key.hosted).collect())
    }

    /// Asks for another mode.
    pub fn asks(&self, mode: types::KeyMode, own_keys: &[KeyRecord], revoke: &[u32]) -> pb::ChangeKeysRequest {
        pb::ChangeKeysRequest {
            header: self.party.header(),
            mode: mode.into(),
            own_keys: own_keys.iter().map(Into::into).collect(),
            revoke: revoke.to_vec(),
        }
    }
}
