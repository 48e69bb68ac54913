// SPDX-License-Identifier: GPL-2.0-only
//! The key table (3.3.8, 3.3.9), and what is encrypted and decrypted with it.

use crate::air::Address;
use crate::breach::Rule;
use crate::bytes::Reader;
use crate::crypto::replay::{ReplayCounters, ReplayWindow};
use crate::crypto::{CryptoError, Mpdu, Opened, bip, ccmp, tkip, wep};
use crate::fault::Fault;
use crate::firmware::counters::{Counters, count};
use crate::firmware::frame::{Frame, Kind, control};
use crate::firmware::{Env, Firmware, confirm, receive::flag, status};
use crate::knobs::ReceiveIv;
use crate::wsm::mib;
use crate::wsm::slots::Received;

/// Entries of the table.
const ENTRIES: usize = 11;
/// Frames that may arrive out of order within a block-ack session, before the host has reordered them.
const REORDERED: u32 = 63;
/// Bit 0 of MIB 0x1020: management frames are protected.
const PMF_ENABLED: u8 = 1;

/// What a key is for.
#[derive(Clone, Debug)]
enum Material {
    Wep(wep::Key),
    Tkip(tkip::Key),
    Ccmp(ccmp::Key),
    Bip(bip::Key, ReplayWindow),
    /// WAPI is stored and nothing more.
    Wapi,
}

/// An entry of the table.
#[derive(Clone, Debug)]
struct Key {
    material: Material,
    /// The peer of a pairwise key.
    peer: Option<Address>,
    key_id: u8,
    /// The last packet number that was sent.
    sent: u64,
    replay: ReplayCounters,
}

impl Key {
    /// Bytes that the host reserves before and behind the body (3.3.2, 5.3).
    const fn reserved(&self) -> (usize, usize) {
        match self.material {
            Material::Wep(_) => (4, 4),
            Material::Tkip(_) => (8, 12),
            Material::Ccmp(_) => (8, 8),
            Material::Wapi => (18, 16),
            Material::Bip(..) => (0, 0),
        }
    }

    /// Value of the encryption field of a receive indication (3.5.2).
    const fn encryption(&self) -> u32 {
        match self.material {
            Material::Wep(_) => 1,
            Material::Tkip(_) => 2,
            Material::Ccmp(_) => 3,
            Material::Wapi => 4,
            Material::Bip(..) => 0,
        }
    }

    /// Reads the body of 0x000C.
    fn parse(body: &[u8]) -> Result<(usize, Self), String> {
        let short = || "the body is cut off".to_owned();
        let mut reader = Reader::new(body);
        let kind = reader.u8().ok_or_else(short)?;
        let index = reader.u8().ok_or_else(short)?;
        let zero = reader.u16().ok_or_else(short)?;
        if usize::from(index) >= ENTRIES || zero != 0 {
            return Err(format!("entry {index}"));
        }
        let mut fields = Fields(reader);
        let mut peer = None;
        let mut key_id = 0;
        let mut start = 0;
        let material = match kind {
            0 => {
                key_id = fields.u8()?;
                let length = fields.u8()?;
                fields.take::<2>()?;
                Material::Wep(fields.wep(length)?)
            }
            1 => {
                peer = Some(fields.peer()?);
                fields.u8()?;
                let length = fields.u8()?;
                Material::Wep(fields.wep(length)?)
            }
            2 => {
                let key = fields.take()?;
                let mic = fields.take()?;
                key_id = fields.u8()?;
                fields.take::<3>()?;
                start = u64::from_le_bytes(fields.take()?);
                // What a station sends to groups goes to its access point, under the pairwise key.
                Material::Tkip(tkip::Key::new(key, [0; 8], mic))
            }
            3 => {
                peer = Some(fields.peer()?);
                fields.take::<2>()?;
                let key = fields.take()?;
                let (receive, send) = (fields.take()?, fields.take()?);
                Material::Tkip(tkip::Key::new(key, send, receive))
            }
            4 => {
                let key = fields.take()?;
                key_id = fields.u8()?;
                fields.take::<3>()?;
                start = u64::from_le_bytes(fields.take()?);
                Material::Ccmp(ccmp::Key::new(&key))
            }
            5 => {
                peer = Some(fields.peer()?);
                fields.take::<2>()?;
                Material::Ccmp(ccmp::Key::new(&fields.take()?))
            }
            6 => {
                fields.take::<32>()?;
                key_id = fields.u8()?;
                fields.take::<3>()?;
                Material::Wapi
            }
            7 => {
                peer = Some(fields.peer()?);
                key_id = fields.u8()?;
                fields.take::<33>()?;
                Material::Wapi
            }
            8 => {
                let key = fields.take()?;
                key_id = fields.u8()?;
                fields.take::<3>()?;
                start = u64::from_le_bytes(fields.take()?);
                Material::Bip(bip::Key::new(&key), ReplayWindow::new(start, 0))
            }
            _ => return Err(format!("key type {kind}")),
        };
        let ids = if kind == 8 { 4..=5 } else { 0..=3 };
        if !ids.contains(&key_id) {
            return Err(format!("key id {key_id} of key type {kind}"));
        }
        if fields.0.rest().iter().any(|byte| *byte != 0) {
            return Err("the unused tail is not zero".to_owned());
        }
        let key = Self {
            material,
            peer,
            key_id,
            sent: 0,
            replay: ReplayCounters::new(start, REORDERED),
        };
        Ok((usize::from(index), key))
    }

