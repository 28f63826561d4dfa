//! The cases: what is done to a server, and which figures that gives.

use std::time::{Duration, Instant};

use crate::load::{self, Crowd, Lap, LoadError};
use crate::measure::Process;
use crate::servers::{Running, Spec};

/// How much is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// The clients of most cases.
    pub clients: usize,
    /// The clients of `fan-10k` and `idle`.
    pub crowd: usize,
    /// How long one measurement takes.
    pub window: Duration,
    /// How long the same load goes before it, unmeasured.
    pub warm_up: Duration,
    /// The messages per second of `paced`.
    pub rate: u32,
}

/// Something that is done to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Case {
    /// Every client sends one message, and the next when it has come back.
    Echo,
    /// Every client sends 16 messages at once, and the next 16 when all of them have come back.
    #[value(name = "echo-16")]
    Echo16,
    /// One client sends a broadcast, and another the next one when it has reached everyone.
    Fan,
    /// The same with 16 broadcasts at once.
    #[value(name = "fan-16")]
    Fan16,
    /// The same as `fan` with ten times the clients.
    #[value(name = "fan-10k")]
    Fan10k,
    /// Clients send in turn at a fixed rate, whatever comes back.
    Paced,
    /// Clients come, do nothing, say one thing, and leave.
    Idle,
}

/// Something that is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// Its name in the JSON.
    pub key: &'static str,
    /// Its name in the table.
    pub title: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    /// The case that measures it.
    pub case: Case,
    /// What it says something about.
    pub group: Group,
}

/// What figures say something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What a message, or a client, costs the server.
    Cost,
    /// How much and how fast.
    Pace,
    /// What is in memory when.
    Memory,
    /// Which of the two was the limit: the server, or the load.
    Limit,
}

macro_rules! metrics {
    ($($name:ident = $key:literal $title:literal $unit:literal $case:ident $group:ident;)*) => {
        $(
            const $name: Metric = Metric {
                key: $key,
                title: $title,
                unit: $unit,
                case: Case::$case,
                group: Group::$group,
            };
        )*
        /// Everything that is measured, in the order of the tables.
        pub const METRICS: &[Metric] = &[$($name),*];
    };
}

metrics! {
    ECHO_CPU = "echo.cpu" "echo" "µs" Echo Cost;
    ECHO_16_CPU = "echo-16.cpu" "echo, 16 at once" "µs" Echo16 Cost;
    FAN_CPU = "fan.cpu" "fan-out" "µs" Fan Cost;
    FAN_10K_CPU = "fan-10k.cpu" "fan-out, 10k" "µs" Fan10k Cost;
    FAN_16_CPU = "fan-16.cpu" "fan-out, 16 at once" "µs" Fan16 Cost;
    SET_UP_CPU = "idle.set-up" "set-up" "µs" Idle Cost;
    IDLE_MEMORY = "idle.memory" "idle client" "KiB" Idle Cost;
    ECHO_RATE = "echo.rate" "echo" "k/s" Echo Pace;
    ECHO_16_RATE = "echo-16.rate" "echo, 16 at once" "k/s" Echo16 Pace;
    FAN_16_RATE = "fan-16.rate" "fan-out, 16 at once" "k/s" Fan16 Pace;
    ECHO_P50 = "echo.p50" "saturated p50" "ms" Echo Pace;
    ECHO_P99 = "echo.p99" "saturated p99" "ms" Echo Pace;
    PACED_P50 = "paced.p50" "paced p50" "ms" Paced Pace;
    PACED_P99 = "paced.p99" "paced p99" "ms" Paced Pace;
    FAN_P50 = "fan.p50" "fan-out p50" "ms" Fan Pace;
    FAN_10K_P50 = "fan-10k.p50" "fan-out, 10k p50" "ms" Fan10k Pace;
    EMPTY_MEMORY = "idle.empty" "empty" "MiB" Idle Memory;
    USED_MEMORY = "idle.used" "client after use" "KiB" Idle Memory;
    LEFT_MEMORY = "idle.left" "after all left" "MiB" Idle Memory;
    LEFT_RATIO = "idle.left-ratio" "after all left" "× empty" Idle Memory;
    ECHO_SERVER = "echo.server-busy" "echo: server" "%" Echo Limit;
    ECHO_LOAD = "echo.load-busy" "load" "%" Echo Limit;
    ECHO_16_SERVER = "echo-16.server-busy" "echo, 16: server" "%" Echo16 Limit;
    ECHO_16_LOAD = "echo-16.load-busy" "load" "%" Echo16 Limit;
    FAN_SERVER = "fan.server-busy" "fan-out: server" "%" Fan Limit;
    FAN_LOAD = "fan.load-busy" "load" "%" Fan Limit;
    FAN_16_SERVER = "fan-16.server-busy" "fan-out, 16: server" "%" Fan16 Limit;
    FAN_16_LOAD = "fan-16.load-busy" "load" "%" Fan16 Limit;
}

/// One figure.
pub type Figure = (Metric, f64);

