//! Personas, load and reports
