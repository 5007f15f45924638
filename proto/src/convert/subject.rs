//! What a question is about.

use ledger_types::{AccountId, RequestId, RequestScope, TaxId, TxId};

use super::field::{Read, account, message, parse, required, tx_id};
use crate::{invoice::v1 as invoice, node::v1 as node};

/// A transaction, by its id or by its request id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// By transaction id.
    Tx(TxId),
    /// By request id.
    Request(RequestScope, RequestId),
}

/// An account, by id or tax id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountQuery {
    /// By id.
    Id(AccountId),
    /// By tax id.
    TaxId(TaxId),
}

macro_rules! subject {
    ($($one_of:path, $wire:path);* $(;)?) => {$(
        impl From<Subject> for $one_of {
            fn from(subject: Subject) -> Self {
                match subject {
                    Subject::Tx(id) => Self::TxId(id.0.to_vec()),
                    Subject::Request(scope, id) => Self::Request((scope, id).into()),
                }
            }
        }

        impl $wire {
            /// What is asked about.
            pub fn read_subject(&self) -> Read<Subject> {
                type OneOf = $one_of;
                Ok(match required(self.subject.clone(), "subject")? {
                    OneOf::TxId(id) => Subject::Tx(tx_id(&id, "tx_id")?),
                    OneOf::Request(key) => {
                        let (scope, id) = message(Some(key), "request")?;
                        Subject::Request(scope, id)
                    }
                })
            }
        }
    )*};
}

subject! {
    node::wait_receipt_request::Subject, node::WaitReceiptRequest;
    node::get_fate_request::Subject, node::GetFateRequest;
    invoice::get_receipt_request::Subject, invoice::GetReceiptRequest;
}

impl node::GetAccountRequest {
    /// Which account is asked for.
    pub fn read_account(&self) -> Read<AccountQuery> {
        match required(self.account.as_ref(), "account")? {
            node::get_account_request::Account::Id(id) => account(*id, "id").map(AccountQuery::Id),
            node::get_account_request::Account::TaxId(text) => parse(text, "tax_id").map(AccountQuery::TaxId),
        }
    }
}

impl invoice::ListTaxpayerInvoicesRequest {
    /// Which taxpayer is asked for.
    pub fn read_taxpayer(&self) -> Read<AccountQuery> {
        match required(self.taxpayer.as_ref(), "taxpayer")? {
            invoice::list_taxpayer_invoices_request::Taxpayer::Account(id) => {
                account(*id, "account").map(AccountQuery::Id)
            }
            invoice::list_taxpayer_invoices_request::Taxpayer::TaxId(text) => {
                parse(text, "tax_id").map(AccountQuery::TaxId)
            }
        }
    }
}
