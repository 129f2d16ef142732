//! A bearer token, which a file holds.

use std::path::Path;

use ring::{hmac, rand::SystemRandom};

use super::{error::Error, read::read};

/// Says so if everybody may read the file.
pub(super) fn warn_of_readers(path: &Path) -> Result<(), Error> {
    if read(path)?.is_open_to_others {
        let path = path.display();
        tracing::warn!("http: everybody may read the token in {path}: chmod o-r {path}");
    }
    Ok(())
}

/// Reads the token.
pub(super) fn token(path: &Path) -> Result<Vec<u8>, Error> {
    let contents = read(path)?;
    let token = contents.bytes.trim_ascii();
    if token.is_empty() {
        return Err(Error::whole(path, "found nothing, expected a token"));
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err(Error::whole(
            path,
            "found what cannot stand in a header (and is not shown), expected a token of printable \
             ASCII in one line",
        ));
    }
    Ok(token.to_vec())
}

/// Whether two tokens are the same, in a time that tells nothing of how much of them is: what is
/// compared are their hashes by a key that nobody knows.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let Ok(key) = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()) else {
        return false;
    };
    hmac::verify(&key, one, hmac::sign(&key, other).as_ref()).is_ok()
}
