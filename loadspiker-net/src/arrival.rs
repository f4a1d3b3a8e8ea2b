//! The arrival time of data in a socket buffer, as stamped by the kernel.
//!
//! The stamps are read only where the shard was held up: then what is read now may have waited, and the clock would charge
//! the wait to the target.

use std::io;
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
///
/// # Errors
///
/// That of the socket. It is told once: the next read would know nothing of it.
pub(crate) fn age(socket: &TcpStream, place: &mut [u8]) -> io::Result<Option<Duration>> {
    #[cfg(target_os = "linux")]
    {
        use std::io::IoSliceMut;
        use std::os::fd::AsRawFd;
        use std::time::SystemTime;

        use nix::cmsg_space;
        use nix::errno::Errno;
        use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
        use nix::sys::time::TimeSpec;

        let mut stamps = cmsg_space!(TimeSpec);
        let mut pieces = [IoSliceMut::new(place)];
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        let message = match recvmsg::<()>(socket.as_raw_fd(), &mut pieces, Some(&mut stamps), flags) {
            Ok(message) => message,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let stamp = message.cmsgs().ok().and_then(|mut stamps| {
            stamps.find_map(|stamp| match stamp {
                ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
                _ => None,
            })
        });
        Ok(stamp.and_then(|stamp| SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + stamp).ok()))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, place);
        Ok(None)
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
        assert_eq!(age(&stream, &mut place).unwrap(), None);
        // The kernel begins to stamp a moment after it was asked by the first of all sockets.
        let (before, first) = loop {
            let before = std::time::Instant::now();
            peer.write_all(b"hello").unwrap();
            stream.readable().await.unwrap();
            match age(&stream, &mut place).unwrap() {
                Some(age) => break (before, age),
                None => assert_eq!(stream.try_read(&mut place).unwrap(), 5),
            }
        };
        let second = age(&stream, &mut place).unwrap().unwrap();
        assert!(first <= second && second <= before.elapsed(), "{first:?} {second:?}");
        assert_eq!(stream.try_read(&mut place).unwrap(), 5);

        // A reset is told once: who looks at the age first hears of it.
        TcpSocket::from_std_stream(peer).set_zero_linger().unwrap();
        stream.readable().await.unwrap();
        assert_eq!(age(&stream, &mut place).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
}
