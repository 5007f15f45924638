use ledger_types::body::EntryMode;
use ledger_types::output::Origin;
use ledger_types::payload::{InvoiceRequest, PaymentUse, RedAnswer};
use ledger_types::*;

use super::*;
use crate::seed::Seed;

pub(crate) fn facts(s: &mut Seed) -> InvoiceFacts {
    InvoiceFacts {
        kind: s.pick(InvoiceKind::ALL),
        entry: s.pick(&[EntryMode::Net, EntryMode::Gross]),
        net: fen(s),
        tax: fen(s),
        total: fen(s),
        remark: text(s),
        drawer: text(s),
        special_element: s.next() as u8,
        deduction: s.option(fen),
        secret_salt: s.bytes(),
    }
}

fn title(s: &mut Seed) -> TitleKind {
    s.pick(&[TitleKind::Individual, TitleKind::Organisation])
}

pub(crate) fn buyer(s: &mut Seed) -> BuyerTitle {
    BuyerTitle { kind: title(s), name: text(s), tax_id: s.option(tax_id), address_and_bank: text(s) }
}

pub(crate) fn seller_face(s: &mut Seed) -> SellerFace {
    SellerFace { branch: text(s), address_and_bank: text(s) }
}

pub(crate) fn line(s: &mut Seed) -> InvoiceLine {
    InvoiceLine {
        nature: s.pick(&[LineNature::Normal, LineNature::Discounted, LineNature::Discount]),
        name: text(s),
        tax_code: tax_code(s),
        spec: text(s),
        unit: text(s),
        quantity: s.option(quantity),
        price: s.option(quantity),
        net: fen(s),
        rate: rate(s),
        policy: policy(s),
        tax: fen(s),
    }
}

pub(crate) fn owner(s: &mut Seed) -> Owner {
    match s.below(3) {
        0 => Owner::Address(address(s)),
        1 => Owner::TokenKey(address(s)),
        _ => Owner::Condition(s.bytes()),
    }
}

fn members(s: &mut Seed) -> Vec<Address> {
    let mut list: Vec<Address> = (0..2 + s.below(7)).map(|_| address(s)).collect();
    list.sort();
    list
}

fn plain_condition(s: &mut Seed) -> OwnerCondition {
    match s.below(4) {
        0 => OwnerCondition::Address(address(s)),
        1 => OwnerCondition::TokenKey(address(s)),
        2 => OwnerCondition::AnyOf(members(s)),
        _ => {
            let members = members(s);
            OwnerCondition::MOfN { threshold: 1 + s.below(members.len() as u64) as u8, members }
        }
    }
}

pub(crate) fn condition(s: &mut Seed) -> OwnerCondition {
    if s.below(5) == 0 {
        let first = Box::new(plain_condition(s));
        OwnerCondition::Expiring { until_ms: ms(s), first, fallback: address(s) }
    } else {
        plain_condition(s)
    }
}

pub(crate) fn origin(s: &mut Seed) -> Origin {
    Origin { height: Height(s.next()), tx: s.next() as u16, item: s.next() as u16 }
}

pub(crate) fn invoice_record(s: &mut Seed) -> InvoiceRecord {
    let (by, at_ms) = (account_id(s), ms(s));
    InvoiceRecord {
        kind: s.pick(InvoiceKind::ALL),
        title: title(s),
        origin: origin(s),
        seller: account_id(s),
        code: code(s),
        number: number(s),
        tax: fen(s),
        issued_ms: ms(s),
        rule_book: s.next() as u32,
        face: match s.below(3) {
            0 => FaceState::Blue,
            1 => FaceState::Reversed { by: slot(s) },
            _ => FaceState::Red { of: slot(s) },
        },
        claim: match s.below(3) {
            0 => ClaimState::Unclaimed,
            1 => ClaimState::Claimed,
            _ => ClaimState::Offered { from: address(s), to: address(s), until_ms: ms(s) },
        },
        reimbursement: match s.below(3) {
            0 => ReimbursementState::Open,
            1 => ReimbursementState::Locked { by, until_ms: ms(s), reason: s.next() as u16 },
            _ => ReimbursementState::Closed { by, at_ms },
        },
        booking: match s.below(4) {
            0 => BookingState::NotBooked,
            1 => BookingState::BookedDeductible { by, at_ms },
            2 => BookingState::BookedNotDeductible { by, at_ms },
            _ => BookingState::Unbooked { by, at_ms },
        },
        red_form: s.option(|s| FormId(s.next())),
    }
}

pub(crate) fn output_record(s: &mut Seed) -> OutputRecord {
    let payment = |s: &mut Seed| PaymentState {
        provider: account_id(s),
        payee: account_id(s),
        payment_ref: s.bytes(),
        paid: fen(s),
        invoices: s.next() as u8,
    };
    OutputRecord {
        version: s.next() as u8,
        sequence: s.next() as u32,
        amount: fen(s),
        owner: owner(s),
        asset: if s.flag() { Asset::Invoice(invoice_record(s)) } else { Asset::Payment(payment(s)) },
    }
}

const RED_REASONS: [RedReason; 4] =
    [RedReason::IssueError, RedReason::SalesReturn, RedReason::ServiceStopped, RedReason::SalesAllowance];

pub(crate) fn red_form(s: &mut Seed) -> RedForm {
    use RedFormState::*;
    RedForm {
        id: FormId(s.next()),
        invoice: slot(s),
        seller: account_id(s),
        buyer: account_id(s),
        owner: address(s),
        initiator: s.pick(&[RedInitiator::Seller, RedInitiator::Buyer]),
        reason: s.pick(&RED_REASONS),
        state: s.pick(&[
            AwaitingBuyer,
            AwaitingSeller,
            Confirmed,
            RefusedByBuyer,
            RefusedBySeller,
            Lapsed,
            Withdrawn,
            Used,
        ]),
        asked_ms: ms(s),
        expires_ms: ms(s),
    }
}

