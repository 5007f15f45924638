//! Every domain value that is read goes over the wire and comes back the same; what is not one is refused by field.

mod seed;
mod values;

use ledger_types::{Change, ChangeSet, RegistryKey, RegistryValue};
use prost::Message;
use proto::convert::ConvertError;
use proto::types::v1 as wire;
use seed::Seed;

/// Over the wire as bytes, and back.
fn travel<D, W>(value: &D) -> Result<D, ConvertError>
where
    W: Message + Default + for<'a> From<&'a D>,
    D: TryFrom<W, Error = ConvertError>,
{
    let bytes = W::from(value).encode_to_vec();
    D::try_from(W::decode(bytes.as_slice()).expect("prost reads what it wrote"))
}

macro_rules! same {
    ($seed:expr, $($make:ident as $wire:ident),* $(,)?) => {$(
        let value = values::$make($seed);
        let back = travel::<_, wire::$wire>(&value);
        assert!(back.as_ref() == Ok(&value), "{}: {:?}", stringify!($make), back.err());
    )*};
}

#[test]
fn values_come_back_the_same() {
    for n in 0..400 {
        let s = &mut Seed::new(n);
        same!(s, account as Account, key_record as KeyRecord, profile as TaxpayerProfile, usage as Usage);
        same!(s, rule_book as RuleBook, rate as TaxRate, facts as InvoiceFacts, buyer as BuyerTitle);
        same!(s, seller_face as SellerFace, line as InvoiceLine, owner as Owner, condition as OwnerCondition);
        same!(s, origin as Origin, invoice_record as InvoiceRecord, output_record as OutputRecord);
        same!(s, red_form as RedForm, application as Application, refusal as Refusal, arg as RefusalArg);
        same!(s, timer_task as TimerTask, outcome as TxOutcome, receipt as Receipt, fate as Fate);
        same!(s, genesis as Genesis, params as ChainParams, validators as ValidatorSet, header as Header);
        same!(s, certificate as CommitCertificate, registry_key as RegistryKey, registry_value as RegistryValue);
        same!(s, request_entry as RequestEntry, read_stamp as ReadContext);
        let slot = (values::slot(s), values::output_record(s));
        let output = wire::Output::from((slot.0, &slot.1));
        assert_eq!(<(ledger_types::Slot, ledger_types::OutputRecord)>::try_from(output).unwrap(), slot);
    }
}

#[test]
fn change_sets_and_transactions_come_back_the_same() {
    for n in 0..100 {
        let s = &mut Seed::new(n);
        same!(s, change_set as ChangeSet, transaction as Transaction);
    }
}

#[test]
fn every_variant_was_seen() {
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..400 {
        let s = &mut Seed::new(n);
        let key = values::registry_key(s);
        seen.insert(format!("key {}", key.tag()));
        seen.insert(format!("value {}", values::value_tag(&values::registry_value(s))));
        seen.insert(format!("arg {}", values::arg_tag(&values::arg(s))));
        seen.insert(format!("payload {}", values::payload(s).kind() as u8));
        seen.insert(format!("states {:?}", values::invoice_record(s).state_names()));
    }
    let count = |what: &str| seen.iter().filter(|x| x.starts_with(what)).count();
    assert_eq!((count("key"), count("value"), count("arg")), (44, 44, 14));
    assert_eq!(count("payload"), ledger_types::PayloadKind::ALL.len());
    assert!(count("states") > 60, "{}", count("states"));
}

#[test]
fn every_payload_has_its_message() {
    for n in 0..400 {
        let payload = values::payload(&mut Seed::new(n));
        let shown = wire::Payload::from(&payload);
        assert!(shown.payload.is_some(), "{:?}", payload.kind());
        // The field's number on the wire is the kind's number: tag >> 3 of the first key.
        let (bytes, number) = (shown.encode_to_vec(), payload.kind() as u32);
        let mut first = bytes.as_slice();
        assert_eq!(prost::encoding::decode_varint(&mut first).unwrap() >> 3, u64::from(number));
    }
}

#[test]
fn a_value_under_a_foreign_key_is_refused() {
    let s = &mut Seed::new(1);
    let value = RegistryValue::AccountOfTaxId(ledger_types::AccountId(1));
    let set = ChangeSet {
        changes: vec![Change::Registry { cause: 0, key: RegistryKey::Counters, value: Some(Box::new(value)) }],
    };
    let error = travel::<_, wire::ChangeSet>(&set).unwrap_err();
    assert_eq!(error.field, "changes[0].registry.value");
    let right = ChangeSet {
        changes: vec![Change::Registry {
            cause: 0,
            key: RegistryKey::Counters,
            value: Some(Box::new(values::counters(s))),
        }],
    };
    assert_eq!(travel::<_, wire::ChangeSet>(&right).unwrap(), right);
}

#[test]
fn changed_bytes_are_a_value_or_an_error_but_never_a_panic() {
    for n in 0..2_000 {
        let s = &mut Seed::new(n);
        let mut bytes = wire::Receipt::from(&values::receipt(s)).encode_to_vec();
        let mut other = wire::ChangeSet::from(&values::change_set(s)).encode_to_vec();
        for bytes in [&mut bytes, &mut other] {
            let at = s.below(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << s.below(8);
        }
        // What is accepted has one meaning: it goes out and comes back as the same value.
        let message = wire::Receipt::decode(bytes.as_slice()).ok();
        if let Some(Ok(value)) = message.map(ledger_types::Receipt::try_from) {
            assert_eq!(travel::<_, wire::Receipt>(&value).unwrap(), value);
        }
        let message = wire::ChangeSet::decode(other.as_slice()).ok();
        if let Some(Ok(value)) = message.map(ChangeSet::try_from) {
            assert_eq!(travel::<_, wire::ChangeSet>(&value).unwrap(), value);
        }
    }
}
