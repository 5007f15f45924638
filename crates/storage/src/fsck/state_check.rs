//! The state: its files, its rows, and the heights it names.

use std::path::PathBuf;
use std::sync::Arc;

use ledger_types::Height;

use super::row_check;
use super::{REMOVE_STATE, RESTART, Report};
use crate::column_families::Column;
use crate::engine::{KvRead, LogEngine, RocksEngine};
use crate::error::StoreError;
use crate::layout::{ChainDir, DataDir};
use crate::options::{EngineKind, Options};
use crate::rows;
use crate::state_files::{grows, read_sums, sum_of};

/// Differences told of each column; more would say nothing new.
const TOLD: usize = 3;

/// The stored state, open for reading.
pub(super) struct StateCheck {
    dir: PathBuf,
    engine: Option<Arc<dyn KvRead>>,
    /// Its height.
    pub(super) height: Option<Height>,
    /// The height of the pages.
    pub(super) pages_height: Option<Height>,
    /// Whether the last run ended in order: then nothing may lag behind.
    pub(super) closed: bool,
}

impl StateCheck {
    /// Checks nothing.
    pub(super) fn none() -> Self {
        Self { dir: PathBuf::new(), engine: None, height: None, pages_height: None, closed: false }
    }

    pub(super) fn open(
        data: &DataDir,
        place: &ChainDir,
        options: &Options,
        report: &mut Report,
    ) -> Result<Self, StoreError> {
        let mut check = Self { dir: place.state(), ..Self::none() };
        if !data.disk.exists(&check.dir) {
            report.add(&check.dir, "", "there is no state", RESTART);
            return Ok(check);
        }
        if options.engine == EngineKind::RocksDb {
            check.closed = files(data, place, report)?;
        }
        let opened: Result<Arc<dyn KvRead>, _> = match options.engine {
            EngineKind::RocksDb => {
                RocksEngine::open_read_only(&check.dir, &std::env::temp_dir(), options).map(|e| Arc::new(e) as _)
            }
            EngineKind::Log => LogEngine::open_read_only(&data.disk, &check.dir).map(|e| Arc::new(e) as _),
        };
        let heights = opened.map_err(StoreError::from).and_then(|engine| {
            check.height = rows::read_meta(engine.as_ref())?.map(|meta| meta.height);
            check.pages_height = Some(rows::read_pages_height(engine.as_ref())?);
            check.engine = Some(engine);
            Ok(())
        });
        if let Err(error) = heights {
            report.add_error(&check.dir, &error, REMOVE_STATE);
        } else if check.height.is_none() {
            report.add(&check.dir, "", "the state is empty", RESTART);
        } else if check.pages_height > check.height {
            report.add(&check.dir, "", "the pages are newer than the state", REMOVE_STATE);
        }
        Ok(check)
    }

    /// Holds every row against the derived state of the same height.
    pub(super) fn compare_rows(&self, derived: &dyn KvRead, report: &mut Report) -> Result<(), StoreError> {
        let Some(stored) = &self.engine else { return Ok(()) };
        for column in Column::ALL {
            let mut count = 0;
            let compared = row_check::compare(derived, stored.as_ref(), column, &mut |(key, what)| {
                count += 1;
                if count <= TOLD {
                    let key: String = key.iter().map(|b| format!("{b:02x}")).collect();
                    report.add(&self.dir, format!("row {key} of `{}`", column.name()), what, REMOVE_STATE);
                }
            });
            match compared {
                Ok(rows) => report.rows += rows,
                Err(error) => report.add(&self.dir, format!("`{}`", column.name()), error.to_string(), REMOVE_STATE),
            }
            if count > TOLD {
                let what = format!("{} more rows of `{}` differ", count - TOLD, column.name());
                report.add(&self.dir, "", what, REMOVE_STATE);
            }
        }
        Ok(())
    }

    /// The state must be of a height that the segments reach; of the last one if the node was stopped in order.
    pub(super) fn must_be_reached(&self, last: Height, report: &mut Report) {
        match self.height {
            Some(height) if height > last => {
                let what = format!("the state is of height {height}, the segments end at {last}");
                report.add(&self.dir, "", what, REMOVE_STATE);
            }
            Some(height) if self.closed && height < last => {
                let what = format!("the state is of height {height}, the node was stopped at {last}");
                report.add(&self.dir, "", what, RESTART);
            }
            _ => {}
        }
    }
}

/// The list of RocksDB's files; whether it is complete.
fn files(data: &DataDir, place: &ChainDir, report: &mut Report) -> Result<bool, StoreError> {
    let (list, dir) = (place.sums(), place.state());
    let sums = match read_sums(data.disk.as_ref(), &list) {
        Ok(Some(sums)) => sums,
        // A node that was killed while it started has none.
        Ok(None) => return Ok(false),
        Err(error) => {
            report.add_error(&list, &error, RESTART);
            return Ok(false);
        }
    };
    for (name, expected) in &sums.files {
        let path = dir.join(name);
        let most = if grows(name) && !sums.complete { expected.len } else { u64::MAX };
        match sum_of(&path, most)? {
            Some(found) if found == *expected => {}
            Some(found) => {
                let what = match found.len == expected.len {
                    true => "its checksum is not that of the last checkpoint".to_owned(),
                    false => format!("it has {} bytes instead of {}", found.len, expected.len),
                };
                report.add(&path, "", what, REMOVE_STATE);
            }
            None if sums.complete && (name == "CURRENT" || name.ends_with(".sst")) => {
                report.add(&path, "", "it is missing", REMOVE_STATE);
            }
            // RocksDB removes what is no longer used, also while it is closed.
            None => {}
        }
    }
    Ok(sums.complete)
}
