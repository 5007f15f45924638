//! The commands, one file each.

mod account;
mod audit;
mod bureau;
mod ca;
mod clock;
mod completions;
mod delegate;
mod demo;
mod dev;
mod doctor;
mod erase;
mod finance;
mod flow;
mod fsck;
mod governance;
mod grant;
mod inspect;
mod issue;
mod key;
mod light;
mod net;
mod node;
mod proof;
mod recovery;
mod red;
mod rules;
mod service;
mod show;
mod simulate;
mod transfer;
mod verify;
mod wallet;

use clap::Subcommand;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::session::Global;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a development chain: node, invoice service, sample people.
    Dev(dev::Args),
    /// Tell the whole story on a chain of its own, then replay a day of invoices and audit it.
    Demo(demo::Args),
    /// What a bureau does: open accounts, approve, suspend, resume.
    #[command(subcommand)]
    Bureau(bureau::Command),
    /// Accounts and their keys.
    #[command(subcommand)]
    Account(account::Command),
    /// Let a service provider act for an enterprise (委托): grant, end, list.
    #[command(subcommand)]
    Delegate(delegate::Command),
    /// Guardians who bring a new administrator's key in (密钥恢复): set, propose, approve, cancel, show.
    #[command(subcommand)]
    Recovery(recovery::Command),
    /// Issuing rules: show, publish, explain.
    #[command(subcommand)]
    Rules(rules::Command),
    /// Changes of the chain's own rules (治理): propose, approve, list, show.
    #[command(subcommand)]
    Governance(governance::Command),
    /// Issue an invoice (开票), or apply for one.
    Issue(issue::Args),
    /// Claim an invoice with its token (认领).
    Claim(transfer::ClaimArgs),
    /// The wallet of this folder: what its one-time addresses hold (钱包).
    #[command(subcommand)]
    Wallet(wallet::Command),
    /// Hand an invoice on: offer, accept, refuse, withdraw (流转).
    #[command(subcommand)]
    Transfer(transfer::Command),
    /// Let somebody else see what invoices say (授权查看); `grant list`.
    Grant(grant::GrantArgs),
    /// Take a grant back (撤销授权).
    Revoke(grant::RevokeArgs),
    /// Inspections of a bureau: two persons open one, two auditors read under it, on record (检查调阅).
    #[command(subcommand)]
    Inspect(inspect::Command),
    /// Have parts of invoices' contents deleted on every node, by law (依法删除); `erase list`.
    Erase(erase::Args),
    /// Verify an invoice by slot, by its face or by its QR code (查验).
    Verify(verify::Args),
    /// Lock invoices for reimbursement (锁定).
    Lock(finance::LockArgs),
    /// Unlock invoices (解锁).
    Unlock(finance::UnlockArgs),
    /// Book a locked invoice (入账).
    Book(finance::BookArgs),
    /// Take a booking back (入账撤销).
    Unbook(finance::UnbookArgs),
    /// Reimburse a booked invoice, once and for ever (报销).
    Reimburse(finance::ReimburseArgs),
    /// Reverse an invoice: directly, or by a confirmation form (红冲).
    #[command(subcommand)]
    Red(red::Command),
    /// Show an invoice, a transaction, a block, a form or the chain.
    Show(show::Args),
    /// Show the whole life of an invoice.
    Flow(flow::Args),
    /// Export and verify proofs.
    #[command(subcommand)]
    Proof(proof::Command),
    /// Set block time on a development chain with a driven clock.
    #[command(subcommand)]
    Clock(clock::Command),
    /// Judge a chain again from its genesis document and block files alone.
    Audit(audit::Args),
    /// Play a day of people and shops, or a peak of load.
    #[command(subcommand)]
    Simulate(simulate::Command),
    /// Run one node of a network, or ask nodes where they stand.
    #[command(subcommand)]
    Node(node::Command),
    /// Run an invoice service: hosted keys, tokens, keys at rest, audit log.
    #[command(subcommand)]
    Service(service::Command),
    /// Write the files of a network of several bureaus.
    #[command(subcommand)]
    Net(net::Command),
    /// Keep headers and certificates only: follow, verify, compare nodes, complain (轻客户端).
    #[command(subcommand)]
    Light(light::Command),
    /// Certificates: authorities, requests, issuing, revoking (数字证书).
    #[command(subcommand)]
    Ca(ca::Command),
    /// Keys: make, show, split among holders, join again (密钥).
    #[command(subcommand)]
    Key(key::Command),
    /// Find out what is wrong with this installation.
    Doctor(doctor::Args),
    /// Check a node's data, offline; or derive its root again at a height.
    Fsck(fsck::Args),
    /// Measure rates, CPU time by stage, latencies and bytes.
    Bench(simulate::BenchArgs),
    /// Print what a shell needs to complete commands and options.
    Completions(completions::Args),
}

