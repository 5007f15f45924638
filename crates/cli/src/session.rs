//! A command's connection: home, node, identity; signs, stores, submits and waits.

use ledger_types::receipt::TxOutcome;
use ledger_types::{Area, KeyWrap, LinkTag, Payload, RequestId, Slot, Verdict};
use sdk::{ConnectOptions, Fate, Frame, Identity, InBlock, InvoiceDraft, NodeClient, SignedTx, Transport, TrustFiles};

use crate::failure::Failure;
use crate::home::Home;

/// Options that every command has.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Global {
    /// Folder with home.json; that of the last `taxchain dev` if absent.
    #[arg(long, global = true, env = "TAXCHAIN_HOME", value_name = "DIR")]
    pub home: Option<std::path::PathBuf>,
    /// Node to talk to; from home.json if absent.
    #[arg(long, global = true, env = "TAXCHAIN_NODE", value_name = "URL")]
    pub node: Option<String>,
    /// Certificates of the authorities that are believed (PEM); those of home.json if absent.
    #[arg(long, global = true, env = "TAXCHAIN_ROOTS", value_name = "FILE")]
    pub roots: Option<std::path::PathBuf>,
    /// Call in clear: only for a node on this machine that was started so.
    #[arg(long, global = true, conflicts_with = "roots")]
    pub plaintext: bool,
    /// Who signs: a name of home.json.
    #[arg(long = "as", global = true, env = "TAXCHAIN_AS", value_name = "NAME")]
    pub identity: Option<String>,
    /// For whom the signer acts, under a delegation on chain: a name of home.json or an account id.
    #[arg(long, global = true, value_name = "ACCOUNT")]
    pub acting_for: Option<String>,
    /// Who signs beside: once for each co-signer, e.g. an approver beside a rule maker.
    #[arg(long = "co-sign", global = true, value_name = "NAME")]
    pub co_sign: Vec<String>,
    /// How to print.
    #[arg(long, global = true, value_enum, default_value = "table", env = "TAXCHAIN_OUTPUT")]
    pub output: crate::answer::Output,
    /// No hints on stderr.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Use this request id (32 hex digits): the same id for every retry of the same intent.
    #[arg(long, global = true, value_name = "ID")]
    pub request_id: Option<RequestId>,
    /// Deadline of a call, milliseconds.
    #[arg(long, global = true, default_value_t = 10_000, env = "TAXCHAIN_DEADLINE_MS")]
    pub deadline_ms: u64,
}

impl Global {
    /// How nodes and services are called: believing the roots that were named, else those of the home folder.
    pub(crate) fn transport(&self) -> Result<Transport, Failure> {
        if self.plaintext {
            return Ok(Transport::Plaintext);
        }
        let trust = match &self.roots {
            Some(roots) => TrustFiles::of(roots.clone()),
            None => Home::open(self.home.as_deref()).ok().and_then(|home| home.trust()).ok_or_else(|| {
                Failure::config("whom to believe is not known: name the roots with --roots FILE, or a home folder")
            })?,
        };
        Ok(Transport::fixed(trust.client().map_err(|e| Failure::config(e.to_string()))?))
    }

    /// The same as options of a connection.
    pub(crate) fn connect_options(&self) -> Result<ConnectOptions, Failure> {
        Ok(ConnectOptions { deadline_ms: self.deadline_ms, ..ConnectOptions::new(self.transport()?) })
    }
}

/// An open session.
pub(crate) struct Session {
    /// The folder.
    pub home: Home,
    /// The node.
    pub client: NodeClient,
    global: Global,
}

impl Session {
    /// Opens the home folder and connects.
    pub(crate) async fn open(global: &Global) -> Result<Self, Failure> {
        let home = Home::open(global.home.as_deref())?;
        let endpoint = global.node.clone().unwrap_or_else(|| home.file.node.clone());
        let options = global.connect_options()?.of_chain(home.file.chain);
        let client = NodeClient::connect(&endpoint, options).await?;
        Ok(Self { home, client, global: global.clone() })
    }

    /// The identity given with `--as`, or the command's usual one.
    /// `wallet/3` is the key of that index of the folder's wallet.
    pub(crate) fn identity(&self, usual: &str) -> Result<Identity, Failure> {
        let name = self.global.identity.as_deref().unwrap_or(usual);
        let identity = match name.strip_prefix("wallet/") {
            Some(index) => crate::wallet_file::identity(&self.home, &self.client.chain_id(), index)?,
            None => self.home.identity(name)?,
        };
        self.acting(identity)
    }

