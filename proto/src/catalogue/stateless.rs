//! 1xx to 3xx: bytes and signatures, request ids and room, authority.

use ledger_types::RejectReason as R;
use tonic::Code;

use super::entry::{Entry, ExitCode, Retry, entries};

entries! {
    Malformed, InvalidArgument, BadData, Never:
        "交易字节不是规范格式[：{0|section}部分]", "the transaction's bytes are not in canonical form[: section {0|section}]";
        "用 SDK 重新构造交易；若正在升级，先核对双方版本", "build the transaction again with the SDK; after an upgrade compare both versions first".
    TooLarge, InvalidArgument, BadData, Never:
        "交易过大[：{0} 字节，上限 {1} 字节]", "the transaction is too large[: {0} bytes, at most {1}]";
        "减少明细行或拆分批次", "use fewer lines, or split the batch".
    UnknownVersion, InvalidArgument, BadData, Never:
        "不支持的交易版本[ {0}]", "unknown transaction version[ {0}]";
        "升级版本较旧的一方", "upgrade the older side".
    WrongChain, InvalidArgument, BadData, Never:
        "请求属于另一条链[：本链为 {0}]", "the request is for another chain[: this is {0}]";
        "检查节点地址与创世文件是否同属一条链", "check that the node's address and the genesis file belong to one chain".
    SignerCount, InvalidArgument, BadData, Never:
        "签名人或签名的数量不对[：{0}，应为 {1} 以内]", "the wrong number of signers or signatures[: {0}, expected at most {1}]";
        "提供 1 至 4 个签名人，每人一个签名", "give 1 to 4 signers, and one signature for each".
    DuplicateSigner, InvalidArgument, BadData, Never:
        "同一签名人出现两次", "the same signer twice";
        "每个签名人只列一次", "name each signer once".
    Expired, FailedPrecondition, Deadline, NewId:
        "交易已过有效期[：有效至 {0}，区块时间 {1}]", "the transaction's time has run out[: valid until {0}, block time {1}]";
        "先用原请求号查询结果，确认未上链后用新请求号重新签名提交", "ask for the fate of the old id first; if it is final, sign again under a new id".
    ValidTooLong, InvalidArgument, BadData, Never:
        "有效期过长[：{0}，区块时间 {1}]", "valid for too long[: until {0}, block time {1}]";
        "有效期最多一小时；检查本机时钟", "allow at most one hour; check this computer's clock".
    UnknownSigner, Unauthenticated, Permission, Never:
        "签名人的账户或密钥未登记[：{0}，{1}]", "the signer's account or key is not registered[: {0}, {1}]";
        "核对账户号与密钥号，或由税务局开户、由管理员登记密钥", "check account and key id, or have the bureau or an administrator register them".
    BadKey, InvalidArgument, BadData, Never:
        "公钥不是曲线上的点[：{0}]", "a public key is not a point of the curve[: {0}]";
        "使用 33 字节压缩格式的 SM2 公钥", "use a compressed SM2 public key of 33 bytes".
    BadSignature, Unauthenticated, Verification, Never:
        "签名验证失败", "a signature does not verify";
        "用登记的密钥对本链重新签名", "sign again for this chain with the registered key".
    BadSections, InvalidArgument, BadData, Never:
        "正文部分缺失、重复、次序不对或不属于此类交易", "body sections are missing, repeated, out of order or not those of this kind";
        "用 SDK 重新构造交易", "build the transaction again with the SDK".
    CommitmentMismatch, InvalidArgument, BadData, Never:
        "正文与承诺不符[：{0|section}部分]", "a body section does not match its commitment[: {0|section}]";
        "正文在签名后被改动：重新构造并签名", "the body was changed after signing: build and sign again".
    CannotOpen, InvalidArgument, BadData, Never:
        "正文部分无法解密[：{0|section}]", "a body section cannot be opened[: {0|section}]";
        "用 SDK 与本链委员会公钥重新加密", "seal it again with the SDK for this chain's committee".
    BadField, InvalidArgument, BadData, Never:
        "字段超出自身限制[：{0|count}，上限 {1|count}]", "a field is outside its own limits[: {0|count}, at most {1|count}]";
        "按字段路径更正后重新提交", "correct the field named and submit again".
    MustBeSealed, InvalidArgument, BadData, Never:
        "本链的正文必须加密", "bodies of this chain must be sealed";
        "用 SDK 与本链委员会公钥加密正文", "seal the body with the SDK for this chain's committee".
    WrongSealEpoch, InvalidArgument, BadData, Never:
        "正文加密所用的委员会密钥期次不对[：{0|count}，现行 {1|count}]", "sealed for another epoch of the committee's key[: {0|count}, in force is {1|count}]";
        "查询现行委员会公钥，用原请求号重新加密正文后再提交；期次 0 表示本链正文不加密", "read the key in force and seal the body again under the same request id: the transaction's id stays; on a chain in epoch 0 bodies are plain".

    RequestIdOutOfWindow, FailedPrecondition, BadData, NewId:
        "请求号的时间超出窗口[：{0}，区块时间 {1}]", "the request id's time is outside the window[: {0}, block time {1}]";
        "先用原请求号查询结果，确认未上链后换新请求号；检查本机时钟", "ask for the old id's fate first; then use a new id, and check this computer's clock".
    RequestIdConflict, InvalidArgument, Conflict, Never:
        "请求号已用于其他内容[：首个交易 {0}]", "the request id was used for other content[: first transaction {0}]";
        "同一业务重试须发送相同内容；新业务请用新请求号", "a retry must send the same content; new business needs a new id".
    Overloaded, ResourceExhausted, Temporary, Same:
        "节点繁忙，等待区已满[（{0} 笔）]", "the node is busy, its waiting room is full[ ({0} transactions)]";
        "稍后用相同字节重试", "try again later with the same bytes".
    AlreadyKnown, AlreadyExists, Conflict, Same:
        "相同请求已提交", "the same request was submitted already";
        "无需处理：查询该请求号的结果即可", "nothing to do: ask for the fate of this id".

    KeyRevoked, PermissionDenied, Permission, Never:
        "密钥已吊销[：{0}，{1}]", "the key is revoked[: {0}, {1}]";
        "换用有效密钥，或由管理员登记新密钥", "use an active key, or have an administrator register a new one".
    KeyNotInForce, PermissionDenied, Permission, Never:
        "密钥不在有效期内[：{0}，{1}]", "the key is not valid yet, or no longer[: {0}, {1}]";
        "换用有效期内的密钥", "use a key that is in force".
    KeyNotAllowed, PermissionDenied, Permission, Never:
        "密钥用途不含此操作[：{0}，{1}]", "the key's purpose does not cover this[: {0}, {1}]";
        "换用获授权的操作员密钥，或由管理员放宽权限", "use a key that is allowed, or have an administrator widen it".
    KeyLimitReached, ResourceExhausted, Permission, NewId:
        "密钥当日限额已用完[：{0}，{1}，限额 {2}]", "the key's daily limit is used up[: {0}, {1}, limit {2}]";
        "次日再试，或由管理员提高限额", "try again tomorrow, or have an administrator raise the limit".
    AccountClosed, PermissionDenied, Permission, Never:
        "账户已销户[：{0}]", "the account is closed[: {0}]";
        "销户不可恢复；如需继续请由税务局另开新户", "closing is final; have the bureau open a new account".
    WrongRole, PermissionDenied, Permission, Never:
        "账户类型不能办理此事", "the account is of the wrong kind for this";
        "换用相应类型的账户", "act with an account of the right kind".
    WrongArea, PermissionDenied, Permission, Never:
        "无权办理该地区事务", "no authority over this area";
        "由该地区的税务局或企业办理", "have it done by the bureau or enterprise of that area".
    NoDelegation, PermissionDenied, Permission, Never:
        "没有代办授权[：{0}]", "no delegation to act for that account[: {0}]";
        "由被代办账户自行签名", "have that account sign itself".
    OwnerMissing, PermissionDenied, Permission, Never:
        "缺少所有人的签名", "the owner's signature is missing";
        "由所有人签名", "have the owner sign".
    RoleNotAllowed, PermissionDenied, Permission, Never:
        "该账户已设岗，密钥的岗位不含此操作、已到期或未设[：{0}，{1}]", "the account has offices, and that of the key does not cover this, has run out or is missing[: {0}, {1}]";
        "由相应岗位的人员签名，或由管理员授岗", "have somebody in the right office sign, or have one assigned".
    ApproverMissing, PermissionDenied, Permission, Never:
        "须由本局审批岗位人员共同签名[：{0}]", "an approver of the bureau has to sign beside the maker[: {0}]";
        "请另一名审批人员作为共同签名人签名", "have another person, an approver, sign as co-signer".
    OwnProposal, PermissionDenied, Permission, Never:
        "不得审批本人经手的事项[：{0}]", "nobody approves what he had a hand in[: {0}]";
        "由未经手的人员审批", "have somebody else approve".
    OwnOffice, PermissionDenied, Permission, Never:
        "不得为本人授岗或撤岗", "nobody gives or ends an office of his own";
        "由其他管理人员办理", "have another administrator do it".
    DelegationOver, PermissionDenied, Permission, Never:
        "委托已到期[：{0}，到期 {1}]", "the delegation has run out[: of {0}, until {1}]";
        "由委托企业重新委托", "have the enterprise delegate anew".
    DelegationNotAllowed, PermissionDenied, Permission, Never:
        "委托不含此操作，或此操作不得委托[：{0}]", "the delegation does not cover this, or this is never delegated[: of {0}]";
        "由企业自行办理，或由其扩大委托范围", "have the enterprise do it itself, or delegate this kind too".
    DelegationLimitReached, ResourceExhausted, Temporary, NewId:
        "委托的当日次数或金额已用完[：{0}，上限 {1}]", "the delegation's daily count or amount is used up[: of {0}, limit {1}]";
        "次日再办，或由委托企业提高上限", "try the next day, or have the enterprise raise the limit".
    PrincipalBlocked, PermissionDenied, Permission, Never:
        "委托企业的纳税人状态不正常，不得代办[：{0}]", "the standing of the enterprise that is acted for does not allow it[: {0}]";
        "由该企业联系主管税务局", "have the enterprise ask its tax bureau".
    NotGuardian, PermissionDenied, Permission, Never:
        "不是该账户的恢复监护人", "not a guardian of the account";
        "由监护人办理", "have a guardian do it".
}
