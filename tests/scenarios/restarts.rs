use tests::{TestChain, outcome};

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_node_has_every_acknowledged_invoice_and_goes_on() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let mut issued = Vec::new();
    for i in 0..20 {
        issued.push(chain.issue(&people.merchant, 1_000 + i).await.unwrap());
    }
    let before = chain.client.stamp().await.unwrap();
    chain.restart().await.unwrap();
    let after = chain.client.stamp().await.unwrap();
    assert!(after.height >= before.height);
    for invoice in &issued {
        assert_eq!(chain.record(invoice.slot).await.unwrap().invoice().unwrap().number, invoice.issued.number);
    }
    outcome(&chain.claim(&issued[7], &people.employee).await.unwrap()).unwrap();
    let next = chain.issue(&people.merchant, 77).await.unwrap();
    assert_eq!(next.issued.number.value(), 21);
}
