//! The PIN: from a file that only its owner reads, or from the environment; never from a command line.

use std::io::Read;
use std::path::Path;

use crypto::SecretString;

use crate::{SdfError, Settings};

const VARIABLE: &str = "TAXCHAIN_SDF_PIN";
/// GM/T 0018 wants at least 8 bytes; this is an upper bound against a wrong file.
const LONGEST: u64 = 256;

pub(crate) fn read(settings: &Settings) -> Result<SecretString, SdfError> {
    let text = match &settings.pin_file {
        Some(path) => from_file(path)?,
        None => {
            std::env::var(VARIABLE).map_err(|_| SdfError::Pin(format!("name pin_file in [sdf], or set {VARIABLE}")))?
        }
    };
    let pin = text.trim_end();
    if pin.is_empty() {
        return Err(SdfError::Pin("it is empty".to_owned()));
    }
    Ok(SecretString::from(pin.to_owned()))
}

fn from_file(path: &Path) -> Result<String, SdfError> {
    let wrong = |why: String| SdfError::Pin(format!("{}: {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|e| wrong(e.to_string()))?;
    #[cfg(unix)]
    {
        let metadata = file.metadata().map_err(|e| wrong(e.to_string()))?;
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777;
        if mode & 0o077 != 0 {
            return Err(wrong(format!("it is open to others (mode {mode:04o}): run chmod 600 on it")));
        }
    }
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(|_| wrong("it is not text".to_owned()))?;
    if text.len() as u64 > LONGEST {
        return Err(wrong(format!("it is longer than {LONGEST} bytes")));
    }
    Ok(text)
}
