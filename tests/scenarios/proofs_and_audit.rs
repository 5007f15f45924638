use ledger_types::Canonical;
use tests::{TestChain, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_fetched_from_the_node_verifies_offline_and_no_changed_byte_does() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 19_800).await.unwrap();
    outcome(&chain.claim(&invoice, &people.employee).await.unwrap()).unwrap();
    let file = chain.client.opened_proof(invoice.slot, &people.merchant).await.unwrap().unwrap();
    let genesis = chain.chain.genesis();
    let proven = proofs::invoice_proof::verify(genesis, &file).unwrap();
    assert_eq!(proven.invoice.number, invoice.issued.number);
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(proofs::invoice_proof::verify(genesis, &changed).is_err(), "byte {at} of {}", file.len());
    }
    let twin = TestChain::start().await.unwrap();
    assert!(proofs::invoice_proof::verify(twin.chain.genesis(), &file).is_err(), "a twin chain's genesis");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_auditor_finds_an_honest_chain_clean_and_every_planted_verdict() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    for i in 0..30 {
        let invoice = chain.issue(&people.merchant, 1_000 + i).await.unwrap();
        if i % 3 == 0 {
            outcome(&chain.claim(&invoice, &people.company).await.unwrap()).unwrap();
        }
    }
    chain.stop().await.unwrap();
    let run = |plant| {
        let options = auditor::RunOptions { plant, ..auditor::RunOptions::default() };
        auditor::run(&chain.chain.data_dir(), options, &*chain.chain.committee_keys().unwrap(), &mut |_| {}).unwrap()
    };
    let clean = run(0);
    assert_eq!(clean.last_line(), "auditor: 30 issued, 0 differences", "{:?}", clean.differences);
    assert_eq!(run(5).differences.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_rebuilds_the_state_from_change_sets_and_misses_nothing() {
    use tokio_stream_next::next;
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    for i in 0..5 {
        chain.issue(&people.merchant, 1_000 + i).await.unwrap();
    }
    let tip = chain.client.stamp().await.unwrap().height;
    let mut stream = chain.client.subscribe(ledger_types::Height(1), false).await.unwrap();
    let mut outputs = std::collections::BTreeMap::new();
    for height in 1..=tip.0 {
        let block = next(&mut stream).await.unwrap().unwrap();
        assert_eq!(block.height.0, height, "no gap");
        for (slot, record) in block.changes.outputs() {
            outputs.insert(slot, *record);
        }
    }
    assert_eq!(outputs.len(), 5);
    for (slot, record) in outputs {
        assert_eq!(chain.record(slot).await.unwrap().to_canonical(), record.to_canonical());
    }
}

mod tokio_stream_next {
    pub(super) async fn next<S: futures::Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
        futures::StreamExt::next(stream).await
    }
}
