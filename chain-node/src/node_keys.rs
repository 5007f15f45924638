//! The keys that a node's file names: in key files, or in a device.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::{KeyProvider, KeyUse, SecretString, SigningKey, SoftwareProvider, key_file};
use sdf::{SdfProvider, device_key_name};

use crate::node_file::{NodeFile, NodeFileError, read_text};

/// What opens a node's keys.
#[derive(Clone)]
pub struct NodeKeys {
    password: Option<SecretString>,
    files: Arc<dyn KeyProvider>,
    device: Option<Arc<SdfProvider>>,
}

impl NodeKeys {
    /// Reads the password and loads the device's library, as the file says. The device itself is opened with its first key.
    pub(crate) fn open(file: &NodeFile) -> Result<Self, NodeFileError> {
        if let Some(unseal) = &file.unseal {
            return Err(NodeFileError::Sealed { vault: unseal.vault.clone() });
        }
        let password = file.password_file.as_deref().map(read_text).transpose()?;
        Self::with_password(file, password.map(|text| SecretString::from(text.trim_end().to_owned())))
    }

    /// The same with a password that was in a vault.
    pub(crate) fn with_password(file: &NodeFile, password: Option<SecretString>) -> Result<Self, NodeFileError> {
        let opened = file.sdf.clone().map(SdfProvider::open).transpose();
        let device = opened.map_err(|source| NodeFileError::Device { name: "[sdf]".to_owned(), source })?;
        Ok(Self { password, files: SoftwareProvider::shared(), device: device.map(Arc::new) })
    }

    /// The key of a key file, or of the device.
    pub(crate) fn key(&self, place: &Path, key_use: KeyUse) -> Result<SigningKey, NodeFileError> {
        if let Some(name) = device_key_name(place) {
            let error = |source| NodeFileError::Device { name: place.display().to_string(), source };
            let none = || error(sdf::SdfError::Settings("the section is missing that names the device".to_owned()));
            return self.device.as_ref().ok_or_else(none)?.key(name, key_use).map_err(error);
        }
        let none = || NodeFileError::NoPassword { path: place.to_owned() };
        let password = self.password.as_ref().ok_or_else(none)?;
        key_file::read(place, password, &self.files, key_use)
            .map_err(|source| NodeFileError::Key { path: place.to_owned(), source })
    }
}

/// A key file's path counts from the folder of the file that names it; a key in a device has none.
pub(crate) fn place(key: &mut PathBuf, base: &Path) {
    if device_key_name(key).is_none() {
        *key = base.join(&*key);
    }
}
