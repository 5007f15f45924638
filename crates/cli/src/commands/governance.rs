//! `taxchain governance`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use crypto::x509::Certificate;
use ledger_types::receipt::TxOutcome;
use ledger_types::{
    Adaptive, AdaptivePolicy, Committee, CommitteeChange, ConsensusKind, Digest, GovernanceChange, Height, Payload,
    Proposal, ProposalId, RejectReason, TrustAnchor, TrustAnchors,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::issue::unexpected;
use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::period::Span;
use crate::session::{Global, Session};

/// How blocks are agreed.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// By one validator.
    Solo,
    /// Byzantine fault tolerant: four validators at least.
    Bft,
    /// Crash fault tolerant.
    CrashFault,
    /// Crash fault tolerant with the quorum of the Byzantine kind, to which the chain can raise itself.
    Adaptive,
}

impl From<Kind> for ConsensusKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Solo => Self::Solo,
            Kind::Bft => Self::Bft,
            Kind::CrashFault => Self::CrashFault,
            Kind::Adaptive => Self::Adaptive,
        }
    }
}

/// What would change: exactly one.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Change {
    /// The whole list of validators, as JSON; `taxchain governance show --output json` prints the one in force.
    #[arg(long, value_name = "FILE")]
    validators: Option<PathBuf>,
    /// The parameters, as JSON.
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// How blocks are agreed.
    #[arg(long, value_enum)]
    consensus: Option<Kind>,
    /// The next protocol version.
    #[arg(long, value_name = "VERSION")]
    protocol: Option<u32>,
    /// Take a validator out of the set, by its voting key in hexadecimal.
    #[arg(long, value_name = "KEY")]
    suspend: Option<String>,
    /// Who approves, as JSON: {"approvers": [1, 2, 3], "threshold": 2}.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Let an adaptive chain raise itself to the Byzantine kind once so many validators are seen to be faulty.
    #[arg(long, value_name = "VALIDATORS", value_parser = clap::value_parser!(u16).range(1..))]
    raise_at: Option<u16>,
    /// No longer let the chain change its kind of consensus by itself.
    #[arg(long)]
    adaptive_off: bool,
    /// The whole list of outside authorities whose certificates are accepted (PEM, e.g. of CFCA); an empty file for none.
    #[arg(long, value_name = "FILE")]
    trust_anchors: Option<PathBuf>,
    /// The committee's next public key, in hexadecimal: in force once all validators are ready for it.
    #[arg(long, value_name = "KEY")]
    committee_key: Option<String>,
    /// Give up the committee's next key of this epoch.
    #[arg(long, value_name = "EPOCH")]
    withdraw_committee: Option<u32>,
}

/// `taxchain governance`.
#[derive(Subcommand)]
#[command(
    before_help = "EXAMPLES\n  taxchain governance show                                          # epoch, validators, who approves\n  taxchain governance propose --consensus crash-fault --effective-in 50\n  taxchain governance propose --validators five.json --effective-in 100\n  taxchain governance propose --suspend 02ab… --effective-in 20\n  taxchain governance propose --raise-at 1 --lower-after 10m         # adaptive policy\n  taxchain governance propose --adaptive-off\n  taxchain governance propose --trust-anchors cfca.pem\n  taxchain governance propose --committee-key 02ab… --overlap 2d       # another key to seal for, see `taxchain node committee-key`\n  taxchain governance approve --proposal 3 --as bureau2\n  taxchain governance withdraw --proposal 3\n  taxchain governance list --output json\n  taxchain governance show --proposal 3"
)]
pub(crate) enum Command {
    /// Propose a change, and approve it.
    Propose {
        #[command(flatten)]
        change: Change,
        /// With --raise-at: let the chain lower itself again after all validators agreed for so long (90s, 10m, 2h, 1d);
        /// never if absent.
        #[arg(long, value_name = "SPAN")]
        lower_after: Option<Span>,
        /// With --committee-key: accept bodies sealed for the former key for so long (1h to 30d).
        #[arg(long, value_name = "SPAN", default_value = "1d")]
        overlap: Span,
        /// In force from so many heights ahead; the last approval must come two heights before.
        #[arg(long, value_name = "HEIGHTS", default_value_t = 100)]
        effective_in: u64,
    },
    /// Approve a proposal.
    Approve {
        /// Its number.
        #[arg(long)]
        proposal: u64,
    },
    /// Withdraw a proposal that is not approved yet.
    Withdraw {
        /// Its number.
        #[arg(long)]
        proposal: u64,
    },
    /// List the newest proposals.
    List,
    /// Show what is in force, or one proposal.
    Show {
        /// Its number.
        #[arg(long)]
        proposal: Option<u64>,
    },
}

