//! Offices (岗位): which person's key has which role in an account.
//!
//! An account that ever gave an office is staffed, and stays so: from then on what no role allows is refused. An account
//! that never did has none of these entries and is judged by its keys alone.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::account::AccountKind;
use crate::ids::Digest;
use crate::payload::PayloadKind;

/// What a person may do for an account. The numbers are frozen; those between are reserved.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Role {
    /// Runs machines, and signs no business (系统管理员).
    SystemAdministrator = 1,
    /// Gives and ends offices of a bureau (安全管理员).
    SecurityAdministrator = 2,
    /// Reads, and signs nothing but the record of it (审计员).
    Auditor = 3,
    /// Makes rule books and proposals, which an approver signs too (规则制定).
    RuleMaker = 16,
    /// Approves what others made (审批).
    Approver = 17,
    /// Registers and approves taxpayers (办税).
    BureauOperator = 18,
    /// Gives and ends offices of an enterprise (企业管理员).
    EnterpriseAdministrator = 64,
    /// Issues invoices (开票员).
    InvoicingOperator = 80,
    /// Claims, books and reimburses invoices (财务).
    FinanceClerk = 81,
    /// Reads, and signs nothing (查看).
    Viewer = 96,
}

impl Role {
    /// All roles, by number.
    pub const ALL: &'static [Self] = &[
        Self::SystemAdministrator,
        Self::SecurityAdministrator,
        Self::Auditor,
        Self::RuleMaker,
        Self::Approver,
        Self::BureauOperator,
        Self::EnterpriseAdministrator,
        Self::InvoicingOperator,
        Self::FinanceClerk,
        Self::Viewer,
    ];

    /// Its name, e.g. `rule_maker`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SystemAdministrator => "system_administrator",
            Self::SecurityAdministrator => "security_administrator",
            Self::Auditor => "auditor",
            Self::RuleMaker => "rule_maker",
            Self::Approver => "approver",
            Self::BureauOperator => "bureau_operator",
            Self::EnterpriseAdministrator => "enterprise_administrator",
            Self::InvoicingOperator => "invoicing_operator",
            Self::FinanceClerk => "finance_clerk",
            Self::Viewer => "viewer",
        }
    }

    /// The role of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// Whether accounts of this kind have such an office.
    pub fn fits(self, kind: AccountKind) -> bool {
        match self {
            Self::SystemAdministrator | Self::SecurityAdministrator | Self::Auditor => kind == AccountKind::Bureau,
            Self::RuleMaker | Self::Approver | Self::BureauOperator => kind == AccountKind::Bureau,
            Self::EnterpriseAdministrator | Self::InvoicingOperator => kind == AccountKind::Enterprise,
            Self::FinanceClerk | Self::Viewer => kind == AccountKind::Enterprise,
        }
    }

    /// The kinds of payload it may sign, one bit each. A key signs what its own `kinds` and its role both allow.
    pub fn kinds(self) -> u64 {
        use PayloadKind::*;
        let kinds: &[PayloadKind] = match self {
            Self::SystemAdministrator => &[ReportMisbehaviour, SwitchConsensus, AnchorLog, CommitteeReady],
            Self::SecurityAdministrator => &[AssignRole, EndRole, OpenInspection, OrderErasure],
            Self::EnterpriseAdministrator => &[AssignRole, EndRole],
            Self::Auditor => &[RecordAccess, RecordLinkAccess],
            Self::Viewer => &[],
            Self::RuleMaker => &[PublishRuleBook, ProposeChange, WithdrawChange],
            Self::Approver => &[PublishRuleBook, ProposeChange, ApproveChange, OpenInspection, OrderErasure],
            Self::BureauOperator => &[
                OpenAccount,
                UpdateKeys,
                CloseAccount,
                ApproveTaxpayer,
                SetTaxpayerStatus,
                EndDelegation,
                ProposeRecovery,
                ApproveRecovery,
                CancelRecovery,
                RegisterCertificate,
                RevokeCertificate,
            ],
            Self::InvoicingOperator => &[
                Apply,
                IssueApplied,
                WithdrawApplication,
                Issue,
                IssueBatch,
                RequestRed,
                AnswerRed,
                IssueRed,
                GrantAccess,
                RevokeAccess,
            ],
            Self::FinanceClerk => &[
                Claim,
                OfferTransfer,
                AcceptTransfer,
                RefuseTransfer,
                WithdrawTransfer,
                Lock,
                Unlock,
                Book,
                Unbook,
                Reimburse,
                RequestRed,
                AnswerRed,
                GrantAccess,
                RevokeAccess,
            ],
        };
        kinds.iter().fold(0, |bits, kind| bits | kind.bit())
    }

    /// Whether it is one of the three offices of which no person has two in one account (三员分立).
    pub fn is_separated(self) -> bool {
        matches!(self, Self::SystemAdministrator | Self::SecurityAdministrator | Self::Auditor)
    }

    /// Whether it gives and ends offices.
    pub fn is_registrar(self) -> bool {
        self.kinds() & PayloadKind::AssignRole.bit() != 0
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        Self::of_name(name).ok_or_else(|| UnknownRole(name.to_owned()))
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no role's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRole(pub String);

impl std::fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is no role", self.0)
    }
}

