use super::*;

#[test]
fn numbers_rise_and_names_are_unique_and_shaped() {
    assert!(RejectReason::ALL.is_sorted_by(|a, b| a.number() < b.number()));
    let mut names: Vec<_> = RejectReason::ALL.iter().map(|r| r.name()).collect();
    assert!(names.iter().all(|n| n.len() <= 63 && n.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RejectReason::ALL.len());
    for reason in RejectReason::ALL {
        assert_eq!(RejectReason::from_number(reason.number()), Some(*reason));
        assert_eq!(serde_json::to_string(reason).ok(), Some(format!("\"{}\"", reason.name())));
    }
}
