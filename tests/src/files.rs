use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process open as many files as the system permits: a thousand connections, both ends of which are here, are
/// more than most systems give by default.
///
/// # Panics
///
/// Where the system does not permit what it says that it permits.
pub fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    setrlimit(Resource::Nofile, most).unwrap();
}