impl std::error::Error for UnknownRole {}

/// The office of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Office {
    /// What its holder may do.
    pub role: Role,
    /// A commitment to the natural person, made by the registrar: the same person has the same one in every office.
    pub holder: Digest,
    /// Last block time (ms) of the office; `u64::MAX` for no end.
    pub until_ms: u64,
}

impl Office {
    /// Whether it has not run out.
    pub fn is_in_force(&self, now_ms: u64) -> bool {
        now_ms <= self.until_ms
    }

    /// Whether it covers a kind of transaction now.
    pub fn allows(&self, kind: PayloadKind, now_ms: u64) -> bool {
        self.is_in_force(now_ms) && self.role.kinds() & kind.bit() != 0
    }
}

/// That an account is staffed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Staff {
    /// How many of its keys have an office, also one that has run out. The entry stays when the last one ends.
    pub offices: u16,
}

/// The persons who had a hand in a proposal, if they signed in an office: none of them approves it (again).
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Hands {
    /// Their commitments, rising.
    pub holders: Vec<Digest>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_name_and_belongs_to_one_kind_of_account() {
        for role in Role::ALL {
            assert_eq!(Role::of_name(role.name()), Some(*role));
            assert_eq!(serde_json::to_value(role).ok(), Some(role.name().into()));
            let bureau = role.fits(AccountKind::Bureau);
            assert_ne!(bureau, role.fits(AccountKind::Enterprise), "{role}");
            assert_eq!(bureau, (*role as u8) < 64, "{role}");
            for kind in [AccountKind::Node, AccountKind::Person, AccountKind::PaymentProvider] {
                assert!(!role.fits(kind), "{role}");
            }
        }
        assert!("rulemaker".parse::<Role>().is_err());
    }

    #[test]
    fn no_role_makes_and_approves_or_registers_and_does_business() {
        let may = |role: Role, kind: PayloadKind| role.kinds() & kind.bit() != 0;
        for role in Role::ALL {
            assert!(!(may(*role, PayloadKind::WithdrawChange) && may(*role, PayloadKind::ApproveChange)), "{role}");
            let registers =
                [PayloadKind::AssignRole, PayloadKind::EndRole, PayloadKind::OpenInspection, PayloadKind::OrderErasure];
            let others = role.kinds() & !registers.iter().fold(0, |bits, kind| bits | kind.bit());
            assert!(!role.is_registrar() || others == 0, "{role}");
        }
        let records = PayloadKind::RecordAccess.bit() | PayloadKind::RecordLinkAccess.bit();
        assert_eq!((Role::Auditor.kinds(), Role::Viewer.kinds()), (records, 0));
        let grants = PayloadKind::GrantAccess.bit() | PayloadKind::RevokeAccess.bit();
        let business = (Role::InvoicingOperator.kinds() | Role::FinanceClerk.kinds()) & !grants;
        assert_eq!(business | PayloadKind::RecordPayment.bit(), PayloadKind::business_bits());
    }

    #[test]
    fn an_office_ends_with_its_last_millisecond() {
        let office = Office { role: Role::RuleMaker, holder: Digest([1; 32]), until_ms: 7 };
        assert!(office.allows(PayloadKind::PublishRuleBook, 7));
        assert!(!office.allows(PayloadKind::PublishRuleBook, 8) && !office.allows(PayloadKind::OpenAccount, 7));
    }
}
