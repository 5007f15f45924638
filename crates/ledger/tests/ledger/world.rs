//! A small chain with real keys: a few parties, a rule book in force, two approved sellers.

use std::collections::BTreeMap;

use ledger::admission::{AuthenticatedTx, RawTx, authenticate, check_time, decode};
use ledger::{BlockContext, BlockOutcome, ExecutionFault, MemoryState, execute_block, genesis_changes};
use ledger_types::account::KeyAlgorithm;
use ledger_types::envelope::transaction_message;
use ledger_types::owner::{account_address, key_address};
use ledger_types::transaction::TxBody;
use ledger_types::*;
use sm::SignerCache;
use sm2::dsa::SigningKey;
use sm2::dsa::signature::hazmat::PrehashSigner;

/// 2026-11-01 10:00 in Shenzhen.
pub(crate) const START: u64 = 1_793_462_400_000 + 10 * 3_600_000;
pub(crate) const AREA: Area = Area(4403);

/// A private key of a test.
#[derive(Clone)]
pub(crate) struct Key {
    signing: SigningKey,
    public: sm::PublicKey,
}

impl Key {
    /// The key of a name: the same on every run.
    pub(crate) fn of(name: &str) -> Self {
        let signing = SigningKey::from_slice(sm::USER_ID, &sm::sm3(name.as_bytes())).unwrap();
        let sec1 = signing.verifying_key().to_sec1_bytes();
        Self { public: sm::PublicKey::from_sec1(&sec1).unwrap(), signing }
    }

    pub(crate) fn bytes(&self) -> [u8; 33] {
        self.public.to_bytes().0
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: sm2::dsa::Signature = self.signing.sign_prehash(&self.public.digest(message)).unwrap();
        signature.to_bytes().into()
    }
}

/// Accounts of genesis: name, kind, area, tax id. Ids are 1, 2, … in this order.
const PARTIES: [(&str, AccountKind, u16, Option<&str>); 12] = [
    ("bureau", AccountKind::Bureau, 4403, None),
    ("province", AccountKind::Bureau, 4400, None),
    ("elsewhere", AccountKind::Bureau, 3301, None),
    ("shop", AccountKind::Enterprise, 4403, Some("91350100M000100Y43")),
    ("shop2", AccountKind::Enterprise, 4403, Some("9144030071526726XG")),
    ("corp", AccountKind::Enterprise, 4403, Some("914403001922038216")),
    ("corp2", AccountKind::Enterprise, 4403, Some("91330100799655058B")),
    ("far", AccountKind::Enterprise, 4401, Some("12345678901234567")),
    ("till", AccountKind::PaymentProvider, 4403, None),
    ("till2", AccountKind::PaymentProvider, 4403, None),
    ("node", AccountKind::Node, 4403, None),
    ("agent", AccountKind::ServiceProvider, 4403, None),
];

/// The account of a party.
pub(crate) fn account_id(name: &str) -> Option<AccountId> {
    PARTIES.iter().position(|p| p.0 == name).map(|i| AccountId(i as u32 + 1))
}

/// The name a key of an account is made from: its party's for key 0.
fn key_name(party: &str, key: u16) -> String {
    if key == 0 { party.to_owned() } else { format!("{party}/{key}") }
}

/// A key record of a name.
pub(crate) fn key_record(id: u16, name: &str) -> KeyRecord {
    KeyRecord::admin(KeyId(id), Key::of(name).bytes())
}

/// The shop's keys besides its administrator's: each is limited in one way.
fn shop_keys() -> Vec<KeyRecord> {
    let operator = |id: u16, kinds: u64| KeyRecord {
        purpose: KeyPurpose::Operator,
        algorithm: KeyAlgorithm::Sm2Sm3,
        kinds,
        ..key_record(id, &key_name("shop", id))
    };
    let business = PayloadKind::business_bits();
    vec![
        key_record(0, "shop"),
        KeyRecord { daily_count: 2, ..operator(1, business) },
        KeyRecord { daily_amount: Fen(30_000), ..operator(2, business) },
        operator(3, PayloadKind::Lock.bit()),
        KeyRecord { valid_from_ms: START + 3_600_000, valid_to_ms: START + 7_200_000, ..operator(4, business) },
        KeyRecord { purpose: KeyPurpose::Vote, ..operator(5, u64::MAX) },
        operator(6, business | PayloadKind::UpdateKeys.bit()),
    ]
}

