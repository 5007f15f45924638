//! The table.

use ledger_types::Role;
use ledger_types::Role::{
    Approver, Auditor, BureauOperator, FinanceClerk, InvoicingOperator, RuleMaker, SecurityAdministrator, Viewer,
};

/// Who may make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone, within the rate of an address.
    Public,
    /// Anyone who has no account yet, within the rate of an address. It changes something, so it is recorded.
    Newcomers,
    /// Tokens of these roles, and tokens without a role, each for its own account alone.
    Roles(&'static [Role]),
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The path of the call without its first slash, e.g. `taxchain.invoice.v1.MerchantService/Issue`.
    pub method: &'static str,
    /// Who may make it.
    pub access: Access,
}

impl Access {
    /// Whether a token with this role may; none is a token with all its account's rights.
    #[must_use]
    pub fn allows(&self, role: Option<Role>) -> bool {
        match self {
            Self::Public | Self::Newcomers => true,
            Self::Roles(roles) => role.is_none_or(|role| roles.contains(&role)),
        }
    }
}

macro_rules! rows {
    ($($package:literal $service:ident { $($method:ident: $access:expr),* $(,)? })*) => {
        const ROWS: &[Row] = &[$($(Row {
            method: concat!($package, ".", stringify!($service), "/", stringify!($method)),
            access: $access,
        }),*),*];
    };
}

use Access::{Newcomers, Public, Roles};

/// Who issues.
const ISSUES: Access = Roles(&[InvoicingOperator]);
/// Who reads what was issued.
const READS_ISSUED: Access = Roles(&[InvoicingOperator, FinanceClerk, Viewer]);
/// Who holds, books and pays.
const HOLDS: Access = Roles(&[FinanceClerk]);
/// Who reads what is held.
const READS_HELD: Access = Roles(&[FinanceClerk, Viewer]);
/// Who registers taxpayers.
const REGISTERS: Access = Roles(&[BureauOperator]);
/// Who reads what stands on the chain about his own business or area.
const READS: Access = Roles(&[InvoicingOperator, FinanceClerk, Viewer, BureauOperator, Auditor]);

rows! {
    "taxchain.invoice.v1" MerchantService {
        // A newcomer has no account yet; it brings the token it will have.
        Onboard: Newcomers,
        Apply: ISSUES,
        IssueApplied: ISSUES,
        WithdrawApplication: ISSUES,
        Issue: ISSUES,
        IssueBatch: ISSUES,
        RequestRed: ISSUES,
        AnswerRed: ISSUES,
        IssueRed: ISSUES,
        GetQuota: READS,
        PreCheck: ISSUES,
        ListIssued: READS_ISSUED,
    }
    "taxchain.invoice.v1" FinanceService {
        Verify: READS_HELD,
        Lock: HOLDS,
        Unlock: HOLDS,
        Book: HOLDS,
        Unbook: HOLDS,
        Reimburse: HOLDS,
        ListReceived: READS_HELD,
        RequestRedAsBuyer: HOLDS,
        AnswerRedAsBuyer: HOLDS,
    }
    "taxchain.invoice.v1" WalletService {
        Claim: HOLDS,
        Offer: HOLDS,
        Accept: HOLDS,
        Refuse: HOLDS,
        Withdraw: HOLDS,
        ListHeld: READS_HELD,
    }
    "taxchain.invoice.v1" PaymentService {
        // Payment providers have no offices.
        RecordPayment: Roles(&[]),
        GetPayment: READS,
    }
    "taxchain.invoice.v1" KeyService {
        // What is prepared or submitted has a row of its own, which is asked too.
        Prepare: Roles(&[InvoicingOperator, FinanceClerk]),
        Submit: Roles(&[InvoicingOperator, FinanceClerk]),
        // Administrators' keys have no office.
        ChangeKeys: Roles(&[]),
        GetKeys: READS,
    }
    "taxchain.invoice.v1" OperationService {
        // Whoever may change something may ask what became of it.
        GetOperation: Roles(&[InvoicingOperator, FinanceClerk, BureauOperator, RuleMaker]),
    }
    "taxchain.invoice.v1" AuditService {
        GetInvoiceFlow: READS,
        ListTaxpayerInvoices: Roles(&[FinanceClerk, Viewer, BureauOperator, Auditor]),
        GetReceipt: Roles(&[
            InvoicingOperator, FinanceClerk, Viewer, BureauOperator, RuleMaker, Approver, Auditor,
            SecurityAdministrator,
        ]),
    }
    "taxchain.invoice.v1" BureauService {
        OpenAccount: REGISTERS,
        CloseAccount: REGISTERS,
        UpdateKeys: REGISTERS,
        ApproveTaxpayer: REGISTERS,
        PublishRuleBook: Roles(&[RuleMaker]),
        SetTaxpayerStatus: REGISTERS,
    }
    "taxchain.invoice.v1" VerifyService {
        VerifyByUrl: Public,
        VerifyByCsv: Public,
        VerifyByCheckCode: Public,
    }
    "grpc.health.v1" Health {
        Check: Public,
        Watch: Public,
    }
    "grpc.reflection.v1" ServerReflection {
        ServerReflectionInfo: Public,
    }
}

