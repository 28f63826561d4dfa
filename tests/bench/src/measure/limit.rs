use rustix::process::{Resource, getrlimit, setrlimit};

/// Allows this process, and those that it starts, as many open descriptors as it may have, and says how many that are.
///
/// # Errors
///
/// Where the operating system does not allow it.
pub fn raise_descriptor_limit() -> std::io::Result<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    Ok(limit.current.unwrap_or(u64::MAX))
}
