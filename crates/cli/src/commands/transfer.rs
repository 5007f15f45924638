//! `taxchain claim` and `taxchain transfer`.

use clap::{Args, Subcommand};
use crypto::{KeyUse, OrderToken, SenderKey, SigningKey, SoftwareProvider};
use ledger_types::owner::account_address;
use ledger_types::{
    AccountId, Address, ClaimState, KeyPurpose, KeyRecord, KeyStatus, KeyWrap, Owner, OwnerCondition, Payload, Slot,
    Spend,
};
use sdk::Identity;

use super::account::reading_key;
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
    before_help = "EXAMPLES\n  taxchain transfer offer --slot 0 --to company      # the employee hands it in\n  taxchain transfer accept --slot 0                  # the company takes it\n  taxchain transfer refuse --slot 0                  # or does not\n  taxchain transfer withdraw --slot 0                # or the employee takes it back\n  taxchain account reading-key --account company     # once: offers from wallets then carry what opens the invoice\n  taxchain transfer read --slot 0 --account company"
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
    /// Read what an invoice says with the content key that its offer carries; no node is asked for contents.
    #[command(before_help = "EXAMPLES\n  taxchain transfer read --slot 0 --account company")]
    Read {
        /// The invoice.
        #[arg(long)]
        slot: Slot,
        /// To whom it was offered: a name of home.json whose reading key is here.
        #[arg(long, default_value = "company")]
        account: String,
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
    if let Command::Read { slot, account } = &command {
        let found = session.client.offered_contents(*slot, &reading_key::open(&session, account)?).await?;
        let none = || Failure::not_found("there is no such invoice, or no offer of it carries anything for this key");
        return super::show::sections(&found.ok_or_else(none)?, Answer::new().field("slot", slot.0));
    }
    let (usual, slot) = match &command {
        Command::Read { slot, .. } => ("company", *slot),
        Command::Offer { slot, .. } | Command::Withdraw { slot } => ("employee", *slot),
        Command::Accept { slot } | Command::Refuse { slot } => ("company", *slot),
    };
    let who = session.identity(usual)?;
    let spend = spend_of(&session, slot).await?;
    let mut wrap = None;
    let (payload, next) = match command {
        Command::Offer { to, days, .. } => {
            let receiver = session.home.account(&to)?;
            wrap = wrap_for(&session, slot, receiver).await?;
            let to = account_address(&session.client.chain_id(), receiver);
            let until_ms = session.client.now().0 + days * 86_400_000;
            (Payload::OfferTransfer { spend, to, until_ms }, format!("taxchain transfer accept --slot {slot}"))
        }
        Command::Accept { .. } | Command::Read { .. } => {
            (Payload::AcceptTransfer { spend }, format!("taxchain lock --slot {slot}"))
        }
        Command::Refuse { .. } => (Payload::RefuseTransfer { spend }, format!("taxchain flow --slot {slot}")),
        Command::Withdraw { .. } => (Payload::WithdrawTransfer { spend }, format!("taxchain flow --slot {slot}")),
    };
    let offers = matches!(payload, Payload::OfferTransfer { .. });
    let (tx, block) = match &wrap {
        Some(wrap) => session.act_carrying(&who, payload, (Some(wrap), None)).await?,
        None => session.act(&who, payload).await?,
    };
    let answer = Answer::new().field("slot", slot.0);
    let answer = if offers { answer.field("carries_content_key", wrap.is_some()) } else { answer };
    Ok(answer.placed(&tx, &block).next(next))
}

/// The content key for a receiver with a registered encryption key, if this folder's wallet has it: covered under a key
/// that is made for just this, so that nothing links it with the giver's others.
async fn wrap_for(session: &Session, slot: Slot, receiver: AccountId) -> Result<Option<KeyWrap>, Failure> {
    let account = session.client.account(receiver).await?;
    let keys = account.map(|account| account.keys).unwrap_or_default();
    let reads = |key: &&KeyRecord| key.purpose == KeyPurpose::Encryption && key.status == KeyStatus::Active;
    let Some(to) = keys.iter().rev().find(reads) else { return Ok(None) };
    let Some(wallet) = crate::wallet_file::open_if_there(&session.home)? else { return Ok(None) };
    let Some(carried) = session.client.carried_to_wallet(slot, &wallet).await? else { return Ok(None) };
    // A key that opens nothing is not worth carrying: a node is asked then.
    if carried.body().opened(&carried.key).is_err() {
        return Ok(None);
    }
    let once = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Encryption).map_err(sdk::ClientError::from)?;
    let once = SenderKey::new(once).map_err(sdk::ClientError::from)?;
    let wrap = carried.body().wrap_to(&carried.key, &once, to.public_key).map_err(sdk::ClientError::from)?;
    Ok(Some(wrap))
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
