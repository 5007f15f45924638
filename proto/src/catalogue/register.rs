//! 4xx: the register.

use ledger_types::RejectReason as R;
use tonic::Code;

use super::entry::{Entry, ExitCode, Retry, entries};

entries! {
    AccountUnknown, NotFound, NotFound, Never:
        "账户不存在[：{0}]", "no such account[: {0}]";
        "核对账户号", "check the account's id".
    TaxIdTaken, AlreadyExists, Conflict, Never:
        "该税号已有账户[：{0}]", "the tax id has an account already[: {0}]";
        "使用已有账户", "use the account that exists".
    IdentityMismatch, InvalidArgument, BadData, Never:
        "企业须有税号和名称，个人不得登记税号和名称", "an enterprise needs a tax id and a name, a person must have neither";
        "更正开户资料", "correct the account's data".
    KeyListInvalid, InvalidArgument, BadData, Never:
        "密钥列表无效：编号须连续、总数有限，且须保留一把管理员密钥", "the key list is not valid: ids must continue, their number is limited, and an administrator's key must remain";
        "按账户现有密钥更正列表", "correct the list by the account's present keys".
    AreaUnknown, NotFound, NotFound, Never:
        "本链不办理该地区[：{0}]", "this chain does not issue in that area[: {0}]";
        "核对地区代码", "check the area's code".
    RuleBookVersion, FailedPrecondition, Conflict, Never:
        "规则版本须紧接上一版[：应为 {0}，实为 {1}]", "the rule book's version must follow the last[: expected {0}, found {1}]";
        "读取最新规则，在其上重新编制", "read the newest rule book and build on it".
    RuleBookBackdated, FailedPrecondition, BadData, Never:
        "规则生效时间早于当前或上一版[：{0}，最早 {1}]", "the rule book would take force in the past or before the last one[: {0}, earliest {1}]";
        "改用将来的生效时间", "choose a time in the future".
    RuleBookInvalid, InvalidArgument, BadData, Never:
        "规则参数有误[：{0|book_fault}]", "the rule book contradicts itself[: {0|book_fault}]";
        "更正该参数", "correct the parameter named".
    ProfileInvalid, InvalidArgument, BadData, Never:
        "核定内容有误[：{0|profile_fault}]", "the approval contradicts itself[: {0|profile_fault}]";
        "更正该条目", "correct the entry named".
    StatusFinal, FailedPrecondition, Conflict, Never:
        "注销后不可变更", "a cancelled taxpayer stays cancelled";
        "如需继续经营请重新登记", "register anew".
    NumbersExhausted, ResourceExhausted, Temporary, NewId:
        "该地区本年度发票代码已用完", "all invoice codes of the area and year are used up";
        "联系税务局", "ask the tax bureau".
    RoleConflict, FailedPrecondition, Conflict, Never:
        "系统、安全、审计三岗不得由同一人兼任[：{0}]", "one person has at most one of the offices of system, security and audit[: {0} has another]";
        "先撤销原岗位，或授予他人", "end the other office first, or give it to somebody else".
    OfficeInvalid, FailedPrecondition, BadData, Never:
        "岗位与账户类型不符、密钥不是有效的操作员密钥，或到期时间已过", "the role does not go with the kind of account, the key is not an active operator's, or the end is past";
        "核对岗位、密钥和到期时间", "check role, key and end".
    OfficeUnknown, NotFound, NotFound, Never:
        "该密钥没有岗位[：{0}，{1}]", "the key has no office[: {0}, {1}]";
        "读取账户的岗位列表", "read the account's offices".
    DelegationInvalid, FailedPrecondition, BadData, Never:
        "委托期限已过或过长、受托方不是有效的服务商，或受托方过多", "the delegation's end is past or too far ahead, its receiver is no open service provider, or there are too many";
        "核对受托方和期限", "check the receiver and the end".
    DelegationUnknown, NotFound, NotFound, Never:
        "没有这项委托[：{0} 对 {1}]", "no such delegation[: of {0} to {1}]";
        "读取该企业的委托列表", "read the enterprise's delegations".
    RecoveryInvalid, FailedPrecondition, BadData, Never:
        "监护人须为他人的有效账户，新密钥须是该账户未用过的[：{0}]", "guardians are open accounts of others, and the new key is one that the account never had[: {0}]";
        "更正监护人或密钥", "correct the guardians or the key".
    RecoveryUnknown, NotFound, NotFound, Never:
        "该账户未设监护人，或没有这项进行中的恢复[：{0}]", "the account has no guardians, or no such recovery is under way[: {0}]";
        "读取该账户的恢复状态", "read the account's recovery".
    RecoveryPending, FailedPrecondition, Conflict, Never:
        "该账户已有进行中的恢复", "another recovery of the account is under way";
        "批准或取消它", "approve or cancel that one".
    RecoveryTooOften, FailedPrecondition, Conflict, Never:
        "一年内的恢复或提议次数已满[：上限 {0}]", "recovered or proposed as often as is allowed within a year[: limit {0}]";
        "由其他监护人提议，或联系主管税务局", "have another guardian propose it, or ask the tax bureau".
    RecoveryRepeated, FailedPrecondition, Conflict, Never:
        "该监护人已批准", "the guardian approved this recovery already";
        "由另一名监护人批准", "have another guardian approve".
    CertificateOver, FailedPrecondition, BadData, Never:
        "证书已过有效期", "the certificate's time is over";
        "换发后再登记", "have it renewed, and register that one".
    CertificateKnown, AlreadyExists, Conflict, Never:
        "该证书已登记，或已登记并吊销[：{0}]", "the certificate is registered, or was and is revoked[: {0}]";
        "登记另一张证书", "register another certificate".
    CertificateUnknown, NotFound, NotFound, Never:
        "没有这张登记的证书，或已吊销[：{0}]", "no such certificate is registered, or it is revoked already[: {0}]";
        "核对证书指纹", "check the fingerprint".
    LogNotAhead, FailedPrecondition, Conflict, Never:
        "该日志已锚定到同等或更多条目[：已有 {0} 条，提交 {1} 条]", "the log was anchored with as many entries or more[: {0}, now {1}]";
        "核对日志是否被截断", "find out whether the log was cut off".
    ReadinessForeign, FailedPrecondition, BadData, Never:
        "就绪证明的签署方不是现有共识节点", "the proof of readiness is of a key that is no validator's";
        "由现有共识节点出具；新加入的节点在加入后再出具", "have a validator in force make it; one that joins makes it once it has joined".
    CommitteeKeyInvalid, FailedPrecondition, BadData, Never:
        "不能命名该委员会密钥[：第 {0|count} 期，应为第 {1|count} 期]", "this key of the committee cannot be named[: epoch {0|count}, next is {1|count}]";
        "命名下一期的新公钥；一次只能有一个待启用的密钥，正文不加密的链没有委员会", "name a new public key of the next epoch; one at a time may wait to be in force, and a chain of plain bodies has none".
    NoNextCommittee, FailedPrecondition, Conflict, Never:
        "没有待启用的这一期委员会密钥[：第 {0|count} 期，待启用第 {1|count} 期]", "this key of the committee is not named to be the next[: epoch {0|count}, named is {1|count}]";
        "查询现行与待启用的委员会密钥", "read which keys are in force and named: taxchain node committee-key status".
    ReadinessKnown, AlreadyExists, Conflict, Never:
        "该节点已就第 {0|count} 期密钥就绪", "this validator is ready for the key of epoch {0|count} already";
        "无需重复提交", "there is no need to show it again".
    ReadinessSignature, InvalidArgument, Verification, Never:
        "就绪证明并非由该节点的表决密钥在本链签名", "the proof of readiness is not signed by the validator's voting key, for this chain";
        "核对表决密钥与所属链", "check the voting key and the chain".
    KeyNotPossessed, InvalidArgument, Verification, Never:
        "就绪证明并非由待启用的委员会私钥签名", "the proof of readiness is not signed with the committee's next private key, for this chain, epoch and validator";
        "安装与公布的指纹相符的私钥文件", "install the key file whose fingerprint is the one named".
}