/// The agent's: an operator's for all business, one that signs twice a day, and one for locks.
fn agent_keys() -> Vec<KeyRecord> {
    let operator = |id: u16, kinds: u64| KeyRecord {
        purpose: KeyPurpose::Operator,
        kinds,
        ..key_record(id, &key_name("agent", id))
    };
    let all = PayloadKind::ALL.iter().fold(0, |bits, kind| bits | kind.bit());
    let (two, locks) = (KeyRecord { daily_count: 2, ..operator(2, all) }, operator(3, PayloadKind::Lock.bit()));
    vec![key_record(0, "agent"), operator(1, all), two, locks]
}

pub(crate) fn genesis() -> Genesis {
    let account = |(name, kind, area, tax_id): &(&str, AccountKind, u16, Option<&str>)| GenesisAccount {
        kind: *kind,
        area: Area(*area),
        tax_id: tax_id.map(|t| t.parse().unwrap()),
        name: (*name).to_owned(),
        keys: match *name {
            "shop" => shop_keys(),
            "agent" => agent_keys(),
            name => vec![key_record(0, name)],
        },
    };
    let validator = Validator { operator: account_id("node").unwrap(), vote_key: Key::of("vote").bytes() };
    Genesis {
        version: Genesis::VERSION,
        name: "ledger-tests".to_owned(),
        time: BlockTime(START - 60_000),
        clock: ledger_types::ClockMode::Driven,
        consensus: ConsensusKind::Solo,
        validators: ValidatorSet { validators: vec![validator] },
        params: ChainParams::default(),
        areas: vec![Area(4401), AREA],
        accounts: PARTIES.iter().map(account).collect(),
        committee: None,
    }
}

/// What a seller is approved for, unless a test says otherwise.
pub(crate) fn profile() -> TaxpayerProfile {
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(10_000_000) }],
        monthly_quota: Fen(100_000_000),
        daily_count: 0,
        burst_per_minute: 0,
        rates: vec![RateGrant {
            code_prefix: 0,
            prefix_digits: 0,
            rate: TaxRate::Percent(600),
            policy: Policy::None,
            valid_from_ms: 0,
            valid_to_ms: u64::MAX,
        }],
        categories: vec![],
    }
}

/// A transaction before it is signed.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) payload: Payload,
    pub(crate) body: TxBody,
    pub(crate) sections: Vec<SectionCommitment>,
    pub(crate) area: Area,
    /// Signers as `name`, `name/key` or `name:role`, and `…>principal` for whom he acts.
    pub(crate) signers: Vec<String>,
}

impl Draft {
    pub(crate) fn new(by: &str, payload: Payload) -> Self {
        let signers = by.split('+').map(str::to_owned).collect();
        Self { payload, body: TxBody::Sections(vec![]), sections: vec![], area: AREA, signers }
    }
}

/// The chain as a test drives it.
pub(crate) struct World {
    pub(crate) genesis: Genesis,
    pub(crate) chain: ChainId,
    pub(crate) state: MemoryState,
    pub(crate) height: u64,
    /// Time of the last block.
    pub(crate) time: u64,
    /// What the last block changed.
    pub(crate) changes: ChangeSet,
    pub(crate) cache: SignerCache,
    requests: u64,
    /// Opens what is sealed.
    pub(crate) unsealer: Box<dyn Unsealer>,
}

impl World {
    /// Genesis only.
    pub(crate) fn bare() -> Self {
        Self::from(genesis())
    }

    /// Another genesis.
    pub(crate) fn from(genesis: Genesis) -> Self {
        let mut state = MemoryState::new();
        state.apply(&genesis_changes(&genesis).unwrap());
        Self {
            chain: genesis.chain_id(),
            genesis,
            state,
            height: 0,
            time: START - 10_000,
            changes: ChangeSet::default(),
            cache: SignerCache::new(32, 64, 1),
            requests: 0,
            unsealer: Box::new(ledger_types::seal::NoKeys),
        }
    }

