//! The register by typed question.

use ledger_types::red_form::RedForm;
use ledger_types::registry::{Counters, KeyUsage, Numbering, OrderFate, RuleBookHead};
use ledger_types::timer::TimerTask;
use ledger_types::{
    AcceptedEpochs, Account, AccountId, Adaptive, Address, AnchoredLog, Application, ApplicationId, Area,
    CertificateRecord, ChainParams, Committee, Delegates, Delegation, Digest, Epoch, ErasedSections, Erasure,
    ErasureId, FormId, Governance, Grant, GrantId, GrantsBy, GrantsTo, Hands, Inspection, InspectionId, KeyId,
    NextCommittee, Office, PastEpoch, Proposal, ProposalId, Recovery, RegistryKey, RegistryValue, RuleBook, Slot,
    Staff, TaxId, TaxpayerProfile, ValidatorSet,
};

use super::World;

/// One question: its key, and the variant its value has.
macro_rules! question {
    ($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $out:ty, $key:expr, $variant:ident) => {
        $(#[$doc])*
        pub(crate) fn $name(&self $(, $arg: $ty)*) -> Option<&$out> {
            match self.entry(&$key)? {
                RegistryValue::$variant(value) => Some(value),
                _ => None,
            }
        }
    };
}

impl World {
    /// Any entry.
    pub(crate) fn entry(&self, key: &RegistryKey) -> Option<&RegistryValue> {
        self.register.get(key)
    }

    question!(
        /// An account.
        account(id: AccountId) -> Account, RegistryKey::Account(id), Account
    );
    question!(
        /// Who has a tax id.
        account_of_tax_id(id: &TaxId) -> AccountId, RegistryKey::AccountOfTaxId(id.clone()), AccountOfTaxId
    );
    question!(
        /// What is approved for a taxpayer.
        profile(id: AccountId) -> TaxpayerProfile, RegistryKey::Taxpayer(id), Taxpayer
    );
    question!(
        /// The rule books of an area.
        head(area: Area) -> RuleBookHead, RegistryKey::RuleBookHead(area), RuleBookHead
    );
    question!(
        /// The next number of an area.
        numbering(area: Area) -> Numbering, RegistryKey::Numbering(area), Numbering
    );
    question!(
        /// An application.
        application(id: ApplicationId) -> Application, RegistryKey::Application(id), Application
    );
    question!(
        /// What an order became.
        order(seller: AccountId, order_ref: Digest) -> OrderFate, RegistryKey::Order { seller, order_ref }, Order
    );
    question!(
        /// A recorded payment.
        payment(provider: AccountId, payment_ref: Digest) -> Slot,
        RegistryKey::Payment { provider, payment_ref }, Payment
    );
    question!(
        /// A red-letter form.
        form(id: FormId) -> RedForm, RegistryKey::RedForm(id), RedForm
    );
    question!(
        /// What a key has used.
        key_usage(account: AccountId, key: KeyId) -> KeyUsage, RegistryKey::KeyUsage { account, key }, KeyUsage
    );

    question!(
        /// The epoch, once it changed.
        later_epoch() -> Epoch, RegistryKey::Epoch, Epoch
    );
    question!(
        /// An epoch that is over.
        past_epoch(number: u64) -> PastEpoch, RegistryKey::PastEpoch(number), PastEpoch
    );
    question!(
        /// Proposals under way and who approves, once there was a proposal.
        governance() -> Governance, RegistryKey::Governance, Governance
    );
    question!(
        /// The adaptive policy and what goes with it, once there was one.
        adaptive() -> Adaptive, RegistryKey::Adaptive, Adaptive
    );
    question!(
        /// The committee that bodies are sealed for, if they are.
        committee() -> Committee, RegistryKey::Committee, Committee
    );
    question!(
        /// The committee's key that is named and not in force yet.
        next_committee() -> NextCommittee, RegistryKey::NextCommittee, NextCommittee
    );
    question!(
        /// The former epochs that bodies may still be sealed for.
        accepted_epochs() -> AcceptedEpochs, RegistryKey::AcceptedEpochs, AcceptedEpochs
    );
    question!(
        /// The office of a key.
        office(account: AccountId, key: KeyId) -> Office, RegistryKey::Office { account, key }, Office
    );
    question!(
        /// That an account is staffed.
        staff(account: AccountId) -> Staff, RegistryKey::Staff(account), Staff
    );
    question!(
        /// Which key has the separated office of a person.
        separated(account: AccountId, holder: Digest) -> KeyId, RegistryKey::Separated { account, holder }, Separated
    );
    question!(
        /// Who had a hand in a proposal.
        hands(id: ProposalId) -> Hands, RegistryKey::Hands(id), Hands
    );
    question!(
        /// To whom an enterprise has delegated.
        delegates(from: AccountId) -> Delegates, RegistryKey::Delegates(from), Delegates
    );
    question!(
        /// A delegation.
        delegation(from: AccountId, to: AccountId) -> Delegation, RegistryKey::Delegation { from, to }, Delegation
    );
    question!(
        /// Who may recover an account.
        recovery(id: AccountId) -> Recovery, RegistryKey::Recovery(id), Recovery
    );
    question!(
        /// A registered certificate.
        certificate(of: Digest) -> Box<CertificateRecord>, RegistryKey::Certificate(of), Certificate
    );
    question!(
        /// An order of erasure.
        erasure(id: ErasureId) -> Erasure, RegistryKey::Erasure(id), Erasure
    );
    question!(
        /// What was ordered to be erased of an invoice.
        erased(slot: Slot) -> ErasedSections, RegistryKey::Erased(slot), Erased
    );
    question!(
        /// How far a log of an account's had come.
        anchored_log(account: AccountId, log: Digest) -> AnchoredLog, RegistryKey::AnchoredLog { account, log }, AnchoredLog
    );
    question!(
        /// A grant.
        grant(id: GrantId) -> Grant, RegistryKey::Grant(id), Grant
    );
    question!(
        /// The grants of one giver to one receiver.
        grants_to(to: Address, from: Address) -> GrantsTo, RegistryKey::GrantsTo { to, from }, GrantsTo
    );
    question!(
        /// All grants of a giver.
        grants_by(from: Address) -> GrantsBy, RegistryKey::GrantsBy(from), GrantsBy
    );
    question!(
        /// An inspection.
        inspection(id: InspectionId) -> Inspection, RegistryKey::Inspection(id), Inspection
    );
    question!(
        /// A proposal.
        proposal(id: ProposalId) -> Proposal, RegistryKey::Proposal(id), Proposal
    );

    /// The validators of the next block.
    pub(crate) fn validators(&self) -> ValidatorSet {
        match self.entry(&RegistryKey::Validators) {
            Some(RegistryValue::Validators(set)) => set.clone(),
            _ => unreachable!("the first state has validators and nothing removes them"),
        }
    }

    /// The parameters of the next block.
    pub(crate) fn params(&self) -> ChainParams {
        match self.entry(&RegistryKey::Params) {
            Some(RegistryValue::Params(params)) => params.clone(),
            _ => unreachable!("the first state has parameters and nothing removes them"),
        }
    }

    /// A rule book.
    pub(crate) fn rule_book(&self, area: Area, version: u32) -> Option<&RuleBook> {
        match self.entry(&RegistryKey::RuleBook { area, version })? {
            RegistryValue::RuleBook(book) => Some(book),
            _ => None,
        }
    }

    /// The rule book in force in an area.
    pub(crate) fn active_book(&self, area: Area) -> Option<&RuleBook> {
        self.rule_book(area, self.head(area)?.active)
    }

    /// The rule books in force, by rising area.
    pub(crate) fn active_books(&self) -> Vec<RuleBook> {
        let from = RegistryKey::RuleBookHead(Area(0));
        let to = RegistryKey::RuleBookHead(Area(u16::MAX));
        let heads = self.register.range(from..=to).filter_map(|(key, _)| match key {
            RegistryKey::RuleBookHead(area) => Some(*area),
            _ => None,
        });
        heads.filter_map(|area| self.active_book(area).cloned()).collect()
    }

    /// Next ids.
    pub(crate) fn counters(&self) -> Counters {
        match self.entry(&RegistryKey::Counters) {
            Some(RegistryValue::Counters(counters)) => *counters,
            _ => unreachable!("the first state has counters and nothing removes them"),
        }
    }

    /// Tasks due at a block time, first the longest due, at most `limit`.
    pub(crate) fn due(&self, now_ms: u64, limit: usize) -> Vec<(RegistryKey, TimerTask)> {
        let from = RegistryKey::Timer { due_ms: 0, number: 0 };
        let to = RegistryKey::Timer { due_ms: now_ms, number: u64::MAX };
        let tasks = self.register.range(from..=to).filter_map(|(key, value)| match value {
            RegistryValue::Timer(task) => Some((key.clone(), *task)),
            _ => None,
        });
        tasks.take(limit).collect()
    }
}
