//! What merchants of an industry sell, for how much, and at which rate.

use ledger_types::{Fen, Policy, RateGrant, TaxCode, TaxRate};
use sdk::Item;

/// An industry (行业).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Industry {
    /// 零售.
    Retail,
    /// 餐饮.
    Catering,
    /// 停车、交通.
    Parking,
    /// 酒店.
    Hotel,
    /// 金融、保险.
    Finance,
    /// 其他.
    Other,
}

/// The facts of an industry.
#[derive(Clone, Copy, Debug)]
pub struct Trade {
    /// Of a hundred merchants.
    pub share: f64,
    /// How many invoices a merchant makes against one of another industry.
    pub busy: f64,
    /// Middle of the amounts with tax, fen.
    pub median: f64,
    /// Spread of the logarithm.
    pub sigma: f64,
    /// Printed line name.
    pub item: &'static str,
    /// Tax code.
    pub code: u64,
    /// Rate in 1/10000.
    pub rate: u16,
    /// A rate of the rule book that nobody of this industry is granted.
    pub other_rate: u16,
    /// For merchants' registered names.
    pub label: &'static str,
}

impl Industry {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Retail, Self::Catering, Self::Parking, Self::Hotel, Self::Finance, Self::Other];

    /// Its facts.
    pub fn trade(self) -> Trade {
        let trade = |share, busy, median, sigma, item, code, rate, other_rate, label| Trade {
            share,
            busy,
            median,
            sigma,
            item,
            code,
            rate,
            other_rate,
            label,
        };
        match self {
            Self::Retail => {
                trade(30.0, 1.0, 12_000.0, 0.9, "*日用杂品*日用品", 1_060_408_990_000_000_000, 1300, 600, "百货")
            }
            Self::Catering => {
                trade(25.0, 1.6, 8_000.0, 0.7, "*餐饮服务*餐费", 3_070_401_000_000_000_000, 600, 1300, "餐饮")
            }
            Self::Parking => {
                trade(25.0, 2.0, 1_000.0, 0.5, "*经营租赁*停车费", 3_040_502_020_200_000_000, 900, 600, "停车")
            }
            Self::Hotel => {
                trade(5.0, 0.5, 50_000.0, 0.5, "*住宿服务*房费", 3_070_402_000_000_000_000, 600, 1300, "酒店")
            }
            Self::Finance => {
                trade(10.0, 0.4, 20_000.0, 1.0, "*金融服务*手续费", 3_060_100_000_000_000_000, 600, 900, "金融")
            }
            Self::Other => {
                trade(5.0, 0.3, 200_000.0, 0.9, "*现代服务*咨询费", 3_040_300_000_000_000_000, 600, 1300, "咨询")
            }
        }
    }

    /// What is sold, at a rate in 1/10000.
    pub fn item(self, rate: u16) -> Item {
        let trade = self.trade();
        Item {
            name: trade.item.to_owned(),
            tax_code: TaxCode::new(trade.code).expect("the codes above start with 1 to 6"),
            rate: TaxRate::Percent(rate),
            policy: Policy::None,
        }
    }

    /// The first three digits of its tax code.
    pub fn prefix(self) -> (u64, u8) {
        (self.trade().code / 10_000_000_000_000_000, 3)
    }

    /// The rate that a bureau grants it.
    pub fn grant(self) -> RateGrant {
        let (code_prefix, prefix_digits) = self.prefix();
        RateGrant {
            code_prefix,
            prefix_digits,
            rate: TaxRate::Percent(self.trade().rate),
            policy: Policy::None,
            valid_from_ms: 0,
            valid_to_ms: u64::MAX,
        }
    }

    /// An amount with tax from a normal throw: lognormal, at least ten yuan cents a line can be split from.
    pub fn amount(self, normal: f64, lines: u16) -> Fen {
        let trade = self.trade();
        let drawn = trade.median * (trade.sigma * normal.clamp(-4.0, 4.0)).exp();
        Fen((drawn as i64).max(100 * i64::from(lines)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_a_hundred_and_codes_match_their_grants() {
        assert!((Industry::ALL.iter().map(|i| i.trade().share).sum::<f64>() - 100.0).abs() < 1e-9);
        for industry in Industry::ALL {
            let (prefix, digits) = industry.prefix();
            assert!(industry.item(600).tax_code.has_prefix(prefix, digits), "{industry:?}");
            assert_ne!(industry.trade().rate, industry.trade().other_rate);
            assert_eq!(industry.amount(0.0, 1), Fen(industry.trade().median as i64));
            assert_eq!(industry.amount(-9.0, 100), industry.amount(-4.0, 100));
        }
    }
}
