//! `taxchain grant` and `taxchain revoke`.

use clap::{Args, Subcommand, ValueEnum};
use ledger_types::owner::account_address;
use ledger_types::{
    Address, BlockTime, Grant, GrantId, GrantRequest, GrantScope, Payload, SectionKind, SectionSet, Slot,
};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::failure::Failure;
use crate::period::{Day, Span};
use crate::session::{Global, Session};

/// A section of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Kind, totals, remark, drawer.
    Facts,
    /// The seller's printed face.
    Seller,
    /// The buyer's title.
    Buyer,
    /// The lines.
    Lines,
    /// Telephone and e-mail.
    Contacts,
    /// Hashes of attached files.
    Attachments,
}

const PARTS: [(Part, SectionKind); 6] = [
    (Part::Facts, SectionKind::Facts),
    (Part::Seller, SectionKind::Seller),
    (Part::Buyer, SectionKind::Buyer),
    (Part::Lines, SectionKind::Lines),
    (Part::Contacts, SectionKind::Contacts),
    (Part::Attachments, SectionKind::Attachments),
];

/// Arguments of `grant`.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    before_help = "EXAMPLES\n  taxchain grant --slot 0 --to payments --until 30d --as company\n  taxchain grant --slot 0 --slot 3 --to payments --until 30d --sections lines,buyer --as company\n  taxchain grant --held --from 2026-11-01 --through 2026-11-30 --to payments --until 90d --as company\n  taxchain grant list --as company"
)]
pub(crate) struct GrantArgs {
    #[command(subcommand)]
    command: Option<Command>,
    /// The invoices, one by one.
    #[arg(long = "slot", required_unless_present_any = ["issued", "held"], conflicts_with_all = ["issued", "held"])]
    slots: Vec<Slot>,
    /// All that one issued within a period, also later ones.
    #[arg(long)]
    issued: bool,
    /// All that one holds and that were issued within a period, also later ones.
    #[arg(long)]
    held: bool,
    /// First day of the period, e.g. 2026-11-01; from the beginning if absent.
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// Last day of the period; without an end if absent.
    #[arg(long, value_name = "DAY")]
    through: Option<Day>,
    /// Who may see: a name of home.json, an account id, or an address of 64 hexadecimal digits.
    #[arg(long, required = true, value_name = "WHO")]
    to: Option<String>,
    /// For how long: 45m, 12h, 30d.
    #[arg(long, required = true, value_name = "SPAN")]
    until: Option<Span>,
    /// What of them; all if absent.
    #[arg(long, value_enum, value_delimiter = ',')]
    sections: Vec<Part>,
}

/// `taxchain grant`.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Grants that one gave, and that were given to one.
    #[command(before_help = "EXAMPLES\n  taxchain grant list --as company\n  taxchain grant list --of payments")]
    List {
        /// Whose: a name of home.json, an account id or an address; whom `--as` names if absent.
        #[arg(long, value_name = "WHO")]
        of: Option<String>,
    },
}

/// Arguments of `revoke`.
#[derive(Args)]
#[command(before_help = "EXAMPLES\n  taxchain revoke 12-0 --as company      # the id that `grant` printed")]
pub(crate) struct RevokeArgs {
    /// The grant.
    grant: GrantId,
}

