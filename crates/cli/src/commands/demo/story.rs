//! The story: rules, an invoice's whole life, a second reimbursement, an error, a confirmed red letter, a proof.

use std::path::Path;

use crypto::{OrderToken, SoftwareProvider};
use ledger_types::body::EntryMode;
use ledger_types::owner::account_address;
use ledger_types::payload::{InvoiceRequest, RedAnswer};
use ledger_types::receipt::Issued;
use ledger_types::{
    Address, BuyerTitle, Digest, Fen, FormId, InvoiceHash, InvoiceKind, OwnerCondition, Payload, Policy, RedFormState,
    RedReason, RejectReason, Slot, Spend, TaxRate, TitleKind, TxOutcome, Verdict,
};
use sdk::{Identity, InvoiceDraft, Item, SignedTx};

use super::super::dev::Up;
use super::super::issue::{hash_of, reference, unexpected};
use super::teller::Teller;
use crate::failure::{Failure, exit};
use crate::world::PEOPLE;

const DAY_MS: u64 = 86_400_000;

/// Tells it from beginning to end; a step that comes otherwise ends it.
pub(super) async fn tell(up: &mut Up, dir: &Path, teller: &Teller) -> Result<(), Failure> {
    let mut stage = Stage { up, teller };
    stage.rules().await?;
    let dinner = stage.issue(Fen(19_800)).await?;
    stage.qr(&dinner)?;
    stage.claim_and_hand_in(&dinner).await?;
    stage.verify(&dinner).await?;
    let victim = u16::try_from(stage.up.others.len()).unwrap_or(u16::MAX);
    if victim > 0 {
        stage.kill(victim).await?;
    }
    stage.reimburse(&dinner).await?;
    stage.reimburse_again(&dinner).await?;
    stage.error().await?;
    stage.confirmed_red().await?;
    if victim > 0 {
        stage.bring_back(victim).await?;
    }
    stage.proof(&dinner, dir).await
}

struct Stage<'a> {
    up: &'a mut Up,
    teller: &'a Teller,
}

/// An invoice of the story.
struct Told {
    issued: Issued,
    total: Fen,
    hash: InvoiceHash,
    token: OrderToken,
}

