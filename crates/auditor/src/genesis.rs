//! Height 0: the state a genesis document stands for.

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::registry::{Counters, Numbering, RuleBookHead};
use ledger_types::{
    Account, AccountId, ApplicationId, FormId, Genesis, InvoiceCode, InvoiceNumber, RegistryKey, RegistryValue, Slot,
};

use crate::world::World;

/// Builds the first state. An area too large for an invoice code gets no numbers, and so cannot issue.
pub(crate) fn first_world(genesis: &Genesis) -> World {
    let mut world = World::new(genesis.chain_id(), genesis.consensus);
    let mut put = |key, value| world.put(SYSTEM_CAUSE, key, Some(value));
    put(RegistryKey::Params, RegistryValue::Params(genesis.params.clone()));
    put(RegistryKey::Validators, RegistryValue::Validators(genesis.validators.clone()));
    if let Some(committee) = genesis.committee {
        put(RegistryKey::Committee, RegistryValue::Committee(committee));
    }
    let mut next = AccountId(1);
    for given in &genesis.accounts {
        let id = next;
        next = AccountId(id.0 + 1);
        if let Some(tax_id) = &given.tax_id {
            put(RegistryKey::AccountOfTaxId(tax_id.clone()), RegistryValue::AccountOfTaxId(id));
        }
        let account = Account {
            id,
            kind: given.kind,
            area: given.area,
            tax_id: given.tax_id.clone(),
            name: given.name.clone(),
            open: true,
            keys: given.keys.clone(),
        };
        put(RegistryKey::Account(id), RegistryValue::Account(account));
    }
    let year = genesis.time.civil_date().short_year();
    for area in &genesis.areas {
        let head = RuleBookHead { active: 0, published: 0 };
        put(RegistryKey::RuleBookHead(*area), RegistryValue::RuleBookHead(head));
        if let Ok(code) = InvoiceCode::build(*area, year, 1) {
            let numbering = Numbering { code, next: Some(InvoiceNumber::FIRST) };
            put(RegistryKey::Numbering(*area), RegistryValue::Numbering(numbering));
        }
    }
    let counters = Counters { account: next, slot: Slot(0), application: ApplicationId(1), form: FormId(1), timer: 0 };
    put(RegistryKey::Counters, RegistryValue::Counters(counters));
    world
}
