//! Lists of invoices: the node's pages, filtered, cut to the caller's page, and bound to their filter.

use std::sync::Arc;
use std::time::Duration;

use ledger_types::{AccountId, Address, Canonical, Height, Owner, Slot, owner};
use proto::convert::field;
use proto::types::v1::{BookingStatus, ClaimStatus, FaceStatus, InvoiceState, ReimbursementStatus};
use proto::{EdgeError, EdgeReason, FilterHash, PageToken, page_size};
use sdk::Page;

use crate::desk::Desk;
use crate::failure::Failure;
use crate::store::offers::OfferSide;
use crate::view::Held;

/// Outputs asked of the node at a time.
const NODE_PAGE: usize = 500;
/// How long a list waits for the offers to catch up with the state it is answered at.
const OFFERS_WAIT: Duration = Duration::from_secs(5);

/// Which invoices a caller wants to see. Empty lists want all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InvoiceFilter {
    pub(crate) faces: Vec<FaceStatus>,
    pub(crate) claims: Vec<ClaimStatus>,
    pub(crate) reimbursements: Vec<ReimbursementStatus>,
    pub(crate) bookings: Vec<BookingStatus>,
    /// Issued from this block time on, ms.
    pub(crate) from_ms: u64,
    /// Issued before this block time, ms.
    pub(crate) before_ms: u64,
    /// Only this natural month, yyyymm; 0 for all.
    pub(crate) month: u32,
}

/// Where a list goes on: after a slot, on a page of the node's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The last slot given out.
    pub(crate) after: Option<Slot>,
    /// The node's page it stood on.
    pub(crate) page: Option<String>,
}

/// What a list is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// What a seller issued.
    Seller(AccountId),
    /// What an account holds, with what it has on offer; and, if wished, what is offered to it.
    Holder {
        /// The account's address.
        address: Address,
        /// Also what is offered to it.
        offered_to: bool,
    },
}

impl InvoiceFilter {
    /// No bounds at all.
    pub(crate) fn all() -> Self {
        Self { before_ms: u64::MAX, ..Self::default() }
    }

    /// Whether an invoice is wanted.
    pub(crate) fn wants(&self, held: &Held) -> bool {
        fn one_of<T: PartialEq + Copy>(wanted: &[T], is: T) -> bool {
            wanted.is_empty() || wanted.contains(&is)
        }
        let state = InvoiceState::from(&held.invoice);
        let issued = ledger_types::BlockTime(held.invoice.issued_ms);
        one_of(&self.faces, state.face())
            && one_of(&self.claims, state.claim())
            && one_of(&self.reimbursements, state.reimbursement())
            && one_of(&self.bookings, state.booking())
            && (self.from_ms..self.before_ms).contains(&issued.0)
            && (self.month == 0 || issued.month().0 == self.month)
    }

    /// What page tokens are bound to.
    pub(crate) fn hash(&self, desk: &Desk, list: &str, source: Source) -> FilterHash {
        let numbers = |values: Vec<i32>| {
            let mut values = values;
            values.sort_unstable();
            values
        };
        let of = match source {
            Source::Seller(account) => (0u8, account.0, Address::ZERO),
            Source::Holder { address, offered_to } => (1 + u8::from(offered_to), 0, address),
        };
        let filter = (
            of,
            numbers(self.faces.iter().map(|v| *v as i32).collect()),
            numbers(self.claims.iter().map(|v| *v as i32).collect()),
            numbers(self.reimbursements.iter().map(|v| *v as i32).collect()),
            numbers(self.bookings.iter().map(|v| *v as i32).collect()),
            (self.from_ms, self.before_ms, self.month),
        );
        FilterHash::of(&desk.chain(), list, &filter)
    }
}

