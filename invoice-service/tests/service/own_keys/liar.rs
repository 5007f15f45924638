//! A service that prepares something else than it was asked for: each swap is found before anything is signed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ledger_types::payload::PaymentUse;
use ledger_types::transaction::TxBody;
use ledger_types::{
    AccountId, Address, Area, Canonical, ChainId, Digest, Fen, InvoiceFacts, InvoiceLine, KeyId, KeyPurpose, KeyRecord,
    OwnerCondition, Payload, RequestId, Section, SectionKind, SignerIdentity, Slot, Spend, Transaction,
};
use proto::invoice::v1 as pb;
use proto::invoice::v1::change::Change;
use proto::invoice::v1::key_service_client::KeyServiceClient;
use proto::invoice::v1::key_service_server::{KeyService, KeyServiceServer};
use proto::types::v1::KeyMode;
use sdk::ClientError;
use sdk::own_keys::check;
use tonic::transport::{Channel, Server, server::TcpIncoming};
use tonic::{Request, Response, Status};

use super::people::{Keeper, new_key, to_account};
use crate::world::{World, by_slot, invoice, world};

type Lie = fn(&mut Transaction);

/// What an honest service prepares.
async fn prepared(merchant: &Keeper, change: &Change, key: u32) -> Transaction {
    let request = pb::PrepareRequest { change: Some(pb::Change { change: Some(change.clone()) }), key };
    let bytes = merchant.party.clone().keys.prepare(request).await.unwrap().into_inner().transaction;
    Transaction::from_canonical(&bytes).unwrap()
}

/// Every lie is found, and named; the truth passes.
async fn all_found(w: &World, merchant: &Keeper, change: Change, lies: &[(&str, Lie)]) {
    let honest = prepared(merchant, &change, 0).await;
    let who = honest.envelope.signers[0].identity;
    check(&change, &honest, &merchant.ground(w), &who).unwrap();
    let usual: [(&str, Lie); 7] = [
        ("chain_id", |tx| tx.envelope.chain_id = ChainId([9; 32])),
        ("request_id", |tx| tx.envelope.request_id = RequestId([9; 16])),
        ("valid_until", |tx| tx.envelope.valid_until_ms = u64::MAX),
        ("signers", |tx| {
            tx.envelope.signers[0].identity = SignerIdentity::Account { account: AccountId(1), key: KeyId(0) }
        }),
        ("signers", |tx| tx.envelope.signers[0].acting_for = Some(AccountId(2))),
        ("signers", |tx| tx.envelope.signers.push(tx.envelope.signers[0])),
        ("payload", |tx| tx.envelope.payload = Payload::CloseAccount { account: AccountId(3) }),
    ];
    for (field, lie) in usual.iter().chain(lies) {
        let mut tx = honest.clone();
        lie(&mut tx);
        assert_ne!(tx, honest, "{field}: no lie");
        let found = check(&change, &tx, &merchant.ground(w), &who).unwrap_err();
        assert_eq!(found.field, *field);
    }
}

fn spends(tx: &mut Transaction) -> Vec<&mut Spend> {
    use Payload::*;
    match &mut tx.envelope.payload {
        Claim { spend, .. } | OfferTransfer { spend, .. } | AcceptTransfer { spend } | Book { spend, .. } => {
            vec![spend]
        }
        Reimburse { spend, .. } | Unbook { spend } | WithdrawTransfer { spend } | RefuseTransfer { spend } => {
            vec![spend]
        }
        Lock { spends, .. } | Unlock { spends } => spends.iter_mut().collect(),
        other => panic!("{other:?}"),
    }
}

/// Changes what a section says, and commits to that.
fn rewrite(tx: &mut Transaction, wanted: SectionKind, say: impl Fn(&[u8]) -> Vec<u8>) {
    let chain = tx.envelope.chain_id;
    let TxBody::Sections(sections) = &mut tx.body else { panic!("a batch") };
    for (section, commitment) in sections.iter_mut().zip(&mut tx.envelope.sections) {
        if let Section::Plain { kind, salt, bytes } = section
            && *kind == wanted
        {
            *bytes = say(bytes);
            *commitment = ledger_types::section::commit_section(&chain, *kind, salt, bytes);
        }
    }
}