/// Every row.
#[must_use]
pub fn rows() -> &'static [Row] {
    ROWS
}

/// The row of a call by its path, with or without the first slash.
#[must_use]
pub fn row(path: &str) -> Option<&'static Row> {
    let method = path.strip_prefix('/').unwrap_or(path);
    ROWS.iter().find(|row| row.method == method)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message;
    use prost_types::FileDescriptorSet;

    use super::*;

    /// The calls of this service as the descriptors have them.
    fn described() -> BTreeSet<String> {
        let sets = [proto::FILE_DESCRIPTOR_SET, tonic_health::pb::FILE_DESCRIPTOR_SET];
        let files = sets.into_iter().flat_map(|set| FileDescriptorSet::decode(set).unwrap().file);
        let ours = files.filter(|file| ["taxchain.invoice.v1", "grpc.health.v1"].contains(&file.package()));
        let calls = ours.flat_map(|file| {
            let package = file.package().to_owned();
            file.service.into_iter().flat_map(move |service| {
                let path = format!("{package}.{}", service.name());
                service.method.into_iter().map(move |method| format!("{path}/{}", method.name()))
            })
        });
        calls.collect()
    }

    #[test]
    fn every_call_has_one_row_and_every_row_a_call() {
        let rows: Vec<String> = rows().iter().map(|row| row.method.to_owned()).collect();
        let set: BTreeSet<String> = rows.iter().cloned().collect();
        assert_eq!(set.len(), rows.len(), "none twice");
        let reflection = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned();
        let mut calls = described();
        assert!(calls.len() > 40, "{}", calls.len());
        calls.insert(reflection);
        assert_eq!(set, calls);
    }

    #[test]
    fn nobody_but_full_tokens_does_what_his_role_does_not_sign() {
        use ledger_types::PayloadKind::{self, *};
        let signs: &[(&str, PayloadKind)] = &[
            ("MerchantService/Apply", Apply),
            ("MerchantService/IssueApplied", IssueApplied),
            ("MerchantService/WithdrawApplication", WithdrawApplication),
            ("MerchantService/Issue", Issue),
            ("MerchantService/IssueBatch", IssueBatch),
            ("MerchantService/RequestRed", RequestRed),
            ("MerchantService/AnswerRed", AnswerRed),
            ("MerchantService/IssueRed", IssueRed),
            ("FinanceService/Lock", Lock),
            ("FinanceService/Unlock", Unlock),
            ("FinanceService/Book", Book),
            ("FinanceService/Unbook", Unbook),
            ("FinanceService/Reimburse", Reimburse),
            ("FinanceService/RequestRedAsBuyer", RequestRed),
            ("FinanceService/AnswerRedAsBuyer", AnswerRed),
            ("WalletService/Claim", Claim),
            ("WalletService/Offer", OfferTransfer),
            ("WalletService/Accept", AcceptTransfer),
            ("WalletService/Refuse", RefuseTransfer),
            ("WalletService/Withdraw", WithdrawTransfer),
            ("PaymentService/RecordPayment", RecordPayment),
            ("KeyService/ChangeKeys", UpdateKeys),
            ("BureauService/OpenAccount", OpenAccount),
            ("BureauService/CloseAccount", CloseAccount),
            ("BureauService/UpdateKeys", UpdateKeys),
            ("BureauService/ApproveTaxpayer", ApproveTaxpayer),
            ("BureauService/PublishRuleBook", PublishRuleBook),
            ("BureauService/SetTaxpayerStatus", SetTaxpayerStatus),
        ];
        for (method, kind) in signs {
            let row = row(&format!("/taxchain.invoice.v1.{method}")).unwrap();
            for role in Role::ALL.iter().filter(|role| row.access.allows(Some(**role))) {
                assert!(role.kinds() & kind.bit() != 0, "{role} calls {method}");
            }
            assert!(row.access.allows(None), "{method}");
        }
    }

    #[test]
    fn what_has_no_row_is_nobodys() {
        for path in ["", "/", "/taxchain.invoice.v1.MerchantService/Delete", "/taxchain.node.v1.NodeService/SetClock"] {
            assert_eq!(row(path), None, "{path}");
        }
    }
}