    /// The same with the key that it seals with.
    pub(crate) fn sender(&self, usual: &str) -> Result<Identity, Failure> {
        self.acting(self.home.sender(self.global.identity.as_deref().unwrap_or(usual))?)
    }

    /// An identity that acts for the account named with `--acting-for`, if one is.
    fn acting(&self, identity: Identity) -> Result<Identity, Failure> {
        Ok(match &self.global.acting_for {
            Some(name) => identity.acting_for(self.home.account(name)?),
            None => identity,
        })
    }

    /// The area of new transactions.
    pub(crate) fn area(&self) -> Area {
        self.home.file.area
    }

    /// A frame with the request id given, or a fresh one.
    pub(crate) fn frame(&self) -> Result<Frame, Failure> {
        Ok(match self.global.request_id {
            Some(id) => self.client.frame(self.area(), id),
            None => self.client.new_frame(self.area())?,
        })
    }

    /// Signs a payload, stores it, submits it and waits; a refusal is a failure.
    pub(crate) async fn act(&self, signer: &Identity, payload: Payload) -> Result<(SignedTx, InBlock), Failure> {
        if let Some(known) = self.stored()? {
            return self.send(known).await;
        }
        let beside = self.global.co_sign.iter().map(|name| self.home.identity(name));
        let beside = beside.collect::<Result<Vec<_>, _>>()?;
        let signers: Vec<&Identity> = std::iter::once(signer).chain(&beside).collect();
        let tx = sdk::sign_plain(&self.frame()?, payload, &signers).map_err(sdk::ClientError::from)?;
        self.send(tx).await
    }

    /// The same for a transaction with an invoice in it.
    pub(crate) async fn act_invoice(
        &self,
        signer: &Identity,
        payload: Payload,
        draft: &InvoiceDraft,
    ) -> Result<(SignedTx, InBlock), Failure> {
        if let Some(known) = self.stored()? {
            return self.send(known).await;
        }
        let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
        let tx = sdk::sign_invoice(&self.frame()?, payload, draft, &[signer], &mut random)
            .map_err(sdk::ClientError::from)?;
        self.send(tx).await
    }

    /// The same for a claim or an offer that carries a content key for its holder, or a claim's tag of its wallet.
    pub(crate) async fn act_carrying(
        &self,
        signer: &Identity,
        payload: Payload,
        carried: (Option<&KeyWrap>, Option<&LinkTag>),
    ) -> Result<(SignedTx, InBlock), Failure> {
        if let Some(known) = self.stored()? {
            return self.send(known).await;
        }
        let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
        let tx = sdk::sign_claim(&self.frame()?, payload, carried, &[signer], &mut random)
            .map_err(sdk::ClientError::from)?;
        self.send(tx).await
    }

    /// Whether every transaction of this run would have one and the same request id.
    pub(crate) fn has_one_request(&self) -> bool {
        self.global.request_id.is_some()
    }

    /// The bytes signed before under the given request id: a retry sends them again.
    fn stored(&self) -> Result<Option<SignedTx>, Failure> {
        match self.global.request_id {
            Some(id) => Ok(self.home.outbox()?.load(id)?),
            None => Ok(None),
        }
    }

    async fn send(&self, tx: SignedTx) -> Result<(SignedTx, InBlock), Failure> {
        let outbox = self.home.outbox()?;
        outbox.store(&tx)?;
        let fate: Fate = self.client.submit_and_wait(&tx).await?;
        if fate.is_final() && self.global.request_id.is_none() {
            outbox.forget(tx.request_id)?;
        }
        match (Failure::of_fate(&fate), fate.verdict()) {
            (Some(failure), _) => Err(failure),
            (None, Some(block)) => Ok((tx, block.clone())),
            (None, None) => Err(Failure::config("the node answered without a verdict")),
        }
    }

    /// The outcome of an accepted transaction.
    pub(crate) fn outcome(block: &InBlock) -> Option<&TxOutcome> {
        match &block.receipt.verdict {
            Verdict::Accepted(outcome) => Some(outcome),
            Verdict::Refused(_) => None,
        }
    }

    /// The output in a slot, or "not found".
    pub(crate) async fn output(&self, slot: Slot) -> Result<ledger_types::OutputRecord, Failure> {
        let found = self.client.output(slot).await?;
        found.ok_or_else(|| Failure::not_found(format!("there is nothing in slot {slot}")))
    }
}