    /// With a rule book in force in 4403 and both shops approved.
    pub(crate) fn new() -> Self {
        Self::furnished(genesis())
    }

    /// The same from another genesis.
    pub(crate) fn furnished(genesis: Genesis) -> Self {
        let mut world = Self::from(genesis);
        let mut book = RuleBook::standard(AREA, 1, START);
        book.max_lock_ms = 30 * 86_400_000;
        book.max_offer_ms = 7 * 86_400_000;
        world.time = START - 1_000;
        world.must(Draft::new("bureau", Payload::PublishRuleBook(Box::new(book))));
        for shop in ["shop", "shop2"] {
            let account = account_id(shop).unwrap();
            world.must(Draft::new("bureau", Payload::ApproveTaxpayer { account, profile: profile() }));
        }
        world
    }

    /// The address of a party or of a bare key.
    pub(crate) fn address(&self, name: &str) -> Address {
        match account_id(name) {
            Some(account) => account_address(&self.chain, account),
            None => key_address(&self.chain, &Key::of(name).bytes()),
        }
    }

    fn signer(&self, text: &str) -> (Signer, Key) {
        let (text, principal) = text.split_once('>').map_or((text, None), |(text, of)| (text, account_id(of)));
        let (name, role) = text.split_once(':').unwrap_or((text, "owner"));
        let role = match role {
            "owner" => SignerRole::Owner,
            "sponsor" => SignerRole::Sponsor,
            "cosigner" => SignerRole::CoSigner,
            other => panic!("no role {other}"),
        };
        let (party, key) = name.split_once('/').map_or((name, 0), |(party, key)| (party, key.parse().unwrap()));
        let signing = Key::of(&key_name(party, key));
        let identity = match account_id(party) {
            Some(account) => SignerIdentity::Account { account, key: KeyId(key) },
            None => SignerIdentity::BareKey(signing.bytes()),
        };
        (Signer { identity, role, acting_for: principal }, signing)
    }

    /// An envelope for the next block.
    pub(crate) fn envelope(&mut self, draft: &Draft, at: u64) -> Envelope {
        self.requests += 1;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&self.requests.to_be_bytes());
        Envelope {
            version: Envelope::VERSION,
            chain_id: self.chain,
            area: draft.area,
            request_id: RequestId::new(at, random),
            signers: draft.signers.iter().map(|s| self.signer(s).0).collect(),
            valid_until_ms: at + 60_000,
            payload: draft.payload.clone(),
            sections: draft.sections.clone(),
        }
    }

    /// Signs an envelope with the keys of the draft's signers.
    pub(crate) fn signed(&self, envelope: Envelope, draft: &Draft) -> Transaction {
        let message = transaction_message(&self.chain, &envelope.tx_id());
        let signatures = draft.signers.iter().map(|s| self.signer(s).1.sign(&message)).collect();
        Transaction { envelope, body: draft.body.clone(), signatures }
    }

    pub(crate) fn transaction(&mut self, draft: &Draft, at: u64) -> Transaction {
        let envelope = self.envelope(draft, at);
        self.signed(envelope, draft)
    }

    /// Admission: decode and authenticate.
    pub(crate) fn admit(&mut self, tx: &Transaction) -> Result<AuthenticatedTx, Refusal> {
        let decoded = decode(&self.chain, RawTx(tx.to_canonical()))?;
        let mut answers = authenticate(vec![decoded], &self.state, &mut self.cache, &*self.unsealer).unwrap();
        answers.remove(0).map_err(|(id, refusal)| {
            assert_eq!(id, tx.envelope.tx_id());
            refusal
        })
    }

    /// The block after the last, at a time.
    pub(crate) fn context(&self, at: u64) -> BlockContext {
        let (height, consensus) = (Height(self.height + 1), self.genesis.consensus);
        BlockContext { chain: self.chain, height, time: BlockTime(at), consensus }
    }

    /// Executes a block without committing it.
    pub(crate) fn execute(&self, at: u64, txs: &[AuthenticatedTx]) -> Result<BlockOutcome, ExecutionFault> {
        let ctx = self.context(at);
        let outcome = execute_block(&self.state, &ctx, txs);
        assert_eq!(outcome, execute_block(&self.state, &ctx, txs), "the same block gives the same outcome");
        outcome
    }

    /// Executes and commits a block at time `at`.
    pub(crate) fn block(&mut self, at: u64, txs: &[AuthenticatedTx]) -> BlockOutcome {
        assert!(at > self.time, "block time rises");
        for tx in txs {
            check_time(tx, BlockTime(at)).unwrap();
        }
        let outcome = self.execute(at, txs).unwrap();
        self.state.apply(&outcome.changes);
        self.changes = outcome.changes.clone();
        self.height += 1;
        self.time = at;
        outcome
    }

    /// Admits a draft and commits it in a block of its own, `after_ms` after the last.
    pub(crate) fn submit_after(&mut self, draft: &Draft, after_ms: u64) -> Result<Receipt, Refusal> {
        let at = self.time + after_ms;
        let tx = self.transaction(draft, at);
        let tx = self.admit(&tx)?;
        let mut receipts = self.block(at, &[tx]).receipts;
        Ok(receipts.pop().unwrap())
    }

    pub(crate) fn submit(&mut self, draft: &Draft) -> Result<Receipt, Refusal> {
        self.submit_after(draft, 1_000)
    }

    /// Submits what must be accepted.
    pub(crate) fn must(&mut self, draft: Draft) -> TxOutcome {
        match self.submit(&draft).unwrap().verdict {
            Verdict::Accepted(outcome) => outcome,
            Verdict::Refused(refusals) => panic!("{:?} refused: {refusals:?}", draft.payload.kind()),
        }
    }

    /// An empty block, `after_ms` after the last.
    pub(crate) fn pass(&mut self, after_ms: u64) -> BlockOutcome {
        self.block(self.time + after_ms, &[])
    }
}

