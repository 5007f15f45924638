//! `taxchain issue`.

use clap::Args as ClapArgs;
use crypto::OrderToken;
use ledger_types::body::EntryMode;
use ledger_types::payload::InvoiceRequest;
use ledger_types::receipt::TxOutcome;
use ledger_types::{
    ApplicationId, BuyerTitle, Digest, Fen, InvoiceHash, InvoiceKind, OwnerCondition, Payload, Policy, Quantity,
    TaxCode, TaxId, TaxRate, TitleKind, ZeroKind,
};
use sdk::{Identity, InvoiceDraft, Item, NodeClient, SignedTx};

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};

/// Arguments of `issue`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain issue --total 198.00\n  taxchain issue --total 1060 --item '*住宿服务*房费' --code 3070402000000000000 --rate 6 \\\n      --buyer 深圳样例科技有限公司 --buyer-tax-id 91440300MA5DEK0259\n  taxchain issue --apply --total 50.00          # apply only; issue later with --application ID"
)]
pub(crate) struct Args {
    /// Amount with tax, yuan.
    #[arg(long, value_name = "YUAN", required_unless_present = "application")]
    total: Option<Fen>,
    /// Printed line name, `*short name*item`.
    #[arg(long, default_value = "*餐饮服务*餐费")]
    item: String,
    /// Tax code, 19 digits.
    #[arg(long, default_value = "3070401000000000000")]
    code: TaxCode,
    /// Rate in percent, or exempt, out-of-scope, zero.
    #[arg(long, default_value = "6", value_parser = rate)]
    rate: (TaxRate, Policy),
    /// Quantity.
    #[arg(long)]
    quantity: Option<Quantity>,
    /// Unit of the quantity.
    #[arg(long, default_value = "份")]
    unit: String,
    /// Buyer's name; a person if no tax id is given.
    #[arg(long, default_value = "个人")]
    buyer: String,
    /// Buyer's tax id.
    #[arg(long)]
    buyer_tax_id: Option<TaxId>,
    /// Remark.
    #[arg(long, default_value = "")]
    remark: String,
    /// The order this is for: it is invoiced once.
    #[arg(long)]
    order: Option<String>,
    /// Apply only: judged and quota reserved, no number yet.
    #[arg(long, conflicts_with = "application")]
    apply: bool,
    /// Issue this application.
    #[arg(long, value_name = "ID")]
    application: Option<ApplicationId>,
}

/// Reads a rate and the policy that goes with it.
fn rate(text: &str) -> Result<(TaxRate, Policy), String> {
    let zero = |kind, policy| Ok((TaxRate::Zero(kind), policy));
    match text {
        "exempt" => zero(ZeroKind::Exempt, Policy::Exempt),
        "out-of-scope" => zero(ZeroKind::OutOfScope, Policy::OutOfScope),
        "zero" | "0" => zero(ZeroKind::Ordinary, Policy::None),
        _ => {
            let percent: Quantity = text.trim_end_matches('%').parse().map_err(|_| "write for example 6, 13 or 1.5")?;
            let scale = 2u32.checked_sub(u32::from(percent.scale())).ok_or("a rate has at most two decimals")?;
            let points = percent.mantissa().checked_mul(10i64.pow(scale)).and_then(|p| u16::try_from(p).ok());
            let rate = TaxRate::Percent(points.ok_or("a rate is from 0.01 to 100")?);
            if rate.is_well_formed() { Ok((rate, Policy::None)) } else { Err("a rate is from 0.01 to 100".into()) }
        }
    }
}

