//! 320 and on, 425 and on: grants, and inspections and erasures of bureaus.

use ledger_types::RejectReason as R;
use tonic::Code;

use super::entry::{Entry, ExitCode, Retry, entries};

entries! {
    NotIssuerOrHolder, PermissionDenied, Permission, Never:
        "授权人既未开具也未持有该发票[：{0}]", "neither issued nor held by who gives the grant[: {0}]";
        "只授权自己开具或持有的发票", "name invoices of your own".
    NotGiver, PermissionDenied, Permission, Never:
        "只有授权人本人可以撤销授权", "only who gave a grant takes it back";
        "由授权人签名", "have the giver sign".
    SecondAuditorMissing, PermissionDenied, Permission, Never:
        "调阅须由两名审计员共同签名[：{0}]", "access takes two auditors who are two persons[: {0}]";
        "请另一名审计员作为共同签名人签名", "have another auditor sign as co-signer".
    OutsideInspection, PermissionDenied, Permission, Never:
        "发票或审计员不在该检查的范围内，或检查已结束[：{0}]", "the invoice or an auditor is not one of this inspection's, or it has ended[: {0}]";
        "核对检查的地区、纳税人、期间、审计员和截止时间", "check the inspection's area, taxpayers, period, auditors and end".
    BureauNotStaffed, PermissionDenied, Permission, Never:
        "只有已设岗的税务局可以立案检查、调阅和责令删除", "only a bureau with offices inspects and orders erasure";
        "先设立安全、审批和审计岗位", "assign offices of security, approval and audit first".
    GrantUnknown, NotFound, NotFound, Never:
        "没有该授权：从未作出、已撤销，或已到期清除", "no such grant: never given, taken back, or ended and cleared away";
        "读取授权列表", "read the list of grants".
    TooManyGrants, ResourceExhausted, Temporary, NewId:
        "授权人未到期的授权过多[：{0|count}，上限 {1|count}]", "the giver has too many grants that have not ended[: {0|count}, at most {1|count}]";
        "撤销不再需要的授权，或把多张发票写进一个授权", "take grants back that are needed no more, or name several invoices in one".
    AlreadyErased, FailedPrecondition, Conflict, Never:
        "所列内容此前均已责令删除[：{0}]", "all of it was ordered to be deleted before[: {0}]";
        "从删除令中去掉该发票，或核对所列内容", "leave the invoice out, or check which sections are named".
    InspectionUnknown, NotFound, NotFound, Never:
        "没有该检查", "no such inspection";
        "读取检查列表", "read the list of inspections".
}
