//! The nouns of the tax chain and their canonical bytes.
//!
//! Everything that is signed, hashed or stored is defined here, once. Encodings follow the Borsh rules
//! (fixed little-endian integers, `u32` lengths, fields in order, a version first) and are strict:
//! decoding consumes all input and re-encodes to the same bytes. `docs/formats.md` draws them byte by byte.
//!
//! What is *not* here: rules (`tax-rules`), transitions (`ledger`), wire messages (`proto`), keys (`crypto`).

#[macro_use]
mod as_text;
pub mod account;
pub mod adaptive;
pub mod anchored_log;
pub mod application;
pub mod batch;
pub mod block;
pub mod body;
pub mod canonical;
pub mod certificate;
pub mod change_set;
pub mod committee;
pub mod complaint;
pub mod content_question;
pub mod delegation;
pub mod domain;
pub mod envelope;
pub mod erasure;
pub mod evidence;
pub mod genesis;
pub mod governance;
pub mod grant;
pub mod header;
pub mod hex_bytes;
pub mod ids;
pub mod inspection;
pub mod invoice_hash;
pub mod invoice_number;
pub mod invoice_state;
pub mod key_wrap;
pub mod limits;
pub mod link_tag;
pub mod money;
pub mod office;
pub mod output;
pub mod owner;
pub mod params;
pub mod payload;
pub mod place_id;
pub mod policy;
pub mod quantity;
pub mod rate;
pub mod reason;
pub mod receipt;
pub mod recovery;
pub mod red_form;
pub mod refusal;
pub mod registered_certificate;
pub mod registry;
pub mod request;
pub mod rule_book;
pub mod seal;
pub mod section;
pub mod statement;
pub mod switch;
pub mod tax_code;
pub mod tax_id;
pub mod taxpayer;
pub mod time;
pub mod timer;
pub mod transaction;
pub mod usage;
pub mod validator;

pub use account::{Account, AccountKind, KeyPurpose, KeyRecord, KeyStatus};
pub use adaptive::{Adaptive, AdaptivePolicy, SwitchWay};
pub use anchored_log::AnchoredLog;
pub use application::Application;
pub use batch::{BatchItem, BatchItemCommitment};
pub use block::{Block, BlockFrame};
pub use body::{BuyerTitle, InvoiceFacts, InvoiceLine, LineNature, SellerFace, TitleKind};
pub use canonical::{Canonical, CanonicalError};
pub use certificate::{CommitCertificate, ProposalBody, VoteBody};
pub use change_set::{Change, ChangeSet};
pub use committee::{
    AcceptedEpochs, Committee, CommitteeChange, CommitteeReady, NextCommittee, PastCommittee, ReadyBody, ReadyError,
};
pub use complaint::{BlockAnswer, Complaint};
pub use content_question::{ContentQuestion, SignedQuestion};
pub use delegation::{Delegates, Delegation};
pub use domain::{Purpose, domain_hash, framed};
pub use envelope::{Envelope, Signer, SignerIdentity, SignerRole};
pub use erasure::{ErasedBy, ErasedSections, Erasure, ErasureRequest};
pub use evidence::{Evidence, EvidenceError};
pub use genesis::{ClockMode, Genesis, GenesisAccount};
pub use governance::{
    Epoch, Governance, GovernanceChange, GovernancePolicy, LiveProposal, Offence, OffencePlace, PastEpoch, Proposal,
    ProposalState,
};
pub use grant::{Grant, GrantRef, GrantRequest, GrantScope, GrantsBy, GrantsTo, SectionSet};
pub use header::{ConsensusKind, Header};
pub use ids::{
    AccountId, Address, ApplicationId, Area, BlockId, ChainId, Digest, FormId, Height, KeyId, ProposalId, RequestId,
    RequestScope, Slot, TxId,
};
pub use inspection::{Access, AccessRequest, Inspection, InspectionRequest, LinkAccess};
pub use invoice_hash::{CheckCode, InvoiceHash};
pub use invoice_number::{InvoiceCode, InvoiceNumber};
pub use invoice_state::{BookingState, ClaimState, FaceState, InvoiceRecord, InvoiceVerb, ReimbursementState};
pub use key_wrap::KeyWrap;
pub use link_tag::{LinkStatement, LinkTag, WalletLink};
pub use money::Fen;
pub use office::{Hands, Office, Role, Staff};
pub use output::{Asset, AssetKind, OutputRecord, PaymentState};
pub use owner::{Owner, OwnerCondition};
pub use params::ChainParams;
pub use payload::{Payload, PayloadKind, Spend};
pub use place_id::{ErasureId, GrantId, InspectionId};
pub use policy::Policy;
pub use quantity::Quantity;
pub use rate::{TaxRate, ZeroKind};
pub use reason::{ReasonClass, RejectReason};
pub use receipt::{Receipt, TxOutcome, Verdict};
pub use recovery::{PendingRecovery, Recovery, RecoveryMark, RecoveryPolicy};
pub use red_form::{RedForm, RedFormState, RedInitiator, RedReason};
pub use refusal::{Arg, Field, Refusal};
pub use registered_certificate::{
    CertificateClaim, CertificateRecord, CertificateUse, Revocation, TrustAnchor, TrustAnchors,
};
pub use registry::{RegistryKey, RegistryValue};
pub use request::RequestEntry;
pub use rule_book::RuleBook;
pub use seal::{CannotAgree, ContentKey, Seal, SealKey, Unsealer};
pub use section::{Section, SectionCommitment, SectionKind};
pub use statement::LedgerStatement;
pub use switch::{SignedAck, SwitchBody, SwitchCertificate, SwitchError, SwitchRequest};
pub use tax_code::TaxCode;
pub use tax_id::TaxId;
pub use taxpayer::{
    CreditGrade, InvoiceKind, KindApproval, RateGrant, RiskLevel, TaxpayerKind, TaxpayerProfile, TaxpayerStatus,
};
pub use time::{BlockTime, CivilDate, Month};
pub use timer::TimerTask;
pub use transaction::Transaction;
pub use usage::Usage;
pub use validator::{Validator, ValidatorSet};
