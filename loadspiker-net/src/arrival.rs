//! When that came in which lies in a socket: the kernel stamps it.
//!
//! The stamps are read only where the shard was held up: then what is read now may have waited, and the clock would charge
//! the wait to the target.

use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};

/// Has the kernel stamp what comes in over the socket.
pub(crate) fn stamp(socket: &TcpSocket) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::socket::{setsockopt, sockopt::ReceiveTimestampns};
        // Where it does not, the clock has to do.
        let _ = setsockopt(socket, ReceiveTimestampns, &true);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = socket;
}

/// For how long the last of what the next read into `place` will bring has been there. `None` if nothing is there, or the
/// kernel does not say.
pub(crate) fn age(socket: &TcpStream, place: &mut [u8]) -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        use std::io::IoSliceMut;
        use std::os::fd::AsRawFd;
        use std::time::SystemTime;

        use nix::cmsg_space;
        use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
        use nix::sys::time::TimeSpec;

        let mut stamps = cmsg_space!(TimeSpec);
        let mut pieces = [IoSliceMut::new(place)];
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        let message = recvmsg::<()>(socket.as_raw_fd(), &mut pieces, Some(&mut stamps), flags).ok()?;
        let stamp = message.cmsgs().ok()?.find_map(|stamp| match stamp {
            ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
            _ => None,
        })?;
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + stamp).ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, place);
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write;

    use super::*;

    #[tokio::test]
    async fn the_age_of_what_came_in_is_told_and_nothing_is_taken() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        stamp(&socket);
        let stream = socket.connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        let mut place = [0; 64];
        assert_eq!(age(&stream, &mut place), None);
        let before = std::time::Instant::now();
        peer.write_all(b"hello").unwrap();
        stream.readable().await.unwrap();
        let (first, second) = (age(&stream, &mut place).unwrap(), age(&stream, &mut place).unwrap());
        assert!(first <= second && second <= before.elapsed(), "{first:?} {second:?}");
        assert_eq!(stream.try_read(&mut place).unwrap(), 5);
    }
}
