//! Frames: how a value travels.
//!
//! Owns the form, four bytes of length (little-endian) and then the value, and its bound. Never reads or writes a
//! socket: the client does so blocking, the daemon otherwise.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest value. What is larger than this goes by way of the store.
pub const MAX: usize = 1 << 20;

/// Bytes in front of each value.
pub const HEAD: usize = 4;

/// What is no frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The value is too long.
    #[error("a message of {0} bytes is too long")]
    TooLong(usize),
    /// The bytes are no such value.
    #[error("not a message of this protocol")]
    Foreign(#[from] postcard::Error),
}

/// Returns the frame of a value.
pub fn encode(value: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let mut frame = postcard::to_extend(value, vec![0; HEAD])?;
    let length = frame.len() - HEAD;
    let Some(head) = u32::try_from(length).ok().filter(|_| length <= MAX) else {
        return Err(FrameError::TooLong(length));
    };
    frame[..HEAD].copy_from_slice(&head.to_le_bytes());
    Ok(frame)
}

/// Returns how long the value behind this head is.
pub fn length(head: [u8; HEAD]) -> Result<usize, FrameError> {
    let length = u32::from_le_bytes(head) as usize;
    if length > MAX { Err(FrameError::TooLong(length)) } else { Ok(length) }
}

/// Returns the value of a frame without its head. Bytes behind the value are what a later version adds.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FrameError> {
    Ok(postcard::take_from_bytes(bytes)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_through() {
        let frame = encode(&(7_u32, "seven")).unwrap();
        let head = frame[..HEAD].try_into().unwrap();
        assert_eq!(length(head).unwrap(), frame.len() - HEAD);
        assert_eq!(decode::<(u32, String)>(&frame[HEAD..]).unwrap(), (7, "seven".to_owned()));
        assert!(decode::<(u32, String)>(&frame[HEAD..frame.len() - 1]).is_err());
    }

    #[test]
    fn long_values_are_refused_on_both_sides() {
        assert!(encode(&"x".repeat(MAX - 3)).is_ok());
        assert!(matches!(encode(&"x".repeat(MAX)), Err(FrameError::TooLong(_))));
        assert!(length(u32::try_from(MAX).unwrap().to_le_bytes()).is_ok());
        assert!(matches!(length([0xff; 4]), Err(FrameError::TooLong(_))));
    }
}
