//! A picture of panels with bars, all from zero. Knows nothing of what they stand for.

use std::fmt::Write;

use super::table::number;
use crate::measure::Spread;

const WIDTH: usize = 1080;
const COLUMNS: usize = 2;
const PANEL: usize = WIDTH / COLUMNS;
const MARGIN: usize = 24;
const LABELS: usize = 128;
/// The longest bar: beside it there is room for what it says.
const BAR: f64 = 220.0;
const ROW: usize = 20;
const HEAD: usize = 104;
const TITLE: usize = 40;

/// What belongs on one scale.
pub(crate) struct Panel<'a> {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar<'a>>,
}

/// A bar from zero to the median, with a line from the least to the most.
pub(crate) struct Bar<'a> {
    pub(crate) name: &'a str,
    pub(crate) tone: Tone,
    pub(crate) unit: &'a str,
    /// How many times something else it is.
    pub(crate) times: Option<Spread>,
    /// How long it is, or what stands in its place.
    pub(crate) length: Result<Spread, &'a str>,
}

/// What a bar is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tone {
    Ours,
    AlsoOurs,
    Floor,
    Other,
}

/// An SVG picture: its title, what is said about it, and the panels.
pub(crate) fn drawing(title: &str, about: [&str; 2], panels: &[Panel<'_>]) -> String {
    let bars = panels
        .iter()
        .map(|panel| panel.bars.len())
        .max()
        .unwrap_or(0);
    let tall = TITLE + bars * ROW + 16;
    let height = HEAD + panels.len().div_ceil(COLUMNS) * tall + MARGIN;
    let [first, second] = about.map(escape);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif" font-size="13" fill="#1c2330">
<title>{title}</title>
<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
<text x="{MARGIN}" y="40" font-size="20" font-weight="600">{title}</text>
<text x="{MARGIN}" y="64" fill="#5b6472">{first}</text>
<text x="{MARGIN}" y="84" fill="#5b6472">{second}</text>
"##,
    );
    for (index, panel) in panels.iter().enumerate() {
        let x = index % COLUMNS * PANEL + MARGIN;
        let y = index / COLUMNS * tall + HEAD;
        panel.draw(&mut svg, x, y);
    }
    svg += "</svg>\n";
    svg
}

impl Panel<'_> {
    fn draw(&self, svg: &mut String, x: usize, y: usize) {
        let title = escape(&self.title);
        let _ = writeln!(
            svg,
            r##"<text x="{x}" y="{}" font-weight="600">{title}</text>"##,
            y + 24
        );
        let lengths = self.bars.iter().filter_map(|bar| bar.length.ok());
        let most = lengths
            .map(|spread| spread.most)
            .fold(f64::MIN_POSITIVE, f64::max);
        for (row, bar) in self.bars.iter().enumerate() {
            bar.draw(svg, (x, y + TITLE + row * ROW), BAR / most);
        }
    }
}

impl Bar<'_> {
    fn draw(&self, svg: &mut String, (x, y): (usize, usize), scale: f64) {
        let (colour, weight) = match self.tone {
            Tone::Ours => ("#0b7a5c", 600),
            Tone::AlsoOurs => ("#5fae98", 400),
            Tone::Floor => ("#1c2330", 400),
            Tone::Other => ("#9db1c9", 400),
        };
        let (start, baseline) = (x + LABELS, y + 14);
        let name = escape(self.name);
        let _ = writeln!(
            svg,
            r##"<text x="{}" y="{baseline}" text-anchor="end" font-weight="{weight}">{name}</text>"##,
            start - 8
        );
        let spread = match self.length {
            Ok(spread) => spread,
            Err(why) => {
                let _ = writeln!(
                    svg,
                    r##"<text x="{start}" y="{baseline}" fill="#b3261e">{why}</text>"##
                );
                return;
            }
        };
        let length = |value: f64| value.max(0.0) * scale;
        let at = |value: f64| length(value) + start as f64;
        let mut says = format!("{} {}", number(spread.median), self.unit);
        if let Some(times) = self.times {
            says += &format!("  {}×", number(times.median));
        }
        let _ = writeln!(
            svg,
            r##"<rect x="{start}" y="{}" width="{:.1}" height="14" fill="{colour}"/>
<line x1="{:.1}" x2="{:.1}" y1="{middle}" y2="{middle}" stroke="#5b6472"/>
<text x="{:.1}" y="{baseline}" font-weight="{weight}">{says}</text>"##,
            y + 2,
            length(spread.median),
            at(spread.least),
            at(spread.most),
            at(spread.most) + 6.0,
            middle = y + 9,
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
