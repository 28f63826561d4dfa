//! What the operating system says of a process, where it runs, and what many figures come to. Knows no server and no load.

mod cores;
mod limit;
mod machine;
mod process;
mod spread;

pub use cores::{Cores, CoresError};
pub use limit::raise_descriptor_limit;
pub use machine::Machine;
pub use process::Process;
pub use spread::Spread;