fn facts(tx: &mut Transaction, edit: fn(&mut InvoiceFacts)) {
    rewrite(tx, SectionKind::Facts, |bytes| {
        let mut facts = InvoiceFacts::from_canonical(bytes).unwrap();
        edit(&mut facts);
        facts.to_canonical()
    });
}

fn request(tx: &mut Transaction) -> &mut ledger_types::payload::InvoiceRequest {
    match &mut tx.envelope.payload {
        Payload::Issue(request) | Payload::Apply { request, .. } => request,
        other => panic!("{other:?}"),
    }
}

const INVOICE_LIES: &[(&str, Lie)] = &[
    ("area", |tx| tx.envelope.area = Area(4401)),
    ("terms.recipient", |tx| request(tx).owner = OwnerCondition::Address(Address([7; 32]))),
    ("terms.order_id", |tx| request(tx).order_ref = Digest([7; 32])),
    ("terms.payments", |tx| request(tx).payments.push(PaymentUse { spend: Spend::new(Slot(1), 0), amount: Fen(1) })),
    ("invoice.total", |tx| facts(tx, |f| f.total = Fen(1_980_000))),
    ("invoice.net", |tx| facts(tx, |f| f.net = Fen(1))),
    ("invoice.tax", |tx| facts(tx, |f| f.tax = Fen(0))),
    ("invoice.remark", |tx| facts(tx, |f| f.remark = "paid".into())),
    ("invoice.drawer", |tx| facts(tx, |f| f.drawer = "nobody".into())),
    ("invoice.facts", |tx| facts(tx, |f| f.special_element = 1)),
    ("invoice.buyer", |tx| {
        rewrite(tx, SectionKind::Buyer, |bytes| {
            let mut buyer = ledger_types::BuyerTitle::from_canonical(bytes).unwrap();
            buyer.name = "深圳市别人科技有限公司".into();
            buyer.to_canonical()
        })
    }),
    ("invoice.lines[0]", |tx| {
        rewrite(tx, SectionKind::Lines, |bytes| {
            let mut lines = Vec::<InvoiceLine>::from_canonical(bytes).unwrap();
            lines[0].name = "*餐饮服务*外卖".into();
            lines.to_canonical()
        })
    }),
    ("invoice.lines[1]", |tx| {
        rewrite(tx, SectionKind::Lines, |bytes| {
            let mut lines = Vec::<InvoiceLine>::from_canonical(bytes).unwrap();
            lines.push(lines[0].clone());
            lines.to_canonical()
        })
    }),
    // What is shown is not what would be signed.
    ("invoice: the body is not what would be signed", |tx| tx.envelope.sections[0].commitment = Digest([7; 32])),
    ("invoice: the body is not what would be signed", |tx| tx.envelope.sections.truncate(2)),
];

