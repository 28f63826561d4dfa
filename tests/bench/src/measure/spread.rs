/// What several measurements of one thing come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The one in the middle, or the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of at least one measurement.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Some(Self {
            median,
            least,
            most,
        })
    }

    /// Half of the distance between the least and the most, as a part of the median.
    pub fn relative(&self) -> f64 {
        (self.most - self.least) / 2.0 / self.median
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_median_is_in_the_middle() {
        let spread = |values: &[f64]| Spread::of(values.iter().copied()).unwrap();
        assert_eq!(
            spread(&[7.0]),
            Spread {
                median: 7.0,
                least: 7.0,
                most: 7.0
            }
        );
        assert_eq!(
            spread(&[9.0, 1.0, 2.0]),
            Spread {
                median: 2.0,
                least: 1.0,
                most: 9.0
            }
        );
        assert_eq!(spread(&[4.0, 1.0, 2.0, 9.0]).median, 3.0);
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn the_spread_is_relative_to_the_median() {
        let spread = Spread::of([9.0, 10.0, 12.0]).unwrap();
        assert!((spread.relative() - 0.15).abs() < 1e-9);
    }
}