/// Runs it.
pub(super) async fn run(global: &Global, command: Command) -> Result<Answer, Failure> {
    let session = Session::open(global).await?;
    match command {
        Command::Propose { change, lower_after, overlap, effective_in } => {
            let change = match change.committee(&session, overlap.ms)? {
                Some(change) => change,
                None => change.read(lower_after.map(|span| span.ms))?,
            };
            propose(&session, change, effective_in).await
        }
        Command::Approve { proposal } => {
            let proposal = ProposalId(proposal);
            answer(&session, Payload::ApproveChange { proposal }, proposal).await
        }
        Command::Withdraw { proposal } => {
            let proposal = ProposalId(proposal);
            answer(&session, Payload::WithdrawChange { proposal }, proposal).await
        }
        Command::List => list(&session).await,
        Command::Show { proposal: None } => show(&session).await,
        Command::Show { proposal: Some(id) } => show_one(&session, ProposalId(id)).await,
    }
}

impl Change {
    /// A change of the committee's key: of the epoch after the one in force.
    fn committee(&self, session: &Session, overlap_ms: u64) -> Result<Option<GovernanceChange>, Failure> {
        if let Some(epoch) = self.withdraw_committee {
            return Ok(Some(GovernanceChange::WithdrawCommittee { epoch }));
        }
        let Some(text) = &self.committee_key else { return Ok(None) };
        let public_key = super::key::public_key(text)?.0;
        let now = session.client.committee().ok_or_else(|| Failure::config("bodies of this chain are plain"))?;
        let committee = Committee { epoch: now.epoch + 1, public_key };
        Ok(Some(GovernanceChange::NextCommittee(CommitteeChange { committee, overlap_ms })))
    }

    fn read(self, lower_after_ms: Option<u64>) -> Result<GovernanceChange, Failure> {
        let Self {
            validators,
            params,
            consensus,
            protocol,
            suspend,
            policy,
            raise_at,
            adaptive_off,
            trust_anchors,
            ..
        } = self;
        if let Some(path) = trust_anchors {
            return anchors(&path).map(GovernanceChange::TrustAnchors);
        }
        if lower_after_ms.is_some() && raise_at.is_none() {
            return Err(Failure::new(2, "--lower-after goes with --raise-at"));
        }
        if raise_at.is_some() || adaptive_off {
            return Ok(GovernanceChange::Adaptive(
                raise_at.map(|raise_at| AdaptivePolicy { raise_at, lower_after_ms }),
            ));
        }
        if let Some(path) = validators {
            return Ok(GovernanceChange::Validators(read_file(&path, "validators")?));
        }
        if let Some(path) = params {
            return Ok(GovernanceChange::Params(read_file(&path, "params")?));
        }
        if let Some(path) = policy {
            return Ok(GovernanceChange::Policy(read_file(&path, "policy")?));
        }
        if let Some(text) = suspend {
            let change = json!({ "suspend": { "vote_key": text } });
            return serde_json::from_value(change).map_err(|e| Failure::new(exit::DATA, format!("--suspend: {e}")));
        }
        match (consensus, protocol) {
            (Some(kind), _) => Ok(GovernanceChange::Consensus(kind.into())),
            (None, Some(version)) => Ok(GovernanceChange::Protocol(version)),
            (None, None) => Err(Failure::new(2, "say what would change")),
        }
    }
}

/// The certificates of a file, in the order that the chain wants.
fn anchors(path: &Path) -> Result<TrustAnchors, Failure> {
    let text = std::fs::read_to_string(path)?;
    let chain = match text.trim().is_empty() {
        true => Vec::new(),
        false => Certificate::chain_from_pem(&text).map_err(|e| Failure::new(exit::DATA, e.to_string()))?,
    };
    let one = |certificate: &Certificate| TrustAnchor {
        fingerprint: Digest(sm::sm3(certificate.as_der())),
        der: certificate.as_der().to_vec(),
        label: certificate.subject().chars().filter(|c| !c.is_control()).take(21).collect(),
    };
    let mut anchors: Vec<TrustAnchor> = chain.iter().map(one).collect();
    anchors.sort_by_key(|anchor| anchor.fingerprint);
    Ok(TrustAnchors { anchors })
}

/// A value from a JSON file: by itself, or in the field in which `show` prints it.
fn read_file<T: DeserializeOwned>(path: &Path, field: &str) -> Result<T, Failure> {
    let bad = |e: serde_json::Error| Failure::new(exit::DATA, format!("{}: {e}", path.display()));
    let mut value: Value = serde_json::from_str(&std::fs::read_to_string(path)?).map_err(bad)?;
    if let Some(inner) = value.get_mut(field)
        && inner.is_object()
    {
        value = inner.take();
    }
    serde_json::from_value(value).map_err(bad)
}

