// SPDX-License-Identifier: GPL-2.0-only

//! The download protocol (sections 2.3 to 2.7).

use super::{
    chip::{
        Chip,
        Waited,
        TRANSFER_LEN, //
    },
    failure::{
        DownloadError,
        Failure,
        Fault, //
    },
    logic::{
        cmd53::Transfer,
        container::Container,
        crc32::crc32,
        doorbell::{
            REG_DOWNLOAD_BUFFERS,
            REG_MAX_FRAME_HIGH,
            REG_MAX_FRAME_LOW, //
        },
        download::{
            check_reply,
            data_len,
            Frame,
            ReplyError, //
        },
        dpd,
    },
    text::Text,
};
use kernel::{
    device::Bound,
    mmc::sdio::Func,
    prelude::*,
    time::{
        delay::fsleep,
        Delta,
        Instant,
        Monotonic, //
    },
};

/// Times an image or memory block is sent before the chip counts as unable to take it.
const ATTEMPTS: u32 = 4;
/// Time the chip may take to free a buffer (W-10), and how often that is looked at.
const BUFFER_LIMIT: Delta = Delta::from_secs(1);
const BUFFER_INTERVAL: Delta = Delta::from_millis(50);
/// Time the chip may take to reply.
const REPLY_LIMIT: Delta = Delta::from_secs(1);
/// Replies found by polling before the interrupt counts as broken: one may be lost, not all.
const LOST_INTERRUPTS: u32 = 3;
/// Time an image needs after RUN before it can be talked to.
const RUN_PAUSE: Delta = Delta::from_millis(500);

/// Talks to the downloader of a chip in [`Phase::Download`](super::chip::Phase::Download).
pub(crate) struct Downloader<'a> {
    func: &'a Func<Bound>,
    chip: &'a Chip,
    sequence: u8,
    lost_interrupts: u32,
}

impl<'a> Downloader<'a> {
    /// Starts talking.
    pub(crate) fn new(func: &'a Func<Bound>, chip: &'a Chip) -> Self {
        Self {
            func,
            chip,
            sequence: 0,
            lost_interrupts: 0,
        }
    }

    /// Downloads an image and starts it.
    pub(crate) fn run_image(
        &mut self,
        what: &'static str,
        image: &Container<'_>,
    ) -> Result<(), Failure> {
        self.repeat(what, |this| {
            this.send_block(image.address(), image.payload())?;
            this.ready()?;
            this.exchange(Frame::Run {
                address: image.address(),
            })
        })?;
        fsleep(RUN_PAUSE);
        Ok(())
    }

    /// Writes `bytes` to the chip's memory.
    pub(crate) fn write_memory(
        &mut self,
        what: &'static str,
        address: u32,
        bytes: &[u8],
    ) -> Result<(), Failure> {
        self.repeat(what, |this| this.send_block(address, bytes))
    }

    /// Writes a register of the chip. What the chip replies is not known to matter (section 2.5),
    /// so a refusal is noted and no more.
    pub(crate) fn write_register(&mut self, address: u32, value: u32) -> Result<(), Failure> {
        self.sequence = 0;
        let bytes = value.to_le_bytes();
        let frames = [
            Frame::Info { length: 4, address },
            Frame::Data {
                address,
                bytes: &bytes,
            },
        ];
        for frame in frames {
            match self.ready().and_then(|()| self.exchange(frame)) {
                Ok(()) => {}
                Err(error) if error.is_transient() => dev_dbg!(
                    self.func,
                    "write of register {:#010x}: {}\n",
                    address,
                    Text(&error)
                ),
                Err(error) => {
                    return Err(Failure::Download {
                        what: "set-up registers",
                        attempts: 1,
                        error,
                    })
                }
            }
        }
        Ok(())
    }

    /// Reads the calibration the boot firmware measured (section 2.7). It must have announced it.
    pub(crate) fn read_dpd(&mut self) -> Result<KVec<u8>, Failure> {
        let broken = |fault| Failure::Broken {
            step: "reading the DPD calibration",
            fault,
        };
        let mut block = KVec::with_capacity(dpd::LEN, GFP_KERNEL).map_err(no_memory)?;
        let taken = self.announced(|bytes, len| match bytes {
            Some(bytes) if len == dpd::LEN => block
                .extend_from_slice(bytes, GFP_KERNEL)
                .map_err(no_memory),
            _ => Err(Failure::Dpd(dpd::DpdError::Length { len })),
        });
        taken.map_err(broken)?.ok_or(Failure::DpdMissing)??;
        let version = dpd::check(&block).map_err(Failure::Dpd)?;
        if version != dpd::VERSION {
            dev_warn!(
                self.func,
                "DPD calibration has layout version {}, {} is known; used all the same\n",
                version,
                dpd::VERSION
            );
        }
        Ok(block)
    }