impl Cursor {
    /// Reads the token of the page before; empty starts anew. `extra` is what the list added behind the cursor.
    pub(crate) fn read(text: &str, filter: FilterHash) -> Result<(Self, Vec<u8>), Failure> {
        let Some(token) = PageToken::decode(text, filter)? else { return Ok((Self::default(), Vec::new())) };
        let bad = || Failure::from(proto::PageTokenError::Malformed);
        let (after, page, extra) =
            <(Option<Slot>, Option<String>, Vec<u8>)>::from_canonical(&token.last_key).map_err(|_| bad())?;
        Ok((Self { after, page }, extra))
    }

    /// The token for the next page.
    pub(crate) fn token(&self, filter: FilterHash, extra: Vec<u8>) -> String {
        let last_key = (self.after, self.page.clone(), extra).to_canonical();
        PageToken { filter_hash: filter, last_key }.encode()
    }
}

/// A list's stream of outputs, by rising slot.
struct Outputs<'a> {
    desk: &'a Desk,
    source: Source,
    after: Option<Slot>,
    /// The page in hand, and the token that named it.
    page_token: Option<String>,
    page: std::vec::IntoIter<(Slot, ledger_types::OutputRecord)>,
    next: Option<String>,
    started: bool,
    /// Offers in hand, and whether there are more.
    offers: std::vec::IntoIter<Slot>,
    offers_end: bool,
    own: Option<Held>,
    offered: Option<Held>,
}

impl<'a> Outputs<'a> {
    fn new(desk: &'a Desk, source: Source, cursor: Cursor) -> Self {
        Self {
            desk,
            source,
            after: cursor.after,
            page_token: cursor.page,
            page: Vec::new().into_iter(),
            next: None,
            started: false,
            offers: Vec::new().into_iter(),
            offers_end: matches!(source, Source::Seller(_)),
            own: None,
            offered: None,
        }
    }

    /// The invoice with the next slot, whichever side it comes from.
    async fn next(&mut self) -> Result<Option<Held>, Failure> {
        if self.own.is_none() {
            self.own = self.next_own().await?;
        }
        if self.offered.is_none() {
            self.offered = self.next_offered().await?;
        }
        let own_first = match (&self.own, &self.offered) {
            (Some(own), Some(offered)) => own.slot <= offered.slot,
            (own, _) => own.is_some(),
        };
        let next = if own_first { self.own.take() } else { self.offered.take() };
        if let Some(held) = &next {
            self.after = Some(held.slot);
            // The same invoice may stand on both sides when it changed hands between two reads.
            if self.offered.is_some_and(|o| o.slot == held.slot) {
                self.offered = None;
            }
        }
        Ok(next)
    }

    async fn next_own(&mut self) -> Result<Option<Held>, Failure> {
        loop {
            for output in self.page.by_ref() {
                let new = self.after.is_none_or(|after| output.0 > after);
                if let Some(held) = Held::of(output).filter(|_| new) {
                    return Ok(Some(held));
                }
            }
            if self.started {
                let Some(next) = self.next.take() else { return Ok(None) };
                self.page_token = Some(next);
            }
            self.started = true;
            let page = self.fetch(self.page_token.clone()).await?;
            (self.page, self.next) = (page.items.into_iter(), page.next);
        }
    }

    async fn fetch(&self, token: Option<String>) -> Result<Page<(Slot, ledger_types::OutputRecord)>, Failure> {
        Ok(match self.source {
            Source::Seller(account) => self.desk.node.invoices_of(account, NODE_PAGE, token).await?,
            Source::Holder { address, .. } => {
                self.desk.node.outputs_of(&Owner::Address(address), NODE_PAGE, token).await?
            }
        })
    }

    async fn next_offered(&mut self) -> Result<Option<Held>, Failure> {
        loop {
            let Some(slot) = self.offers.next() else {
                if self.offers_end {
                    return Ok(None);
                }
                self.more_offers().await?;
                continue;
            };
            let Some(output) = self.desk.node.output(slot).await? else { continue };
            // The list may be a block behind or ahead: what is not on offer any more is left out.
            let on_offer = |h: &Held| matches!(h.invoice.claim, ledger_types::ClaimState::Offered { .. });
            if let Some(held) = Held::of((slot, output)).filter(on_offer) {
                return Ok(Some(held));
            }
        }
    }

