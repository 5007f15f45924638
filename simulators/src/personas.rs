//! Who lives in the city, one file each: what they plan, and what they expect to come of it.

pub mod bureau;
pub mod cheat;
pub mod company;
pub mod merchant;
pub mod person;