impl Case {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Echo,
        Self::Echo16,
        Self::Fan,
        Self::Fan16,
        Self::Fan10k,
        Self::Paced,
        Self::Idle,
    ];

    /// Its name on the command line and in what is written.
    pub fn name(self) -> String {
        clap::ValueEnum::to_possible_value(&self)
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Does it to a server that has just been started, and gives the figures.
    ///
    /// # Errors
    ///
    /// Where the server does not do what every server has to do.
    pub fn run(
        self,
        spec: &Spec,
        server: &Running,
        scale: &Scale,
    ) -> Result<Vec<Figure>, LoadError> {
        let process = server.process();
        let clients = match self {
            Self::Idle => return idle(spec, server, scale.crowd),
            Self::Fan10k => scale.crowd,
            _ => scale.clients,
        };
        let mut crowd = Crowd::connect(server.address(), spec.dialect, clients)?;
        crowd.prove()?;
        let mut lap = |time| match self {
            Self::Echo => load::echo(&mut crowd, 1, time),
            Self::Echo16 => load::echo(&mut crowd, 16, time),
            Self::Fan16 => load::fan_out(&mut crowd, 16, time),
            Self::Paced => load::paced(&mut crowd, scale.rate, time),
            _ => load::fan_out(&mut crowd, 1, time),
        };
        lap(scale.warm_up)?;
        let (mut lap, spent) = spent(process, || lap(scale.window))?;
        crowd.leave()?;
        let cpu = micros(spent.server) / lap.received as f64;
        let server = percent(spent.server, lap.elapsed);
        let load = percent(spent.load, lap.elapsed);
        let rate = lap.received as f64 / lap.elapsed.as_secs_f64() / 1e3;
        let mut wait = |part| {
            lap.latencies
                .percentile(part)
                .unwrap_or_default()
                .as_secs_f64()
                * 1e3
        };
        Ok(match self {
            Self::Echo => vec![
                (ECHO_CPU, cpu),
                (ECHO_RATE, rate),
                (ECHO_P50, wait(0.5)),
                (ECHO_P99, wait(0.99)),
                (ECHO_SERVER, server),
                (ECHO_LOAD, load),
            ],
            Self::Echo16 => vec![
                (ECHO_16_CPU, cpu),
                (ECHO_16_RATE, rate),
                (ECHO_16_SERVER, server),
                (ECHO_16_LOAD, load),
            ],
            Self::Fan => vec![
                (FAN_CPU, cpu),
                (FAN_P50, wait(0.5)),
                (FAN_SERVER, server),
                (FAN_LOAD, load),
            ],
            Self::Fan16 => vec![
                (FAN_16_CPU, cpu),
                (FAN_16_RATE, rate),
                (FAN_16_SERVER, server),
                (FAN_16_LOAD, load),
            ],
            Self::Fan10k => vec![(FAN_10K_CPU, cpu), (FAN_10K_P50, wait(0.5))],
            Self::Paced => vec![(PACED_P50, wait(0.5)), (PACED_P99, wait(0.99))],
            Self::Idle => vec![],
        })
    }
}

/// Clients come, do nothing, say one thing, and leave.
fn idle(spec: &Spec, server: &Running, clients: usize) -> Result<Vec<Figure>, LoadError> {
    let process = server.process();
    let pause = |time| {
        std::thread::sleep(time);
        Ok(())
    };
    let empty = settled(process, pause)?;
    let before = process.cpu()?;
    let mut crowd = Crowd::connect(server.address(), spec.dialect, clients)?;
    let idle = settled(process, |time| crowd.idle(time))?;
    let set_up = process.cpu()?.saturating_sub(before);
    crowd.prove()?;
    let used = settled(process, |time| crowd.idle(time))?;
    crowd.leave()?;
    let left = settled(process, pause)?;
    let each = |bytes: u64| (bytes as f64 - empty as f64) / 1024.0 / clients as f64;
    Ok(vec![
        (SET_UP_CPU, micros(set_up) / clients as f64),
        (IDLE_MEMORY, each(idle)),
        (EMPTY_MEMORY, mebibytes(empty)),
        (USED_MEMORY, each(used)),
        (LEFT_MEMORY, mebibytes(left)),
        (LEFT_RATIO, left as f64 / empty as f64),
    ])
}

/// Waits until a process has no more to do than what 10,000 idle clients cost, and gives the memory that it then has.
fn settled(
    process: Process,
    mut pause: impl FnMut(Duration) -> Result<(), LoadError>,
) -> Result<u64, LoadError> {
    const STEP: Duration = Duration::from_millis(100);
    let deadline = Instant::now() + Duration::from_secs(8);
    let (mut cpu, mut resident) = (process.cpu()?, process.resident()?);
    let mut calm = 0;
    while calm < 3 && Instant::now() < deadline {
        pause(STEP)?;
        let (cpu_now, resident_now) = (process.cpu()?, process.resident()?);
        let is_calm =
            cpu_now.saturating_sub(cpu) < STEP / 10 && resident_now.abs_diff(resident) < 64 * 1024;
        calm = if is_calm { calm + 1 } else { 0 };
        (cpu, resident) = (cpu_now, resident_now);
    }
    Ok(resident)
}

/// The time that was spent on a processor meanwhile.
struct Spent {
    server: Duration,
    load: Duration,
}

fn spent(
    process: Process,
    work: impl FnOnce() -> Result<Lap, LoadError>,
) -> Result<(Lap, Spent), LoadError> {
    let load = Process::this();
    let (server_before, load_before) = (process.cpu()?, load.cpu()?);
    let lap = work()?;
    let load_after = load.cpu()?;
    // The clients have everything before the server has returned from its last write.
    std::thread::sleep(Duration::from_millis(2));
    let spent = Spent {
        server: process.cpu()?.saturating_sub(server_before),
        load: load_after.saturating_sub(load_before),
    };
    Ok((lap, spent))
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn percent(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() / whole.as_secs_f64() * 100.0
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