    /// Runs `action` from a clean state until it succeeds or cannot (W-13).
    fn repeat(
        &mut self,
        what: &'static str,
        mut action: impl FnMut(&mut Self) -> Result<(), DownloadError>,
    ) -> Result<(), Failure> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            self.sequence = 0;
            let Err(error) = action(self) else {
                return Ok(());
            };
            if attempts >= ATTEMPTS || !error.is_transient() {
                return Err(Failure::Download {
                    what,
                    attempts,
                    error,
                });
            }
            self.chip.counters.download_retries.bump();
        }
    }

    /// INFO, as many DATA as it takes, END.
    fn send_block(&mut self, address: u32, bytes: &[u8]) -> Result<(), DownloadError> {
        let length = u32::try_from(bytes.len()).map_err(|_| DownloadError::TooLong)?;
        self.ready()?;
        data_len(self.max_frame()?, bytes.len(), TRANSFER_LEN).map_err(DownloadError::MaxFrame)?;
        self.exchange(Frame::Info { length, address })?;
        let (mut rest, mut at) = (bytes, address);
        while !rest.is_empty() {
            self.ready()?;
            let take = data_len(self.max_frame()?, rest.len(), TRANSFER_LEN)
                .map_err(DownloadError::MaxFrame)?;
            let (now, later) = rest.split_at_checked(take).ok_or(DownloadError::TooLong)?;
            self.exchange(Frame::Data {
                address: at,
                bytes: now,
            })?;
            rest = later;
            // A block that wraps the address space is the file's own business.
            at = at.wrapping_add(u32::try_from(take).map_err(|_| DownloadError::TooLong)?);
        }
        self.ready()?;
        self.exchange(Frame::End { crc: crc32(bytes) })
    }

    /// Waits until the chip has a buffer for a frame.
    fn ready(&self) -> Result<(), DownloadError> {
        let began = Instant::<Monotonic>::now();
        while self.register(REG_DOWNLOAD_BUFFERS)? == 0 {
            if began.elapsed() >= BUFFER_LIMIT {
                return Err(DownloadError::NoBuffers);
            }
            fsleep(BUFFER_INTERVAL);
        }
        Ok(())
    }

    fn max_frame(&self) -> Result<u16, DownloadError> {
        Ok(u16::from_le_bytes([
            self.register(REG_MAX_FRAME_LOW)?,
            self.register(REG_MAX_FRAME_HIGH)?,
        ]))
    }

    fn register(&self, address: u32) -> Result<u8, DownloadError> {
        self.chip
            .on_bus(self.func, |bus| bus.read(address))
            .map_err(DownloadError::Broken)
    }

    /// Sends a frame and checks the reply to it.
    fn exchange(&mut self, frame: Frame<'_>) -> Result<(), DownloadError> {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        self.chip.exclusively(self.func, |bus, link| {
            let len = frame
                .encode(sequence, &mut link.transmit)
                .map_err(|_| DownloadError::TooLong)?;
            let transfer = Transfer::download_write(len).map_err(|_| DownloadError::TooLong)?;
            link.usable().map_err(DownloadError::Broken)?;
            link.announced = None;
            bus.transmit(transfer, &link.transmit)
                .map_err(|error| DownloadError::Broken(Fault::Bus(error)))
        })?;

        let frame = frame.name();
        let taken = self.announced(|bytes, len| match bytes {
            Some(reply) => check_reply(sequence, reply),
            None => Err(ReplyError::Announced { len }),
        });
        let checked = match taken.map_err(DownloadError::Broken)? {
            Some(checked) => checked,
            None => return Err(DownloadError::NoReply { frame }),
        };
        if self.lost_interrupts > LOST_INTERRUPTS {
            return Err(DownloadError::NoInterrupts);
        }
        checked.map_err(|error| DownloadError::Reply { frame, error })
    }

    /// Waits for the chip to announce bytes and takes them: `None` when it does not announce any.
    /// `take` gets the bytes, if the receiver read them, and the number announced.
    fn announced<T>(
        &mut self,
        mut take: impl FnMut(Option<&[u8]>, usize) -> T,
    ) -> Result<Option<T>, Fault> {
        let waited = self.chip.wait(self.func, REPLY_LIMIT, |link| {
            if let Some(announced) = link.announced.take() {
                let len = usize::from(announced.len);
                let bytes = link.receive.get(..len).filter(|_| announced.read);
                return Some(Ok(take(bytes, len)));
            }
            link.usable().err().map(Err)
        });
        match waited {
            Waited::Done(taken) => taken.map(Some),
            Waited::Polled(taken) => {
                self.lost_interrupts = self.lost_interrupts.saturating_add(1);
                taken.map(Some)
            }
            Waited::TimedOut => Ok(None),
        }
    }
}

fn no_memory<E: Into<Error>>(error: E) -> Failure {
    Failure::Kernel {
        what: "allocation of the DPD calibration",
        error: error.into(),
    }
}
