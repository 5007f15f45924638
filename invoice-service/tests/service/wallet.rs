//! Claiming and handing on.

use proto::invoice::v1 as pb;
use proto::types::v1::{ClaimStatus, ReimbursementStatus};

use crate::world::{Party, World, by_slot, report, world};

fn claim(party: &Party, token: &str) -> pb::ClaimRequest {
    pb::ClaimRequest { header: party.header(), claim_token: token.into(), ..Default::default() }
}

async fn held(party: &mut Party, offered_to_me: bool) -> Vec<u64> {
    let request = pb::ListHeldRequest {
        acting_account: party.account,
        include_offered_to_me: offered_to_me,
        ..Default::default()
    };
    let answer = party.wallet.list_held(request).await.unwrap().into_inner();
    answer.invoices.iter().map(|i| i.slot).collect()
}

fn to(party: &Party) -> Option<pb::Recipient> {
    Some(pb::Recipient { recipient: Some(pb::recipient::Recipient::Account(party.account)) })
}

async fn claimed(w: &mut World) -> u64 {
    let issued = w.issue(19_800).await;
    w.employee.wallet.claim(claim(&w.employee, &issued.claim_token)).await.unwrap();
    issued.slot
}

async fn offer(w: &mut World, slot: u64) {
    let request =
        pb::OfferRequest { header: w.employee.header(), invoice: by_slot(slot), to: to(&w.company), until_ms: None };
    let summary = w.employee.wallet.offer(request).await.unwrap().into_inner().invoice.unwrap();
    assert_eq!(summary.state.unwrap().claim, ClaimStatus::Offered as i32);
}

#[tokio::test]
async fn of_many_claims_by_one_token_one_succeeds_and_the_losers_learn_it() {
    let mut w = world().await;
    let issued = w.issue(19_800).await;
    let tries = (0..20).map(|n| {
        let mut party = if n % 2 == 0 { w.employee.clone() } else { w.company.clone() };
        let request = claim(&party, &issued.claim_token);
        tokio::spawn(async move { party.wallet.claim(request).await })
    });
    let mut won = 0;
    for one in futures::future::join_all(tries).await {
        match one.unwrap() {
            Ok(_) => won += 1,
            refused => assert_eq!(report(refused).number(), Some(606), "ALREADY_CLAIMED"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn an_unknown_token_is_not_found_and_not_repeated() {
    let mut w = world().await;
    let token = crypto::OrderToken::generate().unwrap().to_string();
    let refused = report(w.employee.wallet.claim(claim(&w.employee, &token)).await);
    assert_eq!(refused.reason_name, "NOT_FOUND");
    assert!(!format!("{refused:?}{}", refused.message).contains(&token));
    let malformed = report(w.employee.wallet.claim(claim(&w.employee, &"x".repeat(40))).await);
    assert_eq!((malformed.reason_name.as_str(), malformed.field.as_deref()), ("INVALID_ARGUMENT", Some("claim_token")));
}

#[tokio::test]
async fn an_offer_is_seen_by_both_sides_and_accepted_by_the_receiver() {
    let mut w = world().await;
    let slot = claimed(&mut w).await;
    assert_eq!(held(&mut w.employee, false).await, [slot]);
    offer(&mut w, slot).await;
    assert_eq!(held(&mut w.employee, false).await, [slot], "still the giver's, on offer");
    assert!(held(&mut w.company, false).await.is_empty());
    assert_eq!(held(&mut w.company, true).await, [slot]);
    let wrong = pb::AcceptRequest { header: w.employee.header(), invoice: by_slot(slot) };
    assert_eq!(report(w.employee.wallet.accept(wrong).await).number(), Some(604));
    let accept = pb::AcceptRequest { header: w.company.header(), invoice: by_slot(slot) };
    let view = w.company.wallet.accept(accept).await.unwrap().into_inner().invoice.unwrap();
    assert_eq!(view.buyer.unwrap().name, crate::world::COMPANY_NAME);
    assert_eq!(held(&mut w.company, true).await, [slot]);
    assert!(held(&mut w.employee, true).await.is_empty());
}

#[tokio::test]
async fn a_refused_and_a_withdrawn_offer_leave_the_invoice_with_the_giver() {
    let mut w = world().await;
    let slot = claimed(&mut w).await;
    offer(&mut w, slot).await;
    let refuse = pb::RefuseRequest { header: w.company.header(), invoice: by_slot(slot) };
    w.company.wallet.refuse(refuse).await.unwrap();
    assert!(held(&mut w.company, true).await.is_empty());
    offer(&mut w, slot).await;
    let withdraw = pb::WithdrawRequest { header: w.employee.header(), invoice: by_slot(slot) };
    w.employee.wallet.withdraw(withdraw).await.unwrap();
    assert_eq!(held(&mut w.employee, true).await, [slot]);
}

#[tokio::test]
async fn an_offer_that_lapses_leaves_the_receivers_list() {
    let mut w = world().await;
    let slot = claimed(&mut w).await;
    offer(&mut w, slot).await;
    let now = w.chain.state().time;
    w.chain.set_time(now.plus_ms(91 * 86_400_000));
    assert!(held(&mut w.company, true).await.is_empty());
    let flow =
        pb::GetInvoiceFlowRequest { acting_account: w.employee.account, invoice: by_slot(slot), read_options: None };
    let steps = w.employee.audit.get_invoice_flow(flow).await.unwrap().into_inner().steps;
    let verbs: Vec<pb::InvoiceVerb> = steps.iter().map(|s| s.verb()).collect();
    use pb::InvoiceVerb as V;
    assert_eq!(verbs, [V::Issue, V::Claim, V::Offer, V::OfferLapse]);
    assert!(steps[3].tx_id.is_empty() && steps[3].index.is_none(), "a task, not a transaction");
    assert_eq!(steps[0].actor_name, crate::world::SELLER_NAME);
    assert_eq!(steps[1].actor, None, "a token's key is nobody's account");
}

#[tokio::test]
async fn what_is_held_can_be_narrowed_by_state() {
    let mut w = world().await;
    let first = w.issue_to_company(10_000).await.slot;
    let second = w.issue_to_company(20_000).await.slot;
    let lock = pb::LockRequest {
        header: w.company.header(),
        invoices: vec![by_slot(second).unwrap()],
        until_ms: None,
        reason: 3,
    };
    w.company.finance.lock(lock).await.unwrap();
    let mut list = async |status: ReimbursementStatus| {
        let request = pb::ListHeldRequest {
            acting_account: w.company.account,
            reimbursements: vec![status.into()],
            ..Default::default()
        };
        let answer = w.company.wallet.list_held(request).await.unwrap().into_inner();
        answer.invoices.iter().map(|i| i.slot).collect::<Vec<_>>()
    };
    assert_eq!(list(ReimbursementStatus::Open).await, [first]);
    assert_eq!(list(ReimbursementStatus::Locked).await, [second]);
}
