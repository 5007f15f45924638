//! 5xx: issuing rules. All that fail come back at once.

use ledger_types::RejectReason as R;
use tonic::Code;

use super::entry::{Entry, ExitCode, Retry, entries};

entries! {
    NoRuleBook, FailedPrecondition, Temporary, NewId:
        "该地区没有生效的开票规则[：{0} 起生效，现在 {1}]", "no rule book is in force in the area[: from {0}, now {1}]";
        "待规则生效后再试，或联系税务局", "try again once it is in force, or ask the tax bureau".
    TaxpayerNotApproved, PermissionDenied, Permission, Never:
        "销售方未经税务局核定", "the seller is not an approved taxpayer";
        "向主管税务局申请票种核定", "apply to the tax bureau for approval".
    TaxpayerBlocked, PermissionDenied, Permission, NewId:
        "销售方状态不允许开票[：应为{0|status}，实为{1|status}]", "the seller's standing blocks issuing[: must be {0|status}, is {1|status}]";
        "联系主管税务局恢复状态", "have the tax bureau restore the standing".
    TaxpayerRisk, PermissionDenied, Permission, NewId:
        "销售方风险等级不允许开票[：最高{0|risk}，实为{1|risk}]", "the seller's risk level blocks issuing[: at most {0|risk}, is {1|risk}]";
        "联系主管税务局核实风险", "clear the risk with the tax bureau".
    KindNotApproved, PermissionDenied, Permission, Never:
        "未核定该票种[：{0|kind}]", "the kind of invoice is not approved[: {0|kind}]";
        "申请核定该票种，或改开已核定票种", "apply for the kind, or use an approved one".
    OverInvoiceLimit, FailedPrecondition, BadData, Never:
        "超过单张限额[：限额 {0}，本票 {1}]", "over the highest amount of one invoice[: at most {0}, this invoice {1}]";
        "拆成多张，或申请提高单张限额", "split it into several invoices, or apply for a higher limit".
    OverQuota, ResourceExhausted, Conflict, NewId:
        "本月额度不足[：额度 {0}，已用 {1}，本票 {2}]", "over the month's quota[: quota {0}, used {1}, this invoice {2}]";
        "等待下月额度、申请提额，或红冲当月未使用的发票", "wait for next month, apply for more quota, or reverse an unused invoice of this month".
    OverDailyCount, ResourceExhausted, Temporary, NewId:
        "超过当日张数[：上限 {0}，已开 {1}]", "over the day's count[: at most {0}, issued {1}]";
        "次日再开，或申请提高张数", "issue tomorrow, or apply for a higher count".
    OverBurst, ResourceExhausted, Temporary, NewId:
        "一分钟内开票过多[：上限 {0}，已开 {1}]", "too many invoices within a minute[: at most {0}, issued {1}]";
        "一分钟后用新请求号再开", "issue again in a minute under a new id".
    LineCount, InvalidArgument, BadData, Never:
        "明细行数不对[：上限 {0} 行，实有 {1} 行]", "no lines, or too many[: at most {0}, found {1}]";
        "至少一行；过多时拆成多张", "give at least one line; split the invoice if there are too many".
    LineName, InvalidArgument, BadData, Never:
        "项目名称有误[：{0|line_name_fault}][，上限 {1} 字，实有 {2} 字]", "the line's name is not valid[: {0|line_name_fault}][, at most {1} characters, found {2}]";
        "写成“*简称*项目名称”", "write it as `*short name*item`".
    TaxCodeInvalid, InvalidArgument, BadData, Never:
        "税收分类编码无效[：{0}]", "not a tax code[: {0}]";
        "使用 19 位商品和服务税收分类编码", "use a tax code of 19 digits, the first from 1 to 6".
    CategoryNotApproved, PermissionDenied, Permission, Never:
        "编码不在经营范围内[：{0}]", "the tax code is outside the business scope[: {0}]";
        "改用范围内的编码，或申请扩大范围", "use a code within the scope, or apply to widen it".
    RateUnknown, InvalidArgument, BadData, Never:
        "税率不在规则所列税率内[：{0}]", "the rate may not appear at all[: {0}]";
        "查询可用税率后更正", "look up the rates in force and correct it".
    RateNotGranted, PermissionDenied, Permission, Never:
        "未核定该税率[：{0}，编码 {1}，{2|policy}]", "the rate is not granted for this code and policy[: {0}, code {1}, {2|policy}]";
        "改用已核定税率，或申请核定", "use a granted rate, or apply for this one".
    PolicyRate, InvalidArgument, BadData, Never:
        "税率与优惠政策不符[：应为 {0}，实为 {1}]", "the policy prescribes another rate[: {0}, not {1}]";
        "更正税率或优惠政策", "correct the rate or the policy".
    ZeroPolicy, InvalidArgument, BadData, Never:
        "零税率与优惠政策不匹配[：{0}，{1|policy}][，应为 {2|policy}]", "the kind of zero and the policy do not go together[: {0}, {1|policy}][, expected {2|policy}]";
        "免税、不征税须选对应政策，其他零税率不选", "choose the policy of exempt or out of scope, none for the other zeros".
    PrepaidNotOutOfScope, InvalidArgument, BadData, Never:
        "以 6 开头的编码须为不征税[：应为 {0}，实为 {1}]", "codes that start with 6 are out of scope[: {0}, not {1}]";
        "把该行税率改为不征税", "set the line's rate to out of scope".
    OutOfScopeMixed, InvalidArgument, BadData, Never:
        "不征税项目不得与其他项目同开[：{0} 行不征税，{1} 行其他]", "out-of-scope lines may not be mixed with others[: {0} and {1} lines]";
        "分开开具", "issue them separately".
    SimplifiedMixed, InvalidArgument, BadData, Never:
        "简易征收项目不得与其他项目同开[：{0} 行简易征收，{1} 行其他]", "simplified-levy lines may not be mixed with others[: {0} and {1} lines]";
        "分开开具", "issue them separately".
    LineSign, InvalidArgument, BadData, Never:
        "金额为零或正负号不对[：{0|nature}，{1}]", "the amount is zero or has the wrong sign[: {0|nature} line, {1}]";
        "正常行为正，折扣行为负", "positive for normal lines, negative for discounts".
    QuantityPrice, InvalidArgument, BadData, Never:
        "数量与单价须同时填写或同时不填[：{0|quantity_fault}]", "quantity and price go together[: {0|quantity_fault}]";
        "补全或删去", "give both or neither".
    LineProduct, InvalidArgument, BadData, Never:
        "数量乘以单价不等于金额[：金额 {0}，允许误差 {1}]", "quantity times price is not the amount[: amount {0}, tolerance {1}]";
        "更正数量、单价或金额", "correct quantity, price or amount".
    LineTax, InvalidArgument, BadData, Never:
        "税额与税率不符[：应为 {0}，实为 {1}，允许误差 {2}]", "the tax is off the rate[: expected {0}, found {1}, tolerance {2}]";
        "按税率重新计算税额", "compute the tax again from the rate".
    InvoiceTax, InvalidArgument, BadData, Never:
        "合计税额与各行税率不符[：应为 {0}，实为 {1}，允许误差 {2}]", "the invoice's tax is off its lines' rates[: expected {0}, found {1}, tolerance {2}]";
        "重新计算各行税额", "compute the lines' taxes again".
    Totals, InvalidArgument, BadData, Never:
        "合计与各行之和不符[：应为 {0}，实为 {1}，允许误差 {2}]", "the totals are not the sum of the lines[: expected {0}, found {1}, tolerance {2}]";
        "重新合计", "add the lines up again".
    DiscountPair, InvalidArgument, BadData, Never:
        "折扣行与被折扣行须相邻成对[：应为{0|nature}][，实为{1|nature}]", "a discount stands straight after its discounted line[: expected {0|nature}][, found {1|nature}]";
        "把折扣行放在被折扣行之后", "put the discount after its line".
    DiscountMismatch, InvalidArgument, BadData, Never:
        "折扣行与被折扣行不一致[：{0}，{1}]", "the discount differs from its line[: {0}, {1}]";
        "名称、编码、税率、政策须一致，无数量单价，且不超过原金额", "same name, code, rate and policy, no quantity, and no more than the line".
    RemarkTooLong, InvalidArgument, BadData, Never:
        "备注过长[：上限 {0} 字，实有 {1} 字]", "the remark is too long[: at most {0} characters, found {1}]";
        "缩短备注", "shorten the remark".
    BuyerTitle, InvalidArgument, BadData, Never:
        "购买方抬头有误[：{0|title_fault}][，上限 {1} 字，实有 {2} 字]", "the buyer's title is not valid[: {0|title_fault}][, at most {1} characters, found {2}]";
        "单位抬头须有名称和正确税号；向购买方核对", "an organisation needs its name and a right tax id; ask the buyer".
    Reserved, Unimplemented, BadData, Never:
        "该功能尚未开放", "this feature is reserved for later";
        "留空该字段", "leave the field out".
    AmountRange, InvalidArgument, BadData, Never:
        "金额超出范围[：界限 {0}，实为 {1}]", "the amount is out of range[: bound {0}, found {1}]";
        "更正金额", "correct the amount".
    TextCharacters, InvalidArgument, BadData, Never:
        "文字含控制字符[：编码 {0}]", "the text has control characters[: code {0}]";
        "删去不可见字符", "remove invisible characters".
}
