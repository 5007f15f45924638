use tests::TestChain;

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_file_of_another_size_is_refused_offline() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 19_800).await.unwrap();
    let file = chain.client.opened_proof(invoice.slot, &people.merchant).await.unwrap().unwrap();
    let genesis = chain.chain.genesis();
    let verify = |file: &[u8]| proofs::invoice_proof::verify(genesis, file);
    assert!(verify(&file).is_ok());
    for len in 0..file.len() {
        assert!(verify(&file[..len]).is_err(), "the first {len} bytes");
    }
    for more in [1, 2, 32, 4_096] {
        assert!(verify(&[file.clone(), vec![0; more]].concat()).is_err(), "{more} bytes more");
    }
    assert!(verify(&[file.clone(), file.clone()].concat()).is_err(), "twice");
    assert!(verify(&vec![0; 16 * 1024 * 1024]).is_err(), "sixteen megabytes of zeros");
    // Lengths blown up wherever one may stand: refused, and no memory asked for them.
    for at in 0..file.len() - 4 {
        let mut huge = file.clone();
        huge[at..at + 4].fill(0xFF);
        assert!(huge == file || verify(&huge).is_err(), "at byte {at}");
    }
}
