//! 6xx to 8xx: an invoice's state, red letters, payments and orders.

use ledger_types::RejectReason as R;
use tonic::Code;

use super::entry::{Entry, ExitCode, Retry, entries};

entries! {
    OutputUnknown, NotFound, NotFound, Never:
        "没有该发票或付款[：{0}]", "no such invoice or payment[: {0}]";
        "核对槽位或发票号码", "check the slot or the invoice number".
    OutputSpent, Aborted, Conflict, Never:
        "已被先行操作[：{0}，现为{1}]", "somebody was first[: {0} is now at {1}]";
        "重新读取状态，确认后再操作", "read its state again and decide anew".
    WrongAsset, FailedPrecondition, BadData, Never:
        "该槽位不是所需种类[：{0}]", "the slot holds another kind of asset[: {0}]";
        "核对槽位", "check the slot".
    NotOwner, PermissionDenied, Permission, Never:
        "签名人不是持有人[：{0}]", "the signers do not hold it[: {0}]";
        "由持有人签名", "have its holder sign".
    ConditionMismatch, InvalidArgument, BadData, Never:
        "出示的持有条件不对或多余[：{0}]", "the revealed condition is not the one in state, or is needless[: {0}]";
        "只对条件持有的发票出示原条件", "reveal the very condition, and only where it is kept by hash".
    AlreadyClaimed, Aborted, Conflict, Never:
        "发票已被认领[：{0}]", "the invoice was claimed already[: {0}]";
        "向商户核实；如系他人冒领请重开", "ask the merchant; if somebody else claimed it, have it reversed and issued again".
    NotClaimed, FailedPrecondition, Conflict, NewId:
        "发票尚未认领[：{0}]", "the invoice is not claimed yet[: {0}]";
        "先凭小票凭证认领", "claim it first with the token from the till".
    OnOffer, FailedPrecondition, Conflict, NewId:
        "发票流转中[：{0}，截至 {1}]", "the invoice is on offer[: {0}, until {1}]";
        "等待接收、拒收，或由转出方撤回", "wait for the answer, or have the giver withdraw".
    NotOffered, FailedPrecondition, Conflict, Never:
        "发票不在流转中[：{0}]", "the invoice is not on offer[: {0}]";
        "由持有人先发起流转", "have its holder offer it first".
    OfferLapsed, FailedPrecondition, Conflict, Never:
        "流转已过期[：{0}，截至 {1}]", "the offer has lapsed[: {0}, until {1}]";
        "请转出方重新发起", "ask the giver to offer it again".
    Locked, FailedPrecondition, Conflict, NewId:
        "发票已锁定[：{0}，由{1}锁定至 {2}]", "the invoice is locked[: {0}, by {1} until {2}]";
        "等待锁定到期，或由锁定方解锁", "wait for the lock to end, or have the locker unlock it".
    NotLocked, FailedPrecondition, Conflict, NewId:
        "发票未锁定[：{0}]", "the invoice is not locked[: {0}]";
        "先锁定", "lock it first".
    NotLocker, PermissionDenied, Permission, Never:
        "由他方锁定[：{0}，{1}]", "the lock is somebody else's[: {0}, {1}]";
        "由锁定方操作", "have the locker do it".
    AlreadyReimbursed, FailedPrecondition, Conflict, Never:
        "发票已报销，不得重复[：{0}，由{1}于 {2} 报销]", "the invoice was reimbursed: closed for ever[: {0}, by {1} at {2}]";
        "退回报销人；不得再次付款", "give it back to whoever handed it in; do not pay again".
    AlreadyBooked, FailedPrecondition, Conflict, Never:
        "发票已入账[：{0}，{1}]", "the invoice is booked[: {0}, by {1}]";
        "如入账有误，由入账方先撤销", "if the booking is wrong, have whoever booked it take it back first".
    NotBooked, FailedPrecondition, Conflict, NewId:
        "发票未入账[：{0}]", "the invoice is not booked[: {0}]";
        "先入账", "book it first".
    NotBooker, PermissionDenied, Permission, Never:
        "由他方入账[：{0}，{1}]", "the booking is in somebody else's books[: {0}, {1}]";
        "由入账方操作", "have whoever booked it do it".
    AlreadyReversed, FailedPrecondition, Conflict, Never:
        "发票已红冲[：{0}，红票{1}]", "the invoice was reversed[: {0}, by the red invoice in {1}]";
        "不得再使用；需要时请商户重开", "do not use it; ask the merchant for a new one if needed".
    IsRed, FailedPrecondition, Conflict, Never:
        "红字发票不能办理此事[：{0}]", "a red invoice cannot do this[: {0}]";
        "改用对应的蓝字发票", "use the blue invoice".
    TimeOutOfRange, InvalidArgument, BadData, Never:
        "时限在过去或过远[：{0}，现在 {1}，最晚 {2}]", "a time in the past or too far ahead[: {0}, now {1}, at most {2}]";
        "改为允许范围内的时间", "choose a time within the range".
    ApplicationGone, NotFound, NotFound, Never:
        "申请不存在，或已开具、撤回、过期[：申请 {0|count}]", "no such application, or it was issued, withdrawn or lapsed[: application {0|count}]";
        "查询该申请的结果；未开具时重新申请", "look up what became of it; apply again if nothing was issued".
    NotApplicant, PermissionDenied, Permission, Never:
        "申请属于他方[：{0}]", "the application is somebody else's[: {0}]";
        "由申请人办理", "have the applicant do it".

    NotSeller, PermissionDenied, Permission, Never:
        "只有销售方可以红冲[：{0}]", "only the seller issues the red invoice[: {0}]";
        "请销售方办理", "ask the seller".
    RedNeedsConfirmation, FailedPrecondition, Conflict, Never:
        "发票已入账或报销，须对方先确认[：{0}][，使用方为{1}]", "the invoice was booked or reimbursed: the other side must confirm first[: {0}][, used by {1}]";
        "先发起红字确认单", "ask for the red letter's confirmation first".
    RedConfirmationNotNeeded, FailedPrecondition, Conflict, Never:
        "发票未使用，无需确认单[：{0}]", "the invoice is unused: no confirmation is needed[: {0}]";
        "由销售方直接红冲", "have the seller reverse it directly".
    RedFormPending, FailedPrecondition, Conflict, Never:
        "该发票已有待处理的确认单[：第 {0|count} 号]", "a form for this invoice is pending[: form {0|count}]";
        "处理该确认单，或等待过期", "answer that form, or wait until it lapses".
    RedFormUnknown, NotFound, NotFound, Never:
        "没有该确认单[：第 {0|count} 号]", "no such form[: form {0|count}]";
        "核对确认单编号", "check the form's number".
    RedFormState, FailedPrecondition, Conflict, Never:
        "确认单状态不允许[：第 {0|count} 号，{1|form_state}][：{0|form_state}，期限 {1|time}]", "the form is not in a state for this[: form {0|count} is {1|form_state}][: {0|form_state}, until {1|time}]";
        "读取确认单的最新状态", "read the form's present state".
    NotRedParty, PermissionDenied, Permission, Never:
        "不是确认单的任何一方[：{0}]", "neither side of the form[: {0}]";
        "由销售方或入账方办理", "have the seller or whoever booked it do it".
    RedFormMismatch, InvalidArgument, BadData, Never:
        "发票与确认单不对应[：第 {0|count} 号]", "the invoice and the form do not belong together[: form {0|count}]";
        "核对确认单、发票与原因", "check form, invoice and reason".

    PaymentKnown, AlreadyExists, Conflict, Never:
        "该付款已登记[：{0}]", "the payment was recorded already[: {0}]";
        "使用已登记的付款", "use the record that exists".
    NotPayee, PermissionDenied, Permission, Never:
        "收款方是他方[：{0}]", "the payment is another payee's[: {0}]";
        "由收款方开票", "have the payee issue the invoice".
    PaymentShort, FailedPrecondition, Conflict, Never:
        "付款余额不足[：{0}，剩余 {1}]", "less is left of the payment[: {0}, {1} left]";
        "减少使用金额，或补充其他付款", "use less of it, or add another payment".
    PaymentLinks, FailedPrecondition, BadData, Never:
        "付款与发票的对应过多[：{0}，上限 {1}]", "too many payments of one invoice, or invoices of one payment[: {0}, at most {1}]";
        "合并或拆分付款", "merge or split the payments".
    OrderInvoiced, AlreadyExists, Conflict, Never:
        "该订单已申请或已开票[：申请 {0|count}][：{0|slot}]", "the order has an application or invoice[: application {0|count}][: {0|slot}]";
        "使用已有发票；如需重开先红冲", "use that invoice; to issue again reverse it first".
    PaymentBelowAmount, FailedPrecondition, BadData, Never:
        "付款与发票金额不符[：付款 {0}，发票 {1}]", "the payments are not the invoice's amount[: payments {0}, invoice {1}]";
        "补齐付款，或更正发票金额", "add payments, or correct the invoice's amount".
}
