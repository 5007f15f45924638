//! A bounded number of sessions, each on a thread of its own, so that a device that hangs costs its caller no more than the time-out.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::SdfError;
use crate::session::{Done, Shared, Task, Worker};

/// Calls that may wait for one session.
const WAITING_PER_SESSION: usize = 64;
/// How long a closing pool waits for calls under way; a device that hangs longer keeps its threads.
const CLOSING: Duration = Duration::from_secs(2);

struct Job {
    task: Task,
    deadline: Instant,
    reply: SyncSender<Result<Done, SdfError>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    idle: usize,
    threads: usize,
}

/// The sessions.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    queue: Arc<(Mutex<Queue>, Condvar)>,
    sessions: usize,
    timeout: Duration,
}

impl Pool {
    pub(crate) fn new(shared: Shared, sessions: u16, timeout: Duration) -> Self {
        Self { shared: Arc::new(shared), queue: Arc::default(), sessions: sessions.into(), timeout }
    }

    /// Has a session do a task, and waits for it.
    pub(crate) fn run(&self, task: Task) -> Result<Done, SdfError> {
        let deadline = Instant::now() + self.timeout;
        let (reply, answer) = sync_channel(1);
        {
            let mut queue = self.queue.0.lock().unwrap_or_else(PoisonError::into_inner);
            let waiting = queue.jobs.len();
            if waiting >= self.sessions * WAITING_PER_SESSION {
                return Err(SdfError::Overloaded { waiting });
            }
            queue.jobs.push_back(Job { task, deadline, reply });
            if queue.idle < queue.jobs.len() && queue.threads < self.sessions {
                self.start_thread(&mut queue)?;
            }
        }
        self.queue.1.notify_one();
        let ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        answer.recv_timeout(self.timeout).unwrap_or(Err(SdfError::TimedOut { ms }))
    }

    fn start_thread(&self, queue: &mut Queue) -> Result<(), SdfError> {
        let (shared, waiting) = (Arc::clone(&self.shared), Arc::clone(&self.queue));
        let started = std::thread::Builder::new().name("sdf session".to_owned()).spawn(move || work(shared, &waiting));
        match started {
            Ok(_) => queue.threads += 1,
            Err(_) if queue.threads > 0 => {}
            Err(error) => return Err(SdfError::Settings(format!("no thread for a session: {error}"))),
        }
        Ok(())
    }
}

fn work(shared: Arc<Shared>, (queue, news): &(Mutex<Queue>, Condvar)) {
    let mut worker = Worker::new(Arc::clone(&shared));
    let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let mut held = lock();
    loop {
        if shared.closed.load(Ordering::Relaxed) {
            break;
        }
        match held.jobs.pop_front() {
            Some(job) => {
                drop(held);
                // Nobody waits any more for what is late.
                if Instant::now() < job.deadline {
                    // The caller may have gone meanwhile.
                    drop(job.reply.send(worker.run(job.task, job.deadline)));
                }
                held = lock();
            }
            None => {
                held.idle += 1;
                held = news.wait(held).unwrap_or_else(PoisonError::into_inner);
                held.idle -= 1;
            }
        }
    }
    drop(held);
    // Closes the session before it is counted out.
    drop(worker);
    drop(shared);
    lock().threads -= 1;
    news.notify_all();
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        let (queue, news) = &*self.queue;
        let mut held = queue.lock().unwrap_or_else(PoisonError::into_inner);
        for job in held.jobs.drain(..) {
            drop(job.reply.send(Err(SdfError::Closed)));
        }
        news.notify_all();
        let until = Instant::now() + CLOSING;
        while held.threads > 0 && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            held = news.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
