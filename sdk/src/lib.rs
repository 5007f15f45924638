//! Client library: build, sign, persist, submit, wait, verify
