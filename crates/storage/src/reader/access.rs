//! Lists of grants, inspections and orders of erasure.

use ledger_types::{Address, Erasure, ErasureId, GrantsTo, Inspection, InspectionId, RegistryKey, RegistryValue};

use super::Reading;
use crate::error::StoreError;

impl Reading {
    /// The givers of grants to an address and their lists, by rising giver from `first` on.
    pub fn grants_to(&self, to: Address, first: Address, limit: usize) -> Result<Vec<(Address, GrantsTo)>, StoreError> {
        let first = RegistryKey::GrantsTo { to, from: first }.storage_key();
        let prefix = &first[..first.len() - Address::LEN];
        self.scan_entries(prefix, &first, limit, &|key, value| match value {
            RegistryValue::GrantsTo(list) => Some((Address(key.get(prefix.len()..)?.try_into().ok()?), list)),
            _ => None,
        })
    }

    /// Inspections by rising id from `first` on.
    pub fn inspections(
        &self,
        first: InspectionId,
        limit: usize,
    ) -> Result<Vec<(InspectionId, Inspection)>, StoreError> {
        let first = RegistryKey::Inspection(first).storage_key();
        self.scan_entries(&first[..1], &first, limit, &|key, value| match value {
            RegistryValue::Inspection(inspection) => {
                Some((InspectionId::from_sorted_bytes(key.get(1..)?)?, inspection))
            }
            _ => None,
        })
    }

    /// Orders of erasure by rising id from `first` on.
    pub fn erasures(&self, first: ErasureId, limit: usize) -> Result<Vec<(ErasureId, Erasure)>, StoreError> {
        let first = RegistryKey::Erasure(first).storage_key();
        self.scan_entries(&first[..1], &first, limit, &|key, value| match value {
            RegistryValue::Erasure(erasure) => Some((ErasureId::from_sorted_bytes(key.get(1..)?)?, erasure)),
            _ => None,
        })
    }
}