/// The opened sections of an invoice with one line at 6 %.
pub(crate) struct Goods {
    pub(crate) net: i64,
    pub(crate) tax: i64,
    pub(crate) total: i64,
}

impl Goods {
    pub(crate) fn of_net(net: i64) -> Self {
        let tax = TaxRate::Percent(600).tax_on_net(i128::from(net)) as i64;
        Self { net, tax, total: net + tax }
    }

    fn line(&self) -> InvoiceLine {
        InvoiceLine {
            nature: LineNature::Normal,
            name: "*餐饮服务*餐饮".to_owned(),
            tax_code: "3070401000000000000".parse().unwrap(),
            spec: String::new(),
            unit: String::new(),
            quantity: None,
            price: None,
            net: Fen(self.net),
            rate: TaxRate::Percent(600),
            policy: Policy::None,
            tax: Fen(self.tax),
        }
    }

    fn facts(&self) -> InvoiceFacts {
        InvoiceFacts {
            kind: InvoiceKind::BlockchainOrdinary,
            entry: ledger_types::body::EntryMode::Net,
            net: Fen(self.net),
            tax: Fen(self.tax),
            total: Fen(self.total),
            remark: String::new(),
            drawer: "李四".to_owned(),
            special_element: 0,
            deduction: None,
            secret_salt: [7; 16],
        }
    }

    /// Canonical bytes by kind of section.
    pub(crate) fn plain(&self) -> BTreeMap<SectionKind, Vec<u8>> {
        let buyer = BuyerTitle {
            kind: TitleKind::Individual,
            name: "个人".to_owned(),
            tax_id: None,
            address_and_bank: String::new(),
        };
        BTreeMap::from([
            (SectionKind::Facts, self.facts().to_canonical()),
            (SectionKind::Buyer, buyer.to_canonical()),
            (SectionKind::Lines, vec![self.line()].to_canonical()),
        ])
    }
}

/// Sections in clear with their commitments.
pub(crate) fn committed(
    chain: &ChainId,
    plain: &BTreeMap<SectionKind, Vec<u8>>,
) -> (Vec<SectionCommitment>, Vec<Section>) {
    let salt = [3; 16];
    plain
        .iter()
        .map(|(kind, bytes)| {
            let section = Section::Plain { kind: *kind, salt, bytes: bytes.clone() };
            (ledger_types::section::commit_section(chain, *kind, &salt, bytes), section)
        })
        .unzip()
}
