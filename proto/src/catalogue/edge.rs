//! 9xx: the edge.

use tonic::Code;

use super::entry::{Entry, ExitCode, Retry, entries};
use crate::edge_reason::EdgeReason as R;

entries! {
    InvalidArgument, InvalidArgument, BadData, Never:
        "请求字段有误", "a field of the request is not what it should be";
        "按字段路径更正后重试", "correct the field named and try again".
    NotFound, NotFound, NotFound, Never:
        "未找到", "not found at this height";
        "核对编号；刚提交的数据可带 min_height 再查", "check the id; for what was just written ask with min_height".
    Deadline, DeadlineExceeded, Deadline, Same:
        "超时，结果未知", "the deadline passed before the outcome was known";
        "结果未知不等于失败：用同一请求号查询结果，或以相同内容重试", "unknown is not failed: ask for the fate of the same id, or retry with the same content".
    Unavailable, Unavailable, Unavailable, Same:
        "服务无法连接或正在启停", "the service cannot be reached, or is starting or stopping";
        "检查地址与服务是否运行，稍后重试", "check the address and that the service runs; try again shortly".
    RateLimited, ResourceExhausted, Temporary, Same:
        "请求过于频繁", "too many calls";
        "按提示时间后重试", "try again after the time named".
    Internal, Internal, General, Never:
        "服务内部故障", "a fault inside the service";
        "先查询该请求号的结果；把请求号交给运维人员", "ask for the fate of the request first; give its id to the operator".
    NotProvableYet, FailedPrecondition, Temporary, Same:
        "下一区块产生后方可证明", "it can be proved once the next block is there";
        "片刻后重试", "try again in a moment".
    ProofTooOld, OutOfRange, NotFound, Never:
        "只为最近 1000 个高度出具证明", "proofs are made for the last 1,000 heights only";
        "改为索取当前状态的证明", "ask for a proof of the present state".
    VerifyMismatch, NotFound, Verification, Never:
        "查验不一致：所填内容与链上任何发票都不符", "no invoice of this chain has these values";
        "对照票面逐项核对；仍不一致时请勿付款并联系开票方", "compare each value with the face; if it stays so, do not pay and ask the issuer".
    PageToken, InvalidArgument, BadData, Never:
        "翻页标记无效", "the page token is not one of this list";
        "条件改变后从第一页重新查询", "after a change of the filter start again from the first page".
    HeightNotReached, Unavailable, Temporary, Same:
        "节点尚未到达所要求的高度", "the node has not reached the height asked for";
        "稍后重试", "try again shortly".
    Unauthenticated, Unauthenticated, Permission, Never:
        "未说明身份", "the caller did not say who it is";
        "带上凭据", "send a credential".
    Forbidden, PermissionDenied, Permission, Never:
        "无权操作该账户或查看该内容", "the caller may not act for this account or see this";
        "换用有权的身份", "use an identity that is allowed".
    KeyNotHeld, FailedPrecondition, Permission, Never:
        "服务未保管该账户的密钥", "the service keeps no key of this account";
        "由账户自行签名后直接提交给节点", "sign with the account's own key and submit to a node".
    ClockNotDriven, FailedPrecondition, Usage, Never:
        "本链使用真实时钟，不可设置", "block time follows the wall clock on this chain";
        "仅在驱动时钟的开发链上设置时间", "set time on development chains with a driven clock only".
    ClockBackwards, InvalidArgument, BadData, Never:
        "区块时间不可倒退", "block time never goes back";
        "改为更晚的时间", "choose a later time".
    ProofInvalid, DataLoss, Verification, Never:
        "证明验证失败", "the proof does not verify";
        "不要信任该文件；向可信节点重新索取", "do not trust the file; ask a node that you trust for a new one".
    SubscriberTooSlow, ResourceExhausted, Temporary, Same:
        "订阅方读取过慢，已断开", "the subscriber read too slowly and was cut off";
        "从最后收到的高度加一处重新订阅", "subscribe again from the last height received plus one".
    BadAnswer, DataLoss, General, Never:
        "无法理解对方的应答", "the answer is not one that this client understands";
        "核对地址；升级版本较旧的一方", "check the address; upgrade the older side".
    NotOffered, Unimplemented, Usage, Never:
        "该服务不提供此调用", "the service does not offer this call";
        "核对地址与版本", "check address and version".
    NotKept, OutOfRange, NotFound, Never:
        "该节点自快照开始，不保存此前的区块", "the node began with a snapshot and does not keep what was before";
        "向保存全部区块的节点查询", "ask a node that keeps all blocks".
    AuditUnavailable, Unavailable, Unavailable, Same:
        "审计日志不可写，暂停受理", "the audit log cannot be written: nothing is done that cannot be recorded";
        "稍后重试；运维人员请检查审计日志的存储", "try again later; operators: look at the disks of the audit log".
    CertificateRevoked, PermissionDenied, Permission, Never:
        "证书已在链上吊销", "the caller's certificate is revoked in the register";
        "换用新证书，并在链上登记", "use another certificate, and have it registered".
    CertificateNotRegistered, PermissionDenied, Permission, Never:
        "此处只接受在链上登记的证书", "only callers with a registered certificate are heard here";
        "在链上登记证书后再连接", "have the certificate registered on the chain, then connect".
}