/// Gives a grant, or lists them.
pub(super) async fn grant(global: &Global, args: GrantArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    if let Some(Command::List { of }) = &args.command {
        return list(&session, of.as_deref()).await;
    }
    let (Some(to), Some(until)) = (&args.to, args.until) else {
        return Err(Failure::new(2, "--to and --until are missing"));
    };
    let scope = scope(&args)?;
    let chosen: Vec<SectionKind> =
        PARTS.iter().filter(|(part, _)| args.sections.contains(part)).map(|(_, kind)| *kind).collect();
    let sections = if chosen.is_empty() { SectionSet::ALL } else { SectionSet::of(&chosen) };
    let now = session.client.stamp().await?.time;
    let request = GrantRequest { to: address(&session, to)?, scope, sections, until_ms: now.plus_ms(until.ms).0 };
    let until_ms = request.until_ms;
    let who = session.identity("company")?;
    let (tx, block) = session.act(&who, Payload::GrantAccess(request)).await?;
    let id = GrantId { height: block.height, tx: block.index };
    Ok(Answer::new()
        .field("grant", id.to_string())
        .field("to", to.as_str())
        .field("sections", names(sections))
        .field("until", BlockTime(until_ms).to_string())
        .placed(&tx, &block)
        .next(format!("taxchain revoke {id}")))
}

fn scope(args: &GrantArgs) -> Result<GrantScope, Failure> {
    if args.issued || args.held {
        let from_ms = args.from.map_or(0, Day::first_ms);
        let to_ms = args.through.map_or(u64::MAX, Day::last_ms);
        return Ok(GrantScope::Period { issued: args.issued, held: args.held, kind: None, from_ms, to_ms });
    }
    if args.from.is_some() || args.through.is_some() {
        return Err(Failure::new(2, "--from and --through go with --issued or --held"));
    }
    let mut slots = args.slots.clone();
    slots.sort_unstable();
    slots.dedup();
    Ok(GrantScope::Slots(slots))
}

/// Takes a grant back.
pub(super) async fn revoke(global: &Global, args: RevokeArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let who = session.identity("company")?;
    let (tx, block) = session.act(&who, Payload::RevokeAccess { grant: args.grant }).await?;
    Ok(Answer::new().field("grant", args.grant.to_string()).placed(&tx, &block).next("taxchain grant list"))
}

/// The address of a name of home.json or an account id, or an address itself.
pub(super) fn address(session: &Session, who: &str) -> Result<Address, Failure> {
    if let Ok(address) = who.parse() {
        return Ok(address);
    }
    Ok(account_address(&session.client.chain_id(), session.home.account(who)?))
}

async fn list(session: &Session, of: Option<&str>) -> Result<Answer, Failure> {
    let of = match of {
        Some(of) => address(session, of)?,
        None => session.identity("company")?.address(&session.client.chain_id()),
    };
    let now = session.client.stamp().await?.time.0;
    let given = session.client.grants_by(of).await?;
    let received = session.client.grants_to(of).await?;
    let given = given.iter().map(|(id, grant)| row("given", &grant.to, *id, grant, now));
    let received = received.iter().map(|(id, grant)| row("received", &grant.from, *id, grant, now));
    let rows = given.chain(received).collect();
    Ok(Answer::new().table(&["grant", "side", "other", "invoices", "sections", "until", "in force"], rows))
}

fn row(side: &str, other: &Address, id: GrantId, grant: &Grant, now_ms: u64) -> Vec<Value> {
    let invoices = match &grant.scope {
        GrantScope::Slots(slots) => slots.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        GrantScope::Period { issued, held, from_ms, to_ms, .. } => {
            let sides = [(*issued, "issued"), (*held, "held")];
            let sides: Vec<_> = sides.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
            let day = |ms: u64| if ms == u64::MAX { "…".to_owned() } else { BlockTime(ms).civil_date().to_string() };
            format!("{} {} to {}", sides.join(" and "), day(*from_ms), day(*to_ms))
        }
    };
    vec![
        json!(id.to_string()),
        json!(side),
        json!(other.to_string()),
        json!(invoices),
        json!(names(grant.sections)),
        json!(BlockTime(grant.until_ms).to_string()),
        json!(now_ms <= grant.until_ms),
    ]
}

fn names(sections: SectionSet) -> String {
    let named = PARTS.iter().filter(|(_, kind)| sections.has(*kind));
    named.filter_map(|(part, _)| Some(part.to_possible_value()?.get_name().to_owned())).collect::<Vec<_>>().join(",")
}
