// SPDX-License-Identifier: GPL-2.0-only
//! The sender of the campaign's ramp: zeroes over TCP, capped.

use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::process::Stop;

/// Pieces of a second between writes.
const TICK: Duration = Duration::from_millis(10);

/// Sends at most so many bytes a second until the other end closes, the time is up or the user
/// wants it to stop. Tells how many bytes were taken.
///
/// # Errors
///
/// Nobody listens there.
pub fn send(to: SocketAddr, bytes_s: u64, limit: Duration, stop: &Stop) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect_timeout(&to, Duration::from_secs(10))?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(Duration::from_millis(500)))?;
    let zeroes = vec![0_u8; 64 << 10];
    let began = Instant::now();
    let mut sent: u64 = 0;
    // What may be sent now. What a slow link did not take is not owed: nothing beyond 50 ms of it.
    let most = (bytes_s / 20).max(1);
    let mut allowance: u64 = 0;
    let mut filled: u64 = 0;
    while began.elapsed() < limit && !stop.asked() {
        let due = u64::try_from(began.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .saturating_mul(bytes_s)
            / 1000;
        allowance = allowance
            .saturating_add(due.saturating_sub(filled))
            .min(most);
        filled = due;
        if allowance == 0 {
            thread::sleep(TICK);
            continue;
        }
        let piece = usize::try_from(allowance)
            .unwrap_or(usize::MAX)
            .min(zeroes.len());
        match stream.write(zeroes.get(..piece).unwrap_or(&zeroes)) {
            Ok(0) => break,
            Ok(written) => {
                sent = sent.saturating_add(written as u64);
                allowance = allowance.saturating_sub(written as u64);
            }
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock
                        | std::io::ErrorKind::TimedOut
                        | std::io::ErrorKind::Interrupted
                ) => {}
            // The listener has closed: that is how a repetition ends.
            Err(_) => break,
        }
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Read, net::TcpListener};

    #[test]
    fn keeps_to_the_cap() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let reader = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
            all
        });
        let sent = send(to, 1 << 20, Duration::from_secs(1), &Stop::default()).unwrap();
        let received = reader.join().unwrap();
        assert_eq!(received.len() as u64, sent);
        assert!(received.iter().all(|byte| *byte == 0));
        assert!(sent <= (1 << 20) + (1 << 20) / 50, "{sent}");
        assert!(sent > 1 << 19, "{sent}");
    }

    #[test]
    fn ends_with_the_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        let began = Instant::now();
        thread::spawn(move || drop(listener.accept().unwrap()));
        send(to, 1 << 20, Duration::from_secs(30), &Stop::default()).unwrap();
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn nobody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        drop(listener);
        assert!(send(to, 1, Duration::from_secs(1), &Stop::default()).is_err());
    }
}
