//! Overrides on values that serialise, and values that serde would refuse.

use ledger_types::{Canonical, Quantity, TaxCode, TaxId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// `base` with the fields of `changes`; a field that `base` does not have is a mistake in the case. A text may be
/// written as `{ text = "字", times = 451 }`, the end of time as `"for ever"`, an empty option as `"nothing"`.
pub(crate) fn merge<T: Serialize + DeserializeOwned>(name: &str, base: T, changes: &Map<String, Value>) -> T {
    let mut value = serde_json::to_value(base).unwrap();
    let fields = value.as_object_mut().unwrap();
    for (key, change) in changes {
        assert!(fields.contains_key(key), "{name}: there is no field {key}");
        fields.insert(key.clone(), spelt_out(change));
    }
    serde_json::from_value(value).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn spelt_out(value: &Value) -> Value {
    match value {
        Value::Object(table) if table.contains_key("times") => {
            let times = usize::try_from(table["times"].as_u64().unwrap()).unwrap();
            Value::String(table["text"].as_str().unwrap().repeat(times))
        }
        Value::Object(table) => table.iter().map(|(k, v)| (k.clone(), spelt_out(v))).collect(),
        Value::Array(list) => list.iter().map(spelt_out).collect(),
        Value::String(text) if text == "for ever" => u64::MAX.into(),
        Value::String(text) if text == "nothing" => Value::Null,
        other => other.clone(),
    }
}

/// Digits of any number.
pub(crate) fn raw_code(value: &Value) -> TaxCode {
    let number: u64 = value.as_str().unwrap().parse().unwrap();
    TaxCode::from_canonical(&number.to_le_bytes()).unwrap()
}

/// `[mantissa, scale]`.
pub(crate) fn raw_quantity(value: &Value) -> Quantity {
    let (mantissa, scale) = (value[0].as_i64().unwrap(), value[1].as_u64().unwrap());
    let bytes = [&mantissa.to_le_bytes()[..], &[u8::try_from(scale).unwrap()]].concat();
    Quantity::from_canonical(&bytes).unwrap()
}

/// Any text.
pub(crate) fn raw_tax_id(value: &Value) -> TaxId {
    TaxId::from_canonical(&value.as_str().unwrap().to_owned().to_canonical()).unwrap()
}
