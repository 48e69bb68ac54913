// SPDX-License-Identifier: GPL-2.0-only
//! Block-ack sessions, which the firmware negotiates by itself (5.7; 802.11, 10.25, 11.5).

use std::time::Duration;

use crate::air::Address;
use crate::bytes::{Builder, Reader};
use crate::firmware::frame::{Frame, control, management};
use crate::firmware::transmit::Own;
use crate::firmware::{Env, Firmware};
use crate::wsm::mib;

/// Category of block-ack action frames.
pub(crate) const CATEGORY: u8 = 3;
const ADDBA_REQUEST: u8 = 0;
const ADDBA_RESPONSE: u8 = 1;
const DELBA: u8 = 2;

/// The request is declined (802.11, table 9-78).
const DECLINED: u16 = 37;
/// The station leaves the session (802.11, table 9-77).
const LEAVING: u16 = 36;
/// Most frames of a session.
const MAX_BUFFER: u16 = 64;
/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(1);
/// How long an access point that has declined is left alone.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of an A-MPDU (3.9: 32 K).
pub(crate) const MAX_AMPDU: usize = 32_767;

/// State of the session of a traffic identifier, for frames to the access point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Session {
    #[default]
    Closed,
    Asked {
        token: u8,
        until: Duration,
    },
    Open {
        buffer: u16,
    },
    /// Not again before.
    Refused {
        until: Duration,
    },
}

/// The sessions of a BSS.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    transmit: [Session; 8],
    token: u8,
}

impl Sessions {
    /// Frames that an A-MPDU of the traffic identifier may have; 0 without a session.
    pub(crate) fn aggregate(&self, tid: u8) -> usize {
        match self.transmit.get(usize::from(tid)) {
            Some(Session::Open { buffer }) => usize::from(*buffer),
            _ => 0,
        }
    }
}

/// A management frame to the access point.
fn action(bssid: Address, own: Address, body: Builder) -> Vec<u8> {
    Builder::new()
        .u16(control::ACTION)
        .u16(0)
        .bytes(&bssid.0)
        .bytes(&own.0)
        .bytes(&bssid.0)
        .u16(0)
        .bytes(&body.build())
        .build()
}

/// Whether the frame is an action frame about block-ack sessions, in plain text.
pub(crate) fn concerns(frame: Frame<'_>, body: &[u8]) -> bool {
    frame.is_management(management::ACTION) && body.first() == Some(&CATEGORY)
}

impl Firmware {
    /// MIB 0x100E: traffic identifiers with sessions, of what is sent and of what is received.
    fn block_ack_masks(&self) -> (u8, u8) {
        let interface = self.bss.as_ref().map_or(0, |bss| bss.interface);
        let value = self.mibs.get(interface, mib::BLOCK_ACK_POLICY);
        let at = |offset: usize| value.get(offset).copied().unwrap_or(0);
        (at(0), at(2))
    }

    /// Queues an action frame, protected like all robust management frames once there is PMF.
    fn send_action(&mut self, body: Builder) {
        let Some(bss) = &self.bss else { return };
        let (bssid, interface) = (bss.bssid, bss.interface);
        let mut frame = action(bssid, self.mac, body);
        let policy = self.mibs.get(interface, mib::PROTECTED_MANAGEMENT);
        let protects = policy.first().is_some_and(|bits| bits & 1 != 0);
        if protects && let Some(sealed) = self.keys.protect_own(bssid, &frame) {
            frame = sealed;
        }
        let attempts = self.own_attempts();
        self.queues.push_own(frame, attempts, Own::Plain);
    }

    /// An action frame about sessions has come from the access point. The host gets it as well.
    pub(crate) fn block_ack_action(&mut self, body: &[u8], env: &Env<'_>) {
        let mut reader = Reader::new(body);
        let (_, action) = (reader.u8(), reader.u8());
        match action {
            Some(ADDBA_REQUEST) => self.asked_for_session(reader),
            Some(ADDBA_RESPONSE) => self.session_answered(reader, env.journal.now),
            Some(DELBA) => {
                let parameters = reader.u16().unwrap_or(0);
                // Bit 11: sent by the originator, whose session is not ours to close.
                if parameters & 1 << 11 == 0 {
                    self.close_session(parameters >> 12, env.journal.now);
                }
            }
            _ => {}
        }
    }

