//! Precomputed multiples of one point, laid out so that a multiplication needs few doublings.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::mem::size_of;

use ::sm2::{
    AffinePoint, ProjectivePoint, Scalar,
    elliptic_curve::{BatchNormalize, group::Group},
};

use crate::wnaf::{BITS, Digits};

/// Bits of a scalar that one column of a table stands for; one less is the number of doublings.
const ROWS: usize = 16;

/// Columns of a table: column j holds multiples of 2^(16j) times the point.
const COLUMNS: usize = BITS / ROWS;

/// Width for a signer's key: 16 columns of 16 points, 18 KiB, so that many tables stay in a core's cache.
const SIGNER_WIDTH: usize = 6;

/// Width for the generator: 16 columns of 128 points, 144 KiB, once in a process.
const GENERATOR_WIDTH: usize = 9;

/// The odd multiples 1, 3, 5, ... of 2^(16j)·P for each column j, in affine form for the cheaper addition.
pub(crate) struct Multiples {
    width: usize,
    points: Box<[AffinePoint]>,
}

impl Multiples {
    /// The table of a signer's point; costs about as much as one and a half plain verifications.
    pub(crate) fn of_signer(point: &AffinePoint) -> Self {
        Self::new(point, SIGNER_WIDTH)
    }

    /// The table of the generator, one for the process where the platform has a place for it.
    pub(crate) fn of_generator() -> Arc<Self> {
        #[cfg(feature = "std")]
        {
            static SHARED: std::sync::OnceLock<Arc<Multiples>> = std::sync::OnceLock::new();
            Arc::clone(SHARED.get_or_init(Self::new_generator))
        }
        #[cfg(not(feature = "std"))]
        Self::new_generator()
    }

    fn new_generator() -> Arc<Self> {
        Arc::new(Self::new(&AffinePoint::GENERATOR, GENERATOR_WIDTH))
    }

    fn new(point: &AffinePoint, width: usize) -> Self {
        let per_column = 1 << (width - 2);
        let mut points = Vec::with_capacity(COLUMNS * per_column);
        let mut base = ProjectivePoint::from(point);
        for _ in 0..COLUMNS {
            let step = base.double();
            let mut odd = base;
            for _ in 0..per_column {
                points.push(odd);
                odd += step;
            }
            for _ in 0..ROWS {
                base = base.double();
            }
        }
        let affine: Vec<AffinePoint> = <ProjectivePoint as BatchNormalize<[ProjectivePoint]>>::batch_normalize(&points);
        Self { width, points: affine.into_boxed_slice() }
    }

    /// Bytes that the table takes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        self.points.len() * size_of::<AffinePoint>()
    }

    fn digits(&self, scalar: &Scalar) -> Digits {
        Digits::new(scalar, self.width)
    }

    /// Adds the part of the product that stands in `row`, without its factor 2^row.
    fn add_row(&self, sum: &mut ProjectivePoint, digits: &Digits, row: usize) {
        let per_column = 1 << (self.width - 2);
        for (column, points) in self.points.chunks_exact(per_column).enumerate() {
            let digit = digits.at(column * ROWS + row);
            let magnitude = usize::from(digit.unsigned_abs());
            match digit.signum() {
                1 => *sum += &points[magnitude / 2],
                -1 => *sum -= &points[magnitude / 2],
                _ => {}
            }
        }
    }
}

/// a·A + b·B from the tables of A and B, in variable time.
pub(crate) fn sum_of_products(
    (a, table_a): (&Scalar, &Multiples),
    (b, table_b): (&Scalar, &Multiples),
) -> ProjectivePoint {
    let (digits_a, digits_b) = (table_a.digits(a), table_b.digits(b));
    let mut sum = ProjectivePoint::IDENTITY;
    for row in (0..ROWS).rev() {
        if row + 1 < ROWS {
            sum = sum.double();
        }
        table_a.add_row(&mut sum, &digits_a, row);
        table_b.add_row(&mut sum, &digits_b, row);
    }
    sum
}
