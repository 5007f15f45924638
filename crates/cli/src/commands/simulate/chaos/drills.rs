//! The drills, one function each. Load goes on all the while; each says what it saw, or how the network failed.

use std::time::{Duration, Instant};

use simulators::dice::Dice;
use simulators::steady::Steady;
use tokio::time::sleep;

use super::town::Town;
use super::wires::Wire;
use crate::failure::{Failure, exit};

/// What a drill works on.
pub(super) struct Ground<'a> {
    pub(super) town: &'a mut Town,
    pub(super) load: &'a Steady,
    pub(super) dice: &'a mut Dice,
    /// Kills of the first drill.
    pub(super) kills: u32,
}

/// Most of the longest time without a verdict, while a quorum is up.
pub(super) const GAP: Duration = Duration::from_secs(6);
/// A node with an empty disk has everything again within this time.
const WHOLE_CHAIN: Duration = Duration::from_secs(300);
/// First verdict after all were killed.
const COLD: Duration = Duration::from_secs(15);

pub(super) fn wrong(why: impl Into<String>) -> Failure {
    Failure::new(exit::VERIFICATION, why)
}

impl Ground<'_> {
    pub(super) fn anyone(&mut self) -> u16 {
        u16::try_from(self.dice.below(usize::from(self.town.len()))).unwrap_or(0)
    }

    async fn pause(&mut self, low_ms: u32, high_ms: u32) {
        let ms = self.dice.between(low_ms, high_ms);
        sleep(Duration::from_millis(u64::from(ms))).await;
    }

    /// Everybody has what anybody has, and something new on top.
    pub(super) async fn agree(&self) -> Result<Duration, Failure> {
        let best = self.town.best().await;
        self.town.agree(best.next()).await
    }

    /// kill -9, one node after another.
    pub(super) async fn kills(&mut self) -> Result<String, Failure> {
        let (began, mut slowest) = (Instant::now(), Duration::ZERO);
        for _ in 0..self.kills {
            let victim = self.anyone();
            self.pause(50, 600).await;
            self.town.kill(victim)?;
            self.pause(0, 800).await;
            self.town.start_one(victim).await?;
            slowest = slowest.max(self.agree().await?);
        }
        let gap = self.load.longest_gap(began);
        if gap > GAP {
            return Err(wrong(format!("no verdict for {} ms while three of four were up", gap.as_millis())));
        }
        Ok(format!(
            "{} kills; longest time without a verdict {} ms; agreed again within {} ms",
            self.kills,
            gap.as_millis(),
            slowest.as_millis()
        ))
    }

    /// SIGSTOP for five seconds.
    pub(super) async fn stopped(&mut self) -> Result<String, Failure> {
        let (victim, began) = (self.anyone(), Instant::now());
        self.town.node(victim)?.pause()?;
        let meanwhile = self.five_seconds(began).await;
        self.town.node(victim)?.resume()?;
        self.was_borne(victim, "stood still", meanwhile).await
    }

    /// One node cut off.
    pub(super) async fn one_cut_off(&mut self) -> Result<String, Failure> {
        let (victim, began) = (self.anyone(), Instant::now());
        self.town.wires.set(Wire::Cut, |from, to| from == victim || to == victim);
        let meanwhile = self.five_seconds(began).await;
        self.town.wires.set(Wire::Whole, |_, _| true);
        self.was_borne(victim, "was cut off", meanwhile).await
    }

    /// What is committed meanwhile.
    async fn five_seconds(&self, began: Instant) -> usize {
        sleep(Duration::from_secs(5)).await;
        self.load.committed_since(began)
    }

    /// The others went on without one of four, and it is among them again.
    async fn was_borne(&self, victim: u16, fault: &str, meanwhile: usize) -> Result<String, Failure> {
        let again = self.agree().await?;
        if meanwhile == 0 {
            return Err(wrong(format!("nothing was committed while one of four {fault}")));
        }
        Ok(format!(
            "node {} {fault} for 5 s, {meanwhile} committed meanwhile; agreed again after {} ms",
            victim + 1,
            again.as_millis()
        ))
    }

    /// Two halves: neither has a quorum.
    pub(super) async fn halves(&mut self) -> Result<String, Failure> {
        self.town.wires.set(Wire::Cut, |from, to| (from < 2) != (to < 2));
        self.stands_still().await?;
        let cut = Instant::now();
        sleep(Duration::from_secs(4)).await;
        let meanwhile = self.load.committed_since(cut);
        self.town.wires.set(Wire::Whole, |_, _| true);
        let again = self.agree().await?;
        if meanwhile > 0 {
            return Err(wrong(format!("{meanwhile} were committed without a quorum")));
        }
        Ok(format!("two and two for 5 s: 0 committed without a quorum; agreed again after {} ms", again.as_millis()))
    }

    /// What was decided before is stored and told soon after, on a busy disk a little later.
    async fn stands_still(&self) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            let since = Instant::now();
            sleep(Duration::from_secs(1)).await;
            if self.load.committed_since(since) == 0 {
                return Ok(());
            }
            if began.elapsed() > GAP {
                return Err(wrong("without a quorum the chain goes on"));
            }
        }
    }

    /// What one node says does not arrive, what it hears does.
    pub(super) async fn one_way(&mut self) -> Result<String, Failure> {
        let (victim, began) = (self.town.len() - 1, Instant::now());
        self.town.wires.set(Wire::OneWay, |from, _| from == victim);
        let meanwhile = self.five_seconds(began).await;
        self.town.wires.set(Wire::Whole, |_, _| true);
        self.was_borne(victim, "was heard by nobody", meanwhile).await
    }

    /// All killed at once.
    pub(super) async fn all_at_once(&mut self) -> Result<String, Failure> {
        for place in 0..self.town.len() {
            self.town.kill(place)?;
        }
        let began = Instant::now();
        self.town.start_all().await?;
        while self.load.committed_since(began) == 0 {
            if began.elapsed() > COLD {
                return Err(wrong("nothing was committed within 15 s after all were killed"));
            }
            sleep(Duration::from_millis(20)).await;
        }
        let first = began.elapsed();
        let again = self.agree().await?;
        Ok(format!("first verdict after {} ms; agreed after {} ms more", first.as_millis(), again.as_millis()))
    }

    /// One disk lost: the node gets everything from the others.
    pub(super) async fn wiped(&mut self) -> Result<String, Failure> {
        let victim = self.anyone();
        self.town.kill(victim)?;
        std::fs::remove_dir_all(self.town.data(victim))?;
        let best = self.town.best().await;
        let began = Instant::now();
        self.town.start_one(victim).await?;
        self.town.agree_within(best, WHOLE_CHAIN).await?;
        Ok(format!("node {} has all {best} blocks again after {} ms", victim + 1, began.elapsed().as_millis()))
    }

    /// One disk lost: the node begins with a snapshot of the others, and is needed to go on.
    pub(super) async fn by_snapshot(&mut self) -> Result<String, Failure> {
        // The first node is asked for all blocks in the end.
        let (victim, other) = (self.town.len() - 1, 1);
        let least = self.town.best().await;
        let made = self.town.have_snapshots(victim, least).await?;
        self.town.kill(victim)?;
        std::fs::remove_dir_all(self.town.data(victim))?;
        self.town.begins_with_snapshot(victim, true)?;
        let began = Instant::now();
        self.town.start_one(victim).await?;
        let (ready, from) = (began.elapsed(), self.town.node(victim)?.banner.height);
        let again = self.agree().await?;
        self.town.begins_with_snapshot(victim, false)?;
        if from < made.0 {
            return Err(wrong(format!("it began at height {from}, although there are snapshots of {made}")));
        }
        // What is committed without another node has this one's votes.
        self.town.kill(other)?;
        let killed = Instant::now();
        let meanwhile = self.five_seconds(killed).await;
        self.town.start_one(other).await?;
        self.agree().await?;
        if meanwhile == 0 {
            return Err(wrong("nothing was committed with its votes"));
        }
        Ok(format!(
            "node {} began with the state of height {from} after {} ms, agreed after {} ms more; {meanwhile} committed with \
             its votes",
            victim + 1,
            ready.as_millis(),
            again.as_millis()
        ))
    }

    /// One disk replaced by a backup of a while ago, made under load: the node must not sign again what it signed since.
    pub(super) async fn restored(&mut self) -> Result<String, Failure> {
        let victim = self.anyone();
        let (data, copy) = (self.town.data(victim), self.town.data(victim).with_extension("copy"));
        // While it runs, under load.
        let from = data.clone();
        let to = copy.clone();
        let made = tokio::task::spawn_blocking(move || storage::backup(&from, &to));
        let then = made.await.map_err(|e| wrong(e.to_string()))?.map_err(|e| wrong(e.to_string()))?.height;
        sleep(Duration::from_secs(3)).await;
        self.town.kill(victim)?;
        std::fs::remove_dir_all(&data)?;
        std::fs::rename(&copy, &data)?;
        let now = self.town.best().await;
        self.town.start_one(victim).await?;
        let again = self.agree().await?;
        Ok(format!(
            "node {} from a copy of height {then} when the others were at {now}; agreed again after {} ms",
            victim + 1,
            again.as_millis()
        ))
    }

    /// One disk full: the node stops by itself, and comes back when there is room.
    pub(super) async fn disk_full(&mut self) -> Result<String, Failure> {
        let victim = self.anyone();
        self.town.kill(victim)?;
        let (data, aside) = (self.town.data(victim), self.town.data(victim).with_extension("aside"));
        std::fs::rename(&data, &aside)?;
        std::fs::create_dir(&data)?;
        if !mounted("mount", &["-t", "tmpfs", "-o", "size=1g", "none"], &data) {
            std::fs::remove_dir(&data)?;
            std::fs::rename(&aside, &data)?;
            self.town.start_one(victim).await?;
            self.agree().await?;
            return Ok("left out: a small file system can only be mounted by root".to_owned());
        }
        let result = self.fill_and_free(victim, &data, &aside).await;
        self.town.kill(victim)?;
        // Back to the whole disk, with what the small one held.
        copy_dir(&data, &aside)?;
        let gone = mounted("umount", &[], &data);
        std::fs::remove_dir(&data)?;
        std::fs::rename(&aside, &data)?;
        self.town.start_one(victim).await?;
        let again = self.agree().await?;
        if !gone {
            return Err(wrong("the small file system cannot be taken away"));
        }
        Ok(format!("{}; agreed again after {} ms", result?, again.as_millis()))
    }

    async fn fill_and_free(
        &mut self,
        victim: u16,
        data: &std::path::Path,
        aside: &std::path::Path,
    ) -> Result<String, Failure> {
        copy_dir(aside, data)?;
        self.town.start_one(victim).await?;
        self.agree().await?;
        let ballast = data.join("ballast");
        let full = std::fs::File::create(&ballast).and_then(|mut f| std::io::copy(&mut std::io::repeat(0), &mut f));
        if full.is_ok() {
            return Err(wrong("the small file system does not fill"));
        }
        let began = Instant::now();
        while self.town.is_running(victim) {
            if began.elapsed() > Duration::from_secs(30) {
                return Err(wrong("a node goes on although its disk is full"));
            }
            sleep(Duration::from_millis(50)).await;
        }
        let stopped = began.elapsed();
        std::fs::remove_file(&ballast)?;
        self.town.kill(victim)?;
        self.town.start_one(victim).await?;
        self.agree().await?;
        Ok(format!(
            "node {} stopped by itself {} ms after its disk was full, and came back with room",
            victim + 1,
            stopped.as_millis()
        ))
    }
}

fn mounted(program: &str, options: &[&str], at: &std::path::Path) -> bool {
    let run = std::process::Command::new(program).args(options).arg(at).stderr(std::process::Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// Copies files over those of the same name.
fn copy_dir(from: &std::path::Path, to: &std::path::Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
