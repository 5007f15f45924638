//! What the service did stands in its log, and without a log it does nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use invoice_service::audit_log::{AuditEntry, AuditFault, Tail, verify};
use invoice_service::{ServiceError, serve};
use ledger_types::{AccountId, Digest, RegistryKey, RegistryValue};
use proto::invoice::v1 as pb;

use crate::world::{SELLER_NAME, World, config, invoice, party, report, request_id, world};

fn entries(folder: &Path) -> Vec<AuditEntry> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let lines = paths.iter().map(|path| fs::read_to_string(path).unwrap());
    lines.flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()).collect()
}

fn sink(w: &World, n: u8) -> std::path::PathBuf {
    w.dir.path().join(format!("service/audit-{n}"))
}

async fn issue(w: &mut World) -> Result<pb::IssueResponse, tonic::Status> {
    let request =
        pb::IssueRequest { header: w.seller.header_with(request_id()), invoice: invoice(19_800), terms: None };
    w.seller.merchant.issue(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_change_is_recorded_before_and_after_and_names_nobody() {
    let mut w = world().await;
    let before = entries(&sink(&w, 1)).len();
    let id = request_id();
    let request = pb::IssueRequest { header: w.seller.header_with(id), invoice: invoice(19_800), terms: None };
    w.seller.merchant.issue(request.clone()).await.unwrap();
    let other = pb::IssueRequest { invoice: invoice(1), ..request };
    report(w.seller.merchant.issue(other).await);
    let log = entries(&sink(&w, 1));
    let told: Vec<_> = log[before..]
        .iter()
        .map(|e| (format!("{:?}", e.event.phase), e.event.asked, e.event.request, e.event.outcome.clone()))
        .collect();
    let number = log[before].number;
    let expected = [
        ("Asked".to_owned(), None, None, None),
        ("Done".to_owned(), Some(number), Some(id), Some("OK".to_owned())),
        ("Asked".to_owned(), None, None, None),
        ("Done".to_owned(), Some(number + 2), Some(id), Some("REQUEST_ID_CONFLICT".to_owned())),
    ];
    assert_eq!(told, expected);
    assert!(log[before..].iter().all(|e| e.event.account == Some(AccountId(w.seller.account))));
    assert!(log[before..].iter().all(|e| e.event.call == "taxchain.invoice.v1.MerchantService/Issue"));
    assert_eq!(log, entries(&sink(&w, 2)));
    let text = fs::read_to_string(sink(&w, 1).join("audit-00000000000000000001.jsonl")).unwrap();
    assert!(!text.contains(SELLER_NAME) && !text.contains("91350100M000100Y43"));
}

#[tokio::test]
async fn reads_have_one_entry_and_who_was_turned_away_has_one() {
    let mut w = world().await;
    let list = pb::ListIssuedRequest { acting_account: w.seller.account, ..Default::default() };
    let before = entries(&sink(&w, 1)).len();
    w.seller.merchant.list_issued(list.clone()).await.unwrap();
    let role = w.service.admin().create_role_token(AccountId(w.seller.account), ledger_types::Role::FinanceClerk);
    let clerk = party(&w.service.endpoint(), w.seller.account, role.await.unwrap().bearer()).await;
    let issue = pb::IssueRequest { header: clerk.header(), invoice: invoice(1), terms: None };
    report(clerk.merchant.clone().issue(issue).await);
    // A read that fails says so too: somebody tried.
    let foreign = pb::ListIssuedRequest { acting_account: w.company.account, ..list };
    report(w.seller.merchant.list_issued(foreign).await);
    let log = entries(&sink(&w, 1));
    let told: Vec<_> =
        log[before..].iter().map(|e| (format!("{:?}", e.event.phase), e.event.outcome.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("Asked".to_owned(), None),
            ("Denied".to_owned(), Some("FORBIDDEN")),
            ("Asked".to_owned(), None),
            ("Done".to_owned(), Some("FORBIDDEN"))
        ]
    );
    assert_eq!(log[before + 1].event.role, Some(ledger_types::Role::FinanceClerk));
}

#[tokio::test]
async fn with_one_sink_gone_it_goes_on_and_with_both_it_does_nothing() {
    let mut w = world().await;
    issue(&mut w).await.unwrap();
    for n in [1, 2] {
        fs::remove_dir_all(sink(&w, n)).unwrap();
        fs::write(sink(&w, n), "in the way").unwrap();
        if n == 1 {
            issue(&mut w).await.unwrap();
        }
    }
    let height = w.chain.state().height;
    let refused = report(issue(&mut w).await);
    assert_eq!(refused.reason_name, "AUDIT_UNAVAILABLE");
    let list = pb::ListIssuedRequest { acting_account: w.seller.account, ..Default::default() };
    assert_eq!(report(w.seller.merchant.list_issued(list).await).reason_name, "AUDIT_UNAVAILABLE");
    assert_eq!(w.chain.state().height, height, "nothing was done");
}

#[tokio::test]
async fn the_log_is_anchored_and_a_shorter_one_is_not_started_on() {
    let w = world().await;
    let (id, _, _) = w.service.admin().audit_log();
    let World { chain, node, service, mut seller, dir, .. } = w;
    let request = pb::IssueRequest { header: seller.header(), invoice: invoice(19_800), terms: None };
    seller.merchant.issue(request).await.unwrap();
    // A stop anchors what is there.
    service.stop().await.unwrap();
    let key = RegistryKey::AnchoredLog { account: AccountId(1), log: id };
    let Some(RegistryValue::AnchoredLog(anchored)) = chain.registry(&key) else { panic!("not anchored") };
    let folder = dir.path().join("service/audit-1");
    let tail = Tail { number: anchored.entries, head: anchored.head };
    assert_eq!(verify(&chain.genesis.chain_id(), id, &folder, Some(tail)).unwrap(), tail);

    let path = folder.join("audit-00000000000000000001.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let cut: String = whole.lines().take(3).map(|line| format!("{line}\n")).collect();
    for n in [1, 2] {
        let folder = dir.path().join(format!("service/audit-{n}"));
        fs::write(folder.join("audit-00000000000000000001.jsonl"), &cut).unwrap();
    }
    let error = serve(config(&node, dir.path().join("service")), std::future::pending()).await.err().unwrap();
    let expected = anchored.entries;
    assert!(
        matches!(error, ServiceError::Audit(AuditFault::NotAsAnchored { found: 3, anchored }) if anchored == expected),
        "{error}"
    );
    fs::write(&path, &whole).unwrap();
    serve(config(&node, dir.path().join("service")), std::future::pending()).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn it_is_anchored_every_so_often() {
    let w = world().await;
    let World { chain, node, service, dir, .. } = w;
    service.stop().await.unwrap();
    let mut config = config(&node, dir.path().join("service"));
    config.limits.anchor_every = Duration::from_millis(20);
    let service = serve(config, std::future::pending()).await.unwrap();
    let (id, _, _) = service.admin().audit_log();
    let key = RegistryKey::AnchoredLog { account: AccountId(1), log: id };
    let entries = || match chain.registry(&key) {
        Some(RegistryValue::AnchoredLog(anchored)) => anchored.entries,
        _ => 0,
    };
    let first = entries();
    let token = service.admin().create_api_token(AccountId(1)).await.unwrap();
    let bureau = party(&service.endpoint(), 1, token.bearer()).await;
    let question = pb::GetReceiptRequest { acting_account: 1, ..Default::default() };
    report(bureau.audit.clone().get_receipt(question).await);
    for _ in 0..500 {
        if entries() > first {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not anchored: {} entries, as before; log {}", first, Digest(id.0));
}
