use std::fs;

/// Where figures come from. They compare with none from elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The model of its processors.
    pub processor: String,
    /// How many it has.
    pub processors: usize,
    /// The release of its Linux.
    pub kernel: String,
}

impl Machine {
    /// This machine.
    pub fn this() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let processors = cpuinfo.lines().filter(|line| line.starts_with("processor"));
        Self {
            processor: model
                .map_or("unknown", |model| {
                    model.trim_start_matches([' ', '\t', ':'])
                })
                .to_owned(),
            processors: processors.count(),
            kernel: release.trim().to_owned(),
        }
    }
}
