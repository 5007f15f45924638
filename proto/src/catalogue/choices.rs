//! Names of the small enumerations that refusals carry by number.

use super::{Lang, faults};

type Row = (u8, &'static str, &'static str);

/// One table of names, by number.
pub(super) type Table = (&'static str, &'static [Row]);

/// Enumerations of the ledger's format.
const TABLES: &[Table] = &[
    (
        "status",
        &[
            (0, "正常", "normal"),
            (1, "非正常户", "abnormal"),
            (2, "暂停开票", "suspended"),
            (3, "走逃（失联）", "fled"),
            (4, "注销", "cancelled"),
        ],
    ),
    ("risk", &[(0, "低", "low"), (1, "中", "medium"), (2, "高", "high")]),
    (
        "kind",
        &[
            (0, "区块链电子普通发票", "blockchain ordinary invoice"),
            (1, "区块链电子专用发票", "blockchain special invoice"),
        ],
    ),
    (
        "account_kind",
        &[
            (0, "税务局", "bureau"),
            (1, "企业", "enterprise"),
            (2, "服务商", "service provider"),
            (3, "支付机构", "payment provider"),
            (4, "个人", "person"),
            (5, "节点", "node"),
        ],
    ),
    ("nature", &[(0, "正常行", "normal"), (1, "被折扣行", "discounted"), (2, "折扣行", "discount")]),
    (
        "zero",
        &[
            (0, "出口零税", "zero for exports"),
            (1, "免税", "exempt"),
            (2, "不征税", "out of scope"),
            (3, "普通零税率", "ordinary zero"),
        ],
    ),
    (
        "section",
        &[
            (0, "票面要素", "facts"),
            (1, "销售方", "seller"),
            (2, "购买方", "buyer"),
            (3, "明细", "lines"),
            (4, "联系方式", "contacts"),
            (5, "附件", "attachments"),
            (6, "内容密钥", "content key"),
        ],
    ),
    (
        "policy",
        &[
            (0, "无优惠", "no policy"),
            (1, "简易征收", "simplified levy"),
            (2, "稀土产品", "rare earth"),
            (3, "免税", "exempt"),
            (4, "不征税", "out of scope"),
            (5, "先征后退", "levy then refund"),
            (6, "100%先征后退", "levy then refund 100%"),
            (7, "50%先征后退", "levy then refund 50%"),
            (8, "按3%简易征收", "simplified levy at 3%"),
            (9, "按5%简易征收", "simplified levy at 5%"),
            (10, "按5%简易征收减按1.5%计征", "simplified levy at 5%, reduced to 1.5%"),
            (11, "即征即退30%", "refund on levy 30%"),
            (12, "即征即退50%", "refund on levy 50%"),
            (13, "即征即退70%", "refund on levy 70%"),
            (14, "即征即退100%", "refund on levy 100%"),
            (15, "超税负3%即征即退", "refund above a burden of 3%"),
            (16, "超税负8%即征即退", "refund above a burden of 8%"),
            (17, "超税负12%即征即退", "refund above a burden of 12%"),
            (18, "超税负6%即征即退", "refund above a burden of 6%"),
        ],
    ),
    (
        "form_state",
        &[
            (2, "销方录入待购方确认", "waiting for the buyer"),
            (3, "购方录入待销方确认", "waiting for the seller"),
            (4, "双方已确认", "confirmed"),
            (5, "购方否认", "refused by the buyer"),
            (6, "销方否认", "refused by the seller"),
            (7, "超72小时未确认", "lapsed"),
            (8, "发起方撤销", "withdrawn"),
            (14, "已开具红票", "used"),
        ],
    ),
    (
        "red_reason",
        &[
            (1, "开票有误", "issue error"),
            (2, "销货退回", "sales return"),
            (3, "服务中止", "service stopped"),
            (4, "销售折让", "sales allowance"),
        ],
    ),
    (
        "proposal_state",
        &[
            (0, "审批中", "open"),
            (1, "已批准待生效", "scheduled"),
            (2, "已生效", "applied"),
            (3, "未能执行", "failed"),
            (4, "已过期", "lapsed"),
            (5, "已撤回", "withdrawn"),
        ],
    ),
    (
        "consensus",
        &[
            (1, "单节点", "solo"),
            (2, "拜占庭容错", "Byzantine"),
            (3, "崩溃容错", "crash-fault"),
            (4, "自适应容错", "adaptive"),
        ],
    ),
];

/// A choice's name, or its number if the table does not have it.
pub(super) fn name(table: &str, number: u8, lang: Lang) -> String {
    let rows = TABLES.iter().chain(faults::TABLES).find(|(name, _)| *name == table).map_or(&[][..], |(_, rows)| rows);
    match (rows.iter().find(|(n, _, _)| *n == number), lang) {
        (Some((_, zh, _)), Lang::Zh) => (*zh).to_owned(),
        (Some((_, _, en)), Lang::En) => (*en).to_owned(),
        (None, Lang::Zh) => format!("编号 {number}"),
        (None, Lang::En) => format!("number {number}"),
    }
}

/// Whether there is such a table.
#[cfg(test)]
pub(super) fn has_table(table: &str) -> bool {
    TABLES.iter().chain(faults::TABLES).any(|(name, _)| *name == table)
}
