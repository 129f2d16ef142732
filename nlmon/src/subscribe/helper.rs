//! Where subscriptions look and open sockets: off the async threads, because that makes many system
//! calls, and in other namespaces, which a thread cannot be trusted to come back from.

use std::{io, thread};

use tokio::{runtime::Handle, sync::oneshot, task::spawn_blocking};

use super::Error;

/// Runs `work` on another thread, in the current runtime. If it `enters` other namespaces, that
/// thread ends with it.
pub(super) async fn elsewhere<T: Send + 'static>(
    enters: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let lost = |_panicked| Error::Helper(io::Error::other("the helper thread has panicked"));
    if !enters {
        return spawn_blocking(work).await.map_err(|error| Error::Helper(error.into()));
    }
    let runtime = Handle::current();
    let (tell, told) = oneshot::channel();
    let body = move || {
        let _entered = runtime.enter();
        // Nobody is told who does not wait any more.
        drop(tell.send(work()));
    };
    thread::Builder::new().name("namespaces".to_owned()).spawn(body).map_err(Error::Helper)?;
    told.await.map_err(lost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscribe::own_netns;

    #[tokio::test]
    async fn work_elsewhere_may_wait_and_its_panic_is_an_error() {
        for enters in [false, true] {
            let own = own_netns().unwrap();
            assert_eq!(elsewhere(enters, || own_netns().unwrap()).await.unwrap(), own);
            let panicked = elsewhere(enters, || panic!("a test asks for it")).await;
            assert!(matches!(panicked, Err(Error::Helper(_))));
        }
    }
}
