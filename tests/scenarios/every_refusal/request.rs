//! 2xx: request ids and room.

use anyhow::Result;
use chain_node::engines::bft::Pace;
use chain_node::mempool::MempoolLimits;
use chain_node::{Node, NodeSetup};
use crypto::KeyUse;
use ledger_types::{KeyId, Payload, RequestId};
use sdk::sign_plain;
use storage::{Options, Store};
use tests::{AREA, TestChain};

use super::attempt::Attempt;
use super::forge::Forge;
use super::world::World;

fn close(account: u32) -> Payload {
    Payload::CloseAccount { account: ledger_types::AccountId(account) }
}

pub(super) async fn out_of_window(world: &World) -> Result<Attempt> {
    let mut forge = Forge::plain(world, &world.chain.bureau, close(999_998))?;
    forge.envelope.request_id = RequestId::new(world.now() - 2 * 86_400_000, [1; 10]);
    forge.attempt()
}

/// The id of an opened account, for something else.
pub(super) async fn conflict(world: &World) -> Result<Attempt> {
    let frame = world.chain.client.new_frame(AREA)?;
    let update = |revoke: u16| Payload::UpdateKeys {
        account: world.people.rival_id,
        add: Vec::new(),
        revoke: vec![KeyId(revoke)],
    };
    let first = sign_plain(&frame, update(77), &[&world.chain.bureau])?;
    let second = sign_plain(&frame, update(78), &[&world.chain.bureau])?;
    world.chain.client.submit_and_wait(&first).await?;
    Ok(second.into())
}

/// A node whose waiting room has no place left.
pub(super) async fn overloaded(_: &World) -> Result<Attempt> {
    let mut chain = TestChain::start().await?;
    chain
        .restart_as(|chain| {
            let (store, _) = Store::open(&chain.data_dir(), Options::small())?;
            let limits = MempoolLimits { max_txs: 0, ..MempoolLimits::default() };
            let vote_key = Some(chain.key("vote", KeyUse::Vote)?);
            let now_ms = chain_node::clock::wall_ms();
            Ok(Node::new(
                store,
                NodeSetup {
                    vote_key,
                    committee_keys: chain.committee_keys()?,
                    applies: false,
                    limits,
                    pace: Pace::default(),
                    now_ms,
                },
            )?)
        })
        .await?;
    let attempt = Attempt::from(chain.sign(&chain.bureau, close(999_998))?);
    Ok(Attempt { elsewhere: Some(chain), ..attempt })
}
