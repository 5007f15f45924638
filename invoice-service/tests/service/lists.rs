//! Pages, filters, audit lists.

use proto::invoice::v1 as pb;
use proto::types::v1::{FaceStatus, ReadOptions};

use crate::world::{SELLER_TAX_ID, World, by_slot, report, world};

async fn issued(w: &mut World, count: i64) -> Vec<u64> {
    let mut slots = Vec::new();
    for n in 1..=count {
        slots.push(w.issue(n * 1_000).await.slot);
    }
    slots
}

fn list(w: &World, size: i32, token: &str) -> pb::ListIssuedRequest {
    let acting_account = w.seller.account;
    pb::ListIssuedRequest { acting_account, page_size: size, page_token: token.into(), ..Default::default() }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let mut w = world().await;
    let slots = issued(&mut w, 5).await;
    let (mut found, mut token) = (Vec::new(), String::new());
    let mut pages = 0;
    loop {
        let page = w.seller.merchant.list_issued(list(&w, 2, &token)).await.unwrap().into_inner();
        found.extend(page.invoices.iter().map(|i| i.slot));
        pages += 1;
        // More arrives while the pages are read: what was seen does not shift.
        if pages == 1 {
            issued(&mut w, 1).await;
        }
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found[..5], slots);
    assert_eq!((found.len(), pages), (6, 3));
}

#[tokio::test]
async fn a_token_of_another_filter_is_refused() {
    let mut w = world().await;
    issued(&mut w, 3).await;
    let token = w.seller.merchant.list_issued(list(&w, 1, "")).await.unwrap().into_inner().next_page_token;
    let other = pb::ListIssuedRequest { faces: vec![FaceStatus::Blue.into()], ..list(&w, 1, &token) };
    assert_eq!(report(w.seller.merchant.list_issued(other).await).reason_name, "PAGE_TOKEN");
    assert_eq!(report(w.seller.merchant.list_issued(list(&w, 1, "zz")).await).reason_name, "PAGE_TOKEN");
    assert_eq!(report(w.seller.merchant.list_issued(list(&w, -1, "")).await).field.as_deref(), Some("page_size"));
}

#[tokio::test]
async fn issued_invoices_are_found_by_state_and_month() {
    let mut w = world().await;
    let slots = issued(&mut w, 2).await;
    let red = pb::IssueRedRequest { header: w.seller.header(), invoice: by_slot(slots[0]), reason: 1, form: None };
    let red = w.seller.merchant.issue_red(red).await.unwrap().into_inner().red.unwrap().slot;
    let mut found = async |faces: Vec<FaceStatus>, month| {
        let faces = faces.into_iter().map(Into::into).collect();
        let request = pb::ListIssuedRequest { faces, month, ..list(&w, 0, "") };
        let page = w.seller.merchant.list_issued(request).await.unwrap().into_inner();
        page.invoices.iter().map(|i| i.slot).collect::<Vec<_>>()
    };
    assert_eq!(found(vec![FaceStatus::Reversed], 0).await, [slots[0]]);
    assert_eq!(found(vec![FaceStatus::Red], 202_611).await, [red]);
    assert_eq!(found(vec![], 202_611).await, [slots[0], slots[1], red]);
    assert!(found(vec![], 202_610).await.is_empty());
}

#[tokio::test]
async fn an_auditor_counts_and_adds_up_over_all_pages() {
    let mut w = world().await;
    issued(&mut w, 3).await;
    let request = |token: &str| pb::ListTaxpayerInvoicesRequest {
        acting_account: 1,
        taxpayer: Some(pb::list_taxpayer_invoices_request::Taxpayer::TaxId(SELLER_TAX_ID.into())),
        faces: vec![FaceStatus::Blue.into()],
        page_size: 2,
        page_token: token.into(),
        ..Default::default()
    };
    let first = w.bureau.audit.list_taxpayer_invoices(request("")).await.unwrap().into_inner();
    assert_eq!((first.total_count, first.total_net + first.total_tax), (3, 6_000));
    let second = w.bureau.audit.list_taxpayer_invoices(request(&first.next_page_token)).await.unwrap().into_inner();
    assert_eq!((second.total_count, second.invoices.len()), (3, 1));
    assert!(second.next_page_token.is_empty());
}

#[tokio::test]
async fn a_read_waits_for_its_height_and_says_which_it_is() {
    let mut w = world().await;
    let issued = w.issue(1_000).await;
    let height = w.chain.state().height.0;
    let options = |min_height| Some(ReadOptions { chain_id: Vec::new(), min_height: Some(min_height) });
    let request = pb::ListIssuedRequest { read_options: options(height), ..list(&w, 0, "") };
    let page = w.seller.merchant.list_issued(request).await.unwrap().into_inner();
    let context = page.read_context.unwrap();
    assert!(context.height >= height && context.finalized);
    assert_eq!(page.invoices[0].slot, issued.slot);
    let wrong_chain = Some(ReadOptions { chain_id: vec![9; 32], min_height: None });
    let request = pb::ListIssuedRequest { read_options: wrong_chain, ..list(&w, 0, "") };
    assert_eq!(report(w.seller.merchant.list_issued(request).await).number(), Some(104));
}
