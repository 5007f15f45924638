//! Calls x roles x tenants, made from the descriptors: every cell is called. `cargo xtask matrix` prints the table.
//!
//! An allowed cell gets past the door (a bare message then fails for what it lacks); a refused one is told so, leaves
//! the chain as it was and hands nothing to the node. `effects` makes every call for real by one of its roles.

mod effects;
mod raw;

use std::collections::BTreeSet;

use invoice_service::access::{Access, row};
use ledger_types::{AccountId, AccountKind, Role};
use proto::ErrorReport;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::world::{World, world};
use raw::{Call, call, calls};

/// Who calls.
struct Caller {
    name: String,
    role: Option<Role>,
    bearer: String,
    account: u32,
}

/// One token of every role, one of all rights, and nobody.
async fn callers(w: &World) -> Vec<Caller> {
    let admin = w.service.admin();
    let mut out = vec![Caller { name: "nobody".into(), role: None, bearer: String::new(), account: w.seller.account }];
    let full = admin.create_api_token(AccountId(w.seller.account)).await.unwrap();
    out.push(Caller { name: "all rights".into(), role: None, bearer: full.bearer(), account: w.seller.account });
    for role in Role::ALL {
        let account = if role.fits(AccountKind::Bureau) { 1 } else { w.seller.account };
        let token = admin.create_role_token(AccountId(account), *role).await.unwrap();
        out.push(Caller { name: role.name().into(), role: Some(*role), bearer: token.bearer(), account });
    }
    out
}

/// What a cell must answer.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// Past the door.
    Let,
    /// No token.
    Unknown,
    /// The role does not cover the call.
    Role,
    /// Not its own tenant.
    Tenant,
}

fn expected(call: &Call, caller: &Caller, own: bool) -> Answer {
    let row = row(&call.path).unwrap_or_else(|| panic!("{} has no row", call.path));
    // What is prepared or submitted here is an invoice: its own call's row holds too.
    let within = call.path.contains("KeyService/Prepare") || call.path.contains("KeyService/Submit");
    let issue = invoice_service::access::row("taxchain.invoice.v1.MerchantService/Issue").unwrap();
    // A taxpayer's quota is also its bureau's.
    let governs = caller.account == 1 && call.path.ends_with("/GetQuota");
    match row.access {
        Access::Public | Access::Newcomers => Answer::Let,
        Access::Roles(_) if caller.bearer.is_empty() => Answer::Unknown,
        Access::Roles(_) if !row.access.allows(caller.role) => Answer::Role,
        Access::Roles(_) if within && !issue.access.allows(caller.role) => Answer::Role,
        Access::Roles(_) if own || governs => Answer::Let,
        Access::Roles(_) => Answer::Tenant,
    }
}

fn answered(answer: &Result<Vec<u8>, Status>) -> Answer {
    let Err(status) = answer else { return Answer::Let };
    let report = ErrorReport::from_status(status);
    match (status.code(), report.field.as_deref()) {
        (Code::Unauthenticated, _) => Answer::Unknown,
        (Code::PermissionDenied, Some("authorization")) => Answer::Role,
        (Code::PermissionDenied, _) => Answer::Tenant,
        (Code::Unimplemented, _) => panic!("not a call of this service: {status}"),
        _ => Answer::Let,
    }
}

#[tokio::test]
async fn matrix() {
    let w = world().await;
    let channel = Channel::from_shared(w.service.endpoint()).unwrap().connect().await.unwrap();
    let (callers, calls) = (callers(&w).await, calls());
    let effects = Box::pin(effects::all()).await;
    let (mut cells, mut open) = (0, 0);
    for one in &calls {
        let mut allowed = Vec::new();
        let mut asserted = 0;
        for caller in &callers {
            for own in [true, false] {
                let account = if own { caller.account } else { w.company.account };
                let expected = expected(one, caller, own);
                let before = (w.chain.state().height, w.chain.submissions.load(std::sync::atomic::Ordering::SeqCst));
                let answer = call(&channel, &one.path, &caller.bearer, one.message(account)).await;
                assert_eq!(answered(&answer), expected, "{} by {}, own: {own}: {answer:?}", one.path, caller.name);
                if expected != Answer::Let {
                    let after = (w.chain.state().height, w.chain.submissions.load(std::sync::atomic::Ordering::SeqCst));
                    assert_eq!(before, after, "{} by {} changed something", one.path, caller.name);
                } else if own {
                    allowed.push(caller.name.as_str());
                }
                asserted += 1;
            }
        }
        let short = one.path.trim_start_matches("taxchain.invoice.v1.");
        let effect = effects.contains(short);
        open += usize::from(!effect);
        cells += asserted + usize::from(effect);
        let word = if effect { "effect checked" } else { "EFFECT OPEN" };
        let who = if allowed.len() == callers.len() { "everyone".to_owned() } else { allowed.join(", ") };
        println!("{short:44} {asserted:3} cells  {word}  {who}");
    }
    let known: BTreeSet<&str> = calls.iter().map(|c| c.path.trim_start_matches("taxchain.invoice.v1.")).collect();
    assert!(effects.iter().all(|effect| known.contains(effect)), "an effect of no call: {effects:?}");
    println!("matrix: {} RPCs, {} roles, {cells} cells asserted, {open} open", calls.len(), callers.len());
    assert_eq!(open, 0);
}

#[tokio::test]
async fn a_call_without_a_row_is_refused_at_run_time() {
    let w = world().await;
    let channel = Channel::from_shared(w.service.endpoint()).unwrap().connect().await.unwrap();
    let full = w.service.admin().create_api_token(AccountId(1)).await.unwrap().bearer();
    for path in ["taxchain.invoice.v1.MerchantService/Delete", "taxchain.node.v1.NodeService/SetClock", "x.Y/Z"] {
        let status = call(&channel, path, &full, Vec::new()).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied, "{path}: {status}");
    }
}

#[tokio::test]
async fn a_role_token_is_made_for_accounts_that_have_the_role_and_revoked_with_the_others() {
    let w = world().await;
    let admin = w.service.admin();
    for (account, role) in [(w.seller.account, Role::Auditor), (1, Role::Viewer), (999, Role::Viewer)] {
        let error = admin.create_role_token(AccountId(account), role).await.unwrap_err();
        assert!(matches!(error, invoice_service::ServiceError::RoleMisfit { .. }), "{error}");
    }
    let token = admin.create_role_token(AccountId(w.seller.account), Role::Viewer).await.unwrap();
    admin.revoke_api_tokens(AccountId(w.seller.account)).await.unwrap();
    let channel = Channel::from_shared(w.service.endpoint()).unwrap().connect().await.unwrap();
    let path = "taxchain.invoice.v1.MerchantService/ListIssued";
    let status = call(&channel, path, &token.bearer(), Vec::new()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}
