// SPDX-License-Identifier: GPL-2.0-only
//! The rules of the protocol that a host can break.
//!
//! The chip checks all of them, always. A breach is recorded and named; the chip then goes on as
//! well as it can, so that one run shows every breach and not only the first.

use std::fmt;
use std::time::Duration;

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $section:literal;)+) => {
        /// A rule of the protocol page that binds the host.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Name, as printed after `breach`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Section of the protocol page that states the rule.
            pub const fn section(self) -> &'static str {
                match self { $(Self::$variant => $section,)+ }
            }

            /// What the rule asks for.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

rules! {
    /// Function 1 is used only after it has been enabled and reports ready.
    FunctionDisabled = "function-disabled", "1.1";
    /// There is no function above 1.
    FunctionNumber = "function-number", "1.1";
    /// The block size of function 1 is 512.
    BlockSize = "block-size", "1.1";
    /// Only the registers of the map are touched.
    RegisterUnknown = "register-unknown", "1.2";
    /// A read-only register is not written, a write-only one not read.
    RegisterDirection = "register-direction", "1.2";
    /// The op-code bit of CMD53 is always 1.
    OpCode = "op-code", "1.3";
    /// The length in the address field and the count of CMD53 agree.
    TransferLength = "transfer-length", "1.3";
    /// Up to 512 bytes go in byte mode, more in block mode, messages always in block mode.
    TransferMode = "transfer-mode", "1.3";
    /// The data toggle is 0 in the download phase.
    DownloadToggle = "download-toggle", "2.9";
    /// The type of a download frame is INFO, DATA, END or RUN.
    FrameType = "frame-type", "2.3";
    /// The length of a download frame fits its type and its transfer.
    FrameLength = "frame-length", "2.3";
    /// Sequence numbers start at 0 with every INFO and count each frame.
    FrameSequence = "frame-sequence", "2.3";
    /// Bytes after a short download frame are zero (W-7).
    FramePadding = "frame-padding", "9.1";
    /// DATA and END follow an INFO, RUN follows an END.
    FrameOrder = "frame-order", "2.5";
    /// DATA continues at the address where the data before ended.
    DataAddress = "data-address", "2.5";
    /// The data are as many bytes as INFO announced.
    DataTotal = "data-total", "2.5";
    /// The CRC of END is that of the data.
    DataCrc = "data-crc", "2.5";
    /// RUN jumps to the load address of the image.
    RunAddress = "run-address", "2.5";
    /// A memory block or image that was begun is finished.
    DownloadAbandoned = "download-abandoned", "2.5";
    /// No frame is written while the downloader has no free buffer (W-10).
    BufferCount = "buffer-count", "2.4";
    /// A frame is no longer than the downloader's maximum (W-11).
    MaxFrame = "max-frame", "2.5";
    /// A reply or block that waits is read before the next frame is written.
    ReplyUnread = "reply-unread", "2.4";
    /// A read in the download phase takes exactly the announced bytes (W-12).
    ReadLength = "read-length", "2.4";
    /// Nothing is read where nothing was announced.
    NothingToRead = "nothing-to-read", "2.4";
    /// Both set-up registers are written, with their values, before an image is started.
    SetupRegisters = "setup-registers", "2.6";
    /// The factory block has its address, length, magic, version and CRC.
    FactoryBlock = "factory-block", "2.8";
    /// A calibration block that the host keeps is sent whole and with its CRC.
    DpdBlock = "dpd-block", "2.7";
    /// The boot image runs first, the Wi-Fi image after the calibration.
    ImageOrder = "image-order", "2.6";
    /// After the main image has started there is no download.
    DownloadState = "download-state", "10.1";
    /// Bit 0 of the doorbell is set.
    DoorbellRing = "doorbell-ring", "1.2.2";
    /// A doorbell carries exactly one command.
    DoorbellCommand = "doorbell-command", "1.2.2";
    /// A doorbell waits for the MCU to be ready.
    DoorbellReady = "doorbell-ready", "1.7.1";
    /// Messages are sent only while Wi-Fi is active.
    WifiInactive = "wifi-inactive", "10.1";
    /// The first message waits for the startup indication.
    BeforeStartup = "before-startup", "4.3";
    /// Messages are sent only while the MCU is awake.
    McuAsleep = "mcu-asleep", "1.8.2";
    /// A sleeping MCU is accessed only while the wake line is asserted.
    WakeLine = "wake-line", "1.8.2";
    /// The data toggle of a write alternates; only a failed write is repeated.
    TxToggle = "tx-toggle", "1.3.1";
    /// A write is 1 to 16 slots of the size of its code.
    SlotTotal = "slot-total", "1.6.3";
    /// A message is in the smallest slot that holds it.
    SlotCode = "slot-code", "1.6.3";
    /// A message has a header and fits its slot with four bytes to spare (W-5).
    MessageLength = "message-length", "1.6.3";
    /// The rest of a slot is zero (W-4, W-7).
    SlotPadding = "slot-padding", "9.1";
    /// A message of the MCU class travels alone.
    McuAlone = "mcu-alone", "1.6.3";
    /// Sequence numbers count modulo 8, for each class.
    Sequence = "sequence", "3.1.1";
    /// There are no more unconfirmed messages than the chip has buffers.
    Credit = "credit", "1.6.4";
    /// Data frames leave one buffer for a command.
    CreditReserve = "credit-reserve", "1.6.4";
    /// A command waits for the confirm of the one before.
    CommandOverlap = "command-overlap", "3.2";
    /// A message of the host is a request or of the MCU class, bit 12 of its id is 0.
    MessageClass = "message-class", "3.1";
    /// The interface id is 0, 1 or 2, and 0 for the MCU class.
    InterfaceId = "interface-id", "3.1";
    /// The request is one of the overview.
    RequestUnknown = "request-unknown", "3.3.1";
    /// The body of a request has the length of its kind.
    RequestLength = "request-length", "3.3.1";
    /// The fields of the configuration have the values that the firmware expects.
    Configuration = "configuration", "3.3.4";
    /// The configuration precedes scan, join, start and data.
    NotConfigured = "not-configured", "4.3";
    /// The MIB exists, in the direction used.
    MibUnknown = "mib-unknown", "3.8";
    /// The value of a MIB has its size, and the size field says so.
    MibSize = "mib-size", "3.8";
    /// The value of a MIB is one that it can have.
    MibValue = "mib-value", "3.8";
    /// A template has a known type, its length, and a whole header.
    TemplateFields = "template-fields", "3.8.1";
    /// A rate retry policy has an index of the table and attempts at rates that exist.
    PolicyFields = "policy-fields", "5.3.2";
    /// BSS parameters follow a join and are possible.
    BssFields = "bss-fields", "3.3.11";
    /// Contention windows are powers of two less one, the least no larger than the most; spaces are 1 to 15.
    EdcaFields = "edca-fields", "3.3.13";
    /// The queue is one of four, its acknowledgement policy one of two.
    QueueFields = "queue-fields", "3.3.12";
    /// A reset says 0 or 1 about statistics.
    ResetFields = "reset-fields", "3.3.6";
    /// A power mode is 0, 1 or 0x81.
    PowerFields = "power-fields", "3.3.10";
    /// A channel switch has bit 7 of its mode set, a type of 0 to 3, no count, and a channel that exists.
    ChannelFields = "channel-fields", "3.3.14";
    /// A scan has 1 to 48 channels of its band, at most two names, and times in order.
    ScanFields = "scan-fields", "3.3.5";
    /// A probe request template is written before a scan.
    ScanTemplate = "scan-template", "3.3.5";
    /// One scan at a time; while joined a background scan, forced, of one channel (F-6).
    ScanState = "scan-state", "5.13";
    /// The fields of a join are possible, and its channel is in its band.
    JoinFields = "join-fields", "3.3.7";
    /// A probe request template is written before a join.
    JoinTemplate = "join-template", "5.8";
    /// A BSS is left before the next one is joined, and no scan runs.
    JoinState = "join-state", "5.8";
    /// The radio is switched to the channel of the BSS before a join.
    JoinChannel = "join-channel", "5.8";
    /// Fields of a transmit request that the page gives one value have it.
    TransmitFields = "transmit-fields", "3.3.2";
    /// What is transmitted is a management or data frame with its whole header.
    TransmitFrame = "transmit-frame", "3.3.2";
    /// The first rate exists, and the band has it.
    TransmitRate = "transmit-rate", "3.6";
    /// The rate retry policy of a frame was written since the last reset, and has its first rate (F-5).
    RatePolicy = "rate-policy", "5.3.2";
    /// Nothing is sent during scans and channel switches, no data without a join or to another BSS.
    TransmitState = "transmit-state", "5.3";
    /// Block-ack action frames are the firmware's.
    BlockAckFrame = "block-ack-frame", "5.3";
    /// Packet ids of unconfirmed frames differ.
    PacketId = "packet-id", "5.2";
    /// A key has an entry of the table, a known type, its key id, and zeros behind it.
    KeyFields = "key-fields", "3.3.8";
    /// MIB 0x1020 says that management frames are protected before there is an IGTK.
    KeyPolicy = "key-policy", "3.3.8";
    /// A protected frame has a key, and room for IV and trailer.
    TransmitKey = "transmit-key", "3.3.2";
    /// A batch is read once; only a failed read is repeated.
    RxToggle = "rx-toggle", "1.3.1";
    /// A batch is read whole: as many bytes as register 0x001 announced.
    RxLength = "rx-length", "1.5.1";
    /// Nothing is read while register 0x001 announces nothing.
    RxNothing = "rx-nothing", "1.5.1";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule that the host has broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// What the host did instead.
    pub detail: String,
    /// When, since the chip was made.
    pub at: Duration,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "breach {}: {} (section {}: {})",
            self.rule,
            self.detail,
            self.rule.section(),
            self.rule.text().trim().trim_end_matches('.')
        )
    }
}
