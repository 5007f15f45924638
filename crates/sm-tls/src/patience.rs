//! How long a connection waits for its other side.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Who has a connection says something within this time.
const FIRST: Duration = Duration::from_secs(10);
/// And then, if only an answer to HTTP/2's ping, within this.
const NEXT: Duration = Duration::from_secs(60);
/// Who does not read what he is sent loses the connection after this.
const UNREAD: Duration = Duration::from_secs(30);

/// A clock that is set again whenever the other side does its part.
#[derive(Debug)]
pub(crate) struct Patience {
    clock: Pin<Box<Sleep>>,
    /// When it has to have done it.
    until: Instant,
    wait: Duration,
    /// It runs only while one waits.
    waits: bool,
}

impl Patience {
    /// For what the other side says.
    pub(crate) fn for_words() -> Self {
        let until = Instant::now() + FIRST;
        Self { clock: Box::pin(tokio::time::sleep_until(until)), until, wait: NEXT, waits: true }
    }

    /// For what it reads.
    pub(crate) fn for_ears() -> Self {
        let until = Instant::now() + UNREAD;
        Self { clock: Box::pin(tokio::time::sleep_until(until)), until, wait: UNREAD, waits: false }
    }

    /// Notes what came of waiting: `waited` went on, or not yet. Fails once patience has ended.
    pub(crate) fn heed<T>(&mut self, cx: &mut Context<'_>, waited: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if waited.is_ready() {
            self.waits = false;
            return waited;
        }
        if !std::mem::replace(&mut self.waits, true) {
            self.until = Instant::now() + self.wait;
        }
        // The timer is moved only when it rings: a busy connection would else move it a thousand times a second.
        while self.clock.as_mut().poll(cx).is_ready() {
            if Instant::now() >= self.until {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other side does nothing")));
            }
            self.clock.as_mut().reset(self.until);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    /// Waits for ever, or until patience ends.
    async fn wait(patience: &mut Patience) -> Duration {
        let began = Instant::now();
        let ended = poll_fn(|cx| patience.heed::<()>(cx, Poll::Pending)).await;
        assert_eq!(ended.map_err(|e| e.kind()), Err(io::ErrorKind::TimedOut));
        began.elapsed()
    }

    async fn pause(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_word_is_awaited_for_a_shorter_time_than_the_next() {
        let mut words = Patience::for_words();
        assert_eq!(wait(&mut words).await.as_secs(), 10);
        let mut words = Patience::for_words();
        pause(5).await;
        poll_fn(|cx| words.heed(cx, Poll::Ready(Ok(())))).await.ok();
        pause(100).await;
        // It counts from when one begins to wait.
        assert_eq!(wait(&mut words).await.as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_read_for_half_a_minute_ends_the_connection_and_what_is_read_does_not() {
        let mut ears = Patience::for_ears();
        pause(1_000).await;
        for _ in 0..3 {
            poll_fn(|cx| {
                drop(ears.heed::<()>(cx, Poll::Pending));
                Poll::Ready(())
            })
            .await;
            pause(29).await;
            poll_fn(|cx| ears.heed(cx, Poll::Ready(Ok(())))).await.ok();
        }
        assert_eq!(wait(&mut ears).await.as_secs(), 30);
    }
}
