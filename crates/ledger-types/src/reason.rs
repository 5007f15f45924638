//! Why something is refused: an ordered list with stable numbers, never reused.

use serde::{Deserialize, Serialize};

mod bytes;
mod class;
#[macro_use]
mod table;

pub use class::ReasonClass;

reasons! {
    // 1xx: stateless. An invalid block if it stands in one.
    /// The bytes are not a transaction, or not its canonical form.
    Malformed = 101, "MALFORMED";
    /// Larger than the limit.
    TooLarge = 102, "TOO_LARGE";
    /// A version this chain does not know.
    UnknownVersion = 103, "UNKNOWN_VERSION";
    /// For another chain.
    WrongChain = 104, "WRONG_CHAIN";
    /// No signer, too many, or another number of signatures.
    SignerCount = 105, "SIGNER_COUNT";
    /// The same signer twice.
    DuplicateSigner = 106, "DUPLICATE_SIGNER";
    /// Block time is past `valid_until`.
    Expired = 107, "EXPIRED";
    /// `valid_until` is more than an hour ahead.
    ValidTooLong = 108, "VALID_TOO_LONG";
    /// The account or key of a signer is not registered.
    UnknownSigner = 109, "UNKNOWN_SIGNER";
    /// A public key that is not a point of the curve.
    BadKey = 110, "BAD_KEY";
    /// A signature that does not verify.
    BadSignature = 111, "BAD_SIGNATURE";
    /// Sections missing, repeated, out of order, or not those of this kind of transaction.
    BadSections = 112, "BAD_SECTIONS";
    /// A section does not open or match its commitment.
    CommitmentMismatch = 113, "COMMITMENT_MISMATCH";
    /// A section does not open with the key that its seal names.
    CannotOpen = 114, "CANNOT_OPEN";
    /// A field outside its own limits (length, range, order), whatever the state.
    BadField = 115, "BAD_FIELD";
    /// A body in clear on a chain whose bodies are sealed.
    MustBeSealed = 116, "MUST_BE_SEALED";
    /// A body sealed for another epoch of the committee's key than the one in force.
    WrongSealEpoch = 117, "WRONG_SEAL_EPOCH";

    // 2xx: request ids and room.
    /// The id's time is outside the window around block time.
    RequestIdOutOfWindow = 201, "REQUEST_ID_OUT_OF_WINDOW";
    /// The id was used for other content.
    RequestIdConflict = 202, "REQUEST_ID_CONFLICT";
    /// The waiting room is full, or the caller has too much in it; try again later.
    Overloaded = 203, "OVERLOADED";
    /// The same id is waiting or was committed with the same content: not an error for the caller.
    AlreadyKnown = 204, "ALREADY_KNOWN";

    // 3xx: authority.
    /// The key is revoked.
    KeyRevoked = 301, "KEY_REVOKED";
    /// The key is not valid yet, or no longer.
    KeyNotInForce = 302, "KEY_NOT_IN_FORCE";
    /// The key's purpose or allowed kinds do not cover this.
    KeyNotAllowed = 303, "KEY_NOT_ALLOWED";
    /// The key's daily count or amount is used up.
    KeyLimitReached = 304, "KEY_LIMIT_REACHED";
    /// The account is closed.
    AccountClosed = 305, "ACCOUNT_CLOSED";
    /// The account is of the wrong kind for this.
    WrongRole = 306, "WRONG_ROLE";
    /// The bureau has no authority over this area.
    WrongArea = 307, "WRONG_AREA";
    /// No delegation on chain to act for that account.
    NoDelegation = 308, "NO_DELEGATION";
    /// The owner's signature is missing.
    OwnerMissing = 309, "OWNER_MISSING";
    /// The account has offices, and that of the key does not cover this, has run out, or is missing.
    RoleNotAllowed = 310, "ROLE_NOT_ALLOWED";
    /// An approver of the bureau has to sign beside the maker.
    ApproverMissing = 311, "APPROVER_MISSING";
    /// The approver had a hand in it.
    OwnProposal = 312, "OWN_PROPOSAL";
    /// Nobody gives or ends an office of his own.
    OwnOffice = 313, "OWN_OFFICE";
    /// The delegation has run out.
    DelegationOver = 314, "DELEGATION_OVER";
    /// The delegation does not cover this, or this is never delegated.
    DelegationNotAllowed = 315, "DELEGATION_NOT_ALLOWED";
    /// The delegation's daily count or amount is used up.
    DelegationLimitReached = 316, "DELEGATION_LIMIT_REACHED";
    /// The account that is acted for is suspended, abnormal, fled or cancelled as a taxpayer.
    PrincipalBlocked = 317, "PRINCIPAL_BLOCKED";
    /// Not a guardian of the account.
    NotGuardian = 318, "NOT_GUARDIAN";
    /// Neither issued nor held by who gives the grant.
    NotIssuerOrHolder = 320, "NOT_ISSUER_OR_HOLDER";
    /// Only who gave a grant takes it back.
    NotGiver = 321, "NOT_GIVER";
    /// Access takes two auditors who are two persons.
    SecondAuditorMissing = 322, "SECOND_AUDITOR_MISSING";
    /// The invoice or an auditor is not one of this inspection's, or it has ended.
    OutsideInspection = 323, "OUTSIDE_INSPECTION";
    /// Only a bureau with offices inspects.
    BureauNotStaffed = 324, "BUREAU_NOT_STAFFED";
    /// Readiness for the committee's next key is of a key that is no validator's.
    ReadinessForeign = 325, "READINESS_FOREIGN";

    // 4xx: register.
    /// No such account.
    AccountUnknown = 401, "ACCOUNT_UNKNOWN";
    /// The tax id has an account already.
    TaxIdTaken = 402, "TAX_ID_TAKEN";
    /// An enterprise needs a tax id and a name, a person must have neither.
    IdentityMismatch = 403, "IDENTITY_MISMATCH";
    /// Key ids do not continue the account's, too many keys, or no administrator would be left.
    KeyListInvalid = 404, "KEY_LIST_INVALID";
    /// The area is not issued in on this chain.
    AreaUnknown = 405, "AREA_UNKNOWN";
    /// The rule book's version does not follow the last.
    RuleBookVersion = 406, "RULE_BOOK_VERSION";
    /// The rule book would take force in the past or before the one published last.
    RuleBookBackdated = 407, "RULE_BOOK_BACKDATED";
    /// A rule book whose parameters contradict each other.
    RuleBookInvalid = 408, "RULE_BOOK_INVALID";
    /// The profile's entries contradict each other or are too many.
    ProfileInvalid = 409, "PROFILE_INVALID";
    /// A cancelled taxpayer stays cancelled.
    StatusFinal = 410, "STATUS_FINAL";
    /// All invoice codes of the area and year are used up.
    NumbersExhausted = 411, "NUMBERS_EXHAUSTED";
    /// The person has another of the offices that exclude each other in this account.
    RoleConflict = 412, "ROLE_CONFLICT";
    /// The role is not one of this kind of account, the key not an active operator's, or the end past.
    OfficeInvalid = 413, "OFFICE_INVALID";
    /// The key has no office.
    OfficeUnknown = 414, "OFFICE_UNKNOWN";
    /// The delegation's end is past or too far ahead, its receiver is no open service provider, or there are too many.
    DelegationInvalid = 415, "DELEGATION_INVALID";
    /// No such delegation.
    DelegationUnknown = 416, "DELEGATION_UNKNOWN";
    /// A guardian without an open account, the account itself among them, or a new key that the account cannot have.
    RecoveryInvalid = 417, "RECOVERY_INVALID";
    /// The account has no guardians, or no such proposal is under way.
    RecoveryUnknown = 418, "RECOVERY_UNKNOWN";
    /// Another recovery of the account is under way.
    RecoveryPending = 419, "RECOVERY_PENDING";
    /// The account was recovered, or the guardian proposed it, as often as is allowed within 365 days.
    RecoveryTooOften = 420, "RECOVERY_TOO_OFTEN";
    /// The guardian approved this recovery already.
    RecoveryRepeated = 421, "RECOVERY_REPEATED";
    /// The certificate's time is over.
    CertificateOver = 422, "CERTIFICATE_OVER";
    /// The certificate is registered, or was and is revoked.
    CertificateKnown = 423, "CERTIFICATE_KNOWN";
    /// No such certificate, or it is revoked already.
    CertificateUnknown = 424, "CERTIFICATE_UNKNOWN";
    /// No such grant: never given, taken back, or ended and cleared away.
    GrantUnknown = 425, "GRANT_UNKNOWN";
    /// The giver has too many grants that have not ended.
    TooManyGrants = 426, "TOO_MANY_GRANTS";
    /// No such inspection.
    InspectionUnknown = 427, "INSPECTION_UNKNOWN";
    /// A log that was anchored with as many entries or more.
    LogNotAhead = 435, "LOG_NOT_AHEAD";
    /// The committee's next key is not of the next epoch, that in force, named already, or one too many; or bodies are plain.
    CommitteeKeyInvalid = 436, "COMMITTEE_KEY_INVALID";
    /// No next key of the committee is named, or another.
    NoNextCommittee = 437, "NO_NEXT_COMMITTEE";
    /// The validator showed that it has the committee's next key already.
    ReadinessKnown = 438, "READINESS_KNOWN";
    /// The validator did not sign that it has the committee's next key.
    ReadinessSignature = 439, "READINESS_SIGNATURE";
    /// What shows possession of the committee's next key is not signed with it.
    KeyNotPossessed = 440, "KEY_NOT_POSSESSED";
    /// All that the order names of the invoice was ordered to be erased before.
    AlreadyErased = 446, "ALREADY_ERASED";

    // 5xx: issuing rules; all that fail come back at once.
    /// No rule book is in force in the area.
    NoRuleBook = 501, "NO_RULE_BOOK";
    /// The seller is not an approved taxpayer.
    TaxpayerNotApproved = 502, "TAXPAYER_NOT_APPROVED";
    /// The seller's standing blocks issuing.
    TaxpayerBlocked = 503, "TAXPAYER_BLOCKED";
    /// The seller's risk level blocks issuing.
    TaxpayerRisk = 504, "TAXPAYER_RISK";
    /// The kind of invoice is not approved.
    KindNotApproved = 505, "KIND_NOT_APPROVED";
    /// Over the highest amount of one invoice.
    OverInvoiceLimit = 506, "OVER_INVOICE_LIMIT";
    /// Over the month's quota.
    OverQuota = 507, "OVER_QUOTA";
    /// Over the day's count.
    OverDailyCount = 508, "OVER_DAILY_COUNT";
    /// Too many within a minute.
    OverBurst = 509, "OVER_BURST";
    /// No lines, or too many.
    LineCount = 510, "LINE_COUNT";
    /// Line name empty, too long, or not `*short name*item`.
    LineName = 511, "LINE_NAME";
    /// A tax code that is not one.
    TaxCodeInvalid = 512, "TAX_CODE_INVALID";
    /// The tax code is outside the approved categories.
    CategoryNotApproved = 513, "CATEGORY_NOT_APPROVED";
    /// The rate may not appear at all.
    RateUnknown = 514, "RATE_UNKNOWN";
    /// The taxpayer has no grant for this rate, code and policy at this time.
    RateNotGranted = 515, "RATE_NOT_GRANTED";
    /// The policy prescribes another rate.
    PolicyRate = 516, "POLICY_RATE";
    /// A zero needs the policy that goes with it, and a policy of zero its zero.
    ZeroPolicy = 517, "ZERO_POLICY";
    /// Codes that start with 6 are 不征税.
    PrepaidNotOutOfScope = 518, "PREPAID_NOT_OUT_OF_SCOPE";
    /// 不征税 lines may not be mixed with others.
    OutOfScopeMixed = 519, "OUT_OF_SCOPE_MIXED";
    /// 简易征收 lines may not be mixed with others.
    SimplifiedMixed = 520, "SIMPLIFIED_MIXED";
    /// A line's amount is zero or has the wrong sign.
    LineSign = 521, "LINE_SIGN";
    /// Quantity and price go together.
    QuantityPrice = 522, "QUANTITY_PRICE";
    /// Quantity times price is not the amount.
    LineProduct = 523, "LINE_PRODUCT";
    /// A line's tax is off its rate.
    LineTax = 524, "LINE_TAX";
    /// The invoice's tax is off the sum over its lines.
    InvoiceTax = 525, "INVOICE_TAX";
    /// Line amounts or taxes do not add up to the totals.
    Totals = 526, "TOTALS";
    /// A discount line without its discounted line before it, or the other way round.
    DiscountPair = 527, "DISCOUNT_PAIR";
    /// A discount differs from its line in name, code or rate, has a quantity, or exceeds it.
    DiscountMismatch = 528, "DISCOUNT_MISMATCH";
    /// The remark is too long.
    RemarkTooLong = 529, "REMARK_TOO_LONG";
    /// The buyer's title is incomplete, too long, or has a bad tax id.
    BuyerTitle = 530, "BUYER_TITLE";
    /// A feature that is reserved for later (special elements, 差额征税).
    Reserved = 531, "RESERVED";
    /// The amount is outside the range of money.
    AmountRange = 532, "AMOUNT_RANGE";
    /// Text with control characters.
    TextCharacters = 533, "TEXT_CHARACTERS";

    // 6xx: the invoice's state.
    /// No such output.
    OutputUnknown = 601, "OUTPUT_UNKNOWN";
    /// The output has moved on: somebody was first.
    OutputSpent = 602, "OUTPUT_SPENT";
    /// The output is of another kind of asset.
    WrongAsset = 603, "WRONG_ASSET";
    /// The signers do not meet the owner condition.
    NotOwner = 604, "NOT_OWNER";
    /// The revealed condition is not the one in state, or is needless.
    ConditionMismatch = 605, "CONDITION_MISMATCH";
    /// The invoice was claimed already.
    AlreadyClaimed = 606, "ALREADY_CLAIMED";
    /// The invoice is not claimed yet.
    NotClaimed = 607, "NOT_CLAIMED";
    /// The invoice is on offer.
    OnOffer = 608, "ON_OFFER";
    /// The invoice is not on offer.
    NotOffered = 609, "NOT_OFFERED";
    /// The offer has lapsed.
    OfferLapsed = 610, "OFFER_LAPSED";
    /// The invoice is locked.
    Locked = 611, "LOCKED";
    /// The invoice is not locked.
    NotLocked = 612, "NOT_LOCKED";
    /// The lock is somebody else's.
    NotLocker = 613, "NOT_LOCKER";
    /// The invoice was reimbursed: closed for ever.
    AlreadyReimbursed = 614, "ALREADY_REIMBURSED";
    /// The invoice is booked.
    AlreadyBooked = 615, "ALREADY_BOOKED";
    /// The invoice is not booked.
    NotBooked = 616, "NOT_BOOKED";
    /// The booking is in somebody else's books.
    NotBooker = 617, "NOT_BOOKER";
    /// The invoice was reversed.
    AlreadyReversed = 618, "ALREADY_REVERSED";
    /// A red invoice cannot do this.
    IsRed = 619, "IS_RED";
    /// A time (lock, offer, application) in the past or too far ahead.
    TimeOutOfRange = 620, "TIME_OUT_OF_RANGE";
    /// No such application, or it was issued, withdrawn or lapsed.
    ApplicationGone = 621, "APPLICATION_GONE";
    /// The application is somebody else's.
    NotApplicant = 622, "NOT_APPLICANT";

    // 7xx: red letters.
    /// Only the seller issues the red invoice.
    NotSeller = 701, "NOT_SELLER";
    /// The invoice was booked or reimbursed: the counterparty must confirm first.
    RedNeedsConfirmation = 702, "RED_NEEDS_CONFIRMATION";
    /// The invoice is unused: the seller reverses it directly.
    RedConfirmationNotNeeded = 703, "RED_CONFIRMATION_NOT_NEEDED";
    /// A form for this invoice is pending.
    RedFormPending = 704, "RED_FORM_PENDING";
    /// No such form.
    RedFormUnknown = 705, "RED_FORM_UNKNOWN";
    /// The form is not in a state for this.
    RedFormState = 706, "RED_FORM_STATE";
    /// Neither side of the form.
    NotRedParty = 707, "NOT_RED_PARTY";
    /// The invoice and the form do not belong together.
    RedFormMismatch = 708, "RED_FORM_MISMATCH";

    // 8xx: payments and orders.
    /// The payment was recorded already.
    PaymentKnown = 801, "PAYMENT_KNOWN";
    /// The payment is another payee's.
    NotPayee = 802, "NOT_PAYEE";
    /// Less is left of the payment.
    PaymentShort = 803, "PAYMENT_SHORT";
    /// Too many payments in one invoice or invoices of one payment.
    PaymentLinks = 804, "PAYMENT_LINKS";
    /// The order has an invoice or application.
    OrderInvoiced = 805, "ORDER_INVOICED";
    /// The payments do not cover the invoice's amount.
    PaymentBelowAmount = 806, "PAYMENT_BELOW_AMOUNT";

    // 10xx: changes of the chain's own rules, and evidence against validators.
    /// Neither an approver nor the operator of a validator.
    NotApprover = 1001, "NOT_APPROVER";
    /// No such proposal.
    ProposalUnknown = 1002, "PROPOSAL_UNKNOWN";
    /// The proposal is approved, in force, withdrawn or gone.
    ProposalClosed = 1003, "PROPOSAL_CLOSED";
    /// The account approved this proposal already.
    AlreadyApproved = 1004, "ALREADY_APPROVED";
    /// The proposal is somebody else's.
    NotProposer = 1005, "NOT_PROPOSER";
    /// Too many proposals are under way.
    TooManyProposals = 1006, "TOO_MANY_PROPOSALS";
    /// The height comes too soon, or is too far ahead.
    EffectiveHeight = 1007, "EFFECTIVE_HEIGHT";
    /// No validator, too many, one twice, a bad key, an operator without an account, or not for the kind of consensus.
    ValidatorSetInvalid = 1008, "VALIDATOR_SET_INVALID";
    /// Parameters beyond the protocol's limits.
    ParamsInvalid = 1009, "PARAMS_INVALID";
    /// The kind of consensus is in force, or needs other validators.
    ConsensusKindInvalid = 1010, "CONSENSUS_KIND_INVALID";
    /// The protocol version rises by one at a time.
    ProtocolVersion = 1011, "PROTOCOL_VERSION";
    /// Approvers missing, repeated, unknown, or fewer than the threshold.
    PolicyInvalid = 1012, "POLICY_INVALID";
    /// No validator of the set has this key.
    ValidatorUnknown = 1013, "VALIDATOR_UNKNOWN";
    /// Without this validator the rest would be no quorum.
    QuorumLost = 1014, "QUORUM_LOST";
    /// The two statements may both be signed, say the same, or are not in order.
    EvidenceNoContradiction = 1015, "EVIDENCE_NO_CONTRADICTION";
    /// The accused key did not sign both statements for this chain.
    EvidenceSignature = 1016, "EVIDENCE_SIGNATURE";
    /// The accused key was no validator of that epoch, or the epoch was agreed otherwise.
    EvidenceForeign = 1017, "EVIDENCE_FOREIGN";
    /// The misbehaviour is on record.
    EvidenceKnown = 1018, "EVIDENCE_KNOWN";
    /// The adaptive policy makes no sense, or is that in force.
    AdaptivePolicyInvalid = 1019, "ADAPTIVE_POLICY_INVALID";
    /// No switch requests, too many, or of different epochs or ways.
    SwitchMixed = 1020, "SWITCH_MIXED";
    /// A validator's switch request comes twice, or they are not in order.
    SwitchRepeated = 1021, "SWITCH_REPEATED";
    /// A switch request is not signed by its key, as one and for this chain.
    SwitchSignature = 1022, "SWITCH_SIGNATURE";
    /// The switch requests are of another epoch.
    SwitchEpoch = 1023, "SWITCH_EPOCH";
    /// No policy allows this switch from the kind of consensus in force.
    SwitchNotAllowed = 1024, "SWITCH_NOT_ALLOWED";
    /// A switch request is of a key that is no validator's.
    SwitchUnknown = 1025, "SWITCH_UNKNOWN";
    /// A switch request speaks of blocks that are still to come.
    SwitchAhead = 1026, "SWITCH_AHEAD";
    /// Too few validators ask for the switch.
    SwitchTooFew = 1027, "SWITCH_TOO_FEW";
    /// The validators have not agreed for long enough.
    SwitchTooEarly = 1028, "SWITCH_TOO_EARLY";
    /// The switch is under way.
    SwitchUnderWay = 1029, "SWITCH_UNDER_WAY";
}

#[cfg(test)]
#[path = "reason_test.rs"]
mod reason_test;
