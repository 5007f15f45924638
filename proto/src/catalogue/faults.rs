//! Names of the faults that the rules number within one reason.

use super::choices::Table;

/// Tables by name.
pub(super) const TABLES: &[Table] = &[
    (
        "line_name_fault",
        &[
            (0, "为空", "empty"),
            (1, "过长", "too long"),
            (2, "不是“*简称*项目名称”", "not `*short name*item`"),
            (3, "简称过长", "its short name is too long"),
            (4, "项目名称过长", "its item is too long"),
        ],
    ),
    (
        "quantity_fault",
        &[
            (0, "有单价而无数量", "a price without a quantity"),
            (1, "有数量而无单价", "a quantity without a price"),
            (2, "不是规范的小数（最多 13 位小数）", "not a decimal number of at most 13 places"),
            (3, "必须大于零", "it must be above zero"),
        ],
    ),
    ("title_fault", &[(0, "缺失", "missing"), (1, "过长", "too long"), (2, "无效", "not valid")]),
    (
        "book_fault",
        &[
            (0, "版本号从 1 起", "versions count from 1"),
            (1, "税率数量不在 1 至 256 之间", "there must be 1 to 256 rates"),
            (2, "有无效税率", "a rate that is none"),
            (3, "税率重复", "the same rate twice"),
            (4, "误差须在 0 至 100 元之间", "a tolerance must be from 0 to 100 yuan"),
            (
                5,
                "折扣行、明细行、整票误差须依次不减",
                "tolerances of discount, line and invoice must rise in this order",
            ),
            (6, "最多行数须在 1 至 10000 之间", "most lines must be from 1 to 10,000"),
            (7, "名称长度上限过小", "the longest line name is too short"),
            (8, "购买方名称长度上限过小", "the longest buyer's name is too short"),
            (9, "单张限额超出范围", "the highest amount of an invoice is out of range"),
            (10, "付款对应数须在 1 至 100 之间", "most payments must be from 1 to 100"),
            (11, "红字确认时限超出范围", "the time to answer a red-letter form is out of range"),
            (12, "申请有效期超出范围", "the longest life of an application is out of range"),
            (13, "锁定时限超出范围", "the longest lock is out of range"),
            (14, "流转时限超出范围", "the longest offer is out of range"),
        ],
    ),
    (
        "profile_fault",
        &[
            (0, "条目过多", "too many entries"),
            (1, "票种重复", "a kind of invoice twice"),
            (2, "单张限额超出范围", "a highest amount is out of range"),
            (3, "月度额度超出范围", "the monthly quota is out of range"),
            (4, "核定了无效税率", "a grant of a rate that is none"),
            (5, "核定的编码前缀无效", "a grant whose tax-code prefix starts no code"),
            (6, "核定的止期早于起期", "a grant that ends before it begins"),
            (7, "核定的优惠与税率不符", "a grant whose policy and rate do not go together"),
            (8, "经营范围的编码前缀无效", "a category whose tax-code prefix starts no code"),
        ],
    ),
];
