//! One session's work: it opens what it needs, and opens it again after a loss.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crypto::SecretString;
use sm::{PublicKeyBytes, Signature};

use crate::code::Meaning;
use crate::interface::{Device, Session, Vendor};
use crate::{Code, SdfError};

/// The first wait before a call is tried again; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(5);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// What a session is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    PublicKey { index: u32 },
    Sign { index: u32, digest: [u8; 32] },
}

/// What it gives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Done {
    PublicKey(PublicKeyBytes),
    Signature(Signature),
}

/// The device, as all sessions share it.
pub(crate) struct Shared {
    vendor: Vendor,
    pin: SecretString,
    /// With a number that grows when the device is opened again.
    device: Mutex<(u64, Option<Arc<Device>>)>,
    /// The PIN was refused once: it is never shown again.
    refused: Mutex<Option<SdfError>>,
    pub(crate) closed: AtomicBool,
}

impl Shared {
    pub(crate) fn new(vendor: Vendor, pin: SecretString) -> Self {
        let (device, refused) = (Mutex::new((0, None)), Mutex::default());
        Self { vendor, pin, device, refused, closed: AtomicBool::new(false) }
    }

    /// The device; opened if it is not, or if the opening of that number was found dead.
    fn device(&self, dead: Option<u64>) -> Result<(u64, Arc<Device>), SdfError> {
        let mut slot = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        if dead == Some(slot.0) {
            slot.1 = None;
        }
        if let (number, Some(device)) = &*slot {
            return Ok((*number, Arc::clone(device)));
        }
        let device = Arc::new(self.vendor.open()?);
        *slot = (slot.0 + 1, Some(Arc::clone(&device)));
        Ok((slot.0, device))
    }
}

/// A session with the rights it has. Lives on one thread.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    open: Option<Open>,
    /// The number of an opening of the device that does not work any more.
    dead: Option<u64>,
}

struct Open {
    session: Session,
    number: u64,
    rights: BTreeSet<u32>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.rights.iter().for_each(|index| self.session.release_access(*index));
    }
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, open: None, dead: None }
    }

    /// Does a task, with further tries until the deadline where the device is busy or was lost.
    pub(crate) fn run(&mut self, task: Task, deadline: Instant) -> Result<Done, SdfError> {
        let (mut wait, mut losses) = (FIRST_WAIT, 0);
        loop {
            let error = match self.once(task) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            match meaning(&error) {
                Meaning::Lost => {
                    losses += 1;
                    let lost = self.open.take();
                    // One session may go; if the next one goes too, the device did.
                    self.dead = lost.filter(|_| losses > 1).map(|open| open.number).or(self.dead);
                }
                Meaning::Busy => {}
                Meaning::PinRefused | Meaning::NoKey | Meaning::Refused => return Err(error),
            }
            if Instant::now() + wait >= deadline || self.shared.closed.load(Ordering::Relaxed) {
                return Err(error);
            }
            std::thread::sleep(wait);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn once(&mut self, task: Task) -> Result<Done, SdfError> {
        let shared = Arc::clone(&self.shared);
        let open = self.open()?;
        match task {
            Task::PublicKey { index } => {
                let point = open.session.public_key(index)?;
                let key = sm::PublicKey::from_sec1(&point);
                let key = key.map_err(|e| SdfError::NotSm2 { index, why: e.to_string() })?;
                Ok(Done::PublicKey(key.to_bytes()))
            }
            Task::Sign { index, digest } => {
                if !open.rights.contains(&index) {
                    get_access(&shared, &open.session, index)?;
                    open.rights.insert(index);
                }
                let made = open.session.sign(index, &digest)?;
                made.map(Done::Signature).ok_or(SdfError::WrongSignature { index })
            }
        }
    }

    fn open(&mut self) -> Result<&mut Open, SdfError> {
        if self.open.is_none() {
            let (number, device) = self.shared.device(self.dead.take())?;
            let session = device.session().inspect_err(|error| {
                if meaning(error) == Meaning::Lost {
                    self.dead = Some(number);
                }
            })?;
            self.open = Some(Open { session, number, rights: BTreeSet::new() });
        }
        Ok(self.open.as_mut().expect("it was opened above"))
    }
}

/// Shows the PIN, unless it was refused before: for any key, since all have the same.
fn get_access(shared: &Shared, session: &Session, index: u32) -> Result<(), SdfError> {
    // Held while the device looks: of two threads with a wrong PIN only one shows it.
    let mut refused = shared.refused.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = &*refused {
        return Err(error.clone());
    }
    match session.get_access(index, &shared.pin) {
        Err(SdfError::Device { code, .. }) if code.meaning() == Meaning::PinRefused => {
            let error = SdfError::PinRefused { index, code };
            *refused = Some(error.clone());
            Err(error)
        }
        other => other,
    }
}

fn meaning(error: &SdfError) -> Meaning {
    match error {
        SdfError::Device { code, .. } => Code::meaning(*code),
        _ => Meaning::Refused,
    }
}
