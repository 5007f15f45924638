//! Dated issuing rules and their verdicts