    /// Encrypts a frame of the host, which has room for IV and trailer in it.
    fn seal(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let header = Frame::new(bytes)?.header_len();
        let (before, behind) = self.reserved();
        let (header, body) = bytes.split_at_checked(header)?;
        let end = body.len().checked_sub(behind)?;
        let mut plain = header.to_vec();
        plain.extend_from_slice(body.get(before..end)?);
        self.protect(&plain)
    }

    /// Encrypts a plain frame with the next packet number.
    fn protect(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        self.sent = self.sent.wrapping_add(1);
        let sealed = match &self.material {
            Material::Wep(key) => {
                let [a, b, c, ..] = self.sent.to_le_bytes();
                key.protect(u32::from_le_bytes([a, b, c, 0]), self.key_id, plain)
            }
            Material::Tkip(key) => key.protect(self.sent, self.key_id, plain),
            Material::Ccmp(key) => key.protect(self.sent, self.key_id, plain),
            Material::Wapi | Material::Bip(..) => return None,
        };
        sealed.ok()
    }

    fn open(&self, bytes: &[u8]) -> Result<Opened, CryptoError> {
        match &self.material {
            Material::Wep(key) => key.open(bytes),
            Material::Tkip(key) => key.open(bytes),
            Material::Ccmp(key) => key.open(bytes),
            Material::Wapi | Material::Bip(..) => Err(CryptoError::NotProtected),
        }
    }
}

/// Fields of the union in 0x000C.
struct Fields<'a>(Reader<'a>);

impl Fields<'_> {
    fn u8(&mut self) -> Result<u8, String> {
        self.0.u8().ok_or_else(|| "the body is cut off".to_owned())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.0.take(N).and_then(|bytes| bytes.first_chunk());
        bytes
            .copied()
            .ok_or_else(|| "the body is cut off".to_owned())
    }

    fn peer(&mut self) -> Result<Address, String> {
        let peer = Address(self.take()?);
        if peer.is_group() {
            return Err(format!("a pairwise key for {peer}"));
        }
        Ok(peer)
    }

    fn wep(&mut self, length: u8) -> Result<wep::Key, String> {
        let bytes: [u8; 16] = self.take()?;
        bytes
            .get(..usize::from(length))
            .and_then(wep::Key::new)
            .ok_or_else(|| format!("a WEP key of {length} bytes"))
    }
}

/// How a received frame goes on after the keys have seen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It needs no key.
    Plain,
    /// It was decrypted: flags of the indication, and the frame.
    Opened { flags: u32, bytes: Vec<u8> },
    /// It could not be decrypted; the frame goes to the host as it is, with that status.
    Failed(u32),
    /// It was there before.
    Replayed,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    entries: [Option<Key>; ENTRIES],
}

impl Keys {
    fn find(&mut self, wanted: impl Fn(&Key) -> bool) -> Option<&mut Key> {
        self.entries.iter_mut().flatten().find(|key| wanted(key))
    }

