//! Reading public keys.

use sm::{PublicKey, PublicKeyBytes, Sm2Error};

const P: &str = "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff";
const G_X: &str = "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7";
const G_Y: &str = "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0";

fn refusal(text: &str) -> Sm2Error {
    PublicKey::from_sec1(&hex::decode(text).unwrap()).map(|key| key.to_bytes()).unwrap_err()
}

#[test]
fn the_identity_is_no_key() {
    assert_eq!(refusal("00"), Sm2Error::Length(1));
    let zeros = PublicKeyBytes([0; 33]);
    assert_eq!(PublicKey::from_bytes(&zeros).map(|key| key.to_bytes()), Err(Sm2Error::Form(0)));
    assert_eq!(refusal(&"00".repeat(65)), Sm2Error::Form(0));
    assert_eq!(refusal(&format!("04{}", "00".repeat(64))), Sm2Error::OffCurve);
}

#[test]
fn lengths_and_forms_must_fit() {
    assert_eq!(refusal(""), Sm2Error::Length(0));
    assert_eq!(refusal(&format!("02{G_X}00")), Sm2Error::Length(34));
    assert_eq!(refusal(&format!("{G_X}{G_Y}")), Sm2Error::Length(64));
    assert_eq!(refusal(&format!("04{G_X}")), Sm2Error::Form(4));
    assert_eq!(refusal(&format!("02{G_X}{G_Y}")), Sm2Error::Form(2));
    assert_eq!(refusal(&format!("05{G_X}")), Sm2Error::Form(5), "compact");
    for hybrid in ["06", "07"] {
        assert!(matches!(refusal(&format!("{hybrid}{G_X}{G_Y}")), Sm2Error::Form(6 | 7)));
    }
}

/// x = 0 is on the curve (b is a square), so that x = p would be a second name of that point.
#[test]
fn coordinates_of_p_and_more_are_refused() {
    let zero = format!("02{}", "00".repeat(32));
    let read = PublicKey::from_sec1(&hex::decode(&zero).unwrap()).unwrap();
    assert_eq!(hex::encode(read.to_bytes()), zero);
    assert_eq!(refusal(&format!("02{P}")), Sm2Error::Coordinate);
    assert_eq!(refusal(&format!("03{}", "ff".repeat(32))), Sm2Error::Coordinate);
    assert_eq!(refusal(&format!("04{G_X}{P}")), Sm2Error::Coordinate);
}

#[test]
fn points_off_the_curve_are_refused() {
    let other_y = G_Y.replace("bc37", "bc38");
    assert_eq!(refusal(&format!("04{G_X}{other_y}")), Sm2Error::OffCurve);
    // x^3 + ax + b is no square for about half of all x.
    let off = (0_u8..64)
        .filter(|last| {
            let mut bytes = [0; 33];
            (bytes[0], bytes[32]) = (2, *last);
            PublicKey::from_bytes(&PublicKeyBytes(bytes)).is_err_and(|error| error == Sm2Error::OffCurve)
        })
        .count();
    assert!((16..48).contains(&off), "{off}");
}

#[test]
fn both_forms_of_a_point_give_one_key() {
    let from_65 = PublicKey::from_sec1(&hex::decode(format!("04{G_X}{G_Y}")).unwrap()).unwrap();
    let from_33 = PublicKey::from_sec1(&hex::decode(format!("02{G_X}")).unwrap()).unwrap();
    assert_eq!(from_65.to_bytes(), from_33.to_bytes());
    assert_eq!(from_65.z(), from_33.z());
    assert_eq!(format!("{from_65:?}"), format!("PublicKey(02{G_X})"));
}

#[test]
fn refusals_say_why() {
    assert_eq!(Sm2Error::Length(3).to_string(), "an SM2 public key has 33 or 65 bytes, not 3");
    assert_eq!(Sm2Error::Form(5).to_string(), "an SM2 public key does not start with 05 at this length");
}
