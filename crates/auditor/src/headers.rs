//! The chain of headers: every field that can be known.

use ledger_types::{
    BlockFrame, BlockId, BlockTime, ChainId, CommitCertificate, Digest, Genesis, Header, Height, TxId, ValidatorSet,
};
use proofs::certificate::verify_cached;
use proofs::{evidence_root, log_tree, rule_books_root, tx_root};
use sm::SignerCache;

use crate::governance::Rules;
use crate::report::AuditReport;
use crate::world::World;

/// What the next header must refer to.
struct Parent {
    header: Option<Header>,
    id: BlockId,
    time: BlockTime,
    height: Height,
    certificate: Option<CommitCertificate>,
    state_root: Digest,
    receipts_root: Digest,
    /// Roots of the changes that are right: before the first block, that of none and that of the genesis state.
    changes_root: Vec<Digest>,
    rule_books_root: Digest,
    /// A stored verdict of the parent was found to differ: its receipts' root then differs for the same reason.
    verdicts_differ: bool,
}

/// Follows the headers of one chain.
pub(crate) struct Headers {
    chain: ChainId,
    /// Those that agreed to the parent.
    parent_validators: ValidatorSet,
    cache: SignerCache,
    parent: Parent,
}

impl Headers {
    /// Before the first block. `state_root` is that of the genesis state.
    pub(crate) fn new(genesis: &Genesis, world: &World, state_root: Digest, changes_roots: Vec<Digest>) -> Self {
        let chain = genesis.chain_id();
        Self {
            parent_validators: genesis.validators.clone(),
            cache: proofs::certificate::signer_cache(),
            parent: Parent {
                header: None,
                id: BlockId::from_digest(Digest::ZERO),
                time: genesis.time,
                height: Height(0),
                certificate: None,
                state_root,
                receipts_root: log_tree::empty_root(),
                changes_root: changes_roots,
                rule_books_root: rule_books_root(&chain, &world.active_books()),
                verdicts_differ: false,
            },
            chain,
        }
    }

    /// The height after the last one.
    pub(crate) fn next_height(&self) -> Height {
        self.parent.height.next()
    }

    /// Checks a block's header, its certificate, and its parent's certificate that it carries.
    pub(crate) fn check(&mut self, frame: &BlockFrame, ids: &[TxId], world: &World, report: &mut AuditReport) {
        let header = &frame.block.header;
        let rules = Rules::now(world);
        let expected = self.expected(frame, ids, world, &rules);
        let height = header.height;
        let found = |what: &str, stored: String, expected: String, report: &mut AuditReport| {
            if stored != expected {
                report.add(height, None, format!("header: {what}"), stored, expected);
            }
        };
        let mut same = |what, stored: &dyn ToString, own: &dyn ToString| {
            found(what, stored.to_string(), own.to_string(), report);
        };
        same("version", &header.version, &expected.version);
        same("protocol", &header.protocol, &expected.protocol);
        same("chain", &header.chain_id, &expected.chain_id);
        same("epoch", &header.epoch, &expected.epoch);
        same("consensus", &format!("{:?}", header.consensus), &format!("{:?}", expected.consensus));
        same("parent", &header.parent, &expected.parent);
        same("transactions root", &header.tx_root, &expected.tx_root);
        same("state root of the parent", &header.state_root, &expected.state_root);
        same("changes root of the parent", &header.changes_root, &expected.changes_root);
        same("rule books root", &header.rule_books_root, &expected.rule_books_root);
        same("validators", &header.validators_hash, &expected.validators_hash);
        same("next validators", &header.next_validators_hash, &expected.next_validators_hash);
        same("parameters", &header.params_hash, &expected.params_hash);
        same("parent's certificate", &header.last_certificate_hash, &expected.last_certificate_hash);
        same("evidence root", &header.evidence_root, &expected.evidence_root);
        if !self.parent.verdicts_differ {
            same("receipts root of the parent", &header.receipts_root, &expected.receipts_root);
        }
        self.check_order(frame, &rules, report);
        self.check_certificates(frame, &rules, report);
        self.parent_validators = rules.validators;
    }