pub(crate) fn application(s: &mut Seed) -> Application {
    Application {
        id: ApplicationId(s.next()),
        seller: account_id(s),
        origin: origin(s),
        kind: s.pick(InvoiceKind::ALL),
        title: title(s),
        net: fen(s),
        tax: fen(s),
        owner: owner(s),
        order_ref: s.bytes(),
        quota_month: Month(s.next() as u32),
        rule_book: s.next() as u32,
        expires_ms: ms(s),
    }
}

fn spend(s: &mut Seed) -> Spend {
    Spend { slot: slot(s), sequence: s.next() as u32, reveal: s.option(condition) }
}

fn invoice_request(s: &mut Seed) -> InvoiceRequest {
    InvoiceRequest {
        owner: condition(s),
        order_ref: digest(s),
        payments: s.list(2, |s| PaymentUse { spend: spend(s), amount: fen(s) }),
    }
}

pub(crate) fn payload(s: &mut Seed) -> Payload {
    let account = account_id(s);
    match s.pick(PayloadKind::ALL) as u64 {
        1 => Payload::OpenAccount {
            kind: account_kind(s),
            area: area_id(s),
            tax_id: s.option(tax_id),
            name: text(s),
            keys: s.list(2, key_record),
        },
        2 => Payload::UpdateKeys { account, add: s.list(2, key_record), revoke: s.list(2, |s| KeyId(s.next() as u16)) },
        3 => Payload::CloseAccount { account },
        4 => Payload::ApproveTaxpayer { account, profile: profile(s) },
        5 => Payload::PublishRuleBook(Box::new(rule_book(s))),
        6 => Payload::SetTaxpayerStatus { account, status: s.pick(TaxpayerStatus::ALL), reason: s.next() as u16 },
        7 => Payload::Apply { request: invoice_request(s), expires_ms: ms(s) },
        8 => Payload::IssueApplied { application: ApplicationId(s.next()) },
        9 => Payload::WithdrawApplication { application: ApplicationId(s.next()) },
        10 => Payload::Issue(invoice_request(s)),
        11 => Payload::IssueBatch { count: s.next() as u16, root: digest(s) },
        12 => Payload::RecordPayment { payment_ref: digest(s), payee: account, amount: fen(s) },
        kind @ (41..=44 | 46 | 48) => access_payload(s, kind),
        kind => flow_payload(s, kind),
    }
}

fn flow_payload(s: &mut Seed, kind: u64) -> Payload {
    match kind {
        13 => Payload::Claim { spend: spend(s), to: address(s) },
        14 => Payload::OfferTransfer { spend: spend(s), to: address(s), until_ms: ms(s) },
        15 => Payload::AcceptTransfer { spend: spend(s) },
        16 => Payload::RefuseTransfer { spend: spend(s) },
        17 => Payload::WithdrawTransfer { spend: spend(s) },
        18 => Payload::Lock { spends: s.list(3, spend), until_ms: ms(s), reason: s.next() as u16 },
        19 => Payload::Unlock { spends: s.list(3, spend) },
        20 => Payload::Book { spend: spend(s), deductible: s.flag(), voucher_ref: digest(s) },
        21 => Payload::Unbook { spend: spend(s) },
        22 => Payload::Reimburse { spend: spend(s), paid_ref: digest(s) },
        23 => Payload::RequestRed { invoice: slot(s), reason: s.pick(&RED_REASONS) },
        24 => {
            let answer = s.pick(&[RedAnswer::Confirm, RedAnswer::Refuse, RedAnswer::Withdraw]);
            Payload::AnswerRed { form: FormId(s.next()), answer }
        }
        26 => Payload::ProposeChange { change: change(s), effective: Height(s.next()) },
        27 => Payload::ApproveChange { proposal: ProposalId(s.next()) },
        28 => Payload::WithdrawChange { proposal: ProposalId(s.next()) },
        29 => Payload::ReportMisbehaviour(Box::new(evidence(s))),
        30 => Payload::SwitchConsensus(switch_certificate(s)),
        31 => {
            let Office { role, holder, until_ms } = office(s);
            Payload::AssignRole { account: account_id(s), key: KeyId(s.next() as u16), role, holder, until_ms }
        }
        33 => Payload::Delegate {
            to: account_id(s),
            kinds: s.next(),
            until_ms: ms(s),
            daily_count: s.next() as u32,
            daily_amount: fen(s),
        },
        34 => Payload::EndDelegation { from: account_id(s), to: account_id(s) },
        35 => Payload::SetRecovery { policy: s.option(recovery_policy) },
        36 => Payload::ProposeRecovery { account: account_id(s), new_key: s.bytes(), evidence: digest(s) },
        37 => Payload::ApproveRecovery { account: account_id(s), number: s.next() as u32 },
        38 => Payload::CancelRecovery { account: account_id(s), number: s.next() as u32 },
        39 => Payload::RegisterCertificate { account: account_id(s), certificate: certificate_claim(s) },
        40 => Payload::RevokeCertificate { fingerprint: digest(s), reason: s.next() as u8 },
        32 => Payload::EndRole { account: account_id(s), key: KeyId(s.next() as u16) },
        45 => Payload::CommitteeReady(Box::new(committee_ready(s))),
        47 => Payload::AnchorLog { log: digest(s), entries: s.next(), head: digest(s) },
        _ => Payload::IssueRed {
            invoice: slot(s),
            sequence: s.next() as u32,
            reason: s.pick(&RED_REASONS),
            form: s.option(|s| FormId(s.next())),
        },
    }
}
