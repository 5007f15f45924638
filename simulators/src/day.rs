//! Plays a plan against a node, minute by minute of its driven clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use ledger_types::{BlockTime, ClockMode, Fen, RejectReason, TxOutcome};
use sdk::{Identity, NodeClient, SignedTx};
use tokio::sync::mpsc;

use crate::city::City;
use crate::curve::DAY;
use crate::error::SimError;
use crate::lanes::{Content, Done, Job, Lanes};
use crate::life::{Around, Life, What};
use crate::personas::cheat::Cheat;
use crate::plan::{Act, Plan, PlanOptions};
use crate::report::DayReport;
use crate::seen::{Expect, Seen};
use crate::tally::{Mark, Tally};

/// How fast to play.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// As fast as the node goes.
    Max,
    /// So many times as fast as life.
    Times(f64),
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse::<f64>()) {
            ("max", _) => Ok(Self::Max),
            (_, Ok(times)) if times.is_finite() && times > 0.0 => Ok(Self::Times(times)),
            _ => Err("write max, or how many times as fast as life, e.g. 600".to_owned()),
        }
    }
}

/// Options of a run.
#[derive(Clone, Copy, Debug)]
pub struct DayOptions {
    /// What to play.
    pub plan: PlanOptions,
    /// How fast.
    pub speed: Speed,
    /// Show a progress bar (only on a terminal).
    pub progress: bool,
}

const LANES: usize = 4;
/// Transactions under way in one lane.
const WINDOW: usize = 1_024;
/// Simulated minutes that an unanswered transaction may be behind the clock.
const MAX_LAG: u32 = 10;
/// Longest wait for any answer.
const STALL: Duration = Duration::from_secs(60);

/// A merchant with a small quota: his issues go one after another, so that each verdict is known beforehand.
struct Tight {
    left: i64,
    busy: bool,
    waiting: VecDeque<usize>,
    /// What the issue under way takes if it is accepted.
    pending: i64,
}

struct Play<'a> {
    plan: &'a Plan,
    around: Around<'a>,
    lives: Vec<Life>,
    /// What is due, by minute.
    due: BTreeMap<u32, Vec<(usize, Next)>>,
    tight: BTreeMap<usize, Tight>,
    in_flight: BTreeMap<u32, usize>,
    tally: Tally,
    minute: u32,
    /// Past the end of the month in which the run began, what is left to a merchant is not reckoned any more.
    same_month_until: u32,
}

/// What an invoice waits for its minute to do.
enum Next {
    Issue,
    Again(Box<SignedTx>),
    Step,
}

/// Draws a plan, sets the city up and plays.
pub async fn run(client: &NodeClient, bureau: &Identity, options: &DayOptions) -> Result<DayReport, SimError> {
    if client.genesis().clock != ClockMode::Driven {
        return Err(SimError::NotDriven);
    }
    let plan = Plan::draw(options.plan);
    let city = City::settle(client, bureau, &plan).await?;
    let midnight = next_midnight(client.now());
    let began = Instant::now();
    let mut play = Play::new(&plan, Around { client, city: &city }, midnight);
    let bar = bar(options, plan.invoices.len());
    play.minutes(midnight, options.speed, &bar).await?;
    play.check_quotas().await?;
    bar.finish_and_clear();
    Ok(DayReport::new(&plan, &play.tally, began.elapsed()))
}