    fn expected(&self, frame: &BlockFrame, ids: &[TxId], world: &World, rules: &Rules) -> Header {
        let header = &frame.block.header;
        let carried = frame.block.last_certificate.as_ref();
        let changes_root = &self.parent.changes_root;
        Header {
            version: Header::VERSION,
            protocol: rules.epoch.protocol,
            chain_id: self.chain,
            height: self.next_height(),
            epoch: rules.epoch.number,
            consensus: rules.epoch.kind,
            time: header.time,
            parent: self.parent.id,
            tx_root: tx_root(ids),
            state_root: self.parent.state_root,
            receipts_root: self.parent.receipts_root,
            changes_root: *changes_root.iter().find(|root| **root == header.changes_root).unwrap_or(&changes_root[0]),
            rule_books_root: self.parent.rule_books_root,
            validators_hash: rules.validators.digest(&self.chain),
            next_validators_hash: Rules::after(world, self.next_height()).validators.digest(&self.chain),
            params_hash: rules.params.digest(&self.chain),
            last_certificate_hash: carried.map_or(Digest::ZERO, |certificate| certificate.digest(&self.chain)),
            evidence_root: evidence_root(frame.block.txs.iter().map(|tx| &tx.envelope.payload)),
            proposer: header.proposer,
        }
    }

    fn check_order(&self, frame: &BlockFrame, rules: &Rules, report: &mut AuditReport) {
        let header = &frame.block.header;
        if header.height != self.next_height() {
            report.add(header.height, None, "header: height", header.height, self.next_height());
        }
        if header.time <= self.parent.time {
            let after = format!("after {}", self.parent.time.0);
            report.add(header.height, None, "header: time", header.time.0, after);
        }
        if usize::from(header.proposer) >= rules.validators.validators.len() {
            report.add(header.height, None, "header: proposer", header.proposer, "a validator");
        }
        if frame.version != BlockFrame::VERSION {
            report.add(header.height, None, "frame version", frame.version, BlockFrame::VERSION);
        }
    }

    fn check_certificates(&mut self, frame: &BlockFrame, rules: &Rules, report: &mut AuditReport) {
        let header = &frame.block.header;
        let own = verify_cached(&self.chain, &frame.certificate, &rules.validators, header, &mut self.cache);
        if let Err(error) = own {
            report.add(header.height, None, "certificate", error, "a certificate of this block");
        }
        match (&self.parent.header, &frame.block.last_certificate) {
            (None, None) => {}
            (Some(_), Some(carried)) if self.parent.certificate.as_ref() == Some(carried) => {}
            (Some(parent), Some(carried)) => {
                let verdict = verify_cached(&self.chain, carried, &self.parent_validators, parent, &mut self.cache);
                if let Err(error) = verdict {
                    report.add(header.height, None, "parent's certificate", error, "a certificate of the parent");
                }
            }
            (None, Some(_)) => report.add(header.height, None, "parent's certificate", "there", "none at height 1"),
            (Some(_), None) => report.add(header.height, None, "parent's certificate", "absent", "there"),
        }
    }

    /// Moves on to the next height.
    pub(crate) fn advance(
        &mut self,
        frame: &BlockFrame,
        world: &World,
        roots: (Digest, Digest),
        verdicts_differ: bool,
    ) {
        let header = frame.block.header.clone();
        self.parent = Parent {
            id: header.block_id(),
            time: header.time,
            height: self.next_height(),
            header: Some(header),
            certificate: Some(frame.certificate.clone()),
            state_root: frame.state_root,
            receipts_root: roots.0,
            changes_root: vec![roots.1],
            rule_books_root: rule_books_root(&self.chain, &world.active_books()),
            verdicts_differ,
        };
    }
}
