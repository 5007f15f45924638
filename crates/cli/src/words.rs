//! What names and states are called in front of people. Machines read the plain names in JSON.

use ledger_types::envelope::{Signer, SignerIdentity};
use ledger_types::{BlockTime, Owner, SectionKind, SectionSet};
use sdk::ErasedPart;

/// Chinese for the name of a field, if it is one of the trade's terms.
pub(crate) fn label(name: &str) -> Option<&'static str> {
    Some(match name {
        "verified" => "查验",
        "code" => "发票代码",
        "number" => "发票号码",
        "check_code" => "校验码",
        "invoice_hash" => "发票哈希",
        "amount" | "total" => "价税合计",
        "net" => "不含税金额",
        "tax" => "税额",
        "issued" => "开票时间",
        "seller" => "销售方",
        "seller_tax_id" => "销售方税号",
        "tax_id" => "纳税人识别号",
        "owner" => "持有人",
        "face" => "票面状态",
        "claim" => "认领状态",
        "reimbursement" => "报销状态",
        "booking" => "入账状态",
        "rule_book" => "规则版本",
        "claim_token" => "认领凭证",
        "slot" | "blue_slot" | "red_slot" => "槽位",
        "sequence" => "步数",
        "height" => "区块高度",
        "transaction" => "交易",
        "time" | "block_time" => "区块时间",
        "account" => "账户",
        "area" => "地区",
        "expires" => "失效时间",
        "checks_today" => "今日查验次数",
        "state_root" => "状态根",
        "chain" => "链",
        _ => return None,
    })
}

/// What can be erased of an invoice, and its names.
pub(crate) const ERASABLE: [(SectionKind, &str, &str); 5] = [
    (SectionKind::Seller, "seller", "销售方"),
    (SectionKind::Buyer, "buyer", "购买方"),
    (SectionKind::Lines, "lines", "明细"),
    (SectionKind::Contacts, "contacts", "联系方式"),
    (SectionKind::Attachments, "attachments", "附件"),
];

/// The names of sections.
pub(crate) fn sections(of: SectionSet) -> Vec<&'static str> {
    ERASABLE.iter().filter(|(kind, ..)| of.has(*kind)).map(|(_, name, _)| *name).collect()
}

/// What was deleted by order, and by which order at which height.
pub(crate) fn erased(part: &ErasedPart) -> String {
    let chinese: Vec<_> =
        ERASABLE.iter().filter(|(kind, ..)| part.sections.has(*kind)).map(|(.., name)| *name).collect();
    let (chinese, english) = (chinese.join("、"), sections(part.sections).join(", "));
    match part.order {
        Some(id) => {
            let height = id.height;
            format!(
                "{chinese}：已依删除令 {id} 于高度 {height} 删除 / {english}: erased by order {id} at height {height}"
            )
        }
        None => format!("{chinese}：已依法删除 / {english}: erased by order"),
    }
}

/// Chinese for the state of one of an invoice's four machines.
pub(crate) fn state(name: &str) -> Option<&'static str> {
    Some(match name {
        "blue" => "蓝字",
        "reversed" => "已红冲",
        "red" => "红字",
        "unclaimed" => "待认领",
        "claimed" => "已认领",
        "offered" => "流转中",
        "open" => "未报销",
        "locked" => "已锁定",
        "closed" => "已报销",
        "not_booked" => "未入账",
        "booked_deductible" => "已入账（抵扣）",
        "booked_not_deductible" => "已入账（不抵扣）",
        "unbooked" => "入账撤销",
        _ => return None,
    })
}

/// A state in both languages.
pub(crate) fn both(name: &str) -> String {
    state(name).map_or_else(|| name.to_owned(), |zh| format!("{zh} {name}"))
}

/// Who holds an output.
pub(crate) fn owner(owner: &Owner) -> String {
    match owner {
        Owner::Address(address) => format!("address {address}"),
        Owner::TokenKey(address) => format!("whoever has the claim token ({address})"),
        Owner::Condition(hash) => format!("a condition ({})", hex::encode(hash)),
    }
}

/// Who signed, without their signatures.
pub(crate) fn signers(signers: &[Signer]) -> String {
    let one = |signer: &Signer| {
        let own = match &signer.identity {
            SignerIdentity::Account { account, key } => format!("account {account} (key {key})"),
            SignerIdentity::BareKey(key) => format!("key {}…", hex::encode(&key[..6])),
        };
        signer.acting_for.map_or(own.clone(), |principal| format!("{own} for account {principal}"))
    };
    signers.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A block time as people in Shenzhen read it.
pub(crate) fn time(ms: i64) -> String {
    BlockTime(u64::try_from(ms).unwrap_or(0)).to_string()
}
