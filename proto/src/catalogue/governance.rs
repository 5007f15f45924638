//! 10xx: changes of the chain's own rules, and evidence against validators.

use ledger_types::RejectReason as R;
use tonic::Code;

use super::entry::{Entry, ExitCode, Retry, entries};

entries! {
    NotApprover, PermissionDenied, Permission, Never:
        "该账户既不是审批方，也未运营共识节点", "the account is neither an approver nor the operator of a validator";
        "由审批方或共识节点运营方办理", "have an approver or a validator's operator do it".
    ProposalUnknown, NotFound, NotFound, Never:
        "没有该提案[：第 {0|count} 号]", "no such proposal[: {0|count}]";
        "核对提案编号", "check the proposal's number".
    ProposalClosed, FailedPrecondition, Conflict, Never:
        "提案已不在审批中[：{0|proposal_state}]", "the proposal is open no more[: {0|proposal_state}]";
        "读取提案状态；需要时重新提出", "read the proposal's state; propose anew if needed".
    AlreadyApproved, AlreadyExists, Conflict, Never:
        "该账户已批准过此提案", "the account approved this proposal already";
        "由其他审批方批准", "have another approver approve".
    NotProposer, PermissionDenied, Permission, Never:
        "提案由他方提出", "the proposal is somebody else's";
        "由提出方撤回", "have its proposer withdraw it".
    TooManyProposals, ResourceExhausted, Temporary, NewId:
        "待处理的提案过多[：{0|count} 项，上限 {1|count}]", "too many proposals are under way[: {0|count}, at most {1|count}]";
        "先处理或撤回已有提案", "settle or withdraw one first".
    EffectiveHeight, FailedPrecondition, BadData, Never:
        "生效高度过早或过远[：{0|count}，最早 {1|count}]", "the change would be in force too soon or too late[: height {0|count}, earliest {1|count}]";
        "改用稍后的高度；每项批准须至少早于生效两个高度", "choose a later height: the last approval must come two heights before it".
    ValidatorSetInvalid, InvalidArgument, BadData, Never:
        "共识节点名单无效[：{0|count} 个]", "the list of validators is not valid[: {0|count} members]";
        "名单不得为空、重复或与现有相同，密钥须有效，运营账户须存在，数量须与共识方式相符", "it must not be empty, have one twice or be that in force; keys must be valid, operators open accounts, and the number must go with the kind of consensus".
    ParamsInvalid, InvalidArgument, BadData, Never:
        "链参数超出协议限制，或与现有相同", "the parameters are beyond the protocol's limits, or those in force";
        "更正参数", "correct the parameters".
    ConsensusKindInvalid, FailedPrecondition, BadData, Never:
        "不能切换到该共识方式[：{0|consensus}，现有 {1|count} 个节点]", "the chain cannot change to that kind of consensus[: {0|consensus} with {1|count} validators]";
        "先调整共识节点；拜占庭容错至少四个，单节点恰好一个", "change the validators first: four at least against traitors, exactly one for solo".
    ProtocolVersion, FailedPrecondition, BadData, Never:
        "协议版本只能逐级上升[：{0|count}，下一版 {1|count}]", "the protocol version rises by one at a time[: {0|count}, next is {1|count}]";
        "提出下一版本", "propose the next version".
    PolicyInvalid, InvalidArgument, BadData, Never:
        "审批规则无效：审批方须为有效账户、升序、不重复，门槛在一与审批方数量之间", "the policy is not valid: approvers must be open accounts in rising order, none twice, and the threshold between one and their number";
        "更正审批方或门槛", "correct approvers or threshold".
    ValidatorUnknown, NotFound, NotFound, Never:
        "现有共识节点中没有该密钥", "no validator in force has this key";
        "核对表决密钥", "check the voting key".
    QuorumLost, FailedPrecondition, Conflict, Never:
        "移出后其余节点不足以达成共识[：剩 {0|count}，需要 {1|count}]", "without this validator the rest would be no quorum[: {0|count} left, {1|count} needed]";
        "先增加共识节点", "add validators first".
    EvidenceNoContradiction, InvalidArgument, BadData, Never:
        "两份签名陈述并不矛盾，或顺序不对", "the two statements do not contradict each other, or are not in order";
        "提交同一位置上相互矛盾的两份陈述", "hand in two statements of one place that differ".
    EvidenceSignature, InvalidArgument, Verification, Never:
        "陈述并非由该密钥在本链签名[：第 {0|count} 份，从 0 起]", "the key did not sign the statement for this chain[: statement {0|count}, from 0]";
        "核对密钥与所属链", "check the key and the chain".
    EvidenceForeign, FailedPrecondition, BadData, Never:
        "该密钥不是那一周期的共识节点", "the key was no validator of that epoch";
        "核对周期、共识方式与密钥", "check epoch, kind of consensus and key".
    EvidenceKnown, AlreadyExists, Conflict, Never:
        "该违规行为已记录在链[：高度 {0|count}]", "the misbehaviour is on record[: height {0|count}]";
        "无需重复举证", "there is no need to report it again".
    AdaptivePolicyInvalid, InvalidArgument, BadData, Never:
        "自适应策略无效，或与现有相同", "the adaptive policy is not valid, or is that in force";
        "触发数至少为一，恢复等待时间须大于零且不超过四百天", "it must raise at one faulty validator or more, and lower after more than nothing and at most 400 days".
    SwitchMixed, InvalidArgument, BadData, Never:
        "切换请求缺失、过多，或属于不同周期或方向", "the switch requests are none, too many, or of different epochs or ways";
        "只合并同一周期、同一方向的请求", "put together requests of one epoch and one way only".
    SwitchRepeated, InvalidArgument, BadData, Never:
        "切换请求重复或未按密钥升序排列[：第 {0|count} 份，从 0 起]", "the switch requests are repeated or not in order[: request {0|count}, from 0]";
        "每个节点一份，按密钥升序排列", "take one of each validator, by rising key".
    SwitchSignature, InvalidArgument, Verification, Never:
        "切换请求并非由该密钥为此用途在本链签名[：第 {0|count} 份，从 0 起]", "the switch request is not signed by its key, as one and for this chain[: request {0|count}, from 0]";
        "核对密钥、用途与所属链", "check key, purpose and chain".
    SwitchEpoch, FailedPrecondition, Conflict, Never:
        "切换请求属于其他周期[：第 {0|count} 周期，现为第 {1|count} 周期]", "the switch requests are of another epoch[: {0|count}, now {1|count}]";
        "收集本周期的请求", "collect requests of this epoch".
    SwitchNotAllowed, FailedPrecondition, Conflict, Never:
        "现有策略与共识方式不允许此切换[：现为{0|consensus}]", "no policy allows this switch from the kind of consensus in force[: {0|consensus}]";
        "由治理提案设定自适应策略，或提案切换", "have a proposal set an adaptive policy, or change the kind".
    SwitchUnknown, FailedPrecondition, BadData, Never:
        "切换请求的签署方不是现有共识节点", "a switch request is of a key that is no validator's";
        "只收集现有共识节点的请求", "collect requests of the validators in force".
    SwitchAhead, FailedPrecondition, BadData, Never:
        "切换请求提及尚未产生的区块[：高度 {0|count}，本块 {1|count}]", "a switch request speaks of blocks that are still to come[: height {0|count}, this block is {1|count}]";
        "待链到达该高度后再提交", "hand it in once the chain has come so far".
    SwitchTooFew, FailedPrecondition, BadData, Never:
        "请求切换的节点不足[：{0|count} 个，需要 {1|count} 个]", "too few validators ask for the switch[: {0|count}, {1|count} needed]";
        "收集更多节点的请求", "collect requests of more validators".
    SwitchTooEarly, FailedPrecondition, Temporary, NewId:
        "各节点一致的时间不够长[：{0|count} 毫秒，需要 {1|count} 毫秒]", "the validators have not agreed for long enough[: {0|count} ms, {1|count} ms needed]";
        "待一致时间足够后再提交", "hand it in once they have".
    SwitchUnderWay, AlreadyExists, Conflict, Never:
        "切换已在进行", "the switch is under way";
        "无需重复提交", "there is no need to hand it in again".
}
