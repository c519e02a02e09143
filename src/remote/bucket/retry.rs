//! Tries again what may pass.
//!
//! Owns the number of tries and the pauses between them: each pause is drawn at random below a bound that doubles, so
//! that many machines do not come back at one moment. What the server asks for counts as the least. Never goes past
//! the deadline: a pause that would is not begun.

use std::time::Duration;

use crate::remote::access::Deadline;
use crate::remote::failure::{Failure, Result};

const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Runs an operation until it succeeds, fails for good, or time is up.
pub(super) async fn run<T, F>(deadline: Deadline, operation: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut last = None;
    for tried in 1.. {
        let failure = match tokio::time::timeout_at(deadline.instant(), operation()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(failure)) => failure,
            // An earlier failure says more than that the last try was cut short.
            Err(_) => return Err(last.unwrap_or(Failure::TimedOut)),
        };
        let pause = pause(tried, &failure, random());
        if tried == TRIES || !failure.is_passing() || pause >= deadline.left() {
            return Err(failure);
        }
        last = Some(failure);
        tokio::time::sleep(pause).await;
    }
    unreachable!("the last try returns")
}

/// Returns the pause after the `tried`th try; `random` is between 0 and 1.
fn pause(tried: u32, failure: &Failure, random: f64) -> Duration {
    let drawn = (FIRST_PAUSE * 2_u32.pow(tried - 1)).mul_f64(random);
    match failure {
        Failure::Throttled { retry_after: Some(asked), .. } => *asked + drawn,
        _ => drawn,
    }
}

fn random() -> f64 {
    let number = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(number) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::remote::failure::{Denial, Right};

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    /// Returns the outcome and the number of tries, where the first `failures` tries fail.
    fn tries(time: Duration, failures: u32, failure: &Failure) -> (Result<()>, u32) {
        let count = Cell::new(0);
        let outcome = block_on(async {
            run(Deadline::within(time), || async {
                count.set(count.get() + 1);
                if count.get() <= failures { Err(failure.clone()) } else { Ok(()) }
            })
            .await
        });
        (outcome, count.get())
    }

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn what_passes_is_tried_again() {
        assert_eq!(tries(MINUTE, 2, &Failure::Unavailable(500)), (Ok(()), 3));
        assert_eq!(tries(MINUTE, 9, &Failure::Truncated), (Err(Failure::Truncated), TRIES));
    }

    #[test]
    fn what_does_not_pass_is_not() {
        let denied = Failure::Denied(Denial::Right(Right::Read));
        assert_eq!(tries(MINUTE, 9, &denied), (Err(denied.clone()), 1));
    }

    #[test]
    fn no_pause_goes_past_the_deadline() {
        let later = Failure::Throttled { status: 503, retry_after: Some(Duration::from_hours(1)) };
        assert_eq!(tries(MINUTE, 9, &later), (Err(later.clone()), 1));
    }

    #[test]
    fn a_try_that_hangs_is_cut() {
        let hangs = block_on(run(Deadline::within(Duration::from_millis(20)), || async {
            std::future::pending::<Result<()>>().await
        }));
        assert_eq!(hangs, Err(Failure::TimedOut));
    }

    #[test]
    fn pauses_grow_and_heed_the_server() {
        let failed = Failure::Unavailable(500);
        assert_eq!(pause(1, &failed, 1.0), FIRST_PAUSE);
        assert_eq!(pause(3, &failed, 1.0), FIRST_PAUSE * 4);
        assert_eq!(pause(3, &failed, 0.0), Duration::ZERO);
        let asked = Failure::Throttled { status: 429, retry_after: Some(Duration::from_secs(2)) };
        assert_eq!(pause(1, &asked, 0.5), Duration::from_millis(2_050));
    }
}
