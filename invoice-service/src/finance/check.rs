//! The checks of one invoice before it is reimbursed: pure, each with its reason in both languages.

use ledger_types::{
    Account, AccountId, Address, BlockTime, BookingState, BuyerTitle, ClaimState, FaceState, Fen, Owner,
    ReimbursementState, TitleKind,
};
use proto::invoice::v1::{Check, CheckKind};

use crate::view::Held;

/// Who checks, with what is on the paper.
pub(super) struct Checker<'a> {
    pub(super) company: &'a Account,
    pub(super) address: Address,
    /// Amount with tax as the paper says.
    pub(super) paper_total: Option<Fen>,
}

fn check(kind: CheckKind, passed: bool, zh: impl Into<String>, en: impl Into<String>) -> Check {
    let (detail_zh, detail_en) = if passed { Default::default() } else { (zh.into(), en.into()) };
    Check { kind: kind.into(), passed, detail_zh, detail_en }
}

/// The one answer for an invoice that is not there, and for one whose amount a stranger does not know.
pub(super) fn unknown() -> Vec<Check> {
    vec![check(CheckKind::Exists, false, "链上没有该金额的此发票", "no such invoice with this amount is on the chain")]
}

/// The invoice has moved on since the step that the caller saw.
pub(super) fn moved() -> Vec<Check> {
    vec![check(CheckKind::Exists, false, "发票状态已变化，请重新查询", "it has moved on since: look it up again")]
}

impl Checker<'_> {
    /// Whether the company holds the invoice, or may take it by accepting an offer.
    pub(super) fn is_holder(&self, held: &Held) -> bool {
        held.output.owner == Owner::Address(self.address)
            || matches!(held.invoice.claim, ClaimState::Offered { from, to, .. } if [from, to].contains(&self.address))
    }

    /// Whether the checks may say more than that it exists: a holder may see it, others show the paper's amount.
    pub(super) fn may_see(&self, held: &Held) -> bool {
        self.is_holder(held) || self.paper_total == Some(held.output.amount)
    }

    /// Every check but that of the proof.
    pub(super) fn run(&self, held: &Held, title: &BuyerTitle) -> Vec<Check> {
        let mut checks = vec![check(CheckKind::Exists, true, "", "")];
        if let Some(paper) = self.paper_total {
            let chain = held.output.amount;
            let zh = format!("票面 {paper} 元，链上 {chain} 元");
            checks.push(check(
                CheckKind::Amount,
                paper == chain,
                zh,
                format!("paper {paper} yuan, chain {chain} yuan"),
            ));
        }
        checks.push(self.title(title));
        checks.push(face(held));
        checks.push(self.held(held));
        checks.push(self.unlocked(held));
        checks.push(self.not_reimbursed(held));
        checks.push(self.not_booked(held));
        checks
    }

    fn title(&self, title: &BuyerTitle) -> Check {
        let (zh, en) = match title.kind {
            TitleKind::Individual => ("抬头是个人，不是本单位", "the title is a person's, not the company's"),
            TitleKind::Organisation if title.tax_id != self.company.tax_id => {
                ("抬头税号不是本单位税号", "the tax id of the title is not the company's")
            }
            TitleKind::Organisation if title.name != self.company.name => {
                ("抬头名称与登记名称不一致", "the name of the title is not the company's registered name")
            }
            TitleKind::Organisation => return check(CheckKind::Title, self.company.tax_id.is_some(), "", ""),
        };
        check(CheckKind::Title, false, zh, en)
    }

    fn held(&self, held: &Held) -> Check {
        let (zh, en) = match held.invoice.claim {
            ClaimState::Unclaimed => ("尚未认领", "nobody has claimed it yet"),
            ClaimState::Offered { to, .. } if to == self.address => {
                ("已流转给本单位，待接收", "it is on offer to the company: accept it first")
            }
            ClaimState::Offered { .. } => ("流转中", "it is on offer"),
            ClaimState::Claimed => ("由他人持有", "somebody else holds it"),
        };
        let mine = held.invoice.claim == ClaimState::Claimed && held.output.owner == Owner::Address(self.address);
        check(CheckKind::Held, mine, zh, en)
    }

    fn unlocked(&self, held: &Held) -> Check {
        match held.invoice.reimbursement {
            ReimbursementState::Locked { by, until_ms, .. } if by != self.company.id => {
                let (who, until) = (self.party(by, held), BlockTime(until_ms));
                let zh = format!("已被{}锁定，至 {until}", who.0);
                check(CheckKind::Unlocked, false, zh, format!("{} locked it until {until}", who.1))
            }
            _ => check(CheckKind::Unlocked, true, "", ""),
        }
    }

    fn not_reimbursed(&self, held: &Held) -> Check {
        match held.invoice.reimbursement {
            ReimbursementState::Closed { by, at_ms } => {
                let (who, at) = (self.party(by, held), BlockTime(at_ms));
                let zh = format!("已由{}于 {at} 报销", who.0);
                check(CheckKind::NotReimbursed, false, zh, format!("{} reimbursed it at {at}", who.1))
            }
            _ => check(CheckKind::NotReimbursed, true, "", ""),
        }
    }

    fn not_booked(&self, held: &Held) -> Check {
        match held.invoice.booking {
            BookingState::BookedDeductible { by, at_ms } | BookingState::BookedNotDeductible { by, at_ms }
                if by != self.company.id =>
            {
                let (who, at) = (self.party(by, held), BlockTime(at_ms));
                let zh = format!("已由{}于 {at} 入账", who.0);
                check(CheckKind::NotBooked, false, zh, format!("{} booked it at {at}", who.1))
            }
            _ => check(CheckKind::NotBooked, true, "", ""),
        }
    }

    /// Another party by its account, for a holder; strangers learn that there is one.
    fn party(&self, by: AccountId, held: &Held) -> (String, String) {
        match (by == self.company.id, self.is_holder(held)) {
            (true, _) => ("本单位".to_owned(), "the company itself".to_owned()),
            (false, true) => (format!("账户 {by} "), format!("account {by}")),
            (false, false) => ("其他账户".to_owned(), "another account".to_owned()),
        }
    }
}

fn face(held: &Held) -> Check {
    let (zh, en) = match (held.invoice.face, held.invoice.red_form) {
        (FaceState::Reversed { .. }, _) => ("已红冲", "it was reversed"),
        (FaceState::Red { .. }, _) => ("是红字发票", "it is a red invoice"),
        (FaceState::Blue, Some(_)) => ("有红字确认单在办", "a red-letter form is open for it"),
        (FaceState::Blue, None) => return check(CheckKind::Face, true, "", ""),
    };
    check(CheckKind::Face, false, zh, en)
}

/// Whether the proof holds.
pub(super) fn proof(fault: Option<&str>) -> Check {
    let en = fault.map(|f| format!("the proof does not hold: {f}")).unwrap_or_default();
    check(CheckKind::Proof, fault.is_none(), "证明验证失败", en)
}

#[cfg(test)]
#[path = "check_test.rs"]
mod check_test;
