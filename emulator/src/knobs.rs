// SPDX-License-Identifier: GPL-2.0-only
//! What nobody outside the chip's maker knows for certain, as settings.
//!
//! Each knob is a statement of the protocol page that is marked unverified (appendix E, 10.5, or
//! where the knob says). The default is what the page holds to be likely. A driver must work at
//! every setting.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What ends the chip's interrupt (1.4, appendix E).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IrqClear {
    /// Reading register 0x001.
    ReadCount,
    /// Reading the data; the line stays up as long as something is pending.
    ReadData,
}

/// When the chip's toggles and sequence numbers return to 0 (1.3.1, appendix E).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToggleReset {
    /// When Wi-Fi becomes active.
    WifiActive,
    /// When Wi-Fi is deactivated, and when the main image starts.
    WifiDeactive,
}

/// What the chip does with accesses between `MCU_DEACTIVE` and waking (1.8.2, 10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sleep {
    /// It answers all the same.
    Answer,
    /// CMD52 and CMD53 of function 1 fail until `wake_attempts` accesses have failed. With the
    /// wake line connected, the line alone decides, whatever this knob says.
    Refuse,
}

/// Unit of the times of a scan (3.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnit {
    /// 1024 us.
    Tu,
    /// 1 ms.
    Ms,
}

impl TimeUnit {
    /// So many units.
    pub(crate) fn time(self, count: u32) -> Duration {
        let unit = match self {
            Self::Tu => Duration::from_micros(1024),
            Self::Ms => Duration::from_millis(1),
        };
        unit.saturating_mul(count)
    }
}

/// Who numbers the frames that the host sends (3.3.2, appendix E).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SequenceOwner {
    /// The number in the header goes on the air.
    Host,
    /// The firmware counts for itself, for each traffic identifier.
    Firmware,
}

/// What is left of the protection of a frame that was decrypted (3.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiveIv {
    /// Nothing: IV, ICV and MIC are removed.
    Removed,
    /// All of it.
    Present,
}

/// After which power modes 0x0809 comes (9.4, F-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PmIndication {
    /// After each.
    Always,
    /// Not after legacy power save, mode 1.
    NotLegacy,
    /// After none.
    Never,
}

