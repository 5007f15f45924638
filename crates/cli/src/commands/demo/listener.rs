//! What somebody hears who listens on the wires.

use std::path::Path;
use std::sync::Arc;

use chain_node::NodeConfig;
use chain_node::devnet::{DevChain, DevChainPlan};
use ledger_types::ClockMode;
use sdk::{ConnectOptions, NodeClient, Transport};
use sm_tls::{Security, TLS_SM4_GCM_SM3};

use super::super::dev::{self, Up};
use super::teller::Teller;
use crate::failure::{Failure, exit};
use crate::hello;
use crate::recorder::{Heard, Recorder};
use crate::world::{self, PEOPLE};

/// Ears on a client's connection and on the link between two bureaus.
pub(super) struct Ears {
    client: Recorder,
    link: Option<Recorder>,
    /// The client that nobody listens to.
    direct: NodeClient,
}

impl Ears {
    /// From here on the story's client calls through a listener.
    pub(super) async fn open(up: &mut Up) -> Result<Self, Failure> {
        let client = Recorder::before(up.node.address).await?;
        let options = up.connect_options()?;
        let heard = NodeClient::connect(&options.transport.url(client.address), options).await?;
        let direct = std::mem::replace(&mut up.client, heard);
        Ok(Self { client, link: up.tap.take(), direct })
    }

    /// Says what was heard: national algorithms alone, and no name.
    pub(super) fn close(self, up: &mut Up, teller: &Teller) -> Result<(), Failure> {
        up.client = self.direct;
        teller.title("线路 · what somebody hears who listens on the wires");
        report("商户与税务局之间 merchant to bureau", &self.client.stop(), teller)?;
        match self.link {
            Some(link) => report("税务局之间 bureau to bureau", &link.stop(), teller),
            None => Ok(()),
        }
    }
}

/// Texts that would give people away: names, tax ids, what was bought.
fn names() -> Vec<String> {
    let titles = PEOPLE.iter().map(|p| p.title.to_owned()).filter(|title| !title.is_empty());
    let tax_ids = PEOPLE.iter().filter_map(|p| p.tax_id).map(str::to_owned);
    titles.chain(tax_ids).chain(["餐饮服务".to_owned()]).collect()
}

/// How many of the names were heard.
fn heard_names(heard: &[Arc<Heard>]) -> usize {
    names().iter().filter(|name| heard.iter().any(|one| one.has(name))).count()
}

fn report(what: &str, heard: &[Arc<Heard>], teller: &Teller) -> Result<(), Failure> {
    let wrong = |why: &str| Failure::new(exit::VERIFICATION, format!("{what}: {why}"));
    let suite = u16::from(TLS_SM4_GCM_SM3);
    let spoken: Vec<_> = heard.iter().filter(|one| one.len() > 0).collect();
    if spoken.is_empty() {
        return Err(wrong("nobody spoke"));
    }
    for one in &spoken {
        let (asked, answered) = one.begin();
        let offers = hello::offered(&asked).ok_or_else(|| wrong("a connection begins without a ClientHello"))?;
        if offers != [suite] {
            return Err(wrong(&format!("other algorithms are offered: {offers:04x?}")));
        }
        // A connection that ended at once may have no answer.
        if let Some(other) = hello::chosen(&answered).filter(|chosen| *chosen != suite) {
            return Err(wrong(&format!("another algorithm is chosen: {other:04x}")));
        }
    }
    let (found, all) = (heard_names(heard), names().len());
    if found > 0 {
        return Err(wrong(&format!("{found} of {all} names went by in clear")));
    }
    let bytes: usize = spoken.iter().map(|one| one.len()).sum();
    teller.line(&format!(
        "{what}: {} connections, {bytes} bytes; ClientHello 0x{suite:04X} TLS_SM4_GCM_SM3; 明文姓名 names in clear: 0 of {all}",
        spoken.len(),
    ));
    Ok(())
}

/// The same ear on a chain that speaks in clear, which only loopback allows: it must find the names.
pub(super) async fn in_clear(dir: &Path, teller: &Teller) -> Result<(), Failure> {
    let plan = DevChainPlan { name: "clear".to_owned(), clock: ClockMode::Driven, ..DevChainPlan::default() };
    let chain = DevChain::open_or_create(&dir.join("clear"), &plan).map_err(Failure::general)?;
    let node = chain.node(storage::Options::default()).map_err(Failure::general)?;
    let config = NodeConfig::local(chain.data_dir(), false);
    let node = chain_node::serve(node, &config, &Security::Plaintext).await.map_err(Failure::general)?;
    let ear = Recorder::before(node.address).await?;
    let transport = Transport::Plaintext;
    let url = transport.url(ear.address);
    let client = NodeClient::connect(&url, ConnectOptions::new(transport)).await?;
    dev::first_block(&client, node.opened_at()).await?;
    world::settle(&client, &chain, chain.genesis().areas[0]).await?;
    let heard = ear.stop();
    node.stop().await.map_err(Failure::general)?;
    let (found, all) = (heard_names(&heard), names().len());
    if found == 0 {
        return Err(Failure::new(exit::VERIFICATION, "the listener finds no names where everything is in clear"));
    }
    teller.line(&format!("同一代理，明文链 the same ear on a chain in clear: {found} of {all} 个姓名 names found"));
    Ok(())
}
