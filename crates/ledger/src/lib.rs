//! Admission and execution: the pure state machine of the chain