    /// All offers of the address after the cursor: few compared with what it holds.
    async fn more_offers(&mut self) -> Result<(), Failure> {
        self.offers_end = true;
        let Source::Holder { address, offered_to } = self.source else { return Ok(()) };
        let store = &self.desk.store;
        let mut slots = store.offers(&address, OfferSide::Giver, self.after, u32::MAX).await?;
        if offered_to {
            slots.extend(store.offers(&address, OfferSide::Receiver, self.after, u32::MAX).await?);
            slots.sort_unstable();
            slots.dedup();
        }
        self.offers = slots.into_iter();
        Ok(())
    }

    fn cursor(&self) -> Cursor {
        Cursor { after: self.after, page: self.page_token.clone() }
    }
}

/// A page of a list.
pub(crate) struct ListPage {
    pub(crate) items: Vec<Held>,
    /// Where the next page starts; none on the last.
    pub(crate) next: Option<Cursor>,
}

impl Desk {
    /// One page of what a source has and a filter wants, by rising slot.
    pub(crate) async fn list(
        self: &Arc<Self>,
        source: Source,
        filter: &InvoiceFilter,
        asked_size: i32,
        cursor: Cursor,
    ) -> Result<ListPage, Failure> {
        let size = page_size(asked_size)?;
        let mut outputs = Outputs::new(self, source, cursor);
        let mut items = Vec::new();
        let mut next = None;
        while let Some(held) = outputs.next().await? {
            if !filter.wants(&held) {
                continue;
            }
            if items.len() == size {
                return Ok(ListPage { items, next });
            }
            items.push(held);
            // Where to go on if one more is wanted after this.
            next = Some(outputs.cursor());
        }
        Ok(ListPage { items, next: None })
    }

    /// Counts and adds up everything that a source has and a filter wants: invoices, net and tax.
    pub(crate) async fn totals(
        self: &Arc<Self>,
        source: Source,
        filter: &InvoiceFilter,
    ) -> Result<(u64, i64, i64), Failure> {
        let mut outputs = Outputs::new(self, source, Cursor::default());
        let (mut count, mut net, mut tax) = (0, 0i128, 0i128);
        while let Some(held) = outputs.next().await? {
            if filter.wants(&held) {
                count += 1;
                tax += i128::from(held.invoice.tax.0);
                net += i128::from(held.output.amount.0) - i128::from(held.invoice.tax.0);
            }
        }
        let narrow = |sum: i128| i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX });
        Ok((count, narrow(net), narrow(tax)))
    }

    /// What an account holds, as a source. Waits until the offers are as new as `height`.
    pub(crate) async fn holder(&self, account: AccountId, offered_to: bool, height: Height) -> Result<Source, Failure> {
        let mut reached = self.offers_height.clone();
        let caught_up = tokio::time::timeout(OFFERS_WAIT, reached.wait_for(|h| *h >= height)).await;
        if !matches!(caught_up, Ok(Ok(_))) {
            return Err(EdgeError::new(EdgeReason::HeightNotReached).meta("height", height).into());
        }
        drop(caught_up);
        Ok(Source::Holder { address: owner::account_address(&self.chain(), account), offered_to })
    }
}

/// A filter's month: yyyymm, 0 for all.
pub(crate) fn month(value: u32) -> Result<u32, Failure> {
    match value {
        0 => Ok(0),
        m if (1..=12).contains(&(m % 100)) && (1970..=9999).contains(&(m / 100)) => Ok(m),
        _ => Err(Failure::field("month", "must be yyyymm, for example 202611")),
    }
}

/// A time in a filter; absent for no bound.
pub(crate) fn bound(value: Option<i64>, unset: u64, name: &str) -> Result<u64, Failure> {
    Ok(value.map_or(Ok(unset), |v| field::ms(v, name))?)
}

#[cfg(test)]
#[path = "lists_test.rs"]
mod lists_test;