    /// The key of frames between the station and that peer; `default_id` is that of WEP.
    fn pairwise(&mut self, peer: Address, default_id: u8) -> Option<&mut Key> {
        let is_default = |key: &Key| {
            key.peer.is_none()
                && key.key_id == default_id
                && matches!(key.material, Material::Wep(_))
        };
        if self.has_pairwise(peer) {
            self.find(|key| key.peer == Some(peer))
        } else {
            self.find(is_default)
        }
    }

    /// Whether there is a key of the peer alone.
    pub(crate) fn has_pairwise(&self, peer: Address) -> bool {
        self.entries
            .iter()
            .flatten()
            .any(|key| key.peer == Some(peer))
    }

    /// Whether a protected frame has a key, and room for IV and trailer.
    pub(crate) fn can_seal(&mut self, frame: Frame<'_>, default_id: u8) -> bool {
        let room = frame.body().len();
        self.pairwise(frame.address1(), default_id)
            .is_some_and(|key| {
                let (before, behind) = key.reserved();
                room >= before.saturating_add(behind)
            })
    }

    /// Encrypts a frame of the host, if it says that it is protected; `None` if there is no key or no room.
    pub(crate) fn seal(&mut self, bytes: Vec<u8>, default_id: u8) -> Option<Vec<u8>> {
        let frame = Frame::new(&bytes)?;
        if !frame.has(control::PROTECTED) {
            return Some(bytes);
        }
        self.pairwise(frame.address1(), default_id)?.seal(&bytes)
    }

    /// Encrypts a frame of the firmware's own for that peer.
    pub(crate) fn protect_own(&mut self, peer: Address, plain: &[u8]) -> Option<Vec<u8>> {
        self.find(|key| key.peer == Some(peer))?.protect(plain)
    }

    /// Decrypts a received frame.
    pub(crate) fn open(
        &mut self,
        bytes: &[u8],
        iv: ReceiveIv,
        check_replay: bool,
        counters: &mut Counters,
    ) -> Verdict {
        let Some(frame) = Frame::new(bytes) else {
            return Verdict::Plain;
        };
        if !frame.has(control::PROTECTED) {
            return self.verify(frame, bytes, counters);
        }
        let id = frame.body().get(3).map_or(0, |byte| byte >> 6);
        let is_group = frame.address1().is_group();
        let key = if is_group {
            self.find(|key| {
                key.peer.is_none() && key.key_id == id && !matches!(key.material, Material::Bip(..))
            })
        } else {
            self.pairwise(frame.address2(), id)
        };
        let Some(key) = key else {
            count(&mut counters.rx_no_key);
            return Verdict::Failed(status::NO_KEY);
        };
        let opened = match key.open(bytes) {
            Ok(opened) => opened,
            Err(CryptoError::Michael) => {
                count(&mut counters.rx_mic_failures);
                return Verdict::Failed(status::MIC_FAILURE);
            }
            Err(_) => {
                count(&mut counters.rx_decrypt_failures);
                return Verdict::Failed(status::DECRYPT_FAILURE);
            }
        };
        let has_numbers = matches!(key.material, Material::Tkip(_) | Material::Ccmp(_));
        if check_replay
            && has_numbers
            && let Ok(mpdu) = Mpdu::parse(bytes)
            && !key.replay.accept(&mpdu, opened.packet_number)
        {
            let counter = if frame.kind() == Kind::Management {
                &mut counters.rx_ccmp_replays
            } else {
                &mut counters.rx_duplicates
            };
            count(counter);
            return Verdict::Replayed;
        }
        let (kind, bytes) = match iv {
            ReceiveIv::Removed => (flag::DECRYPTED_AND_REMOVED, opened.stripped(bytes)),
            ReceiveIv::Present => (key.encryption(), opened.in_place(bytes)),
        };
        let group = if is_group { flag::GROUP_KEY } else { 0 };
        let flags = kind | group | u32::from(id) << flag::KEY_INDEX_SHIFT;
        Verdict::Opened { flags, bytes }
    }