#[tokio::test]
async fn a_swapped_amount_buyer_receiver_or_line_of_an_invoice_is_found() {
    let w = world().await;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    let terms = to_account(w.company.account);
    let issue = pb::IssueRequest { header: merchant.party.header(), invoice: invoice(19_800), terms: terms.clone() };
    all_found(&w, &merchant, Change::Issue(issue), INVOICE_LIES).await;
    let expires_ms = Some(w.chain.state().time.0 as i64 + 60_000);
    let apply = pb::ApplyRequest { header: merchant.party.header(), invoice: invoice(19_800), terms, expires_ms };
    all_found(&w, &merchant, Change::Apply(apply.clone()), INVOICE_LIES).await;
    let later: &[(&str, Lie)] = &[("expires_ms", |tx| {
        if let Payload::Apply { expires_ms, .. } = &mut tx.envelope.payload {
            *expires_ms += 1;
        }
    })];
    all_found(&w, &merchant, Change::Apply(apply), later).await;

    let to = |account| to_account(account).unwrap().recipient;
    let one = |gross, account| pb::BatchInput { invoice: invoice(gross), recipient: to(account) };
    let invoices = vec![one(100, w.company.account), one(200, w.employee.account)];
    let batch = pb::IssueBatchRequest { header: merchant.party.header(), invoices };
    let root = |tx: &mut Transaction, edit: fn(&mut Vec<ledger_types::batch::BatchItem>)| {
        let chain = tx.envelope.chain_id;
        let TxBody::Batch(items) = &mut tx.body else { panic!("no batch") };
        edit(items);
        let leaves: Vec<_> = (0u16..).zip(items.iter()).map(|(i, item)| item.commitment(i).digest(&chain)).collect();
        let count = items.len() as u16;
        tx.envelope.payload = Payload::IssueBatch { count, root: proofs::batch_root(&leaves) };
    };
    let honest = prepared(&merchant, &Change::IssueBatch(batch.clone()), 1).await;
    let who = honest.envelope.signers[0].identity;
    let change = Change::IssueBatch(batch);
    check(&change, &honest, &merchant.ground(&w), &who).unwrap();
    type Edit = fn(&mut Vec<ledger_types::batch::BatchItem>);
    let edits: [(&str, Edit); 4] = [
        ("invoices[0].recipient", |items| items[0].owner = OwnerCondition::Address(Address([7; 32]))),
        ("invoices[0].recipient", |items| items.swap(0, 1)),
        ("invoices", |items| drop(items.pop())),
        ("invoices[1].invoice.net", |items| {
            let first = items[0].clone();
            (items[1].sections, items[1].commitments) = (first.sections, first.commitments);
        }),
    ];
    for (field, edit) in edits {
        let mut tx = honest.clone();
        root(&mut tx, edit);
        assert_eq!(check(&change, &tx, &merchant.ground(&w), &who).unwrap_err().field, field);
    }
    let mut tx = honest;
    tx.envelope.payload = Payload::IssueBatch { count: 2, root: Digest([7; 32]) };
    let found = check(&change, &tx, &merchant.ground(&w), &who).unwrap_err();
    assert_eq!(found.field, "invoices: what would be signed is not the body");
}

#[tokio::test]
async fn a_swapped_invoice_receiver_or_reference_of_a_step_is_found() {
    let mut w = world().await;
    let slot = w.issue_to_company(19_800).await.slot;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    let seen = || Some(pb::InvoiceRef { sequence: Some(0), ..by_slot(slot).unwrap() });
    let header = || merchant.party.header();
    let slot_lie: (&str, Lie) = ("invoice", |tx| spends(tx)[0].slot.0 += 1);
    let step_lie: (&str, Lie) = ("invoice.sequence", |tx| spends(tx)[0].sequence += 1);
    let body: (&str, Lie) = ("body", |tx| {
        tx.body = TxBody::Sections(vec![Section::Plain { kind: SectionKind::Access, salt: [0; 16], bytes: vec![1] }]);
    });
    let to = to_account(w.employee.account).unwrap().recipient;
    let until_ms = Some(w.chain.state().time.0 as i64 + 60_000);
    let offer = pb::OfferRequest { header: header(), invoice: seen(), to, until_ms };
    let receiver: (&str, Lie) = ("to", |tx| {
        if let Payload::OfferTransfer { to, .. } = &mut tx.envelope.payload {
            *to = Address([7; 32]);
        }
    });
    let until: (&str, Lie) = ("until_ms", |tx| match &mut tx.envelope.payload {
        Payload::OfferTransfer { until_ms, .. } | Payload::Lock { until_ms, .. } => *until_ms += 1,
        other => panic!("{other:?}"),
    });
    all_found(&w, &merchant, Change::Offer(offer), &[slot_lie, step_lie, receiver, until, body]).await;
    let lock = pb::LockRequest { header: header(), invoices: vec![seen().unwrap()], until_ms, reason: 7 };
    let lies: &[(&str, Lie)] = &[
        ("invoices[0]", |tx| spends(tx)[0].slot.0 += 1),
        ("invoices", |tx| {
            if let Payload::Lock { spends, .. } = &mut tx.envelope.payload {
                spends.push(Spend::new(Slot(5), 0));
            }
        }),
        ("reason", |tx| {
            if let Payload::Lock { reason, .. } = &mut tx.envelope.payload {
                *reason = 8;
            }
        }),
        until,
    ];
    all_found(&w, &merchant, Change::Lock(lock), lies).await;
    let book = pb::BookRequest { header: header(), invoice: seen(), deductible: true, voucher_number: "v-1".into() };
    let lies: &[(&str, Lie)] = &[
        slot_lie,
        ("deductible", |tx| {
            if let Payload::Book { deductible, .. } = &mut tx.envelope.payload {
                *deductible = false;
            }
        }),
        ("voucher_number", |tx| {
            if let Payload::Book { voucher_ref, .. } = &mut tx.envelope.payload {
                *voucher_ref = Digest([7; 32]);
            }
        }),
    ];
    all_found(&w, &merchant, Change::Book(book), lies).await;
    let paid = pb::ReimburseRequest { header: header(), invoice: seen(), bank_receipt: "b-1".into() };
    let receipt: (&str, Lie) = ("bank_receipt", |tx| {
        if let Payload::Reimburse { paid_ref, .. } = &mut tx.envelope.payload {
            *paid_ref = Digest([7; 32]);
        }
    });
    all_found(&w, &merchant, Change::Reimburse(paid), &[slot_lie, step_lie, receipt]).await;
}