/// Runs it.
pub(super) async fn run(global: &Global, args: Args) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    if let Some(application) = args.application {
        let merchant = session.identity("merchant")?;
        let (tx, block) = session.act(&merchant, Payload::IssueApplied { application }).await?;
        let Some(TxOutcome::Issued(issued)) = Session::outcome(&block) else { return Err(unexpected()) };
        return Ok(Answer::new()
            .field("slot", issued.slot.0)
            .field("code", issued.code.to_string())
            .field("number", issued.number.to_string())
            .placed(&tx, &block)
            .next(format!("taxchain show --slot {}", issued.slot)));
    }
    let chain = session.client.chain_id();
    let token = token(&session, global)?;
    let request = InvoiceRequest {
        owner: OwnerCondition::TokenKey(token.address(&chain)),
        order_ref: args.order.as_deref().map_or(Digest::ZERO, |o| reference(&chain, o)),
        payments: Vec::new(),
    };
    let merchant = session.sender("merchant")?;
    let draft = InvoiceDraft { token: Some(token.clone()), ..draft(&args)? };
    let apply = args.apply;
    let payload = if apply {
        Payload::Apply { request, expires_ms: session.client.now().0 + 3_600_000 }
    } else {
        Payload::Issue(request)
    };
    let (tx, block) = session.act_invoice(&merchant, payload, &draft).await?;
    let answer = Answer::new().placed(&tx, &block);
    match Session::outcome(&block) {
        Some(TxOutcome::Applied(id)) => Ok(answer
            .field("application", id.0)
            .field("claim_token", token.to_string())
            .next(format!("taxchain issue --application {id}"))),
        Some(TxOutcome::Issued(issued)) => {
            let hash = hash_of(&tx, &merchant, &session.client)?;
            let (_, total) = totals(&draft)?;
            let base = &session.client.genesis().params.verify_base_url;
            let url = format!("{base}?hash={hash}&bill_num={}&total_amount={}", issued.number, total.0);
            Ok(answer
                .field("slot", issued.slot.0)
                .field("code", issued.code.to_string())
                .field("number", issued.number.to_string())
                .field("total", total.to_string())
                .field("check_code", hash.check_code().to_string())
                .field("invoice_hash", hash.to_string())
                .field("qr", url.clone())
                .field("claim_token", token.to_string())
                .next(format!("taxchain verify --qr '{url}'"))
                .next(format!("taxchain claim --slot {} --token {token}", issued.slot)))
        }
        _ => Err(unexpected()),
    }
}

/// A fresh order token, or for a given request id always the same, so that a retry makes the same invoice.
fn token(session: &Session, global: &Global) -> Result<OrderToken, Failure> {
    let path = match global.request_id {
        None => return OrderToken::generate().map_err(Failure::general),
        Some(id) => session.home.dir().join("outbox").join(format!("{id}.token")),
    };
    if let Ok(text) = std::fs::read_to_string(&path) {
        return text.trim().parse().map_err(|_| Failure::new(exit::DATA, format!("{} is damaged", path.display())));
    }
    session.home.outbox()?;
    let token = OrderToken::generate().map_err(Failure::general)?;
    std::fs::write(&path, token.to_string())?;
    Ok(token)
}

fn draft(args: &Args) -> Result<InvoiceDraft, Failure> {
    let total = args.total.ok_or_else(|| Failure::new(2, "--total is missing"))?;
    let item = Item { name: args.item.clone(), tax_code: args.code, rate: args.rate.0, policy: args.rate.1 };
    let line = match args.quantity {
        Some(quantity) => item.gross_line_of(total, quantity, &args.unit),
        None => item.gross_line(total),
    };
    let kind = if args.buyer_tax_id.is_some() { TitleKind::Organisation } else { TitleKind::Individual };
    Ok(InvoiceDraft {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Gross,
        buyer: BuyerTitle {
            kind,
            name: args.buyer.clone(),
            tax_id: args.buyer_tax_id.clone(),
            address_and_bank: String::new(),
        },
        seller: None,
        lines: vec![line],
        remark: args.remark.clone(),
        drawer: "命令行".to_owned(),
        token: None,
    })
}

fn totals(draft: &InvoiceDraft) -> Result<(Fen, Fen), Failure> {
    let (net, tax) = draft.totals().map_err(|e| Failure::new(exit::DATA, e.to_string()))?;
    let total = net.checked_add(tax).ok_or_else(|| Failure::new(exit::DATA, "the total is out of range"))?;
    Ok((net, total))
}

/// The invoice hash of a transaction just signed: its facts are at hand.
pub(super) fn hash_of(tx: &SignedTx, signer: &Identity, client: &NodeClient) -> Result<InvoiceHash, Failure> {
    let facts = crate::commands::show::facts_in(&tx.bytes, signer, client)?;
    Ok(InvoiceHash::compute(&client.chain_id(), &tx.id, 0, &facts.secret_salt))
}

/// SM3 of an outside number, as the chain keeps it.
pub(super) fn reference(chain: &ledger_types::ChainId, text: &str) -> Digest {
    ledger_types::domain_hash(ledger_types::Purpose::Reference, chain, text.as_bytes())
}

pub(super) fn unexpected() -> Failure {
    Failure::new(exit::DATA, "the receipt has another outcome than this command's")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them() {
        assert_eq!(rate("6"), Ok((TaxRate::Percent(600), Policy::None)));
        assert_eq!(rate("1.5%"), Ok((TaxRate::Percent(150), Policy::None)));
        assert_eq!(rate("exempt"), Ok((TaxRate::Zero(ZeroKind::Exempt), Policy::Exempt)));
        assert!(rate("1.555").is_err() && rate("700").is_err() && rate("six").is_err() && rate("-3").is_err());
    }
}