    /// A group management frame with a code of BIP is checked, and goes to the host with it.
    fn verify(&mut self, frame: Frame<'_>, bytes: &[u8], counters: &mut Counters) -> Verdict {
        if frame.kind() != Kind::Management || !frame.address1().is_group() {
            return Verdict::Plain;
        }
        for key in self.entries.iter_mut().flatten() {
            let Material::Bip(bip, window) = &mut key.material else {
                continue;
            };
            match bip.verify(bytes) {
                Ok(verified) if verified.key_id != u16::from(key.key_id) => {}
                Ok(verified) if window.accept(verified.packet_number) => return Verdict::Plain,
                Ok(_) => {
                    count(&mut counters.rx_cmac_replays);
                    return Verdict::Replayed;
                }
                // Of another key, as far as one can tell.
                Err(CryptoError::Integrity) => {
                    count(&mut counters.rx_cmac_icv_errors);
                    return Verdict::Replayed;
                }
                Err(_) => return Verdict::Plain,
            }
        }
        Verdict::Plain
    }
}

impl Firmware {
    /// Key id of WEP, for frames of the host (MIB 0x0005).
    pub(crate) fn default_key_id(&self) -> u8 {
        let interface = self.bss.as_ref().map_or(0, |bss| bss.interface);
        let value = self.mibs.get(interface, mib::WEP_DEFAULT_KEY);
        value.first().copied().unwrap_or(0)
    }

    /// 0x000C.
    pub(crate) fn add_key(&mut self, message: &Received, env: &mut Env<'_>) {
        let code = match Key::parse(&message.body) {
            Ok((index, key)) => {
                let interface = message.id.interface();
                let policy = self.mibs.get(interface, mib::PROTECTED_MANAGEMENT);
                let is_bip = matches!(key.material, Material::Bip(..));
                if is_bip && policy.first().is_none_or(|bits| bits & PMF_ENABLED == 0) {
                    let text =
                        "an IGTK before MIB 0x1020 says that management frames are protected";
                    env.journal.breach(Rule::KeyPolicy, text);
                }
                if let Some(fault) = env.journal.fault(Fault::KeyReject) {
                    fault.value("status")
                } else {
                    if let Some(entry) = self.keys.entries.get_mut(index) {
                        *entry = Some(key);
                    }
                    status::SUCCESS
                }
            }
            Err(text) => {
                env.journal.breach(Rule::KeyFields, text);
                status::INVALID
            }
        };
        self.confirm_command(confirm::generic(message.id, code), env);
    }

    /// 0x000D. An entry that is empty stays so.
    pub(crate) fn remove_key(&mut self, message: &Received, env: &mut Env<'_>) {
        let (index, rest) = match *message.body {
            [index, a, b, c] => (usize::from(index), u32::from_le_bytes([0, a, b, c])),
            _ => (ENTRIES, 0),
        };
        let code = match self.keys.entries.get_mut(index) {
            Some(entry) if rest == 0 => {
                *entry = None;
                status::SUCCESS
            }
            _ => {
                env.journal
                    .breach(Rule::KeyFields, format!("removal of entry {index}"));
                status::INVALID
            }
        };
        self.confirm_command(confirm::generic(message.id, code), env);
    }
}

#[cfg(test)]
mod tests {
    use super::{Keys, Verdict};
    use crate::air::Address;
    use crate::crypto::ccmp;
    use crate::firmware::counters::Counters;
    use crate::firmware::status;
    use crate::knobs::ReceiveIv;

    const PEER: Address = Address([2, 0, 0, 0, 0, 7]);
    const KEY: [u8; 16] = [0x5A; 16];

    fn pairwise(index: u8) -> Vec<u8> {
        let mut body = vec![5, index, 0, 0];
        body.extend_from_slice(&PEER.0);
        body.extend_from_slice(&[0, 0]);
        body.extend_from_slice(&KEY);
        body.resize(44, 0);
        body
    }

    fn keys() -> Keys {
        let mut keys = Keys::default();
        let (index, key) = super::Key::parse(&pairwise(3)).unwrap();
        keys.entries[index] = Some(key);
        keys
    }

