//! What one validator has seen of another's contradictions is told to the chain.

use crypto::SigningKey;
use ledger::StateView;
use ledger::admission::{AuthenticatedTx, RawTx, authenticate, decode};
use ledger_types::transaction::TxBody;
use ledger_types::{
    Area, Canonical, Digest, Envelope, Evidence, Payload, RegistryKey, RequestId, Signer, SignerIdentity, SignerRole,
    Transaction,
};

use super::{Effect, Node};
use crate::commit::NodeFault;

/// A report waits no longer than this, ms; the engine sees the contradiction once.
const REPORT_VALID_MS: u64 = 600_000;

impl Node {
    /// Signs reports of misbehaviour with this key (use: transaction). Whose it is does not matter: evidence proves
    /// itself. Without one the node only raises its alarm.
    #[must_use]
    pub fn with_reporter(mut self, key: SigningKey) -> Self {
        self.reporter = Some(key);
        self
    }

    /// Puts evidence on its way into a block, unless the chain knows of the offence.
    pub(super) fn report(
        &mut self,
        evidence: &Evidence,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        let chain = self.store.chain_id();
        let offence = evidence.place().digest(&chain);
        let known = self.store.view().registry(&RegistryKey::Offence(offence)).map_err(NodeFault::State)?;
        if known.is_some() {
            return Ok(());
        }
        self.say(Payload::ReportMisbehaviour(Box::new(evidence.clone())), &offence, now_ms, effects)
    }

    /// Hands in a transaction of this node's own that proves itself. `about` makes its request id: the same is said once
    /// by one node in one moment.
    pub(super) fn say(
        &mut self,
        payload: Payload,
        about: &Digest,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        let Some(key) = self.reporter.clone() else { return Ok(()) };
        let chain = self.store.chain_id();
        let mut random = [0; 10];
        let both = sm::sm3_parts(&[&about.0, &key.public_key().0]);
        random.copy_from_slice(&both[..10]);
        let now = self.clock_now(now_ms).0;
        let envelope = Envelope {
            version: Envelope::VERSION,
            chain_id: chain,
            area: self.store.genesis().areas.first().copied().unwrap_or(Area(0)),
            request_id: RequestId::new(now, random),
            signers: vec![Signer {
                identity: SignerIdentity::BareKey(key.public_key().0),
                role: SignerRole::Owner,
                acting_for: None,
            }],
            valid_until_ms: now.saturating_add(REPORT_VALID_MS),
            payload,
            sections: Vec::new(),
        };
        let signature = match key.sign_transaction(&chain, &envelope.tx_id()) {
            Ok(signature) => signature,
            Err(error) => {
                tracing::error!(%error, "this node's own report cannot be signed");
                return Ok(());
            }
        };
        let tx = Transaction { envelope, body: TxBody::Sections(Vec::new()), signatures: vec![signature] };
        let Some(checked) = self.check_own(&tx)? else { return Ok(()) };
        self.admit(vec![checked.clone()], &mut Vec::new())?;
        self.gossip(&[checked], effects);
        Ok(())
    }

    fn check_own(&mut self, tx: &Transaction) -> Result<Option<AuthenticatedTx>, NodeFault> {
        let decoded = match decode(&self.store.chain_id(), RawTx(tx.to_canonical())) {
            Ok(decoded) => decoded,
            Err(refusal) => {
                tracing::error!(reason = refusal.reason.name(), "this node's own report proves nothing");
                return Ok(None);
            }
        };
        let (view, signers) = (self.store.view(), &mut self.signers);
        let verdicts = authenticate(vec![decoded], &view, signers, &*self.committee_keys)?;
        Ok(verdicts.into_iter().next().and_then(Result::ok))
    }
}