/// Section `[knobs]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// What ends the interrupt: `read-count` or `read-data`.
    pub irq_clear: IrqClear,
    /// When toggles and sequence numbers restart: `wifi-active` or `wifi-deactive`.
    pub toggle_reset: ToggleReset,
    /// Whether confirms carry the interface id of their request.
    pub echo_interface: bool,
    /// Host-to-chip buffers in the startup indication: the credits.
    pub input_buffers: u16,
    /// Bytes of such a buffer, in the startup indication.
    pub input_buffer_size: u16,
    /// Register 0x108.
    pub download_buffers: u8,
    /// Registers 0x109 and 0x10A: largest download frame.
    pub download_max_frame: u16,
    /// Whether the two writes of 2.6 must precede an image. Their meaning is unknown.
    pub need_setup_registers: bool,
    /// Milliseconds from RUN of the boot image to the calibration block.
    pub dpd_delay_ms: u32,
    /// Milliseconds from RUN of the main image to `MCU_READY`.
    pub mcu_delay_ms: u32,
    /// Whether `MCU_WAKEUP_READY` is set when the main image has started (10.1: "may be 0 or 1").
    pub awake_at_start: bool,
    /// Milliseconds from `MCU_ACTIVE` and `MCU_DEACTIVE` to their bit.
    pub mcu_wake_delay_ms: u32,
    /// Milliseconds from `WIFI_ACTIVE` and `WIFI_DEACTIVE` to their bit.
    pub wifi_delay_ms: u32,
    /// Milliseconds from `WIFI_READY` to the startup indication.
    pub startup_delay_ms: u32,
    /// Milliseconds from `BT_ACTIVE` and `BT_DEACTIVE` to their bit.
    pub bt_delay_ms: u32,
    /// Microseconds from a request to its confirm.
    pub confirm_delay_us: u32,
    /// Microseconds from a download frame to its reply.
    pub reply_delay_us: u32,
    /// How accesses end while the MCU sleeps: `answer` or `refuse`.
    pub sleep: Sleep,
    /// Failing accesses after which a sleeping MCU wakes without a wake line, with `refuse`.
    pub wake_attempts: u32,
    /// Errno of an access that a sleeping MCU refuses: 110, 16 or 84.
    pub asleep_errno: i64,
    /// Whether the file of `--wake-line` says 0 when the line is asserted (1.8.1: the polarity is
    /// unverified).
    pub wake_line_active_low: bool,
    /// Whether switching the slot's power off puts the chip back into its ROM.
    pub power_off_resets: bool,
    /// Whether the SDIO reset (`RES` in the I/O abort register) puts the chip back into its ROM.
    pub io_reset_resets: bool,
    /// Whether transmit confirms come as 0x041E once MIB 0x1024 asks for them.
    pub multi_confirm: bool,
    /// Microseconds for which the outcomes of frames are gathered into one 0x041E.
    pub multi_confirm_us: u32,
    /// Unit of the times of a scan: `tu` or `ms`.
    pub scan_time_unit: TimeUnit,
    /// Whether a scan of several channels in the 5 GHz band is accepted; the field's firmware refuses it with status 2.
    pub scan_5ghz_sweep: bool,
    /// Milliseconds that a join waits for a beacon or probe response.
    pub join_timeout_ms: u32,
    /// Microseconds from the confirm of a channel switch to its indication.
    pub channel_switch_us: u32,
    /// Who numbers the host's frames: `host` or `firmware`.
    pub sequence_owner: SequenceOwner,
    /// IV, ICV and MIC of decrypted frames are `removed`, or `present`.
    pub receive_iv: ReceiveIv,
    /// Whether the firmware drops frames whose packet number it has seen (W-33).
    pub replay_check: bool,
    /// Whether management frames are sent on the air before a join (5.3).
    pub unjoined_frames: bool,
    /// Time units that a frame may wait if the host does not say otherwise.
    pub transmit_lifetime_tu: u32,
    /// When 0x0809 comes: `always`, `not-legacy` or `never`.
    pub pm_indication: PmIndication,
    /// Receive indications that the chip can keep for a host that does not read.
    pub receive_buffers: u16,
    /// Value of the 16 bytes in a receive indication whose meaning is unknown.
    pub receive_fill: u8,
    /// Whether bytes behind a message or a short frame must be zero (W-4, W-7).
    pub check_padding: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            irq_clear: IrqClear::ReadCount,
            toggle_reset: ToggleReset::WifiActive,
            echo_interface: true,
            input_buffers: 30,
            input_buffer_size: 1632,
            download_buffers: 1,
            download_max_frame: 4096,
            need_setup_registers: true,
            dpd_delay_ms: 200,
            mcu_delay_ms: 20,
            awake_at_start: true,
            mcu_wake_delay_ms: 1,
            wifi_delay_ms: 5,
            startup_delay_ms: 5,
            bt_delay_ms: 5,
            confirm_delay_us: 0,
            reply_delay_us: 0,
            sleep: Sleep::Answer,
            wake_attempts: 3,
            asleep_errno: 110,
            wake_line_active_low: false,
            power_off_resets: true,
            io_reset_resets: false,
            multi_confirm: true,
            multi_confirm_us: 0,
            scan_time_unit: TimeUnit::Tu,
            scan_5ghz_sweep: false,
            join_timeout_ms: 500,
            channel_switch_us: 0,
            sequence_owner: SequenceOwner::Host,
            receive_iv: ReceiveIv::Removed,
            replay_check: true,
            unjoined_frames: true,
            transmit_lifetime_tu: 1000,
            pm_indication: PmIndication::Always,
            receive_buffers: 128,
            receive_fill: 0,
            check_padding: true,
        }
    }
}