    fn asked_for_session(&mut self, mut reader: Reader<'_>) {
        let (Some(token), Some(parameters), Some(timeout)) =
            (reader.u8(), reader.u16(), reader.u16())
        else {
            return;
        };
        let tid = parameters >> 2 & 0xF;
        let (_, mask) = self.block_ack_masks();
        let accepted = tid < 8 && mask >> tid & 1 != 0 && parameters & 2 != 0;
        let wanted = parameters >> 6;
        let buffer = if wanted == 0 {
            MAX_BUFFER
        } else {
            wanted.min(MAX_BUFFER)
        };
        let status = if accepted { 0 } else { DECLINED };
        let body = Builder::new()
            .u8(CATEGORY)
            .u8(ADDBA_RESPONSE)
            .u8(token)
            .u16(status)
            .u16(parameters & 0x3E | buffer << 6)
            .u16(timeout);
        self.send_action(body);
    }

    fn session_answered(&mut self, mut reader: Reader<'_>, now: Duration) {
        let (Some(token), Some(status), Some(parameters)) =
            (reader.u8(), reader.u16(), reader.u16())
        else {
            return;
        };
        let tid = usize::from(parameters >> 2 & 0xF);
        let Some(session) = self.block_ack.transmit.get_mut(tid) else {
            return;
        };
        if !matches!(session, Session::Asked { token: asked, .. } if *asked == token) {
            return;
        }
        let buffer = parameters >> 6;
        *session = if status == 0 {
            let buffer = if buffer == 0 { MAX_BUFFER } else { buffer };
            Session::Open {
                buffer: buffer.min(MAX_BUFFER),
            }
        } else {
            Session::Refused {
                until: now.saturating_add(PATIENCE),
            }
        };
    }

    fn close_session(&mut self, tid: u16, now: Duration) {
        if let Some(session) = self.block_ack.transmit.get_mut(usize::from(tid)) {
            *session = Session::Refused {
                until: now.saturating_add(PATIENCE),
            };
        }
    }

    /// A frame of that traffic identifier goes out: asks for a session behind it, if the host allows and the
    /// access point is one of high throughput.
    pub(crate) fn want_session(&mut self, frame: Frame<'_>, now: Duration) {
        let Some(tid) = frame.tid().filter(|tid| *tid < 8) else {
            return;
        };
        let (mask, _) = self.block_ack_masks();
        let capable = self
            .bss
            .as_ref()
            .is_some_and(|bss| bss.is_associated() && bss.parameters.ht_rates != 0);
        if !capable || mask >> tid & 1 == 0 {
            return;
        }
        let Some(session) = self.block_ack.transmit.get_mut(usize::from(tid)) else {
            return;
        };
        match *session {
            Session::Open { .. } => return,
            Session::Asked { until, .. } | Session::Refused { until } if until > now => return,
            Session::Closed | Session::Asked { .. } | Session::Refused { .. } => {}
        }
        self.block_ack.token = self.block_ack.token.wrapping_add(1);
        let token = self.block_ack.token;
        *session = Session::Asked {
            token,
            until: now.saturating_add(ANSWER_TIME),
        };
        let start = (frame.sequence_control() >> 4).wrapping_add(1) & 0x0FFF;
        let body = Builder::new()
            .u8(CATEGORY)
            .u8(ADDBA_REQUEST)
            .u8(token)
            .u16(1 << 1 | u16::from(tid) << 2 | MAX_BUFFER << 6)
            .u16(0)
            .u16(start << 4);
        self.send_action(body);
    }

    /// MIB 0x100E was written: sessions that are no longer wanted end.
    pub(crate) fn block_ack_policy_changed(&mut self) {
        let (mask, _) = self.block_ack_masks();
        for tid in 0..8_u16 {
            let Some(session) = self.block_ack.transmit.get_mut(usize::from(tid)) else {
                continue;
            };
            if mask >> tid & 1 == 0
                && matches!(
                    std::mem::take(session),
                    Session::Open { .. } | Session::Asked { .. }
                )
            {
                let body = Builder::new()
                    .u8(CATEGORY)
                    .u8(DELBA)
                    .u16(1 << 11 | tid << 12)
                    .u16(LEAVING);
                self.send_action(body);
            }
        }
    }
}
