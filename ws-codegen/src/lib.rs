//! Clients from a contract file.