impl Command {
    /// Runs it.
    pub(crate) async fn run(self, global: &Global) -> Result<Option<Answer>, Failure> {
        match self {
            Self::Dev(args) => dev::run(global, args).await.map(|()| None),
            Self::Demo(args) => demo::run(global, args).await.map(|()| None),
            Self::Bureau(command) => bureau::run(global, command).await.map(Some),
            Self::Account(command) => account::run(global, command).await.map(Some),
            Self::Delegate(command) => delegate::run(global, command).await.map(Some),
            Self::Recovery(command) => recovery::run(global, command).await.map(Some),
            Self::Rules(command) => rules::run(global, command).await.map(Some),
            Self::Governance(command) => governance::run(global, command).await.map(Some),
            Self::Issue(args) => issue::run(global, args).await.map(Some),
            Self::Claim(args) => transfer::claim(global, args).await.map(Some),
            Self::Wallet(command) => wallet::run(global, command).await.map(Some),
            Self::Transfer(command) => transfer::run(global, command).await.map(Some),
            Self::Grant(args) => grant::grant(global, args).await.map(Some),
            Self::Revoke(args) => grant::revoke(global, args).await.map(Some),
            Self::Erase(args) => erase::run(global, args).await.map(Some),
            Self::Inspect(command) => inspect::run(global, command).await.map(Some),
            Self::Verify(args) => verify::run(global, args).await.map(Some),
            Self::Lock(args) => finance::lock(global, args).await.map(Some),
            Self::Unlock(args) => finance::unlock(global, args).await.map(Some),
            Self::Book(args) => finance::book(global, args).await.map(Some),
            Self::Unbook(args) => finance::unbook(global, args).await.map(Some),
            Self::Reimburse(args) => finance::reimburse(global, args).await.map(Some),
            Self::Red(command) => red::run(global, command).await.map(Some),
            Self::Show(args) => show::run(global, args).await.map(Some),
            Self::Flow(args) => flow::run(global, args).await.map(Some),
            Self::Proof(command) => proof::run(global, command).await,
            Self::Clock(command) => clock::run(global, command).await.map(Some),
            Self::Audit(args) => audit::run(global, args).map(|()| None),
            Self::Simulate(command) => simulate::run(global, command).await.map(|()| None),
            Self::Node(command) => Box::pin(node::run(global, command)).await,
            Self::Service(command) => Box::pin(service::run(global, command)).await,
            Self::Light(command) => light::run(global, command).await.map(Some),
            Self::Net(command) => net::run(command).map(Some),
            Self::Ca(command) => ca::run(global, command).await.map(Some),
            Self::Key(command) => key::run(command).map(Some),
            Self::Doctor(args) => doctor::run(global, args).await.map(Some),
            Self::Fsck(args) => fsck::run(global, args).map(Some),
            Self::Bench(args) => simulate::bench(global, args).await.map(|()| None),
            Self::Completions(args) => completions::run(&args).map(|()| None),
        }
    }
}