#[tokio::test]
async fn a_swapped_red_letter_is_found_and_a_face_is_not_believed() {
    let mut w = world().await;
    let slot = w.issue_to_company(19_800).await.slot;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    let header = || merchant.party.header();
    let seen = Some(pb::InvoiceRef { sequence: Some(0), ..by_slot(slot).unwrap() });
    let red = pb::IssueRedRequest { header: header(), invoice: seen, reason: 1, form: Some(3) };
    let lies: &[(&str, Lie)] = &[
        ("invoice", |tx| red_of(tx).0.0 += 1),
        ("reason", |tx| *red_of(tx).1 = ledger_types::RedReason::SalesReturn),
        ("form", |tx| {
            if let Payload::IssueRed { form, .. } = &mut tx.envelope.payload {
                *form = None;
            }
        }),
    ];
    all_found(&w, &merchant, Change::IssueRed(red), lies).await;
    // Which slot a face has only the service would say.
    let face = Some(pb::InvoiceRef {
        invoice: Some(pb::invoice_ref::Invoice::Face(w.issue(100).await.face.unwrap())),
        sequence: None,
    });
    let unbook = Change::Unbook(pb::UnbookRequest { header: header(), invoice: face });
    let tx = prepared(&merchant, &unbook, 2).await;
    let who = tx.envelope.signers[0].identity;
    assert_eq!(check(&unbook, &tx, &merchant.ground(&w), &who).unwrap_err().field, "invoice: name it by slot");
}

