//! The benchmark of this repository: servers of the same small application, one load generator for all of them, and what
//! came out as a table, as JSON and as a picture. `README.md` says how to run it and how to read it.
//!
//! Linux only: it lives on epoll and on what `/proc` says of a process.
#![cfg(target_os = "linux")]

pub mod case;
pub mod cluster;
pub mod contract;
pub mod load;
pub mod measure;
pub mod report;
pub mod run;
pub mod servers;