fn bar(options: &DayOptions, invoices: usize) -> ProgressBar {
    // Indicatif draws nothing when stderr is no terminal.
    let bar = if options.progress { ProgressBar::new(invoices as u64) } else { ProgressBar::hidden() };
    let style = "{bar:40} {pos}/{len} invoices · {msg} · {elapsed}";
    bar.with_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The next midnight in Asia/Shanghai.
fn next_midnight(now: BlockTime) -> BlockTime {
    BlockTime((now.day_number() + 1) * 86_400_000 - 8 * 3_600_000)
}

impl<'a> Play<'a> {
    fn new(plan: &'a Plan, around: Around<'a>, start: BlockTime) -> Self {
        let mut due: BTreeMap<u32, Vec<(usize, Next)>> = BTreeMap::new();
        for (i, invoice) in plan.invoices.iter().enumerate() {
            due.entry(invoice.minute).or_default().push((i, Next::Issue));
        }
        let tight = plan
            .tight
            .iter()
            .map(|(m, quota)| (*m, Tight { left: quota.0, busy: false, waiting: VecDeque::new(), pending: 0 }))
            .collect();
        let days = (0..40u64).take_while(|d| start.plus_ms(d * 86_400_000).month() == start.month()).count() as u32;
        Self {
            plan,
            around,
            lives: vec![Life::default(); plan.invoices.len()],
            due,
            tight,
            in_flight: BTreeMap::new(),
            tally: Tally::new((plan.options.days * DAY) as usize),
            minute: 0,
            same_month_until: days * DAY - 2 * MAX_LAG,
        }
    }

    async fn minutes(&mut self, midnight: BlockTime, speed: Speed, bar: &ProgressBar) -> Result<(), SimError> {
        let (done, mut answers) = mpsc::unbounded_channel();
        let mut lanes = Lanes::open(self.around.client, LANES, WINDOW, &done).await?;
        let began = Instant::now();
        loop {
            let time = midnight.plus_ms(u64::from(self.minute) * 60_000);
            self.around.client.set_clock(time).await?;
            for (invoice, next) in self.due.remove(&self.minute).unwrap_or_default() {
                self.start(&mut lanes, invoice, next).await?;
            }
            while let Ok(answer) = answers.try_recv() {
                self.answer(&mut lanes, answer).await?;
            }
            while self.lags() {
                let answer = tokio::time::timeout(STALL, answers.recv()).await;
                let Ok(Some(answer)) = answer else { return Err(SimError::Stalled(STALL.as_secs())) };
                self.answer(&mut lanes, answer).await?;
            }
            bar.set_position(self.tally.attempted);
            bar.set_message(time.to_string().split_off(11));
            if self.due.is_empty() && self.in_flight.is_empty() {
                return Ok(());
            }
            if let Speed::Times(times) = speed {
                let target = Duration::from_secs_f64(f64::from(self.minute + 1) * 60.0 / times);
                tokio::time::sleep(target.saturating_sub(began.elapsed())).await;
            }
            self.minute += 1;
        }
    }

    /// Whether the clock must wait for answers: something is far behind, or nothing else is left to do.
    fn lags(&self) -> bool {
        match self.in_flight.first_key_value() {
            None => false,
            Some((oldest, _)) => self.due.is_empty() || oldest + MAX_LAG <= self.minute,
        }
    }

    async fn start(&mut self, lanes: &mut Lanes<Mark>, invoice: usize, next: Next) -> Result<(), SimError> {
        match next {
            Next::Issue => {
                let plan = &self.plan.invoices[invoice];
                if plan.cheat.is_none()
                    && let Some(tight) = self.tight.get_mut(&plan.merchant)
                {
                    if tight.busy {
                        tight.waiting.push_back(invoice);
                        return Ok(());
                    }
                    tight.busy = true;
                }
                self.issue(lanes, invoice).await
            }
            Next::Again(tx) => {
                let frame = self.around.client.frame(self.around.city.area, tx.request_id);
                let mark = Mark { invoice, what: What::Again, expect: Expect::Accepted, minute: self.minute };
                self.send(lanes, Job { mark, frame, content: Content::Again(tx), keep: false }).await
            }
            Next::Step => {
                let plan = &self.plan.invoices[invoice];
                let Some(step) = plan.steps.get(self.lives[invoice].step).copied() else { return Ok(()) };
                let Some(ready) = self.around.act(plan, &self.lives[invoice], step.act)? else { return Ok(()) };
                let mark = Mark { invoice, what: What::Act(step.act), expect: ready.expect, minute: self.minute };
                self.send(lanes, Job { mark, frame: ready.frame, content: ready.content, keep: false }).await
            }
        }
    }

    async fn issue(&mut self, lanes: &mut Lanes<Mark>, invoice: usize) -> Result<(), SimError> {
        let plan = &self.plan.invoices[invoice];
        let (ready, net) = self.around.issue(plan)?;
        let mut expect = ready.expect;
        if plan.cheat.is_none()
            && let Some(tight) = self.tight.get_mut(&plan.merchant)
        {
            tight.pending = net.0;
            expect = match net.0 <= tight.left {
                _ if self.minute >= self.same_month_until => Expect::AcceptedOr(RejectReason::OverQuota),
                true => Expect::Accepted,
                false => Expect::Refused(RejectReason::OverQuota),
            };
        }
        self.tally.attempted += 1;
        let mark = Mark { invoice, what: What::Issue, expect, minute: self.minute };
        self.send(lanes, Job { mark, frame: ready.frame, content: ready.content, keep: plan.twice }).await
    }

    async fn send(&mut self, lanes: &mut Lanes<Mark>, job: Job<Mark>) -> Result<(), SimError> {
        *self.in_flight.entry(job.mark.minute).or_default() += 1;
        lanes.send(job).await
    }

    async fn answer(&mut self, lanes: &mut Lanes<Mark>, done: Done<Mark>) -> Result<(), SimError> {
        let Mark { invoice, what, expect, minute } = done.mark;
        if let Some(count) = self.in_flight.get_mut(&minute) {
            *count -= 1;
            if *count == 0 {
                self.in_flight.remove(&minute);
            }
        }
        let cheat = self.cheat_of(invoice, what).map(Cheat::name);
        self.tally.count(done.mark, cheat, &done.seen, done.latency);
        let as_expected = expect.is_met(&done.seen);
        match (what, &done.seen) {
            (What::Issue, seen) => {
                let accepted = matches!(seen, Seen::Accepted(_));
                let life = &mut self.lives[invoice];
                if let Seen::Accepted(outcome) = seen {
                    (life.token, life.request_id) = (done.token, Some(done.request_id));
                    life.learn(outcome);
                }
                if let (Some(tx), true) = (done.tx, accepted) {
                    self.due.entry(self.minute + 1).or_default().push((invoice, Next::Again(tx)));
                }
                if accepted {
                    self.schedule(invoice);
                }
                self.next_tight(lanes, invoice, accepted).await
            }
            (What::Again, seen) => {
                let same =
                    matches!(seen, Seen::Accepted(TxOutcome::Issued(i)) if Some(i.slot) == self.lives[invoice].slot);
                if as_expected && !same {
                    self.tally.violate(invoice, "Again".into(), "the same invoice".into(), seen.describe());
                }
                Ok(())
            }
            (What::Act(_), seen) => {
                let life = &mut self.lives[invoice];
                if let Seen::Accepted(outcome) = seen {
                    life.learn(outcome);
                }
                life.step += 1;
                // After a surprise nothing more is known of this invoice.
                if as_expected {
                    self.schedule(invoice);
                }
                Ok(())
            }
        }
    }

    fn cheat_of(&self, invoice: usize, what: What) -> Option<Cheat> {
        match what {
            What::Issue => self.plan.invoices[invoice].cheat,
            What::Act(Act::Cheat(cheat)) => Some(cheat),
            What::Again | What::Act(_) => None,
        }
    }

    /// Puts an invoice's next step in its minute, or in the next if that has passed.
    fn schedule(&mut self, invoice: usize) {
        if let Some(step) = self.plan.invoices[invoice].steps.get(self.lives[invoice].step) {
            self.due.entry(step.minute.max(self.minute + 1)).or_default().push((invoice, Next::Step));
        }
    }

    /// After a verdict for a merchant with a small quota: what is left, and his next invoice.
    async fn next_tight(&mut self, lanes: &mut Lanes<Mark>, invoice: usize, accepted: bool) -> Result<(), SimError> {
        let plan = &self.plan.invoices[invoice];
        if plan.cheat.is_some() {
            return Ok(());
        }
        let Some(tight) = self.tight.get_mut(&plan.merchant) else { return Ok(()) };
        if accepted {
            tight.left -= tight.pending;
        }
        match tight.waiting.pop_front() {
            Some(next) => self.issue(lanes, next).await,
            None => {
                tight.busy = false;
                Ok(())
            }
        }
    }

    /// What the chain counted for the merchants with a small quota is what this side counted.
    async fn check_quotas(&mut self) -> Result<(), SimError> {
        if self.minute >= self.same_month_until {
            return Ok(());
        }
        for (merchant, tight) in &self.tight {
            let of = &self.around.city.merchants[*merchant];
            let usage = self.around.client.usage(of.account).await?;
            let expected = Fen(of.quota.0 - tight.left);
            if usage.consumed != expected || usage.consumed > of.quota {
                let what = format!("quota of merchant {merchant}");
                self.tally.violate(0, what, format!("{expected} used"), format!("{} used", usage.consumed));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_and_the_day_begins_at_midnight_in_shenzhen() {
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("600".parse(), Ok(Speed::Times(600.0)));
        assert!("0".parse::<Speed>().is_err() && "fast".parse::<Speed>().is_err() && "inf".parse::<Speed>().is_err());
        let midnight = next_midnight(BlockTime(1_793_462_399_999));
        assert_eq!(midnight.to_string(), "2026-11-01 00:00:00.000");
    }
}
