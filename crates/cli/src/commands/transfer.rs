//! `taxchain claim` and `taxchain transfer`.

use clap::{Args, Subcommand};
use crypto::{OrderToken, SoftwareProvider};
use ledger_types::owner::account_address;
use ledger_types::{Address, ClaimState, Owner, OwnerCondition, Payload, Slot, Spend};
use sdk::Identity;

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::{Global, Session};

/// Arguments of `claim`.
#[derive(Args)]
#[command(
    before_help = "EXAMPLES\n  taxchain claim --slot 0 --token TOKEN            # the employee claims\n  taxchain claim --slot 0 --token TOKEN --to company\n  taxchain claim --slot 0 --token TOKEN --one-time   # to a new address of one's wallet"
)]
pub(crate) struct ClaimArgs {
    /// The invoice.
    #[arg(long)]
    slot: Slot,
    /// The order token of the QR code. It is worth the invoice: prefer --token-file or a prompt-less pipe in scripts.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "TAXCHAIN_TOKEN",
        hide_env_values = true,
        required_unless_present = "token_file"
    )]
    token: Option<String>,
    /// Read the token from a file.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    token_file: Option<std::path::PathBuf>,
    /// Who gets it: a name of home.json or an account id.
    #[arg(long, default_value = "employee")]
    to: String,
    /// To a new address of this folder's wallet, which nobody can link with the others; with the content key for it.
    #[arg(long, conflicts_with = "to")]
    one_time: bool,
}

/// `taxchain transfer`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain transfer offer --slot 0 --to company      # the employee hands it in\n  taxchain transfer accept --slot 0                  # the company takes it\n  taxchain transfer refuse --slot 0                  # or does not\n  taxchain transfer withdraw --slot 0                # or the employee takes it back"
)]
pub(crate) enum Command {
    /// Offer an invoice one holds.
    Offer {
        /// The invoice.
        #[arg(long)]
        slot: Slot,
        /// Who may accept: a name of home.json or an account id.
        #[arg(long)]
        to: String,
        /// Days to accept.
        #[arg(long, default_value_t = 30)]
        days: u64,
    },
    /// Accept an offer.
    Accept {
        /// The invoice.
        #[arg(long)]
        slot: Slot,
    },
    /// Refuse an offer.
    Refuse {
        /// The invoice.
        #[arg(long)]
        slot: Slot,
    },
    /// Withdraw an offer.
    Withdraw {
        /// The invoice.
        #[arg(long)]
        slot: Slot,
    },
}

/// Claims.
pub(super) async fn claim(global: &Global, args: ClaimArgs) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let text = match (&args.token, &args.token_file) {
        (Some(token), _) => token.clone(),
        (None, Some(file)) => std::fs::read_to_string(file)?,
        (None, None) => return Err(Failure::new(2, "--token is missing")),
    };
    let token: OrderToken = text
        .trim()
        .parse()
        .map_err(|_| Failure::new(exit::DATA, "this is not an order token; scan the QR code again"))?;
    let chain = session.client.chain_id();
    let key = token.claim_key(&chain, &SoftwareProvider::shared()).map_err(sdk::ClientError::from)?;
    if args.one_time {
        return super::wallet::claim(&session, args.slot, &token, Identity::bare(key)).await;
    }
    let to = account_address(&chain, session.home.account(&args.to)?);
    let sequence = session.output(args.slot).await?.sequence;
    // An invoice that moved on is refused by name; the sequence it had when issued is what the token is for.
    let spend = Spend::new(args.slot, sequence);
    let (tx, block) = session.act(&Identity::bare(key), Payload::Claim { spend, to }).await?;
    Ok(Answer::new()
        .field("slot", args.slot.0)
        .field("claimed_by", args.to.as_str())
        .placed(&tx, &block)
        .next(format!("taxchain transfer offer --slot {} --to company", args.slot)))
}

/// Offers, accepts, refuses, withdraws.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    let (usual, slot) = match &command {
        Command::Offer { slot, .. } | Command::Withdraw { slot } => ("employee", *slot),
        Command::Accept { slot } | Command::Refuse { slot } => ("company", *slot),
    };
    let who = session.identity(usual)?;
    let spend = spend_of(&session, slot).await?;
    let (payload, next) = match command {
        Command::Offer { to, days, .. } => {
            let to = account_address(&session.client.chain_id(), session.home.account(&to)?);
            let until_ms = session.client.now().0 + days * 86_400_000;
            (Payload::OfferTransfer { spend, to, until_ms }, format!("taxchain transfer accept --slot {slot}"))
        }
        Command::Accept { .. } => (Payload::AcceptTransfer { spend }, format!("taxchain lock --slot {slot}")),
        Command::Refuse { .. } => (Payload::RefuseTransfer { spend }, format!("taxchain flow --slot {slot}")),
        Command::Withdraw { .. } => (Payload::WithdrawTransfer { spend }, format!("taxchain flow --slot {slot}")),
    };
    let (tx, block) = session.act(&who, payload).await?;
    Ok(Answer::new().field("slot", slot.0).placed(&tx, &block).next(next))
}

/// A spend of the output as it is now, with its condition revealed where state keeps it by hash.
pub(super) async fn spend_of(session: &Session, slot: Slot) -> Result<Spend, Failure> {
    let record = session.output(slot).await?;
    let mut spend = Spend::new(slot, record.sequence);
    if let (Owner::Condition(_), Some(invoice)) = (&record.owner, record.invoice())
        && let ClaimState::Offered { from, to, .. } = invoice.claim
    {
        spend.reveal = Some(any_of(from, to));
    }
    Ok(spend)
}

/// The condition of an offer: either side, in rising order.
fn any_of(from: Address, to: Address) -> OwnerCondition {
    let mut members = vec![from, to];
    members.sort_unstable();
    OwnerCondition::AnyOf(members)
}
