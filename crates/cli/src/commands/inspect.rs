//! `taxchain inspect`: inspections of a bureau, and reading under them.

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use ledger_types::{AccessRequest, BlockTime, InspectionId, InspectionRequest, KeyId, Payload, Slot, TaxId};
use serde_json::json;

use super::issue::reference;
use super::show::contents;
use crate::answer::Answer;
use crate::failure::Failure;
use crate::period::{Day, Span};
use crate::session::{Global, Session};

/// `taxchain inspect`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain inspect open --tax-id 91440300MA5DEK017E --case 2026-0117 --until 30d --auditor audit-1 --auditor audit-2 --as security --co-sign approver\n  taxchain inspect record --inspection 12-0 --slot 0 --purpose 'complaint 44' --as audit-1 --co-sign audit-2\n  taxchain inspect read --slot 0 --as audit-1\n  taxchain inspect record --link --inspection 12-0 --slot 0 --purpose 'complaint 44' --as audit-1 --co-sign audit-2\n  taxchain inspect link --slot 0 --as audit-1\n  taxchain inspect list"
)]
pub(crate) enum Command {
    /// Open an inspection: a security administrator, with an approver beside him.
    Open(Open),
    /// Put on record that two auditors are going to read.
    Record {
        /// Under which inspection.
        #[arg(long)]
        inspection: InspectionId,
        /// Which invoices.
        #[arg(long = "slot", required = true)]
        slots: Vec<Slot>,
        /// What for; only its SM3 goes on chain.
        #[arg(long)]
        purpose: String,
        /// Not to read them, but to ask which other claims are of the wallets that claimed them.
        #[arg(long)]
        link: bool,
    },
    /// Read what an invoice says, within ten minutes of the record.
    Read {
        /// Which invoice.
        #[arg(long)]
        slot: Slot,
    },
    /// The other claims of the wallet that claimed an invoice, among those under the inspection, within ten minutes of the record.
    Link {
        /// Which invoice.
        #[arg(long)]
        slot: Slot,
    },
    /// Inspections, and who may read under them.
    List,
}

/// What is opened.
#[derive(Args)]
#[group(skip)]
pub(crate) struct Open {
    /// Tax ids of who issued the invoices.
    #[arg(long = "tax-id", required = true)]
    tax_ids: Vec<TaxId>,
    /// First day of issuing, e.g. 2026-11-01; from the beginning if absent.
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// Last day of issuing; without an end if absent.
    #[arg(long, value_name = "DAY")]
    through: Option<Day>,
    /// The case; only its SM3 goes on chain.
    #[arg(long)]
    case: String,
    /// For how long: 12h, 30d.
    #[arg(long, value_name = "SPAN")]
    until: Span,
    /// Its auditors: names of home.json, or key ids of the bureau; two or more.
    #[arg(long = "auditor", required = true)]
    auditors: Vec<String>,
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    match command {
        Command::Open(asked) => open(&session, asked).await,
        Command::Record { inspection, mut slots, purpose, link } => {
            slots.sort_unstable();
            slots.dedup();
            let first = slots.first().copied().unwrap_or(Slot(0));
            let purpose = reference(&session.client.chain_id(), &purpose);
            let who = session.identity("auditor")?;
            let asked = AccessRequest { inspection, slots, purpose };
            let (payload, next) = match link {
                false => (Payload::RecordAccess(asked), "read"),
                true => (Payload::RecordLinkAccess(asked), "link"),
            };
            let (tx, block) = session.act(&who, payload).await?;
            Ok(Answer::new()
                .field("inspection", inspection.to_string())
                .placed(&tx, &block)
                .next(format!("taxchain inspect {next} --slot {first}")))
        }
        Command::Read { slot } => contents(&session, slot, "auditor", Answer::new().field("slot", slot.0)).await,
        Command::Link { slot } => link(&session, slot, global.quiet).await,
        Command::List => list(&session).await,
    }
}

async fn open(session: &Session, asked: Open) -> Result<Answer, Failure> {
    let mut auditors = asked.auditors.iter().map(|name| key_of(session, name)).collect::<Result<Vec<_>, _>>()?;
    auditors.sort_unstable();
    auditors.dedup();
    let mut tax_ids = asked.tax_ids;
    tax_ids.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    tax_ids.dedup();
    let now = session.client.stamp().await?.time;
    let request = InspectionRequest {
        area: session.area(),
        tax_ids,
        from_ms: asked.from.map_or(0, Day::first_ms),
        to_ms: asked.through.map_or(u64::MAX, Day::last_ms),
        case: reference(&session.client.chain_id(), &asked.case),
        until_ms: now.plus_ms(asked.until.ms).0,
        auditors,
    };
    let until = BlockTime(request.until_ms).to_string();
    let who = session.identity("security")?;
    let (tx, block) = session.act(&who, Payload::OpenInspection(request)).await?;
    let id = InspectionId { height: block.height, tx: block.index };
    Ok(Answer::new()
        .field("inspection", id.to_string())
        .field("until", until)
        .placed(&tx, &block)
        .next(format!("taxchain inspect record --inspection {id} --slot SLOT --purpose TEXT")))
}

fn key_of(session: &Session, name: &str) -> Result<KeyId, Failure> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let entry = session.home.file.identities.get(name);
    entry.map(|e| e.key_id).ok_or_else(|| Failure::not_found(format!("{name:?} is no identity and no key id")))
}

async fn list(session: &Session) -> Result<Answer, Failure> {
    let now = session.client.stamp().await?.time.0;
    let rows = session.client.inspections().await?.into_iter().map(|(id, inspection)| {
        vec![
            json!(id.to_string()),
            json!(inspection.bureau.0),
            json!(inspection.area.0),
            json!(inspection.sellers.iter().map(|seller| seller.0).collect::<Vec<_>>()),
            json!(inspection.auditors.iter().map(|key| key.0).collect::<Vec<_>>()),
            json!(BlockTime(inspection.until_ms).to_string()),
            json!(now <= inspection.until_ms),
        ]
    });
    let columns = ["inspection", "bureau", "area", "sellers", "auditors' keys", "until", "in force"];
    Ok(Answer::new().table(&columns, rows.collect()))
}

async fn link(session: &Session, slot: Slot, quiet: bool) -> Result<Answer, Failure> {
    let who = session.identity("auditor")?;
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    let found = session.client.linked_claims(slot, &who, |looked_at| bar.set_position(looked_at)).await;
    bar.finish_and_clear();
    let Some(claims) = found? else {
        return Err(Failure::not_found("the claim of this invoice says nothing of a wallet"));
    };
    let answer = Answer::new().field("slot", slot.0).field("claims", claims.len());
    let wallet = claims.first().map(|claim| hex::encode(claim.link.wallet));
    let rows = claims.iter().map(|claim| {
        let signature = hex::encode(claim.link.signature);
        vec![json!(claim.slot.0), json!(claim.to.to_string()), json!(claim.tx.to_string()), json!(signature)]
    });
    let columns = ["slot", "address", "transaction", "signature"];
    Ok(answer.field("wallet", json!(wallet)).table(&columns, rows.collect()))
}