impl Stage<'_> {
    fn who(&self, name: &str) -> Result<&Identity, Failure> {
        let found = self.up.people.iter().find(|p| p.name == name);
        found.map(|p| &p.identity).ok_or_else(|| Failure::config(format!("the chain has no {name}")))
    }

    fn address(&self, name: &str) -> Result<Address, Failure> {
        let found = self.up.people.iter().find(|p| p.name == name);
        let account = found.map(|p| p.account).ok_or_else(|| Failure::config(format!("the chain has no {name}")))?;
        Ok(account_address(&self.up.client.chain_id(), account))
    }

    fn area(&self) -> ledger_types::Area {
        self.up.chain.genesis().areas[0]
    }

    fn sign(&self, who: &Identity, payload: Payload) -> Result<SignedTx, Failure> {
        let frame = self.up.client.new_frame(self.area())?;
        Ok(sdk::sign_plain(&frame, payload, &[who]).map_err(sdk::ClientError::from)?)
    }

    /// Sends a transaction that must take effect.
    async fn send(&self, tx: &SignedTx) -> Result<TxOutcome, Failure> {
        let fate = self.up.client.submit_and_wait(tx).await?;
        if let Some(failure) = Failure::of_fate(&fate) {
            return Err(failure);
        }
        match fate.verdict().map(|v| &v.receipt.verdict) {
            Some(Verdict::Accepted(outcome)) => Ok(outcome.clone()),
            _ => Err(unexpected()),
        }
    }

    async fn act(&self, name: &str, payload: Payload) -> Result<TxOutcome, Failure> {
        self.send(&self.sign(self.who(name)?, payload)?).await
    }

    /// Sends a transaction that must be refused by this reason, and says how it was.
    async fn refused(&self, name: &str, payload: Payload, reason: RejectReason) -> Result<String, Failure> {
        let fate = self.up.client.submit_and_wait(&self.sign(self.who(name)?, payload)?).await?;
        let refusals = fate.verdict().map_or(&[][..], |v| v.receipt.refusals());
        let Some(refusal) = refusals.iter().find(|r| r.reason == reason) else {
            return Err(Failure::new(exit::GENERAL, format!("this should have been refused as {}", reason.name())));
        };
        let (zh, en) = (proto::catalogue::Lang::Zh, proto::catalogue::Lang::En);
        let (zh, en) = (proto::catalogue::render(refusal, zh), proto::catalogue::render(refusal, en));
        Ok(format!("被拒 refused: {} {} — {zh} · {en}", reason.number(), reason.name()))
    }

    async fn spend(&self, slot: Slot) -> Result<Spend, Failure> {
        let record = self.up.client.output(slot).await?;
        let record = record.ok_or_else(|| Failure::not_found(format!("there is nothing in slot {slot}")))?;
        Ok(Spend::new(slot, record.sequence))
    }

    /// kill -9 of a validator's process: the others go on.
    async fn kill(&mut self, place: u16) -> Result<(), Failure> {
        let height = self.up.client.stamp().await?.height;
        self.up.kill_validator(place)?;
        let n = self.up.others.len() + 1;
        self.teller.step(
            &format!("第 {} 个税务局的节点被强行终止", place + 1),
            &format!("the node of bureau {} is killed (kill -9)", place + 1),
            &format!("区块高度 height {height}: 其余 {} 个继续 the other {} of {n} go on", n - 1, n - 1),
        );
        Ok(())
    }

    /// It starts again on its own data and gets the blocks that it missed.
    async fn bring_back(&mut self, place: u16) -> Result<(), Failure> {
        let goal = self.up.client.stamp().await?.height;
        self.up.start_validator(place).await?;
        let Some(Some(process)) = self.up.others.get(usize::from(place) - 1) else { return Err(unexpected()) };
        let (opened, node) = (process.banner.height, process.banner.node.clone());
        let client = sdk::NodeClient::connect(&node, self.up.connect_options()?).await?;
        let mut height = client.stamp().await?.height;
        for _ in 0..3_000 {
            if height >= goal {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            height = client.stamp().await?.height;
        }
        if height < goal {
            return Err(Failure::new(exit::DEADLINE, format!("bureau {} did not catch up in 30 s", place + 1)));
        }
        self.teller.step(
            &format!("第 {} 个税务局的节点重新启动并追上", place + 1),
            &format!("the node of bureau {} starts again and catches up", place + 1),
            &format!("由高度 {opened} 追到 {height} from height {opened} to {height}"),
        );
        Ok(())
    }

    async fn rules(&self) -> Result<(), Failure> {
        let area = self.area();
        let book = self.up.client.rule_book(area, None).await?;
        let mut book = book.ok_or_else(|| Failure::not_found("no rule book is in force"))?;
        book.version += 1;
        book.effective_ms = self.up.client.now().0 + 60_000;
        let version = book.version;
        self.act("bureau", Payload::PublishRuleBook(Box::new(book))).await?;
        self.up.client.set_clock(self.up.client.now().plus_ms(61_000)).await?;
        let now = self.up.client.rule_book(area, None).await?.map_or(0, |b| b.version);
        if now != version {
            return Err(Failure::new(exit::GENERAL, "the new rule book is not in force"));
        }
        let result = format!("地区 area {area}, 第 {version} 版生效 version {version} in force");
        self.teller.step("税务局发布开票规则", "the bureau publishes issuing rules", &result);
        Ok(())
    }

    async fn issue(&self, total: Fen) -> Result<Told, Failure> {
        let chain = self.up.client.chain_id();
        let token = OrderToken::generate().map_err(Failure::general)?;
        let owner = OwnerCondition::TokenKey(token.address(&chain));
        let payload = Payload::Issue(InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() });
        let frame = self.up.client.new_frame(self.area())?;
        let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
        let (draft, merchant) = (InvoiceDraft { token: Some(token.clone()), ..draft(total)? }, self.who("merchant")?);
        let tx =
            sdk::sign_invoice(&frame, payload, &draft, &[merchant], &mut random).map_err(sdk::ClientError::from)?;
        let TxOutcome::Issued(issued) = self.send(&tx).await? else { return Err(unexpected()) };
        let hash = hash_of(&tx, merchant, &self.up.client)?;
        let check = hash.check_code();
        let result = format!(
            "发票代码 code {} 号码 number {} 校验码 check {check} 价税合计 total ¥{total}",
            issued.code, issued.number
        );
        self.teller.step("商户开票", "the merchant issues", &result);
        Ok(Told { issued, total, hash, token })
    }

    fn qr(&self, told: &Told) -> Result<(), Failure> {
        let base = &self.up.client.genesis().params.verify_base_url;
        let url = format!("{base}?hash={}&bill_num={}&total_amount={}", told.hash, told.issued.number, told.total.0);
        let code = qrcode::QrCode::new(&url).map_err(Failure::general)?;
        let picture = code.render::<qrcode::render::unicode::Dense1x2>().quiet_zone(true).build();
        self.teller.step("发票二维码", "the QR code on the face", &url);
        self.teller.text(&picture);
        Ok(())
    }

    async fn claim(&self, told: &Told, to: &str) -> Result<(), Failure> {
        let key = told.token.claim_key(&self.up.client.chain_id(), &SoftwareProvider::shared());
        let bearer = Identity::bare(key.map_err(sdk::ClientError::from)?);
        let spend = self.spend(told.issued.slot).await?;
        self.send(&self.sign(&bearer, Payload::Claim { spend, to: self.address(to)? })?).await.map(drop)
    }

    async fn claim_and_hand_in(&self, told: &Told) -> Result<(), Failure> {
        let slot = told.issued.slot;
        self.claim(told, "employee").await?;
        self.teller.step(
            "员工认领",
            "the employee claims it with the order token",
            &format!("已认领 claimed, slot {slot}"),
        );
        let (from, to) = (self.address("employee")?, self.address("company")?);
        let (spend, until_ms) = (self.spend(slot).await?, self.up.client.now().0 + 30 * DAY_MS);
        self.act("employee", Payload::OfferTransfer { spend, to, until_ms }).await?;
        let mut members = vec![from, to];
        members.sort_unstable();
        let mut spend = self.spend(slot).await?;
        spend.reveal = Some(OwnerCondition::AnyOf(members));
        self.act("company", Payload::AcceptTransfer { spend }).await?;
        self.teller.step("员工交给企业", "the employee hands it to the company, which accepts", "已流转 transferred");
        Ok(())
    }

    async fn verify(&self, told: &Told) -> Result<(), Failure> {
        let found = self.up.client.invoice_by_number(told.issued.code, told.issued.number).await?;
        let (slot, record) = found.ok_or_else(|| Failure::not_found("the invoice is not found by code and number"))?;
        let invoice = record.invoice().ok_or_else(unexpected)?;
        let sound = slot == told.issued.slot && record.amount == told.total;
        if !sound {
            return Err(Failure::new(exit::VERIFICATION, "the invoice on chain is not the one on the face"));
        }
        let states = invoice.state_names().join(" · ");
        self.teller.step(
            "企业查验",
            "the company verifies it by code and number",
            &format!("相符 as on the face: ¥{}; {states}", record.amount),
        );
        Ok(())
    }

    async fn lock_and_book(&self, slot: Slot) -> Result<(), Failure> {
        let chain = self.up.client.chain_id();
        let until_ms = self.up.client.now().0 + 30 * DAY_MS;
        let spends = vec![self.spend(slot).await?];
        self.act("company", Payload::Lock { spends, until_ms, reason: 1 }).await?;
        let voucher_ref = reference(&chain, &format!("voucher {slot}"));
        let spend = self.spend(slot).await?;
        self.act("company", Payload::Book { spend, deductible: true, voucher_ref }).await.map(drop)
    }

    async fn reimburse(&self, told: &Told) -> Result<(), Failure> {
        let slot = told.issued.slot;
        self.lock_and_book(slot).await?;
        self.teller.step("企业锁定并入账", "the company locks and books it", "已锁定 locked, 已入账 booked (02)");
        let (spend, paid_ref) = (self.spend(slot).await?, reference(&self.up.client.chain_id(), "bank 1"));
        self.act("company", Payload::Reimburse { spend, paid_ref }).await?;
        self.teller.step("企业报销", "the company reimburses it", "已报销 closed for ever");
        Ok(())
    }

    async fn reimburse_again(&self, told: &Told) -> Result<(), Failure> {
        let spend = self.spend(told.issued.slot).await?;
        let paid_ref = reference(&self.up.client.chain_id(), "bank 2");
        let said =
            self.refused("company", Payload::Reimburse { spend, paid_ref }, RejectReason::AlreadyReimbursed).await?;
        self.teller.step("再次报销同一张发票", "somebody reimburses it a second time", &said);
        Ok(())
    }

    async fn red(&self, slot: Slot, form: Option<FormId>) -> Result<Payload, Failure> {
        let sequence = self.spend(slot).await?.sequence;
        Ok(Payload::IssueRed { invoice: slot, sequence, reason: RedReason::IssueError, form })
    }

    async fn error(&self) -> Result<(), Failure> {
        let wrong = self.issue(Fen(8_800)).await?;
        let payload = self.red(wrong.issued.slot, None).await?;
        let TxOutcome::RedIssued { red, .. } = self.act("merchant", payload).await? else { return Err(unexpected()) };
        let result = format!("红字发票 red invoice {} {} reverses {}", red.code, red.number, wrong.issued.number);
        self.teller.step("开票有误，红冲", "an error: the merchant reverses it, unused", &result);
        Ok(())
    }

    async fn confirmed_red(&self) -> Result<(), Failure> {
        let told = self.issue(Fen(50_000)).await?;
        let slot = told.issued.slot;
        self.claim(&told, "company").await?;
        self.lock_and_book(slot).await?;
        let spends = vec![self.spend(slot).await?];
        self.act("company", Payload::Unlock { spends }).await?;
        self.teller.step("企业认领并入账", "the company claims and books it", "已入账 booked (02)");
        let payload = self.red(slot, None).await?;
        let said = self.refused("merchant", payload, RejectReason::RedNeedsConfirmation).await?;
        self.teller.step("未经确认红冲", "the merchant reverses it without asking", &said);
        let lapsed = self.ask(slot).await?;
        self.teller.step(
            "发起红字确认单",
            "the merchant asks for a confirmation form",
            &format!("确认单 form {lapsed}, 72 h"),
        );
        self.up.client.set_clock(self.up.client.now().plus_ms(72 * 3_600_000 + 1_000)).await?;
        self.must_be(lapsed, RedFormState::Lapsed).await?;
        self.teller.step(
            "72小时无人确认",
            "72 hours of block time pass unanswered",
            &format!("form {lapsed} 已作废 lapsed (07)"),
        );
        let form = self.ask(slot).await?;
        self.act("company", Payload::AnswerRed { form, answer: RedAnswer::Confirm }).await?;
        self.must_be(form, RedFormState::Confirmed).await?;
        let payload = self.red(slot, Some(form)).await?;
        let TxOutcome::RedIssued { red, .. } = self.act("merchant", payload).await? else { return Err(unexpected()) };
        let result = format!("form {form} 已确认 confirmed (04); 红字发票 red invoice {} {}", red.code, red.number);
        self.teller.step("再次发起，企业确认，红冲", "asked again, confirmed, reversed", &result);
        Ok(())
    }

    async fn ask(&self, slot: Slot) -> Result<FormId, Failure> {
        let payload = Payload::RequestRed { invoice: slot, reason: RedReason::IssueError };
        match self.act("merchant", payload).await? {
            TxOutcome::FormOpened(form) => Ok(form),
            _ => Err(unexpected()),
        }
    }

    async fn must_be(&self, form: FormId, state: RedFormState) -> Result<(), Failure> {
        match self.up.client.red_form(form).await? {
            Some(found) if found.state == state => Ok(()),
            found => {
                let found = found.map(|f| f.state);
                Err(Failure::new(exit::GENERAL, format!("form {form} should be {state:?}, but is {found:?}")))
            }
        }
    }

    async fn proof(&self, told: &Told, dir: &Path) -> Result<(), Failure> {
        let slot = told.issued.slot;
        let proof = self.up.client.opened_proof(slot, self.who("merchant")?).await?;
        let proof = proof.ok_or_else(|| Failure::not_found(format!("there is no proof for slot {slot}")))?;
        let file = dir.join("invoice.proof");
        std::fs::write(&file, &proof)?;
        let shown = verifier::verify_file(&file, &self.up.chain.genesis_path())
            .map_err(|e| Failure::new(exit::VERIFICATION, e.to_string()))?;
        let result = format!(
            "离线验证通过 accepted offline: number {}, {} fen, {}, {} bytes",
            shown.number,
            shown.total_fen,
            shown.state.reimbursement,
            proof.len()
        );
        self.teller.step("导出并离线验证证明", "a proof file is exported and verified offline", &result);
        Ok(())
    }
}

/// A dinner for the sample company.
fn draft(total: Fen) -> Result<InvoiceDraft, Failure> {
    let company = PEOPLE.iter().find(|p| p.name == "company").ok_or_else(unexpected)?;
    let bad = || Failure::config("the sample company's data does not fit");
    let item = Item {
        name: "*餐饮服务*餐费".to_owned(),
        tax_code: "3070401000000000000".parse().map_err(|_| bad())?,
        rate: TaxRate::Percent(600),
        policy: Policy::None,
    };
    let tax_id = company.tax_id.map(str::parse).transpose().map_err(|_| bad())?;
    Ok(InvoiceDraft {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Gross,
        buyer: BuyerTitle {
            kind: TitleKind::Organisation,
            name: company.title.to_owned(),
            tax_id,
            address_and_bank: String::new(),
        },
        seller: None,
        lines: vec![item.gross_line(total)],
        remark: String::new(),
        drawer: "演示".to_owned(),
        token: None,
    })
}
