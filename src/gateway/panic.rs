//! A panic in one transaction costs that transaction and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Runs a future to its end; `None` when it panicked. It is not polled again after that, and what it
/// held is dropped, so no half-changed value is ever seen.
pub(super) async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_before_and_after_the_first_wait_is_caught() {
        assert_eq!(caught(async { 7 }).await, Some(7));
        for waits in [0, 1, 3] {
            let outcome = caught(async {
                for _ in 0..waits {
                    tokio::task::yield_now().await;
                }
                if waits < 9 {
                    panic!("expected in this test");
                }
            });
            assert_eq!(outcome.await, None);
        }
    }
}