fn red_of(tx: &mut Transaction) -> (&mut Slot, &mut ledger_types::RedReason) {
    match &mut tx.envelope.payload {
        Payload::IssueRed { invoice, reason, .. } => (invoice, reason),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_service_that_slips_itself_a_key_or_takes_a_claim_is_found() {
    let mut w = world().await;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    let own = KeyRecord::admin(KeyId(3), new_key().public_key().0);
    let slipped: &[(&str, Lie)] = &[
        ("account", |tx| {
            if let Payload::UpdateKeys { account, .. } = &mut tx.envelope.payload {
                *account = AccountId(1);
            }
        }),
        ("own_keys", |tx| added(tx)[0].public_key[1] ^= 1),
        ("mode: a key of the service's that it does not go with", |tx| {
            let last = added(tx).last().unwrap().clone();
            added(tx).push(KeyRecord { purpose: KeyPurpose::Admin, ..last });
        }),
        ("mode: a key of the service's that it does not go with", |tx| {
            added(tx).last_mut().unwrap().kinds |= ledger_types::PayloadKind::UpdateKeys.bit();
        }),
        ("revoke", |tx| {
            if let Payload::UpdateKeys { revoke, .. } = &mut tx.envelope.payload {
                revoke.push(KeyId(0));
            }
        }),
    ];
    let part = Change::ChangeKeys(merchant.asks(KeyMode::PartHosted, std::slice::from_ref(&own), &[1]));
    all_found(&w, &merchant, part, slipped).await;
    let none: &[(&str, Lie)] = &[("mode: a key of the service's that it does not go with", |tx| {
        let first = added(tx)[0].clone();
        added(tx).push(KeyRecord { purpose: KeyPurpose::Operator, kinds: 1 << 10, ..first });
    })];
    let still = Change::ChangeKeys(merchant.asks(KeyMode::Own, &[own], &[]));
    all_found(&w, &merchant, still, none).await;

    let token: crypto::OrderToken = w.issue(100).await.claim_token.parse().unwrap();
    let key = token.claim_key(&w.chain.genesis.chain_id(), &crypto::SoftwareProvider::shared()).unwrap();
    let token_key = key.public_key().0.to_vec();
    let claim = pb::ClaimRequest { header: merchant.party.header(), token_key, ..Default::default() };
    let change = Change::Claim(claim);
    let mut tx = prepared(&merchant, &change, 0).await;
    let who = tx.envelope.signers[0].identity;
    check(&change, &tx, &merchant.ground(&w), &who).unwrap();
    if let Payload::Claim { to, .. } = &mut tx.envelope.payload {
        *to = Address([7; 32]);
    }
    assert_eq!(check(&change, &tx, &merchant.ground(&w), &who).unwrap_err().field, "to_address");
}

fn added(tx: &mut Transaction) -> &mut Vec<KeyRecord> {
    match &mut tx.envelope.payload {
        Payload::UpdateKeys { add, .. } => add,
        other => panic!("{other:?}"),
    }
}

/// Stands before a service and lies about what it prepared.
struct Liar {
    honest: KeyServiceClient<Channel>,
    lie: Lie,
    submitted: Arc<AtomicU32>,
}

#[tonic::async_trait]
impl KeyService for Liar {
    async fn prepare(&self, request: Request<pb::PrepareRequest>) -> Result<Response<pb::PrepareResponse>, Status> {
        let mut answer = self.honest.clone().prepare(request).await?.into_inner();
        let mut tx = Transaction::from_canonical(&answer.transaction).unwrap();
        (self.lie)(&mut tx);
        answer.transaction = tx.to_canonical();
        Ok(Response::new(answer))
    }

    async fn submit(&self, request: Request<pb::SubmitRequest>) -> Result<Response<pb::SubmitResponse>, Status> {
        self.submitted.fetch_add(1, Ordering::SeqCst);
        self.honest.clone().submit(request).await
    }

    async fn change_keys(&self, _: Request<pb::ChangeKeysRequest>) -> Result<Response<pb::ChangeKeysResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn get_keys(&self, _: Request<pb::GetKeysRequest>) -> Result<Response<pb::GetKeysResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }
}

async fn liar(w: &World, lie: Lie) -> (String, Arc<AtomicU32>) {
    let channel = Channel::from_shared(w.service.endpoint()).unwrap().connect().await.unwrap();
    let submitted = Arc::new(AtomicU32::new(0));
    let liar = Liar { honest: KeyServiceClient::new(channel), lie, submitted: Arc::clone(&submitted) };
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = incoming.local_addr().unwrap();
    tokio::spawn(Server::builder().add_service(KeyServiceServer::new(liar)).serve_with_incoming(incoming));
    (format!("http://{address}"), submitted)
}

#[tokio::test]
async fn a_service_that_swaps_amount_or_receiver_gets_no_signature() {
    let w = world().await;
    let merchant = Keeper::open(&w, KeyMode::Own).await;
    merchant.approve(&w).await;
    let lies: [(&str, Lie); 2] = [
        ("invoice.total", |tx| facts(tx, |f| f.total = Fen(1_980_000))),
        ("terms.recipient", |tx| request(tx).owner = OwnerCondition::Address(Address([7; 32]))),
    ];
    for (field, lie) in lies {
        let (endpoint, submitted) = liar(&w, lie).await;
        let issues = merchant.at(&w, &endpoint, 1).await;
        let terms = to_account(w.company.account);
        let issue = pb::IssueRequest { header: merchant.party.header(), invoice: invoice(19_800), terms };
        let error = issues.act(Change::Issue(issue), &[]).await.unwrap_err();
        assert!(matches!(&error, ClientError::NotAsAsked(found) if found.field == field), "{error}");
        assert_eq!(submitted.load(Ordering::SeqCst), 0, "nothing left this client");
    }
    // The way itself works: one who tells the truth gets his signature.
    let (endpoint, submitted) = liar(&w, |_| ()).await;
    let issue = pb::IssueRequest {
        header: merchant.party.header(),
        invoice: invoice(19_800),
        terms: to_account(w.company.account),
    };
    merchant.at(&w, &endpoint, 1).await.act(Change::Issue(issue), &[]).await.unwrap();
    assert_eq!(submitted.load(Ordering::SeqCst), 1);
}