/// Proposes a change for so many heights ahead.
pub(super) async fn propose(session: &Session, change: GovernanceChange, ahead: u64) -> Result<Answer, Failure> {
    let bureau = session.identity("bureau")?;
    let effective = Height(session.client.stamp().await?.height.0.saturating_add(ahead));
    let (tx, block) = session.act(&bureau, Payload::ProposeChange { change, effective }).await?;
    let Some(TxOutcome::Proposed(id)) = Session::outcome(&block).cloned() else { return Err(unexpected()) };
    Ok(Answer::new()
        .field("proposal", id.0)
        .field("effective_height", effective.0)
        .placed(&tx, &block)
        .next(format!("taxchain governance show --proposal {id}"))
        .next(format!("taxchain governance approve --proposal {id} --as ANOTHER")))
}

async fn answer(session: &Session, payload: Payload, proposal: ProposalId) -> Result<Answer, Failure> {
    let bureau = session.identity("bureau")?;
    let (tx, block) = session.act(&bureau, payload).await?;
    Ok(Answer::new()
        .field("proposal", proposal.0)
        .placed(&tx, &block)
        .next(format!("taxchain governance show --proposal {proposal}")))
}

async fn list(session: &Session) -> Result<Answer, Failure> {
    let view = session.client.governance(None).await?.ok_or_else(unexpected)?;
    let row = |p: &Proposal| {
        vec![
            json!(p.id.0),
            json!(p.state),
            json!(p.effective.0),
            json!(p.proposer.0),
            json!(p.approvals.len()),
            json!(what(&p.change)),
        ]
    };
    let columns = ["proposal", "state", "effective_height", "proposer", "approvals", "change"];
    Ok(Answer::new().table(&columns, view.proposals.iter().map(row).collect()))
}

async fn show(session: &Session) -> Result<Answer, Failure> {
    let view = session.client.governance(None).await?.ok_or_else(unexpected)?;
    let members = view.validators.validators.iter().enumerate();
    let rows = members.map(|(place, v)| vec![json!(place), json!(v.operator.0), json!(hex::encode(v.vote_key))]);
    Ok(Answer::new()
        .field("epoch", view.epoch.number)
        .field("consensus", json!(view.epoch.kind))
        .field("since_height", view.epoch.first.0)
        .field("protocol_version", view.epoch.protocol)
        .field("policy", json!(view.governance.policy))
        .worded("adaptive", json!(view.adaptive), adaptive_words(view.adaptive.as_ref()))
        .field("switch_requests", view.switch_requests)
        .field("under_way", view.governance.live.len())
        .detail("validators", json!(view.validators))
        .detail("params", json!(view.params))
        .table(&["place", "operator", "vote_key"], rows.collect()))
}

async fn show_one(session: &Session, id: ProposalId) -> Result<Answer, Failure> {
    let gone = || Failure::not_found(RejectReason::ProposalUnknown.name());
    let view = session.client.governance(Some(id)).await?.ok_or_else(gone)?;
    let proposal = view.proposals.first().ok_or_else(gone)?;
    let approvals: Vec<u32> = proposal.approvals.iter().map(|a| a.0).collect();
    Ok(Answer::new()
        .field("proposal", id.0)
        .field("state", json!(proposal.state))
        .field("effective_height", proposal.effective.0)
        .field("proposer", proposal.proposer.0)
        .field("approvals", json!(approvals))
        .worded("change", json!(proposal.change), what(&proposal.change)))
}

/// A change in one line.
fn what(change: &GovernanceChange) -> String {
    match change {
        GovernanceChange::Validators(set) => format!("{} validators", set.validators.len()),
        GovernanceChange::Params(_) => "parameters".to_owned(),
        GovernanceChange::Consensus(kind) => format!("consensus {kind:?}"),
        GovernanceChange::Protocol(version) => format!("protocol version {version}"),
        GovernanceChange::Suspend { vote_key } => format!("suspend {}", hex::encode(vote_key)),
        GovernanceChange::Policy(policy) => format!("{} of {} approvers", policy.threshold, policy.approvers.len()),
        GovernanceChange::TrustAnchors(list) => format!("{} outside authorities", list.anchors.len()),
        GovernanceChange::Adaptive(policy) => policy_words(policy.as_ref()),
        GovernanceChange::NextCommittee(change) => {
            let Committee { epoch, .. } = change.committee;
            format!("committee's key of epoch {epoch}, fingerprint {}", change.committee.fingerprint())
        }
        GovernanceChange::WithdrawCommittee { epoch } => format!("give up the committee's key of epoch {epoch}"),
    }
}

fn policy_words(policy: Option<&AdaptivePolicy>) -> String {
    let Some(AdaptivePolicy { raise_at, lower_after_ms }) = policy else { return "adaptive policy off".to_owned() };
    match lower_after_ms {
        Some(ms) => format!("raise at {raise_at} faulty, lower after {} s of agreement", ms / 1_000),
        None => format!("raise at {raise_at} faulty, never lower"),
    }
}

fn adaptive_words(adaptive: Option<&Adaptive>) -> String {
    let Some(adaptive) = adaptive else { return "no adaptive policy".to_owned() };
    format!("{}; {} faulty on record", policy_words(adaptive.policy.as_ref()), adaptive.faulty.len())
}