    /// A QoS frame from the peer.
    fn from_peer(payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x88, 0x02, 0, 0, 2, 0, 0, 0, 0, 1];
        frame.extend_from_slice(&PEER.0);
        frame.extend_from_slice(&PEER.0);
        frame.extend_from_slice(&[0, 0, 0, 0]);
        frame.extend_from_slice(payload);
        frame
    }

    #[test]
    fn a_frame_of_the_host_is_filled_in() {
        let mut frame = vec![0x88, 0x41, 0, 0];
        frame.extend_from_slice(&PEER.0);
        frame.extend_from_slice(&[2, 0, 0, 0, 0, 1]);
        frame.extend_from_slice(&PEER.0);
        frame.extend_from_slice(&[0, 0, 0, 0]);
        frame.extend_from_slice(&[0; 8]);
        frame.extend_from_slice(b"hello");
        frame.extend_from_slice(&[0xEE; 8]);
        let mut keys = keys();
        for number in 1..3 {
            let sealed = keys.seal(frame.clone(), 0).unwrap();
            assert_eq!(sealed.len(), frame.len());
            let opened = ccmp::Key::new(&KEY).open(&sealed).unwrap();
            assert_eq!(
                (opened.body(), opened.packet_number),
                (&b"hello"[..], number)
            );
        }
        frame[4] ^= 2;
        assert!(
            keys.seal(frame.clone(), 0).is_none(),
            "no key for that peer"
        );
        frame[1] = 1;
        assert_eq!(keys.seal(frame.clone(), 0), Some(frame), "not protected");
    }

    #[test]
    fn received_frames_are_opened_both_ways_and_once() {
        let plain = from_peer(b"hello");
        let sealed = ccmp::Key::new(&KEY).protect(9, 0, &plain).unwrap();
        let mut counters = Counters::default();
        for (iv, kind, length) in [
            (ReceiveIv::Removed, 7, plain.len()),
            (ReceiveIv::Present, 3, plain.len() + 16),
        ] {
            let mut keys = keys();
            let Verdict::Opened { flags, bytes } = keys.open(&sealed, iv, true, &mut counters)
            else {
                unreachable!("the key fits");
            };
            assert_eq!((flags & 7, bytes.len()), (kind, length));
            let again = keys.open(&sealed, iv, true, &mut counters);
            assert_eq!(again, Verdict::Replayed);
            let unchecked = keys.open(&sealed, iv, false, &mut counters);
            assert!(matches!(unchecked, Verdict::Opened { .. }));
        }
        assert_eq!(counters.rx_duplicates, 2);
    }

    #[test]
    fn what_cannot_be_opened_has_its_status() {
        let sealed = ccmp::Key::new(&[1; 16])
            .protect(9, 0, &from_peer(b"hello"))
            .unwrap();
        let mut counters = Counters::default();
        let mut open = |keys: &mut Keys, frame: &[u8]| {
            keys.open(frame, ReceiveIv::Removed, true, &mut counters)
        };
        let wrong = open(&mut keys(), &sealed);
        assert_eq!(wrong, Verdict::Failed(status::DECRYPT_FAILURE));
        let none = open(&mut Keys::default(), &sealed);
        assert_eq!(none, Verdict::Failed(status::NO_KEY));
        assert_eq!(open(&mut keys(), &from_peer(b"x")), Verdict::Plain);
        let (failures, no_key) = (counters.rx_decrypt_failures, counters.rx_no_key);
        assert_eq!((failures, no_key), (1, 1));
    }

    #[test]
    fn impossible_keys_are_refused() {
        let refused = |change: fn(&mut Vec<u8>)| {
            let mut body = pairwise(0);
            change(&mut body);
            super::Key::parse(&body).is_err()
        };
        assert!(refused(|body| body[0] = 9));
        assert!(refused(|body| body[1] = 11));
        assert!(refused(|body| body[4] |= 1));
        assert!(refused(|body| body[43] = 1));
        assert!(refused(|body| body.truncate(20)));
        // A WEP key of 16 bytes, an IGTK with id 3.
        assert!(super::Key::parse(&[vec![0, 0, 0, 0, 0, 16], vec![0; 38]].concat()).is_err());
        let mut igtk = vec![8, 0, 0, 0];
        igtk.extend_from_slice(&[7; 16]);
        igtk.push(3);
        igtk.resize(44, 0);
        assert!(super::Key::parse(&igtk).is_err());
        igtk[20] = 4;
        assert!(super::Key::parse(&igtk).is_ok());
    }
}
